#include "state/output_file.h"

#include <gtest/gtest.h>

#include <string>

#include "base/setup_error.h"
#include "state/state_testing.h"

namespace hashcart::state {
namespace {

// The hash that a run remembers is the one the next run computes from the file.
TEST(OutputFile, TailHashesAgree) {
  const TemporaryDir dir;
  for (const std::size_t piece : {1U, 700U, 4095U, 4096U, 4097U, 9000U}) {
    const std::string path = dir.path("out" + std::to_string(piece));
    OutputFile out(path, true);
    EXPECT_TRUE(out.was_missing());
    out.start(0);
    for (unsigned i = 0; i < 14; ++i) {
      ASSERT_EQ(out.write(std::string(piece, static_cast<char>('a' + i))), emit::SinkStatus::kOk);
      std::uint64_t hash = 0;
      ASSERT_TRUE(out.hash_before(out.length(), &hash));
      EXPECT_EQ(hash, out.tail_hash());
    }
    ASSERT_TRUE(out.sync());
    OutputFile again(path, false);
    EXPECT_EQ(again.size_at_start(), 14 * piece);
    again.start(13 * piece);
    std::uint64_t hash = 0;
    ASSERT_TRUE(again.hash_before(13 * piece, &hash));
    EXPECT_EQ(hash, again.tail_hash());
    ASSERT_EQ(again.write("end"), emit::SinkStatus::kOk);
    EXPECT_EQ(dir.read("out" + std::to_string(piece)).substr(13 * piece), "end");
    EXPECT_EQ(again.finish(), emit::SinkStatus::kOk);
  }
}

TEST(OutputFile, WhatIsNotThereIsNotMadeUnlessItMay) {
  const TemporaryDir dir;
  const OutputFile out(dir.path("none"), false);
  EXPECT_TRUE(out.was_missing());
  EXPECT_FALSE(dir.has("none"));
}

TEST(OutputFile, OnlyRegularFiles) {
  EXPECT_THROW(OutputFile("/dev/null", true), base::SetupError);
  EXPECT_THROW(OutputFile("/", true), base::SetupError);
  EXPECT_THROW(OutputFile("/no/such/folder/out", true), base::SetupError);
}

}  // namespace
}  // namespace hashcart::state
