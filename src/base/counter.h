// Counter: written by one thread, readable from any (statistics, metrics).
#pragma once

#include <atomic>
#include <cstdint>

namespace hashcart::base {

class Counter {
 public:
  // Called by the one thread that owns this counter: no read-modify-write is needed.
  void add(std::uint64_t n) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }

  // From any thread; readers tolerate lag, so relaxed order is enough.
  [[nodiscard]] std::uint64_t value() const noexcept {
    return value_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace hashcart::base
