#include "ingest/input_stream.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace hashcart::ingest {
namespace {

// Room for a tail in front of a read, so that the first tail does not grow the buffer.
constexpr std::size_t kBufferBytesMin = 512U << 10U;

}  // namespace

void InputStream::open(std::unique_ptr<ByteSource> bytes, Start start) {
  close();
  bytes_ = std::move(bytes);
  start_ = std::move(start);
  framer_.reset();
  has_begun_ = false;
  after_peek_ = ReadStatus::kBytes;
  is_cut_ = false;
  begin_ = end_ = 0;
  offset_ = start_.offset;
}

void InputStream::close() noexcept {
  begin_ = end_;
  line_.reset();
  long_head_.clear();
  long_length_ = 0;
  found_.reset();
  bytes_.reset();
}

void InputStream::forget() noexcept {
  ledger_.take_back_read(held_bytes());
  close();
}

void InputStream::end(bool is_cut) noexcept {
  after_peek_ = is_cut ? ReadStatus::kBroken : ReadStatus::kEnd;
  is_cut_ = is_cut;
}

std::uint64_t InputStream::held_bytes() const noexcept {
  return line_ != nullptr ? line_->rest_length() : held().size() + long_length_;
}

InputStream::Filled InputStream::fill(Chunk* chunk, Wait wait) {
  chunk->reset(start_.input, framer_ ? framer_->framing() : Framing::kNdjson);
  if (!has_begun_) {
    if (const std::optional<Filled> early = begin(chunk, wait)) return *early;
  }
  // A chunk holds records of one input.
  return framer_->framing() == Framing::kNdjson ? fill_lines(chunk, wait)
                                                : fill_records(chunk, wait);
}

// Reads as far as the first record. Nothing: it has begun.
std::optional<InputStream::Filled> InputStream::begin(Chunk* chunk, Wait wait) {
  std::optional<Framing> framing;
  if (start_.framing != Framing::kAuto) {
    framing = start_.framing;
  } else {
    framing = detect_framing(held(), false);
  }
  ReadStatus status = ReadStatus::kBytes;
  // A BOM is three bytes, which may come one at a time.
  const auto may_be_bom = [&] {
    return start_.offset == 0 && held().size() < kBom.size() && kBom.starts_with(held());
  };
  while (status == ReadStatus::kBytes && (!framing || may_be_bom())) {
    status = read_more(wait);
    if (status == ReadStatus::kNotYet) return Filled::kNotYet;
    if (!framing) framing = detect_framing(held(), status != ReadStatus::kBytes);
  }
  after_peek_ = status;
  framer_.emplace(framing.value_or(Framing::kNdjson));
  chunk->reset(start_.input, framer_->framing());
  if (start_.offset == 0 && held().starts_with(kBom)) {
    chunk->add_skipped(kBom.size());
    take(kBom.size());
  }
  has_begun_ = true;
  return start_.position > start_.offset ? skip_to_position(chunk, wait) : std::nullopt;
}

std::optional<InputStream::Filled> InputStream::skip_to_position(Chunk* chunk, Wait wait) {
  const std::uint64_t position = start_.position;
  chunk->reset(start_.input, framer_->framing());  // a BOM is behind us too
  ReadStatus status = ReadStatus::kBytes;
  for (;;) {
    take(static_cast<std::size_t>(std::min<std::uint64_t>(held().size(), position - offset_)));
    if (offset_ == position) break;
    status = read_more(wait);
    if (status != ReadStatus::kBytes) break;
  }
  ledger_.take_back_read(offset_ - start_.offset);
  if (offset_ == position) return std::nullopt;
  if (status != ReadStatus::kStopped) {
    broke_off(status == ReadStatus::kBroken ? bytes_->message()
                                            : "is shorter than what was read of it before");
  }
  close();
  return status == ReadStatus::kStopped ? Filled::kStopped : Filled::kNothing;
}

