#include "ingest/chunk.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

#include "base/check.h"

namespace hashcart::ingest {
namespace {

std::size_t whole_pages(std::size_t bytes) noexcept {
  return (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
}

}  // namespace

void Chunk::FreeDeleter::operator()(char* memory) const noexcept { std::free(memory); }

Chunk::Chunk(std::size_t capacity) : base_capacity_(std::max<std::size_t>(capacity, 1)) {
  allocate(base_capacity_);
}

void Chunk::allocate(std::size_t capacity) {
  HASHCART_CHECK(capacity <= std::numeric_limits<std::uint32_t>::max());  // what a span can say
  memory_.reset();
  const std::size_t size = whole_pages(capacity + kPadding);
  memory_.reset(static_cast<char*>(std::aligned_alloc(kPageBytes, size)));
  if (memory_ == nullptr) throw std::bad_alloc();
  std::memset(memory_.get() + capacity, 0, size - capacity);
  capacity_ = capacity;
}

void Chunk::allocate_for_first(std::size_t bytes) {
  const std::size_t wanted = std::max(bytes, base_capacity_);
  if (bytes > capacity_ || (capacity_ > base_capacity_ && wanted == base_capacity_)) {
    allocate(wanted);
  }
}

void Chunk::reset(std::uint32_t input, Framing framing) noexcept {
  records_.clear();
  used_ = 0;
  input_bytes_ = 0;
  input_ = input;
  framing_ = framing;
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
  if (!bytes.empty()) std::memcpy(memory_.get() + used_, bytes.data(), bytes.size());
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
  std::memcpy(memory_.get() + used_, block.data(), block.size());
  for (RecordSpan span : records) {
    HASHCART_DCHECK(span.begin + std::size_t{span.size} <= block.size());
    span.begin += static_cast<std::uint32_t>(used_);
    records_.push_back(span);
  }
  used_ += block.size();
  input_bytes_ += block.size();
}

RecordView Chunk::record(std::size_t index) const noexcept {
  HASHCART_DCHECK(index < records_.size());
  const RecordSpan& span = records_[index];
  // The first multiple at or behind the offset.
  const std::uint64_t tick =
      (span.offset + kClockLineEvery - 1) / kClockLineEvery * kClockLineEvery;
  return {.bytes = {memory_.get() + span.begin, span.size},
          .offset = span.offset,
          .length = span.length,
          .input = input_,
          .is_clock_line = tick - span.offset < span.length,
          .framing = framing_,
          .fault = span.fault};
}

}  // namespace hashcart::ingest
