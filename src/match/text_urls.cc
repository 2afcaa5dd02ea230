// find_urls: twitter-text's extractUrls without a regular expression.
//
// Source: twitter-text js/src/regexp (extractUrl and its parts) and extractUrlsWithIndices. The
// regular expression is
//   preceding ( (https?://)? domain (:port)? (/path)? (?query)? )
// applied again and again behind its last match. Its cost is in the domain: it may begin in the
// middle of a run of letters (after any character that is not ASCII), and takes the *last* dot that
// a known top-level domain follows. A naive scan from every such place is quadratic; HostScanner
// remembers what an earlier scan has shown.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <utf8proc.h>

#include "base/utf8.h"
#include "match/hashtag_grammar.h"
#include "match/tag_chars.h"
#include "match/tld_table.h"

namespace hashcart::match {
namespace {

using base::CodePoint;
using base::decode_at;

constexpr std::size_t kNone = std::string_view::npos;

// twitter-text's own limits.
constexpr std::size_t kUrlUnitsMax = 4096;
constexpr std::size_t kTcoSlugMax = 40;
// RFC 1035, of the label's ASCII form.
constexpr std::size_t kLabelBytesMax = 63;

constexpr bool in(char32_t c, char32_t first, char32_t last) noexcept {
  return c >= first && c <= last;
}

// ---- Character classes (names as in twitter-text)

[[nodiscard]] bool is_directional_mark(char32_t c) {
  return in(c, 0x202A, 0x202E) || c == 0x061C || c == 0x200E || c == 0x200F ||
         in(c, 0x2066, 0x2069);
}

[[nodiscard]] bool is_invalid_char(char32_t c) { return c == 0xFFFE || c == 0xFEFF || c == 0xFFFF; }

[[nodiscard]] bool may_precede_url(char32_t c) {
  if (c < 0x80) return !is_ascii_alnum(c) && c != U'@' && c != U'$' && c != U'#';
  return c != 0xFF20 && c != kWideSign && !is_invalid_char(c);
}

// validDomainChars: neither ASCII punctuation (but for '"' and '`', which the original forgets
// too), nor space, nor one of the invisible ones above.
[[nodiscard]] bool is_domain_char(char32_t c) {
  if (c < 0x80) {
    if (is_ascii_alnum(c)) return true;
    constexpr std::string_view kNot = "!'#%&()*+,\\-./:;<=>?@[]^_{|}~$ \t\n\v\f\r";
    return kNot.find(static_cast<char>(c)) == std::string_view::npos;
  }
  return !is_unicode_space(c) && c != 0x180E && !is_invalid_char(c) && !is_directional_mark(c);
}

[[nodiscard]] bool is_latin_accent(char32_t c) {
  if (in(c, 0xC0, 0x24F)) return c != 0xD7 && c != 0xF7;
  switch (c) {
    case 0x253:
    case 0x254:
    case 0x256:
    case 0x257:
    case 0x259:
    case 0x25B:
    case 0x263:
    case 0x268:
    case 0x26F:
    case 0x272:
    case 0x289:
    case 0x28B:
    case 0x2BB:
      return true;
    default:
      return in(c, 0x300, 0x36F) || in(c, 0x1E00, 0x1EFF);
  }
}

[[nodiscard]] bool is_cyrillic(char32_t c) { return in(c, 0x400, 0x4FF); }

[[nodiscard]] bool is_ascii_domain_char(char32_t c) {
  return is_ascii_alnum(c) || c == U'-' || is_latin_accent(c);
}

[[nodiscard]] bool is_path_char(char32_t c) {
  if (c < 0x80) {
    constexpr std::string_view kAlso = "!*';:=+,.$/%#[]-_~@|&";
    return is_ascii_alnum(c) || kAlso.find(static_cast<char>(c)) != std::string_view::npos;
  }
  return c == 0x2013 || is_cyrillic(c) || is_latin_accent(c);
}

[[nodiscard]] bool is_path_end(char32_t c) {
  if (c < 0x80) {
    constexpr std::string_view kAlso = "+-=_#/";
    return is_ascii_alnum(c) || kAlso.find(static_cast<char>(c)) != std::string_view::npos;
  }
  return is_cyrillic(c) || is_latin_accent(c);
}

[[nodiscard]] bool is_query_char(char c) {
  constexpr std::string_view kAlso = "!?*'@();:&=+$/%#[]-_.,~|";
  return is_ascii_alnum(static_cast<unsigned char>(c)) || kAlso.find(c) != std::string_view::npos;
}

[[nodiscard]] bool is_query_end(char c) {
  constexpr std::string_view kAlso = "-_&=#/";
  return is_ascii_alnum(static_cast<unsigned char>(c)) || kAlso.find(c) != std::string_view::npos;
}

// A code point, or an ill-formed byte as a value no class above accepts.
struct Reader {
  std::string_view text;
  [[nodiscard]] CodePoint operator()(std::size_t at) const {
    const CodePoint point = decode_at(text, at);
    if (point.size == 1 && static_cast<unsigned char>(text[at]) >= 0x80) return {0xFFFF, 1};
    return point;
  }
};

[[nodiscard]] bool begins_caseless(std::string_view text, std::string_view lower) {
  if (text.size() < lower.size()) return false;
  for (std::size_t i = 0; i < lower.size(); ++i) {
    if (base::ascii_lower(text[i]) != lower[i]) return false;
  }
  return true;
}

// ---- Domains

// The end of the longest top-level domain that begins at `at`, or kNone. One in ASCII form (xn--)
// is taken unseen. A name counts only if no ASCII letter or digit and none of @ + - follows.
[[nodiscard]] std::size_t tld_end_at(std::string_view text, std::size_t at) {
  if (begins_caseless(text.substr(at), "xn--")) {
    std::size_t end = at + 4;
    while (end < text.size() &&
           (is_ascii_alnum(static_cast<unsigned char>(text[end])) || text[end] == '-')) {
      ++end;
    }
    return end > at + 4 ? end : kNone;
  }
  std::array<char, kTldBytesMax + 4> name{};
  std::size_t size = 0;
  std::size_t longest = kNone;
  const Reader read{text};
  while (at < text.size()) {
    const CodePoint point = read(at);
    if (point.value < 0x80 && !is_ascii_alnum(point.value)) break;
    const auto lower = utf8proc_tolower(static_cast<utf8proc_int32_t>(point.value));
    std::array<utf8proc_uint8_t, 4> bytes{};
    const auto count = static_cast<std::size_t>(utf8proc_encode_char(lower, bytes.data()));
    if (size + count > kTldBytesMax) break;
    std::copy_n(bytes.begin(), count, name.begin() + static_cast<std::ptrdiff_t>(size));
    size += count;
    at += point.size;
    const char next = at < text.size() ? text[at] : ' ';
    if (is_ascii_alnum(static_cast<unsigned char>(next)) || next == '@' || next == '+' ||
        next == '-') {
      continue;
    }
    if (is_tld({name.data(), size})) longest = at;
  }
  return longest;
}

// Finds the domain at a place:  (label .)* name . tld where a label begins and ends with a domain
// character and may hold '-' and '_', and the last one, the name, holds no '_'. Calls must ask for
// ascending places.
class HostScanner {
 public:
  explicit HostScanner(std::string_view text) : text_(text), read_{text} {}

