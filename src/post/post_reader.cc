#include "post/post_reader.h"

#include <immintrin.h>

#include <array>
#include <bit>
#include <cstring>
#include <string>

#include "base/utf8.h"
#include "post/dialect.h"
#include "post/graph.h"
#include "post/json_syntax.h"

namespace hashcart::post {
namespace {

static_assert(ingest::kPadding >= simdjson::SIMDJSON_PADDING,
              "records are parsed where they stand");

#define HASHCART_ROW(enumerator, text, stem) \
  DialectRow{Dialect::enumerator, is_##stem, make_##stem##_reader},
constexpr std::array kDialects = {HASHCART_DIALECTS(HASHCART_ROW)};
#undef HASHCART_ROW
constexpr std::size_t kNoRow = kDialects.size();

constexpr std::size_t row_of(Dialect dialect) noexcept {
  std::size_t row = 0;
  while (row < kDialects.size() && kDialects[row].dialect != dialect) ++row;
  return row;
}

// With a forced dialect a feeder's tick of the clock must still be known for one. It is a short
// line.
constexpr std::size_t kTickBytesMax = 512;

bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// What a server-sent event carries.
struct SseEvent {
  std::string_view name;
  std::string_view data;  // kPadding readable bytes follow
  bool has_data = false;
};

// Splits one event into its fields. Several data lines are joined in *joined, as the standard says
// (HTML Living Standard 9.2.6); one alone stays where it stands.
SseEvent parse_sse(std::string_view bytes, std::string* joined) {
  SseEvent event;
  bool is_joined = false;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find_first_of("\r\n");
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
    const std::size_t colon = line.find(':');
    const std::string_view field = line.substr(0, colon);
    std::string_view value =
        colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
    if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    if (field == "event") {
      event.name = value;
    } else if (field == "data") {
      if (event.has_data && !is_joined) {
        joined->assign(event.data);
        is_joined = true;
      }
      if (is_joined) {
        joined->push_back('\n');
        joined->append(value);
      } else {
        event.data = value;
      }
      event.has_data = true;
    }
  }
  if (is_joined) {
    const std::size_t size = joined->size();
    joined->append(ingest::kPadding, '\0');
    event.data = std::string_view(*joined).substr(0, size);
  }
  return event;
}

// Where an outline keeps the string under a key; nullptr where it only keeps that it is one.
std::string_view* text_of(OutlineKey key, ObjectOutline* outline) noexcept {
  switch (key) {
    case OutlineKey::kKind:
      return &outline->kind;
    case OutlineKey::kType:
      return &outline->type;
    case OutlineKey::kTypeUri:
      return &outline->type_uri;
    case OutlineKey::kUri:
      return &outline->uri;
    case OutlineKey::kObject:
      return &outline->object;
    case OutlineKey::kObjectType:
      return &outline->object_type;
    case OutlineKey::kVerb:
      return &outline->verb;
    case OutlineKey::kId:
      return &outline->id;
    case OutlineKey::kPermalink:
      return &outline->permalink;
    case OutlineKey::kMediaProductType:
      return &outline->media_product_type;
    case OutlineKey::kSourcePlatform:
      return &outline->source_platform;
    case OutlineKey::kMediaType:
      return &outline->media_type;
    case OutlineKey::kPermalinkUrl:
      return &outline->permalink_url;
    case OutlineKey::kTimestamp:
      return &outline->timestamp;
    default:
      return nullptr;
  }
}

// How records of a dialect began that were known by their first keys. A record that begins alike is
// in the same dialect, for detection saw nothing else: it need not be asked again.
//
// "Alike" is: the same keys, and under those that the outline looks at values of the same kind, or
// the same string where the outline keeps the string.
class KnownStart {
 public:
  // Takes the first `count` fields of `top` in place of what it knew. False, and it knows none,
  // where those are such that records hardly ever begin alike.
  [[nodiscard]] bool learn(od::object top, std::size_t count) noexcept {
    count_ = 0;
    if (count > fields_.size()) return false;
    FieldCursor cursor(top);
    for (std::size_t i = 0; i < count; ++i) {
      if (!cursor.next() || !learn_field(&cursor, i == 0, &fields_[i])) return false;
      if (!cursor.skip()) return false;
    }
    count_ = count;
    return true;
  }

