#include "catalogue/path_template.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"

namespace hashcart::catalogue {
namespace {

using Segment = PathTemplate::Segment;
using QueryTerm = PathTemplate::QueryTerm;
using Kind = PathTemplate::Kind;

constexpr std::size_t kTemplateBytesMax = 512;
constexpr std::size_t kSegmentsMax =
    16;  // the longest real product path has 7; bounds the cost of `**`

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = base::ascii_lower(c);
  return out;
}

bool is_head(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    const char small = base::ascii_lower(c);
    if (!base::is_ascii_digit(c) && !(small >= 'a' && small <= 'z')) return false;
  }
  return true;
}

// What stands in the braces that open at text[at]: `id`, `id/2`, `id>=13` or `MLB+id`.
struct Placeholder {
  std::size_t end = 0;  // after the closing brace
  std::string head;
  std::uint8_t bytes_min = 0;
  bool two = false;
};

// Reads the 13 of `id>=13`: 1 to 255, which is the longest id (IdPattern). 0 where it is none.
std::uint8_t read_bytes_min(std::string_view inside) {
  constexpr std::string_view kStart = "id>=";
  if (inside.substr(0, kStart.size()) != kStart) return 0;
  inside.remove_prefix(kStart.size());
  if (inside.empty() || inside.size() > 3 || inside.front() == '0') return 0;
  unsigned value = 0;
  for (const char c : inside) {
    if (!base::is_ascii_digit(c)) return 0;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value > 255 ? std::uint8_t{0} : static_cast<std::uint8_t>(value);
}

std::string read_placeholder(std::string_view text, std::size_t at, Placeholder* out) {
  const std::size_t close = text.find('}', at);
  if (close == std::string_view::npos) return "a `{` is never closed";
  const std::string_view inside = text.substr(at + 1, close - at - 1);
  out->end = close + 1;
  out->two = inside == "id/2";
  if (inside == "id" || out->two) return {};
  out->bytes_min = read_bytes_min(inside);
  if (out->bytes_min > 0) return {};
  if (inside == "affiliate") return "{affiliate} is a whole segment, the last one, behind {id}";
  if (inside.size() > 3 && inside.substr(inside.size() - 3) == "+id" &&
      is_head(inside.substr(0, inside.size() - 3))) {
    out->head = std::string(inside.substr(0, inside.size() - 3));
    return {};
  }
  return "`{" + std::string(inside) + "}` means nothing here; write {id}";
}

std::string check_literal(std::string_view text) {
  for (const char c : text) {
    if (c == '*') return "`*` is a whole segment, or the start or end of one that holds {id}";
    if (c == '}') return "a `}` closes nothing";
    if (c == '%') return "literals are written decoded, without `%`";
    if (c == '\\') return "segments are joined by `/`";
    if (c == '?') return "a template has one `?`, before its query terms";
    if (c == '&') return "`&` joins query terms and stands after `?`";
    if (static_cast<unsigned char>(c) <= ' ' || c == '\x7F') {
      return "a template holds no blanks and no control characters";
    }
  }
  return {};
}

std::string read_segment(std::string_view text, Segment* out) {
  if (text == "*" || text == "**") {
    out->kind = text.size() == 1 ? Kind::kAnySegment : Kind::kAnySegments;
    return {};
  }
  if (text.substr(0, 2) == "*!") {
    out->kind = Kind::kAnySegment;
    out->prefix = lower(text.substr(2));
    if (out->prefix.empty()) return "`*!` needs the segment it excludes, as in `*!share`";
    if (out->prefix.find('{') != std::string::npos) return "`*!` excludes a literal";
    return check_literal(out->prefix);
  }
  if (text == "." || text == "..") return "dot segments never reach a template";
  const std::size_t open = text.find('{');
  if (open == std::string_view::npos) {
    out->prefix = lower(text);
    return check_literal(text);
  }
  Placeholder placeholder;
  if (std::string wrong = read_placeholder(text, open, &placeholder); !wrong.empty()) return wrong;
  std::string_view before = text.substr(0, open);
  std::string_view after = text.substr(placeholder.end);
  if (after.find('{') != std::string_view::npos) return "a template has one {id}, not two";
  out->kind = Kind::kId;
  out->head = placeholder.head;
  out->bytes_min = placeholder.bytes_min;
  out->two = placeholder.two;
  if (!before.empty() && before.front() == '*') {
    out->any_prefix = true;
    before.remove_prefix(1);
    if (const std::size_t star = before.find('*'); star != std::string_view::npos) {
      if (std::string wrong = check_literal(before.substr(0, star)); !wrong.empty()) return wrong;
      out->lead = lower(before.substr(0, star));
      before.remove_prefix(star + 1);
      if (out->lead.empty()) return "`*` twice in a row says no more than once";
    }
    if (before.empty()) return "a separator is needed between `*` and {id}, as in `*-{id}`";
  }
  if (!after.empty() && after.back() == '*') {
    out->any_suffix = true;
    after.remove_suffix(1);
    if (after.empty()) return "a separator is needed between {id} and `*`, as in `{id}-*`";
  }
  if (out->two && (!before.empty() || !after.empty())) return "{id/2} stands alone between two `/`";
  out->prefix = lower(before);
  out->suffix = lower(after);
  std::string wrong = check_literal(before);
  return wrong.empty() ? check_literal(after) : wrong;
}

std::string read_path(std::string_view text, PathTemplate* out) {
  if (text.empty() || text.front() != '/') return "a template starts with `/`";
  if (text.find("//") != std::string_view::npos) return "two `/` stand side by side";
  if (text.size() > 1 && text.back() == '/') {
    return "a template does not end in `/`: it matches whatever follows";
  }
  std::size_t at = 1;
  while (at < text.size()) {
    // The `/` of {id/2} joins nothing.
    const std::size_t brace = text.find('{', at);
    std::size_t end = text.find('/', at);
    if (brace < end && text.substr(brace, 6) == "{id/2}") end = text.find('/', brace + 6);
    if (end == std::string_view::npos) end = text.size();
    if (text.substr(at, end - at) == "{affiliate}") {
      const bool behind_id =
          std::any_of(out->segments.begin(), out->segments.end(),
                      [](const Segment& segment) { return segment.kind == Kind::kId; });
      if (end < text.size() || !behind_id) {
        return "{affiliate} is a whole segment, the last one, behind {id}";
      }
      out->affiliate = true;
      break;
    }
    Segment segment;
    if (std::string wrong = read_segment(text.substr(at, end - at), &segment); !wrong.empty()) {
      return wrong;
    }
    const bool again = !out->segments.empty() && out->segments.back().kind == Kind::kAnySegments;
    if (again && segment.kind == Kind::kAnySegments)
      return "`**` twice in a row says no more than once";
    out->segments.push_back(std::move(segment));
    at = end + 1;
  }
  if (out->segments.size() > kSegmentsMax) return "a template has at most 16 segments";
  return {};
}

std::string read_query(std::string_view text, PathTemplate* out) {
  while (true) {
    const std::size_t end = text.find('&');
    const std::string_view term = text.substr(0, end);
    const std::size_t equals = term.find('=');
    if (equals == 0 || equals == std::string_view::npos) return "a query term is written key=value";
    const std::string_view key = term.substr(0, equals);
    const std::string_view value = term.substr(equals + 1);
    QueryTerm read;
    read.key = lower(key);
    const bool braces = value.size() > 2 && value.front() == '{' && value.back() == '}';
    if (braces) read.bytes_min = read_bytes_min(value.substr(1, value.size() - 2));
    read.is_id = value == "{id}" || read.bytes_min > 0;
    if (key.find('{') != std::string_view::npos) return "the key of a query term is a literal";
    if (std::string wrong = check_literal(key); !wrong.empty()) return wrong;
    if (!read.is_id) {
      if (value.find('{') != std::string_view::npos)
        return "a query value is a literal or {id} alone";
      if (std::string wrong = check_literal(value); !wrong.empty()) return wrong;
      read.value = lower(value);
    }
    out->query.push_back(std::move(read));
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
}

std::string read_fragment(std::string_view text, PathTemplate* out) {
  constexpr std::string_view kId = "{id}";
  if (text.size() < kId.size() || text.substr(text.size() - kId.size()) != kId) {
    return "the part after `#` ends in {id}";
  }
  text.remove_suffix(kId.size());
  if (text.find('{') != std::string_view::npos) return "a template has one {id}, not two";
  out->fragment_prefix = lower(text);
  out->id_in_fragment = true;
  return {};
}

std::size_t count_ids(const PathTemplate& read) {
  std::size_t count = read.id_in_fragment ? 1 : 0;
  for (const Segment& segment : read.segments) count += segment.kind == Kind::kId ? 1 : 0;
  for (const QueryTerm& term : read.query) count += term.is_id ? 1 : 0;
  return count;
}

}  // namespace

std::string PathTemplate::parse(std::string_view text, PathTemplate* out) {
  PathTemplate read;
  read.text = std::string(text);
  if (text.size() > kTemplateBytesMax) return "a template is at most 512 bytes long";
  const std::size_t hash = text.find('#');
  std::string_view path = text.substr(0, hash);
  const std::size_t mark = path.find('?');
  std::string wrong = read_path(path.substr(0, mark), &read);
  if (wrong.empty() && mark != std::string_view::npos)
    wrong = read_query(path.substr(mark + 1), &read);
  if (wrong.empty() && hash != std::string_view::npos) {
    wrong = read_fragment(text.substr(hash + 1), &read);
  }
  if (!wrong.empty()) return wrong;
  const std::size_t ids = count_ids(read);
  if (ids == 0) return "a template needs {id} somewhere";
  if (ids > 1) return "a template has one {id}, not two";
  *out = std::move(read);
  return {};
}

}  // namespace hashcart::catalogue
