#include "post/counting_new.h"

#ifndef HASHCART_SANITIZED

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<std::size_t> count{0};
}  // namespace

// Apart from the tests, so that the compiler does not see through both halves of a pair and warn of
// a mismatch.
void* operator new(std::size_t size) {
  count.fetch_add(1, std::memory_order_relaxed);  // read by one thread, between reads
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void* operator new[](std::size_t size) { return operator new(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t /*size*/) noexcept { std::free(memory); }

std::size_t hashcart::post::testing::allocation_count() noexcept {
  return count.load(std::memory_order_relaxed);
}

#endif
