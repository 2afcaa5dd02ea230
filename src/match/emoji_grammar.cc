#include "match/emoji_grammar.h"

#include "base/utf8.h"

namespace hashcart::match {
namespace {

using base::CodePoint;
using base::decode_at;
using base::decode_before;

constexpr char32_t kJoiner = 0x200D;
constexpr char32_t kKeycap = 0x20E3;

bool is_variation(char32_t c) noexcept { return c == 0xFE0E || c == 0xFE0F; }
bool is_skin_tone(char32_t c) noexcept { return c >= 0x1F3FB && c <= 0x1F3FF; }
bool is_modifier(char32_t c) noexcept { return is_variation(c) || is_skin_tone(c); }
bool is_regional(char32_t c) noexcept { return c >= 0x1F1E6 && c <= 0x1F1FF; }
bool is_tag(char32_t c) noexcept { return c >= 0xE0020 && c <= 0xE007F; }

std::size_t skip_modifiers(std::string_view text, std::size_t at) noexcept {
  while (at < text.size()) {
    const CodePoint point = decode_at(text, at);
    if (!is_modifier(point.value)) break;
    at += point.size;
  }
  return at;
}

// Matches the emoji at `at`; the end of it with its modifiers, or 0.
std::size_t match_at(std::string_view text, std::size_t at, std::string_view bare) noexcept {
  std::size_t wanted = 0;
  while (wanted < bare.size()) {
    if (at >= text.size()) return 0;
    const CodePoint have = decode_at(text, at);
    const CodePoint want = decode_at(bare, wanted);
    if (have.value != want.value) return 0;
    at += have.size;
    wanted += want.size;
    const std::size_t after = skip_modifiers(text, at);
    // A bare skin tone is the emoji itself.
    if (wanted < bare.size() || !is_skin_tone(want.value)) at = after;
  }
  return at;
}

}  // namespace

std::string bare_emoji(std::string_view emoji) {
  std::string out;
  for (std::size_t at = 0; at < emoji.size();) {
    const CodePoint point = decode_at(emoji, at);
    const bool alone = out.empty() && is_skin_tone(point.value);
    if (alone || !is_modifier(point.value)) out.append(emoji, at, point.size);
    at += point.size;
  }
  return out;
}

namespace {

// Whether the emoji stands at `at` and does not go on behind it.
bool stands_at(std::string_view text, std::size_t at, std::string_view bare,
               TextSpan* out) noexcept {
  const std::size_t end = match_at(text, at, bare);
  if (end == 0) return false;
  if (end < text.size()) {
    const char32_t next = decode_at(text, end).value;
    if (next == kJoiner || next == kKeycap || is_tag(next)) return false;
  }
  *out = {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end)};
  return true;
}

// Flags are pairs of regional indicators, counted from where their run begins.
bool find_flag(std::string_view text, std::string_view bare, TextSpan* out) noexcept {
  std::size_t run = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_at(text, at);
    if (!is_regional(point.value)) {
      run = 0;
    } else if (run++ % 2 == 0 && stands_at(text, at, bare, out)) {
      return true;
    }
    at += point.size;
  }
  return false;
}

}  // namespace

bool find_emoji(std::string_view text, std::string_view bare, TextSpan* out) noexcept {
  if (bare.empty()) return false;
  const CodePoint first = decode_at(bare, 0);
  if (is_regional(first.value)) return find_flag(text, bare, out);
  const std::string_view lead = bare.substr(0, first.size);
  for (std::size_t at = text.find(lead); at != std::string_view::npos;
       at = text.find(lead, at + lead.size())) {
    const bool joined = at > 0 && decode_before(text, at).value == kJoiner;
    if (!joined && stands_at(text, at, bare, out)) return true;
  }
  return false;
}

}  // namespace hashcart::match
