#include "app/junit.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/utf8.h"

namespace hashcart::app {
namespace {

// XML 1.0, section 2.2: what a document may hold; anything else becomes U+FFFD.
bool is_xml_char(char32_t value) {
  return value == '\t' || value == '\n' || value == '\r' || (value >= 0x20 && value <= 0xD7FF) ||
         (value >= 0xE000 && value <= 0xFFFD) || value >= 0x10000;
}

// For attributes and text. Line ends and tabs are written as references, since a parser makes
// blanks of them in attributes.
std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const base::CodePoint point = base::decode_at(text, at);
    at += point.size;
    switch (point.value) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\t':
      case '\n':
      case '\r':
        out += fmt::format("&#{};", static_cast<unsigned>(point.value));
        break;
      default:
        base::append_utf8(is_xml_char(point.value) ? point.value : base::kReplacement, &out);
    }
  }
  return out;
}

std::string counts(const std::vector<const TestCase*>& cases) {
  const auto failures = std::count_if(cases.begin(), cases.end(),
                                      [](const TestCase* one) { return !one->wrong.empty(); });
  return fmt::format("tests=\"{}\" failures=\"{}\" errors=\"0\"", cases.size(), failures);
}

}  // namespace

std::string junit_report(const std::vector<TestCase>& cases) {
  std::vector<std::string_view> files;
  std::vector<const TestCase*> all;
  for (const TestCase& one : cases) {
    all.push_back(&one);
    if (std::find(files.begin(), files.end(), one.file) == files.end()) files.push_back(one.file);
  }
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out += fmt::format("<testsuites name=\"hashcart test\" {}>\n", counts(all));
  for (const std::string_view file : files) {
    std::vector<const TestCase*> suite;
    std::copy_if(all.begin(), all.end(), std::back_inserter(suite),
                 [&](const TestCase* one) { return one->file == file; });
    out += fmt::format("  <testsuite name=\"{}\" {}>\n", escaped(file), counts(suite));
    for (const TestCase* one : suite) {
      out += fmt::format("    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{}\"",
                         escaped(one->name), escaped(one->group), escaped(one->file), one->line);
      if (one->wrong.empty()) {
        out += "/>\n";
        continue;
      }
      const std::string_view first = std::string_view(one->wrong).substr(0, one->wrong.find('\n'));
      out += fmt::format(">\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n",
                         escaped(first), escaped(one->wrong));
    }
    out += "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

}  // namespace hashcart::app
