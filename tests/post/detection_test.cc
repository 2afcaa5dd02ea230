// A reader remembers how records began (KnownStart) and in which order keys stood (KeyOrder); what
// it says of a record must not depend on what it read before.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "post/post_testing.h"

namespace hashcart::post {
namespace {

std::string said(PostReader* reader, const testing::PaddedRecord& record) {
  ParsedRecord parsed;
  reader->read(record.view(), &parsed);
  std::string all(name(parsed.dialect));
  all.append(" ").append(name(parsed.reason));
  for (std::size_t i = 0; i < parsed.post_count; ++i) {
    all.append(" ").append(parsed.posts[i].id).append("=").append(parsed.posts[i].text);
  }
  for (const Delete& gone : parsed.deletes) all.append(" -").append(gone.post_id);
  return all;
}

TEST(Detection, DoesNotDependOnTheRecordsBefore) {
  std::vector<testing::PaddedRecord> records;
  std::vector<std::string> lines;
  for (const auto& file : std::filesystem::directory_iterator(
           std::filesystem::path(HASHCART_SOURCE_DIR) / "fixtures" / "posts")) {
    if (file.path().extension() != ".ndjson" || file.path().stem() == "demo") continue;
    for (const testing::TestRecord& line : testing::cut_file(file.path())) {
      const auto row = nlohmann::ordered_json::parse(line.bytes);
      if (row.value("sse", false)) continue;
      lines.push_back(row["record"].is_string() ? row["record"].get<std::string>()
                                                : row["record"].dump());
    }
  }
  ASSERT_GT(lines.size(), 100U);
  std::sort(lines.begin(), lines.end());
  // Look-alikes: the same first keys, and then what makes it another dialect's or nobody's.
  for (const char* line :
       {R"({"created_at":"x","id":1,"id_str":"1","text":"a","user":{"id":2}})",
        R"({"created_at":"x","id":"1","id_str":"1","text":"a","user":{"id":2}})",
        R"({"created_at":"x","id":1,"idstr":"1","text":"a","user":{"id":2}})",
        R"({"created_at":"x","id":1,"\u0069d_str":"1","text":"a","user":{"id":2}})",
        R"({"did":"did:plc:a","time_us":1733130000000000,"kind":"commit"})",
        R"({"did":"did:plc:a","time_us":1733130000000000,"kind":"commix"})",
        R"({"did":"did:plc:a","time_us":1733130000000000,"kind":"comm\u0069t"})",
        R"({"did":1,"time_us":1733130000000000,"kind":"commit"})",
        R"({"did":"did:plc:a","time_us":null,"kind":"commit"})",
        R"({"did":"did:plc:a","time_us":nul,"kind":"commit"})",
        R"({"did":"did:plc:a","time_us":1733130000000000 "kind":"commit"})"}) {
    lines.emplace_back(line);
  }
  // Keys where another stood before: cut, longer, with blanks, escaped, doubled, too long; no keys.
  const std::string status =
      R"({"created_at":"Mon Dec 02 09:00:00 +0000 2024","id":1,"id_str":"1",)";
  for (const char* rest :
       {R"("text":"a"})", R"("tex":"a"})", R"("texts":"a"})", R"("text" :"a"})", R"("text": "a"})",
        R"("text""a"})", R"(text":"a"})", R"("t\u0065xt":"a"})", R"("t\uD800":"a"})",
        R"("text":"a","text":"b"})", R"("a_key_of_just_thirty_bytes____":"a","text":"b"})",
        R"("a_key_of_just_thirty_one_bytes_":"a","text":"b"})",
        R"("a_key_of_just_thirty_one_bytes_\uD800":"a","text":"b"})",
        R"("a_key_of_just_thirty_one_bytes_a\uD800":"a","text":"b"})",
        R"("a_key_of_just_thirty_one_bytes_and_more":"a","text":"b"})",
        R"("a_key_of_just_thirty_one_bytes_and_more" 1,"text":"b"})"}) {
    lines.push_back(status + rest);
  }
  // Faults in a record that are none of syntax are kept, and what follows is stepped over.
  const std::string event =
      R"({"did":"did:plc:a","time_us":1733130000000000,"kind":"commit","commit":{"operation":)"
      R"("create","collection":"app.bsky.feed.post","rkey":"a","record":)";
  for (const char* record :
       {R"({"text":"a","langs":["en"]})", R"({"text":"a","langs":["en"],"embed":1})",
        R"({"text":"a","text":"b":1,"langs":[]})", R"({"facets":[{"features":"id":[]}]})",
        R"({"reply":{"parent":"text":1,{"uri":"b"}},"text":"c"})"}) {
    lines.push_back(event + record + "}}");
  }
  std::vector<std::string> alone;
  for (const std::string& line : lines) {
    records.emplace_back(line, ingest::Framing::kNdjson);
    PostReader fresh;
    alone.push_back(said(&fresh, records.back()));
  }
  PostReader reader;
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same order each time
  std::vector<std::size_t> order(records.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (int round = 0; round < 20; ++round) {
    for (const std::size_t i : order) ASSERT_EQ(said(&reader, records[i]), alone[i]) << lines[i];
    std::shuffle(order.begin(), order.end(), random);
  }
}

}  // namespace
}  // namespace hashcart::post