  // The end of the domain that begins at `start`, or kNone.
  [[nodiscard]] std::size_t find(std::size_t start) {
    if (start < skip_) return kNone;
    return start < chain_end_ ? scan_label(start) : scan_chain(start);
  }

  void forget() { chain_end_ = skip_ = 0; }

 private:
  struct Label {
    std::size_t end = 0;         // where it stops
    bool is_dotted = false;      // well formed, and a dot follows
    std::size_t joiner = kNone;  // its first '_'
  };

  [[nodiscard]] Label read_label(std::size_t at, bool stop_at_joiner) const {
    Label label;
    bool ends_well = false;
    while (at < text_.size()) {
      const CodePoint point = read_(at);
      const bool is_joiner = point.value == U'-' || point.value == U'_';
      if (is_joiner ? label.end == 0 : !is_domain_char(point.value)) break;
      if (point.value == U'_' && label.joiner == kNone) {
        label.joiner = at;
        if (stop_at_joiner) return label;
      }
      ends_well = !is_joiner;
      at += point.size;
      label.end = at;
    }
    label.is_dotted = ends_well && at < text_.size() && text_[at] == '.';
    label.end = at;
    return label;
  }

  // All labels from here on. Afterwards every later dot of this chain is known to make no domain,
  // except for a start behind the '_' of the label before the dot; scan_label covers that.
  [[nodiscard]] std::size_t scan_chain(std::size_t start) {
    std::size_t found = kNone;
    for (;;) {
      const Label label = read_label(start, false);
      chain_end_ = label.end;
      if (!label.is_dotted) return found;
      start = label.end + 1;
      if (label.joiner != kNone) continue;
      const std::size_t end = tld_end_at(text_, start);
      if (end != kNone) found = end;
    }
  }

