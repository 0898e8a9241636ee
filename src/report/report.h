// eval --report: looks at every scored test image, keeps what is worth showing, and writes one self-contained page.
#pragma once
#include <filesystem>
#include <optional>

#include "report/report_content.h"

namespace mdd::report {

struct ReportOptions {
  std::size_t images = 6;  ///< shown in every detail, per class
};

class Report {
 public:
  /// Makes the folder. Throws Error(kRuntime) if it cannot be made or written to.
  Report(std::filesystem::path folder, ReportHeader header, const ReportOptions& options);

  /// Images come class by class. Keeps pictures and maps of a bounded number of images a class; of the others only
  /// their scores.
  void add(const ReportImage& image);

  /// Writes index.html, whole or not at all, and returns its size in bytes. Reads again the normal images that show
  /// what prototypes stand for.
  std::uint64_t finish(const Results& results);

  [[nodiscard]] std::filesystem::path page() const { return folder_ / "index.html"; }

 private:
  /// Largest values of one raw map of each image.
  struct Peaks {
    std::vector<float> normal, all;
  };
  static void note_peak(Peaks& peaks, std::span<const float> map, bool defective);
  void open_class(const std::string& name);
  void close_class();
  void count(const ReportImage& image);
  void choose_prototypes();

  std::filesystem::path folder_;
  ReportOptions options_;
  ReportContent content_;
  std::optional<CaseSelection> selection_;  ///< of the class that is being seen
  std::optional<PrototypeReaders> readers_;
  Peaks restored_peaks_, identity_peaks_;
};

}  // namespace mdd::report
