// UTF-8: one code point at a time, over text that may be hostile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hashcart::base {

inline constexpr char32_t kReplacement = 0xFFFD;

struct CodePoint {
  char32_t value = kReplacement;
  // bytes taken; 1 for a byte that does not start a well-formed sequence (value is U+FFFD)
  std::uint32_t size = 1;
};

// Decodes the code point at text[at]. at < text.size(). Never reads past the end; overlong forms,
// surrogates and values over U+10FFFF are not well-formed (Unicode 15, table 3-7).
[[nodiscard]] inline CodePoint decode_at(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) -> std::uint32_t {
    return static_cast<unsigned char>(text[at + i]);
  };
  const std::size_t left = text.size() - at;
  const std::uint32_t b0 = byte(0);
  if (b0 < 0x80) return {b0, 1};
  const auto continues = [&](std::size_t i) { return i < left && (byte(i) & 0xC0U) == 0x80U; };
  if (b0 >= 0xC2 && b0 <= 0xDF && continues(1)) {
    return {((b0 & 0x1FU) << 6U) | (byte(1) & 0x3FU), 2};
  }
  if (b0 >= 0xE0 && b0 <= 0xEF && continues(1) && continues(2)) {
    const std::uint32_t value =
        ((b0 & 0x0FU) << 12U) | ((byte(1) & 0x3FU) << 6U) | (byte(2) & 0x3FU);
    if (value >= 0x800 && (value < 0xD800 || value > 0xDFFF)) return {value, 3};
  }
  if (b0 >= 0xF0 && b0 <= 0xF4 && continues(1) && continues(2) && continues(3)) {
    const std::uint32_t value = ((b0 & 0x07U) << 18U) | ((byte(1) & 0x3FU) << 12U) |
                                ((byte(2) & 0x3FU) << 6U) | (byte(3) & 0x3FU);
    if (value >= 0x10000 && value <= 0x10FFFF) return {value, 4};
  }
  return {};
}

// Decodes the code point that ends just before text[at]. 0 < at <= text.size().
[[nodiscard]] inline CodePoint decode_before(std::string_view text, std::size_t at) noexcept {
  std::size_t start = at - 1;
  while (start > 0 && at - start < 4 && (static_cast<unsigned char>(text[start]) & 0xC0U) == 0x80U)
    --start;
  const CodePoint point = decode_at(text, start);
  if (start + point.size == at) return point;
  return {};
}

constexpr std::size_t kUtf8BytesMax = 4;

// Writes the UTF-8 form of a code point, kUtf8BytesMax bytes at most; returns one past the last.
// value: no surrogate, and not over U+10FFFF.
inline char* put_utf8(char32_t value, char* to) noexcept {
  const auto put = [&](std::uint32_t byte) {
    *to++ = static_cast<char>(static_cast<unsigned char>(byte));
  };
  if (value < 0x80) {
    put(value);
  } else if (value < 0x800) {
    put(0xC0U | (value >> 6U));
    put(0x80U | (value & 0x3FU));
  } else if (value < 0x10000) {
    put(0xE0U | (value >> 12U));
    put(0x80U | ((value >> 6U) & 0x3FU));
    put(0x80U | (value & 0x3FU));
  } else {
    put(0xF0U | (value >> 18U));
    put(0x80U | ((value >> 12U) & 0x3FU));
    put(0x80U | ((value >> 6U) & 0x3FU));
    put(0x80U | (value & 0x3FU));
  }
  return to;
}

// Appends the UTF-8 form of a code point; surrogates and values over U+10FFFF become U+FFFD.
inline void append_utf8(char32_t value, std::string* out) {
  if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) value = kReplacement;
  char bytes[kUtf8BytesMax];
  out->append(bytes, put_utf8(value, bytes));
}

[[nodiscard]] inline bool is_valid_utf8(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_at(text, at);
    if (point.size == 1 && static_cast<unsigned char>(text[at]) >= 0x80) return false;
    at += point.size;
  }
  return true;
}

[[nodiscard]] inline bool is_ascii(std::string_view text) noexcept {
  unsigned char bits = 0;
  for (const char c : text) bits = static_cast<unsigned char>(bits | static_cast<unsigned char>(c));
  return bits < 0x80;
}

[[nodiscard]] constexpr char ascii_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] constexpr bool is_ascii_digit(char c) noexcept { return c >= '0' && c <= '9'; }

}  // namespace hashcart::base
