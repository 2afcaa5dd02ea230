#include "ingest/framer.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace hashcart::ingest {
namespace {

struct DetectRow {
  const char* name;
  std::string text;
  Framing expected;
};

std::vector<DetectRow> detect_rows() {
  const std::string blanks(70'000, '\n');
  const std::string long_line = "{\"a\":[" + std::string(70'000, ' ');
  return {
      {"nothing", "", Framing::kNdjson},
      {"one line", "{\"id\":1}\n", Framing::kNdjson},
      {"one line, no newline", "{\"id\":1}", Framing::kNdjson},
      {"lines", "{\"id\":1}\n{\"id\":2}\n", Framing::kNdjson},
      {"keep-alives first", "\r\n\n \n{\"id\":1}\n", Framing::kNdjson},
      {"only blanks", " \n\n", Framing::kNdjson},
      {"blanks for 64 KiB", blanks + "data: x\n\n", Framing::kNdjson},
      {"an array on a line", "[{\"id\":1},{\"id\":2}]\n", Framing::kNdjson},
      {"brackets in a string", "{\"text\":\"[{\"}\n{\"id\":2}\n", Framing::kNdjson},
      {"an escaped quote", "{\"text\":\"\\\"[{\"}\n{}\n", Framing::kNdjson},
      {"no JSON", "hello\n{\n", Framing::kNdjson},
      {"first line broken off in a string", "{\"text\":\"ab\n  {\"id\":2}\n", Framing::kNdjson},
      {"first line broken off behind a value", "{\"id\":1\n{\"id\":2}\n", Framing::kNdjson},
      {"broken off, then a keep-alive", "{\"id\":1\n\n{\"id\":2}\n", Framing::kNdjson},
      {"broken off at the end", "{\"id\":1,\n", Framing::kNdjson},
      {"a line too long to tell", long_line + "\n1]}\n", Framing::kNdjson},
      {"a page", "{\n  \"data\": [\n    {\"id\": \"1\"}\n  ]\n}\n", Framing::kJson},
      {"a page, CRLF", "{\r\n  \"data\": []\r\n}\r\n", Framing::kJson},
      {"an array of lines", "[\n{\"id\":1},\n{\"id\":2}\n]\n", Framing::kJson},
      {"an array that opens with a value", "[{\"id\":1},\n{\"id\":2}]\n", Framing::kJson},
      {"a page at the margin", "{\"data\":[\n{\"id\":1}\n]}\n", Framing::kJson},
      {"a key at the margin", "{\"data\":[{\"id\":1}],\n\"meta\":\n{\"n\":1}}\n", Framing::kJson},
      {"a page behind blank lines", "\n\n{\n\"id\":1}", Framing::kJson},
      {"a page behind a BOM", "\xEF\xBB\xBF{\n\"id\":1}", Framing::kJson},
      {"event", "event: update\ndata: {}\n\n", Framing::kSse},
      {"data", "data: {\"id\":1}\n\n", Framing::kSse},
      {"data, no blank", "data:{\"id\":1}\n\n", Framing::kSse},
      {"id", "id: 7\ndata: {}\n\n", Framing::kSse},
      {"retry", "retry: 100\n\n", Framing::kSse},
      {"a comment", ":)\n\n", Framing::kSse},
      {"a comment and nothing", ":", Framing::kSse},
      {"an event behind a BOM",
       "\xEF\xBB\xBF"
       "data: {}\n\n",
       Framing::kSse},
      {"database, not data", "database: x\n", Framing::kNdjson},
      {"an event further down", "{}\ndata: {}\n\n", Framing::kNdjson},
  };
}

TEST(DetectFraming, KnowsEachByItsFirstLines) {
  for (const DetectRow& row : detect_rows()) {
    EXPECT_EQ(detect_framing(row.text, true), row.expected) << row.name;
  }
}

TEST(DetectFraming, DoesNotChangeItsMindWhenMoreBytesCome) {
  for (const DetectRow& row : detect_rows()) {
    const std::size_t step = row.text.size() > 1000 ? 997 : 1;
    for (std::size_t size = 0; size <= row.text.size(); size += step) {
      const auto early = detect_framing(std::string_view(row.text).substr(0, size), false);
      if (early) {
        EXPECT_EQ(*early, row.expected) << row.name << " at " << size;
      }
    }
  }
}

TEST(DetectFraming, DecidesWithTheFirstLineThatIsNotBlank) {
  EXPECT_EQ(detect_framing("{\"id\":1}", false), std::nullopt);
  EXPECT_EQ(detect_framing("{\"id\":1}\n", false), Framing::kNdjson);
  EXPECT_EQ(detect_framing("\n\n:\n", false), Framing::kSse);
  EXPECT_EQ(detect_framing("{\n", false), std::nullopt);
  EXPECT_EQ(detect_framing("{\n\"", false), Framing::kJson);
  EXPECT_EQ(detect_framing("\n\n", false), std::nullopt);
}

// A small language: text is fed in pieces; what find() gives is the sizes of records.
class FramerFixture : public ::testing::Test {
 protected:
  void start(Framing framing) {
    framer_ = Framer(framing);
    held_.clear();
  }
  std::vector<std::string> feed(std::string_view bytes) {
    std::vector<std::string> out;
    held_ += bytes;
    while (const auto size = framer_.find(held_)) {
      out.emplace_back(framer_.trim(std::string_view(held_).substr(0, *size)));
      held_.erase(0, *size);
    }
    return out;
  }
  using Records = std::vector<std::string>;

  Framer framer_{Framing::kNdjson};
  std::string held_;
};

TEST_F(FramerFixture, CarriesALineAcrossReads) {
  EXPECT_EQ(feed("{\"id\":1}\n{\"i"), Records{"{\"id\":1}"});
  EXPECT_EQ(feed("d\":2"), Records{});
  EXPECT_EQ(feed("}\r"), Records{});
  EXPECT_EQ(feed("\r\n\r\n \t\n"), (Records{"{\"id\":2}", "", ""}));
  EXPECT_TRUE(framer_.is_whole_at_end());
}

TEST_F(FramerFixture, EndsAnEventAtAnEmptyLine) {
  start(Framing::kSse);
  EXPECT_EQ(feed("event: update\nda"), Records{});
  EXPECT_EQ(feed("ta: {\"a\":\"\\n\"}\n"), Records{});
  EXPECT_EQ(feed("\n"), Records{"event: update\ndata: {\"a\":\"\\n\"}"});
  EXPECT_EQ(feed(":thump\r\n\r"), Records{});
  EXPECT_EQ(feed("\n"), Records{":thump"});
  EXPECT_EQ(feed("\n\r\n"), (Records{"", ""}));
  EXPECT_EQ(feed(" \n\n"), Records{""});
}

TEST_F(FramerFixture, CutsValuesAtTheirClosingBracket) {
  start(Framing::kJson);
  EXPECT_EQ(feed("\n\n{\n \"a\": [1, {\"b\": \"}]\\\""), Records{});
  EXPECT_FALSE(framer_.is_whole_at_end());
  EXPECT_EQ(feed("\"}]\n}{"), Records{"{\n \"a\": [1, {\"b\": \"}]\\\"\"}]\n}"});
  EXPECT_EQ(feed("}[]\n"), (Records{"{}", "[]"}));
  EXPECT_EQ(feed("null\n"), Records{"null"});
  EXPECT_EQ(feed("}"), Records{"}"});
  EXPECT_TRUE(framer_.is_whole_at_end());
}

TEST_F(FramerFixture, KeepsItsPlaceWhenTheFrontOfARecordIsDropped) {
  start(Framing::kJson);
  EXPECT_EQ(feed("{\"a\":\"{{{"), Records{});
  framer_.forget(held_.size());
  held_.clear();
  EXPECT_EQ(feed("\"}{}"), (Records{"\"}", "{}"}));
}

}  // namespace
}  // namespace hashcart::ingest