  [[nodiscard]] std::size_t scan_label(std::size_t start) {
    const Label label = read_label(start, true);
    if (label.joiner != kNone) {
      skip_ = label.joiner;
      return kNone;
    }
    skip_ = label.end;
    return label.is_dotted ? tld_end_at(text_, label.end + 1) : kNone;
  }

  std::string_view text_;
  Reader read_;
  std::size_t chain_end_ = 0;  // places before it were covered by scan_chain
  std::size_t skip_ = 0;       // no domain begins before it
};

// The first domain of ASCII and accented Latin labels inside domain[from..], as {start, end};
// {kNone, kNone} if there is none.
struct Range {
  std::size_t start = kNone;
  std::size_t end = kNone;
};

[[nodiscard]] Range find_ascii_domain(std::string_view domain, std::size_t from) {
  const Reader read{domain};
  Range found;
  bool in_label = false;
  for (std::size_t at = from; at < domain.size();) {
    const CodePoint point = read(at);
    if (is_ascii_domain_char(point.value)) {
      if (found.start == kNone) found.start = at;
      in_label = true;
    } else if (point.value == U'.' && in_label) {
      const std::size_t end = tld_end_at(domain, at + 1);
      if (end != kNone) found.end = end;
      in_label = false;
    } else if (found.end != kNone) {
      return found;
    } else {
      found.start = kNone;
      in_label = false;
    }
    at += point.size;
  }
  return found.end != kNone ? found : Range{};
}

// The size of a label in ASCII form, or more than kLabelBytesMax if it is too long (RFC 3492).
[[nodiscard]] std::size_t ascii_size(std::string_view label) {
  if (base::is_ascii(label)) return label.size();
  std::array<char32_t, kLabelBytesMax + 1> points{};
  std::size_t count = 0;
  std::uint32_t basic = 0;
  for (std::size_t at = 0; at < label.size();) {
    if (count > kLabelBytesMax) return count;  // each code point takes a byte at least
    const CodePoint point = decode_at(label, at);
    points[count++] = point.value;
    if (point.value < 0x80) ++basic;
    at += point.size;
  }
  constexpr std::uint32_t kBase = 36, kMin = 1, kMax = 26, kSkew = 38, kDamp = 700;
  std::size_t size = 4 + basic + (basic > 0 ? 1U : 0U);
  std::uint32_t handled = basic;
  std::uint32_t delta = 0;
  std::uint32_t bias = 72;
  char32_t current = 0x80;
  while (handled < count) {
    char32_t next = 0x10FFFF;
    for (std::size_t i = 0; i < count; ++i) {
      if (points[i] >= current) next = std::min(next, points[i]);
    }
    delta += static_cast<std::uint32_t>(next - current) * (handled + 1);  // < 2^27: no overflow
    current = next;
    for (std::size_t i = 0; i < count; ++i) {
      if (points[i] < current) ++delta;
      if (points[i] != current) continue;
      std::uint32_t rest = delta;
      for (std::uint32_t k = kBase;; k += kBase) {
        const std::uint32_t threshold = k <= bias ? kMin : std::min(k - bias, kMax);
        ++size;
        if (rest < threshold) break;
        rest = (rest - threshold) / (kBase - threshold);
      }
      delta = handled == basic ? delta / kDamp : delta / 2;
      delta += delta / (handled + 1);
      std::uint32_t steps = 0;
      for (; delta > (kBase - kMin) * kMax / 2; steps += kBase) delta /= kBase - kMin;
      bias = steps + (kBase - kMin + 1) * delta / (delta + kSkew);
      delta = 0;
      ++handled;
    }
    ++delta;
    ++current;
  }
  return size;
}

[[nodiscard]] std::size_t utf16_units(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80U) units += byte >= 0xF0 ? 2U : 1U;
  }
  return units;
}

