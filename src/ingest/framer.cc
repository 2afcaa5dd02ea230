#include "ingest/framer.h"

#include <algorithm>
#include <cstring>

namespace hashcart::ingest {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

bool is_blank(char c) noexcept { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; }

// Whether a line looks like a field of a server-sent event (WHATWG HTML, 9.2.6).
bool is_event_field(std::string_view line) noexcept {
  for (const std::string_view field : {"event:", "data:", "id:", "retry:", ":"}) {
    if (line.starts_with(field)) return true;
  }
  return false;
}

enum class LineEnd { kClosed, kInBrackets, kInString };

// Where a line of JSON stands when it ends.
LineEnd line_end(std::string_view line) noexcept {
  std::uint64_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && depth > 0) --depth;
  }
  if (in_string) return LineEnd::kInString;
  return depth == 0 ? LineEnd::kClosed : LineEnd::kInBrackets;
}

// Of text whose first character opens a bracket.
std::optional<Framing> detect_json(std::string_view text, bool is_all) noexcept {
  const std::size_t end = text.find('\n');
  // A line too long to tell, one that is whole, or one that ends inside a string, which no page
  // does: lines.
  if (end == std::string_view::npos) return Framing::kNdjson;
  if (line_end(text.substr(0, end)) != LineEnd::kInBrackets) return Framing::kNdjson;
  const std::size_t next = text.find_first_not_of(kBlank, end);
  if (next == std::string_view::npos) {
    if (is_all) return Framing::kNdjson;
    return std::nullopt;
  }
  // The bracket is open over the end of the line. A page goes on; but a bracket where JSON allows
  // none begins the next of lines whose first was broken off.
  const char last = text[text.find_last_not_of(kBlank, end)];
  const bool opens_value = last == '[' || last == ',' || last == ':';
  const bool is_bracket = text[next] == '{' || text[next] == '[';
  return is_bracket && !opens_value ? Framing::kNdjson : Framing::kJson;
}

}  // namespace

std::optional<Framing> detect_framing(std::string_view start, bool at_end) noexcept {
  const bool is_all = at_end || start.size() >= kDetectBytes;
  start = start.substr(0, kDetectBytes);
  if (start.starts_with("\xEF\xBB\xBF")) start.remove_prefix(3);
  const std::size_t first = start.find_first_not_of(kBlank);
  if (first == std::string_view::npos) {
    if (is_all) return Framing::kNdjson;
    return std::nullopt;
  }
  const std::string_view text = start.substr(first);
  if (!is_all && text.find('\n') == std::string_view::npos) return std::nullopt;
  if (is_event_field(text)) return Framing::kSse;
  if (text[0] == '{' || text[0] == '[') return detect_json(text, is_all);
  return Framing::kNdjson;
}

std::size_t Framer::done(std::size_t size) noexcept {
  looked_at_ = 0;
  line_is_empty_ = true;
  depth_ = 0;
  in_string_ = false;
  escaped_ = false;
  started_ = false;
  return size;
}

std::optional<std::size_t> Framer::find(std::string_view bytes) noexcept {
  if (looked_at_ == bytes.size()) return std::nullopt;
  switch (framing_) {
    case Framing::kSse:
      return find_event(bytes);
    case Framing::kJson:
      return find_value(bytes);
    case Framing::kAuto:
    case Framing::kNdjson:
      break;
  }
  return find_line(bytes);
}

std::optional<std::size_t> Framer::find_line(std::string_view bytes) noexcept {
  const char* start = bytes.data() + looked_at_;
  const void* found = std::memchr(start, '\n', bytes.size() - looked_at_);
  if (found == nullptr) {
    looked_at_ = bytes.size();
    return std::nullopt;
  }
  return done(static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data()) + 1);
}

// The standard lets a lone CR end a line too; no server of a feed we read does, and posts may hold
// one, so here it does not.
std::optional<std::size_t> Framer::find_event(std::string_view bytes) noexcept {
  std::size_t at = looked_at_;
  while (at < bytes.size()) {
    const std::size_t newline = std::min(bytes.find('\n', at), bytes.size());
    while (line_is_empty_ && at < newline) line_is_empty_ = bytes[at++] == '\r';
    if (newline == bytes.size()) break;
    at = newline + 1;
    if (line_is_empty_) return done(at);
    line_is_empty_ = true;
  }
  looked_at_ = bytes.size();
  return std::nullopt;
}

std::optional<std::size_t> Framer::find_value(std::string_view bytes) noexcept {
  for (std::size_t at = looked_at_; at < bytes.size(); ++at) {
    const char c = bytes[at];
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      }
      continue;
    }
    switch (c) {
      case '"':
        in_string_ = true;
        started_ = true;
        break;
      case '{':
      case '[':
        ++depth_;
        started_ = true;
        break;
      case '}':
      case ']':
        if (depth_ <= 1) return done(at + 1);
        --depth_;
        break;
      case '\n':
        // Outside of any bracket: something that is no object, on a line of its own. Blank lines
        // belong to the value behind them.
        if (depth_ == 0 && started_) return done(at + 1);
        break;
      default:
        started_ = started_ || !is_blank(c);
        break;
    }
  }
  looked_at_ = bytes.size();
  return std::nullopt;
}

std::string_view Framer::trim(std::string_view record) const noexcept {
  record = trim_end(record);
  if (framing_ != Framing::kJson) return record;
  while (!record.empty() && is_blank(record.front())) record.remove_prefix(1);
  return record;
}

}  // namespace hashcart::ingest
