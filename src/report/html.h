// Writes HTML in which no text can become markup: names of classes and files are whatever a stranger called them.
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace mdd::report {

/// Text for element contents and quoted attributes: & < > " ' are escaped; bytes that are no UTF-8, control characters
/// and those that turn the direction of writing become U+FFFD.
[[nodiscard]] std::string escape_html(std::string_view text);

class HtmlWriter {
 public:
  using Attributes = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  /// <tag attributes>content</tag>. `content` is text, which is escaped, or a function that writes what is inside. Tags
  /// and attribute names are our own words and written as they are; attribute values are escaped. Inline SVG too.
  template <class Content>
  void element(std::string_view tag, Attributes attributes, const Content& content) {
    start(tag, attributes);
    if constexpr (std::is_invocable_v<Content>) {
      content();
    } else {
      text(content);
    }
    html_.append("</").append(tag).append(">");
    if (ends_line(tag)) html_ += '\n';
  }
  /// A void element: meta, img.
  void start(std::string_view tag, Attributes attributes);
  void text(std::string_view text) { html_ += escape_html(text); }
  /// Markup that we wrote ourselves: doctype, style, script.
  void markup(std::string_view markup) { html_ += markup; }

  [[nodiscard]] const std::string& html() const { return html_; }

 private:
  /// Line breaks only where they change nothing on the page.
  static bool ends_line(std::string_view tag);

  std::string html_;
};

}  // namespace mdd::report
