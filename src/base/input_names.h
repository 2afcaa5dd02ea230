// InputNames: what inputs are called, by number; grows while others read.
//
// A followed pattern finds files while the run goes on, so names are added to a list that encoders
// on other threads look into. What was added stays where it is.
//
// Threads: number_of() and add() by one at a time; the rest by any.   Memory: blocks that double.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/check.h"

namespace hashcart::base {

class InputNames {
 public:
  InputNames() = default;
  explicit InputNames(const std::vector<std::string>& names) {
    for (const std::string& name : names) static_cast<void>(add(name));
  }

  // Adds a name, though it may be there already.
  std::uint32_t add(std::string name) {
    const std::uint32_t number = size_.load(std::memory_order_relaxed);
    const auto [block, place] = at(number);
    if (blocks_[block] == nullptr) {
      blocks_[block] = std::make_unique<std::string[]>(std::size_t{kFirst} << block);
    }
    numbers_.emplace(name, number);
    blocks_[block][place] = std::move(name);
    size_.store(number + 1, std::memory_order_release);  // pairs with the acquire in size()
    return number;
  }
  // The number of a name, its first one; a new name is added.
  std::uint32_t number_of(const std::string& name) {
    const auto found = numbers_.find(name);
    return found == numbers_.end() ? add(name) : found->second;
  }

  [[nodiscard]] std::uint32_t size() const noexcept {
    return size_.load(std::memory_order_acquire);
  }
  [[nodiscard]] const std::string& operator[](std::uint32_t number) const {
    HASHCART_CHECK(number < size());
    const auto [block, place] = at(number);
    return blocks_[block][place];
  }

 private:
  // Block k holds kFirst << k names.
  static constexpr std::uint32_t kFirst = 16;
  [[nodiscard]] static std::pair<std::size_t, std::size_t> at(std::uint32_t number) noexcept {
    const std::uint64_t from_first = std::uint64_t{number} + kFirst;
    const auto width = static_cast<std::size_t>(std::bit_width(from_first / kFirst)) - 1;
    return {width, static_cast<std::size_t>(from_first - (std::uint64_t{kFirst} << width))};
  }

  std::array<std::unique_ptr<std::string[]>, 29> blocks_;
  std::atomic<std::uint32_t> size_{0};
  std::unordered_map<std::string, std::uint32_t> numbers_;
};

}  // namespace hashcart::base
