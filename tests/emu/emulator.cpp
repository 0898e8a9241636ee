// Front of the engine: checks of a launch's geometry, names of kernels, statistics.
#include "tests/emu/emulator.h"

#include <cstdlib>
#include <cxxabi.h>
#include <dlfcn.h>
#include <mutex>

#include "tests/emu/block.h"

namespace emu {
namespace {

thread_local unsigned schedule_seed = 0;

struct Counters {
  std::mutex mutex;
  std::map<const void*, Statistics> by_kernel;
};
Counters& counters() {
  static Counters all;
  return all;
}

std::string text_of(dim3 size) {
  return std::to_string(size.x) + " x " + std::to_string(size.y) + " x " + std::to_string(size.z);
}

/// Limits of compute capability 9.0 (CUDA programming guide, technical specifications).
void check_geometry(const Launch& launch) {
  const auto fail = [&](const std::string& text) { throw Error("kernel " + kernel_name(launch.kernel) + ": " + text); };
  const dim3 grid = launch.grid, block = launch.block;
  if (block.x == 0 || block.y == 0 || block.z == 0 || block.x > kMostThreads || block.y > kMostThreads ||
      block.z > 64 || block.x * block.y * block.z > kMostThreads) {
    fail("bad block size: expected 1 to 1024 threads (1024 x 1024 x 64 at most), found " + text_of(block));
  }
  if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.x > 0x7fffffffu || grid.y > 65535 || grid.z > 65535) {
    fail("bad grid size: expected 1 to 2147483647 x 65535 x 65535 blocks, found " + text_of(grid));
  }
  const std::size_t limit = launch.dynamic_shared_limit;
  if (launch.dynamic_shared_bytes > limit) {
    fail("too much shared memory: " + std::to_string(launch.dynamic_shared_bytes) + " bytes dynamic, at most " +
         std::to_string(limit) + (limit < kMostShared ? " unless cudaFuncSetAttribute raises it" : ""));
  }
}

}  // namespace

void set_schedule_seed(unsigned seed) { schedule_seed = seed; }

void execute(const Launch& launch) {
  check_geometry(launch);
  thread_local const std::unique_ptr<Engine> engine = std::make_unique<Engine>();  // too large for thread-local storage
  engine->run(launch, schedule_seed);
}

void count_launch(const void* kernel, const Statistics& statistics) {
  const std::scoped_lock lock(counters().mutex);
  counters().by_kernel[kernel] += statistics;
}

std::map<std::string, Statistics> launched() {
  const std::scoped_lock lock(counters().mutex);
  std::map<std::string, Statistics> named;
  for (const auto& [kernel, statistics] : counters().by_kernel) named[kernel_name(kernel)] += statistics;
  return named;
}

// "void mdd::kernels::add<float>(float*, long)" -> "mdd::kernels::add<float>".
std::string kernel_name(const void* kernel) {
  Dl_info found{};
  if (::dladdr(kernel, &found) == 0 || found.dli_sname == nullptr || found.dli_saddr != kernel)
    return "(without a name)";
  int status = 0;
  char* const readable = abi::__cxa_demangle(found.dli_sname, nullptr, nullptr, &status);
  std::string name = status == 0 ? readable : found.dli_sname;
  std::free(readable);
  if (name.starts_with("void ")) name.erase(0, 5);
  int depth = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '<') ++depth;
    if (name[i] == '>') --depth;
    if (name[i] == '(' && depth == 0 && name.compare(i, 11, "(anonymous ") != 0) return name.substr(0, i);
  }
  return name;
}

}  // namespace emu
