#include "post/dialect.h"

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

RejectReason unescape(od::value& value, std::string_view* out) noexcept {
  const auto error = value.get_string().get(*out);
  return error == simdjson::SUCCESS ? RejectReason::kNone : reason_of(error);
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

RejectReason read_key(simdjson::simdjson_result<od::field>& field, std::string_view* out) noexcept {
  // Longer than any key of ours. A longer key that only escapes make long has its first
  // backslash before this.
  constexpr std::size_t kKeyBytesMax = 32;
  od::raw_json_string key;
  if (const auto error = field.key().get(key); error != simdjson::SUCCESS) {
    return reason_of(error);
  }
  const char* raw = key.raw();
  for (std::size_t size = 0; size <= kKeyBytesMax; ++size) {
    if (raw[size] == '"') {
      *out = {raw, size};
      return RejectReason::kNone;
    }
    if (raw[size] == '\\') {
      const auto error = field.unescaped_key().get(*out);
      return error == simdjson::SUCCESS ? RejectReason::kNone : reason_of(error);
    }
  }
  *out = {};
  return RejectReason::kNone;
}

RejectReason read_kind(od::value& value, JsonKind* out) noexcept {
  od::json_type type{};
  if (const auto error = value.type().get(type); error != simdjson::SUCCESS) {
    return reason_of(error);
  }
  switch (type) {
    case od::json_type::array:
      *out = JsonKind::kArray;
      break;
    case od::json_type::object:
      *out = JsonKind::kObject;
      break;
    case od::json_type::number:
      *out = JsonKind::kNumber;
      break;
    case od::json_type::string:
      *out = JsonKind::kString;
      break;
    case od::json_type::boolean:
      *out = JsonKind::kBool;
      break;
    case od::json_type::null:
      *out = JsonKind::kNull;
      if (trimmed_token(value) != "null") return RejectReason::kBadJson;
      break;
  }
  return RejectReason::kNone;
}

RejectReason read_text(od::value& value, MaybeText* out) noexcept {
  JsonKind kind = JsonKind::kAbsent;
  HASHCART_TRY(read_kind(value, &kind));
  if (kind == JsonKind::kNull) return RejectReason::kNone;
  if (kind != JsonKind::kString) return RejectReason::kWrongType;
  out->present = true;
  return unescape(value, &out->text);
}

RejectReason read_optional_text(od::value& value, std::string_view* out) noexcept {
  JsonKind kind = JsonKind::kAbsent;
  HASHCART_TRY(read_kind(value, &kind));
  return kind == JsonKind::kString ? unescape(value, out) : RejectReason::kNone;
}

RejectReason read_id(od::value& value, MaybeText* out) noexcept {
  JsonKind kind = JsonKind::kAbsent;
  HASHCART_TRY(read_kind(value, &kind));
  if (kind == JsonKind::kNull) return RejectReason::kNone;
  out->present = true;
  if (kind == JsonKind::kString) return unescape(value, &out->text);
  if (kind != JsonKind::kNumber) return RejectReason::kWrongType;
  out->text = trimmed_token(value);
  for (const char c : out->text) {
    if (base::is_ascii_digit(c)) continue;
    out->malformed = true;  // a sign, a fraction, an exponent
    out->text = {};
    break;
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
