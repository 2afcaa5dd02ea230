#include "match/hashtag_grammar.h"

#include <array>
#include <cstddef>

#include "base/utf8.h"
#include "match/tag_chars.h"

namespace hashcart::match {
namespace {

using base::CodePoint;
using base::decode_at;
using base::decode_before;

// atproto: a longer body is no tag at all.
constexpr int kBlueskyGraphemesMax = 64;

// mfm.js parses at most 20 levels of nested syntax; the innermost level may hold plain characters.
constexpr std::size_t kMisskeyBracketsMax = 21;

[[nodiscard]] bool is_ill_formed(std::string_view text, std::size_t at, CodePoint point) {
  return point.size == 1 && static_cast<unsigned char>(text[at]) >= 0x80;
}

// The next '#' or U+FF03 at or after `at`; text.size() if there is none.
[[nodiscard]] std::size_t next_sign(std::string_view text, std::size_t at) {
  for (; at < text.size(); ++at) {
    if (text[at] == '#') return at;
    if (text[at] == '\xEF' && text.substr(at, 3) == "\xEF\xBC\x83") return at;
  }
  return at;
}

[[nodiscard]] std::size_t sign_size(std::string_view text, std::size_t at) {
  return text[at] == '#' ? 1 : 3;
}

void add(std::size_t start, std::size_t text_start, std::size_t text_end, std::size_t end,
         std::vector<TagSpan>* out) {
  out->push_back({static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(end),
                  static_cast<std::uint32_t>(text_start), static_cast<std::uint32_t>(text_end)});
}

// ---- X

// twitter-text removes overlaps with the earlier entity winning, so a link that starts inside a tag
// goes and takes no later tag with it.
void drop_tags_in_urls(const std::vector<TextSpan>& urls, std::vector<TagSpan>* tags) {
  std::size_t kept = 0;
  std::size_t url = 0;
  std::uint32_t end = 0;  // of the last entity that stays
  for (std::size_t i = 0; i < tags->size(); ++i) {
    const TagSpan tag = (*tags)[i];
    for (; url < urls.size() && urls[url].start <= tag.start; ++url) {
      if (urls[url].start >= end) end = urls[url].end;
    }
    if (tag.start < end) continue;
    end = tag.end;
    (*tags)[kept++] = tag;
  }
  tags->resize(kept);
}

void find_x_tags(std::string_view text, const std::vector<TextSpan>& urls,
                 std::vector<TagSpan>* out) {
  std::size_t consumed = 0;  // a boundary character must lie behind the previous match
  for (std::size_t sign = next_sign(text, 0); sign < text.size();) {
    const std::size_t body = sign + sign_size(text, sign);
    bool starts = sign == 0;
    if (sign > consumed) {
      const char32_t before = decode_before(text, sign).value;
      starts = before == 0xFE0E || before == 0xFE0F ||
               (before != U'&' && x_tag_char(before) == TagChar::kNone);
    }
    std::size_t at = body;
    bool has_letter = false;
    while (starts && at < text.size()) {
      const CodePoint point = decode_at(text, at);
      if (at == body && (point.value == 0xFE0F || point.value == 0x20E3)) break;  // a keycap
      const TagChar kind = x_tag_char(point.value);
      if (kind == TagChar::kNone) break;
      has_letter = has_letter || kind == TagChar::kLetter;
      at += point.size;
    }
    if (has_letter) {
      consumed = at;
      const std::string_view rest = text.substr(at);
      const bool glued =
          rest.substr(0, 3) == "://" || (!rest.empty() && is_sign(decode_at(rest, 0).value));
      if (!glued) add(sign, body, at, at, out);
    }
    sign = next_sign(text, at);
  }
  drop_tags_in_urls(urls, out);
}

// ---- Bluesky

[[nodiscard]] bool has_graphemes_at_most(std::string_view text, int limit) {
  utf8proc_int32_t state = 0;
  utf8proc_int32_t previous = -1;
  int count = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_at(text, at);
    const auto current = static_cast<utf8proc_int32_t>(point.value);
    if (previous < 0 || utf8proc_grapheme_break_stateful(previous, current, &state)) ++count;
    if (count > limit) return false;
    previous = current;
    at += point.size;
  }
  return true;
}

void find_bluesky_tags(std::string_view text, std::vector<TagSpan>* out) {
  for (std::size_t sign = next_sign(text, 0); sign < text.size();) {
    const std::size_t body = sign + sign_size(text, sign);
    if (sign > 0 && !is_js_space(decode_before(text, sign).value)) {
      sign = next_sign(text, body);
      continue;
    }
    std::size_t at = body;
    std::size_t end = body;  // behind the last character that is not punctuation
    bool counts = false;
    while (at < text.size()) {
      const CodePoint point = decode_at(text, at);
      if (at == body && point.value == 0xFE0F) break;
      if (!is_bluesky_tag_char(point.value) || is_ill_formed(text, at, point)) break;
      at += point.size;
      if (is_punctuation(point.value)) continue;
      end = at;
      counts = counts || !is_ascii_number(point.value);
    }
    if (counts && has_graphemes_at_most(text.substr(body, end - body), kBlueskyGraphemesMax)) {
      add(sign, body, end, end, out);
    }
    sign = next_sign(text, at);
  }
}

// ---- Mastodon

// The end of the NAME that begins at `body`, or `body` if there is none.
//   NAME = word [word SEP]* [alpha SEP] [word SEP]* word  |  word* alpha word*
// Both repetitions are greedy, so the first form ends at the last word character of the run if
// anything between its ends is a letter or separator; else the second ends with the first word run.
[[nodiscard]] std::size_t mastodon_name_end(std::string_view text, std::size_t body) {
  std::size_t at = body;
  std::size_t last_word_end = body;    // behind the last word character of the run
  std::size_t first_words_end = body;  // behind the word run at the start
  bool in_first_words = true;
  bool first_words_alpha = false;
  bool middle = false;       // a letter or separator strictly between first and last word character
  bool middle_next = false;  // one that will be in between if another word character follows
  while (at < text.size()) {
    const CodePoint point = decode_at(text, at);
    const bool word = is_mastodon_word(point.value);
    const bool separator = is_mastodon_separator(point.value);
    if (!word && !separator) break;
    if (at == body && !word) return body;
    const bool alpha = is_mastodon_alpha(point.value);
    if (word) middle = middle || middle_next;
    if (at != body && (alpha || separator)) middle_next = true;
    at += point.size;
    if (word) last_word_end = at;
    in_first_words = in_first_words && word;
    if (in_first_words) {
      first_words_end = at;
      first_words_alpha = first_words_alpha || alpha;
    }
  }
  if (middle) return last_word_end;
  return first_words_alpha ? first_words_end : body;
}

void find_mastodon_tags(std::string_view text, std::vector<TagSpan>* out) {
  for (std::size_t sign = next_sign(text, 0); sign < text.size();) {
    const std::size_t body = sign + sign_size(text, sign);
    if (sign > 0 && !is_unicode_space(decode_before(text, sign).value)) {
      sign = next_sign(text, body);
      continue;
    }
    std::size_t end = mastodon_name_end(text, body);
    sign = next_sign(text, end);
    if (end == body) continue;
    const std::size_t start = body - (text[body - 1] == '#' ? 1U : 3U);
    // A scheme glued to the tag belongs to the link behind it.
    if (text.substr(end, 3) == "://") {
      const std::string_view tag = text.substr(body, end - body);
      for (const std::string_view scheme : {std::string_view("https"), std::string_view("http")}) {
        if (tag.size() > scheme.size() && tag.substr(tag.size() - scheme.size()) == scheme) {
          end -= scheme.size();
          break;
        }
      }
    }
    add(start, body, end, end, out);
  }
}

// ---- Misskey

[[nodiscard]] char32_t misskey_closer(char32_t open) {
  switch (open) {
    case U'(':
      return U')';
    case U'[':
      return U']';
    case 0x300C:
      return 0x300D;
    case 0xFF08:
      return 0xFF09;
    default:
      return 0;
  }
}

// The end of the tag that begins at `body`: the first stop that is no part of a balanced pair.
[[nodiscard]] std::size_t misskey_tag_end(std::string_view text, std::size_t body) {
  std::array<char32_t, kMisskeyBracketsMax> closers{};
  std::size_t depth = 0;
  std::size_t end = body;  // behind the last character outside all open pairs
  for (std::size_t at = body; at < text.size();) {
    const CodePoint point = decode_at(text, at);
    if (is_ill_formed(text, at, point)) break;
    if (is_misskey_stop(point.value)) {
      if (depth > 0 && point.value == closers[depth - 1]) {
        --depth;
      } else {
        const char32_t closer = misskey_closer(point.value);
        if (closer == 0 || depth == closers.size()) break;
        closers[depth++] = closer;
      }
    }
    at += point.size;
    if (depth == 0) end = at;
  }
  return end;
}

[[nodiscard]] bool has_scheme(std::string_view url) {
  const auto begins = [&](std::string_view scheme) {
    if (url.size() < scheme.size()) return false;
    for (std::size_t i = 0; i < scheme.size(); ++i) {
      if (base::ascii_lower(url[i]) != scheme[i]) return false;
    }
    return true;
  };
  return begins("http://") || begins("https://");
}

void find_misskey_tags(std::string_view text, const std::vector<TextSpan>& urls,
                       std::vector<TagSpan>* out) {
  std::size_t url = 0;
  for (std::size_t sign = text.find('#'); sign != std::string_view::npos;) {
    while (url < urls.size() && urls[url].end <= sign) ++url;
    if (url < urls.size() && urls[url].start <= sign &&
        has_scheme(text.substr(urls[url].start, urls[url].end - urls[url].start))) {
      sign = text.find('#', urls[url].end);
      continue;
    }
    const std::size_t body = sign + 1;
    // '#' U+20E3, with or without U+FE0F between, is read as a keycap emoji first.
    const std::string_view rest = text.substr(body);
    const bool keycap =
        rest.substr(0, 3) == "\xE2\x83\xA3" || rest.substr(0, 6) == "\xEF\xB8\x8F\xE2\x83\xA3";
    if (keycap || (sign > 0 && is_ascii_alnum(static_cast<unsigned char>(text[sign - 1])))) {
      sign = text.find('#', body);
      continue;
    }
    const std::size_t end = misskey_tag_end(text, body);
    const std::string_view tag = text.substr(body, end - body);
    if (tag.find_first_not_of("0123456789") != std::string_view::npos) {
      add(sign, body, end, end, out);
      sign = text.find('#', end);
    } else {
      sign = text.find('#', body);
    }
  }
}

// ---- Weibo

void find_weibo_tags(std::string_view text, std::vector<TagSpan>* out) {
  std::size_t open = text.find('#');
  while (open != std::string_view::npos) {
    const std::size_t body = open + 1;
    const std::size_t close = text.find('#', body);
    if (close == std::string_view::npos) return;
    if (close == body || !base::is_valid_utf8(text.substr(body, close - body))) {
      open = close;  // nothing, or nothing readable, between: the second sign may open a topic
      continue;
    }
    add(open, body, close, close + 1, out);
    open = text.find('#', close + 1);
  }
}

}  // namespace

void find_tags(std::string_view text, base::Platform platform, const std::vector<TextSpan>& urls,
               std::vector<TagSpan>* out) {
  out->clear();
  switch (grammar_of(platform)) {
    case TagGrammar::kX:
      return find_x_tags(text, urls, out);
    case TagGrammar::kBluesky:
      return find_bluesky_tags(text, out);
    case TagGrammar::kMastodon:
      return find_mastodon_tags(text, out);
    case TagGrammar::kMisskey:
      return find_misskey_tags(text, urls, out);
    case TagGrammar::kWeibo:
      return find_weibo_tags(text, out);
  }
}

}  // namespace hashcart::match