  // Leaves the document where it stands.
  [[nodiscard]] bool matches(od::object top) const noexcept {
    if (count_ == 0) return false;
    FieldCursor cursor(top);
    for (std::size_t i = 0; i < count_; ++i) {
      const Field& field = fields_[i];
      if (!cursor.next() || !field.key.stands_at(cursor.key())) return false;
      if (field.kind != JsonKind::kAbsent) {
        if (kind_of(cursor.first_char()) != field.kind) return false;
        if (field.has_text && !field.text.stands_at(cursor.first_char_at() + 1)) return false;
      }
      if (!cursor.skip()) return false;
    }
    return true;
  }

 private:
  // A string up to and with its closing quote.
  class Text {
   public:
    // False for a text that is too long, or has escapes.
    [[nodiscard]] bool take(const char* raw) noexcept {
      const StringEnd end = find_string_end(raw);
      if (end.has_escape || end.size >= bytes_.size()) return false;
      std::memcpy(bytes_.data(), raw, bytes_.size());
      upto_quote_ = static_cast<std::uint32_t>((2ULL << end.size) - 1);
      return true;
    }
    [[nodiscard]] bool stands_at(const char* raw) const noexcept {
      const auto load = [](const char* from) {
        return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
      };
      const __m256i same = _mm256_cmpeq_epi8(load(raw), load(bytes_.data()));
      return (~static_cast<std::uint32_t>(_mm256_movemask_epi8(same)) & upto_quote_) == 0;
    }

   private:
    std::array<char, 32> bytes_{};
    std::uint32_t upto_quote_ = 0;
  };
  struct Field {
    Text key;
    JsonKind kind = JsonKind::kAbsent;  // kAbsent: the outline does not look at the key
    bool has_text = false;
    Text text;
  };

  // kAbsent for what may not be what it begins like.
  [[nodiscard]] static JsonKind kind_of(char c) noexcept {
    if (c == '"') return JsonKind::kString;
    if (c == '-' || base::is_ascii_digit(c)) return JsonKind::kNumber;
    return c == 't' || c == 'f' ? JsonKind::kBool : JsonKind::kAbsent;
  }

  [[nodiscard]] static bool learn_field(FieldCursor* cursor, bool is_first, Field* out) noexcept {
    if (!out->key.take(cursor->key()) || (is_first && is_graph_id_key(cursor->key()))) return false;
    bool has_escape = false;  // none: the key was taken
    const OutlineKey key = kOutlineKeys.find(cursor->key(), &has_escape);
    out->kind = JsonKind::kAbsent;
    out->has_text = false;
    if (key == OutlineKey::kCount) return true;
    if (key == OutlineKey::kHashcart) return false;
    out->kind = kind_of(cursor->first_char());
    ObjectOutline outline;
    out->has_text = out->kind == JsonKind::kString && text_of(key, &outline) != nullptr;
    // null, and what holds other things: the outline looks at more than its kind.
    if (out->kind == JsonKind::kAbsent) return false;
    return !out->has_text || out->text.take(cursor->first_char_at() + 1);
  }

  static constexpr std::size_t kFieldsMax = 8;
  std::array<Field, kFieldsMax> fields_;
  std::size_t count_ = 0;
};

}  // namespace

class PostReader::Impl {
 public:
  explicit Impl(ReaderOptions options) : forced_row_(row_of(options.forced)) {
    for (std::size_t i = 0; i < kDialects.size(); ++i) readers_[i] = kDialects[i].make_reader();
  }

