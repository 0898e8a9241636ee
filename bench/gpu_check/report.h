// What the checks and timings of a device leave behind for the report.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace mdd::gpu_check {

/// Several compared quantities of one kind, and the one that came nearest to its tolerance or went furthest beyond it.
struct Result {
  std::string part;       ///< "operations"
  std::string name{};     ///< "convolution"
  std::string precision;  ///< "bf16"
  int compared = 0, failed = 0;
  double error = 0, tolerance = 0;
  std::string where{};  ///< which quantity that was, or what went wrong

  [[nodiscard]] bool passed() const { return compared > 0 && failed == 0; }
  /// Takes one more quantity in. An error that is NaN is a failure.
  void add(double new_error, double new_tolerance, const std::string& new_where);
  /// Takes in everything that another result compared.
  void merge(const Result& other);

 private:
  [[nodiscard]] bool outdone_by(double new_error, double new_tolerance) const;
};

/// A check that could not be carried out, for which `reason` is to blame.
[[nodiscard]] Result broken(const std::string& part, const std::string& precision, const std::string& reason);

struct Timing {
  std::string work;  ///< "training step", "scoring"
  std::string encoder, precision, mode;
  std::int64_t batch = 0;
  double median_ms = 0;  ///< of one batch
  double low_ms = 0, high_ms = 0;
  std::string note{};  ///< why there are no figures, or what to think of them

  [[nodiscard]] double images_per_second() const {
    return median_ms > 0 ? 1e3 * static_cast<double>(batch) / median_ms : 0.0;
  }
};

struct Report {
  std::string device, libraries;
  std::uint64_t seed = 0;
  std::vector<Result> results;
  std::vector<Timing> timings;

  [[nodiscard]] int failed() const;
};

/// One object with everything, indented.
[[nodiscard]] std::string to_json(const Report& report);
/// Tables for people: every result, every timing.
[[nodiscard]] std::string to_markdown(const Report& report);
/// One line a part and precision, for the end of the terminal's output.
[[nodiscard]] std::string summary(const Report& report);

}  // namespace mdd::gpu_check
