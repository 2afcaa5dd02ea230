#include "match/amount_grammar.h"

#include "base/utf8.h"
#include "match/tag_chars.h"

namespace hashcart::match {
namespace {

constexpr std::size_t kWholeDigitsMax = 9;

std::string_view sign_of(std::string_view currency) noexcept {
  if (currency == "USD") return "$";
  if (currency == "EUR") return "\xE2\x82\xAC";
  if (currency == "GBP") return "\xC2\xA3";
  if (currency == "JPY") return "\xC2\xA5";
  return {};
}

bool is_word_at(std::string_view text, std::size_t at) noexcept {
  if (at >= text.size()) return false;
  const char32_t c = base::decode_at(text, at).value;
  return c < 0x80 ? is_ascii_alnum(c) : is_letter_category(category(c));
}

bool is_word_before(std::string_view text, std::size_t at) noexcept {
  if (at == 0) return false;
  const char32_t c = base::decode_before(text, at).value;
  return c < 0x80 ? is_ascii_alnum(c) : is_letter_category(category(c));
}

bool is_digit_at(std::string_view text, std::size_t at) noexcept {
  return at < text.size() && base::is_ascii_digit(text[at]);
}

// The end of the number that begins at `at`, or `at` where none does.
std::size_t number_end(std::string_view text, std::size_t at) noexcept {
  std::size_t end = at;
  while (is_digit_at(text, end)) ++end;
  if (end == at || end - at > kWholeDigitsMax) return at;
  const auto is_point = [&](std::size_t i) {
    return i < text.size() && (text[i] == '.' || text[i] == ',');
  };
  if (is_point(end) && is_digit_at(text, end + 1)) {
    if (!is_digit_at(text, end + 2) || is_digit_at(text, end + 3)) return at;
    end += 3;
    if (is_point(end) && is_digit_at(text, end + 1)) return at;
  }
  return is_word_at(text, end) ? at : end;
}

}  // namespace

bool find_amount(std::string_view text, std::string_view currency, TextSpan* out,
                 std::string_view* digits) noexcept {
  const std::string_view sign = sign_of(currency);
  if (sign.empty()) return false;
  const auto found = [&](std::size_t start, std::size_t end, std::size_t first, std::size_t last) {
    *out = {static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(end)};
    *digits = text.substr(first, last - first);
    return true;
  };
  for (std::size_t at = text.find(sign); at != std::string_view::npos;
       at = text.find(sign, at + sign.size())) {
    const std::size_t after = at + sign.size();
    const std::size_t end = number_end(text, after);
    if (end > after && !is_word_before(text, at)) return found(at, end, after, end);
    // Behind the digits: go back over them, and read them forwards.
    if (is_word_at(text, after)) continue;
    std::size_t last = at;
    if (last > 0 && text[last - 1] == ' ') --last;
    std::size_t first = last;
    while (first > 0 && last - first <= kWholeDigitsMax + 3 &&
           (base::is_ascii_digit(text[first - 1]) || text[first - 1] == '.' ||
            text[first - 1] == ',')) {
      --first;
    }
    if (first == last || is_word_before(text, first)) continue;
    if (number_end(text, first) == last) return found(first, after, first, last);
  }
  return false;
}

}  // namespace hashcart::match
