// Compressed files, which many threads decompress, against the same bytes through a pipe, which one
// decompressor reads from the start.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "ingest/compress_testing.h"
#include "ingest/ingest_testing.h"
#include "ingest/packed_file.h"
#include "ingest/source.h"

namespace hashcart::ingest {
namespace {

using testing::bgzf;
using testing::Everything;
using testing::gzip;
using testing::MemoryFile;
using testing::read_all;
using testing::read_pipe;
using testing::skippable_frame;
using testing::zstd;

constexpr unsigned kSeed = 20'261'125;

std::string lines(std::mt19937* random, std::size_t size) {
  std::string out;
  while (out.size() < size) {
    out += "{\"id\":" + std::to_string((*random)() % 100'000) + "}\n";
    if ((*random)() % 20 == 0) out += std::string((*random)() % 3000, 'x') + '\n';
  }
  out.resize(size);  // the last line has no end as a rule
  return out;
}

std::vector<PackedFile::Segment> segments(const std::string& packed, bool is_zstd,
                                          std::size_t segment_bytes) {
  const MemoryFile memory(packed);
  PackedFile file(FileDescriptor(open(memory.path().c_str(), O_RDONLY | O_CLOEXEC), true), 0,
                  is_zstd, segment_bytes);
  std::vector<PackedFile::Segment> out;
  while (const auto segment = file.next()) out.push_back(*segment);
  return out;
}

TEST(PackedFile, FindsMembersThatSayTheirSize) {
  const std::string one = bgzf("1\n");
  const std::string two = bgzf(std::string(5000, 'x'));
  const auto found = segments(one + two + one, false, 1);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].begin, 0U);
  EXPECT_EQ(found[0].end, one.size());
  EXPECT_TRUE(found[0].is_first);
  EXPECT_EQ(found[1].begin, one.size());
  EXPECT_EQ(found[1].end, one.size() + two.size());
  EXPECT_FALSE(found[1].is_first);
  EXPECT_EQ(found[2].end, 2 * one.size() + two.size());
  EXPECT_EQ(segments(one + two + one, false, one.size() + 1).size(), 2U);
  EXPECT_EQ(segments(one + two + one, false, 1000).size(), 1U);
}

TEST(PackedFile, LeavesTheRestTogetherWhereAMemberDoesNot) {
  const std::string one = bgzf("1\n");
  for (const std::string& rest : {gzip("2\n") + one, std::string(600, '\0'), std::string("x")}) {
    const auto found = segments(one + rest, false, 1);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[1].begin, one.size());
    EXPECT_EQ(found[1].end, PackedFile::kToTheEnd);
  }
}

