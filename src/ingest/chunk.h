// Chunk: a part of one input, pulled piece by piece; RecordView: one record in it.
//
// A chunk is filled by one thread (the source), pulled by one worker, and goes back to its pool.
// Lines are handed out in blocks, exactly as they stand in the input, so that a scan can go over
// them without cutting them; what is no plain line comes as a record of its own. A chunk of a
// regular file holds no bytes when it is filled, only which ones it stands for: the worker reads
// them while it pulls, block by block into one buffer that stays in its cache.
//
// Threads: owned by one at a time; handed over by handle.   Memory: allocated when first used; a
// chunk grows for a record longer than its capacity and gives that back once it went unused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "ingest/page_memory.h"

namespace hashcart::ingest {

inline constexpr std::size_t kPadding = 64;  // SIMDJSON_PADDING; asserted in post_reader.cc
// A record that covers such an offset is a clock line.
inline constexpr std::uint64_t kClockLineEvery = 1ULL << 20U;
// Readable bytes in front of a block of lines: a vector may begin before the first line.
inline constexpr std::size_t kBlockBefore = 64;
// Readable bytes behind a block (and the LF that may be added to it): a scan may go by eight
// vectors of 64 bytes at once. More than kPadding, which the last record needs.
inline constexpr std::size_t kBlockBehind = 512;
// What is kept of a record over the limit: enough to see what it was.
inline constexpr std::size_t kLongRecordKept = 64U << 10U;

// How the bytes between records are cut (a property of the input, decided once).
enum class Framing : std::uint8_t { kAuto, kNdjson, kSse, kJson };

// What a file is known by, whatever it is called, and how far it was read.
struct FilePlace {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;  // 0: no file
  // fingerprint_of() its first bytes (source.h), and how many they were.
  std::uint64_t fingerprint = 0;
  std::uint64_t fingerprint_bytes = 0;
  std::uint32_t name = 0;  // its number (base/input_names.h)
  Framing framing = Framing::kAuto;
  // After decompression, behind the last record that was read.
  std::uint64_t position = 0;
  std::uint64_t unended_bytes = 0;  // of that record, where the file ended inside it

  // Whether it is a place in the same file, or in one that has its inode now.
  [[nodiscard]] bool is_beside(const FilePlace& other) const noexcept {
    return device == other.device && inode == other.inode;
  }
};

enum class RecordFault : std::uint8_t {
  kNone,
  kTooLong,   // over record_bytes_max: `bytes` holds the first 64 KiB, `length` tells the whole
  kCutShort,  // the input broke off inside it, or ended inside a JSON page
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

// Whole lines of an NDJSON input, their endings included, none of them over the limit.
//
// Not empty. Ends with LF unless the input ended without one, and then an LF follows it. An LF
// stands right before it. kBlockBefore bytes before it and kBlockBehind behind it are readable;
// apart from the two LFs nothing is said of them.
struct LineBlock {
  std::string_view bytes;
  std::uint64_t offset = 0;  // of its first byte in its input, after decompression
  std::uint32_t input = 0;
};

// What Chunk::next() gave.
enum class Piece : std::uint8_t {
  kEnd,
  kLines,   // a LineBlock
  kRecord,  // anything that is no plain line: an SSE event, a JSON page, a line with a fault
};

[[nodiscard]] constexpr bool is_clock_line(std::uint64_t offset, std::uint64_t length) noexcept {
  // The first multiple at or behind the offset.
  const std::uint64_t tick = (offset + kClockLineEvery - 1) / kClockLineEvery * kClockLineEvery;
  return tick - offset < length;
}

// Without the line ending and blanks behind it.
[[nodiscard]] std::string_view trim_end(std::string_view record) noexcept;

// The record of one line of a block. The line begins at place `begin` of it; `end` is the place
// behind its LF, or behind the block's last byte.
[[nodiscard]] RecordView line_at(const LineBlock& block, std::size_t begin,
                                 std::size_t end) noexcept;

// The lines of a block, one after another.
class LineCursor {
 public:
  explicit LineCursor(const LineBlock& block) noexcept : block_(block) {}
  [[nodiscard]] bool next(RecordView* record) noexcept;

 private:
  LineBlock block_;
  std::size_t at_ = 0;
};

// Where a record stands in its chunk.
struct RecordSpan {
  std::uint32_t begin = 0;
  std::uint32_t size = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  RecordFault fault = RecordFault::kNone;
};

class FileRange;
class LineBuffer;

class Chunk {
 public:
  // A chunk holds a record for every kBytesPerRecord of its capacity at most, so that an input of
  // nothing but empty events does not grow it.
  static constexpr std::size_t kBytesPerRecord = 16;

