// The C interface of mddnet.h for C++11 and later: objects free themselves, errors are exceptions. Nothing else
// changes; threads, lifetimes and meanings are as mddnet.h says.
#pragma once
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "mddnet.h"

namespace mddnet {

class Error : public std::runtime_error {
 public:
  Error(mddnet_status code, const char* text) : std::runtime_error(text), code_(code) {}
  /// MDDNET_ERROR_RUNTIME ...
  mddnet_status code() const noexcept { return code_; }

 private:
  mddnet_status code_;
};

/// Throws Error unless the call that returned `status` succeeded.
inline void check(mddnet_status status) {
  if (status != MDDNET_OK) throw Error(status, mddnet_error_text());
}

struct Options {
  std::string device = "auto", precision = "f32";
  double false_positive_rate = 0.01;
  std::int64_t minimum_area = 1;
  std::int64_t batch = 16;
};

using Region = mddnet_region;

/// About one image. Pointers are valid while the Results live that it comes from.
struct Result : mddnet_result {
  std::vector<Region> found;  ///< the `regions` of the base, highest peak first
};

/// Dense rows unless a stride is given.
inline mddnet_image image(const std::uint8_t* pixels, std::int64_t width, std::int64_t height,
                          std::int64_t format = MDDNET_RGB8, std::int64_t stride = 0) {
  return mddnet_image{sizeof(mddnet_image), pixels, width, height, stride, format};
}

class Results {
 public:
  std::size_t size() const { return mddnet_results_count(results_.get()); }
  Result operator[](std::size_t index) const {
    Result out{};
    out.struct_size = sizeof(mddnet_result);
    check(mddnet_results_get(results_.get(), index, &out));
    out.found.resize(out.regions);
    for (std::size_t i = 0; i < out.regions; ++i) {
      out.found[i].struct_size = sizeof(mddnet_region);
      check(mddnet_results_region(results_.get(), index, i, &out.found[i]));
    }
    return out;
  }

 private:
  friend class Model;
  struct Free {
    void operator()(mddnet_results* results) const { mddnet_results_free(results); }
  };
  explicit Results(mddnet_results* results) : results_(results) {}
  std::unique_ptr<mddnet_results, Free> results_;
};

class Model {
 public:
  /// A file made by `mddnet export`, or the folder of a run.
  explicit Model(const std::string& path, const Options& options = Options()) {
    const mddnet_options plain = plain_options(options);
    mddnet_model* model = nullptr;
    check(mddnet_open(path.c_str(), &plain, &model));
    model_.reset(model);
  }
  /// The content of such a file.
  Model(const void* bytes, std::size_t size, const Options& options = Options()) {
    const mddnet_options plain = plain_options(options);
    mddnet_model* model = nullptr;
    check(mddnet_open_memory(bytes, size, &plain, &model));
    model_.reset(model);
  }

  mddnet_model_info info() const {
    mddnet_model_info out{};
    out.struct_size = sizeof out;
    check(mddnet_model_get_info(model_.get(), &out));
    return out;
  }
  std::vector<std::string> class_names() const {
    std::vector<std::string> out;
    for (std::int64_t i = 0; const char* name = mddnet_model_class_name(model_.get(), i); ++i) out.emplace_back(name);
    return out;
  }

  /// In order.
  Results predict(const std::vector<mddnet_image>& images, unsigned flags = 0) {
    return predict(images.data(), images.size(), flags);
  }
  Results predict(const mddnet_image& image, unsigned flags = 0) { return predict(&image, 1, flags); }

 private:
  struct Close {
    void operator()(mddnet_model* model) const { mddnet_close(model); }
  };
  static mddnet_options plain_options(const Options& options) {
    mddnet_options out{};
    check(mddnet_options_init(&out, sizeof out));
    out.device = options.device.c_str();
    out.precision = options.precision.c_str();
    out.false_positive_rate = options.false_positive_rate;
    out.minimum_area = options.minimum_area;
    out.batch = options.batch;
    return out;
  }
  Results predict(const mddnet_image* images, std::size_t count, unsigned flags) {
    mddnet_results* results = nullptr;
    check(mddnet_predict(model_.get(), images, count, flags, &results));
    return Results(results);
  }
  std::unique_ptr<mddnet_model, Close> model_;
};

}  // namespace mddnet
