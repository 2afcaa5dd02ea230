// Reading allocates nothing once the buffers have seen the longest record.
#include <gtest/gtest.h>

#include "post/counting_new.h"
#include "post/post_testing.h"

#ifndef HASHCART_SANITIZED

namespace hashcart::post {
namespace {

TEST(PostReader, AllocatesNothingInSteadyState) {
  std::vector<testing::PaddedRecord> records;
  for (const char* file :
       {"simple", "x_v1", "x_v2", "bluesky", "mastodon", "gnip", "weibo", "reddit", "threads",
        "instagram", "facebook", "tiktok", "pinterest", "others"}) {
    const std::filesystem::path path = std::filesystem::path(HASHCART_SOURCE_DIR) / "fixtures" /
                                       "posts" / (std::string(file) + ".ndjson");
    for (const testing::TestRecord& line : testing::cut_file(path)) {
      const auto row = nlohmann::ordered_json::parse(line.bytes);
      records.emplace_back(
          row["record"].is_string() ? row["record"].get<std::string>() : row["record"].dump(),
          row.value("sse", false) ? ingest::Framing::kSse : ingest::Framing::kNdjson);
    }
  }
  ASSERT_FALSE(records.empty());
  PostReader reader;
  ParsedRecord parsed;
  const auto read_all = [&] {
    for (const testing::PaddedRecord& record : records) {
      reader.read(record.view(), &parsed);
      static_cast<void>(reader.validate(record.view()));
    }
  };
  // Posts that are taken back change places, and take the room of their lists with them: it takes
  // some rounds until every place has had its longest list.
  for (int round = 0; round < 10; ++round) read_all();
  const std::size_t before = testing::allocation_count();
  read_all();
  EXPECT_EQ(testing::allocation_count() - before, 0U);
}

}  // namespace
}  // namespace hashcart::post

#endif
