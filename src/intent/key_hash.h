// The hash of internal tables: XXH3, seeded per process, so that no input can be made to collide.
// Nothing that is written out depends on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hashcart::intent {

[[nodiscard]] std::uint64_t hash_key(std::string_view key) noexcept;

struct KeyHash {
  using is_transparent = void;
  using is_avalanching = void;
  [[nodiscard]] std::size_t operator()(std::string_view key) const noexcept {
    return hash_key(key);
  }
};

struct KeyEqual {
  using is_transparent = void;
  [[nodiscard]] bool operator()(std::string_view a, std::string_view b) const noexcept {
    return a == b;
  }
};

}  // namespace hashcart::intent
