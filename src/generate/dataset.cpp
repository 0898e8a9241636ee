#include "generate/dataset.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/atomic_file.h"
#include "core/error.h"
#include "data/image.h"
#include "generate/sample.h"

namespace mdd::generate {
namespace {

namespace fs = std::filesystem;

/// Hidden, so that nothing takes it for a part of the data set; tells our own folders from those of others.
constexpr const char* kMarker = ".generated-by-mddnet";

struct Job {
  SampleRequest request;
  fs::path image;
  fs::path mask;  ///< empty for a good product
};

void check_range(const char* name, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value >= low && value <= high) return;
  fail(ErrorKind::kUsage, std::string("generated data set: ") + name + ": expected " + std::to_string(low) + " to " +
                              std::to_string(high) + ", found " + std::to_string(value));
}

void prepare_folder(const GenerateOptions& options) {
  const fs::path& out = options.out;
  std::error_code error;
  fs::create_directories(out, error);
  if (error || !fs::is_directory(out)) {
    fail(ErrorKind::kRuntime, "cannot create folder " + out.string() + (error ? ": " + error.message() : ""));
  }
  if (!fs::is_empty(out)) {
    const bool ours = fs::is_regular_file(out / kMarker);
    if (!ours || !options.overwrite) {
      fail(ErrorKind::kUsage, out.string() + ": expected an empty folder" +
                                  (options.overwrite ? " or a data set generated earlier, found other files"
                                                     : ", found a data set generated earlier"));
    }
    for (int i = 0; i < class_count(); ++i) fs::remove_all(out / class_name(i));
  }
  write_atomically(out / kMarker, "written by mddnet synth; this file lets it replace the data set\n");
}

/// Indices of the classes to write.
std::vector<int> chosen_classes(const GenerateOptions& options) {
  std::vector<int> chosen;
  for (int i = 0; options.kinds.empty() && i < options.classes; ++i) chosen.push_back(i);
  for (const std::string& kind : options.kinds) {
    int index = 0;
    std::string known;
    while (index < class_count() && class_name(index) != kind) {
      known += (known.empty() ? "" : ", ") + std::string(class_name(index++));
    }
    if (index == class_count()) {
      fail(ErrorKind::kUsage, "generated data set: class: expected one of " + known + ", found " + kind);
    }
    if (std::find(chosen.begin(), chosen.end(), index) == chosen.end()) chosen.push_back(index);
  }
  return chosen;
}

std::string numbered(int index, const char* ending) {
  const std::string digits = std::to_string(index);
  return std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0') + digits + ending;
}

std::vector<Job> jobs_of_class(const GenerateOptions& options, int class_index) {
  const fs::path folder = options.out / class_name(class_index);
  const std::vector<std::string_view> defects = defect_names(class_index);
  std::vector<Job> jobs;
  std::uint32_t number = 0;
  const auto add = [&](int defect, const fs::path& image, const fs::path& mask) {
    jobs.push_back({{class_index, defect, number++, options.size, options.seed, options.severity}, image, mask});
    fs::create_directories(image.parent_path());
    if (!mask.empty()) fs::create_directories(mask.parent_path());
  };
  for (int i = 0; i < options.train; ++i) add(-1, folder / "train" / "good" / numbered(i, ".png"), {});
  number = 1u << 20;  // other counts of training pictures leave the test pictures as they are
  for (int i = 0; i < options.test_good; ++i) add(-1, folder / "test" / "good" / numbered(i, ".png"), {});
  number = 2u << 20;
  for (int i = 0; i < options.test_defect; ++i) {
    const int defect = i % static_cast<int>(defects.size());
    const int index = i / static_cast<int>(defects.size());
    const fs::path name(defects[static_cast<std::size_t>(defect)]);
    add(defect, folder / "test" / name / numbered(index, ".png"),
        folder / "ground_truth" / name / numbered(index, "_mask.png"));
  }
  return jobs;
}

void write_sample(const Job& job) {
  RenderedSample sample = render_sample(job.request);
  data::save_png(job.image, sample.image.height, sample.image.width, 3, sample.image.pixels);
  if (job.mask.empty()) return;
  for (std::uint8_t& pixel : sample.mask.pixels) pixel = pixel != 0 ? 255 : 0;
  data::save_png(job.mask, sample.mask.height, sample.mask.width, 1, sample.mask.pixels);
}

/// Runs the jobs on all cores; the first failure stops the others and is thrown here.
void run_jobs(const std::vector<Job>& jobs, const std::function<void(int, int)>& progress) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;  // guards done, failure and the caller's progress
  int done = 0;
  std::exception_ptr failure;
  const auto work = [&] {
    for (std::size_t i = next++; i < jobs.size(); i = next++) {
      try {
        write_sample(jobs[i]);
        const std::scoped_lock lock(mutex);
        ++done;
        if (progress) progress(done, static_cast<int>(jobs.size()));
      } catch (...) {
        const std::scoped_lock lock(mutex);
        if (!failure) failure = std::current_exception();
        next = jobs.size();
      }
    }
  };
  {
    std::vector<std::jthread> helpers;
    const std::size_t cores = std::min<std::size_t>(std::max(1u, std::thread::hardware_concurrency()), jobs.size());
    for (std::size_t i = 1; i < cores; ++i) helpers.emplace_back(work);
    work();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

void generate_dataset(const GenerateOptions& options, const std::function<void(int, int)>& progress) {
  constexpr int kMost = 100'000;
  check_range("classes", options.classes, 1, class_count());
  check_range("size", options.size, kMinSize, kMaxSize);
  check_range("training pictures", options.train, 0, kMost);
  check_range("good test pictures", options.test_good, 0, kMost);
  check_range("defective test pictures", options.test_defect, 0, kMost);
  if (!(options.severity >= kMinSeverity && options.severity <= kMaxSeverity)) {
    fail(ErrorKind::kUsage,
         "generated data set: severity: expected 0.25 to 4, found " + std::to_string(options.severity));
  }
  try {
    const std::vector<int> classes = chosen_classes(options);
    prepare_folder(options);
    std::vector<Job> jobs;
    for (const int i : classes) {
      const std::vector<Job> more = jobs_of_class(options, i);
      jobs.insert(jobs.end(), more.begin(), more.end());
    }
    run_jobs(jobs, progress);
  } catch (const fs::filesystem_error& error) {
    fail(ErrorKind::kRuntime, "cannot write generated data set: " + std::string(error.what()));
  }
}

}  // namespace mdd::generate
