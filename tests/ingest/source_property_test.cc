// The sequence of records is a function of the bytes: not of read sizes, chunk sizes or where the
// bytes come from.
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
                                         .read_bytes = read_bytes},
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
