// BoundedTable: a hash table that never holds more than its capacity, in entries and in bytes of
// what they hold; the oldest insertion leaves first.
//
// The bytes are what the caller says of an entry, and its key. What bounds them follows from the
// capacity: so many an entry, on average, and kBytesMin where that is less; a single entry may hold
// more.
//
// Expiry by event time is the caller's business at look-up; this table only bounds memory. Eviction
// order is insertion order, so what a full table forgets depends on the input alone, never on hash
// values or the machine. An entry that is assigned anew keeps its place.
//
// Threads: one.   Memory: entries_cost() and `bytes_max`, times what the caller's own indexes copy
// of it; slots are reused.   Cost: O(1) per operation.
#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/counter.h"
#include "intent/key_hash.h"

namespace hashcart::intent {

template <typename Value>
class BoundedTable {
 public:
  // A table smaller than that would forget what is merely long.
  static constexpr std::uint64_t kBytesMin = 4U << 20U;

  BoundedTable(std::uint64_t capacity, std::uint64_t bytes_per_entry)
      : capacity_(capacity == 0 ? 1 : capacity),
        bytes_max_(bytes_max(capacity_, bytes_per_entry)) {}

  [[nodiscard]] static constexpr std::uint64_t bytes_max(std::uint64_t capacity,
                                                         std::uint64_t bytes_per_entry) noexcept {
    return std::max(kBytesMin, capacity * bytes_per_entry);
  }
  // What so many entries take at most, but for the bytes they hold: with the allocator's share of
  // each, the list of free slots and the hash table at the moment they grow.
  [[nodiscard]] static constexpr std::uint64_t entries_cost(std::uint64_t capacity) noexcept {
    return capacity * (sizeof(Slot) + 3 * sizeof(void*) + 3 * sizeof(std::uint32_t) +
                       4 * (sizeof(std::string) + 2 * sizeof(std::uint64_t)));
  }

  // Null when absent. The pointer dies at the next insert or erase.
  [[nodiscard]] Value* find(std::string_view key) noexcept {
    const auto found = index_.find(key);
    return found == index_.end() ? nullptr : &slots_[found->second].value;
  }

  // Finds or inserts; returns the value and whether it is new. While the table is full the oldest
  // entry is handed to on_evict(key, value) and forgotten, before the new one is made. bytes: what
  // the new one will hold.
  template <typename OnEvict>
  std::pair<Value*, bool> insert(std::string_view key, std::uint64_t bytes, OnEvict on_evict) {
    if (Value* value = find(key)) return {value, false};
    while (is_full(key.size() + bytes)) evict_oldest(on_evict);
    return {place(key, bytes), true};
  }

  std::pair<Value*, bool> insert(std::string_view key, std::uint64_t bytes = 0) {
    return insert(key, bytes, [](std::string_view, Value&) {});
  }

  // For an entry that holds more or less by now. What is too much is seen at the next insertion.
  void set_bytes(std::string_view key, std::uint64_t bytes) noexcept {
    const auto found = index_.find(key);
    if (found == index_.end()) return;
    Slot& slot = slots_[found->second];
    bytes_ += key.size() + bytes - slot.bytes;
    slot.bytes = key.size() + bytes;
  }

  // Makes an entry, though the table may hold too many bytes then: as it was, when its state was
  // kept. The key is not there, and the table holds fewer than `capacity` entries.
  Value* place(std::string_view key, std::uint64_t bytes) {
    std::uint32_t at = 0;
    if (free_.empty()) {
      HASHCART_CHECK(slots_.size() < kNone);
      at = static_cast<std::uint32_t>(slots_.size());
      slots_.emplace_back();
    } else {
      at = free_.back();
      free_.pop_back();
    }
    Slot& slot = slots_[at];
    slot.key.assign(key);
    slot.value = Value{};
    slot.bytes = key.size() + bytes;
    bytes_ += slot.bytes;
    slot.before = newest_;
    slot.after = kNone;
    if (newest_ != kNone) slots_[newest_].after = at;
    newest_ = at;
    if (oldest_ == kNone) oldest_ = at;
    index_.emplace(slot.key, at);
    return &slots_[at].value;
  }

  void erase(std::string_view key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return;
    const std::uint32_t at = found->second;
    const std::string own(key);
    remove(own, at);
  }

  [[nodiscard]] std::uint64_t size() const noexcept { return index_.size(); }
  [[nodiscard]] std::uint64_t capacity() const noexcept { return capacity_; }
  // What the entries hold.
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::uint64_t evictions() const noexcept { return evictions_.value(); }

  // Forgets the oldest until no more than `capacity` are left; each is handed over as above.
  template <typename OnEvict>
  void trim(std::uint64_t capacity, OnEvict on_evict) {
    while (index_.size() > (capacity == 0 ? 1 : capacity)) evict_oldest(on_evict);
  }

  // Of a table whose state was kept: what it had forgotten before.
  void add_evictions(std::uint64_t count) noexcept { evictions_.add(count); }

  // All entries in insertion order.
  template <typename Visit>
  void for_each(Visit visit) {
    for (std::uint32_t at = oldest_; at != kNone; at = slots_[at].after)
      visit(slots_[at].key, slots_[at].value);
  }

 private:
  static constexpr std::uint32_t kNone = 0xFFFF'FFFF;

  struct Slot {
    std::string key;
    Value value{};
    std::uint64_t bytes = 0;  // its key's too
    std::uint32_t before = kNone;
    std::uint32_t after = kNone;
  };

  [[nodiscard]] bool is_full(std::uint64_t more_bytes) const noexcept {
    return index_.size() >= capacity_ || (!index_.empty() && bytes_ + more_bytes > bytes_max_);
  }

  template <typename OnEvict>
  void evict_oldest(OnEvict& on_evict) {
    evictions_.add(1);
    Slot& oldest = slots_[oldest_];
    Value value = std::move(oldest.value);
    const std::string old_key = std::move(oldest.key);
    remove(old_key, oldest_);
    on_evict(std::string_view(old_key), value);
  }

  void remove(const std::string& key, std::uint32_t at) {
    index_.erase(key);
    Slot& slot = slots_[at];
    if (slot.before != kNone) slots_[slot.before].after = slot.after;
    if (slot.after != kNone) slots_[slot.after].before = slot.before;
    if (oldest_ == at) oldest_ = slot.after;
    if (newest_ == at) newest_ = slot.before;
    bytes_ -= slot.bytes;
    slot.key = {};
    slot.value = Value{};
    free_.push_back(at);
  }

  std::uint64_t capacity_;
  std::uint64_t bytes_max_;
  std::uint64_t bytes_ = 0;
  boost::unordered_flat_map<std::string, std::uint32_t, KeyHash, KeyEqual> index_;
  std::deque<Slot> slots_;  // which do not move when it grows
  std::vector<std::uint32_t> free_;
  std::uint32_t oldest_ = kNone;
  std::uint32_t newest_ = kNone;
  base::Counter evictions_;
};

}  // namespace hashcart::intent
