#include "state/checkpoint.h"

#include <gtest/gtest.h>

#include <string>

#include "base/setup_error.h"
#include "state/state_testing.h"

namespace hashcart::state {
namespace {

Checkpoint example(std::uint64_t generation) {
  Checkpoint out;
  out.generation = generation;
  out.is_clean = generation % 2 == 0;
  out.catalogue = std::string(64, 'c');
  out.catalogue_name = "shop 1";
  out.users = "raw";
  out.log = {.segment = 3, .offset = 1234};
  out.input_names = {"a.ndjson", "-"};
  InputFile file;
  file.device = 7;
  file.inode = 8;
  file.size = 900;
  file.fingerprint = 0xFEDC'BA98'7654'3210;
  file.fingerprint_bytes = 900;
  file.is_packed = true;
  file.framing = ingest::Framing::kSse;
  file.position = 1 + generation;
  file.unended_bytes = 3;
  file.is_done = true;
  out.files = {file, InputFile{}};
  out.outputs = {{.kind = OutputKind::kRejects,
                  .name = "rejects.ndjson",
                  .device = 7,
                  .inode = 9,
                  .length = 55,
                  .tail_hash = 66}};
  out.counts = {1, 0, ~0ULL};
  out.records_bytes = 77;
  return out;
}

TEST(Checkpoint, ReadsAsItWasWritten) {
  const std::string bytes = encode(example(6));
  const auto back = decode(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->generation, 6U);
  EXPECT_TRUE(back->is_clean);
  EXPECT_EQ(back->log, (LogPosition{3, 1234}));
  EXPECT_EQ(back->files.at(0).position, 7U);
  EXPECT_EQ(back->files.at(0).framing, ingest::Framing::kSse);
  EXPECT_EQ(back->outputs.at(0).kind, OutputKind::kRejects);
  EXPECT_EQ(back->counts, example(6).counts);
  EXPECT_EQ(encode(*back), bytes);  // so nothing was left out
}

TEST(Checkpoint, NoFlippedBitAndNoCutPasses) {
  const std::string bytes = encode(example(1));
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string bad = bytes;
      bad[at] = static_cast<char>(static_cast<unsigned char>(bad[at]) ^ (1U << bit));
      EXPECT_FALSE(decode(bad)) << at << " " << bit;
    }
    EXPECT_FALSE(decode(std::string_view(bytes).substr(0, at))) << at;
  }
  EXPECT_FALSE(decode(bytes + '\0'));
  EXPECT_FALSE(decode(std::string(bytes.size(), '\0')));
}

TEST(CheckpointSlots, TheNewerOneCounts) {
  const TemporaryDir dir;
  CheckpointSlots slots(dir.fd(), dir.path());
  EXPECT_FALSE(slots.load().checkpoint);
  for (std::uint64_t generation = 1; generation <= 5; ++generation) {
    ASSERT_TRUE(slots.save(example(generation))) << slots.message();
    const auto loaded = slots.load();
    ASSERT_TRUE(loaded.checkpoint);
    EXPECT_EQ(loaded.checkpoint->generation, generation);
    EXPECT_TRUE(loaded.warning.empty());
  }
  EXPECT_FALSE(dir.has("checkpoint.tmp"));
}

TEST(CheckpointSlots, ADamagedOneFallsBackByOneAndSaysSo) {
  const TemporaryDir dir;
  CheckpointSlots slots(dir.fd(), dir.path());
  ASSERT_TRUE(slots.save(example(1)));
  ASSERT_TRUE(slots.save(example(2)));
  const std::string newest = dir.read("checkpoint.0");
  for (std::size_t at = 0; at < newest.size(); ++at) {
    std::string bad = newest;
    bad[at] = static_cast<char>(~bad[at]);
    for (const std::string& bytes : {bad, newest.substr(0, at)}) {
      dir.write("checkpoint.0", bytes);
      const auto loaded = slots.load();
      ASSERT_TRUE(loaded.checkpoint);
      EXPECT_EQ(loaded.checkpoint->generation, 1U);
      EXPECT_FALSE(loaded.warning.empty());
    }
  }
  dir.write("checkpoint.0", std::string(newest.size(), '\0'));
  EXPECT_EQ(slots.load().checkpoint->generation, 1U);
  // One slot's bytes in the other's place are not that slot.
  dir.write("checkpoint.0", dir.read("checkpoint.1"));
  EXPECT_FALSE(slots.load().warning.empty());
}

TEST(CheckpointSlots, NoneThatIsValidIsFatalAndNeverAFirstRun) {
  const TemporaryDir dir;
  CheckpointSlots slots(dir.fd(), dir.path());
  dir.write("checkpoint.1", "");
  EXPECT_THROW(static_cast<void>(slots.load()), base::SetupError);
  dir.write("checkpoint.0", std::string(500, '\0'));
  EXPECT_THROW(static_cast<void>(slots.load()), base::SetupError);
}

TEST(CheckpointSlots, AnUnfinishedOneIsNoSlot) {
  const TemporaryDir dir;
  CheckpointSlots slots(dir.fd(), dir.path());
  dir.write("checkpoint.tmp", encode(example(9)));
  EXPECT_FALSE(slots.load().checkpoint);
  ASSERT_TRUE(slots.save(example(1)));
  EXPECT_EQ(slots.load().checkpoint->generation, 1U);
}

}  // namespace
}  // namespace hashcart::state
