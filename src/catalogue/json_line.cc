#include "catalogue/json_line.h"

#include <utility>

#include "base/utf8.h"

namespace hashcart::catalogue {
namespace {

constexpr int kDepthMax = 64;  // a record nests four deep; this bounds the recursion

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  JsonLine read() {
    skip_blanks();
    out_.is_object = peek() == '{' && value(0, Place::kRoot);
    skip_blanks();
    if (at_ != text_.size()) out_.is_object = false;
    out_.fault_at = at_;
    return std::move(out_);
  }

 private:
  enum class Place { kRoot, kCampaign, kElsewhere };

  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool eat(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  void skip_blanks() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }

  // *out: the characters between the quotes, escapes as written.
  bool string(std::string_view* out) {
    if (!eat('"')) return false;
    const std::size_t start = at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '"') {
        *out = text_.substr(start, at_ - start);
        ++at_;
        return true;
      }
      if (c == '\\' && !escape()) return false;
      if (c != '\\') ++at_;
    }
    return false;
  }

  bool escape() {
    ++at_;
    if (eat('u')) {
      for (int i = 0; i < 4; ++i, ++at_) {
        const char c = base::ascii_lower(peek());
        if (!base::is_ascii_digit(c) && !(c >= 'a' && c <= 'f')) return false;
      }
      return true;
    }
    if (at_ >= text_.size() ||
        std::string_view("\"\\/bfnrt").find(text_[at_]) == std::string_view::npos)
      return false;
    ++at_;
    return true;
  }

  bool digits() {
    const std::size_t start = at_;
    while (base::is_ascii_digit(peek())) ++at_;
    return at_ > start;
  }

  bool number() {
    static_cast<void>(eat('-'));
    if (!eat('0') && !digits()) return false;
    if (eat('.') && !digits()) return false;
    if (base::ascii_lower(peek()) == 'e') {
      ++at_;
      if (!eat('+')) static_cast<void>(eat('-'));
      return digits();
    }
    return true;
  }

  bool word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }

  bool object(int depth, Place place) {
    skip_blanks();
    if (eat('}')) return true;
    while (true) {
      skip_blanks();
      std::string_view key;
      if (!string(&key)) return false;
      skip_blanks();
      if (!eat(':')) return false;
      skip_blanks();
      if (place == Place::kCampaign && key == "id" && peek() == '"') {
        out_.campaign_at = at_;
        std::string_view id;
        if (!string(&id)) return false;
        out_.campaign_id = std::string(id);
      } else if (!value(depth + 1, place == Place::kRoot && key == "campaign"
                                       ? Place::kCampaign
                                       : Place::kElsewhere)) {
        return false;
      }
      skip_blanks();
      if (eat('}')) return true;
      if (!eat(',')) return false;
    }
  }

  bool array(int depth) {
    skip_blanks();
    if (eat(']')) return true;
    while (true) {
      skip_blanks();
      if (!value(depth + 1, Place::kElsewhere)) return false;
      skip_blanks();
      if (eat(']')) return true;
      if (!eat(',')) return false;
    }
  }

  bool value(int depth, Place place) {
    if (depth > kDepthMax) return false;
    std::string_view ignored;
    switch (peek()) {
      case '{':
        ++at_;
        return object(depth, place);
      case '[':
        ++at_;
        return array(depth);
      case '"':
        return string(&ignored);
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  JsonLine out_;
};

}  // namespace

JsonLine read_json_line(std::string_view line) { return Reader(line).read(); }

}  // namespace hashcart::catalogue
