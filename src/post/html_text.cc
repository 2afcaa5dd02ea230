#include "post/html_text.h"

#include <immintrin.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/utf8.h"

namespace hashcart::post {
namespace {

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}
bool is_letter(char c) noexcept {
  const char lower = base::ascii_lower(c);
  return lower >= 'a' && lower <= 'z';
}

bool equal_ignoring_case(std::string_view text, std::string_view lower) noexcept {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (base::ascii_lower(text[i]) != lower[i]) return false;
  }
  return true;
}

// --- X's three entities ---

struct Entity {
  std::string_view written;
  char decoded;
};
constexpr std::array<Entity, 3> kXEntities = {{{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}}};

// Which of the three starts at text[at], or nullptr.
const Entity* x_entity_at(std::string_view text, std::size_t at) noexcept {
  for (const Entity& entity : kXEntities) {
    if (text.compare(at, entity.written.size(), entity.written) == 0) return &entity;
  }
  return nullptr;
}

// Byte offsets are the code points themselves: nothing to decode and nothing longer than a byte.
void mark_ascii(std::size_t size, std::span<TextMark> marks) noexcept {
  for (TextMark& mark : marks) {
    mark.byte = mark.code_point <= size ? static_cast<std::uint32_t>(mark.code_point) : kNoByte;
  }
}

constexpr std::size_t kBlock = 32;

// Of the kBlock bytes at text[at], which ones start a code point, the first in the lowest bit.
std::uint32_t starts_at(std::string_view text, std::size_t at) noexcept {
  const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text.data() + at));
  // Bytes that continue one are 0x80 to 0xBF: as signed numbers, those below -64.
  const __m256i starts = _mm256_cmpgt_epi8(bytes, _mm256_set1_epi8(-65));
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(starts));
}

// text: well-formed. marks: ordered.
void mark_utf8(std::string_view text, std::span<TextMark> marks) noexcept {
  std::size_t at = 0;
  std::uint64_t code_point = 0;  // of the first that starts at or behind `at`
  for (TextMark& mark : marks) {
    while (text.size() - at >= kBlock) {
      std::uint32_t starts = starts_at(text, at);
      const auto count = static_cast<std::uint64_t>(std::popcount(starts));
      if (mark.code_point >= code_point + count) {
        code_point += count;
        at += kBlock;
        continue;
      }
      for (std::uint64_t i = code_point; i < mark.code_point; ++i) starts &= starts - 1;
      mark.byte =
          static_cast<std::uint32_t>(at) + static_cast<std::uint32_t>(std::countr_zero(starts));
      break;
    }
    if (text.size() - at >= kBlock) continue;
    std::uint64_t next = code_point;
    mark.byte = kNoByte;
    for (std::size_t i = at; i <= text.size(); ++i) {
      if (i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U) continue;
      if (next++ != mark.code_point) continue;
      mark.byte = static_cast<std::uint32_t>(i);
      break;
    }
  }
}

// --- Character references ---

struct NamedCharacter {
  std::string_view name;
  char32_t value;
};

// The five of XML, nbsp, and the Latin and typographic ones that text editors write. No name is
// shorter than the UTF-8 form of its character less the '&' and ';', so decoding never makes a text
// longer.
constexpr std::array<NamedCharacter, 42> kNamedCharacters = {{
    {"amp", '&'},      {"lt", '<'},        {"gt", '>'},        {"quot", '"'},     {"apos", '\''},
    {"nbsp", 0xA0},    {"iexcl", 0xA1},    {"cent", 0xA2},     {"pound", 0xA3},   {"yen", 0xA5},
    {"sect", 0xA7},    {"copy", 0xA9},     {"laquo", 0xAB},    {"shy", 0xAD},     {"reg", 0xAE},
    {"deg", 0xB0},     {"plusmn", 0xB1},   {"middot", 0xB7},   {"raquo", 0xBB},   {"frac12", 0xBD},
    {"iquest", 0xBF},  {"times", 0xD7},    {"szlig", 0xDF},    {"auml", 0xE4},    {"ouml", 0xF6},
    {"uuml", 0xFC},    {"eacute", 0xE9},   {"egrave", 0xE8},   {"zwnj", 0x200C},  {"zwj", 0x200D},
    {"ndash", 0x2013}, {"mdash", 0x2014},  {"lsquo", 0x2018},  {"rsquo", 0x2019}, {"ldquo", 0x201C},
    {"rdquo", 0x201D}, {"bull", 0x2022},   {"hellip", 0x2026}, {"euro", 0x20AC},  {"trade", 0x2122},
    {"rarr", 0x2192},  {"hearts", 0x2665},
}};

