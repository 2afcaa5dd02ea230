#include "post/graph.h"

#include "base/utf8.h"

namespace hashcart::post {
namespace {

// Longer than the id of a comment with its post's and its page's before it.
constexpr std::size_t kIdKeyBytesMax = 96;

int hex_value(char c) noexcept {
  if (base::is_ascii_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Takes `start` off the front of *text, or leaves it alone.
bool take(std::string_view start, std::string_view* text) noexcept {
  if (!text->starts_with(start)) return false;
  text->remove_prefix(start.size());
  return true;
}

// What follows `u=` in the query of a link shim; empty for any other link.
std::string_view shimmed(std::string_view url) noexcept {
  if (!take("https://", &url) && !take("http://", &url)) return {};
  bool is_shim = false;
  for (const std::string_view host :
       {std::string_view("l.facebook.com/"), std::string_view("lm.facebook.com/"),
        std::string_view("l.instagram.com/"), std::string_view("l.threads.com/"),
        std::string_view("l.threads.net/")}) {
    is_shim = is_shim || take(host, &url);
  }
  if (!is_shim) return {};
  take("l.php", &url);
  if (!take("?", &url)) return {};
  while (!url.empty()) {
    const std::size_t end = url.find_first_of("&#");
    std::string_view parameter = url.substr(0, end);
    if (take("u=", &parameter)) return parameter;
    if (end == std::string_view::npos || url[end] == '#') return {};
    url.remove_prefix(end + 1);
  }
  return {};
}

}  // namespace

bool is_graph_id(std::string_view text) noexcept {
  bool after_digit = false;
  for (const char c : text) {
    if (c == '_' ? !after_digit : !base::is_ascii_digit(c)) return false;
    after_digit = c != '_';
  }
  return after_digit;
}

bool is_graph_id_key(const char* raw) noexcept {
  for (std::size_t size = 0; size <= kIdKeyBytesMax; ++size) {
    if (raw[size] == '"') return is_graph_id({raw, size});
    if (raw[size] != '_' && !base::is_ascii_digit(raw[size])) return false;
  }
  return false;
}

bool is_plain_key(const char* raw, std::string_view wanted) noexcept {
  for (const char c : wanted) {
    if (*raw++ != c) return false;
  }
  return *raw == '"';
}

std::optional<base::EventTimeMs> parse_graph_time(const MaybeText& written) noexcept {
  std::uint64_t number = 0;
  if (!parse_digits(written.text, &number)) return base::parse_rfc3339(written.text);
  constexpr std::uint64_t kMillisecondsFrom = 100'000'000'000;
  constexpr std::uint64_t kMicrosecondsFrom = 100'000'000'000'000;
  if (number >= kMicrosecondsFrom) {
    number /= 1000;
  } else if (number < kMillisecondsFrom) {
    number *= 1000;
  }
  const auto time = static_cast<base::EventTimeMs>(number);
  return is_event_time(time) ? std::optional(time) : std::nullopt;
}

RejectReason set_graph_time(const MaybeText& written, Post* post) noexcept {
  if (!written.present) return RejectReason::kNoTime;
  const std::optional<base::EventTimeMs> time = parse_graph_time(written);
  if (!time) return RejectReason::kBadTime;
  post->has_time = post->time_is_platforms = true;
  post->time = *time;
  return RejectReason::kNone;
}

std::string_view unshimmed(std::string_view url, Arena* arena) noexcept {
  const std::string_view escaped = shimmed(url);
  if (escaped.empty()) return url;
  char* const room = arena->take(escaped.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    char c = escaped[i];
    if (c == '%') {
      const int high = i + 2 < escaped.size() ? hex_value(escaped[i + 1]) : -1;
      const int low = i + 2 < escaped.size() ? hex_value(escaped[i + 2]) : -1;
      if (high < 0 || low < 0) return url;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7F) return url;
    room[size++] = c;
  }
  const std::string_view decoded(room, size);
  const bool is_link = decoded.starts_with("https://") || decoded.starts_with("http://");
  return is_link && base::is_valid_utf8(decoded) ? decoded : url;
}

void add_link(std::string_view url, Arena* arena, Post* post) noexcept {
  if (url.empty()) return;
  url = unshimmed(url, arena);
  // Payloads name one link in several places, but close together.
  constexpr std::size_t kComparedMax = 8;
  const std::size_t count = post->links.size();
  for (std::size_t i = count > kComparedMax ? count - kComparedMax : 0; i < count; ++i) {
    if (post->links[i].url == url) return;
  }
  post->links.push_back({url, 0, 0});
}

void add_listed_tag(std::string_view tag, Post* post) noexcept {
  if (!take("#", &tag)) take("\xEF\xBC\x83", &tag);
  if (!tag.empty()) post->tags.push_back({tag, 0, 0});
}

}  // namespace hashcart::post