// isValidUrl: the ASCII form of the domain exists and is short enough.
[[nodiscard]] bool is_valid(std::string_view url, std::size_t scheme_size,
                            std::string_view domain) {
  if (begins_caseless(domain, "xn--") && find_ascii_domain(domain, 0).end == kNone) return false;
  std::size_t ascii = 0;
  for (std::size_t at = 0; at <= domain.size();) {
    const std::size_t dot = std::min(domain.find('.', at), domain.size());
    const std::size_t size = ascii_size(domain.substr(at, dot - at));
    if (size == 0 || size > kLabelBytesMax) return false;
    ascii += size + (dot < domain.size() ? 1U : 0U);
    at = dot + 1;
  }
  return scheme_size + utf16_units(url) + ascii <= kUrlUnitsMax + utf16_units(domain);
}

// ---- Behind the domain

[[nodiscard]] std::size_t skip_path_chars(std::string_view text, std::size_t at) {
  const Reader read{text};
  while (at < text.size()) {
    const CodePoint point = read(at);
    if (!is_path_char(point.value)) break;
    at += point.size;
  }
  return at;
}

// validUrlBalancedParens at a '(': pairs one or two deep, none of them empty. kNone if unbalanced.
[[nodiscard]] std::size_t parens_end(std::string_view text, std::size_t open) {
  std::size_t at = skip_path_chars(text, open + 1);
  if (at == text.size()) return kNone;
  if (text[at] == ')') return at > open + 1 ? at + 1 : kNone;
  if (text[at] != '(') return kNone;
  const std::size_t inner = at + 1;
  at = skip_path_chars(text, inner);
  if (at == inner || at == text.size() || text[at] != ')') return kNone;
  at = skip_path_chars(text, at + 1);
  return at < text.size() && text[at] == ')' ? at + 1 : kNone;
}

// The longest path that begins at the '/' and ends well.
[[nodiscard]] std::size_t path_end(std::string_view text, std::size_t slash) {
  const Reader read{text};
  std::size_t at = slash + 1;
  std::size_t end = at;
  while (at < text.size()) {
    const CodePoint point = read(at);
    if (point.value == U'(') {
      const std::size_t close = parens_end(text, at);
      if (close == kNone) break;
      end = at = close;
      continue;
    }
    if (!is_path_char(point.value)) break;
    at += point.size;
    if (is_path_end(point.value)) end = at;
  }
  return end;
}

// The end of the query that begins at `at`, or `at` if there is none.
[[nodiscard]] std::size_t query_end(std::string_view text, std::size_t at) {
  std::size_t end = at;
  if (at == text.size() || text[at] != '?') return end;
  while (++at < text.size() && is_query_char(text[at])) {
    if (is_query_end(text[at])) end = at + 1;
  }
  return end;
}

// validTcoUrl: t.co links end with their slug, whatever follows; kNone if the slug is too long to
// be one. slash: that behind the domain.
[[nodiscard]] std::size_t tco_end(std::string_view text, std::size_t slash, std::size_t end) {
  std::size_t at = slash + 1;
  while (at < end && is_ascii_alnum(static_cast<unsigned char>(text[at]))) ++at;
  if (at == slash + 1) return end;
  if (at - slash - 1 > kTcoSlugMax) return kNone;
  return query_end(text.substr(0, end), at);
}

class UrlFinder {
 public:
  UrlFinder(std::string_view text, std::vector<TextSpan>* out)
      : text_(text), hosts_(text), out_(out) {}

