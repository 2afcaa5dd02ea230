// ProbeTree: which of many texts may stand around a place in raw bytes, found without trying each.
//
// Hundreds of hosts share one window (scan_windows.h), since windows that are shared are cheap to
// look for. What tells them apart stands beside it: a node of the tree reads four bytes at a fixed
// distance from the window, goes on to the texts that have these bytes there, and ends where none
// has. Where nothing stands, which is the rule, that is one look-up.
//
// Threads: immutable once built.   Memory: some 30 bytes a text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace hashcart::match {

class ProbeTree {
 public:
  struct Item {
    std::string text;         // ASCII; compared without case, and then not all of it
    std::uint32_t place = 0;  // in text: the place that is asked for
    // The part of text, around place, of which every byte stands in raw bytes as it is if the text
    // does. (place, place): nothing is certain, the item is always named.
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::uint32_t value = 0;  // what the item is called
  };

  [[nodiscard]] std::size_t bytes() const noexcept {
    return nodes_.capacity() * sizeof(Node) + slots_.capacity() * sizeof(Slot) +
           values_.capacity() * sizeof(std::uint32_t);
  }

  // How far around a place is read.
  static constexpr std::ptrdiff_t kReach = 24;

  ProbeTree() = default;
  explicit ProbeTree(const std::vector<Item>& items);

  // Calls tells(value) for those that may stand around the place, until it says true; whether it
  // did. kReach bytes on both sides of the place are readable.
  template <typename Tells>
  [[nodiscard]] bool any(const char* place, Tells tells) const noexcept {
    if (nodes_.empty()) return false;
    for (const Node* node = nodes_.data(); node != nullptr; node = next(*node, place)) {
      for (std::uint32_t i = node->values_begin; i < node->values_end; ++i) {
        if (tells(values_[i])) return true;
      }
    }
    return false;
  }

 private:
  struct Node {
    std::uint32_t values_begin = 0;  // of values_: named whatever is read
    std::uint32_t values_end = 0;
    std::uint32_t slots = 0;    // of slots_: where its table begins
    std::int16_t distance = 0;  // from the place to the bytes that are read
    std::uint8_t shift = kNoTable;
  };
  struct Slot {
    std::uint32_t bytes = 0;
    std::uint32_t node = 0;  // of nodes_; 0: free, for the root is nobody's child
  };
  static constexpr std::uint8_t kNoTable = 32;

  // Four bytes without case. Setting the bit makes some signs equal too, which only names more.
  [[nodiscard]] static std::uint32_t read(const char* text) noexcept {
    std::uint32_t bytes = 0;
    std::memcpy(&bytes, text, sizeof bytes);
    return bytes | 0x20202020U;
  }
  [[nodiscard]] static std::uint32_t hash(std::uint32_t bytes) noexcept {
    return bytes * 0x9E3779B1U;
  }

  [[nodiscard]] const Node* next(const Node& node, const char* place) const noexcept {
    if (node.shift == kNoTable) return nullptr;
    const std::uint32_t bytes = read(place + node.distance);
    const std::uint32_t mask = ~0U >> node.shift;
    for (std::uint32_t at = hash(bytes) >> node.shift;; at = (at + 1) & mask) {
      const Slot& slot = slots_[node.slots + at];
      if (slot.node == 0) return nullptr;
      if (slot.bytes == bytes) return &nodes_[slot.node];
    }
  }

  void build(std::uint32_t node, std::vector<const Item*> items);

  std::vector<Node> nodes_;  // the root first
  std::vector<Slot> slots_;  // tables of open addressing, never full
  std::vector<std::uint32_t> values_;
};

}  // namespace hashcart::match
