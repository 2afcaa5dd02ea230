// LineBuffer: bytes of one NDJSON input, read into page-aligned memory -> blocks of whole lines.
// Private to ingest.
//
//   memory:   | head room ...  [carry | bytes just read ................. | tail) | kBlockBehind
//                                     ^ a page's edge
//
// A read lands on the page's edge; the last LF is searched for from behind; what stands up to it is
// a block; what is left, the tail, is carried to the place in front of the edge before the next
// read. So every byte is copied once, by the kernel or a decompressor, but for the tails. The same
// for both byte sources: a range of a file (the worker reads), a stream (the source thread reads).
//
// A line that does not fit doubles the memory, up to record_bytes_max; beyond that its beginning is
// kept and the rest goes by unseen. So each byte costs constant time, however long the lines are
// and however small the reads.
//
// Threads: one at a time.   Memory: twice the read size, touched only as far as lines need it; four
// times the longest line up to record_bytes_max while there is one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "ingest/byte_source.h"
#include "ingest/chunk.h"
#include "ingest/page_memory.h"

namespace hashcart::ingest {

// Where a line's end is looked for past a range's: so much more is read at once. Most lines are
// shorter, and so much costs a hundredth of a range.
inline constexpr std::size_t kSeamBytes = 16U << 10U;

class LineBuffer {
 public:
  static constexpr std::uint64_t kNoEnd = std::numeric_limits<std::uint64_t>::max();

  struct Start {
    std::uint32_t input = 0;
    std::uint64_t offset = 0;  // in the input, of the first byte that will come
    // Lines that begin here or behind are somebody else's.
    std::uint64_t owned_end = kNoEnd;
    std::uint64_t record_bytes_max = kNoEnd;
    // The first byte stands inside a line that is somebody else's.
    bool is_inside_line = false;
  };

  // How memory is laid out for reads of so many bytes: where they land, and how large it is.
  struct Layout {
    std::size_t front = 0;
    std::size_t size = 0;
  };
  [[nodiscard]] static Layout layout(std::size_t read_bytes) noexcept;

  // read_bytes: the most that is read at once, but for kSeamBytes more.
  explicit LineBuffer(std::size_t read_bytes);

  // Forgets everything; what long lines took is given back if the last use had none.
  void start(const Start& start);
  // Bytes from elsewhere, before any read.
  void put(std::string_view bytes);
  // Reads once, or exchanges its memory for a block of the source's. Only while is_full() is false.
  ReadStatus read(ByteSource* bytes, Wait wait);
  // The input has ended: what is left is the last line, cut short if it broke off.
  void end(bool is_broken);
  // What is not a whole line was never read.
  void forget_rest() noexcept;

  // Lines are there, and no room behind them; or the source has blocks, the next of which would
  // have to be copied.
  [[nodiscard]] bool is_full() const noexcept;
  [[nodiscard]] bool has_pieces() const noexcept {
    return long_is_ready_ || begin_ < cut_ || rest_is_cut_;
  }
  // All that is owned has been cut; reading on gives nothing.
  [[nodiscard]] bool is_done() const noexcept { return is_done_; }
  // The beginning of a line that has not ended, and where in the input it stands. Of a line over
  // the limit the bytes are gone.
  [[nodiscard]] std::string_view rest() const noexcept {
    return {cut_, static_cast<std::size_t>(end_ - cut_)};
  }
  [[nodiscard]] std::uint64_t rest_offset() const noexcept {
    return offset_ + static_cast<std::uint64_t>(cut_ - begin_);
  }
  // Bytes of it so far.
  [[nodiscard]] std::uint64_t rest_length() const noexcept {
    return (skip_ == Skip::kLongLine ? long_length_ : 0) + static_cast<std::uint64_t>(end_ - cut_);
  }

  // Bytes of the last line, where the input ended inside it: what stands behind them one day goes
  // on with it. Known once end() was called.
  [[nodiscard]] std::uint64_t unended_length() const noexcept { return unended_length_; }

  // The next piece of what is there; kEnd: none.
  [[nodiscard]] Piece next(LineBlock* lines, RecordView* record) noexcept;

 private:
  // Whose end is being searched for while its bytes go by.
  enum class Skip : std::uint8_t { kNothing, kForeignLine, kLongLine };

  [[nodiscard]] ReadStatus exchange(ByteSource* bytes);
  void allocate(std::size_t front_bytes, std::size_t room_bytes);
  void make_room();
  void clear() noexcept { begin_ = cut_ = end_ = edge_; }
  void take_in(char* from);
  [[nodiscard]] bool skip_to_line_end(char* from);
  void keep_long(std::string_view bytes);
  [[nodiscard]] RecordView record(std::string_view bytes, std::uint64_t length,
                                  RecordFault fault) const noexcept;
  [[nodiscard]] Piece cut_piece(LineBlock* lines, RecordView* record) noexcept;
  [[nodiscard]] bool is_over_limit(std::size_t bytes) const noexcept {
    return bytes > start_.record_bytes_max;
  }
  [[nodiscard]] std::size_t head_room() const noexcept {
    return static_cast<std::size_t>(edge_ - memory_.data()) - kBlockBefore;
  }

  const std::size_t read_bytes_;
  Start start_;
  PageMemory memory_;
  char* edge_ = nullptr;       // where a read lands
  char* limit_ = nullptr;      // no read goes past it
  bool is_handed_on_ = false;  // as it is: see is_full()
  bool is_grown_ = false;
  bool was_needed_ = false;  // the growth, since start()
  // Whole lines [begin_, cut_), the tail [cut_, end_).
  char* begin_ = nullptr;
  char* cut_ = nullptr;
  char* end_ = nullptr;
  std::uint64_t offset_ = 0;  // of begin_ in the input
  bool is_done_ = false;
  bool rest_is_cut_ = false;
  std::uint64_t unended_length_ = 0;
  Skip skip_ = Skip::kNothing;
  // A line over the limit: its beginning, and how much of it has gone by.
  std::vector<char> long_head_;  // kLongRecordKept and kPadding, once there was one
  std::uint64_t long_length_ = 0;
  std::uint64_t long_offset_ = 0;
  bool long_is_ready_ = false;
};

}  // namespace hashcart::ingest
