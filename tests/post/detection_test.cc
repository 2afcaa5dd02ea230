// A reader remembers how records began (KnownStart); what it says of a record must not depend on
// what it read before.
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
