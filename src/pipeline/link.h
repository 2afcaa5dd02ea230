// Link: a bounded queue of handles from one thread to one other, over boost::lockfree::spsc_queue.
//
// The only file that includes boost/lockfree. Handles are small indices into pools; a full link
// blocks its producer (back-pressure), an empty one its consumer, until it is closed. Waiting spins
// for a moment and then sleeps in the kernel: on a machine with few cores a spinner would take the
// time of the thread it waits for.
//
// Threads: push() and close() by one, pop*() by one other.   Memory: fixed at construction.
#pragma once

#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>

namespace hashcart::pipeline {

using Handle = std::uint32_t;

class Link {
 public:
  explicit Link(std::size_t capacity) : queue_(capacity) {}

  // Blocks while the link is full.
  void push(Handle handle) {
    for (int spin = 0; !queue_.push(handle); ++spin) {
      if (spin < kSpins) continue;
      // pairs with the release in took()
      const std::uint32_t seen = popped_.load(std::memory_order_acquire);
      if (queue_.push(handle)) break;
      popped_.wait(seen, std::memory_order_acquire);
    }
    pushed_.fetch_add(1, std::memory_order_release);  // pairs with the acquire in pop()
    pushed_.notify_one();
  }

  // Nothing will be pushed any more; what is queued can still be popped.
  void close() {
    // pairs with the acquire in pop(): all pushes come first
    closed_.store(true, std::memory_order_release);
    pushed_.fetch_add(1, std::memory_order_release);
    pushed_.notify_one();
  }

  // Blocks while the link is empty. False: it is empty and closed.
  [[nodiscard]] bool pop(Handle* handle) {
    for (int spin = 0;; ++spin) {
      if (try_pop(handle)) return true;
      if (spin < kSpins) continue;
      const std::uint32_t seen = pushed_.load(std::memory_order_acquire);
      if (try_pop(handle)) return true;
      if (closed_.load(std::memory_order_acquire)) return try_pop(handle);
      pushed_.wait(seen, std::memory_order_acquire);
    }
  }

  [[nodiscard]] bool try_pop(Handle* handle) {
    if (queue_.pop(handle, 1) == 0) return false;
    took();
    return true;
  }

  enum class Popped : std::uint8_t { kHandle, kClosed, kTimeout };

  // Like pop(), but gives up at a time. For the rare wait that has something to do later; it naps
  // in steps, since atomics cannot wait for a time.
  [[nodiscard]] Popped pop_until(Handle* handle, std::chrono::steady_clock::time_point deadline) {
    for (;;) {
      if (try_pop(handle)) return Popped::kHandle;
      if (closed_.load(std::memory_order_acquire)) {
        return try_pop(handle) ? Popped::kHandle : Popped::kClosed;
      }
      if (std::chrono::steady_clock::now() >= deadline) return Popped::kTimeout;
      std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
  }

 private:
  static constexpr int kSpins = 64;

  void took() {
    popped_.fetch_add(1, std::memory_order_release);  // pairs with the acquire in push()
    popped_.notify_one();
  }

  boost::lockfree::spsc_queue<Handle> queue_;
  // Producer writes, consumer waits. On its own cache line.
  alignas(64) std::atomic<std::uint32_t> pushed_{0};
  std::atomic<bool> closed_{false};
  // Consumer writes, producer waits.
  alignas(64) std::atomic<std::uint32_t> popped_{0};
};

}  // namespace hashcart::pipeline
