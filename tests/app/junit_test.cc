#include "app/junit.h"

#include <gtest/gtest.h>

#include <string>

namespace hashcart::app {
namespace {

TEST(Junit, WritesASuiteForEachFile) {
  const std::string report = junit_report({{"one", "a", "x.toml", 3, ""},
                                           {"two", "b", "y.toml", 4, "no record\nat all"},
                                           {"three", "a", "x.toml", 5, ""}});
  EXPECT_EQ(report,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuites name=\"hashcart test\" tests=\"3\" failures=\"1\" errors=\"0\">\n"
            "  <testsuite name=\"x.toml\" tests=\"2\" failures=\"0\" errors=\"0\">\n"
            "    <testcase name=\"one\" classname=\"a\" file=\"x.toml\" line=\"3\"/>\n"
            "    <testcase name=\"three\" classname=\"a\" file=\"x.toml\" line=\"5\"/>\n"
            "  </testsuite>\n"
            "  <testsuite name=\"y.toml\" tests=\"1\" failures=\"1\" errors=\"0\">\n"
            "    <testcase name=\"two\" classname=\"b\" file=\"y.toml\" line=\"4\">\n"
            "      <failure message=\"no record\">no record&#10;at all</failure>\n"
            "    </testcase>\n"
            "  </testsuite>\n"
            "</testsuites>\n");
}

TEST(Junit, EscapesWhatXmlDoesNotHold) {
  const std::string report =
      junit_report({{"<a href=\"b\">&'\x01\xFF\xEF\xBF\xBE é\t", "", "f", 1, "]]>"}});
  EXPECT_NE(report.find("name=\"&lt;a href=&quot;b&quot;&gt;&amp;'\xEF\xBF\xBD\xEF\xBF\xBD"
                        "\xEF\xBF\xBD é&#9;\""),
            std::string::npos)
      << report;
  EXPECT_NE(report.find(">]]&gt;</failure>"), std::string::npos) << report;
}

TEST(Junit, IsADocumentWithoutCasesToo) {
  EXPECT_EQ(junit_report({}),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuites name=\"hashcart test\" tests=\"0\" failures=\"0\" errors=\"0\">\n"
            "</testsuites>\n");
}

}  // namespace
}  // namespace hashcart::app
