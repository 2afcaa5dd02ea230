#include "match/mention_grammar.h"

#include <algorithm>

#include "base/utf8.h"
#include "match/tag_chars.h"

namespace hashcart::match {
namespace {

using base::CodePoint;
using base::Platform;

bool is_mention_sign(char32_t c) noexcept { return c == U'@' || c == 0xFF20; }

bool is_letter_or_digit(char32_t c) noexcept {
  if (c < 0x80) return is_ascii_alnum(c);
  const utf8proc_category_t of = category(c);
  return is_letter_category(of) || is_mark_category(of) || of == UTF8PROC_CATEGORY_ND;
}

bool is_handle_char(char32_t c, Platform platform) noexcept {
  if (is_ascii_alnum(c) || c == U'_') return true;
  if (platform == Platform::kX) return false;
  if (c == U'.' || c == U'-') return true;
  if (platform == Platform::kWeibo || platform == Platform::kFacebook) return is_letter_or_digit(c);
  return c == U'@' && (platform == Platform::kMastodon || platform == Platform::kMisskey);
}

bool same(std::string_view text, std::string_view handle) noexcept {
  return text.size() == handle.size() &&
         std::equal(text.begin(), text.end(), handle.begin(),
                    [](char a, char b) { return base::ascii_lower(a) == b; });
}

}  // namespace

bool find_mention(std::string_view text, Platform platform, std::string_view handle,
                  TextSpan* out) noexcept {
  bool after_word = false;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = base::decode_at(text, at);
    if (!is_mention_sign(point.value) || after_word) {
      after_word =
          is_letter_or_digit(point.value) || point.value == U'_' || is_mention_sign(point.value);
      at += point.size;
      continue;
    }
    const std::size_t start = at + point.size;
    std::size_t end = start;
    while (end < text.size()) {
      const CodePoint next = base::decode_at(text, end);
      if (!is_handle_char(next.value, platform)) break;
      end += next.size;
    }
    after_word = true;
    at = end;
    while (end > start && (text[end - 1] == '.' || text[end - 1] == '-' || text[end - 1] == '@')) {
      --end;
    }
    const std::string_view found = text.substr(start, end - start);
    const bool has_host = found.find('@') != std::string_view::npos;
    if (same(found, handle) || (!has_host && same(found, handle.substr(0, handle.find('@'))))) {
      *out = {static_cast<std::uint32_t>(start - point.size), static_cast<std::uint32_t>(end)};
      return true;
    }
  }
  return false;
}

}  // namespace hashcart::match