  void read(const ingest::RecordView& record, ParsedRecord* out) noexcept {
    out->post_count = 0;
    out->deletes.clear();
    out->ticks.clear();
    out->dialect = Dialect::kUnknown;
    context_.begin(out, forced_row_ != kNoRow, record.bytes.size());
    out->reason = read_record(record, out);
    name_authors(out);
    // Whoever uses the posts relies on it: what is embedded stands behind what it is embedded in.
    if (out->reason == RejectReason::kNone && out->post_count > 0 &&
        out->posts[0].role != Role::kMain) {
      out->reason = RejectReason::kUnknownDialect;
    }
    if (out->reason != RejectReason::kNone) {
      // Of several faults simdjson's kernels meet different ones first.
      if (const RejectReason fault = validate(record); fault != RejectReason::kNone) {
        out->reason = fault;
      }
      out->kind = RecordKind::kRejected;
      out->post_count = 0;
      out->deletes.clear();
      out->ticks.clear();
    } else {
      out->kind = out->post_count > 0 ? RecordKind::kPosts : RecordKind::kControl;
    }
  }

  RejectReason validate(const ingest::RecordView& record) noexcept {
    if (const RejectReason fault = reason_of_fault(record.fault); fault != RejectReason::kNone)
      return fault;
    if (record.framing != ingest::Framing::kSse) return validate_json(record.bytes);
    if (!base::is_valid_utf8(record.bytes)) return RejectReason::kBadUtf8;
    const SseEvent event = parse_sse(record.bytes, &sse_data_);
    const std::string_view data = trimmed(event.data);
    // What is not JSON here is a bare id (a delete) or nothing.
    return !data.empty() && (data.front() == '{' || data.front() == '[') ? validate_json(event.data)
                                                                         : RejectReason::kNone;
  }

 private:
  // Several APIs name some authors only by what they are called (comments on Instagram, replies on
  // Threads, pins): then `@name` is the id. The sign keeps it apart from real ids, which may be all
  // digits as names may.
  void name_authors(ParsedRecord* out) {
    for (std::size_t i = 0; i < out->post_count; ++i) {
      Post& post = out->posts[i];
      const std::string_view name = post.author_handle;
      if (!post.author_id.empty() || name.empty() || check_id(name) != RejectReason::kNone) {
        continue;
      }
      const std::size_t size = name.size() + 1;
      char* const id = context_.arena().take(size);
      id[0] = '@';
      std::memcpy(id + 1, name.data(), name.size());
      post.author_id = {id, size};
    }
  }

  [[nodiscard]] static RejectReason reason_of_fault(ingest::RecordFault fault) noexcept {
    switch (fault) {
      case ingest::RecordFault::kTooLong:
        return RejectReason::kTooLong;
      case ingest::RecordFault::kCutShort:
        return RejectReason::kCutShort;
      case ingest::RecordFault::kNone:
        break;
    }
    return RejectReason::kNone;
  }

  [[nodiscard]] RejectReason read_record(const ingest::RecordView& record,
                                         ParsedRecord* out) noexcept {
    if (const RejectReason fault = reason_of_fault(record.fault); fault != RejectReason::kNone)
      return fault;
    if (record.framing != ingest::Framing::kSse) return read_json(record.bytes, out);
    const SseEvent event = parse_sse(record.bytes, &sse_data_);
    if (!event.has_data) {  // a comment (heartbeat), or an event whose name is all it says
      return base::is_valid_utf8(record.bytes) ? RejectReason::kNone : RejectReason::kBadUtf8;
    }
    const std::size_t row = forced_row_ != kNoRow ? forced_row_ : row_of(Dialect::kMastodon);
    if (event.name.empty() || kDialects[row].dialect != Dialect::kMastodon)
      return read_json(event.data, out);
    out->dialect = Dialect::kMastodon;
    return readers_[row]->read_event(event.name, event.data, &context_);
  }

