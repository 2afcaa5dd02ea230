// Character classes of the hashtag grammars. Private to match.
//
// Categories are those of the installed utf8proc (Unicode 14 or newer); twitter-text's own tables
// are older and smaller, and its suite passes with today's.
#pragma once

#include <utf8proc.h>

#include "base/platform.h"

namespace hashcart::match {

enum class TagGrammar { kX, kBluesky, kMastodon, kMisskey, kWeibo };

[[nodiscard]] constexpr TagGrammar grammar_of(base::Platform platform) noexcept {
  switch (platform) {
    case base::Platform::kBluesky:
      return TagGrammar::kBluesky;
    case base::Platform::kMastodon:
      return TagGrammar::kMastodon;
    case base::Platform::kMisskey:
      return TagGrammar::kMisskey;
    case base::Platform::kWeibo:
      return TagGrammar::kWeibo;
    default:
      return TagGrammar::kX;
  }
}

inline constexpr char32_t kWideSign = 0xFF03;  // FULLWIDTH NUMBER SIGN

[[nodiscard]] constexpr bool is_sign(char32_t c) noexcept { return c == U'#' || c == kWideSign; }

[[nodiscard]] inline utf8proc_category_t category(char32_t c) noexcept {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

[[nodiscard]] inline bool is_letter_category(utf8proc_category_t c) noexcept {
  return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO;
}

[[nodiscard]] inline bool is_mark_category(utf8proc_category_t c) noexcept {
  return c >= UTF8PROC_CATEGORY_MN && c <= UTF8PROC_CATEGORY_ME;
}

[[nodiscard]] inline bool is_punctuation(char32_t c) noexcept {
  const utf8proc_category_t of = category(c);
  return of >= UTF8PROC_CATEGORY_PC && of <= UTF8PROC_CATEGORY_PO;
}

[[nodiscard]] constexpr bool is_ascii_letter(char32_t c) noexcept {
  return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z');
}

[[nodiscard]] constexpr bool is_ascii_number(char32_t c) noexcept { return c >= U'0' && c <= U'9'; }

[[nodiscard]] constexpr bool is_ascii_alnum(char32_t c) noexcept {
  return is_ascii_letter(c) || is_ascii_number(c);
}

enum class TagChar { kNone, kFiller, kLetter };  // not in a tag; in a tag; in it and makes it one

// twitter-text: hashtagAlpha, hashtagAlphaNumeric, hashtagSpecialChars.
[[nodiscard]] inline TagChar x_tag_char(char32_t c) noexcept {
  if (c < 0x80) {
    if (is_ascii_letter(c)) return TagChar::kLetter;
    return is_ascii_number(c) || c == U'_' ? TagChar::kFiller : TagChar::kNone;
  }
  const utf8proc_category_t of = category(c);
  if (is_letter_category(of) || is_mark_category(of)) return TagChar::kLetter;
  if (of == UTF8PROC_CATEGORY_ND) return TagChar::kFiller;
  switch (c) {
    case 0x200C:
    case 0x200D:
    case 0xA67E:
    case 0x05BE:
    case 0x05F3:
    case 0x05F4:
    case 0xFF5E:
    case 0x301C:
    case 0x309B:
    case 0x309C:
    case 0x30A0:
    case 0x30FB:
    case 0x3003:
    case 0x0F0B:
    case 0x0F0C:
    case 0x00B7:
      return TagChar::kFiller;
    default:
      return TagChar::kNone;
  }
}

// ECMAScript's \s.
[[nodiscard]] constexpr bool is_js_space(char32_t c) noexcept {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000 || c == 0xFEFF;
}

// Unicode White_Space, which is what [[:space:]] means to Mastodon's Ruby.
[[nodiscard]] constexpr bool is_unicode_space(char32_t c) noexcept {
  return c != 0xFEFF && (is_js_space(c) || c == 0x85);
}

// atproto TAG_REGEX: everything but white space and seven invisible characters.
[[nodiscard]] constexpr bool is_bluesky_tag_char(char32_t c) noexcept {
  switch (c) {
    case 0x00AD:
    case 0x2060:
    case 0x200A:
    case 0x200B:
    case 0x200C:
    case 0x200D:
    case 0x20E2:
      return false;
    default:
      return !is_js_space(c);
  }
}

// Mastodon: '_', U+00B7, U+30FB and U+200C may stand inside a tag.
[[nodiscard]] constexpr bool is_mastodon_separator(char32_t c) noexcept {
  return c == U'_' || c == 0x00B7 || c == 0x30FB || c == 0x200C;
}

// Ruby's [[:alpha:]] is the Alphabetic property: letters, letter-like numbers, circled and squared
// Latin letters, and the vowel signs of Brahmic scripts (taken here as the spacing marks).
[[nodiscard]] inline bool is_mastodon_alpha(char32_t c) noexcept {
  if (c < 0x80) return is_ascii_letter(c);
  const utf8proc_category_t of = category(c);
  if (is_letter_category(of)) return true;
  if (of == UTF8PROC_CATEGORY_NL || of == UTF8PROC_CATEGORY_MC) return true;
  return (c >= 0x24B6 && c <= 0x24E9) || (c >= 0x1F130 && c <= 0x1F149) ||
         (c >= 0x1F150 && c <= 0x1F169) || (c >= 0x1F170 && c <= 0x1F189);
}

// Ruby's [[:word:]]: Alphabetic, marks, decimal digits, connector punctuation.
[[nodiscard]] inline bool is_mastodon_word(char32_t c) noexcept {
  if (c < 0x80) return is_ascii_alnum(c) || c == U'_';
  const utf8proc_category_t of = category(c);
  return is_mark_category(of) || of == UTF8PROC_CATEGORY_ND || of == UTF8PROC_CATEGORY_PC ||
         is_mastodon_alpha(c);
}

// mfm.js: the characters that end a tag. Brackets among them may stand inside in balanced pairs.
[[nodiscard]] constexpr bool is_misskey_stop(char32_t c) noexcept {
  switch (c) {
    case U' ':
    case U'\t':
    case U'\n':
    case U'\r':
    case 0x3000:
    case U'.':
    case U',':
    case U'!':
    case U'?':
    case U'\'':
    case U'"':
    case U'#':
    case U':':
    case U'/':
    case U'[':
    case U']':
    case 0x3010:
    case 0x3011:
    case U'(':
    case U')':
    case 0x300C:
    case 0x300D:
    case 0xFF08:
    case 0xFF09:
    case U'<':
    case U'>':
      return true;
    default:
      return false;
  }
}

// Whether c can stand inside a tag at all under the grammar. fold_text keeps what cannot.
[[nodiscard]] inline bool may_be_in_tag(char32_t c, TagGrammar grammar) noexcept {
  switch (grammar) {
    case TagGrammar::kX:
      return x_tag_char(c) != TagChar::kNone;
    case TagGrammar::kBluesky:
      return is_bluesky_tag_char(c);
    case TagGrammar::kMastodon:
      return is_mastodon_word(c) || is_mastodon_separator(c);
    case TagGrammar::kMisskey:
      return true;  // brackets may; the other stops do not matter here
    case TagGrammar::kWeibo:
      return c != U'#';
  }
  return true;
}

}  // namespace hashcart::match
