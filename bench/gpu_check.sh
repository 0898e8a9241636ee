#!/usr/bin/env bash
# What `make gpu-check` runs: builds for this machine's GPU, checks the CUDA backend against everything it must agree
# with, times it, looks for memory errors and races, and prints a short table last. Ends within nine minutes on 16 cores.
#   environment  GOLDEN  folder of golden files; else .gpu-bundle/golden or ../shared/golden, where they are
#                SEED    of the random inputs; a fresh one if not given (the report names it)
#                OUT     where DATE-gpu-check.md and .json go; else bench/results
#                BUILD   build folder; else build-gpu
#                BUNDLE  always = build with .gpu-bundle even where the packages are installed
#   exit status  of this script; make's own is 2 for all but the first:
#                0 all within tolerance, 1 could not be built or carried out, 4 no device, 5 a check failed
# Needs g++, and CMake 3.25 or newer, a CUDA toolkit and cuDNN 9, each installed or in a Python wheel. Where the
# third-party packages are missing it takes them from .gpu-bundle, which `make gpu-bundle` prepares elsewhere.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build-gpu}
out=${OUT:-bench/results}
seconds_in_all=530
declare -i seconds_for_build=270 seconds_for_sanitizers=110 seconds_for_timings=150

die() {
  echo "gpu-check: $1" >&2
  exit 1
}
seconds_left() { echo $((seconds_in_all - SECONDS)); }
least() { echo $(($1 < $2 ? $1 : $2)); }