  // bytes: one JSON value, kPadding readable bytes after it.
  [[nodiscard]] RejectReason read_json(std::string_view bytes, ParsedRecord* out) noexcept {
    const std::string_view value = trimmed(bytes);
    if (value.empty()) return RejectReason::kNone;
    // simdjson 3.0.1 reads past a scalar that ends its buffer (its issues 1981, 2045), and none is
    // a post. A line of digits is what `delimited=length` streams put before each record.
    if (value.front() != '{' && value.front() != '[') {
      std::uint64_t length = 0;
      if (parse_digits(value, &length)) return RejectReason::kNone;
      return reason_of_no_post(bytes);
    }
    HASHCART_TRY(make_room(&parser_, bytes.size(), simdjson::DEFAULT_MAX_DEPTH));
    od::document document;
    if (const auto error =
            parser_.iterate(bytes.data(), bytes.size(), bytes.size() + simdjson::SIMDJSON_PADDING)
                .get(document);
        error != simdjson::SUCCESS) {
      return reason_of(error);
    }
    const bool is_array = value.front() == '[';
    if (!is_array && forced_row_ == kNoRow) {
      od::object object;
      if (const auto error = document.get_object().get(object); error != simdjson::SUCCESS)
        return reason_of(error);
      if (const std::size_t known = find_known(object); known != kNoRow) {
        out->dialect = kDialects[known].dialect;
        HASHCART_TRY(readers_[known]->read(object, &context_));
        return check_end(document);
      }
      document.rewind();
    }

    std::size_t row = forced_row_;
    if (row == kNoRow || bytes.size() <= kTickBytesMax) {
      bool is_empty_page = false;
      std::size_t found = kNoRow;
      HASHCART_TRY(read_outline(document, is_array, &is_empty_page, &found));
      if (is_empty_page) return check_end(document);
      if (outline_.top.is_string(OutlineKey::kHashcart)) {
        row = row_of(Dialect::kSimple);
      } else if (row == kNoRow) {
        row = found;
      }
      if (row == kNoRow) return reason_of_no_post(bytes);
      document.rewind();
      if (decided_by_ != 0 && forced_row_ == kNoRow) {
        od::object object;
        if (const auto error = document.get_object().get(object); error != simdjson::SUCCESS)
          return reason_of(error);
        learn(object, row);
        document.rewind();
      }
    }

    out->dialect = kDialects[row].dialect;
    DialectReader& reader = *readers_[row];
    if (is_array) {
      od::array members;
      if (const auto error = document.get_array().get(members); error != simdjson::SUCCESS)
        return reason_of(error);
      for (simdjson::simdjson_result<od::value> member : members) {
        od::value member_value;
        if (const auto error = member.get(member_value); error != simdjson::SUCCESS)
          return reason_of(error);
        HASHCART_TRY(with_object(
            member_value, [&](od::object object) { return reader.read(object, &context_); }));
      }
    } else {
      od::object object;
      if (const auto error = document.get_object().get(object); error != simdjson::SUCCESS)
        return reason_of(error);
      HASHCART_TRY(reader.read(object, &context_));
    }
    return check_end(document);
  }

  // For what is no post of a dialect of ours: whether it is JSON at all. Parts of it have been
  // skipped unseen.
  [[nodiscard]] RejectReason reason_of_no_post(std::string_view bytes) noexcept {
    const RejectReason reason = validate_json(bytes);
    return reason == RejectReason::kNone ? RejectReason::kUnknownDialect : reason;
  }

  // Nothing but blanks may follow the value.
  [[nodiscard]] static RejectReason check_end(od::document& document) noexcept {
    return document.current_location().error() == simdjson::OUT_OF_BOUNDS ? RejectReason::kNone
                                                                          : RejectReason::kBadJson;
  }

