#include "post/dialect.h"

#include <immintrin.h>

#include <cstring>

#include "base/check.h"
#include "base/utf8.h"

namespace hashcart::post {
namespace {

// Of a number: the token runs to the next structural character, so blanks may trail it.
std::string_view trimmed_token(od::value& value) noexcept {
  std::string_view token = value.raw_json_token();
  while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ') token.remove_suffix(1);
  return token;
}

// Eight characters as one number, the first in its lowest byte.
std::uint64_t eight_at(const char* at) noexcept {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, at, sizeof bytes);
  return bytes;
}

constexpr std::uint64_t in_each_byte(std::uint64_t byte) noexcept {
  return byte * 0x0101010101010101ULL;
}

bool are_eight_digits(std::uint64_t bytes) noexcept {
  // '0' to '9' are 0x30 to 0x39: the high half is 3, and still is with 6 added.
  return ((bytes & in_each_byte(0xF0)) |
          (((bytes + in_each_byte(0x06)) & in_each_byte(0xF0)) >> 4U)) == in_each_byte(0x33);
}

// The number that eight digits write.
std::uint64_t value_of_eight(std::uint64_t bytes) noexcept {
  bytes -= in_each_byte('0');
  // Each step joins neighbours: pairs, fours, all eight.
  bytes = bytes * 10 + (bytes >> 8U);
  constexpr std::uint64_t kPair = 0x000000FF000000FFULL;
  return (((bytes & kPair) * (100 + (1'000'000ULL << 32U))) +
          (((bytes >> 16U) & kPair) * (1 + (10'000ULL << 32U)))) >>
         32U;
}

// Whether one of the bytes of an id may be part of a control character: below 0x20, 0x7F, or 0xC2,
// which U+0080 to U+009F start with. size: 8 at least.
bool may_hold_control(std::string_view id) noexcept {
  const auto test = [](__m128i bytes) {
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
    const __m128i high = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F)),
                                      _mm_cmpeq_epi8(bytes, _mm_set1_epi8(-0x3E)));
    return _mm_or_si128(low, high);
  };
  const auto load = [&](std::size_t at) {
    return reinterpret_cast<const __m128i*>(id.data() + at);
  };
  if (id.size() < 16) {
    const __m128i ends =
        _mm_unpacklo_epi64(_mm_loadl_epi64(load(0)), _mm_loadl_epi64(load(id.size() - 8)));
    return _mm_movemask_epi8(test(ends)) != 0;
  }
  const std::size_t last = id.size() - 16;
  __m128i found = test(_mm_loadu_si128(load(last)));
  for (std::size_t at = 0; at < last; at += 16) {
    found = _mm_or_si128(found, test(_mm_loadu_si128(load(at))));
  }
  return _mm_movemask_epi8(found) != 0;
}

RejectReason unescape(od::value& value, std::string_view* out) noexcept {
  return reason_of(get_text(value, out));
}

}  // namespace

RejectReason reason_of(simdjson::error_code error) noexcept {
  switch (error) {
    case simdjson::SUCCESS:
      return RejectReason::kNone;
    case simdjson::UTF8_ERROR:
      return RejectReason::kBadUtf8;
    case simdjson::STRING_ERROR:
      return RejectReason::kBadString;
    case simdjson::DEPTH_ERROR:
      return RejectReason::kTooDeep;
    case simdjson::CAPACITY:
      return RejectReason::kTooLong;
    default:
      return RejectReason::kBadJson;
  }
}

RejectReason unescape_key(od::json_iterator* json, const char* raw,
                          std::string_view* out) noexcept {
  const od::raw_json_string key(reinterpret_cast<const std::uint8_t*>(raw));
  return reason_of(json->unescape(key).get(*out));
}

RejectReason check_null(od::value& value) noexcept {
  return trimmed_token(value) == "null" ? RejectReason::kNone : RejectReason::kBadJson;
}

bool are_digits(std::string_view text) noexcept {
  std::size_t at = 0;
  for (; text.size() - at >= 8; at += 8) {
    if (!are_eight_digits(eight_at(text.data() + at))) return false;
  }
  for (; at < text.size(); ++at) {
    if (!base::is_ascii_digit(text[at])) return false;
  }
  return true;
}

RejectReason read_text(od::value& value, MaybeText* out) noexcept {
  if (first_char(value) == '"') {
    out->present = true;
    return unescape(value, &out->text);
  }
  JsonKind kind = JsonKind::kAbsent;
  HASHCART_TRY(read_kind(value, &kind));
  return kind == JsonKind::kNull ? RejectReason::kNone : RejectReason::kWrongType;
}

RejectReason read_optional_text(od::value& value, std::string_view* out) noexcept {
  if (first_char(value) == '"') return unescape(value, out);
  JsonKind kind = JsonKind::kAbsent;
  return read_kind(value, &kind);
}

RejectReason read_id(od::value& value, MaybeText* out) noexcept {
  if (first_char(value) == '"') {
    out->present = true;
    return unescape(value, &out->text);
  }
  JsonKind kind = JsonKind::kAbsent;
  HASHCART_TRY(read_kind(value, &kind));
  if (kind == JsonKind::kNull) return RejectReason::kNone;
  out->present = true;
  if (kind != JsonKind::kNumber) return RejectReason::kWrongType;
  out->text = trimmed_token(value);
  if (!are_digits(out->text)) {
    out->malformed = true;  // a sign, a fraction, an exponent
    out->text = {};
  }
  return RejectReason::kNone;
}

RejectReason read_optional_index(od::value& value, std::uint64_t* out) noexcept {
  JsonKind kind = JsonKind::kAbsent;
  HASHCART_TRY(read_kind(value, &kind));
  if (kind == JsonKind::kNumber) {
    static_cast<void>(parse_digits(trimmed_token(value), out));
  } else if (kind == JsonKind::kString) {
    std::string_view digits;
    HASHCART_TRY(unescape(value, &digits));
    static_cast<void>(parse_digits(digits, out));
  }
  return RejectReason::kNone;
}

RejectReason read_epoch_seconds(od::value& value, MaybeTime* out) noexcept {
  JsonKind kind = JsonKind::kAbsent;
  HASHCART_TRY(read_kind(value, &kind));
  std::string_view written;
  if (kind == JsonKind::kNull) return RejectReason::kNone;
  if (kind == JsonKind::kNumber) {
    written = trimmed_token(value);
  } else if (kind == JsonKind::kString) {
    HASHCART_TRY(unescape(value, &written));
  } else {
    return RejectReason::kBadTime;
  }
  const std::size_t point = written.find('.');
  std::uint64_t seconds = 0;
  constexpr std::uint64_t kSecondsMax = 253'402'300'799;  // the end of the year 9999
  if (!parse_digits(written.substr(0, point), &seconds) || seconds > kSecondsMax)
    return RejectReason::kBadTime;
  std::int64_t time = static_cast<std::int64_t>(seconds) * 1000;
  if (point != std::string_view::npos) {
    const std::string_view fraction = written.substr(point + 1);
    std::int64_t unit = 100;  // milliseconds of the next digit
    for (const char c : fraction) {
      if (!base::is_ascii_digit(c)) return RejectReason::kBadTime;
      time += (c - '0') * unit;
      unit /= 10;
    }
  }
  out->present = true;
  out->time = time;
  return RejectReason::kNone;
}

RejectReason read_optional_bool(od::value& value, bool* out) noexcept {
  JsonKind kind = JsonKind::kAbsent;
  HASHCART_TRY(read_kind(value, &kind));
  *out = false;
  if (kind != JsonKind::kBool) return RejectReason::kNone;
  const std::string_view word = trimmed_token(value);
  if (word != "true" && word != "false") return RejectReason::kBadJson;
  *out = word == "true";
  return RejectReason::kNone;
}

RejectReason check_id(std::string_view id) noexcept {
  return id.empty() ? RejectReason::kBadId : check_optional_id(id);
}

RejectReason check_optional_id(std::string_view id) noexcept {
  if (id.size() > kIdBytesMax) return RejectReason::kBadId;
  if (id.size() >= 8 && !may_hold_control(id)) return RejectReason::kNone;
  for (std::size_t i = 0; i < id.size(); ++i) {
    const auto byte = static_cast<unsigned char>(id[i]);
    if (byte < 0x20 || byte == 0x7F) return RejectReason::kBadId;
    // U+0080 to U+009F, the control characters of Latin-1.
    if (byte == 0xC2 && i + 1 < id.size() && static_cast<unsigned char>(id[i + 1]) < 0xA0) {
      return RejectReason::kBadId;
    }
  }
  return RejectReason::kNone;
}

RejectReason check_optional_id(const MaybeText& id) noexcept {
  return id.malformed ? RejectReason::kBadId : check_optional_id(id.text);
}

bool parse_digits(std::string_view digits, std::uint64_t* out) noexcept {
  if (digits.empty() || digits.size() > 18) return false;
  std::uint64_t value = 0;
  for (; digits.size() >= 8; digits.remove_prefix(8)) {
    const std::uint64_t bytes = eight_at(digits.data());
    if (!are_eight_digits(bytes)) return false;
    value = value * 100'000'000 + value_of_eight(bytes);
  }
  for (const char c : digits) {
    if (!base::is_ascii_digit(c)) return false;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  *out = value;
  return true;
}

void clear_post(Post* post) noexcept {
  std::vector<Tag> tags = std::move(post->tags);
  std::vector<Link> links = std::move(post->links);
  std::vector<ProductTag> product_tags = std::move(post->product_tags);
  std::vector<std::uint32_t> seams = std::move(post->seams);
  tags.clear();
  links.clear();
  product_tags.clear();
  seams.clear();
  *post = Post{};
  post->tags = std::move(tags);
  post->links = std::move(links);
  post->product_tags = std::move(product_tags);
  post->seams = std::move(seams);
}

void ReadContext::begin(ParsedRecord* out, bool forced, std::size_t record_bytes) {
  out_ = out;
  forced_ = forced;
  ++record_number_;
  // A page whose ids are put together (Bluesky) takes more than its own bytes; the arena then
  // adds a block and has it in one piece from the next record on.
  arena_.reset(record_bytes);
}

std::size_t ReadContext::add_post(Dialect dialect, base::Platform platform, Role role) {
  const std::size_t index = out_->post_count;
  if (index == out_->posts.size()) out_->posts.emplace_back();
  ++out_->post_count;
  Post& post = out_->posts[index];
  clear_post(&post);
  post.dialect = dialect;
  post.platform = platform;
  post.role = role;
  return index;
}

void ReadContext::remove_post(std::size_t index) noexcept {
  HASHCART_DCHECK(index < out_->post_count);
  for (std::size_t i = index; i + 1 < out_->post_count; ++i) {
    std::swap(out_->posts[i], out_->posts[i + 1]);
  }
  --out_->post_count;
}

RejectReason DialectReader::read_event(std::string_view /*event*/, std::string_view /*data*/,
                                       ReadContext* /*context*/) noexcept {
  return RejectReason::kUnknownDialect;
}

}  // namespace hashcart::post
