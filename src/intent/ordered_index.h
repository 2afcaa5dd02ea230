// OrderedIndex: name -> keys, several a name, in the order they were added.
//
// For "which replies wait for this post", "which intents hang on this post or author". It holds no
// more entries than the bounded tables it points into, because whoever leaves a table is removed
// here as well.
//
// Threads: one.   Cost: O(log n) per operation.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hashcart::intent {

class OrderedIndex {
 public:
  // sequence: unique per key, rising in the order of arrival. False: the place is taken.
  bool add(std::string_view name, std::uint64_t sequence, std::string_view key) {
    return entries_.emplace(Place{std::string(name), sequence}, std::string(key)).second;
  }
  void remove(std::string_view name, std::uint64_t sequence) {
    const auto found = entries_.find(PlaceView{name, sequence});
    if (found != entries_.end()) entries_.erase(found);
  }

  // Appends (sequence, key) of a name, in order.
  void collect(std::string_view name,
               std::vector<std::pair<std::uint64_t, std::string>>* out) const {
    for (auto at = entries_.lower_bound(PlaceView{name, 0});
         at != entries_.end() && at->first.name == name; ++at) {
      out->emplace_back(at->first.sequence, at->second);
    }
  }

  // The first (sequence, key) of a name; false where there is none.
  [[nodiscard]] bool first(std::string_view name,
                           std::pair<std::uint64_t, std::string>* out) const {
    const auto at = entries_.lower_bound(PlaceView{name, 0});
    if (at == entries_.end() || at->first.name != name) return false;
    *out = {at->first.sequence, at->second};
    return true;
  }

 private:
  struct Place {
    std::string name;
    std::uint64_t sequence = 0;
  };
  struct PlaceView {
    std::string_view name;
    std::uint64_t sequence = 0;
  };
  struct Before {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const noexcept {
      const std::string_view a_name = a.name;
      const std::string_view b_name = b.name;
      return a_name != b_name ? a_name < b_name : a.sequence < b.sequence;
    }
  };

  std::map<Place, std::string, Before> entries_;
};

}  // namespace hashcart::intent