  // Reads the keys that tell dialects apart into outline_ and asks the table. Stops as soon as a
  // key that decides has been seen: most posts are known within their first hundred bytes.
  [[nodiscard]] RejectReason read_outline(od::document& document, bool is_array,
                                          bool* is_empty_page, std::size_t* found) noexcept {
    outline_ = {};
    decided_by_ = 0;
    od::object top;
    if (is_array) {
      od::array members;
      if (const auto error = document.get_array().get(members); error != simdjson::SUCCESS)
        return reason_of(error);
      bool has_member = false;
      for (simdjson::simdjson_result<od::value> member : members) {
        od::value value;
        if (const auto error = member.get(value); error != simdjson::SUCCESS)
          return reason_of(error);
        JsonKind kind = JsonKind::kAbsent;
        HASHCART_TRY(read_kind(value, &kind));
        if (kind != JsonKind::kObject) return RejectReason::kNone;  // found stays kNoRow
        if (const auto error = value.get_object().get(top); error != simdjson::SUCCESS)
          return reason_of(error);
        has_member = true;
        break;
      }
      if (!has_member) {
        *is_empty_page = true;
        return RejectReason::kNone;
      }
    } else if (const auto error = document.get_object().get(top); error != simdjson::SUCCESS) {
      return reason_of(error);
    }
    FieldCursor fields(top);
    while (fields.next()) {
      OutlineKey key = OutlineKey::kCount;
      HASHCART_TRY(read_outline_field(&fields, &outline_.top, &key, true));
      if (!decides(key)) continue;
      *found = ask_table();
      if (*found != kNoRow) {
        if (!is_array) decided_by_ = outline_.top.key_count;
        return RejectReason::kNone;
      }
    }
    HASHCART_TRY(reason_of(fields.error()));
    *found = ask_table();
    return RejectReason::kNone;
  }

  // The row of the dialect whose records began like this one; kNoRow if none did. What matched last
  // is asked first, but no two can know the same start.
  [[nodiscard]] std::size_t find_known(od::object top) noexcept {
    if (known_[last_known_].start.matches(top)) return known_[last_known_].row;
    for (std::size_t i = 0; i < known_.size(); ++i) {
      if (i == last_known_ || !known_[i].start.matches(top)) continue;
      last_known_ = i;
      return known_[i].row;
    }
    return kNoRow;
  }

  // Drives out what was learned longest ago.
  void learn(od::object top, std::size_t row) noexcept {
    Known& oldest = known_[next_known_];
    if (!oldest.start.learn(top, decided_by_)) return;
    oldest.row = row;
    last_known_ = next_known_;
    next_known_ = (next_known_ + 1) % known_.size();
  }

  [[nodiscard]] std::size_t ask_table() const noexcept {
    std::size_t row = 0;
    while (row < kDialects.size() && !kDialects[row].detect(outline_)) ++row;
    return row;
  }

  // Keys after which it pays to ask: what can be known by then does not change with what follows. A
  // reader looks itself for what would speak against its dialect (Weibo's ids beside id_str).
  [[nodiscard]] static bool decides(OutlineKey key) noexcept {
    switch (key) {
      case OutlineKey::kIdStr:
      case OutlineKey::kData:
      case OutlineKey::kKind:
      case OutlineKey::kTimeUs:
      case OutlineKey::kAccount:
      case OutlineKey::kVerb:
      case OutlineKey::kObjectType:
        return true;
      default:
        return false;
    }
  }

