// Arena: room for text that the reader itself makes (decoded HTML, ids put together), for the life
// of one record.
//
// Bytes handed out never move until reset(). After a reset all room is one block, as large as what
// was needed before, so a steady stream allocates nothing.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace hashcart::post {

class Arena {
 public:
  // Gives all bytes back. expected: bytes the next record will probably take.
  void reset(std::size_t expected) {
    if (blocks_.size() > 1 || capacity_ < expected) {
      const std::size_t wanted = capacity_total_ > expected ? capacity_total_ : expected;
      blocks_.clear();
      capacity_total_ = 0;
      add_block(wanted);
    }
    used_ = 0;
  }

  // `size` bytes that stay where they are until reset().
  [[nodiscard]] char* take(std::size_t size) {
    if (size > capacity_ - used_) add_block(size > kBlockBytes ? size : kBlockBytes);
    char* at = blocks_.back().get() + used_;
    used_ += size;
    return at;
  }

  // Gives back the end of what the last take() handed out.
  void give_back(std::size_t unused) noexcept { used_ -= unused; }

 private:
  static constexpr std::size_t kBlockBytes = 16U << 10U;

  void add_block(std::size_t size) {
    std::size_t rounded = kBlockBytes;
    while (rounded < size) rounded *= 2;
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(rounded));
    capacity_ = rounded;
    capacity_total_ += rounded;
    used_ = 0;
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t capacity_ = 0;  // of the last block
  std::size_t used_ = 0;      // of the last block
  std::size_t capacity_total_ = 0;
};

}  // namespace hashcart::post
