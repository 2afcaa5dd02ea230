// Rows of fixtures/posts/*.ndjson: a record, and all that the reader says about it.
//
// A row is {"name","record","expect"}: `record` is a JSON value, or a string that holds the
// record's bytes; with "sse": true it is a server-sent event; "forced" names a dialect.
// UPDATE_GOLDEN=1 writes `expect` anew: read the diff.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "post/post_testing.h"

namespace hashcart::post {
namespace {

using Json = nlohmann::ordered_json;

Dialect dialect_by_name(const std::string& wanted) {
  const auto found = std::find(kDialectNames.begin(), kDialectNames.end(), wanted);
  return static_cast<Dialect>(found - kDialectNames.begin());
}

Json read_row(const Json& row) {
  ReaderOptions options;
  if (row.contains("forced")) options.forced = dialect_by_name(row["forced"]);
  PostReader reader(options);
  const bool sse = row.value("sse", false);
  const std::string bytes =
      row["record"].is_string() ? row["record"].get<std::string>() : row["record"].dump();
  const testing::PaddedRecord record(bytes, sse ? ingest::Framing::kSse : ingest::Framing::kNdjson);
  ParsedRecord parsed;
  reader.read(record.view(), &parsed);
  const Json first = testing::describe(parsed);
  // What is read says nothing about what was read before it.
  reader.read(record.view(), &parsed);
  EXPECT_EQ(first, testing::describe(parsed));
  if (parsed.kind != RecordKind::kRejected) {
    EXPECT_EQ(reader.validate(record.view()), RejectReason::kNone);
    EXPECT_EQ(first, testing::describe(parsed));  // validating leaves what was read alone
  }
  return first;
}

void run_table(const std::string& file) {
  const std::filesystem::path path =
      std::filesystem::path(HASHCART_SOURCE_DIR) / "fixtures" / "posts" / (file + ".ndjson");
  const bool update = std::getenv("UPDATE_GOLDEN") != nullptr;
  std::string updated;
  std::size_t rows = 0;
  for (const testing::TestRecord& line : testing::cut_file(path)) {
    Json row = Json::parse(line.bytes);
    SCOPED_TRACE(row["name"].get<std::string>());
    const Json got = read_row(row);
    ++rows;
    if (update) {
      row["expect"] = got;
      updated += row.dump() + "\n";
    } else {
      EXPECT_EQ(got, row["expect"]) << got.dump(1);
    }
  }
  EXPECT_GE(rows, 10U);
  if (update) std::ofstream(path, std::ios::binary) << updated;
}

TEST(PostGolden, Simple) { run_table("simple"); }
TEST(PostGolden, XV1) { run_table("x_v1"); }
TEST(PostGolden, XV2) { run_table("x_v2"); }
TEST(PostGolden, Bluesky) { run_table("bluesky"); }
TEST(PostGolden, Mastodon) { run_table("mastodon"); }
TEST(PostGolden, Gnip) { run_table("gnip"); }
TEST(PostGolden, Weibo) { run_table("weibo"); }
TEST(PostGolden, Reddit) { run_table("reddit"); }
TEST(PostGolden, Tiktok) { run_table("tiktok"); }
TEST(PostGolden, Instagram) { run_table("instagram"); }
TEST(PostGolden, Facebook) { run_table("facebook"); }
TEST(PostGolden, Threads) { run_table("threads"); }
TEST(PostGolden, Pinterest) { run_table("pinterest"); }
TEST(PostGolden, OtherDialectsAreNotTakenForOurs) { run_table("others"); }

}  // namespace
}  // namespace hashcart::post
