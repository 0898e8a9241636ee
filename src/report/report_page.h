// The page of a report: one HTML file that asks nothing of any other place.
#pragma once
#include <string>

#include "report/report_content.h"

namespace mdd::report {

/// The whole document, UTF-8. Its content security policy allows no address but data:. Works without script; script
/// only sorts the metrics table and reads values off maps.
[[nodiscard]] std::string report_page(const ReportContent& content);

}  // namespace mdd::report