InputStream::Filled InputStream::fill_lines(Chunk* chunk, Wait wait) {
  if (line_ != nullptr) {
    chunk->set_lines(std::move(line_));
  } else {
    chunk->lines().start(
        {.input = start_.input, .offset = offset_, .record_bytes_max = record_bytes_max_});
    chunk->lines().put(held());
    begin_ = end_;
  }
  LineBuffer& lines = chunk->lines();
  ReadStatus status = ReadStatus::kBytes;
  while (status == ReadStatus::kBytes && !lines.is_full()) {
    status = stopped_or_peeked();
    if (status != ReadStatus::kBytes) break;
    status = lines.read(bytes_.get(), lines.has_pieces() ? Wait::kNo : wait);
  }
  switch (status) {
    case ReadStatus::kBytes:
      break;
    case ReadStatus::kNotYet:
      if (!lines.has_pieces()) {
        // It is kept as it stands, so that a line that comes in small pieces costs linear time.
        if (lines.rest_length() > 0) line_ = chunk->take_lines();
        return Filled::kNotYet;
      }
      chunk->set_ran_dry();
      break;
    case ReadStatus::kStopped:
      ledger_.take_back_read(lines.rest_length());
      offset_ = lines.rest_offset();
      close();
      return Filled::kStopped;
    case ReadStatus::kEnd:
    case ReadStatus::kBroken:
      lines.end(status == ReadStatus::kBroken);
      if (status == ReadStatus::kBroken) {
        broke_off(bytes_->message());
      } else {
        chunk->set_ends_input();
      }
      offset_ = lines.rest_offset() + lines.rest_length();
      close();
      return ended(*chunk, lines.has_pieces());
  }
  offset_ = lines.rest_offset();
  hold(lines.rest());
  return Filled::kChunk;
}

// Events and values.
InputStream::Filled InputStream::fill_records(Chunk* chunk, Wait wait) {
  for (;;) {
    if (!move_records(chunk)) return Filled::kChunk;
    const ReadStatus status = read_more(chunk->has_records() ? Wait::kNo : wait);
    switch (status) {
      case ReadStatus::kBytes:
        continue;
      case ReadStatus::kNotYet:
        if (!chunk->has_records()) return Filled::kNotYet;
        chunk->set_ran_dry();
        return Filled::kChunk;
      case ReadStatus::kStopped:
        forget();
        return Filled::kStopped;
      case ReadStatus::kEnd:
      case ReadStatus::kBroken:
        if (!end_input(chunk, status)) return Filled::kChunk;
        return ended(*chunk, chunk->has_records());
    }
  }
}

InputStream::Filled InputStream::ended(const Chunk& chunk, bool has_records) const noexcept {
  const bool is_silent = !has_records && chunk.input_bytes() == 0 && !start_.tells_end;
  return is_silent ? Filled::kNothing : Filled::kLastChunk;
}

// Keeps bytes for the next chunk.
void InputStream::hold(std::string_view bytes) {
  if (bytes.size() > buffer_.size()) buffer_ = PageMemory(2 * bytes.size());
  if (!bytes.empty()) std::memcpy(buffer_.data(), bytes.data(), bytes.size());
  begin_ = 0;
  end_ = bytes.size();
}

// Moves whole records into the chunk, as many as fit with one copy. False: the chunk is full.
bool InputStream::move_records(Chunk* chunk) {
  for (;;) {
    const std::string_view bytes = held();
    std::optional<std::size_t> size;
    std::size_t at = 0;
    spans_.clear();
    for (;;) {
      size = found_ ? std::exchange(found_, std::nullopt) : framer_->find(bytes.substr(at));
      if (!size || long_length_ > 0 || *size > record_bytes_max_ ||
          !chunk->fits(at + *size, spans_.size() + 1)) {
        break;
      }
      const std::string_view record = framer_->trim(bytes.substr(at, *size));
      spans_.push_back({.begin = static_cast<std::uint32_t>(record.data() - bytes.data()),
                        .size = static_cast<std::uint32_t>(record.size()),
                        .offset = offset_ + at,
                        .length = *size});
      at += *size;
    }
    chunk->append_block(bytes.substr(0, at), spans_);
    take(at);
    if (!size) {
      if (held().size() > record_bytes_max_) skip_long(held());
      return true;
    }
    // Over the limit, or too large for this chunk unless it is the first in it.
    if (!put(chunk, held().substr(0, *size), RecordFault::kNone)) {
      found_ = size;  // the next chunk begins with it
      return false;
    }
  }
}