// A reference at text[at] == '&': its character and how many bytes it takes. size 0: none, the '&'
// is itself.
base::CodePoint reference_at(std::string_view text, std::size_t at) noexcept {
  constexpr std::size_t kReferenceBytesMax = 12;  // &#x0010FFFF; and the longest name
  const std::string_view window = text.substr(at + 1, kReferenceBytesMax);
  const std::size_t semicolon = window.find(';');
  if (semicolon == std::string_view::npos || semicolon == 0) return {0, 0};
  const std::string_view body = window.substr(0, semicolon);
  const auto size = static_cast<std::uint32_t>(semicolon + 2);
  if (body[0] != '#') {
    for (const NamedCharacter& named : kNamedCharacters) {
      if (named.name == body) return {named.value, size};
    }
    return {0, 0};
  }
  const bool hex = body.size() > 1 && (body[1] == 'x' || body[1] == 'X');
  const std::string_view digits = body.substr(hex ? 2 : 1);
  if (digits.empty()) return {0, 0};
  std::uint32_t value = 0;
  for (const char c : digits) {
    const char lower = base::ascii_lower(c);
    std::uint32_t digit = 0;
    if (base::is_ascii_digit(c)) {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if (hex && lower >= 'a' && lower <= 'f') {
      digit = static_cast<std::uint32_t>(lower - 'a') + 10;
    } else {
      return {0, 0};
    }
    if (value <= 0x10FFFF)
      value = value * (hex ? 16 : 10) + digit;  // stays small: no wrap to a good value
  }
  // NUL, surrogates and what lies past Unicode are U+FFFD (HTML 13.2.5.80).
  if (value == 0 || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
    return {base::kReplacement, size};
  return {value, size};
}

// An attribute's value with its references decoded; itself where it has none.
std::string_view decode_attribute(std::string_view value, Arena* arena) {
  if (value.find('&') == std::string_view::npos) return value;
  char* const begin = arena->take(value.size());
  char* to = begin;
  for (std::size_t at = 0; at < value.size();) {
    if (value[at] == '&') {
      if (const base::CodePoint point = reference_at(value, at); point.size != 0) {
        to = base::put_utf8(point.value, to);
        at += point.size;
        continue;
      }
    }
    *to++ = value[at++];
  }
  const auto size = static_cast<std::size_t>(to - begin);
  arena->give_back(value.size() - size);
  return {begin, size};
}

// --- Tags ---

struct HtmlTag {
  std::string_view name;
  bool closing = false;
  bool has_href = false;
  std::string_view href;  // as written
  std::string_view classes;
  std::string_view rel;
};

// True if the space-separated list holds the word.
bool has_word(std::string_view list, std::string_view lower) noexcept {
  for (std::size_t at = 0; at < list.size();) {
    while (at < list.size() && is_blank(list[at])) ++at;
    const std::size_t begin = at;
    while (at < list.size() && !is_blank(list[at])) ++at;
    if (equal_ignoring_case(list.substr(begin, at - begin), lower)) return true;
  }
  return false;
}

// The tag at html[at] == '<' into *tag; returns the offset after its '>', or the end where it is
// not closed. html[at + 1] is a letter, or a '/' and a letter.
std::size_t read_tag(std::string_view html, std::size_t at, HtmlTag* tag) noexcept {
  ++at;
  if (html[at] == '/') {
    tag->closing = true;
    ++at;
  }
  const std::size_t name_begin = at;
  while (at < html.size() && !is_blank(html[at]) && html[at] != '/' && html[at] != '>') ++at;
  tag->name = html.substr(name_begin, at - name_begin);
  while (at < html.size() && html[at] != '>') {
    if (is_blank(html[at]) || html[at] == '/') {
      ++at;
      continue;
    }
    const std::size_t key_begin = at;
    ++at;  // an attribute's name may start with '='
    while (at < html.size() && !is_blank(html[at]) && html[at] != '/' && html[at] != '>' &&
           html[at] != '=')
      ++at;
    const std::string_view key = html.substr(key_begin, at - key_begin);
    while (at < html.size() && is_blank(html[at])) ++at;
    std::string_view value;
    if (at < html.size() && html[at] == '=') {
      ++at;
      while (at < html.size() && is_blank(html[at])) ++at;
      if (at < html.size() && (html[at] == '"' || html[at] == '\'')) {
        const std::size_t quote = html.find(html[at], at + 1);
        const std::size_t value_end = quote == std::string_view::npos ? html.size() : quote;
        value = html.substr(at + 1, value_end - at - 1);
        at = quote == std::string_view::npos ? html.size() : quote + 1;
      } else {
        const std::size_t value_begin = at;
        while (at < html.size() && !is_blank(html[at]) && html[at] != '>') ++at;
        value = html.substr(value_begin, at - value_begin);
      }
    }
    // The first of two attributes of one name counts (HTML 13.2.5.33).
    if (equal_ignoring_case(key, "href") && !tag->has_href) {
      tag->has_href = true;
      tag->href = value;
    } else if (equal_ignoring_case(key, "class") && tag->classes.empty()) {
      tag->classes = value;
    } else if (equal_ignoring_case(key, "rel") && tag->rel.empty()) {
      tag->rel = value;
    }
  }
  return at < html.size() ? at + 1 : at;
}

// Elements that stand on lines of their own.
bool is_block(std::string_view name) noexcept {
  static constexpr std::array<std::string_view, 22> kBlocks = {
      "p",  "div", "ul", "ol",         "li",     "blockquote", "pre", "h1",
      "h2", "h3",  "h4", "h5",         "h6",     "hr",         "dl",  "table",
      "tr", "dt",  "dd", "figcaption", "figure", "section"};
  for (const std::string_view block : kBlocks) {
    if (equal_ignoring_case(name, block)) return true;
  }
  return false;
}

// What ends a comment or declaration at html[at] == '<', html[at + 1] in "!?": the offset after it.
std::size_t skip_declaration(std::string_view html, std::size_t at) noexcept {
  const bool comment = html.compare(at, 4, "<!--") == 0;
  const std::size_t end = comment ? html.find("-->", at + 2) : html.find('>', at);
  if (end == std::string_view::npos) return html.size();
  return end + (comment ? 3 : 1);
}

// The offset after the closing tag of a script or style element whose opening tag ended before
// `at`.
std::size_t skip_raw_text(std::string_view html, std::size_t at, std::string_view name) noexcept {
  while (true) {
    at = html.find("</", at);
    if (at == std::string_view::npos) return html.size();
    if (equal_ignoring_case(html.substr(at + 2, name.size()), name)) {
      const std::size_t end = html.find('>', at);
      return end == std::string_view::npos ? html.size() : end + 1;
    }
    at += 2;
  }
}

AnchorKind kind_of(const HtmlTag& tag) noexcept {
  // Mastodon: class="mention hashtag" rel="tag"; Akkoma and Pixelfed: class="hashtag" or rel="tag
  // ugc" alone.
  if (has_word(tag.classes, "hashtag") || has_word(tag.rel, "tag")) return AnchorKind::kHashtag;
  if (has_word(tag.classes, "mention")) return AnchorKind::kMention;
  return AnchorKind::kLink;
}

// Collects the text and its anchors.
class HtmlDecoder {
 public:
  HtmlDecoder(std::string_view html, std::vector<Anchor>* anchors,
              std::vector<std::uint32_t>* seams, Arena* arena)
      : html_(html),
        anchors_(anchors),
        seams_(seams),
        arena_(arena),
        begin_(arena->take(html.size())),
        to_(begin_) {}

  std::string_view run() {
    std::size_t at = 0;
    while (at < html_.size()) {
      const char c = html_[at];
      const char next = at + 1 < html_.size() ? html_[at + 1] : '\0';
      if (c == '<' && (next == '!' || next == '?')) {
        add_seam();
        at = skip_declaration(html_, at);
      } else if (c == '<' && (is_letter(next) ||
                              (next == '/' && at + 2 < html_.size() && is_letter(html_[at + 2])))) {
        HtmlTag tag;
        add_seam();
        at = read_tag(html_, at, &tag);
        at = on_tag(tag, at);
      } else if (c == '&') {
        const base::CodePoint point = reference_at(html_, at);
        to_ = point.size == 0 ? (*to_ = c, to_ + 1) : base::put_utf8(point.value, to_);
        at += point.size == 0 ? 1 : point.size;
      } else {
        *to_++ = c;
        ++at;
      }
    }
    close_anchor();
    while (to_ != begin_ && to_[-1] == '\n') --to_;
    std::erase_if(*seams_, [&](std::uint32_t seam) {
      return seam >= size() || is_blank(begin_[seam]) || is_blank(begin_[seam - 1]);
    });
    // An anchor may have ended in the newlines just cut.
    for (Anchor& anchor : *anchors_) {
      anchor.start = std::min(anchor.start, size());
      anchor.end = std::min(anchor.end, size());
    }
    return {begin_, size()};
  }

 private:
  [[nodiscard]] std::uint32_t size() const noexcept {
    return static_cast<std::uint32_t>(to_ - begin_);
  }

  void add_seam() {
    if (size() > 0 && (seams_->empty() || seams_->back() != size())) seams_->push_back(size());
  }

  std::size_t on_tag(const HtmlTag& tag, std::size_t after) {
    if (equal_ignoring_case(tag.name, "a")) {
      close_anchor();  // anchors do not nest
      if (!tag.closing && tag.has_href) {
        anchors_->push_back({kind_of(tag), decode_attribute(tag.href, arena_), size(), size()});
        in_anchor_ = true;
      }
    } else if (equal_ignoring_case(tag.name, "br")) {
      *to_++ = '\n';
    } else if (is_block(tag.name)) {
      if (to_ != begin_ && to_[-1] != '\n') *to_++ = '\n';
    } else if (!tag.closing && (equal_ignoring_case(tag.name, "script") ||
                                equal_ignoring_case(tag.name, "style"))) {
      return skip_raw_text(html_, after,
                           equal_ignoring_case(tag.name, "script") ? "script" : "style");
    }
    return after;
  }

  void close_anchor() noexcept {
    if (in_anchor_) anchors_->back().end = size();
    in_anchor_ = false;
  }

  std::string_view html_;
  std::vector<Anchor>* anchors_;
  std::vector<std::uint32_t>* seams_;
  Arena* arena_;
  char* begin_;
  char* to_;
  bool in_anchor_ = false;
};

// X escapes every `<` and `>`, so a text where one stands bare was unescaped on its way here. A
// bare `&` proves nothing: in 2010 X left it alone (one real text), and a cut text may end inside
// an entity.
bool is_unescaped(std::string_view text) noexcept {
  return text.find_first_of("<>") != std::string_view::npos;
}

// In an unescaped text the payload's code points still count the escaped form.
std::size_t escaped_width(char c) noexcept { return c == '&' ? 5 : c == '<' || c == '>' ? 4 : 1; }

}  // namespace

std::string_view decode_x_text(std::string_view escaped, std::span<TextMark> marks, Arena* arena) {
  const bool has_sign = escaped.find('&') != std::string_view::npos;
  const bool is_plain = has_sign && is_unescaped(escaped);
  const bool decodes = has_sign && !is_plain;
  std::sort(marks.begin(), marks.end(),
            [](const TextMark& a, const TextMark& b) { return a.code_point < b.code_point; });
  if (!has_sign && base::is_ascii(escaped)) {
    mark_ascii(escaped.size(), marks);
    return escaped;
  }
  if (!has_sign && (marks.empty() || simdjson::validate_utf8(escaped.data(), escaped.size()))) {
    mark_utf8(escaped, marks);
    return escaped;
  }
  char* const begin = decodes ? arena->take(escaped.size()) : nullptr;
  std::size_t written = 0;  // bytes of the decoded text so far
  std::uint64_t code_point = 0;
  std::size_t next = 0;  // of marks
  // Places all marks at `code_point`, and those before it: they point inside an entity.
  const auto place = [&](std::uint32_t byte) {
    while (next < marks.size() && marks[next].code_point <= code_point) {
      marks[next].byte = marks[next].code_point == code_point ? byte : kNoByte;
      ++next;
    }
  };
  const bool in_blocks = decodes && simdjson::validate_utf8(escaped.data(), escaped.size());
  std::size_t sign = decodes ? escaped.find('&') : 0;  // the first at or behind `at`
  for (std::size_t at = 0; at < escaped.size();) {
    if (!decodes && next == marks.size()) break;
    place(static_cast<std::uint32_t>(written));
    if (decodes && sign < at) sign = std::min(escaped.find('&', at), escaped.size());
    if (in_blocks && sign - at >= kBlock) {
      // Whole code points only: at most three bytes are left for the next block.
      std::uint32_t starts = starts_at(escaped, at);
      std::size_t size = kBlock;
      if (at + size < escaped.size() &&
          (static_cast<unsigned char>(escaped[at + size]) & 0xC0U) == 0x80U) {
        size = static_cast<std::size_t>(std::bit_width(starts)) - 1;
        starts &= (1U << size) - 1;
      }
      const auto count = static_cast<std::uint64_t>(std::popcount(starts));
      if (next == marks.size() || marks[next].code_point >= code_point + count) {
        std::memcpy(begin + written, escaped.data() + at, kBlock);
        written += size;
        at += size;
        code_point += count;
        continue;
      }
    }
    if (decodes && escaped[at] == '&') {
      if (const Entity* entity = x_entity_at(escaped, at); entity != nullptr) {
        begin[written++] = entity->decoded;
        at += entity->written.size();
        code_point += entity->written.size();
        continue;
      }
    }
    const base::CodePoint point = base::decode_at(escaped, at);
    if (decodes) std::memcpy(begin + written, escaped.data() + at, point.size);
    code_point += is_plain ? escaped_width(escaped[at]) : 1U;
    written += point.size;
    at += point.size;
  }
  place(static_cast<std::uint32_t>(written));
  for (; next < marks.size(); ++next) marks[next].byte = kNoByte;
  if (!decodes) return escaped;
  arena->give_back(escaped.size() - written);
  return {begin, written};
}

std::string_view decode_html(std::string_view html, std::vector<Anchor>* anchors,
                             std::vector<std::uint32_t>* seams, Arena* arena) {
  anchors->clear();
  seams->clear();
  return HtmlDecoder(html, anchors, seams, arena).run();
}

}  // namespace hashcart::post
