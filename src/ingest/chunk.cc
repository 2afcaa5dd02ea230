#include "ingest/chunk.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "base/check.h"
#include "ingest/file_input.h"
#include "ingest/line_buffer.h"

namespace hashcart::ingest {

std::string_view trim_end(std::string_view record) noexcept {
  while (!record.empty() && (record.back() == '\n' || record.back() == '\r' ||
                             record.back() == ' ' || record.back() == '\t')) {
    record.remove_suffix(1);
  }
  return record;
}

RecordView line_at(const LineBlock& block, std::size_t begin, std::size_t end) noexcept {
  HASHCART_DCHECK(begin < end && end <= block.bytes.size());
  const std::uint64_t offset = block.offset + begin;
  return {.bytes = trim_end(block.bytes.substr(begin, end - begin)),
          .offset = offset,
          .length = end - begin,
          .input = block.input,
          .is_clock_line = is_clock_line(offset, end - begin),
          .framing = Framing::kNdjson,
          .fault = RecordFault::kNone};
}

bool LineCursor::next(RecordView* record) noexcept {
  const std::size_t size = block_.bytes.size();
  if (at_ == size) return false;
  const char* const start = block_.bytes.data() + at_;
  const auto* const lf = static_cast<const char*>(std::memchr(start, '\n', size - at_));
  const std::size_t end =
      lf == nullptr ? size : static_cast<std::size_t>(lf - block_.bytes.data()) + 1;
  *record = line_at(block_, at_, end);
  at_ = end;
  return true;
}

bool RecordCursor::next(RecordView* record) noexcept {
  while (!lines_.next(record)) {
    switch (chunk_.next(&block_, record)) {
      case Piece::kEnd:
        return false;
      case Piece::kRecord:
        return true;
      case Piece::kLines:
        lines_ = LineCursor(block_);
        break;
    }
  }
  return true;
}

Chunk::Chunk(std::size_t capacity)
    : base_capacity_(std::max<std::size_t>(capacity, 1)), range_(std::make_unique<FileRange>()) {}

Chunk::~Chunk() {
  if (range_ != nullptr) range_->close(input_bytes_, true);
}

void Chunk::allocate(std::size_t capacity) {
  HASHCART_CHECK(capacity <= std::numeric_limits<std::uint32_t>::max());  // what a span can say
  memory_ = PageMemory();
  memory_ = PageMemory(capacity + kPadding);
  std::memset(memory_.data() + capacity, 0, memory_.size() - capacity);
  capacity_ = capacity;
}

void Chunk::allocate_for_first(std::size_t bytes) {
  const std::size_t wanted = std::max(bytes, base_capacity_);
  if (bytes > capacity_ || capacity_ == 0 ||
      (capacity_ > base_capacity_ && wanted == base_capacity_)) {
    allocate(wanted);
  }
}

void Chunk::reset(std::uint32_t input, Framing framing) noexcept {
  range_->close(input_bytes_, true);
  records_.clear();
  next_record_ = 0;
  used_ = 0;
  input_bytes_ = 0;
  unended_bytes_ = 0;
  has_gap_ = false;
  ends_input_ = false;
  ran_dry_ = false;
  place_ = {};
  input_ = input;
  framing_ = framing;
  has_lines_ = false;
  range_is_new_ = false;
}

bool Chunk::fits(std::size_t bytes, std::size_t record_count) const noexcept {
  const std::size_t capacity = records_.empty() ? base_capacity_ : capacity_;
  return bytes <= capacity - used_ &&
         records_.size() + record_count <= std::max<std::size_t>(1, capacity / kBytesPerRecord);
}

bool Chunk::append(std::string_view bytes, std::uint64_t offset, std::uint64_t length,
                   RecordFault fault) {
  if (records_.empty()) {
    allocate_for_first(bytes.size());
  } else if (!fits(bytes.size(), 1)) {
    return false;
  }
  if (!bytes.empty()) std::memcpy(memory_.data() + used_, bytes.data(), bytes.size());
  records_.push_back({.begin = static_cast<std::uint32_t>(used_),
                      .size = static_cast<std::uint32_t>(bytes.size()),
                      .offset = offset,
                      .length = length,
                      .fault = fault});
  used_ += bytes.size();
  input_bytes_ += length;
  return true;
}

void Chunk::append_block(std::string_view block, std::span<const RecordSpan> records) {
  if (records.empty()) return;
  HASHCART_CHECK(fits(block.size(), records.size()));
  if (records_.empty()) allocate_for_first(block.size());
  std::memcpy(memory_.data() + used_, block.data(), block.size());
  for (RecordSpan span : records) {
    HASHCART_DCHECK(span.begin + std::size_t{span.size} <= block.size());
    span.begin += static_cast<std::uint32_t>(used_);
    records_.push_back(span);
  }
  used_ += block.size();
  input_bytes_ += block.size();
}

RecordView Chunk::record(const RecordSpan& span) const noexcept {
  return {.bytes = {memory_.data() + span.begin, span.size},
          .offset = span.offset,
          .length = span.length,
          .input = input_,
          .is_clock_line = is_clock_line(span.offset, span.length),
          .framing = framing_,
          .fault = span.fault};
}

std::uint64_t Chunk::unended_bytes() const noexcept {
  return has_lines_ ? lines_->unended_length() : unended_bytes_;
}

LineBuffer& Chunk::lines() {
  if (lines_ == nullptr) lines_ = std::make_unique<LineBuffer>(base_capacity_);
  has_lines_ = true;
  return *lines_;
}

std::unique_ptr<LineBuffer> Chunk::take_lines() noexcept {
  has_lines_ = false;
  return std::move(lines_);
}

void Chunk::set_lines(std::unique_ptr<LineBuffer> lines) noexcept {
  lines_ = std::move(lines);
  has_lines_ = true;
}

void Chunk::load_lines(std::string_view lines, std::uint64_t offset, std::uint32_t input) {
  reset(input, Framing::kNdjson);
  this->lines().start({.input = input, .offset = offset});
  lines_->put(lines);
  lines_->end(false);
}

void Chunk::set_range(FileRange range) {
  reset(range.file()->options().input, Framing::kNdjson);
  static_cast<void>(lines());
  *range_ = std::move(range);
  range_is_new_ = true;
}

// The byte before a range tells whether a line begins with it.
void Chunk::start_range() {
  const FileInput::Options& options = range_->file()->options();
  const std::uint64_t skipped = range_->skip_start();
  input_bytes_ += skipped;
  const std::optional<bool> is_inside_line = range_->begins_inside_line();
  lines_->start({.input = input_,
                 .offset = range_->begin() + skipped,
                 .owned_end = range_->end(),
                 .record_bytes_max = options.record_bytes_max,
                 .is_inside_line = is_inside_line.value_or(true)});
  if (!is_inside_line) {
    has_gap_ = true;
    lines_->end(true);
  }
  range_is_new_ = false;
}

Piece Chunk::next(LineBlock* lines, RecordView* record) noexcept {
  if (next_record_ < records_.size()) {
    *record = this->record(records_[next_record_++]);
    return Piece::kRecord;
  }
  if (!has_lines_) return Piece::kEnd;
  if (range_is_new_) start_range();
  for (;;) {
    switch (lines_->next(lines, record)) {
      case Piece::kLines:
        input_bytes_ += lines->bytes.size();
        return Piece::kLines;
      case Piece::kRecord:
        input_bytes_ += record->length;
        return Piece::kRecord;
      case Piece::kEnd:
        break;
    }
    if (range_->file() == nullptr || lines_->is_done()) break;
    read_range();
  }
  range_->close(input_bytes_, false);
  return Piece::kEnd;
}

void Chunk::read_range() {
  switch (lines_->read(range_.get(), Wait::kYes)) {
    case ReadStatus::kBytes:
    case ReadStatus::kNotYet:
      break;
    case ReadStatus::kEnd:
      lines_->end(false);
      break;
    case ReadStatus::kBroken:
      has_gap_ = true;
      lines_->end(true);
      break;
    case ReadStatus::kStopped:
      lines_->forget_rest();
      break;
  }
}

}  // namespace hashcart::ingest
