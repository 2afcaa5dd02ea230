// The small language of product ids, and std::regex beside it.
#include <random>
#include <regex>
#include <string>

#include <gtest/gtest.h>

#include "catalogue/id_pattern.h"

namespace hashcart::catalogue {
namespace {

IdPattern parsed(const std::string& text) {
  IdPattern pattern;
  std::size_t at = 0;
  EXPECT_EQ(IdPattern::parse(text, &pattern, &at), "") << text;
  return pattern;
}

bool matches(const std::string& pattern, const std::string& id) {
  return parsed(pattern).matches(id);
}

TEST(IdPattern, DecidesAsins) {
  const IdPattern asin = parsed("B[0-9A-Z]{9}|[0-9]{9}[0-9X]");
  EXPECT_EQ(asin.text(), "B[0-9A-Z]{9}|[0-9]{9}[0-9X]");
  EXPECT_TRUE(asin.matches("B00EXAMPL1"));
  EXPECT_TRUE(asin.matches("030640615X"));
  EXPECT_TRUE(asin.matches("0306406152"));
  EXPECT_FALSE(asin.matches("B00EXAMPL"));
  EXPECT_FALSE(asin.matches("B00EXAMPL12"));
  EXPECT_FALSE(asin.matches("A00EXAMPL1"));
  EXPECT_FALSE(asin.matches("b00exampl1"));
  EXPECT_FALSE(asin.matches("03064061X5"));
  EXPECT_FALSE(asin.matches(""));
}

TEST(IdPattern, TheCheckDigitOfAnIsbnIsForIsbnsAlone) {
  for (const char* good : {"0306406152", "080442957X", "0521418194", "0000000000"}) {
    EXPECT_TRUE(passes_isbn10(good)) << good;
    // Another last digit is another remainder, so exactly one of eleven passes.
    std::string other = good;
    int passing = 0;
    for (const char last : std::string_view("0123456789X")) {
      other.back() = last;
      passing += passes_isbn10(other) ? 1 : 0;
    }
    EXPECT_EQ(passing, 1) << good;
  }
  // Two digits that changed places are always found out.
  EXPECT_FALSE(passes_isbn10("3006406152"));
  EXPECT_FALSE(passes_isbn10("1234567890"));
  for (const char* other :
       {"B00EXAMPL1", "", "123456789", "12345678901", "X234567890", "12345678-0", "123456789Y"}) {
    EXPECT_TRUE(passes_isbn10(other)) << other;
  }
}

TEST(IdPattern, RepeatsAsWritten) {
  EXPECT_TRUE(matches("ab?c", "ac"));
  EXPECT_TRUE(matches("ab?c", "abc"));
  EXPECT_FALSE(matches("ab?c", "abbc"));
  EXPECT_TRUE(matches("a+", "aaaa"));
  EXPECT_FALSE(matches("a+", "aaba"));
  EXPECT_TRUE(matches("a*b", "b"));
  EXPECT_TRUE(matches("a{2,3}", "aaa"));
  EXPECT_FALSE(matches("a{2,3}", "a"));
  EXPECT_FALSE(matches("a{2,3}", "aaaa"));
  EXPECT_TRUE(matches("a{2,}", "aaaaaa"));
  EXPECT_FALSE(matches("a{2,}", "a"));
}

TEST(IdPattern, TriesEveryWayToDivideAnId) {
  EXPECT_TRUE(matches("[ab]*a[ab]{2}", "bbabb"));
  EXPECT_TRUE(matches("[ab]*a[ab]{2}", "aaaaa"));
  EXPECT_FALSE(matches("[ab]*a[ab]{2}", "bbbbb"));
  EXPECT_TRUE(matches(".*-.*", "a-b-c"));
}

TEST(IdPattern, ReadsClassesAndEscapes) {
  EXPECT_TRUE(matches("[A-Z_-]+", "A-_Z"));
  EXPECT_TRUE(matches("[-a]+", "-a"));
  EXPECT_TRUE(matches("\\d{3}\\w", "123_"));
  EXPECT_FALSE(matches("\\d", "x"));
  EXPECT_TRUE(matches("a\\.b", "a.b"));
  EXPECT_FALSE(matches("a\\.b", "axb"));
  EXPECT_TRUE(matches("[\\]\\d]+", "]1"));
  EXPECT_TRUE(matches("[a-z]{2,4}/[a-z.]+", "shop/it.em"));
}

TEST(IdPattern, HoldsAsciiOnly) {
  EXPECT_FALSE(matches(".*", "caf\xC3\xA9"));
  EXPECT_FALSE(matches(".*", "a b"));
  EXPECT_FALSE(matches(".*", std::string("a\0b", 3)));
}

TEST(IdPattern, BoundsTheLengthOfAnId) {
  EXPECT_TRUE(matches("a*", std::string(255, 'a')));
  EXPECT_FALSE(matches("a*", std::string(256, 'a')));
}

TEST(IdPattern, SaysWhatIsWrongAndWhere) {
  const struct {
    std::string pattern;
    std::string says;
    std::size_t at;
  } rows[] = {
      {"", "empty", 0},          {"a||b", "empty", 2},        {"a|", "empty", 2},
      {"(a)", "groups", 0},      {"^a", "anchors", 0},        {"a$", "anchors", 1},
      {"*a", "repeat", 0},       {"a|+", "repeat", 2},        {"[a-", "never closed", 0},
      {"[]", "at least one", 1}, {"[^a]", "allowed", 1},      {"[z-a]", "backwards", 1},
      {"a{3,2}", "below", 1},    {"a{0}", "nothing", 1},      {"a{x}", "{n}", 2},
      {"a{256}", "255", 2},      {"a{2", "{n}", 3},           {"\\q", "escapes", 0},
      {"a\\", "ends in", 1},     {"caf\xC3\xA9", "ASCII", 3}, {"a b", "blanks", 1},
      {"a]", "closes", 1},       {"a}", "closes", 1},         {"[+-9]", "range", 1},
  };
  for (const auto& row : rows) {
    IdPattern pattern;
    std::size_t at = 99;
    const std::string says = IdPattern::parse(row.pattern, &pattern, &at);
    EXPECT_NE(says.find(row.says), std::string::npos) << row.pattern << ": " << says;
    EXPECT_EQ(at, row.at) << row.pattern;
    EXPECT_EQ(pattern.text(), "") << "a pattern that does not parse leaves *out alone";
  }
}

// std::regex reads the same language, so the two must agree on any pattern and any id.
TEST(IdPattern, AgreesWithARegularExpression) {
  std::mt19937 random(20140505);
  const auto pick = [&](std::size_t count) { return static_cast<std::size_t>(random() % count); };
  const std::string atoms[] = {"a", "b", "[ab]", "[a-c]", "\\d", "1"};
  const std::string repeats[] = {"", "", "?", "*", "+", "{2}", "{1,3}", "{2,}"};
  for (int round = 0; round < 400; ++round) {
    std::string text;
    for (std::size_t i = 0, count = 1 + pick(7); i < count; ++i) {
      if (i > 0 && pick(5) == 0) text += '|';
      text += atoms[pick(6)] + repeats[pick(8)];
    }
    const IdPattern pattern = parsed(text);
    const std::regex expected(text);
    for (int tries = 0; tries < 40; ++tries) {
      std::string id;
      for (std::size_t i = 0, count = 1 + pick(7); i < count; ++i) id += "abc1x"[pick(5)];
      EXPECT_EQ(pattern.matches(id), std::regex_match(id, expected)) << text << " on " << id;
    }
  }
}

}  // namespace
}  // namespace hashcart::catalogue
