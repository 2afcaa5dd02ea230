// TextMap: strings -> values, looked up by view. Private to match.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <string>
#include <string_view>

namespace hashcart::match {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return boost::hash<std::string_view>{}(text);
  }
};

struct TextEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const noexcept { return a == b; }
};

template <typename Value>
using TextMap = boost::unordered_flat_map<std::string, Value, TextHash, TextEqual>;

}  // namespace hashcart::match
