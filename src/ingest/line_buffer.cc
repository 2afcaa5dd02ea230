#include "ingest/line_buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace hashcart::ingest {
namespace {

char* first_lf(char* from, const char* to) noexcept {
  return static_cast<char*>(std::memchr(from, '\n', static_cast<std::size_t>(to - from)));
}

char* last_lf(char* from, const char* to) noexcept {
  return static_cast<char*>(memrchr(from, '\n', static_cast<std::size_t>(to - from)));
}

std::string_view view(const char* from, const char* to) noexcept {
  return {from, static_cast<std::size_t>(to - from)};
}

}  // namespace

LineBuffer::LineBuffer(std::size_t read_bytes) : read_bytes_(std::max<std::size_t>(read_bytes, 1)) {
  allocate(read_bytes_, read_bytes_);
}

LineBuffer::Layout LineBuffer::layout(std::size_t read_bytes) noexcept {
  const std::size_t front = whole_pages(read_bytes + kBlockBefore);
  const std::size_t room = whole_pages(read_bytes + kSeamBytes);
  return {front, whole_pages(front + room + 1 + kBlockBehind)};
}

void LineBuffer::allocate(std::size_t front_bytes, std::size_t room_bytes) {
  const std::size_t front = whole_pages(std::max(front_bytes, read_bytes_) + kBlockBefore);
  const std::size_t room = whole_pages(std::max(room_bytes, read_bytes_ + kSeamBytes));
  memory_ = PageMemory(front + room + 1 + kBlockBehind);
  edge_ = memory_.data() + front;
  limit_ = edge_ + room;
  clear();
}

void LineBuffer::start(const Start& start) {
  if (is_grown_ && !was_needed_) {
    allocate(read_bytes_, read_bytes_);
    is_grown_ = false;
  }
  was_needed_ = false;
  start_ = start;
  clear();
  offset_ = start.offset;
  is_done_ = false;
  is_handed_on_ = false;
  rest_is_cut_ = false;
  unended_length_ = 0;
  skip_ = start.is_inside_line ? Skip::kForeignLine : Skip::kNothing;
  long_is_ready_ = false;
}

void LineBuffer::put(std::string_view bytes) {
  if (bytes.empty()) return;
  HASHCART_CHECK(begin_ == edge_ && end_ == edge_);
  if (bytes.size() > read_bytes_) was_needed_ = true;
  if (bytes.size() > head_room()) {
    allocate(bytes.size(), bytes.size());
    is_grown_ = true;
  }
  begin_ = cut_ = edge_ - bytes.size();
  std::memcpy(begin_, bytes.data(), bytes.size());
  take_in(begin_);
}

bool LineBuffer::is_full() const noexcept {
  const auto used = static_cast<std::size_t>(std::max(end_, edge_) - edge_);
  return has_pieces() && (is_handed_on_ || end_ == limit_ || used >= read_bytes_ + kSeamBytes);
}

ReadStatus LineBuffer::read(ByteSource* bytes, Wait wait) {
  if (!has_pieces()) make_room();
  if (bytes->has_blocks()) {
    is_handed_on_ = true;
    const ReadStatus status = exchange(bytes);
    if (status != ReadStatus::kNotYet) return status;
  }
  HASHCART_CHECK(end_ < limit_);
  std::size_t count = 0;
  const ReadStatus status =
      bytes->read(end_, static_cast<std::size_t>(limit_ - end_), wait, &count);
  if (status != ReadStatus::kBytes) return status;
  char* const from = end_;
  end_ += count;
  take_in(from);
  return status;
}

// The tail, which stands in front of the edge, goes along.
ReadStatus LineBuffer::exchange(ByteSource* bytes) {
  const auto front = static_cast<std::size_t>(edge_ - memory_.data());
  const auto room = static_cast<std::size_t>(limit_ - edge_);
  if (is_grown_ || has_pieces() || end_ != edge_) return ReadStatus::kNotYet;
  const std::string_view tail = rest();
  std::size_t count = 0;
  const ReadStatus status = bytes->exchange(&memory_, front, &count);
  if (status != ReadStatus::kBytes) return status;
  edge_ = memory_.data() + front;
  limit_ = edge_ + room;
  begin_ = cut_ = edge_ - tail.size();
  if (!tail.empty()) std::memcpy(begin_, tail.data(), tail.size());
  end_ = edge_ + count;
  take_in(edge_);
  return status;
}

// What is held moves in front of the edge when it stands behind it, so at most once until a line
// ends; or when the memory grows by a factor. So a long line that comes in small reads costs linear
// time.
void LineBuffer::make_room() {
  const auto size = static_cast<std::size_t>(end_ - begin_);
  if (size == 0) return clear();
  if (is_over_limit(size)) {
    skip_ = Skip::kLongLine;
    long_offset_ = offset_;
    long_length_ = 0;
    keep_long(view(begin_, end_));
    offset_ += size;
    return clear();
  }
  if (size > read_bytes_) was_needed_ = true;
  if (begin_ >= edge_ && size <= head_room()) {
    std::memmove(edge_ - size, begin_, size);
  } else if (end_ < limit_) {
    return;
  } else {
    const PageMemory old = std::move(memory_);  // begin_ points into it
    const char* const from = begin_;
    allocate(size, 2 * size);
    is_grown_ = true;
    std::memcpy(edge_ - size, from, size);
  }
  begin_ = cut_ = edge_ - size;
  end_ = edge_;
}