  [[nodiscard]] RejectReason read_outline_field(FieldCursor* fields, ObjectOutline* outline,
                                                OutlineKey* key, bool is_top) noexcept {
    ++outline->key_count;
    if (is_top && outline->key_count == 1 && is_graph_id_key(fields->key())) {
      outline_.inner_is_keyed_by_id = true;
      return read_inner_object(OutlineKey::kCount, fields->value());
    }
    HASHCART_TRY(find_key(*fields, kOutlineKeys, key));
    if (*key == OutlineKey::kCount) {
      return fields->skip() ? RejectReason::kNone : reason_of(fields->error());
    }
    od::value value = fields->value();
    JsonKind kind = JsonKind::kAbsent;
    HASHCART_TRY(read_kind(value, &kind));
    outline->kinds[static_cast<std::size_t>(*key)] = kind;
    if (kind == JsonKind::kString) {
      std::string_view* const text = text_of(*key, outline);
      return text == nullptr ? RejectReason::kNone : read_optional_text(value, text);
    }
    return is_top ? read_inner(*key, kind, value) : RejectReason::kNone;
  }

  // The keys of the object, or of the array's first member, that tell what a page holds.
  [[nodiscard]] RejectReason read_inner(OutlineKey key, JsonKind kind, od::value value) noexcept {
    switch (key) {
      case OutlineKey::kComments:
      case OutlineKey::kFeed:
      case OutlineKey::kMedia:
      case OutlineKey::kPosts:
        if (kind == JsonKind::kObject) return read_inner_edge(key, value);
        break;
      case OutlineKey::kActivities:
      case OutlineKey::kAwemeDetail:
      case OutlineKey::kAwemeList:
      case OutlineKey::kCollector:
      case OutlineKey::kData:
      case OutlineKey::kDelete:
      case OutlineKey::kErrors:
      case OutlineKey::kGraphql:
      case OutlineKey::kItemInfo:
      case OutlineKey::kItemList:
      case OutlineKey::kItemListSnake:
      case OutlineKey::kItems:
      case OutlineKey::kMeta:
      case OutlineKey::kNode:
      case OutlineKey::kPost:
      case OutlineKey::kResults:
      case OutlineKey::kStatuses:
      case OutlineKey::kThread:
      case OutlineKey::kTweet:
        break;
      default:
        return RejectReason::kNone;
    }
    return kind == JsonKind::kArray ? read_first_member(key, value) : read_inner_object(key, value);
  }

  [[nodiscard]] RejectReason read_first_member(OutlineKey key, od::value array) noexcept {
    bool first = true;
    return each_element(array, [&](od::value member) {
      if (!first) return RejectReason::kNone;
      first = false;
      return read_inner_object(key, member);
    });
  }

  [[nodiscard]] RejectReason read_inner_object(OutlineKey key, od::value value) noexcept {
    return with_optional_object(value, [&](od::object object) {
      outline_.inner = {};
      outline_.inner_of = key;
      FieldCursor fields(object);
      while (fields.next()) {
        OutlineKey inner_key = OutlineKey::kCount;
        HASHCART_TRY(read_outline_field(&fields, &outline_.inner, &inner_key, false));
      }
      return reason_of(fields.error());
    });
  }

  // An object whose `data`, if it is an array, counts in its stead: an edge of a graph.
  [[nodiscard]] RejectReason read_inner_edge(OutlineKey key, od::value value) noexcept {
    return with_optional_object(value, [&](od::object object) {
      ObjectOutline itself;
      bool is_edge = false;
      FieldCursor fields(object);
      while (fields.next()) {
        if (is_plain_key(fields.key(), "data")) {
          od::value members = fields.value();
          JsonKind kind = JsonKind::kAbsent;
          HASHCART_TRY(read_kind(members, &kind));
          is_edge = kind == JsonKind::kArray;
          if (is_edge) HASHCART_TRY(read_first_member(key, members));
          continue;
        }
        OutlineKey inner_key = OutlineKey::kCount;
        HASHCART_TRY(read_outline_field(&fields, &itself, &inner_key, false));
      }
      HASHCART_TRY(reason_of(fields.error()));
      if (!is_edge) {
        outline_.inner = itself;
        outline_.inner_of = key;
      }
      return RejectReason::kNone;
    });
  }

