#!/usr/bin/env bash
# Kills a training run with SIGKILL at random moments, again and again, and looks whether anything is lost:
#   kill.sh PROGRAM FOLDER [KILLS [SEED [ENCODER]]]
# One run is left undisturbed. Others, under the same options, are started with --resume and killed until they reach their
# end: half of the kills come at any moment after the start, half while a checkpoint is being written. A checkpoint is
# written after every step (one step is an epoch here). After every kill the run must still load: whole files, a
# prediction if there is a model. Every finished run must hold the same bytes as the undisturbed one.
# Prints one line at the end; exits 1 at the first loss.
set -euo pipefail
program=$(realpath "$1")
folder=$2
kills=${3:-200}
RANDOM=${4:-1}
encoder=${5:-tiny_basic}
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-2} OMP_WAIT_POLICY=passive

rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"
"$program" synth --out data --kinds tile,metal --size 64 --train 12 --test-good 1 --test-defect 1 --seed 3 --quiet
image=data/metal/test/good/000.png

train=("$program" train --data data --encoder "$encoder" --weights random --size 64 --batch 64 --epochs 24 --seed 5
  --quiet --resume --out)
fail() {
  echo "kill.sh: $*" >&2
  exit 1
}
now() { date +%s%3N; }
wait_ms() { sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"; }

begin=$(now)
"${train[@]}" straight >/dev/null 2>&1
whole=$(($(now) - begin)) # milliseconds of an undisturbed run

done=0 in_checkpoint=0 half_way=0 before_first=0 finished=0 run=0
check_loads() {
  if [ ! -e "$1/model.safetensors" ]; then
    before_first=$((before_first + 1))
    return
  fi
  "$program" weights inspect "$1/model.safetensors" >/dev/null || fail "kill $done: the model cannot be read"
  "$program" predict --model "$1" "$image" >/dev/null 2>&1 || fail "kill $done: the model does not load"
  if [ -e "$1/training_state.safetensors" ]; then
    "$program" weights inspect "$1/training_state.safetensors" >/dev/null || fail "kill $done: the state cannot be read"
  fi
}
check_finished() {
  finished=$((finished + 1))
  for file in model.safetensors training_state.safetensors thresholds.json config.json; do
    cmp -s "straight/$file" "$1/$file" || fail "run $1, after $done kills: $file differs from the undisturbed run's"
  done
  [ "$(grep -c '"total"' "$1/log.jsonl")" = "$(grep -c '"total"' straight/log.jsonl)" ] || fail "run $1: steps in its log"
  [ -z "$(find "$1" -name '*.tmp' -o -name .checkpoint)" ] || fail "run $1 ends with leftovers: $(ls -a "$1")"
}

while [ "$done" -lt "$kills" ]; do
  name=run-$run
  # Every log, too: a run that ends by itself must have ended well.
  "${train[@]}" "$name" >/dev/null 2>"$name.err" &
  child=$!
  if [ $((RANDOM % 2)) = 0 ]; then
    wait_ms $((RANDOM % whole))
  else
    for _ in $(seq $((RANDOM % 3))); do # not always the first checkpoint of this process
      while [ ! -e "$name/.checkpoint" ] && kill -0 $child 2>/dev/null; do :; done
      while [ -e "$name/.checkpoint" ] && kill -0 $child 2>/dev/null; do :; done
    done
    while [ ! -e "$name/.checkpoint" ] && kill -0 $child 2>/dev/null; do :; done
    wait_ms $((RANDOM % 60))
  fi
  kill -KILL $child 2>/dev/null || true
  code=0
  wait $child 2>/dev/null || code=$?
  case $code in
    137)
      done=$((done + 1))
      if [ -d "$name/.checkpoint" ]; then
        in_checkpoint=$((in_checkpoint + 1))
        if [ -e "$name/.checkpoint/training_state.safetensors" ] && [ ! -e "$name/.checkpoint/model.safetensors" ]; then
          half_way=$((half_way + 1))
        fi
      fi
      check_loads "$name"
      ;;
    0)
      check_finished "$name"
      rm -rf "$name"
      run=$((run + 1))
      ;;
    *) fail "run $name ended with exit code $code: $(cat "$name.err")" ;;
  esac
done
name=run-$run
"${train[@]}" "$name" >/dev/null 2>"$name.err" || fail "the last run cannot be finished: $(cat "$name.err")"
check_finished "$name"
echo "$done kills ($in_checkpoint while a checkpoint was written, $half_way of them between the two files taking their places," \
  "$before_first before a run's first model): $finished runs finished, each with the bytes of the undisturbed run"