# ---- tools: installed, or in a Python wheel ---------------------------------------------------------------------------
wheel_folder() { python3 -c "import $1; print($2)" 2>/dev/null || true; }
find_tool() { # name, then folders that may have it
  local tool=$1 folder
  shift
  command -v "$tool" >/dev/null && return
  for folder in "$@"; do
    if [ -x "$folder/$tool" ]; then PATH=$PATH:$folder && return; fi
  done
  return 1
}
python_tools=$(wheel_folder sys 'sys.prefix + "/bin"')
wheels=$(wheel_folder nvidia '" ".join(nvidia.__path__)')
find_tool cmake "$python_tools" "$(wheel_folder cmake cmake.CMAKE_BIN_DIR)" || die "no cmake found"
find_tool g++ || die "no g++ found"
# shellcheck disable=SC2086  # the wheels' folders are words of a list
find_tool nvcc "${CUDA_HOME:-/usr/local/cuda}/bin" /usr/local/cuda/bin ${wheels:+${wheels// //*\/bin }/*/bin} ||
  die "no CUDA toolkit found (nvcc in PATH, CUDA_HOME or /usr/local/cuda)"
generator="Unix Makefiles"
if find_tool ninja "$python_tools" "$(wheel_folder ninja ninja.BIN_DIR)"; then generator=Ninja; fi
toolkit=$(dirname "$(dirname "$(readlink -f "$(command -v nvcc)")")")

# Warnings are for the machines that the project is developed on; a newer compiler's must not end a check.
cxx_flags=-w
options=(-G "$generator" -DCMAKE_BUILD_TYPE=Release -DMDDNET_CUDA=ON -DMDDNET_TESTS=OFF)
architecture=native
if ! nvidia-smi -L 2>/dev/null | grep -q '^GPU'; then
  architecture=90
  seconds_for_build=0 # no limit: nothing comes after it
fi
options+=("-DCMAKE_CUDA_ARCHITECTURES=$architecture")

# A toolkit may come without the development files of cuBLASLt and NVTX: a wheel's will do.
toolkit_lacks() { ! find "$toolkit/" -path "*/$1" 2>/dev/null | grep -q .; }
first_in_wheels() { # a path's last part
  # shellcheck disable=SC2086
  [ -z "$wheels" ] || find $wheels -path "*/$1" 2>/dev/null | sort | head -n 1
}
for header in cublasLt.h nvtx3/nvToolsExt.h; do
  toolkit_lacks "include/$header" || continue
  found=$(first_in_wheels "include/$header")
  if [ -n "$found" ]; then cxx_flags+=" -idirafter ${found%/"$header"}"; fi
done
if toolkit_lacks libcublasLt.so; then
  found=$(first_in_wheels 'libcublasLt.so.*')
  if [ -n "$found" ]; then options+=("-DCUDA_cublasLt_LIBRARY=$found"); fi
fi

# ---- third-party packages: installed, or in the bundle -----------------------------------------------------------------
packages_installed() {
  local header
  for header in dnnl.hpp fmt/core.h nlohmann/json.hpp CLI/CLI.hpp stb/stb_image.h zip.h; do
    g++ -x c++ -E -include "$header" /dev/null >/dev/null 2>&1 || return 1
  done
  command -v pkg-config >/dev/null && pkg-config --exists libzip
}
mkdir -p "$build" "$out"
build=$(cd "$build" && pwd)
out=$(cd "$out" && pwd)
if [ "${BUNDLE:-}" = always ] || ! packages_installed; then
  [ -e .gpu-bundle/packages.tar.gz ] ||
    die "third-party packages are missing: make deps, or prepare a bundle with make gpu-bundle on a Debian 12 machine"
  root=$build/packages
  rm -rf "$root"
  mkdir "$root"
  tar -C "$root" -xzf .gpu-bundle/packages.tar.gz
  libraries=$root/usr/lib/x86_64-linux-gnu
  # RPATH, not RUNPATH: it also serves the libraries that the libraries load.
  options+=("-DCMAKE_PREFIX_PATH=$root/usr" "-Ddnnl_DIR=$libraries/cmake/dnnl" "-Dfmt_DIR=$libraries/cmake/fmt"
    "-DPKG_CONFIG_EXECUTABLE=$root/pkg-config"
    "-DCMAKE_EXE_LINKER_FLAGS=-Wl,--disable-new-dtags,-rpath,$libraries")
  echo "gpu-check: third-party packages from .gpu-bundle"
fi

# ---- build -----------------------------------------------------------------------------------------------------------
options+=("-DCMAKE_CXX_FLAGS=$cxx_flags" "-DCMAKE_CUDA_FLAGS=$cxx_flags")
echo "gpu-check: building in $build for architecture $architecture"
build_it() {
  cmake -S . -B "$build" "${options[@]}" &&
    timeout "$seconds_for_build" cmake --build "$build" -j "$(nproc)" --target gpu_check
}
status=0
build_it >"$build/build.log" 2>&1 || status=$?
if [ "$status" -eq 124 ]; then die "the build took more than $seconds_for_build s; another try goes on from there"; fi
if [ "$status" -ne 0 ]; then
  grep -m 20 -A 5 -E '(^FAILED|[Ee]rror[: ])' "$build/build.log" >&2 || tail -n 40 "$build/build.log" >&2
  die "the build failed; $build/build.log has everything"
fi
build_seconds=$SECONDS
echo "gpu-check: built after $build_seconds s"

# What cuDNN loads by name while it runs: nvrtc, for one.
run_path=$toolkit/lib64
for folder in $wheels; do
  for library in "$folder"/*/lib; do run_path+=:$library; done
done
export LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$run_path

# ---- checks and timings ----------------------------------------------------------------------------------------------
golden=
for folder in "${GOLDEN:-}" .gpu-bundle/golden ../shared/golden; do
  if [ -z "$golden" ] && [ -n "$folder" ] && [ -d "$folder" ]; then golden=$folder; fi
done
arguments=()
if [ -n "${SEED:-}" ]; then arguments+=(--seed "$SEED"); fi
if [ -n "$golden" ]; then arguments+=(--golden "$golden"); fi
sanitizer=
if find_tool compute-sanitizer "$toolkit/bin" "$toolkit/compute-sanitizer"; then sanitizer=$(command -v compute-sanitizer); fi
if [ -z "$sanitizer" ]; then seconds_for_sanitizers=0; fi
limit=$(($(seconds_left) - seconds_for_sanitizers))
if [ "$limit" -lt 60 ]; then limit=60; fi
arguments+=(--timing-seconds "$(least "$seconds_for_timings" $((limit / 2)))")
status=0
rm -f "$build"/checks.{md,json,txt}
timeout "$limit" "$build/gpu_check" "${arguments[@]}" --markdown "$build/checks.md" --json "$build/checks.json" \
  >"$build/checks.txt" 2>"$build/checks.log" || status=$?
case $status in
  0 | 5) ;;
  4)
    tail -n 1 "$build/checks.log" >&2
    exit 4
    ;;
  124) echo "  checks                   FAILED: not done after $limit s; the last was: $(tail -n 1 "$build/checks.log")" >>"$build/checks.txt" ;;
  *) echo "  checks                   FAILED (status $status): $(tail -n 1 "$build/checks.log")" >>"$build/checks.txt" ;;
esac
[ -e "$build/checks.json" ] || die "the checks did not start: $(tail -n 3 "$build/checks.log")"
checks_seconds=$((SECONDS - build_seconds))

# ---- compute-sanitizer -----------------------------------------------------------------------------------------------
# Names our kernels, as the compiler mangles them. racecheck looks at them alone: cuDNN's are slow under it and not ours.
# initcheck must see every kernel that writes, but only what ours read counts.
ours=3mdd7kernels
sanitizer_names=() sanitizer_results=()
sanitize() { # tool, seconds
  local tool=$1 limit=$2 log=$build/$1.log code=0 result filter=()
  if [ "$tool" = racecheck ] && "$sanitizer" --help | grep -q -- '--kernel-regex '; then
    filter=(--kernel-regex "kns=$ours")
  fi
  timeout "$limit" "$sanitizer" --tool "$tool" --error-exitcode 99 --show-backtrace no "${filter[@]}" \
    "$build/gpu_check" --quick --only operations,recorded --precision f32,bf16 >"$log" 2>&1 || code=$?
  local reports
  reports=$(grep -cE '^=+ +(Invalid|Uninitialized|Error: Race|Barrier error|Program hit)' "$log" || true)
  if [ "$tool" = initcheck ]; then
    reports=$(grep -A 1 -E '^=+ +Uninitialized' "$log" | grep -c 'mdd::kernels' || true)
    if [ "$code" -eq 99 ]; then code=0; fi
  fi
  case $code in
    0) result="ok" ;;
    124) result="no error in $limit s, not finished" ;;
    *) result="FAILED (status $code)" ;;
  esac
  if grep -qi 'device not supported' "$log"; then
    result="skipped: not supported on this device"
  elif [ "$reports" -gt 0 ]; then
    result="FAILED: $reports reports, the first: $(grep -m 1 -A 1 -E '^=+ +(Invalid|Uninitialized|Error: Race|Barrier error|Program hit)' "$log" | tr -s '= \n' ' ')"
  fi
  sanitizer_names+=("$tool")
  sanitizer_results+=("$result")
  case $result in FAILED*) status=5 ;; esac
}
tools=(memcheck racecheck initcheck)
for i in "${!tools[@]}"; do
  if [ -z "$sanitizer" ]; then
    sanitizer_names+=("${tools[i]}")
    sanitizer_results+=("skipped: no compute-sanitizer here")
  else
    sanitize "${tools[i]}" $(($(seconds_left) / (${#tools[@]} - i)))
  fi
done

# ---- report ----------------------------------------------------------------------------------------------------------
commit=$(git rev-parse --short HEAD 2>/dev/null || cat .gpu-bundle/commit 2>/dev/null || echo unknown)
if [ -d .git ] && [ -n "$(git status --porcelain --untracked-files=no 2>/dev/null)" ]; then commit+=", with changes"; fi
driver=$(nvidia-smi --query-gpu=driver_version --format=csv,noheader 2>/dev/null | head -n 1 || echo unknown)
processor="$(nproc) x $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
compiler="$(g++ -dumpfullversion), nvcc $(nvcc --version | sed -n 's/.*release \([0-9.]*\).*/\1/p')"
name=$(date +%F)-gpu-check
{
  echo "# The CUDA backend on a device"
  echo
  echo "- Date: $(date +%F). Commit: $commit. Command: \`make gpu-check\`."
  echo "- Driver: $driver. Processor: $processor. g++ $compiler, architecture $architecture."
  echo "- Seconds: build $build_seconds, checks and timings $checks_seconds, all $SECONDS."
  cat "$build/checks.md"
  echo
  echo "| compute-sanitizer | result |"
  echo "|---|---|"
  for i in "${!sanitizer_names[@]}"; do echo "| ${sanitizer_names[i]} | ${sanitizer_results[i]//|//} |"; done
} >"$out/$name.md"
quoted() { printf '"%s"' "$(tr -d '\\"' <<<"$1" | tr '\t\n' '  ' | sed 's/ *$//')"; }
{
  echo "{\"date\": $(quoted "$(date +%F)"), \"commit\": $(quoted "$commit"), \"driver\": $(quoted "$driver"),"
  echo " \"processor\": $(quoted "$processor"), \"compiler\": $(quoted "$compiler"), \"status\": $status,"
  echo " \"seconds\": {\"build\": $build_seconds, \"checks\": $checks_seconds, \"all\": $SECONDS},"
  separator='"compute_sanitizer": {'
  for i in "${!sanitizer_names[@]}"; do
    printf '%s%s: %s' "$separator" "$(quoted "${sanitizer_names[i]}")" "$(quoted "${sanitizer_results[i]}")"
    separator=', '
  done
  echo '},'
  echo '"checks":'
  cat "$build/checks.json"
  echo '}'
} >"$out/$name.json"

echo
echo "gpu-check, $(date +%F), commit $commit, $SECONDS s; $out/$name.md has everything"
cat "$build/checks.txt"
for i in "${!sanitizer_names[@]}"; do printf '  %-24s %s\n' "${sanitizer_names[i]}" "${sanitizer_results[i]}"; done
if [ "$status" -ne 0 ]; then echo "gpu-check: FAILED" && exit "$([ "$status" -eq 5 ] && echo 5 || echo 1)"; fi
echo "gpu-check: all within tolerance"
