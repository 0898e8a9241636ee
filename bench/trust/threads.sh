#!/usr/bin/env bash
# Eight threads with a model each, and eight on one, under ThreadSanitizer: threads.sh [FOLDER OF THE BUILD]
# OpenMP's runtime and oneDNN are not built for ThreadSanitizer, which would take their barriers for races; with one
# OpenMP thread each they start none, and what is looked at is everything that our threads share.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build-tsan}
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG='-O1 -g1' -DMDDNET_SANITIZE=thread \
  -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=6 >/dev/null
cmake --build "$build" -j "${JOBS:-$(nproc)}" --target test_api_threads
OMP_NUM_THREADS=1 TSAN_OPTIONS=halt_on_error=1 "$build/tests/api/test_api_threads"
