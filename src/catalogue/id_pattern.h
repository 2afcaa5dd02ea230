// IdPattern: the shape of a product id, `B[0-9A-Z]{9}|[0-9]{9}[0-9X]`.
//
// A small regular language, so that every pattern is decided in one bounded pass: alternatives of
// sequences of literal characters, classes ([0-9A-Z_-], \d, \w) and `.`, each with {n}, {n,m},
// {n,}, ?, + or *. `\` before a sign stands for the sign. No groups, no anchors (the whole id must
// match), printable ASCII only.
//
// Threads: immutable after parse. Cost of matches(): O(id length x atoms of the pattern) whatever
// the id holds; allocates nothing.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hashcart::catalogue {

class IdPattern {
 public:
  IdPattern() = default;

  // Parses a pattern. Returns an empty string and fills *out, or says what is wrong in a sentence
  // without a position; *error_at is then the byte in the pattern.
  [[nodiscard]] static std::string parse(std::string_view text, IdPattern* out,
                                         std::size_t* error_at);

  // Whether the whole id matches. An empty id and ids over 255 bytes never do.
  [[nodiscard]] bool matches(std::string_view id) const noexcept;

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  struct Atom {
    std::bitset<128> members;
    std::uint16_t min = 1;
    std::uint16_t max = 1;  // 0xFFFF: unbounded
  };

  // spare: bytes of the id beyond the least the atoms take. At most one atom's length is open.
  [[nodiscard]] static bool matches_in_one_walk(const std::vector<Atom>& atoms, std::string_view id,
                                                std::size_t spare) noexcept;
  [[nodiscard]] static bool matches_some_way(const std::vector<Atom>& atoms,
                                             std::string_view id) noexcept;

  std::string text_;
  std::vector<std::vector<Atom>> alternatives_;
};

// False for an id of ten bytes that is nine digits and a digit or X whose last is not the ISBN-10
// check digit of the others; true for any other id. Source: ISO 2108:1992: the digits times 10, 9,
// ... 1 (X counts 10) add up to a multiple of 11.
[[nodiscard]] bool passes_isbn10(std::string_view id) noexcept;

}  // namespace hashcart::catalogue
