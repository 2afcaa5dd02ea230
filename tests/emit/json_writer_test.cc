#include "emit/json_writer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "base/utf8.h"

namespace hashcart::emit {
namespace {

std::string as_json(std::string_view text) {
  std::string out;
  append_json_string(text, &out);
  return out;
}

TEST(JsonWriter, EscapesWhatMustBeAndNothingElse) {
  EXPECT_EQ(as_json(""), R"("")");
  EXPECT_EQ(as_json("a/b <&'> \x7F"), "\"a/b <&'> \x7F\"");
  EXPECT_EQ(as_json("\" \\ \b\f\n\r\t"), R"("\" \\ \b\f\n\r\t")");
  EXPECT_EQ(as_json(std::string_view("\0\x01\x1F", 3)), R"("\u0000\u0001\u001f")");
  EXPECT_EQ(as_json("\xE3\x82\xA2 \xF0\x9F\x9B\x92"), "\"\xE3\x82\xA2 \xF0\x9F\x9B\x92\"");
  EXPECT_EQ(as_json("\xE2\x80\xA8\xE2\x80\xA9"), "\"\xE2\x80\xA8\xE2\x80\xA9\"");
}

TEST(JsonWriter, EveryBrokenByteBecomesAReplacement) {
  const std::string fffd = "\xEF\xBF\xBD";
  EXPECT_EQ(as_json("a\xFFz"), "\"a" + fffd + "z\"");
  EXPECT_EQ(as_json("\xC3"), "\"" + fffd + "\"");
  EXPECT_EQ(as_json("\xC3\""), "\"" + fffd + "\\\"\"");
  EXPECT_EQ(as_json("\xED\xA0\x80"), "\"" + fffd + fffd + fffd + "\"");  // a surrogate
  EXPECT_EQ(as_json("\xC0\xAF"), "\"" + fffd + fffd + "\"");             // overlong
}

TEST(JsonWriter, AnotherParserReadsTheSameText) {
  std::mt19937 random(20140505);
  constexpr std::string_view kAwkward = "\"\\/\b\f\n\r\t\x01\x1F\x7F<";
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (std::uint64_t left = random() % 24; left > 0; --left) {
      switch (random() % 3) {
        case 0:
          base::append_utf8(static_cast<char32_t>(random() % 0x110000), &text);
          break;
        case 1:
          text += kAwkward[random() % kAwkward.size()];
          break;
        default:
          text += static_cast<char>(' ' + random() % 95);
      }
    }
    ASSERT_EQ(nlohmann::json::parse(as_json(text)).get<std::string>(), text);
  }
}

TEST(JsonWriter, AnyBytesGiveOneValidString) {
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes;
    for (std::uint64_t left = random() % 16; left > 0; --left) {
      bytes += static_cast<char>(static_cast<unsigned char>(random() % 256));
    }
    const nlohmann::json parsed = nlohmann::json::parse(as_json(bytes), nullptr, false);
    ASSERT_TRUE(parsed.is_string());
    if (base::is_valid_utf8(bytes)) {
      ASSERT_EQ(parsed.get<std::string>(), bytes);
    }
  }
}

TEST(JsonWriter, IntegersAreExact) {
  std::string out;
  append_json_integer(0, &out);
  out += ' ';
  append_json_integer(std::numeric_limits<std::uint64_t>::max(), &out);
  EXPECT_EQ(out, "0 18446744073709551615");
}

TEST(JsonWriter, ObjectsSeeToTheirCommas) {
  std::string out = "x";
  JsonObject line(&out);
  JsonObject empty = line.object("empty");
  empty.close();
  JsonObject inner = line.object("inner");
  inner.text_if("absent", "");
  inner.text("text", "a\"b");
  inner.integer("n", 7);
  inner.close();
  JsonArray list = line.array("list");
  list.text("one");
  JsonObject element = list.object();
  element.boolean("yes", true);
  element.boolean("no", false);
  element.close();
  list.close();
  JsonArray none = line.array("none");
  none.close();
  line.raw("raw", "[1]");
  line.close();
  EXPECT_EQ(out,
            R"(x{"empty":{},"inner":{"text":"a\"b","n":7},"list":["one",{"yes":true,"no":false}],)"
            R"("none":[],"raw":[1]})");
}

}  // namespace
}  // namespace hashcart::emit
