#include "post/json_syntax.h"

#include <bit>
#include <bitset>
#include <cstdint>
#include <cstring>

#include <simdjson.h>

#include "base/utf8.h"

namespace hashcart::post {
namespace {

class JsonChecker {
 public:
  explicit JsonChecker(std::string_view bytes) noexcept : bytes_(bytes) {}

  RejectReason run() noexcept {
    // A value is due at the top of the loop; after it, closings and a comma, or the end.
    while (true) {
      skip_blanks();
      if (at_end()) return RejectReason::kBadJson;
      const char c = bytes_[at_];
      if (c == '{' || c == '[') {
        if (depth_ == kJsonDepthMax) return RejectReason::kTooDeep;
        ++at_;
        is_object_[depth_++] = c == '{';
        skip_blanks();
        if (take(c == '{' ? '}' : ']')) {
          --depth_;
        } else {
          if (c == '{') {
            if (const RejectReason reason = read_key(); reason != RejectReason::kNone)
              return reason;
          }
          continue;
        }
      } else if (const RejectReason reason = read_scalar(); reason != RejectReason::kNone) {
        return reason;
      }
      bool value_is_due = false;
      while (!value_is_due) {
        skip_blanks();
        if (depth_ == 0) return at_end() ? RejectReason::kNone : RejectReason::kBadJson;
        const bool in_object = is_object_[depth_ - 1];
        if (take(',')) {
          value_is_due = true;
          if (in_object) {
            if (const RejectReason reason = read_key(); reason != RejectReason::kNone)
              return reason;
          }
        } else if (take(in_object ? '}' : ']')) {
          --depth_;
        } else {
          return RejectReason::kBadJson;
        }
      }
    }
  }

 private:
  [[nodiscard]] bool at_end() const noexcept { return at_ == bytes_.size(); }
  [[nodiscard]] char peek() const noexcept { return at_end() ? '\0' : bytes_[at_]; }

  bool take(char c) noexcept {
    if (at_end() || bytes_[at_] != c) return false;
    ++at_;
    return true;
  }

  void skip_blanks() noexcept {
    while (!at_end() && (bytes_[at_] == ' ' || bytes_[at_] == '\t' || bytes_[at_] == '\n' ||
                         bytes_[at_] == '\r')) {
      ++at_;
    }
  }

  // A key and its colon.
  RejectReason read_key() noexcept {
    skip_blanks();
    if (peek() != '"') return RejectReason::kBadJson;
    if (const RejectReason reason = read_string(); reason != RejectReason::kNone) return reason;
    skip_blanks();
    return take(':') ? RejectReason::kNone : RejectReason::kBadJson;
  }

  RejectReason read_scalar() noexcept {
    const char c = peek();
    if (c == '"') return read_string();
    if (c == '-' || base::is_ascii_digit(c))
      return read_number() ? RejectReason::kNone : RejectReason::kBadJson;
    for (const std::string_view word :
         {std::string_view("true"), std::string_view("false"), std::string_view("null")}) {
      if (bytes_.compare(at_, word.size(), word) == 0) {
        at_ += word.size();
        return RejectReason::kNone;
      }
    }
    return RejectReason::kBadJson;
  }

  bool read_number() noexcept {
    take('-');
    if (!take('0') && !read_digits()) return false;
    if (take('.') && !read_digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      return read_digits();
    }
    return true;
  }

  bool read_digits() noexcept {
    const std::size_t begin = at_;
    while (base::is_ascii_digit(peek())) ++at_;
    return at_ > begin;
  }

  // Of eight bytes, the lowest first: how many stand before a quote, a backslash or a control
  // character.
  static std::size_t plain_size(std::uint64_t bytes) noexcept {
    static_assert(std::endian::native == std::endian::little);
    constexpr std::uint64_t kOnes = 0x0101010101010101;
    // The highest bit of each zero byte, and of none below the first.
    const auto zeros = [](std::uint64_t v) { return (v - kOnes) & ~v; };
    const std::uint64_t found = zeros(bytes ^ (kOnes * '"')) | zeros(bytes ^ (kOnes * '\\')) |
                                ((bytes - kOnes * 0x20) & ~bytes);
    return static_cast<std::size_t>(std::countr_zero(found & (kOnes * 0x80))) / 8;
  }

  RejectReason read_string() noexcept {
    ++at_;
    while (!at_end()) {
      std::uint64_t next = 0;
      while (bytes_.size() - at_ >= sizeof next) {
        std::memcpy(&next, bytes_.data() + at_, sizeof next);
        const std::size_t plain = plain_size(next);
        at_ += plain;
        if (plain < sizeof next) break;
      }
      if (at_end()) break;
      const char c = bytes_[at_];
      if (static_cast<unsigned char>(c) < 0x20) return RejectReason::kBadJson;
      ++at_;
      if (c == '"') return RejectReason::kNone;
      if (c == '\\' && !read_escape())
        return at_end() ? RejectReason::kBadJson : RejectReason::kBadString;
    }
    return RejectReason::kBadJson;
  }

  // What follows a backslash. False at the end of the bytes too.
  bool read_escape() noexcept {
    if (at_end()) return false;
    const char c = bytes_[at_++];
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    std::uint32_t unit = 0;
    if (!read_hex4(&unit)) return false;
    if (unit < 0xD800 || unit > 0xDFFF) return true;
    std::uint32_t low = 0;
    return unit < 0xDC00 && take('\\') && take('u') && read_hex4(&low) && low >= 0xDC00 &&
           low <= 0xDFFF;
  }

  bool read_hex4(std::uint32_t* unit) noexcept {
    for (int i = 0; i < 4; ++i) {
      const char c = base::ascii_lower(peek());
      if (base::is_ascii_digit(c)) {
        *unit = *unit * 16 + static_cast<std::uint32_t>(c - '0');
      } else if (c >= 'a' && c <= 'f') {
        *unit = *unit * 16 + static_cast<std::uint32_t>(c - 'a') + 10;
      } else {
        return false;
      }
      ++at_;
    }
    return true;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::bitset<kJsonDepthMax> is_object_;
};

}  // namespace

RejectReason check_json(std::string_view bytes) noexcept {
  if (!simdjson::validate_utf8(bytes)) return RejectReason::kBadUtf8;
  return JsonChecker(bytes).run();
}

}  // namespace hashcart::post
