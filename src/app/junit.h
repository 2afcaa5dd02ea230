// JUnit's XML report, as CI systems read it: suites of test cases, each with its file and line.
// Always well-formed XML 1.0 in UTF-8, whatever the texts hold. It names no times, so equal results
// give equal bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hashcart::app {

struct TestCase {
  std::string name;
  std::string group;  // JUnit's classname: the campaign or retailer, or "stream test"
  std::string file;
  std::uint32_t line = 0;
  std::string wrong;  // empty: passed
};

// One suite per file, in the order files first appear.
[[nodiscard]] std::string junit_report(const std::vector<TestCase>& cases);

}  // namespace hashcart::app
