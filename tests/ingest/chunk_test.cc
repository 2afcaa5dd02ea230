#include "ingest/chunk.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hashcart::ingest {
namespace {

bool append(Chunk* chunk, std::string_view bytes) {
  return chunk->append(bytes, 0, bytes.size() + 1, RecordFault::kNone);
}

// Uses the chunk up. Views of records stay alive as long as it is not filled again.
std::vector<RecordView> records(Chunk* chunk) {
  std::vector<RecordView> out;
  RecordCursor cursor(chunk);
  for (RecordView record; cursor.next(&record);) out.push_back(record);
  return out;
}

TEST(Chunk, KeepsReadablePaddingBehindTheLastByteOfItsCapacity) {
  Chunk chunk(100);
  chunk.reset(0, Framing::kNdjson);
  ASSERT_TRUE(append(&chunk, std::string(100, 'x')));
  const std::string_view bytes = records(&chunk).at(0).bytes;
  EXPECT_EQ(std::string(bytes.data() + bytes.size(), kPadding), std::string(kPadding, '\0'));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(bytes.data()) % kPageBytes, 0U);
}

TEST(Chunk, RefusesWhatDoesNotFitBesideWhatIsThere) {
  Chunk chunk(100);
  chunk.reset(0, Framing::kNdjson);
  ASSERT_TRUE(append(&chunk, std::string(60, 'x')));
  EXPECT_FALSE(append(&chunk, std::string(41, 'y')));
  EXPECT_EQ(chunk.input_bytes(), 61U);
  EXPECT_TRUE(append(&chunk, std::string(40, 'y')));
  EXPECT_EQ(records(&chunk).size(), 2U);
}

TEST(Chunk, GrowsForOneLongRecordAndGoesBackToItsSize) {
  Chunk chunk(100);
  chunk.reset(0, Framing::kNdjson);
  const std::string text(100'000, 'x');
  ASSERT_TRUE(append(&chunk, text));
  EXPECT_FALSE(append(&chunk, "y"));
  EXPECT_EQ(records(&chunk).at(0).bytes, text);
  chunk.reset(0, Framing::kNdjson);
  EXPECT_FALSE(chunk.fits(101, 1));
  ASSERT_TRUE(append(&chunk, "y"));
  EXPECT_FALSE(append(&chunk, std::string(100, 'z')));
}

TEST(Chunk, HoldsABoundedNumberOfEmptyRecords) {
  Chunk chunk(1600);
  chunk.reset(0, Framing::kNdjson);
  std::size_t count = 0;
  while (append(&chunk, "") && count < 10'000) ++count;
  EXPECT_EQ(count, 100U);
}

TEST(Chunk, TakesABlockOfRecordsAtOnce) {
  Chunk chunk(100);
  chunk.reset(3, Framing::kNdjson);
  ASSERT_TRUE(append(&chunk, "first"));
  const std::string_view block = "{}\r\n\n[1]\n";
  const std::vector<RecordSpan> spans = {{.begin = 0, .size = 2, .offset = 6, .length = 4},
                                         {.begin = 4, .size = 0, .offset = 10, .length = 1},
                                         {.begin = 5, .size = 3, .offset = 11, .length = 4}};
  ASSERT_TRUE(chunk.fits(block.size(), spans.size()));
  chunk.append_block(block, spans);
  const std::vector<RecordView> all = records(&chunk);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].bytes, "first");
  EXPECT_EQ(all[1].bytes, "{}");
  EXPECT_EQ(all[2].bytes, "");
  EXPECT_EQ(all[3].bytes, "[1]");
  EXPECT_EQ(all[3].offset, 11U);
  EXPECT_EQ(all[3].input, 3U);
  EXPECT_EQ(chunk.input_bytes(), 6U + block.size());
}

TEST(Chunk, KnowsClockLinesByTheOffsetsTheyCover) {
  struct Row {
    std::uint64_t offset, length;
    bool expected;
  };
  constexpr std::uint64_t kMiB = kClockLineEvery;
  for (const Row& row : {Row{0, 1, true}, Row{1, 100, false}, Row{1, kMiB - 1, false},
                         Row{1, kMiB, true}, Row{kMiB - 1, 1, false}, Row{kMiB - 1, 2, true},
                         Row{kMiB, 1, true}, Row{kMiB + 1, 5 * kMiB, true}, Row{0, 0, false},
                         Row{7 * kMiB, 9, true}, Row{7 * kMiB + 1, kMiB - 2, false}}) {
    Chunk chunk(16);
    chunk.reset(0, Framing::kNdjson);
    ASSERT_TRUE(chunk.append("x", row.offset, row.length, RecordFault::kNone));
    EXPECT_EQ(records(&chunk).at(0).is_clock_line, row.expected) << row.offset << '+' << row.length;
  }
}

}  // namespace
}  // namespace hashcart::ingest