  // capacity: below 4 GiB; how much is read at a time, and how much of records is held.
  explicit Chunk(std::size_t capacity);
  ~Chunk();
  Chunk(const Chunk&) = delete;
  Chunk& operator=(const Chunk&) = delete;

  // The reading side: the next piece, in the order of the input. What a piece views lives until the
  // next call. Of a regular file this reads; an error is noted in Source::faults().
  [[nodiscard]] Piece next(LineBlock* lines, RecordView* record) noexcept;
  // Bytes of the input that the pieces were, and those that belong to no record (a BOM). Complete
  // once next() gave kEnd.
  [[nodiscard]] std::uint64_t input_bytes() const noexcept { return input_bytes_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return base_capacity_; }
  [[nodiscard]] std::uint32_t input() const noexcept { return input_; }
  [[nodiscard]] Framing framing() const noexcept { return framing_; }
  // For whoever means to go on behind it one day; complete once next() gave kEnd. Bytes of the last
  // record, where the input ended inside it (it may have been whole, but for its ending).
  [[nodiscard]] std::uint64_t unended_bytes() const noexcept;
  // Bytes that should be here, or before, could not be read. Whoever goes on behind this chunk one
  // day would have missed them.
  [[nodiscard]] bool has_gap() const noexcept { return has_gap_; }
  // The input came to its end here, as it should. Never said of ranges of a file.
  [[nodiscard]] bool ends_input() const noexcept { return ends_input_; }
  // All that was there to read is in this chunk or before it: what comes next may be long in
  // coming.
  [[nodiscard]] bool ran_dry() const noexcept { return ran_dry_; }
  // Of a followed file: what it is, and the place behind this chunk. Else inode 0.
  [[nodiscard]] const FilePlace& place() const noexcept { return place_; }

  // The filling side, for lines in memory: copies whole lines in (the last one may lack its LF).
  // Replaces what was there.
  void load_lines(std::string_view lines, std::uint64_t offset, std::uint32_t input);

  // The filling side, for records that are no lines. reset() comes first.
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
  // The input ended, and `unended_bytes` of the last record lack an ending.
  void set_unended(std::uint64_t bytes) noexcept { unended_bytes_ = bytes; }
  void set_ends_input() noexcept { ends_input_ = true; }
  void set_gap() noexcept { has_gap_ = true; }
  void set_ran_dry() noexcept { ran_dry_ = true; }
  void set_place(const FilePlace& place) noexcept { place_ = place; }
  // Counts bytes of the input that belong to no record (a BOM).
  void add_skipped(std::uint64_t bytes) noexcept { input_bytes_ += bytes; }
  [[nodiscard]] bool has_records() const noexcept { return !records_.empty(); }

  // The filling side, for the source's lines. The buffer for those of a stream: the source starts
  // and fills it. reset() comes first.
  [[nodiscard]] LineBuffer& lines();
  // That buffer, with a line in it that has not ended; and back, for the chunk that goes on with
  // it.
  [[nodiscard]] std::unique_ptr<LineBuffer> take_lines() noexcept;
  void set_lines(std::unique_ptr<LineBuffer> lines) noexcept;
  // Stands for a range of a file from now on.
  void set_range(FileRange range);

 private:
  void allocate(std::size_t capacity);
  // Makes the first record's room: gives back what an over-long record took, or takes it.
  void allocate_for_first(std::size_t bytes);
  [[nodiscard]] RecordView record(const RecordSpan& span) const noexcept;
  void start_range();
  void read_range();

  std::size_t base_capacity_ = 0;
  std::uint64_t input_bytes_ = 0;
  std::uint64_t unended_bytes_ = 0;  // of records that are no lines
  bool has_gap_ = false;
  bool ends_input_ = false;
  bool ran_dry_ = false;
  FilePlace place_;
  std::uint32_t input_ = 0;
  Framing framing_ = Framing::kNdjson;
  // Records that are no lines; memory for them is there once there are any.
  PageMemory memory_;
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
  std::vector<RecordSpan> records_;
  std::size_t next_record_ = 0;
  // Lines, and the file they are read from, if they are.
  bool has_lines_ = false;
  bool range_is_new_ = false;
  std::unique_ptr<LineBuffer> lines_;
  std::unique_ptr<FileRange> range_;
};

// All records of a chunk, one after another: for whoever has no use for blocks.
class RecordCursor {
 public:
  explicit RecordCursor(Chunk* chunk) noexcept : chunk_(*chunk) {}
  // The view lives until the next call. False: the chunk is used up.
  [[nodiscard]] bool next(RecordView* record) noexcept;

 private:
  Chunk& chunk_;
  LineBlock block_;
  LineCursor lines_{block_};
};

}  // namespace hashcart::ingest
