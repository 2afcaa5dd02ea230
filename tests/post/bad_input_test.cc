// What is no good post is refused for the right reason, and never half read.
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "post/post_testing.h"

namespace hashcart::post {
namespace {

using testing::PaddedRecord;

RejectReason read_reason(std::string_view bytes,
                         ingest::Framing framing = ingest::Framing::kNdjson) {
  PostReader reader;
  ParsedRecord parsed;
  const PaddedRecord record(bytes, framing);
  reader.read(record.view(), &parsed);
  if (parsed.kind == RecordKind::kRejected) {
    EXPECT_EQ(parsed.post_count, 0U);
    EXPECT_TRUE(parsed.deletes.empty());
    EXPECT_TRUE(parsed.ticks.empty());
  }
  return parsed.reason;
}

RejectReason validate_reason(std::string_view bytes) {
  PostReader reader;
  const PaddedRecord record(bytes);
  return reader.validate(record.view());
}

// A simple post with this much more at its end.
std::string simple_with(const std::string& more) {
  return R"({"id":"1","user":"u","at":"2014-05-06T10:00:00Z","text":"t")" + more + "}";
}

TEST(BadInput, BrokenJsonIsBadJson) {
  for (const std::string& bytes :
       {std::string(R"({"id":"1","user":"u","at":"2014-05-06T10:00:00Z","text":"t")"),
        std::string(R"({"id":"1","user":"u","at":"2014-05-06T10:00:00Z","text":"t)"),
        std::string(R"({"id":"1" "user":"u","at":"2014-05-06T10:00:00Z","text":"t"})"),
        std::string(R"({"id":"1","user":"u","at":"2014-05-06T10:00:00Z","text":"t"}})"),
        std::string(R"({"id":"1","user":"u","at":"2014-05-06T10:00:00Z","text":"t"} x)"),
        std::string(R"({"id":"1","user":"u","at":"2014-05-06T10:00:00Z","text":"t"}{"id":"2"})"),
        simple_with(R"(,"lang":nul)"), simple_with(R"(,"protected":tru)"), simple_with(","),
        std::string("{"), std::string("["), std::string("}"), std::string("{'id': None}"),
        std::string("   ...: {\"id\":\"1\"}"), std::string("<<<<<<< HEAD"), std::string("tru"),
        std::string("1430000000,{\"id\":1}")}) {
    EXPECT_EQ(read_reason(bytes), RejectReason::kBadJson) << bytes;
    EXPECT_EQ(validate_reason(bytes), RejectReason::kBadJson) << bytes;
  }
}

TEST(BadInput, EveryPrefixOfAPostIsRefused) {
  const std::string whole =
      simple_with(R"(,"urls":["https://a.b/c"],"tags":["x"],"x":{"y":[1,2.5e3,null,true]})");
  EXPECT_EQ(read_reason(whole), RejectReason::kNone);
  for (std::size_t size = 1; size < whole.size(); ++size) {
    EXPECT_EQ(read_reason(whole.substr(0, size)), RejectReason::kBadJson) << whole.substr(0, size);
  }
}

TEST(BadInput, WhatReadSkipsValidateSees) {
  for (const char* more :
       {R"(,"other":{"a":[1,2,}})", R"(,"other":01)", R"(,"other":truth)", R"(,"other":"\x")"}) {
    const RejectReason reason = validate_reason(simple_with(more));
    EXPECT_TRUE(reason == RejectReason::kBadJson || reason == RejectReason::kBadString) << more;
  }
  EXPECT_EQ(validate_reason(simple_with(R"(,"other":{"a":[1,2.5,-3e8,"\u00e9"]})")),
            RejectReason::kNone);
}

TEST(BadInput, LoneSurrogatesAreBadStrings) {
  for (const char* escape :
       {R"(\ud83d)", R"(\ud83dx)", R"(\ude00)", R"(\ud83d\u0041)", R"(\u12)", R"(\uZZZZ)"}) {
    const std::string bytes = R"({"id":"1","user":"u","at":"2014-05-06T10:00:00Z","text":")" +
                              std::string(escape) + "\"}";
    EXPECT_EQ(read_reason(bytes), RejectReason::kBadString) << escape;
    EXPECT_EQ(validate_reason(bytes), RejectReason::kBadString) << escape;
    EXPECT_EQ(validate_reason(simple_with(R"(,"other":")" + std::string(escape) + "\"")),
              RejectReason::kBadString);
  }
  EXPECT_EQ(read_reason(simple_with(R"(,"lang":"\ud83d\ude00")")), RejectReason::kNone);
}

TEST(BadInput, InvalidUtf8IsBadUtf8) {
  for (const std::string& bad : {std::string("\xFF"), std::string("\xC3"), std::string("\xC0\xAF"),
                                 std::string("\xED\xA0\x80"), std::string("\xF4\x90\x80\x80")}) {
    for (const std::string& bytes :
         {R"({"id":"1","user":"u","at":"2014-05-06T10:00:00Z","text":")" + bad + " \"}",
          simple_with(R"(,"other":")" + bad + " \"")}) {
      EXPECT_EQ(read_reason(bytes), RejectReason::kBadUtf8) << bytes;
      EXPECT_EQ(validate_reason(bytes), RejectReason::kBadUtf8) << bytes;
    }
  }
  EXPECT_EQ(read_reason("event: update\ndata: {\"a\":\"\xFF\"}\n", ingest::Framing::kSse),
            RejectReason::kBadUtf8);
  EXPECT_EQ(read_reason(":\xFF\n", ingest::Framing::kSse), RejectReason::kBadUtf8);
  EXPECT_EQ(read_reason("event: delete\ndata: \xFF\n", ingest::Framing::kSse),
            RejectReason::kBadUtf8);
}

