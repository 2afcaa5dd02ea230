// What single code points fold to: the common ground of fold_tag(), fold_text() and the raw scan.
// Private to match.
//
// Threads: any; what is shared never changes once it is seen.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hashcart::match {

// Folded code points, each with its combining class in the highest byte.
using FoldedPoints = std::vector<std::uint32_t>;

// utf8proc's answer for one code point: compatibility decomposition and case folding, ignorables
// dropped. Slow; appends to *out.
void append_folded(char32_t c, FoldedPoints* out);

// What the code points of the first two planes fold to, page by page as they are asked for: a page
// takes some ten microseconds to make, all of them some milliseconds and about 1 MB.
class FoldTable {
 public:
  FoldTable() = default;
  ~FoldTable();
  FoldTable(const FoldTable&) = delete;
  FoldTable& operator=(const FoldTable&) = delete;

  static constexpr char32_t kSize = 0x20000;

  // c < kSize from here on.
  // A starter that folds to itself.
  [[nodiscard]] bool is_plain(char32_t c) const { return place(c) == kPlain; }
  [[nodiscard]] bool ignores(char32_t c) const {
    return place(c) != kPlain && ((place(c) - 1) & 0x80U) != 0;
  }
  // Empty where it is plain, or folds to nothing.
  [[nodiscard]] std::span<const std::uint32_t> folded(char32_t c) const {
    const std::uint32_t at = place(c);
    if (at == kPlain) return {};
    return std::span(page(c).points).subspan((at - 1) >> 8U, (at - 1) & 0x7FU);
  }

 private:
  static constexpr std::uint32_t kPlain = 0;
  static constexpr char32_t kPageSize = 256;

  struct Page {
    std::array<std::uint32_t, kPageSize> places{};  // start << 8 | ignorable << 7 | size, plus 1
    FoldedPoints points;
  };

  [[nodiscard]] const Page& page(char32_t c) const {
    // pairs with the release in make_page()
    const Page* made = pages_[c / kPageSize].load(std::memory_order_acquire);
    return made != nullptr ? *made : make_page(c / kPageSize);
  }
  [[nodiscard]] std::uint32_t place(char32_t c) const { return page(c).places[c % kPageSize]; }
  [[nodiscard]] const Page& make_page(std::size_t index) const;

  // Any thread makes a page; the first to be done is kept.
  mutable std::array<std::atomic<const Page*>, kSize / kPageSize> pages_{};
};

[[nodiscard]] const FoldTable& fold_table();

// Whether c is default-ignorable (Unicode).
[[nodiscard]] bool is_ignorable(char32_t c);

// The last letter below, and so the last that fold_latin() changes.
inline constexpr char32_t kLatinFoldedMax = 0x0167;

// Latin letters that Mastodon folds to ASCII and that have no decomposition (all lower case here).
[[nodiscard]] constexpr char32_t fold_latin(char32_t c) noexcept {
  switch (c) {
    case 0x00F0:
    case 0x0111:
      return U'd';
    case 0x00F8:
      return U'o';
    case 0x0127:
      return U'h';
    case 0x0131:
      return U'i';
    case 0x0138:
      return U'k';
    case 0x0142:
      return U'l';
    case 0x014B:
      return U'n';
    case 0x0167:
      return U't';
    default:
      return c;
  }
}

}  // namespace hashcart::match
