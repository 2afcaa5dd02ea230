// The sequence of records is a function of the bytes: not of read sizes, chunk sizes or where the
// bytes come from.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "ingest/compress_testing.h"
#include "ingest/ingest_testing.h"
#include "ingest/source.h"

namespace hashcart::ingest {
namespace {

using testing::Everything;
using testing::read_all;

constexpr unsigned kSeed = 20'260'601;

// Text that is dense in what matters to a framer.
std::string random_text(std::mt19937* random) {
  static const std::vector<std::string> kWords = {"\n",
                                                  "\n",
                                                  "\r\n",
                                                  "\r",
                                                  " ",
                                                  "{",
                                                  "}",
                                                  "[",
                                                  "]",
                                                  "\"",
                                                  "\\",
                                                  ",",
                                                  ":",
                                                  "data: ",
                                                  "event: x\n",
                                                  "\n\n",
                                                  "id:",
                                                  "a",
                                                  "{\"a\":1}\n",
                                                  "{}\n",
                                                  "[1]\n",
                                                  "\t",
                                                  "{\n\"a\":\"}\"\n}\n",
                                                  "\xEF\xBB\xBF",
                                                  ":\n\n",
                                                  "xxxxxxxxxxxxxxxxx"};
  std::string out;
  const std::size_t count = (*random)() % 40;
  for (std::size_t i = 0; i < count; ++i) out += kWords[(*random)() % kWords.size()];
  return out;
}

TEST(SourceProperty, RecordsDependOnTheBytesAlone) {
  std::mt19937 random(kSeed);
  for (int round = 0; round < 400; ++round) {
    const std::string text = random_text(&random);
    const std::uint64_t record_bytes_max = round % 3 == 0 ? 1 + random() % 20 : 8U << 20U;
    for (const Framing framing :
         {Framing::kAuto, Framing::kNdjson, Framing::kSse, Framing::kJson}) {
      const auto expected = testing::naive_split(text, framing, record_bytes_max);
      Everything first;
      for (const std::size_t read_bytes : {1U, 2U, 7U, 65536U}) {
        const std::size_t capacity = std::vector<std::size_t>{1, 20, 48, 100, 4096}[random() % 5];
        const Everything all = read_all(text,
                                        {.inputs = {},
                                         .framing = framing,
                                         .record_bytes_max = record_bytes_max,
                                         .read_bytes = read_bytes,
                                         .range_bytes = 1 + random() % 30},
                                        capacity);
        ASSERT_EQ(all.records, expected) << "seed " << kSeed << " round " << round << " read "
                                         << read_bytes << " chunk " << capacity << '\n'
                                         << text;
        ASSERT_EQ(all.bytes, text.size());
        if (read_bytes == 1) first = all;
        ASSERT_TRUE(all == first) << text;  // the faults too
      }
    }
  }
}

TEST(SourceProperty, CompressedDataGivesTheSameRecords) {
  std::mt19937 random(kSeed);
  for (int round = 0; round < 100; ++round) {
    const std::string text = random_text(&random) + random_text(&random);
    const std::size_t cut = random() % (text.size() + 1);
    const auto expected = testing::naive_split(text, Framing::kAuto, 1000);
    for (const bool is_zstd : {false, true}) {
      const auto pack = [&](std::string_view bytes) {
        return is_zstd ? testing::zstd(bytes) : testing::gzip(bytes);
      };
      const std::string packed = pack(text.substr(0, cut)) + pack(text.substr(cut));
      const Everything all = read_all(
          packed, {.inputs = {}, .record_bytes_max = 1000, .read_bytes = 1 + random() % 50},
          1 + random() % 100);
      ASSERT_EQ(all.records, expected) << "seed " << kSeed << " round " << round << '\n' << text;
    }
  }
}

TEST(SourceProperty, PipesGiveTheSameRecords) {
  std::mt19937 random(kSeed);
  for (int round = 0; round < 60; ++round) {
    const std::string text = random_text(&random) + random_text(&random);
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    std::thread writer([&, seed = random()] {
      std::mt19937 own(seed);
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t count = std::min<std::size_t>(1 + own() % 9, text.size() - at);
        testing::require(write(ends[1], text.data() + at, count) == static_cast<ssize_t>(count),
                         "write to a pipe");
        at += count;
        if (own() % 4 == 0) std::this_thread::yield();
      }
      close(ends[1]);
    });
    Source source({.inputs = {"/proc/self/fd/" + std::to_string(ends[0])}});
    const Everything all = read_all(&source, 64);
    writer.join();
    close(ends[0]);
    ASSERT_EQ(all.records, testing::naive_split(text, Framing::kAuto, 8U << 20U)) << text;
  }
}

// Lines whose lengths lie around the edges of buffers, ranges and pages.
std::string random_lines(std::mt19937* random) {
  const std::size_t edges[] = {0, 1, 2, 63, 64, 512, 4096, 8192, 16'384, 65'536, 70'000};
  std::string out;
  if ((*random)() % 4 == 0) out += "\xEF\xBB\xBF";
  const std::size_t count = (*random)() % 30;
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t size = edges[(*random)() % std::size(edges)] + (*random)() % 5;
    if ((*random)() % 2 == 0) size = (*random)() % 200;
    if ((*random)() % 3 == 0) {
      // To just before, on or behind a page's edge, where ranges meet.
      const std::size_t edge = (out.size() + 4095) / 4096 * 4096 + (*random)() % 4;
      size = edge > out.size() + 2 ? edge - out.size() - 2 : 0;
    }
    std::string line(size, 'x');
    for (int k = 0; k < 3 && size > 0; ++k)
      line[(*random)() % size] = "\0\r \t\xEF\""[(*random)() % 6];
    out += line;
    if ((*random)() % 4 == 0) out += '\r';
    if (i + 1 < count || (*random)() % 2 == 0) out += '\n';
  }
  return out;
}

// Files by ranges, in order and by several threads; pipes; gzip and zstd.
TEST(SourceProperty, EveryWayToReadGivesTheSameLines) {
  std::mt19937 random(kSeed);
  for (int round = 0; round < 80; ++round) {
    const std::string text = random_lines(&random);
    SourceOptions options;
    options.framing = Framing::kNdjson;
    if (round % 3 == 0) options.record_bytes_max = 1 + random() % 80'000;
    const std::uint64_t limit = options.record_bytes_max;
    const auto expected = testing::naive_split(text, Framing::kNdjson, limit);
    for (int way = 0; way < 6; ++way) {
      const std::size_t read_sizes[] = {50 + random() % 100, 4096, 8192, 65'536, 256U << 10U};
      // Small reads take too long for all.
      options.read_bytes = read_sizes[way == 0 ? 0 : 1 + random() % 4];
      options.range_bytes = 4096 * (random() % 3) + (random() % 2 == 0 ? 0 : random() % 60'000);
      const std::size_t capacity = std::vector<std::size_t>{1, 4096, 9000, 65'536}[random() % 4];
      SCOPED_TRACE(testing::to_text("seed", kSeed, "round", round, "way", way, "read",
                                    options.read_bytes, "range", options.range_bytes, "chunk",
                                    capacity, "limit", limit));
      Everything all;
      if (way < 2) {
        all = read_all(text, options, capacity);
      } else if (way < 4) {
        const testing::MemoryFile file(text);
        options.inputs = {file.path()};
        Source source(options);
        all = testing::read_all_threaded(&source, capacity, 1 + random() % 4, limit);
      } else {
        all = read_all(way == 4 ? testing::gzip(text) : testing::zstd(text), options, capacity);
      }
      ASSERT_EQ(all.records, expected);
      ASSERT_EQ(all.bytes, text.size());
      ASSERT_TRUE(all.faults.empty());
    }
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    std::thread writer([&, seed = random()] {
      std::mt19937 own(seed);
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t count = std::min<std::size_t>(1 + own() % 30'000, text.size() - at);
        const ssize_t written = write(ends[1], text.data() + at, count);
        testing::require(written > 0, "write to a pipe");
        at += static_cast<std::size_t>(written);
      }
      close(ends[1]);
    });
    options.inputs = {"/proc/self/fd/" + std::to_string(ends[0])};
    Source source(options);
    const Everything all = read_all(&source, 4096, limit);
    writer.join();
    close(ends[0]);
    ASSERT_EQ(all.records, expected) << "seed " << kSeed << " round " << round;
  }
}

// What breaks off in the middle is cut short in the same place however it is read.
TEST(SourceProperty, BrokenStreamsGiveTheSameLines) {
  std::mt19937 random(kSeed);
  for (int round = 0; round < 100; ++round) {
    const std::string text = random_lines(&random);
    std::string packed = testing::gzip(text);
    packed.resize(packed.size() - 1 - random() % 8);  // its checksum: all of the text is there
    SourceOptions options;
    if (round % 3 == 0) options.record_bytes_max = 1 + random() % 80'000;
    options.framing = Framing::kNdjson;
    const auto expected =
        testing::naive_split(text, Framing::kNdjson, options.record_bytes_max, true);
    for (const std::size_t read_bytes : {100U, 4096U, 256U << 10U}) {
      options.read_bytes = read_bytes;
      const Everything all = read_all(packed, options, 1 + random() % 9000);
      ASSERT_EQ(all.records, expected) << "seed " << kSeed << " round " << round;
      ASSERT_EQ(all.bytes, text.size());
      ASSERT_EQ(all.faults.size(), 1U);
    }
  }
}

// Real posts, where the shared data is at hand.
TEST(SourceProperty, RealFeedsGiveTheSameRecords) {
  const char* const variable = std::getenv("HASHCART_SHARED");
  const std::filesystem::path shared =
      variable != nullptr ? variable : HASHCART_SOURCE_DIR "/../shared";
  if (!std::filesystem::is_directory(shared / "data" / "posts")) {
    GTEST_SKIP() << "no data/posts in " << shared;
  }
  std::size_t files = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(shared / "data" / "posts")) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const Everything all = read_all(text);
    if (all.bytes != text.size()) continue;  // compressed
    ++files;
    EXPECT_EQ(all.records, testing::naive_split(text, Framing::kAuto, 8U << 20U)) << entry.path();
    for (const testing::Record& record : all.records) {
      EXPECT_EQ(record.fault, RecordFault::kNone) << entry.path();
    }
    const Everything again = read_all(text, {.inputs = {}, .read_bytes = 1021}, 777);
    EXPECT_TRUE(again == all) << entry.path();
    EXPECT_EQ(read_all(testing::zstd(text), {}, 5000).records, all.records) << entry.path();
  }
  EXPECT_GT(files, 0U);
}

}  // namespace
}  // namespace hashcart::ingest
