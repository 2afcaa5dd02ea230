// Links in text: twitter-text's suite, rows of our own, and texts built to be slow.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "match/grammar_testing.h"
#include "match/hashtag_grammar.h"

namespace hashcart::match {
namespace {

using testing::urls_of;
using Strings = std::vector<std::string>;

TEST(TextUrls, PassesTheSuiteOfX) {
  const auto rows = testing::read_conformance("x_urls.jsonl");
  if (rows.empty()) GTEST_SKIP() << "no shared data";
  int passed = 0;
  for (const auto& row : rows) {
    const Strings got = urls_of(row["text"]);
    const Strings expected = row["expected"];
    EXPECT_EQ(got, expected) << row["why"];
    if (got == expected) ++passed;
  }
  std::printf("conformance: x_urls %d/%zu\n", passed, rows.size());
}

// Product links as people write them: each must be found whole where the row names it.
TEST(TextUrls, FindsTheProductLinksOfRealTexts) {
  const auto rows = testing::read_rows(testing::shared_path() / "data" / "url_in_text.jsonl");
  if (rows.empty()) GTEST_SKIP() << "no shared data";
  for (const auto& row : rows) {
    if (!row.contains("expected")) continue;  // rows about reading links, not about finding them
    const Strings got = urls_of(row["text"]);
    for (const auto& product : row["expected"]) {
      const std::string url = product["url"];
      EXPECT_NE(std::find(got.begin(), got.end(), url), got.end()) << url;
    }
  }
}

TEST(TextUrls, FindsLinks) {
  EXPECT_EQ(urls_of("http://amzn.to/abc"), Strings{"http://amzn.to/abc"});
  EXPECT_EQ(urls_of("(HTTPS://Amazon.COM/dp/B0)"), Strings{"HTTPS://Amazon.COM/dp/B0"});
  EXPECT_EQ(urls_of("buy amazon.com/dp/B00X#AmazonCart."),
            Strings{"amazon.com/dp/B00X#AmazonCart"});
  EXPECT_EQ(urls_of("日本amazon.co.jp買う"), Strings{"amazon.co.jp"});
  EXPECT_EQ(urls_of("http://a.com/x_(y) and (http://a.com/x)"),
            (Strings{"http://a.com/x_(y)", "http://a.com/x"}));
  EXPECT_EQ(urls_of("http://a.com/(b(c)d)(e"), Strings{"http://a.com/(b(c)d)"});
  EXPECT_EQ(urls_of("http://a.com?x=1&y=2, b"), Strings{"http://a.com?x=1&y=2"});
  EXPECT_EQ(urls_of("http://a.com:8080/x"), Strings{"http://a.com:8080/x"});
  EXPECT_EQ(urls_of("http://xn--80ak6aa92e.com/ xn--p1ai.xn--p1ai/x"),
            (Strings{"http://xn--80ak6aa92e.com/", "xn--p1ai.xn--p1ai/x"}));
  EXPECT_EQ(urls_of("http://пример.рф/путь"), Strings{"http://пример.рф/путь"});
  EXPECT_EQ(urls_of("see //amazon.com/dp/B00X or x//amazon.com"), Strings{})
      << "a scheme-relative link belongs to a page, not to running text";
  // Without a scheme only the part in Latin letters, digits and '-' is the link.
  EXPECT_EQ(urls_of("a_b.amazon.com/x"), Strings{"b.amazon.com/x"});
  // U+FF03 and U+FF20 may not stand before a link, but may begin a domain.
  EXPECT_EQ(urls_of("＃amazon.com ＠amazon.com"), (Strings{"amazon.com", "amazon.com"}));
  EXPECT_EQ(urls_of("https://t.co/abc?x=1… y"), Strings{"https://t.co/abc?x=1"});
}

TEST(TextUrls, FindsNoLinkWhereThereIsNone) {
  for (const char* text : {"",
                           ".",
                           "..",
                           "a.",
                           ".com",
                           "a.b",
                           "no link here",
                           "3.14",
                           "e.g.",
                           "#amazon.com",
                           "@amazon.com",
                           "$amazon.com",
                           "あ_いamazon.com",
                           "-amazon.com",
                           "_amazon.com",
                           ".amazon.com",
                           "/amazon.com",
                           "http://",
                           "http://com",
                           "http://a_b.com",
                           "amazon.comm",
                           "amazon.com+x",
                           "amazon.com@x",
                           "amazon.com-",
                           "http:// amazon",
                           "amazon..com",
                           "a-.com",
                           "http://a\xFF.com",
                           "ftp:/amazon.com"}) {
    EXPECT_EQ(urls_of(text), Strings{}) << text;
  }
}

TEST(TextUrls, LabelsAreLimitedInTheirAsciiForm) {
  EXPECT_EQ(urls_of("http://" + std::string(63, 'a') + ".com").size(), 1U);
  EXPECT_EQ(urls_of("http://" + std::string(64, 'a') + ".com").size(), 0U);
  // RFC 3492: "bücher" is xn--bcher-kva; 50 letters more make 63, one more makes 64.
  EXPECT_EQ(urls_of("http://bücher" + std::string(50, 'a') + ".com").size(), 1U);
  EXPECT_EQ(urls_of("http://bücher" + std::string(52, 'a') + ".com").size(), 0U);
  EXPECT_EQ(urls_of("http://a.com/" + std::string(5000, 'a')).size(), 0U);
}

TEST(TextUrls, SpansAscendAndStayInTheText) {
  constexpr std::uint32_t kSeed = 5;
  std::mt19937 engine(kSeed);
  const std::vector<std::string> parts = {
      "http://", "https://", "a",        "com",    ".",    ".com",   ".",     "_", "-", "/",
      "(",       ")",        "?",        "日",     "é",    "みんな", "t.co/", "@", "#", ":80",
      " ",       "\xFF",     "\xE3\x81", "\u202E", "xn--", "jp",     "=",     "x1"};
  for (int i = 0; i < 300'000; ++i) {
    std::string text;
    for (std::size_t left = engine() % 14; left > 0; --left) text += parts[engine() % parts.size()];
    std::vector<TextSpan> spans;
    find_urls(text, base::Platform::kX, &spans);
    std::uint32_t end = 0;
    for (const TextSpan& span : spans) {
      ASSERT_GE(span.start, end) << text;
      ASSERT_GT(span.end, span.start) << text;
      ASSERT_LE(span.end, text.size()) << text;
      end = span.end;
    }
  }
}

// Quadratic behaviour would take minutes on each of these.
TEST(TextUrls, HostileTextTakesLinearTime) {
  const std::vector<std::string> units = {"a.a.",
                                          "((((",
                                          "日",
                                          "日.",
                                          "日_",
                                          "_日a.com日",
                                          "a.com日_日",
                                          "x.co/(",
                                          "x.co?(",
                                          "http://",
                                          "http://a.",
                                          "a_b.",
                                          "日_.日",
                                          "x.com/((a",
                                          "xn--",
                                          "日xn--a.",
                                          "a.みんな日",
                                          "#a",
                                          "#a(",
                                          "#(",
                                          "##",
                                          "#日",
                                          "#\u0301",
                                          "\u0301\u0323",
                                          "http://a.b_c.d",
                                          "http://t.co/aa?",
                                          "#a·",
                                          "x.co/(a"};
  for (const std::string& unit : units) {
    std::string text = " .";
    while (text.size() < (1U << 20U)) text += unit;
    const auto begin = std::chrono::steady_clock::now();
    std::vector<TextSpan> urls;
    find_urls(text, base::Platform::kX, &urls);
    std::vector<TagSpan> tags;
    std::string folded;
    for (const base::Platform platform :
         {base::Platform::kX, base::Platform::kBluesky, base::Platform::kMastodon,
          base::Platform::kMisskey, base::Platform::kWeibo}) {
      find_tags(text, platform, urls, &tags);
    }
    fold_text(text, base::Platform::kX, &folded);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    EXPECT_LT(taken.count(), 20.0) << unit;  // far above any machine's noise, far below quadratic
    RecordProperty("unit " + unit, std::to_string(taken.count()));
    if (std::getenv("HASHCART_PRINT_TIMES") != nullptr) {
      std::printf("%-16s %.1f ms\n", unit.c_str(), taken.count() * 1e3);
    }
  }
}

}  // namespace
}  // namespace hashcart::match