TEST(PackedFile, FindsFrames) {
  std::mt19937 random(kSeed);
  std::string bytes;
  while (bytes.size() < 700'000) bytes.push_back(static_cast<char>(random()));
  std::vector<std::string> frames = {zstd("1\n"), zstd(""),        zstd(std::string(300'000, 'x')),
                                     zstd(bytes), zstd(bytes, 20), skippable_frame("hello"),
                                     zstd("2"),   zstd("3\n", 12)};
  std::string packed;
  for (const std::string& frame : frames) packed += frame;
  const auto found = segments(packed, true, 1);
  ASSERT_EQ(found.size(), frames.size());
  std::uint64_t at = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    EXPECT_EQ(found[i].begin, at) << i;
    at += frames[i].size();
    EXPECT_EQ(found[i].end, at) << i;
    EXPECT_FALSE(found[i].is_large) << i;
  }
}

TEST(PackedFile, KeepsFramesOfLargeWindowsToThemselves) {
  const std::string packed = zstd("1\n") + zstd("2\n", 24) + zstd("3\n");
  const auto found = segments(packed, true, 1U << 20U);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_FALSE(found[0].is_large);
  EXPECT_TRUE(found[1].is_large);
  EXPECT_FALSE(found[2].is_large);
}

// One member or frame after another, some of them damaged, cut, or with a size that lies.
std::string random_packed(std::mt19937* random, bool is_zstd, std::string_view text,
                          bool is_sound) {
  std::string out;
  const auto pick = [&](unsigned n) { return (*random)() % n; };
  for (std::size_t at = 0; at < text.size() || out.empty();) {
    const std::string_view part = text.substr(at, pick(4) == 0 ? pick(40'000) : pick(2000));
    at += part.size();
    const std::size_t begin = out.size();
    if (is_zstd) {
      if (pick(8) == 0) out += skippable_frame(part.substr(0, pick(100)));
      out += pick(5) == 0 ? zstd(part, 12 + static_cast<int>(pick(10))) : zstd(part);
    } else {
      const int lie = !is_sound && pick(12) == 0 ? static_cast<int>(pick(60)) - 30 : 0;
      out += pick(8) == 0 ? gzip(part) : bgzf(part, lie);
    }
    if (is_sound) continue;
    if (pick(20) == 0) out[begin + pick(static_cast<unsigned>(out.size() - begin))] ^= 0x41;
    if (pick(40) == 0) out += pick(2) == 0 ? std::string(pick(2000), '\0') : std::string("garbage");
  }
  if (!is_sound && pick(3) == 0) out.resize(2 + pick(static_cast<unsigned>(out.size() - 1)));
  return out;
}

TEST(Unpack, GivesWhatOneDecompressorGives) {
  std::mt19937 random(kSeed);
  for (int round = 0; round < 120; ++round) {
    const bool is_sound = round % 3 == 0;
    const std::string text = lines(&random, random() % 200'000);
    const std::string packed = random_packed(&random, round % 2 == 0, text, is_sound);
    const Everything expected = read_pipe(packed);
    if (is_sound) {
      ASSERT_TRUE(expected.faults.empty());
      ASSERT_EQ(expected.bytes, text.size());
    }
    for (const unsigned threads : {1U, 2U, 3U, 7U}) {
      const std::size_t sizes[] = {333 + random() % 1000, 4096, 100'000, 256U << 10U};
      const std::size_t read_bytes = sizes[random() % 4];
      const Everything all = read_all(
          packed, {.inputs = {}, .read_bytes = read_bytes, .unpack_threads = threads}, 30'000);
      ASSERT_EQ(all.bytes, expected.bytes) << "seed " << kSeed << " round " << round << " threads "
                                           << threads << " read " << read_bytes;
      ASSERT_EQ(all.records, expected.records);
      ASSERT_EQ(all.faults.size(), expected.faults.size());
      if (!all.faults.empty()) {
        ASSERT_EQ(all.faults[0].message, expected.faults[0].message);
      }
    }
  }
}

// Everything else that may stand in a row with compressed files, broken ones among them.
TEST(Unpack, ReadsFilesInTheirOrder) {
  std::mt19937 random(kSeed);
  std::string folder = (std::filesystem::temp_directory_path() / "unpack_XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  for (int round = 0; round < 20; ++round) {
    SourceOptions options;
    std::vector<testing::Record> expected;
    std::vector<std::string> faults;
    const std::size_t count = 1 + random() % 12;
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::string path = folder + '/' + std::to_string(i);
      options.inputs.push_back(path);
      std::filesystem::remove(path);
      const auto kind = random() % 6;
      if (kind == 0) {
        faults.push_back(path + ": cannot open: No such file or directory");
        continue;
      }
      const std::string text = lines(&random, random() % 30'000);
      const std::string bytes =
          kind == 1 ? text : random_packed(&random, random() % 2 == 0, text, kind > 2);
      std::ofstream(path, std::ios::binary) << bytes;
      Everything one = read_pipe(bytes);
      for (testing::Record& record : one.records) {
        record.input = i;
        expected.push_back(record);
      }
      for (const InputFault& fault : one.faults) {
        faults.push_back(path + fault.message.substr(std::string("input").size()));
      }
    }
    for (const unsigned threads : {1U, 2U, 5U}) {
      options.unpack_threads = threads;
      options.read_bytes = random() % 2 == 0 ? 256U << 10U : 2000;
      Source source(options);
      const Everything all = read_all(&source, 10'000);
      ASSERT_EQ(all.records, expected) << "seed " << kSeed << " round " << round;
      ASSERT_EQ(all.faults.size(), faults.size());
      for (std::size_t i = 0; i < faults.size(); ++i) ASSERT_EQ(all.faults[i].message, faults[i]);
    }
  }
  std::filesystem::remove_all(folder);
}

// More segments than there is room for, and a reader that stops in the middle of them.
TEST(Unpack, StopsInTheMiddle) {
  std::mt19937 random(kSeed);
  const std::string text = lines(&random, 60'000);
  std::string packed;
  for (int i = 0; i < 300; ++i) packed += bgzf(text);
  const MemoryFile file(packed);
  for (const unsigned threads : {1U, 3U}) {
    for (const int chunks : {0, 1, 20}) {
      Source source({.inputs = {file.path(), file.path(), file.path()}, .unpack_threads = threads});
      Chunk chunk(64U << 10U);
      std::vector<testing::Record> records;
      std::uint64_t bytes = 0;
      for (int i = 0; i < chunks; ++i) {
        ASSERT_EQ(source.fill(&chunk), FillResult::kFilled);
        testing::add_records(&chunk, &records);
        bytes += chunk.input_bytes();
      }
      source.stop();
      EXPECT_EQ(source.fill(&chunk), FillResult::kEnd);
      testing::add_records(&chunk, &records);
      bytes += chunk.input_bytes();
      EXPECT_EQ(source.bytes_read(), bytes);
      EXPECT_TRUE(source.faults().empty());
    }
  }
}

// A source that is given up with threads under way.
TEST(Unpack, EndsWithFilesUnread) {
  std::mt19937 random(kSeed);
  std::string packed;
  for (int i = 0; i < 50; ++i) packed += zstd(lines(&random, 100'000));
  const MemoryFile file(packed);
  for (int round = 0; round < 20; ++round) {
    Source source({.inputs = {file.path(), file.path()}, .unpack_threads = 4});
    Chunk chunk(4096);
    ASSERT_EQ(source.fill(&chunk), FillResult::kFilled);
  }
}

TEST(Unpack, ReadsLargeWindowsOneAtATime) {
  std::mt19937 random(kSeed);
  const std::string text = lines(&random, 200'000);
  std::string packed;
  for (std::size_t at = 0; at < text.size(); at += 50'000) {
    packed += zstd(text.substr(at, 50'000), at == 0 ? 0 : 25);
  }
  const Everything all = read_all(packed, {.inputs = {}, .unpack_threads = 4});
  EXPECT_EQ(all.records, testing::naive_split(text, Framing::kAuto, 8U << 20U));
  EXPECT_TRUE(all.faults.empty());
}

}  // namespace
}  // namespace hashcart::ingest
