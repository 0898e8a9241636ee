#!/usr/bin/env bash
# What `make lab` runs: builds the lab, counts every version of every page on the emulator, times them where there is a GPU
# and the CUDA backend was built, prints the tables as Markdown and writes them to $OUT.
#   usage: bench/lab/run.sh BUILD        environment: OUT = build folder/lab.md, JOBS
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$1
out=${OUT:-$build/lab.md}
targets=(lab_counted)
if nvidia-smi -L 2>/dev/null | grep -q '^GPU' && grep -q '^MDDNET_NVCC:FILEPATH=/' "$build/CMakeCache.txt"; then targets+=(lab_timed); fi
cmake --build "$build" -j "${JOBS:-$(nproc)}" --target "${targets[@]}" >&2
commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
if [ -n "$(git status --porcelain --untracked-files=no -- bench/lab cuda src tests/emu 2>/dev/null)" ]; then commit+=", with changes"; fi
{
  echo "# The kernel lab"
  echo
  echo "- Date: $(date +%F). Commit: $commit. Command: \`make lab\`. How to read it: [bench/lab](../lab/README.md)."
  echo "- Machine: $(nproc) x $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1); g++ $(g++ -dumpfullversion)."
  for target in "${targets[@]}"; do
    echo
    "$build/$target"
  done
} | tee "$out"