  void run() {
    if (text_.empty()) return;
    // At the very start the expression tries to take the first character as the preceding one, then
    // the start itself.
    const CodePoint first = read(0);
    std::size_t at = kNone;
    if (may_precede_url(first.value)) {
      at = match(first.size);
      if (at == kNone) hosts_.forget();
    }
    if (at == kNone) at = match(0);
    if (at == kNone) at = first.size;
    while (at < text_.size()) {
      const CodePoint point = read(at);
      const std::size_t next = at + point.size;
      const std::size_t end = may_precede_url(point.value) ? match(next) : kNone;
      at = end != kNone ? end : next;
    }
  }

 private:
  [[nodiscard]] CodePoint read(std::size_t at) const { return decode_at(text_, at); }

  void add(std::size_t start, std::size_t end) {
    out_->push_back({static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(end)});
  }

  // The expression at `start`: returns the end of the match, kNone if there is none. What it
  // matches is not always a link.
  [[nodiscard]] std::size_t match(std::size_t start) {
    if (start >= text_.size()) return kNone;
    const std::string_view rest = text_.substr(start);
    std::size_t scheme_size = 0;
    if (begins_caseless(rest, "http://")) scheme_size = 7;
    if (begins_caseless(rest, "https://")) scheme_size = 8;
    const std::size_t host = start + scheme_size;
    const std::size_t domain_end = hosts_.find(host);
    if (domain_end == kNone) return kNone;

    std::size_t end = domain_end;
    if (end < text_.size() && text_[end] == ':') {
      std::size_t at = end + 1;
      while (at < text_.size() && base::is_ascii_digit(text_[at])) ++at;
      if (at > end + 1) end = at;
    }
    const bool has_path = end < text_.size() && text_[end] == '/';
    if (has_path) end = path_end(text_, end);
    end = query_end(text_, end);

    const std::string_view domain = text_.substr(host, domain_end - host);
    if (!is_valid(text_.substr(start, end - start), scheme_size, domain)) return end;
    if (scheme_size == 0) {
      add_without_scheme(start, domain, has_path ? end : kNone);
      return end;
    }
    std::size_t shown_end = end;
    if (begins_caseless(domain, "t.co") && domain.size() == 4 && has_path &&
        text_[domain_end] == '/') {
      shown_end = tco_end(text_, domain_end, end);
    }
    if (shown_end != kNone) add(start, shown_end);
    return end;
  }

  // Only the parts in Latin letters are links; the path belongs to the last.
  void add_without_scheme(std::size_t start, std::string_view domain, std::size_t path_end_at) {
    if (start > 0) {
      const char before = text_[start - 1];
      if (before == '-' || before == '_' || before == '.' || before == '/') return;
    }
    bool any = false;
    for (std::size_t from = 0;;) {
      const Range found = find_ascii_domain(domain, from);
      if (found.end == kNone) break;
      add(start + found.start, start + found.end);
      any = true;
      from = found.end;
    }
    if (any && path_end_at != kNone) out_->back().end = static_cast<std::uint32_t>(path_end_at);
  }

  std::string_view text_;
  HostScanner hosts_;
  std::vector<TextSpan>* out_;
};

}  // namespace

void find_urls(std::string_view text, base::Platform platform, std::vector<TextSpan>* out) {
  out->clear();
  if (text.find('.') == std::string_view::npos) return;  // every domain has one
  UrlFinder(text, out).run();
  if (platform != base::Platform::kBluesky) return;
  // Bluesky asks of a link without a scheme that the whole name ends in a top-level domain, where X
  // takes the part of `website.com.jpg` that does (atproto, rich-text/detection.ts).
  const auto goes_on = [&](const TextSpan& url) {
    const std::string_view found = text.substr(url.start, url.end - url.start);
    if (found.find("://") != std::string_view::npos || url.end + 1 >= text.size()) return false;
    const char next = text[url.end + 1];
    return text[url.end] == '.' && (base::is_ascii_digit(next) || (base::ascii_lower(next) >= 'a' &&
                                                                   base::ascii_lower(next) <= 'z'));
  };
  out->erase(std::remove_if(out->begin(), out->end(), goes_on), out->end());
}

}  // namespace hashcart::match