TEST(BadInput, RawControlCharactersInStringsAreRefused) {
  EXPECT_NE(validate_reason(simple_with(",\"other\":\"a\x01\"")), RejectReason::kNone);
  EXPECT_NE(read_reason(
                "{\"id\":\"1\",\"user\":\"u\",\"at\":\"2014-05-06T10:00:00Z\",\"text\":\"a\x01\"}"),
            RejectReason::kNone);
}

TEST(BadInput, NestingOverAThousandIsTooDeep) {
  const auto nested = [](std::size_t depth) {
    return simple_with(",\"other\":" + std::string(depth, '[') + std::string(depth, ']'));
  };
  EXPECT_EQ(validate_reason(nested(990)), RejectReason::kNone);
  EXPECT_EQ(validate_reason(nested(1001)), RejectReason::kTooDeep);
  EXPECT_EQ(validate_reason(nested(500'000)), RejectReason::kTooDeep);
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  EXPECT_EQ(read_reason(deep), RejectReason::kTooDeep);
  // In what is read, and not closed.
  EXPECT_NE(read_reason(R"({"thread":)" + std::string(100'000, '[')), RejectReason::kNone);
  std::string views =
      R"({"uri":"at://d/app.bsky.feed.post/1","author":{"did":"d"},"record":{"text":"t"})";
  std::string thread;
  for (int i = 0; i < 5000; ++i) thread += R"({"thread":)";
  thread += views + "}" + std::string(5000, '}');
  EXPECT_EQ(read_reason(thread), RejectReason::kTooDeep);
}

struct Refused {
  const char* what;
  const char* bytes;
  RejectReason reason;
};

class BadInputTable : public ::testing::TestWithParam<Refused> {};

TEST_P(BadInputTable, IsRefused) {
  EXPECT_EQ(read_reason(GetParam().bytes), GetParam().reason) << GetParam().bytes;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, BadInputTable,
    ::testing::Values(
        Refused{"NoId", R"({"user":"u","at":"2014-05-06T10:00:00Z","text":"t"})",
                RejectReason::kNoId},
        Refused{"NullId", R"({"id":null,"user":"u","at":"2014-05-06T10:00:00Z","text":"t"})",
                RejectReason::kNoId},
        Refused{"EmptyId", R"({"id":"","user":"u","at":"2014-05-06T10:00:00Z","text":"t"})",
                RejectReason::kBadId},
        Refused{"ControlInId", R"({"id":"a\nb","user":"u","at":"2014-05-06T10:00:00Z","text":"t"})",
                RejectReason::kBadId},
        Refused{"DeleteInId",
                R"({"id":"a\u007f","user":"u","at":"2014-05-06T10:00:00Z","text":"t"})",
                RejectReason::kBadId},
        Refused{"Latin1ControlInId",
                R"({"id":"a\u0085","user":"u","at":"2014-05-06T10:00:00Z","text":"t"})",
                RejectReason::kBadId},
        Refused{"ControlInAuthor",
                R"({"id":"1","user":"\u0000","at":"2014-05-06T10:00:00Z","text":"t"})",
                RejectReason::kBadId},
        Refused{"ControlInParent",
                R"({"id":"1","user":"u","at":"2014-05-06T10:00:00Z","text":"t","reply_to":"\t"})",
                RejectReason::kBadId},
        Refused{"FractionAsId", R"({"id":1.5,"user":"u","at":"2014-05-06T10:00:00Z","text":"t"})",
                RejectReason::kBadId},
        Refused{"ExponentAsId", R"({"id":1e17,"user":"u","at":"2014-05-06T10:00:00Z","text":"t"})",
                RejectReason::kBadId},
        Refused{"NegativeId", R"({"id":-1,"user":"u","at":"2014-05-06T10:00:00Z","text":"t"})",
                RejectReason::kBadId},
        Refused{"BoolAsId", R"({"id":true,"user":"u","at":"2014-05-06T10:00:00Z","text":"t"})",
                RejectReason::kWrongType},
        Refused{"NoTime", R"({"id":"1","user":"u","text":"t"})", RejectReason::kNoTime},
        Refused{"BadTime", R"({"id":"1","user":"u","at":"yesterday","text":"t"})",
                RejectReason::kBadTime},
        Refused{"TimeOfAnotherType", R"({"id":"1","user":"u","at":5,"text":"t"})",
                RejectReason::kWrongType},
        Refused{"TextOfAnotherType",
                R"({"id":"1","user":"u","at":"2014-05-06T10:00:00Z","text":["t"]})",
                RejectReason::kWrongType},
        Refused{"UrlsOfAnotherType",
                R"({"id":"1","user":"u","at":"2014-05-06T10:00:00Z","text":"t","urls":"u"})",
                RejectReason::kWrongType},
        Refused{"UrlOfAnotherType",
                R"({"id":"1","user":"u","at":"2014-05-06T10:00:00Z","text":"t","urls":[1]})",
                RejectReason::kWrongType},
        Refused{
            "UnknownPlatform",
            R"({"id":"1","user":"u","at":"2014-05-06T10:00:00Z","text":"t","platform":"myspace"})",
            RejectReason::kWrongType},
        Refused{"IdTwice",
                R"({"id":"1","id":"2","user":"u","at":"2014-05-06T10:00:00Z","text":"t"})",
                RejectReason::kDuplicateKey},
        Refused{"IdTwiceEscaped",
                R"({"id":"1","user":"u","at":"2014-05-06T10:00:00Z","text":"t","\u0069d":"2"})",
                RejectReason::kDuplicateKey},
        Refused{"TextTwiceInXV1",
                R"({"id_str":"1","created_at":"Wed Aug 27 13:08:45 +0000 2008","text":"a")"
                R"(,"user":{"id_str":"2"},"text":"b"})",
                RejectReason::kDuplicateKey},
        Refused{"UserIdTwiceInXV1",
                R"({"id_str":"1","created_at":"Wed Aug 27 13:08:45 +0000 2008","text":"a")"
                R"(,"user":{"id_str":"2","id_str":"3"}})",
                RejectReason::kDuplicateKey},
        Refused{"XV1WithoutTime", R"({"id_str":"1","text":"a","user":{"id_str":"2"}})",
                RejectReason::kNoTime},
        Refused{"XV1BadTime",
                R"({"id_str":"1","created_at":"Wed","text":"a","user":{"id_str":"2"}})",
                RejectReason::kBadTime},
        Refused{"XV1TextIsObject",
                R"({"id_str":"1","created_at":"Wed Aug 27 13:08:45 +0000 2008","text":{"a":1})"
                R"(,"user":{"id_str":"2"}})",
                RejectReason::kWrongType},
        Refused{"MastodonWithoutUri",
                R"({"id":"1","created_at":"2022-08-30T21:38:22Z","content":"<p>a</p>")"
                R"(,"visibility":"public","account":{"id":"2"}})",
                RejectReason::kNoId},
        Refused{"MastodonWithoutTime",
                R"({"id":"1","uri":"https://a/1","content":"<p>a</p>","account":{"id":"2"}})",
                RejectReason::kNoTime},
        Refused{"MastodonContentTwice",
                R"({"id":"1","uri":"https://a/1","created_at":"2022-08-30T21:38:22Z","content":"")"
                R"(,"content":"b","account":{"id":"2"}})",
                RejectReason::kDuplicateKey},
        Refused{"MastodonTagsOfAnotherType",
                R"({"id":"1","uri":"https://a/1","created_at":"2022-08-30T21:38:22Z","content":"")"
                R"(,"account":{"id":"2"},"tags":{}})",
                RejectReason::kWrongType},
        Refused{"FrameWithBrokenPayload",
                R"({"stream":["public"],"event":"update","payload":"{\"id\":"})",
                RejectReason::kBadJson},
        Refused{"FrameWithTwoPayloads",
                R"({"stream":["public"],"event":"update","payload":"{} {}"})",
                RejectReason::kBadJson},
        Refused{"FrameWithScalarPayload",
                R"({"stream":["public"],"event":"update","payload":"12"})",
                RejectReason::kWrongType},
        Refused{"FrameWithSurrogateInPayload",
                R"({"stream":["public"],"event":"update")"
                R"(,"payload":"{\"uri\":\"\\ud800\",\"content\":\"\",\"account\":{}}"})",
                RejectReason::kBadString},
        Refused{"FrameDeletesNothing", R"({"stream":["public"],"event":"delete"})",
                RejectReason::kNoId},
        Refused{"FrameDeletesControl", R"({"stream":["public"],"event":"delete","payload":"1\n2"})",
                RejectReason::kBadId},
        Refused{"FrameInAFrame",
                R"({"stream":["public"],"event":"update")"
                R"(,"payload":"{\"event\":\"delete\",\"payload\":\"1\"}"})",
                RejectReason::kUnknownDialect},
        Refused{"TwoFrames",
                R"([{"event":"delete","payload":"1"},{"event":"delete","payload":"2"}])",
                RejectReason::kUnknownDialect},
        Refused{"BlueskyWithoutRkey",
                R"({"did":"did:plc:a","time_us":1725911162329308,"kind":"commit")"
                R"(,"commit":{"operation":"create","collection":"app.bsky.feed.post")"
                R"(,"record":{"text":"a"}}})",
                RejectReason::kNoId},
        Refused{"BlueskyTextIsNumber",
                R"({"did":"did:plc:a","time_us":1725911162329308,"kind":"commit")"
                R"(,"commit":{"operation":"create","collection":"app.bsky.feed.post","rkey":"1")"
                R"(,"record":{"text":1}}})",
                RejectReason::kWrongType},
        Refused{"BlueskyTimeOutOfRange",
                R"({"did":"did:plc:a","time_us":999999999999999999,"kind":"commit")"
                R"(,"commit":{"operation":"create","collection":"app.bsky.feed.post","rkey":"1")"
                R"(,"record":{"text":"a"}}})",
                RejectReason::kBadTime},
        Refused{"OneBadPostRefusesItsPage",
                R"([{"id":"1","user":"u","at":"2014-05-06T10:00:00Z","text":"t"},{"user":"u")"
                R"(,"at":"2014-05-06T10:00:00Z","text":"t"}])",
                RejectReason::kNoId},
        Refused{"ScalarsInAPage",
                R"([{"id":"1","user":"u","at":"2014-05-06T10:00:00Z","text":"t"},5])",
                RejectReason::kWrongType},
        Refused{"EmptyObject", "{}", RejectReason::kUnknownDialect},
        Refused{"String", R"("hello")", RejectReason::kUnknownDialect},
        Refused{"Word", "null", RejectReason::kUnknownDialect}),
    [](const auto& row) { return std::string(row.param.what); });

TEST(BadInput, LongIdsAreBadIds) {
  const auto with_id = [](std::size_t size) {
    return R"({"id":")" + std::string(size, 'a') +
           R"(","user":"u","at":"2014-05-06T10:00:00Z","text":"t"})";
  };
  EXPECT_EQ(read_reason(with_id(512)), RejectReason::kNone);
  EXPECT_EQ(read_reason(with_id(513)), RejectReason::kBadId);
}

TEST(BadInput, FaultsOfTheFramerAreTheReason) {
  PostReader reader;
  ParsedRecord parsed;
  const PaddedRecord record(simple_with(""));
  ingest::RecordView view = record.view();
  view.fault = ingest::RecordFault::kTooLong;
  reader.read(view, &parsed);
  EXPECT_EQ(parsed.reason, RejectReason::kTooLong);
  view.fault = ingest::RecordFault::kCutShort;
  reader.read(view, &parsed);
  EXPECT_EQ(parsed.reason, RejectReason::kCutShort);
  EXPECT_EQ(reader.validate(view), RejectReason::kCutShort);
}

TEST(BadInput, NothingOfARefusedRecordStays) {
  PostReader reader;
  ParsedRecord parsed;
  const PaddedRecord good(simple_with(""));
  const PaddedRecord bad("{\"id\":");
  reader.read(good.view(), &parsed);
  EXPECT_EQ(parsed.post_count, 1U);
  reader.read(bad.view(), &parsed);
  EXPECT_EQ(parsed.post_count, 0U);
  EXPECT_EQ(parsed.kind, RecordKind::kRejected);
  reader.read(good.view(), &parsed);
  EXPECT_EQ(parsed.kind, RecordKind::kPosts);
  EXPECT_EQ(parsed.reason, RejectReason::kNone);
}

TEST(BadInput, ValidateSeesTheJsonInsideAFrame) {
  EXPECT_EQ(validate_reason(R"({"event":"update","payload":"{\"a\":[1,}"})"),
            RejectReason::kBadJson);
  EXPECT_EQ(validate_reason(R"({"event":"update","payload":"{\"a\":[1]}"})"), RejectReason::kNone);
}

}  // namespace
}  // namespace hashcart::post
