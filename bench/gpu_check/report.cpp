#include "bench/gpu_check/report.h"

#include <cmath>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace mdd::gpu_check {
namespace {

/// How much of its tolerance a quantity used up; where only 0 will do, the error itself.
double share(double error, double tolerance) { return tolerance > 0.0 ? error / tolerance : error; }

const char* verdict(bool passed) { return passed ? "ok" : "FAILED"; }

/// A table cell: no line breaks, no column marks.
std::string cell(std::string text) {
  for (char& letter : text) {
    if (letter == '|') letter = '/';
    if (letter == '\n' || letter == '\r') letter = ' ';
  }
  return text;
}

std::string figures(const Timing& t) {
  if (t.median_ms == 0) return "| | | ";
  return fmt::format("| {:.2f} | {:.2f} .. {:.2f} | {:.0f} ", t.median_ms, t.low_ms, t.high_ms, t.images_per_second());
}

/// Infinite and NaN do not exist in JSON.
nlohmann::json number(double value) { return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr); }

}  // namespace

/// Failures outdo what passed; among equals the larger share of the tolerance counts, NaN most of all.
bool Result::outdone_by(double new_error, double new_tolerance) const {
  if (compared == 0) return true;
  if (std::isnan(error)) return false;
  const bool old_passed = error <= tolerance, new_passed = new_error <= new_tolerance;
  if (old_passed != new_passed) return old_passed;
  return !(share(new_error, new_tolerance) <= share(error, tolerance));
}

void Result::add(double new_error, double new_tolerance, const std::string& new_where) {
  if (outdone_by(new_error, new_tolerance)) {
    error = new_error;
    tolerance = new_tolerance;
    where = new_where;
  }
  ++compared;
  failed += new_error <= new_tolerance ? 0 : 1;
}

void Result::merge(const Result& other) {
  if (other.compared == 0) return;
  if (outdone_by(other.error, other.tolerance)) {
    error = other.error;
    tolerance = other.tolerance;
    name = other.name;
    where = other.where;
  }
  compared += other.compared;
  failed += other.failed;
}

Result broken(const std::string& part, const std::string& precision, const std::string& reason) {
  Result out{.part = part, .name = "could not be carried out", .precision = precision};
  out.add(1.0, 0.0, reason);
  return out;
}

int Report::failed() const {
  int count = 0;
  for (const Result& result : results) count += result.passed() ? 0 : 1;
  return count;
}

std::string to_json(const Report& report) {
  nlohmann::ordered_json json{
      {"device", report.device},   {"libraries", report.libraries},      {"seed", report.seed},
      {"failed", report.failed()}, {"results", nlohmann::json::array()}, {"timings", nlohmann::json::array()}};
  for (const Result& r : report.results) {
    json["results"].push_back({{"part", r.part},
                               {"name", r.name},
                               {"precision", r.precision},
                               {"compared", r.compared},
                               {"failed", r.failed},
                               {"error", number(r.error)},
                               {"tolerance", r.tolerance},
                               {"where", r.where}});
  }
  for (const Timing& t : report.timings) {
    json["timings"].push_back({{"work", t.work},
                               {"encoder", t.encoder},
                               {"precision", t.precision},
                               {"mode", t.mode},
                               {"batch", t.batch},
                               {"median_ms", t.median_ms},
                               {"low_ms", t.low_ms},
                               {"high_ms", t.high_ms},
                               {"images_per_second", t.images_per_second()},
                               {"note", t.note}});
  }
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string to_markdown(const Report& report) {
  std::string out = fmt::format("- Device: {}\n- Libraries: {}\n- Seed of the random inputs: {}\n", report.device,
                                report.libraries, report.seed);
  if (!report.results.empty()) {
    out +=
        "\nError and tolerance are those of the quantity that came nearest to its tolerance, or went furthest "
        "beyond.\n\n"
        "| part | what | precision | compared | error | tolerance | verdict | which "
        "|\n|---|---|---|---|---|---|---|---|\n";
  }
  for (const Result& r : report.results) {
    out += fmt::format("| {} | {} | {} | {} | {:.2e} | {:.1e} | {} | {} |\n", r.part, cell(r.name), r.precision,
                       r.compared, r.error, r.tolerance, verdict(r.passed()), cell(r.where));
  }
  if (!report.timings.empty()) {
    out +=
        "\nTimes of one batch: median and, as spread, the 10th and 90th percentile. A training step starts from a\n"
        "prepared batch on the device; scoring goes from decoded images in host memory to maps in host memory.\n\n"
        "| work | encoder | precision | mode | batch | ms | spread | images/s | note "
        "|\n|---|---|---|---|---|---|---|---|---|\n";
  }
  for (const Timing& t : report.timings) {
    out += fmt::format("| {} | {} | {} | {} | {} {}| {} |\n", t.work, t.encoder, t.precision, t.mode, t.batch,
                       figures(t), cell(t.note));
  }
  return out;
}

std::string summary(const Report& report) {
  std::vector<Result> lines;
  for (const Result& r : report.results) {
    if (lines.empty() || lines.back().part != r.part || lines.back().precision != r.precision) {
      lines.push_back({.part = r.part, .precision = r.precision});
    }
    lines.back().merge(r);
  }
  std::string out;
  for (const Result& line : lines) {
    out += fmt::format("  {:<24} {:<5} {:<6} {:>5} compared, ", line.part, line.precision, verdict(line.passed()),
                       line.compared);
    if (line.passed() && line.tolerance == 0.0) {
      out += "all as they must be\n";
      continue;
    }
    out += line.passed() ? fmt::format("nearest to its tolerance: {} ({:.0f} %)\n", line.name,
                                       100 * share(line.error, line.tolerance))
                         : fmt::format("{} failed, worst: {:.2e} > {:.1e}, {}: {}\n", line.failed, line.error,
                                       line.tolerance, line.name, cell(line.where));
  }
  for (const Timing& t : report.timings) {
    if (t.mode != "recorded" || (t.batch != 1 && t.batch != 16)) continue;
    const std::string result =
        t.median_ms > 0 ? fmt::format("{:.2f} ms, {:.0f} images/s", t.median_ms, t.images_per_second()) : "";
    out += fmt::format("  {:<13} {:<16} {:<5} batch {:>2}  {}{}{}\n", t.work, t.encoder, t.precision, t.batch, result,
                       result.empty() || t.note.empty() ? "" : "; ", cell(t.note));
  }
  return out;
}

}  // namespace mdd::gpu_check
