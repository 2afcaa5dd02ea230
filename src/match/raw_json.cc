#include "match/raw_json.h"

#include <array>
#include <string_view>

#include "base/utf8.h"
#include "match/tag_chars.h"

namespace hashcart::match {
namespace {

// Longer tags are odd.
constexpr int kMarkupCharactersMax = 512;

// -1: none.
constexpr std::array<std::int8_t, 256> kHexDigits = [] {
  std::array<std::int8_t, 256> digits{};
  digits.fill(-1);
  for (std::size_t i = 0; i < 10; ++i) digits['0' + i] = static_cast<std::int8_t>(i);
  for (std::size_t i = 0; i < 6; ++i) {
    digits['a' + i] = digits['A' + i] = static_cast<std::int8_t>(10 + i);
  }
  return digits;
}();

bool is_blank(char32_t c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

int hex4(const char* text) noexcept {
  const auto digit = [&](std::size_t i) {
    return int{kHexDigits[static_cast<unsigned char>(text[i])]};
  };
  // Negative if any is.
  return (digit(0) * 0x1000) | (digit(1) * 0x100) | (digit(2) * 0x10) | digit(3);
}

RawPoint read_raw_point(const char* text) noexcept {
  const auto first = static_cast<unsigned char>(*text);
  if (first == '\n') return {};
  if (first != '\\') {
    if (first < 0x80) return {first, text + 1};
    const base::CodePoint point = base::decode_at(std::string_view(text, 4), 0);
    if (point.size == 1) return {};
    return {point.value, text + point.size};
  }
  switch (text[1]) {
    case '"':
    case '\\':
    case '/':
      return {static_cast<unsigned char>(text[1]), text + 2};
    case 'b':
      return {'\b', text + 2};
    case 'f':
      return {'\f', text + 2};
    case 'n':
      return {'\n', text + 2};
    case 'r':
      return {'\r', text + 2};
    case 't':
      return {'\t', text + 2};
    case 'u':
      break;
    default:
      return {};
  }
  const int high = hex4(text + 2);
  if (high < 0) return {};
  const auto unit = static_cast<std::uint32_t>(high);
  if (unit < 0xD800 || unit > 0xDFFF) return {unit, text + 6};
  if (unit > 0xDBFF || text[6] != '\\' || text[7] != 'u') return {};
  const int low = hex4(text + 8);
  if (low < 0xDC00 || low > 0xDFFF) return {};
  return {0x10000 + ((unit & 0x3FFU) << 10U) + (static_cast<std::uint32_t>(low) & 0x3FFU),
          text + 12};
}

bool may_be_reference(const char* text) noexcept {
  const RawPoint next = read_raw_point(text);
  return next.value == '#' || (next.value < 0x80 && is_ascii_letter(next.value));
}

MarkupEnd skip_markup(const char* text) noexcept {
  // Name, then attributes with values in double quotes, as servers write them.
  enum class State : std::uint8_t { kStart, kName, kBlank, kKey, kEquals, kQuoted };
  constexpr MarkupEnd kOdd{nullptr, true};
  State state = State::kStart;
  for (int count = 0; count < kMarkupCharactersMax; ++count) {
    const RawPoint point = read_raw_point(text);
    const char32_t c = point.value;
    if (c == kNoPoint) return kOdd;
    text = point.end;
    const bool is_name = c < 0x80 && (is_ascii_alnum(c) || c == '-' || c == '_' || c == ':');
    switch (state) {
      case State::kStart:
        if (c == '/' && count == 0) break;
        if (c == '!' || c == '?') return kOdd;
        // No tag: a '<' of the text. Neither is `</` without a letter, but that is odd enough.
        if (c >= 0x80 || !is_ascii_letter(c)) return count == 0 ? MarkupEnd{} : kOdd;
        if (c == 's' || c == 'S') {  // span and strong, but not script and style
          const RawPoint next = read_raw_point(text);
          if (next.value != 'p' && next.value != 't' && next.value != '>') return kOdd;
          if (next.value == 't') {
            const RawPoint third = read_raw_point(next.end);
            if (third.value != 'r') return kOdd;
          }
        }
        state = State::kName;
        break;
      case State::kName:
      case State::kBlank:
        if (c == '>') return {text, false};
        if (is_blank(c) || c == '/') {
          state = State::kBlank;
        } else if (!is_name) {
          return kOdd;
        } else if (state == State::kBlank) {
          state = State::kKey;
        }
        break;
      case State::kKey:
        if (c == '=') {
          state = State::kEquals;
        } else if (!is_name) {
          return kOdd;
        }
        break;
      case State::kEquals:
        if (c != '"') return kOdd;
        state = State::kQuoted;
        break;
      case State::kQuoted:
        if (c == '"') state = State::kBlank;
        break;
    }
  }
  return kOdd;
}

}  // namespace hashcart::match
