#include "ingest/framer.h"

#include <algorithm>
#include <cstring>

namespace hashcart::ingest {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

// Whether a line looks like a field of a server-sent event (WHATWG HTML, 9.2.6).
bool is_event_field(std::string_view line) noexcept {
  for (const std::string_view field : {"event:", "data:", "id:", "retry:", ":"}) {
    if (line.starts_with(field)) return true;
  }
  return false;
}

// Whether the brackets of a line of JSON close where it ends.
bool closes(std::string_view line) noexcept {
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
  return depth == 0 && !in_string;
}

}  // namespace

std::optional<Framing> detect_framing(std::string_view start, bool at_end) noexcept {
  constexpr std::size_t kLookAt = 64U << 10U;
  if (start.starts_with("\xEF\xBB\xBF")) start.remove_prefix(3);
  const std::size_t first = start.find_first_not_of(kBlank);
  if (first == std::string_view::npos) {
    if (at_end || start.size() >= kLookAt) return Framing::kNdjson;
    return std::nullopt;
  }
  const std::string_view rest = start.substr(first);
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos && !at_end && rest.size() < kLookAt) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  if (is_event_field(line)) return Framing::kSse;
  if (line[0] != '{' && line[0] != '[') return Framing::kNdjson;
  // One value on one line, a line too long to tell, or a line that breaks off before another that
  // looks like a record of its own: lines. A bracket left open over the line's end: a page.
  if (end == std::string_view::npos || closes(line)) return Framing::kNdjson;
  const std::size_t next = rest.find_first_not_of(kBlank, end);
  if (next == std::string_view::npos) {
    if (at_end || rest.size() >= kLookAt) return Framing::kNdjson;
    return std::nullopt;
  }
  // Pretty-printed JSON goes on with a blank-indented or bracketed line; records of a broken NDJSON
  // file begin at the margin with a brace.
  return rest[next] == '{' && rest[next - 1] == '\n' && line.size() > 1 && line.back() != ','
             ? Framing::kNdjson
             : Framing::kJson;
}

std::size_t Framer::done(std::size_t size) noexcept {
  looked_at_ = 0;
  line_is_empty_ = true;
  event_is_empty_ = true;
  depth_ = 0;
  in_string_ = false;
  escaped_ = false;
  started_ = false;
  return size;
}

std::optional<std::size_t> Framer::find(std::string_view bytes) noexcept {
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

std::optional<std::size_t> Framer::find_event(std::string_view bytes) noexcept {
  for (std::size_t at = looked_at_; at < bytes.size(); ++at) {
    const char c = bytes[at];
    if (c == '\n') {
      if (line_is_empty_) return done(at + 1);
      line_is_empty_ = true;
    } else if (c != '\r') {
      line_is_empty_ = false;
    }
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
        if (kBlank.find(c) == std::string_view::npos) started_ = true;
        break;
    }
  }
  looked_at_ = bytes.size();
  return std::nullopt;
}

std::string_view Framer::trim(std::string_view record) const noexcept {
  const std::size_t last = record.find_last_not_of(kBlank);
  if (last == std::string_view::npos) return {};
  record = record.substr(0, last + 1);
  if (framing_ != Framing::kNdjson) {
    record.remove_prefix(std::min(record.find_first_not_of(kBlank), record.size()));
  }
  return record;
}

}  // namespace hashcart::ingest
