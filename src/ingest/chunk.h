// Chunk: a pooled, page-aligned buffer of whole records; RecordView: one record in it.
//
// A chunk is filled by one thread (the source), read by one worker, and goes back to its pool. It
// keeps kPadding readable bytes past its contents, so a JSON parser may read past any record in
// place: the next record's bytes are legal padding for this one. Only Chunk makes a RecordView, so
// padding is a type and not a hope.
//
// Threads: owned by one at a time; handed over by handle.   Memory: allocated at start-up; a chunk
// grows once to hold a record longer than its capacity and is trimmed when it is filled again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace hashcart::ingest {

inline constexpr std::size_t kPadding = 64;  // SIMDJSON_PADDING; asserted in post_reader.cc
// The kernel's copy into a buffer that is not page-aligned is 4x slower on Zen 3.
inline constexpr std::size_t kPageBytes = 4096;
// A record that covers such an offset is a clock line.
inline constexpr std::uint64_t kClockLineEvery = 1ULL << 20U;

// How the bytes between records are cut (a property of the input, decided once).
enum class Framing : std::uint8_t { kAuto, kNdjson, kSse, kJson };

enum class RecordFault : std::uint8_t {
  kNone,
  kTooLong,   // over record_bytes_max: `bytes` holds the first 64 KiB, `length` tells the whole
  kCutShort,  // the input ended inside it: compressed data broken off, or a JSON page not closed
};

// One framed record: a line without its line ending, an SSE event, a JSON page.
struct RecordView {
  std::string_view bytes;      // kPadding readable bytes follow
  std::uint64_t offset = 0;    // of its first byte in its input, after decompression
  std::uint64_t length = 0;    // bytes it takes up in its input, line ending included
  std::uint32_t input = 0;     // index of the input
  bool is_clock_line = false;  // [offset, offset + length) covers a multiple of kClockLineEvery
  Framing framing = Framing::kNdjson;
  RecordFault fault = RecordFault::kNone;
};

// Where a record stands in its chunk.
struct RecordSpan {
  std::uint32_t begin = 0;
  std::uint32_t size = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  RecordFault fault = RecordFault::kNone;
};

class Chunk {
 public:
  // A chunk holds a record for every kBytesPerRecord of its capacity at most, so that an input of
  // nothing but empty lines does not grow it.
  static constexpr std::size_t kBytesPerRecord = 16;

  // capacity: below 4 GiB.
  explicit Chunk(std::size_t capacity);

  // The filling side.
  void reset(std::uint32_t input, Framing framing) noexcept;
  // Copies a record in, growing if a single record needs it. False when it does not fit beside what
  // is there already: hand the chunk on and start another.
  [[nodiscard]] bool append(std::string_view bytes, std::uint64_t offset, std::uint64_t length,
                            RecordFault fault);
  // Whether so much fits without growing.
  [[nodiscard]] bool fits(std::size_t bytes, std::size_t record_count) const noexcept;
  // Copies a block of neighbouring records in at once, their endings included. It must fit.
  // records: their `begin` is a place in the block; together they take up all of it.
  void append_block(std::string_view block, std::span<const RecordSpan> records);
  // Counts bytes of the input that belong to no record (a BOM).
  void add_skipped(std::uint64_t bytes) noexcept { input_bytes_ += bytes; }

  // The reading side.
  [[nodiscard]] std::size_t size() const noexcept { return records_.size(); }
  [[nodiscard]] bool empty() const noexcept { return records_.empty(); }
  [[nodiscard]] RecordView record(std::size_t index) const noexcept;
  [[nodiscard]] std::uint64_t input_bytes() const noexcept { return input_bytes_; }
  [[nodiscard]] std::uint32_t input() const noexcept { return input_; }

 private:
  struct FreeDeleter {
    void operator()(char* memory) const noexcept;
  };

  void allocate(std::size_t capacity);
  // Makes the first record's room: gives back what an over-long record took, or takes it.
  void allocate_for_first(std::size_t bytes);

  std::unique_ptr<char[], FreeDeleter> memory_;
  std::size_t base_capacity_ = 0;
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
  std::uint64_t input_bytes_ = 0;
  std::uint32_t input_ = 0;
  Framing framing_ = Framing::kNdjson;
  std::vector<RecordSpan> records_;
};

}  // namespace hashcart::ingest
