// BoundedTable: a hash table that never holds more than its capacity; the oldest insertion leaves
// first.
//
// Expiry by event time is the caller's business at look-up; this table only bounds memory. Eviction
// order is insertion order, so what a full table forgets depends on the input alone, never on hash
// values or the machine. An entry that is assigned anew keeps its place.
//
// Threads: one.   Memory: at most `capacity` entries; slots are reused.   Cost: O(1) per operation.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
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
  explicit BoundedTable(std::uint64_t capacity) : capacity_(capacity == 0 ? 1 : capacity) {}

  // Null when absent. The pointer dies at the next insert or erase.
  [[nodiscard]] Value* find(std::string_view key) noexcept {
    const auto found = index_.find(key);
    return found == index_.end() ? nullptr : &slots_[found->second].value;
  }

  // Finds or inserts; returns the value and whether it is new. When the table is full the oldest
  // entry is handed to on_evict(key, value) and forgotten before the new one is made.
  template <typename OnEvict>
  std::pair<Value*, bool> insert(std::string_view key, OnEvict on_evict) {
    if (Value* value = find(key)) return {value, false};
    if (index_.size() >= capacity_) evict_oldest(on_evict);
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
    slot.before = newest_;
    slot.after = kNone;
    if (newest_ != kNone) slots_[newest_].after = at;
    newest_ = at;
    if (oldest_ == kNone) oldest_ = at;
    index_.emplace(slot.key, at);
    return {&slots_[at].value, true};
  }

  std::pair<Value*, bool> insert(std::string_view key) {
    return insert(key, [](std::string_view, Value&) {});
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
    std::uint32_t before = kNone;
    std::uint32_t after = kNone;
  };

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
    slot.key.clear();
    slot.value = Value{};
    free_.push_back(at);
  }

  std::uint64_t capacity_;
  boost::unordered_flat_map<std::string, std::uint32_t, KeyHash, KeyEqual> index_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::uint32_t oldest_ = kNone;
  std::uint32_t newest_ = kNone;
  base::Counter evictions_;
};

}  // namespace hashcart::intent
