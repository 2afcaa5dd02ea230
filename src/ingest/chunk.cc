#include "ingest/chunk.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/check.h"

namespace hashcart::ingest {
namespace {

std::size_t whole_pages(std::size_t bytes) noexcept {
  return (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
}

}  // namespace

void Chunk::FreeDeleter::operator()(char* memory) const noexcept { std::free(memory); }

Chunk::Chunk(std::size_t capacity) : base_capacity_(std::max(capacity, kPageBytes)) {
  allocate(base_capacity_);
}

void Chunk::allocate(std::size_t capacity) {
  void* memory = std::aligned_alloc(kPageBytes, whole_pages(capacity + kPadding));
  if (memory == nullptr) throw std::bad_alloc();
  std::memset(static_cast<char*>(memory) + capacity, 0, kPadding);
  memory_.reset(static_cast<char*>(memory));
  capacity_ = capacity;
}

void Chunk::reset(std::uint32_t input, Framing framing) noexcept {
  records_.clear();
  used_ = 0;
  input_bytes_ = 0;
  input_ = input;
  framing_ = framing;
}

bool Chunk::append(std::string_view bytes, std::uint64_t offset, std::uint64_t length,
                   RecordFault fault) {
  if (bytes.size() > capacity_ - used_) {
    if (!records_.empty()) return false;
    allocate(bytes.size());
  } else if (records_.empty() && capacity_ > base_capacity_ && bytes.size() <= base_capacity_) {
    allocate(base_capacity_);  // grown once for a long record: back to its own size
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

RecordView Chunk::record(std::size_t index) const noexcept {
  HASHCART_DCHECK(index < records_.size());
  const RecordSpan& span = records_[index];
  const std::uint64_t last = span.offset + (span.length == 0 ? 0 : span.length - 1);
  return {.bytes = {memory_.get() + span.begin, span.size},
          .offset = span.offset,
          .length = span.length,
          .input = input_,
          .is_clock_line = span.offset % kClockLineEvery == 0 ||
                           last / kClockLineEvery != span.offset / kClockLineEvery,
          .framing = framing_,
          .fault = span.fault};
}

}  // namespace hashcart::ingest
