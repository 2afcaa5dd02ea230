#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "ingest/compress_testing.h"
#include "ingest/ingest_testing.h"
#include "ingest/source.h"

namespace hashcart::ingest {
namespace {

using testing::Everything;
using testing::gzip;
using testing::read_all;
using testing::skippable_frame;
using testing::texts;
using testing::zstd;
using Texts = std::vector<std::string>;

std::string lines(int count) {
  std::string out;
  for (int i = 0; i < count; ++i) {
    out += "{\"id\":" + std::to_string(i) + ",\"n\":" + std::to_string(i * 7919 % 1009) + "}\n";
  }
  return out;
}

// The same under every read size, the fault's message too.
Everything read_every_way(std::string_view bytes) {
  const Everything all = read_all(bytes);
  for (const std::size_t read_bytes : {1U, 2U, 7U, 100U, 4096U}) {
    const Everything again = read_all(bytes, {.inputs = {}, .read_bytes = read_bytes}, 50);
    EXPECT_EQ(again.records, all.records) << read_bytes;
    EXPECT_EQ(again.bytes, all.bytes) << read_bytes;
    EXPECT_TRUE(again == all) << read_bytes;
  }
  return all;
}

TEST(CompressedSource, ReadsAllGzipMembers) {
  const std::string text = lines(400);
  const Everything all = read_every_way(gzip(text.substr(0, 1001)) + gzip("") +
                                        gzip(text.substr(1001)) + std::string(777, '\0'));
  EXPECT_EQ(all.records, testing::naive_split(text, Framing::kAuto, 1000));
  EXPECT_TRUE(all.faults.empty());
}

TEST(CompressedSource, ReadsAllZstdFrames) {
  const std::string text = lines(400);
  const Everything all =
      read_every_way(skippable_frame("hello") + zstd(text.substr(0, 1001)) + zstd("") +
                     skippable_frame("") + zstd(text.substr(1001)) + skippable_frame("x"));
  EXPECT_EQ(all.records, testing::naive_split(text, Framing::kAuto, 1000));
  EXPECT_TRUE(all.faults.empty()) << all.faults[0].message;
}

// A frame that ends where the output buffer does is complete.
TEST(CompressedSource, EndsWithAFullBuffer) {
  for (std::size_t size = 1; size < 300; ++size) {
    const std::string text(size, 'x');
    for (const std::string& packed : {zstd(text), zstd(text, 12), gzip(text)}) {
      for (const std::size_t read_bytes : {1U, 4U, 64U}) {
        const Everything all = read_all(packed, {.inputs = {}, .read_bytes = read_bytes});
        ASSERT_TRUE(all.faults.empty()) << size << ' ' << read_bytes << all.faults[0].message;
        ASSERT_EQ(texts(all), Texts{text});
      }
    }
  }
}

// The library alone refuses more than 128 MiB. Larger windows take that much address space here.
TEST(CompressedSource, AcceptsLongWindows) {
  const std::string text = lines(3);
  const std::string packed = zstd(text, 28);
  // RFC 8878, 3.1.1.1.2: no single segment, so the window descriptor follows; its upper five bits
  // are the logarithm, less ten.
  ASSERT_EQ(static_cast<unsigned char>(packed[4]) & 0x20U, 0U);
  ASSERT_EQ(static_cast<unsigned char>(packed[5]) >> 3U, 18U);
  const Everything all = read_all(packed);
  EXPECT_TRUE(all.faults.empty()) << all.faults[0].message;
  EXPECT_EQ(all.records.size(), 3U);
}

TEST(CompressedSource, SkipsAByteOrderMarkInside) {
  EXPECT_EQ(texts(read_all(gzip("\xEF\xBB\xBF"
                                "1\n"))),
            Texts{"1"});
}

TEST(CompressedSource, SaysWhereItWasCutShort) {
  const std::string text = lines(100);
  for (const std::string& packed : {gzip(text), zstd(text), gzip("1\n") + gzip(text)}) {
    for (std::size_t size = 2; size < packed.size(); size += 1 + size / 16) {
      const Everything all = read_every_way(std::string_view(packed).substr(0, size));
      const bool is_first_member = size == gzip("1\n").size() && packed.starts_with(gzip("1\n"));
      if (is_first_member) continue;
      ASSERT_EQ(all.faults.size(), 1U) << size;
      EXPECT_EQ(all.faults[0].kind, InputFaultKind::kBrokeOff);
      EXPECT_NE(all.faults[0].message.find("input: ends inside a "), std::string::npos)
          << all.faults[0].message;
      EXPECT_TRUE(
          all.faults[0].message.ends_with("at decompressed byte " + std::to_string(all.bytes)))
          << all.faults[0].message;
      for (std::size_t i = 0; i < all.records.size(); ++i) {
        const bool is_cut = all.records[i].fault == RecordFault::kCutShort;
        EXPECT_EQ(is_cut, all.records[i].length == all.records[i].bytes.size());
        if (is_cut) {
          EXPECT_EQ(i + 1, all.records.size());
        }
      }
    }
  }
}

TEST(CompressedSource, SaysWhereItIsDamaged) {
  const std::string text = lines(5000);
  for (const std::string& packed : {gzip(text), zstd(text)}) {
    for (const std::size_t at : {packed.size() / 3, packed.size() - 3}) {
      std::string damaged = packed;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
      const Everything all = read_every_way(damaged);
      ASSERT_EQ(all.faults.size(), 1U);
      EXPECT_EQ(all.faults[0].kind, InputFaultKind::kBrokeOff);
      EXPECT_NE(all.faults[0].message.find("input: damaged "), std::string::npos)
          << all.faults[0].message;
    }
  }
}

// A frame that says it holds more than it does: that shows at its last byte, by which a raw block
// has been handed out but for that one, however it was read.
TEST(CompressedSource, GivesAsMuchOfADamagedFrameByEveryReadSize) {
  const std::string start("\x28\xB5\x2F\xFD\x20", 5);
  for (const int size : {1, 2, 3, 4, 5, 10}) {
    const char block[] = {static_cast<char>(size + 2), static_cast<char>(size << 3 | 1), 0, 0};
    const std::string text = std::string("0123456789").substr(0, static_cast<std::size_t>(size));
    const Everything all = read_every_way(start + std::string(block, sizeof block) + text);
    EXPECT_EQ(all.bytes, text.size() - 1);
    ASSERT_EQ(all.faults.size(), 1U);
    EXPECT_EQ(all.faults[0].message,
              "input: damaged zstd data at decompressed byte " + std::to_string(size - 1));
  }
}

TEST(CompressedSource, NotesWhatStandsBehindTheLastMember) {
  const Everything gz = read_every_way(gzip("1\n2\n") + "garbage");
  EXPECT_EQ(texts(gz), (Texts{"1", "2"}));
  ASSERT_EQ(gz.faults.size(), 1U);
  EXPECT_EQ(gz.faults[0].message,
            "input: holds something other than gzip behind its last member at decompressed byte 4");
  const Everything zst = read_every_way(zstd("1\n2\n") + "garbage");
  EXPECT_EQ(texts(zst), (Texts{"1", "2"}));
  ASSERT_EQ(zst.faults.size(), 1U);
  EXPECT_EQ(zst.faults[0].message,
            "input: holds something other than zstd behind its last frame at decompressed byte 4");
}

TEST(CompressedSource, GoesOnWithTheNextInputAfterABrokenOne) {
  const testing::MemoryFile broken(std::string_view(gzip(lines(100))).substr(0, 100));
  const testing::MemoryFile sound(zstd("1\n"));
  Source source({.inputs = {broken.path(), sound.path()}});
  const Everything all = read_all(&source, 4096);
  EXPECT_EQ(all.faults.size(), 1U);
  EXPECT_EQ(all.records.back().bytes, "1");
  EXPECT_EQ(all.records.back().input, 1U);
  EXPECT_EQ(all.records.back().offset, 0U);
}

TEST(CompressedSource, TakesTextThatBeginsLikeAMagicNumberForText) {
  for (const std::string text : {"(x)\n", "(", "P*M\n", "P*", "PQ\n", "X", "\x1F", "\x1Fx\n"}) {
    const Everything all = read_every_way(text);
    EXPECT_TRUE(all.faults.empty()) << text;
    ASSERT_EQ(all.records.size(), 1U) << text;
    EXPECT_EQ(all.records[0].length, text.size());
  }
}

// A pipe of compressed data hands records on as soon as they are decompressed, though the member
// has not ended.
TEST(CompressedSource, HandsOnWhatASlowPipeGives) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  z_stream stream{};
  ASSERT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  const auto send = [&](std::string text, int flush) {
    char out[1000];
    stream.next_in = reinterpret_cast<Bytef*>(text.data());
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out);
    stream.avail_out = sizeof out;
    deflate(&stream, flush);
    const std::size_t size = sizeof out - stream.avail_out;
    testing::require(write(ends[1], out, size) == static_cast<ssize_t>(size), "write");
  };
  Source source({.inputs = {"/proc/self/fd/" + std::to_string(ends[0])}});
  Chunk chunk(4096);
  send("1\n2\n3", Z_SYNC_FLUSH);
  ASSERT_EQ(source.fill(&chunk), FillResult::kFilled);
  std::vector<testing::Record> records;
  testing::add_records(&chunk, &records);
  EXPECT_EQ(records.size(), 2U);
  send("3\n", Z_FINISH);
  ASSERT_EQ(source.fill(&chunk), FillResult::kFilled);
  testing::add_records(&chunk, &records);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[2].bytes, "33");
  close(ends[1]);
  EXPECT_EQ(source.fill(&chunk), FillResult::kEnd);
  EXPECT_TRUE(source.faults().empty());
  deflateEnd(&stream);
  close(ends[0]);
}

}  // namespace
}  // namespace hashcart::ingest