// The record so far is over the limit: its beginning is kept, the rest goes by unseen.
void InputStream::skip_long(std::string_view bytes) {
  if (long_head_.size() < kLongRecordKept) {
    long_head_.append(bytes.substr(0, kLongRecordKept - long_head_.size()));
  }
  long_length_ += bytes.size();
  framer_->forget(bytes.size());
  begin_ = end_;
}

// Appends one record, its ending included, to the chunk. False: no room; nothing has changed.
bool InputStream::put(Chunk* chunk, std::string_view record, RecordFault fault) {
  const std::uint64_t length = long_length_ + record.size();
  if (length > record_bytes_max_) {
    std::string head = long_head_;
    head.append(record.substr(0, kLongRecordKept - head.size()));
    const std::string_view kept = length <= kLongRecordKept ? framer_->trim(head) : head;
    if (!chunk->append(kept, offset_, length, RecordFault::kTooLong)) return false;
    long_head_.clear();
  } else if (!chunk->append(framer_->trim(record), offset_, length, fault)) {
    return false;
  }
  begin_ += record.size();
  offset_ += length;
  long_length_ = 0;
  return true;
}

// What is left when an input ends. False: the chunk had no room for it; call again.
bool InputStream::end_input(Chunk* chunk, ReadStatus why) {
  const std::string_view rest = held();
  const bool is_blank = long_length_ == 0 && framer_->trim(rest).empty();
  const bool is_cut = !is_blank && (why == ReadStatus::kBroken || !framer_->is_whole_at_end());
  if (is_blank) {
    chunk->add_skipped(rest.size());
    take(rest.size());
  } else if (!rest.empty() || long_length_ > 0) {
    chunk->set_unended(long_length_ + rest.size());
    if (!put(chunk, rest, is_cut ? RecordFault::kCutShort : RecordFault::kNone)) {
      chunk->set_unended(0);
      after_peek_ = why;
      return false;
    }
  }
  if (why == ReadStatus::kBroken) {
    broke_off(bytes_->message());
  } else if (is_cut) {
    broke_off("ends inside a JSON value at byte " + std::to_string(offset_));
  } else {
    chunk->set_ends_input();
  }
  close();
  return true;
}

void InputStream::broke_off(const std::string& how) {
  if (is_cut_) return;
  ledger_.add_fault(start_.input, InputFaultKind::kBrokeOff, start_.name + ": " + how);
}

// kBytes: neither.
ReadStatus InputStream::stopped_or_peeked() noexcept {
  if (ledger_.stopped()) return ReadStatus::kStopped;
  return std::exchange(after_peek_, ReadStatus::kBytes);
}

// Reads behind what is held.
ReadStatus InputStream::read_more(Wait wait) {
  ReadStatus status = stopped_or_peeked();
  if (status != ReadStatus::kBytes) return status;
  make_room();
  std::size_t count = 0;
  status = bytes_->read(buffer_.data() + end_, read_bytes_, wait, &count);
  if (status == ReadStatus::kBytes) end_ += count;
  return status;
}

// Makes room for a read behind what is held, at a page's edge where that is cheap: the kernel
// copies to any other place several times slower on some CPUs. What is held moves only when more
// than it has gone by since it last moved, or the buffer doubles; so a long record that comes in
// small reads costs linear time.
void InputStream::make_room() {
  const std::size_t size = end_ - begin_;
  const std::size_t edge = whole_pages(size);
  const std::size_t wanted = edge + read_bytes_;
  if (begin_ >= edge && wanted <= buffer_.size()) {
    if (size > 0) std::memcpy(buffer_.data() + edge - size, buffer_.data() + begin_, size);
  } else if (end_ + read_bytes_ <= buffer_.size()) {
    return;
  } else {
    PageMemory larger(std::max({wanted, buffer_.size() * 2, kBufferBytesMin}));
    if (size > 0) std::memcpy(larger.data() + edge - size, buffer_.data() + begin_, size);
    buffer_ = std::move(larger);
  }
  begin_ = edge - size;
  end_ = edge;
}

}  // namespace hashcart::ingest