// Looks at the bytes [from, end_), which are new.
void LineBuffer::take_in(char* from) {
  if (skip_ != Skip::kNothing) {
    if (!skip_to_line_end(from)) return;
    from = begin_;
  }
  char* last = end_;
  if (start_.owned_end <= offset_ + static_cast<std::uint64_t>(end_ - begin_)) {
    // Ours is the line that the byte before owned_end belongs to, and none behind it.
    if (start_.owned_end <= offset_) {
      end_ = begin_;
      is_done_ = true;
      return;
    }
    last = begin_ + (start_.owned_end - 1 - offset_);
    char* const search = std::max(last, from);
    if (char* const lf = first_lf(search, end_); lf != nullptr) {
      cut_ = end_ = lf + 1;
      is_done_ = true;
      return;
    }
  }
  if (last <= from) return;
  if (char* const lf = last_lf(from, last); lf != nullptr) cut_ = lf + 1;
}

// While skipping nothing else is held. False: the line goes on.
bool LineBuffer::skip_to_line_end(char* from) {
  char* const lf = first_lf(from, end_);
  char* const next = lf == nullptr ? end_ : lf + 1;
  if (skip_ == Skip::kLongLine) keep_long(view(from, next));
  offset_ += static_cast<std::uint64_t>(next - from);
  begin_ = cut_ = next;
  if (lf == nullptr) {
    // No line begins in what is ours.
    is_done_ = skip_ == Skip::kForeignLine && offset_ >= start_.owned_end;
    return false;
  }
  long_is_ready_ = skip_ == Skip::kLongLine;
  skip_ = Skip::kNothing;
  return true;
}

void LineBuffer::keep_long(std::string_view bytes) {
  if (long_head_.empty()) long_head_.resize(kLongRecordKept + kPadding);
  if (long_length_ < kLongRecordKept) {
    std::memcpy(long_head_.data() + long_length_, bytes.data(),
                std::min(bytes.size(), kLongRecordKept - static_cast<std::size_t>(long_length_)));
  }
  long_length_ += bytes.size();
}

void LineBuffer::end(bool is_broken) {
  is_done_ = true;
  unended_length_ = rest_length();
  long_is_ready_ = long_is_ready_ || skip_ == Skip::kLongLine;
  skip_ = Skip::kNothing;
  if (cut_ == end_) return;
  rest_is_cut_ = is_broken && !is_over_limit(rest().size()) && !trim_end(rest()).empty();
  if (rest_is_cut_) return;
  cut_ = end_;
  *end_ = '\n';
}

void LineBuffer::forget_rest() noexcept {
  is_done_ = true;
  skip_ = Skip::kNothing;
  end_ = cut_;
}

Piece LineBuffer::next(LineBlock* lines, RecordView* record) noexcept {
  if (long_is_ready_) {
    long_is_ready_ = false;
    const auto kept =
        static_cast<std::size_t>(std::min<std::uint64_t>(long_length_, kLongRecordKept));
    *record = this->record({long_head_.data(), kept}, long_length_, RecordFault::kTooLong);
    record->offset = long_offset_;
    record->is_clock_line = is_clock_line(long_offset_, long_length_);
    return Piece::kRecord;
  }
  if (begin_ < cut_) return cut_piece(lines, record);
  if (rest_is_cut_) {
    rest_is_cut_ = false;
    *record = this->record(rest(), rest().size(), RecordFault::kCutShort);
    offset_ += rest().size();
    begin_ = cut_ = end_;
    return Piece::kRecord;
  }
  return Piece::kEnd;
}

RecordView LineBuffer::record(std::string_view bytes, std::uint64_t length,
                              RecordFault fault) const noexcept {
  const bool is_all = length <= kLongRecordKept || fault != RecordFault::kTooLong;
  return {.bytes = is_all ? trim_end(bytes) : bytes.substr(0, kLongRecordKept),
          .offset = offset_,
          .length = length,
          .input = start_.input,
          .is_clock_line = is_clock_line(offset_, length),
          .framing = Framing::kNdjson,
          .fault = fault};
}

// The longest run of lines under the limit, or one line over it. A line that ends within the limit
// from a line's beginning shows that all in between are under it, so most of a block is never
// looked at; a block no longer than the limit not at all.
Piece LineBuffer::cut_piece(LineBlock* lines, RecordView* record) noexcept {
  char* at = begin_;
  while (is_over_limit(static_cast<std::size_t>(cut_ - at))) {
    char* const within = at + start_.record_bytes_max;
    if (char* const lf = last_lf(at, within); lf != nullptr) {
      at = lf + 1;
      continue;
    }
    if (at > begin_) break;
    char* const lf = first_lf(within, cut_);
    char* const line_end = lf == nullptr ? cut_ : lf + 1;
    const std::string_view line = view(begin_, line_end);
    *record = this->record(line, line.size(), RecordFault::kTooLong);
    offset_ += line.size();
    begin_ = line_end;
    return Piece::kRecord;
  }
  if (!is_over_limit(static_cast<std::size_t>(cut_ - at))) at = cut_;
  *lines = {.bytes = view(begin_, at), .offset = offset_, .input = start_.input};
  begin_[-1] = '\n';
  offset_ += lines->bytes.size();
  begin_ = at;
  return Piece::kLines;
}

}  // namespace hashcart::ingest