  [[nodiscard]] static bool has_escaped_letter(std::string_view json) noexcept {
    constexpr std::string_view kStart = "\\u00";
    for (std::size_t at = json.find(kStart); at != std::string_view::npos;
         at = json.find(kStart, at + 1)) {
      const char high = at + kStart.size() < json.size() ? json[at + kStart.size()] : '0';
      if (high >= '4' && high <= '7') return true;
    }
    return false;
  }

  // The whole value, and the JSON that a Mastodon WebSocket frame holds in a string.
  [[nodiscard]] RejectReason validate_json(std::string_view bytes) noexcept {
    HASHCART_TRY(check_json(bytes));
    // Most records are known for no frame without another look; keys may be written with escapes.
    const std::string_view value = trimmed(bytes);
    const bool may_be_frame =
        value.starts_with('{') &&
        (bytes.find("payload") != std::string_view::npos || has_escaped_letter(bytes));
    if (!may_be_frame) return RejectReason::kNone;
    // Not parser_: what read() gave out stands in its buffer.
    HASHCART_TRY(make_room(&frame_parser_, bytes.size(), simdjson::DEFAULT_MAX_DEPTH));
    od::document document;
    if (const auto error =
            frame_parser_
                .iterate(bytes.data(), bytes.size(), bytes.size() + simdjson::SIMDJSON_PADDING)
                .get(document);
        error != simdjson::SUCCESS) {
      return reason_of(error);
    }
    od::object object;
    if (const auto error = document.get_object().get(object); error != simdjson::SUCCESS)
      return reason_of(error);
    enum class FrameKey : std::uint8_t { kEvent, kPayload, kCount };
    static constexpr KeyTable<FrameKey> kFrameKeys({"event", "payload"});
    std::string_view payload;
    bool is_event = false;
    FieldCursor fields(object);
    while (fields.next()) {
      FrameKey key = FrameKey::kCount;
      HASHCART_TRY(find_key(fields, kFrameKeys, &key));
      is_event = is_event || key == FrameKey::kEvent;
      if (key != FrameKey::kPayload || !payload.empty()) {
        if (!fields.skip()) break;
        continue;
      }
      od::value held = fields.value();
      HASHCART_TRY(read_optional_text(held, &payload));
    }
    HASHCART_TRY(reason_of(fields.error()));
    return is_event && payload.starts_with('{') ? check_json(payload) : RejectReason::kNone;
  }

  // Constant after construction.
  const std::size_t forced_row_;
  std::array<std::unique_ptr<DialectReader>, kDialects.size()> readers_;
  // Reused from record to record.
  od::parser parser_;
  od::parser frame_parser_;
  ReadContext context_;
  Outline outline_;
  std::size_t decided_by_ = 0;  // how many of its fields told the record's dialect; 0: all of it
  struct Known {
    KnownStart start;
    std::size_t row = kNoRow;
  };
  std::array<Known, 16> known_;  // several a dialect: posts, deletes, other events
  std::size_t last_known_ = 0;
  std::size_t next_known_ = 0;
  std::string sse_data_;
};

PostReader::PostReader(ReaderOptions options) : impl_(std::make_unique<Impl>(options)) {}
PostReader::~PostReader() = default;

void PostReader::read(const ingest::RecordView& record, ParsedRecord* out) noexcept {
  impl_->read(record, out);
}

RejectReason PostReader::validate(const ingest::RecordView& record) noexcept {
  return impl_->validate(record);
}

// Stage 1 and the unescaping of strings, where the time goes, are in the library and chosen when
// the program starts; what On-Demand inlines into our code is not worth a name.
std::string_view json_library_version() noexcept {
#define HASHCART_TEXT_OF(x) #x
#define HASHCART_TEXT(x) HASHCART_TEXT_OF(x)
  return HASHCART_TEXT(SIMDJSON_VERSION);
}

std::string_view json_kernel_name() noexcept {
  static const std::string name = simdjson::get_active_implementation()->name();
  return name;
}

}  // namespace hashcart::post
