// PageMemory: memory that begins at a page's edge.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

namespace hashcart::ingest {

// The kernel's copy into a buffer that is not page-aligned is 4x slower on Zen 3.
inline constexpr std::size_t kPageBytes = 4096;

[[nodiscard]] constexpr std::size_t whole_pages(std::size_t bytes) noexcept {
  return (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
}

// Pages that are never touched cost address space only.
class PageMemory {
 public:
  PageMemory() = default;
  // bytes: rounded up to whole pages. Throws std::bad_alloc.
  explicit PageMemory(std::size_t bytes)
      : size_(whole_pages(bytes)),
        data_(static_cast<char*>(std::aligned_alloc(kPageBytes, size_))) {
    if (data_ == nullptr) throw std::bad_alloc();
  }

  [[nodiscard]] char* data() const noexcept { return data_.get(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  struct FreeDeleter {
    void operator()(char* memory) const noexcept { std::free(memory); }
  };
  std::size_t size_ = 0;
  std::unique_ptr<char[], FreeDeleter> data_;
};

}  // namespace hashcart::ingest
