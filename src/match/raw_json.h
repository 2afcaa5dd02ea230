// Characters of undecoded JSON strings, one at a time: as UTF-8, as an escape, behind HTML. For
// what reads raw bytes; the parser decides what they mean.
//
// All functions stop at an LF, which no JSON string holds: one must follow, and kRawPadding
// readable bytes behind it. Private to match.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hashcart::match {

inline constexpr std::size_t kRawPadding = 64;

// What is no character of a string: an LF, an unknown escape, half a surrogate, ill-formed UTF-8.
inline constexpr char32_t kNoPoint = 0xFFFF'FFFF;

struct RawPoint {
  char32_t value = kNoPoint;
  const char* end = nullptr;  // behind it
};

[[nodiscard]] RawPoint read_raw_point(const char* text) noexcept;

// The value of four hexadecimal digits; negative if they are none.
[[nodiscard]] int hex4(const char* text) noexcept;

// Behind an '&': whether a character reference of HTML may follow.
[[nodiscard]] bool may_be_reference(const char* text) noexcept;

struct MarkupEnd {
  const char* end = nullptr;  // behind the tag's '>'; null: no tag, the '<' is itself
  bool is_odd = false;        // a comment, a script, or a tag in no usual form: read on by a parser
};

// Behind a '<': the end of the tag of HTML that it opens.
[[nodiscard]] MarkupEnd skip_markup(const char* text) noexcept;

}  // namespace hashcart::match
