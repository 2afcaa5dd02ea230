// Where to look for many keys at once: four neighbouring bytes of each key, sorted into sixteen
// buckets of two tables that SIMD shuffles look up.
//
// A window is seen through five look-ups of four bits: bits 1-4 and bits 0-3 of its first byte,
// bits 0-3 of the three others. Bits 1-4 do not tell upper from lower case, and tell letters from
// digits; bits 0-3 need no instruction to extract. A place in a text hits a bucket if every look-up
// allows it; so what shares a bucket makes false hits together, and windows must be chosen jointly:
// not each key's rarest, but those that share letters. A sample of a feed says what hits cost.
//
// Choosing is a matter of speed alone: whatever is chosen, a window of every key is in its bucket.
// Private to match. Control plane: some milliseconds for some hundred keys.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hashcart::match {

inline constexpr std::size_t kWindowBytes = 4;
inline constexpr std::size_t kLookups = 5;
inline constexpr std::size_t kTables = 2;
inline constexpr std::size_t kBuckets = 8 * kTables;
// Which byte of the window a look-up sees; the first sees bits 1-4 of it, the others bits 0-3.
inline constexpr std::array<std::size_t, kLookups> kLookupOffset = {0, 0, 1, 2, 3};

[[nodiscard]] constexpr unsigned lookup_index(std::size_t lookup, unsigned char byte) noexcept {
  return lookup == 0 ? (byte >> 1U) & 15U : byte & 15U;
}

struct WindowKey {
  std::vector<std::string> places;  // the bytes allowed at each place of the key; ASCII
  std::vector<std::uint32_t> cuts;  // where a window may begin: not empty, kWindowBytes fit
};

struct Windows {
  // By look-up and index: bit b of table t is set where bucket 8 t + b allows it.
  std::array<std::array<std::array<std::uint8_t, 16>, kLookups>, kTables> table{};
  std::vector<std::uint32_t> cut;  // by key: where its window begins
  double hits_per_kib = 0;         // expected, by the sample
};

[[nodiscard]] Windows choose_windows(const std::vector<WindowKey>& keys, std::string_view sample);

}  // namespace hashcart::match
