// InputStream: one input that is read from front to back -> its records, chunk by chunk. Private to
// ingest.
//
// Decides the framing, cuts records, keeps what has not ended from one chunk to the next. Where the
// source of its bytes has none for now it says so, and goes on from there another time.
//
// Threads: one.   Memory: see source.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/byte_source.h"
#include "ingest/chunk.h"
#include "ingest/file_input.h"
#include "ingest/framer.h"
#include "ingest/line_buffer.h"
#include "ingest/page_memory.h"

namespace hashcart::ingest {

inline constexpr std::string_view kBom = "\xEF\xBB\xBF";

class InputStream {
 public:
  struct Start {
    std::uint32_t input = 0;
    std::string name;  // as shown in messages
    Framing framing = Framing::kAuto;
    std::uint64_t offset = 0;  // in the input, of the first byte that is read
    // What stands before it is read and dropped.
    std::uint64_t position = 0;
    // Whoever pulls the chunks wants to know of the end, though nothing stands in the last one.
    bool tells_end = false;
  };

  enum class Filled : std::uint8_t {
    kChunk,
    kLastChunk,  // the stream has ended and is closed
    kNothing,    // the same, and the chunk holds nothing
    kNotYet,     // the chunk holds nothing, for there is nothing to read
    kStopped,    // closed; the chunk holds what came before
  };

  InputStream(std::size_t read_bytes, std::uint64_t record_bytes_max, Ledger* ledger)
      : read_bytes_(read_bytes), record_bytes_max_(record_bytes_max), ledger_(*ledger) {}

  // Closes what was open.
  void open(std::unique_ptr<ByteSource> bytes, Start start);
  [[nodiscard]] bool is_open() const noexcept { return bytes_ != nullptr; }
  // Wait::kNo: does not block.
  [[nodiscard]] Filled fill(Chunk* chunk, Wait wait);
  // The next fill() reads no more: what has not ended ends here. is_cut: in the middle of a record.
  void end(bool is_cut) noexcept;
  // Nothing of what has not ended is wanted.
  void close() noexcept;
  // The same, and it was not read either.
  void forget() noexcept;

  // kAuto: not known yet.
  [[nodiscard]] Framing framing() const noexcept {
    return framer_ ? framer_->framing() : Framing::kAuto;
  }
  // Behind the last record that was handed out.
  [[nodiscard]] std::uint64_t position() const noexcept { return offset_; }
  // Bytes behind it that were read: the beginning of a record.
  [[nodiscard]] std::uint64_t held_bytes() const noexcept;

 private:
  [[nodiscard]] std::optional<Filled> begin(Chunk* chunk, Wait wait);
  [[nodiscard]] std::optional<Filled> skip_to_position(Chunk* chunk, Wait wait);
  [[nodiscard]] Filled fill_lines(Chunk* chunk, Wait wait);
  [[nodiscard]] Filled fill_records(Chunk* chunk, Wait wait);
  [[nodiscard]] Filled ended(const Chunk& chunk, bool has_records) const noexcept;
  [[nodiscard]] std::string_view held() const noexcept {
    return {buffer_.data() + begin_, end_ - begin_};
  }
  void take(std::size_t count) noexcept {
    begin_ += count;
    offset_ += count;
  }
  void hold(std::string_view bytes);
  [[nodiscard]] bool move_records(Chunk* chunk);
  void skip_long(std::string_view bytes);
  [[nodiscard]] bool put(Chunk* chunk, std::string_view record, RecordFault fault);
  [[nodiscard]] bool end_input(Chunk* chunk, ReadStatus why);
  void broke_off(const std::string& how);
  [[nodiscard]] ReadStatus stopped_or_peeked() noexcept;
  [[nodiscard]] ReadStatus read_more(Wait wait);
  void make_room();

  const std::size_t read_bytes_;
  const std::uint64_t record_bytes_max_;
  Ledger& ledger_;
  Start start_;
  std::unique_ptr<ByteSource> bytes_;
  std::optional<Framer> framer_;                // once the framing is known
  bool has_begun_ = false;                      // and `position` is reached
  std::vector<RecordSpan> spans_;               // scratch of move_records()
  std::optional<std::size_t> found_;            // a whole record that found no room
  ReadStatus after_peek_ = ReadStatus::kBytes;  // an end that was seen too early, or wished for
  bool is_cut_ = false;                         // by end()
  // What has not ended: here, or a line for which no chunk was handed out.
  PageMemory buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::unique_ptr<LineBuffer> line_;
  std::uint64_t offset_ = 0;       // in the input, of what is held (or of the long record)
  std::string long_head_;          // the beginning of a record over the limit
  std::uint64_t long_length_ = 0;  // how much of it has gone by
};

}  // namespace hashcart::ingest
