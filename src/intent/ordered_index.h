// OrderedIndex: name -> keys, several a name, in the order they were added, or by a time first.
//
// For "which replies wait for this post", "which intents hang on this post or author". It holds no
// more entries than the bounded tables it points into, because whoever leaves a table is removed
// here as well.
//
// What is done for each of many posts asks only for what it takes out, or for one: a name may have
// as many keys as the tables hold.
//
// Threads: one.   Cost: O(log n) per operation and key given.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/event_time.h"

namespace hashcart::intent {

class OrderedIndex {
 public:
  using Time = base::EventTimeMs;
  using Found = std::pair<std::uint64_t, std::string>;  // sequence and key
  static constexpr Time kEarliest = std::numeric_limits<Time>::min();
  static constexpr Time kLatest = std::numeric_limits<Time>::max();

  // sequence: unique per key, rising in the order of arrival. False: the place is taken.
  bool add(std::string_view name, std::uint64_t sequence, std::string_view key, Time time = 0) {
    return entries_.emplace(Place{std::string(name), time, sequence}, std::string(key)).second;
  }
  // time: as it was added with.
  void remove(std::string_view name, std::uint64_t sequence, Time time = 0) {
    const auto found = entries_.find(PlaceView{name, time, sequence});
    if (found != entries_.end()) entries_.erase(found);
  }

  // Appends what a name has, or has from one time to another, both included.
  void collect(std::string_view name, std::vector<Found>* out, Time from = kEarliest,
               Time to = kLatest) const {
    for (auto at = entries_.lower_bound(PlaceView{name, from, 0});
         at != entries_.end() && at->first.name == name && at->first.time <= to; ++at) {
      out->emplace_back(at->first.sequence, at->second);
    }
  }

  // False: the name has none.
  [[nodiscard]] bool first(std::string_view name, Found* out) const {
    const auto at = entries_.lower_bound(PlaceView{name, kEarliest, 0});
    if (at == entries_.end() || at->first.name != name) return false;
    *out = {at->first.sequence, at->second};
    return true;
  }
  [[nodiscard]] bool last(std::string_view name, Found* out) const {
    auto at = entries_.upper_bound(PlaceView{name, kLatest, ~std::uint64_t{0}});
    if (at == entries_.begin() || (--at)->first.name != name) return false;
    *out = {at->first.sequence, at->second};
    return true;
  }

 private:
  struct Place {
    std::string name;
    Time time = 0;
    std::uint64_t sequence = 0;
  };
  struct PlaceView {
    std::string_view name;
    Time time = 0;
    std::uint64_t sequence = 0;
  };
  struct Before {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const noexcept {
      const std::string_view a_name = a.name;
      const std::string_view b_name = b.name;
      if (a_name != b_name) return a_name < b_name;
      return a.time != b.time ? a.time < b.time : a.sequence < b.sequence;
    }
  };

  std::map<Place, std::string, Before> entries_;
};

}  // namespace hashcart::intent
