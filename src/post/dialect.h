// What a dialect implements, and what all of them share. Internal to src/post.
//
// A dialect is one file, dialect_<name>.cc, with two functions that its line in HASHCART_DIALECTS
// (post.h) names: one that says from a record's outline whether the record is in that dialect, and
// one that makes its reader. A reader gets each top-level object (or each member of a top-level
// array) once and makes one pass over its keys in document order to the end. It adds posts, deletes
// and ticks to the context, or returns why the whole record is refused.
//
// Rules of simdjson 3.0.1 that the helpers here keep: keys are compared after unescaping them; a
// value is read at most once (each read takes room in the parser's string buffer); after an error
// of the parser the document is not touched again.
#pragma once

#include <immintrin.h>
#include <simdjson.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/event_time.h"
#include "base/platform.h"
#include "base/utf8.h"
#include "post/arena.h"
#include "post/json_cursor.h"
#include "post/key_order.h"
#include "post/post.h"

namespace hashcart::post {

// Leaves the function with the reason, if there is one.
#define HASHCART_TRY(expression)                                                 \
  do {                                                                           \
    if (const ::hashcart::post::RejectReason hashcart_reason = (expression);     \
        hashcart_reason != ::hashcart::post::RejectReason::kNone) [[unlikely]] { \
      return hashcart_reason;                                                    \
    }                                                                            \
  } while (false)

[[nodiscard]] RejectReason reason_of(simdjson::error_code error) noexcept;

// A key, unescaped. raw: what stands after its quote.
[[nodiscard]] RejectReason unescape_key(od::json_iterator* json, const char* raw,
                                        std::string_view* out) noexcept;

// Makes room for the next record in a simdjson parser, in steps that double: simdjson itself would
// grow to the exact size, and so allocate for each record that is a little longer than all before
// it.
template <class Parser>
[[nodiscard]] RejectReason make_room(Parser* parser, std::size_t bytes,
                                     std::size_t depth_max) noexcept {
  if (parser->capacity() >= bytes && parser->capacity() != 0) return RejectReason::kNone;
  std::size_t capacity = 64U << 10U;
  while (capacity < bytes) capacity *= 2;
  return reason_of(parser->allocate(capacity, depth_max));
}

// A closed set of keys and a perfect-enough hash over them: most keys of a post are not ours and
// must be turned away after one probe. Key: an enum class whose last enumerator, kCount, also means
// "not ours".
template <class Key>
class KeyTable {
 public:
  static constexpr std::size_t kKeyCount = static_cast<std::size_t>(Key::kCount);
  // One vector holds the longest key and the quote behind it.
  static constexpr std::size_t kKeyBytesMax = 31;

  constexpr explicit KeyTable(const std::array<std::string_view, kKeyCount>& names) {
    static_assert(KeyOrder::kKeyBytesMax < kKeyBytesMax);
    for (std::size_t i = 0; i < kKeyCount; ++i) {
      // KeyOrder takes longer ones for none of ours.
      if (names[i].size() > KeyOrder::kKeyBytesMax) std::terminate();
      for (std::size_t c = 0; c < names[i].size(); ++c) names_[i][c] = names[i][c];
      names_[i][names[i].size()] = '"';  // a name that is too long does not compile
      std::size_t slot = hash(names[i].data(), names[i].size());
      while (slots_[slot] != 0) slot = (slot + 1) % kSlotCount;
      slots_[slot] = static_cast<std::uint8_t>(i + 1);
    }
  }

  // raw: what stands after the key's quote; kKeyBytesMax + 2 readable bytes. *has_escape: set where
  // the key is written with escapes, and may be one of ours.
  [[nodiscard]] Key find(const char* raw, bool* has_escape) const noexcept {
    const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(raw));
    const std::uint32_t quotes = bits(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('"')));
    const std::uint32_t backslashes = bits(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\\')));
    const std::uint32_t upto_quote = quotes ^ (quotes - 1);  // all bits if there is none
    if ((backslashes & upto_quote) != 0) [[unlikely]] {
      *has_escape = true;
      return Key::kCount;
    }
    const auto size = static_cast<std::size_t>(std::countr_zero(quotes));
    if (size - 1 >= kKeyBytesMax) {  // empty, or longer than any of ours
      *has_escape = size > kKeyBytesMax && raw[size] == '\\';
      return Key::kCount;
    }
    for (std::size_t slot = hash(raw, size); slots_[slot] != 0; slot = (slot + 1) % kSlotCount) {
      const std::size_t index = slots_[slot] - 1U;
      const __m256i name =
          _mm256_load_si256(reinterpret_cast<const __m256i*>(names_[index].data()));
      if ((~bits(_mm256_cmpeq_epi8(bytes, name)) & upto_quote) == 0) return static_cast<Key>(index);
    }
    return Key::kCount;
  }

  // A key that was unescaped.
  [[nodiscard]] Key find(std::string_view key) const noexcept {
    if (key.empty() || key.size() > kKeyBytesMax) return Key::kCount;
    for (std::size_t i = 0; i < kKeyCount; ++i) {
      if (std::string_view(names_[i].data(), key.size()) == key && names_[i][key.size()] == '"')
        return static_cast<Key>(i);
    }
    return Key::kCount;
  }

 private:
  static constexpr std::size_t kSlotCount = kKeyCount < 16 ? 64 : std::bit_ceil(kKeyCount * 4);

  [[nodiscard]] static std::uint32_t bits(__m256i bytes) noexcept {
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(bytes));
  }

  // size: not 0.
  [[nodiscard]] static constexpr std::size_t hash(const char* key, std::size_t size) noexcept {
    const auto byte = [&](std::size_t i) {
      return static_cast<std::size_t>(static_cast<unsigned char>(key[i]));
    };
    const std::size_t last = size - 1;
    return (size * 29 + byte(0) * 7 + byte(last) * 3 + byte(last / 2) * 13) % kSlotCount;
  }

  alignas(32) std::array<std::array<char, kKeyBytesMax + 1>, kKeyCount> names_{};
  std::array<std::uint8_t, kSlotCount> slots_{};
};

// Which of the table's keys a field has; one written with escapes is unescaped first.
template <class Key>
[[nodiscard]] RejectReason find_key(FieldCursor& fields, const KeyTable<Key>& table,
                                    Key* out) noexcept {
  bool has_escape = false;
  *out = table.find(fields.key(), &has_escape);
  if (!has_escape) [[likely]] {
    return RejectReason::kNone;
  }
  std::string_view name;
  HASHCART_TRY(unescape_key(&fields.json(), fields.key(), &name));
  *out = table.find(name);
  return RejectReason::kNone;
}

// Calls visit(Key, od::value) -> RejectReason for each field of ours in document order, to the end
// of the object. What visit does not read is skipped. A key of ours that stands twice is
// kDuplicateKey.
template <class Key, class Visit>
[[nodiscard]] RejectReason each_known_field(od::object object, const KeyTable<Key>& table,
                                            Visit&& visit) noexcept {
  static_assert(KeyTable<Key>::kKeyCount <= 64);  // the keys seen so far are bits
  std::uint64_t seen = 0;
  FieldCursor fields(object);
  while (fields.next()) {
    Key key = Key::kCount;
    HASHCART_TRY(find_key(fields, table, &key));
    if (key == Key::kCount) {
      if (!fields.skip()) break;
      continue;
    }
    od::value value = fields.value();
    const std::uint64_t bit = 1ULL << static_cast<unsigned>(key);
    if ((seen & bit) != 0) return RejectReason::kDuplicateKey;
    seen |= bit;
    HASHCART_TRY(visit(key, value));
  }
  return reason_of(fields.error());
}

// The key at a token that is not the one that was guessed.
struct LookedUp {
  KeyOrder::Place place = KeyOrder::kStart;
  std::uint8_t key = KeyOrder::kNone;
  RejectReason reason = RejectReason::kNone;
};

// Takes values and not the cursor, whose place would else live in memory. token: starts with a
// quote, and a colon is the next token.
template <class Key>
[[nodiscard, gnu::noinline]] LookedUp look_up_key(od::json_iterator* json,
                                                  const KeyTable<Key>& table, KeyOrder* order,
                                                  KeyOrder::Place from,
                                                  const char* token) noexcept {
  static_assert(KeyTable<Key>::kKeyCount < KeyOrder::kNone);
  const auto index_of = [](Key key) {
    return key == Key::kCount ? KeyOrder::kNone : static_cast<std::uint8_t>(key);
  };
  if (order->follow_other(from, token)) {
    const KeyOrder::Place place = order->after(from);
    const std::uint8_t key = order->at(place).key;
    if (key != KeyOrder::kLong) return {place, key, RejectReason::kNone};
    if (KeyOrder::is_plain_long(token)) return {place, KeyOrder::kNone, RejectReason::kNone};
  }
  bool has_escape = false;
  const Key key = table.find(token + 1, &has_escape);
  if (has_escape) [[unlikely]] {
    std::string_view name;
    const RejectReason reason = unescape_key(json, token + 1, &name);
    return {from, index_of(table.find(name)), reason};
  }
  std::size_t size = 0;
  while (size <= KeyOrder::kKeyBytesMax && token[size + 1] != '"') ++size;
  // A blank before the colon: such keys are not guessed.
  if (size <= KeyOrder::kKeyBytesMax && token[size + 2] != ':') {
    return {from, index_of(key), RejectReason::kNone};
  }
  return {order->learn(from, token, size, index_of(key)), index_of(key), RejectReason::kNone};
}

// As each_known_field, but guesses keys by the order of those before, and calls
// visit(Key, FieldCursor&): the reader of a value may read it where it stands.
template <class Key, class Visit>
[[nodiscard]] RejectReason each_known_field(FieldCursor& fields, const KeyTable<Key>& table,
                                            KeyOrder* order, Visit&& visit) noexcept {
  static_assert(KeyTable<Key>::kKeyCount <= 64);  // the keys seen so far are bits
  std::uint64_t seen = 0;
  KeyOrder::Place place = KeyOrder::kStart;
  FieldCursor at = fields;  // nobody gets its address, so its place is kept in a register
  bool is_there = at.next_token();
  while (is_there) {
    const char* const token = at.token();
    const KeyOrder::Place guess = order->after(place);
    const KeyOrder::Known& known = order->at(guess);
    std::uint8_t key = known.key;
    if (known.stands_at(token) && key != KeyOrder::kLong) [[likely]] {
      place = guess;
      at.take_known_key();
    } else {
      if (!at.take_key()) break;
      if (known.stands_at(token) && KeyOrder::is_plain_long(token)) {
        place = guess;
        key = KeyOrder::kNone;
      } else {
        const LookedUp found = look_up_key(&at.json(), table, order, place, token);
        if (found.reason != RejectReason::kNone) return found.reason;
        place = found.place;
        key = found.key;
      }
    }
    if (key == KeyOrder::kNone) {
      is_there = at.skip_to_next_token();
      continue;
    }
    const std::uint64_t bit = 1ULL << key;
    if ((seen & bit) != 0) [[unlikely]] {
      at.hand_out();  // there are records that go on after this
      return RejectReason::kDuplicateKey;
    }
    seen |= bit;
    fields = at;
    HASHCART_TRY(visit(static_cast<Key>(key), fields));
    at = fields;
    is_there = at.next_token();
  }
  fields = at;
  return reason_of(at.error());
}

template <class Key, class Visit>
[[nodiscard]] RejectReason each_known_field(od::object& object, const KeyTable<Key>& table,
                                            KeyOrder* order, Visit&& visit) noexcept {
  FieldCursor fields(object);
  return each_known_field(fields, table, order, visit);
}

enum class JsonKind : std::uint8_t { kAbsent, kNull, kBool, kNumber, kString, kArray, kObject };

// What a value is by its first character; kAbsent: none.
inline constexpr std::array<JsonKind, 256> kKinds = [] {
  std::array<JsonKind, 256> kinds{};
  for (std::size_t digit = '0'; digit <= '9'; ++digit) kinds[digit] = JsonKind::kNumber;
  kinds['-'] = JsonKind::kNumber;
  kinds['"'] = JsonKind::kString;
  kinds['['] = JsonKind::kArray;
  kinds['{'] = JsonKind::kObject;
  kinds['t'] = kinds['f'] = JsonKind::kBool;
  kinds['n'] = JsonKind::kNull;
  return kinds;
}();

// Of what starts like null: kBadJson if it is not.
[[nodiscard]] RejectReason check_null(od::value& value) noexcept;

// By its first character; a word that starts like null but is not is kBadJson.
[[nodiscard]] inline RejectReason read_kind(od::value& value, JsonKind* out) noexcept {
  const JsonKind kind = kKinds[static_cast<unsigned char>(first_char(value))];
  if (kind == JsonKind::kAbsent) return RejectReason::kBadJson;
  *out = kind;
  return kind == JsonKind::kNull ? check_null(value) : RejectReason::kNone;
}

// Calls visit(od::value element) -> RejectReason for each element. The value must be an array or
// null; anything else is kWrongType.
template <class Visit>
[[nodiscard]] RejectReason each_element(od::value value, Visit&& visit) noexcept {
  JsonKind kind = JsonKind::kAbsent;
  HASHCART_TRY(read_kind(value, &kind));
  if (kind == JsonKind::kNull) return RejectReason::kNone;
  if (kind != JsonKind::kArray) return RejectReason::kWrongType;
  od::array array;
  if (const auto error = value.get_array().get(array); error != simdjson::SUCCESS)
    return reason_of(error);
  ElementCursor elements(array);
  while (elements.next()) HASHCART_TRY(visit(elements.value()));
  return reason_of(elements.error());
}

// Calls visit(od::object) -> RejectReason if the value is an object. null is passed over; anything
// else is kWrongType.
template <class Visit>
[[nodiscard]] RejectReason with_object(od::value value, Visit&& visit) noexcept {
  JsonKind kind = JsonKind::kAbsent;
  HASHCART_TRY(read_kind(value, &kind));
  if (kind == JsonKind::kNull) return RejectReason::kNone;
  if (kind != JsonKind::kObject) return RejectReason::kWrongType;
  od::object object;
  if (const auto error = value.get_object().get(object); error != simdjson::SUCCESS)
    return reason_of(error);
  return visit(object);
}

// The same for keys that do not matter enough to refuse a record: another type is passed over like
// null.
template <class Visit>
[[nodiscard]] RejectReason with_optional_object(od::value value, Visit&& visit) noexcept {
  JsonKind kind = JsonKind::kAbsent;
  HASHCART_TRY(read_kind(value, &kind));
  return kind == JsonKind::kObject ? with_object(value, visit) : RejectReason::kNone;
}

template <class Visit>
[[nodiscard]] RejectReason each_optional_element(od::value value, Visit&& visit) noexcept {
  JsonKind kind = JsonKind::kAbsent;
  HASHCART_TRY(read_kind(value, &kind));
  return kind == JsonKind::kArray ? each_element(value, visit) : RejectReason::kNone;
}

// A string that may be missing.
struct MaybeText {
  bool present = false;
  bool malformed = false;  // an id that was a number but no whole one (1e17); text is empty
  std::string_view text;

  [[nodiscard]] bool filled() const noexcept { return !text.empty(); }
};

// For keys that matter: a string is present, null is absent, anything else is kWrongType.
[[nodiscard]] RejectReason read_text(od::value& value, MaybeText* out) noexcept;
// For keys that do not: anything but a string is absent.
[[nodiscard]] RejectReason read_optional_text(od::value& value, std::string_view* out) noexcept;
// An id: a string, or the digits of a whole number as they are written. null is absent, anything
// else kWrongType. Another number is only marked malformed: many payloads carry an id twice, and
// the other one may be good.
[[nodiscard]] RejectReason read_id(od::value& value, MaybeText* out) noexcept;
// A whole number, or a string of its digits. Anything else leaves *out as it is.
[[nodiscard]] RejectReason read_optional_index(od::value& value, std::uint64_t* out) noexcept;
// A time in whole or broken seconds since 1970 (`1706745600`, `1706745600.0`), or a string of it.
// null is absent; anything else is kBadTime.
struct MaybeTime {
  bool present = false;
  base::EventTimeMs time = 0;
};
[[nodiscard]] RejectReason read_epoch_seconds(od::value& value, MaybeTime* out) noexcept;
// true only for the word; anything else is false.
[[nodiscard]] RejectReason read_optional_bool(od::value& value, bool* out) noexcept;

inline constexpr std::size_t kIdBytesMax =
    512;  // no platform comes near; a record id is a hash, but tables hold ids whole

// kNone if the text can be an id: 1 to 512 bytes, none of them part of a control character; else
// kBadId.
[[nodiscard]] RejectReason check_id(std::string_view id) noexcept;
// The same for ids that may be missing: empty is good.
[[nodiscard]] RejectReason check_optional_id(std::string_view id) noexcept;
// The same for an id as it was read: a malformed one is kBadId.
[[nodiscard]] RejectReason check_optional_id(const MaybeText& id) noexcept;

// The digits of a whole number that fits 63 bits.
[[nodiscard]] bool parse_digits(std::string_view digits, std::uint64_t* out) noexcept;

// The same for the value that a cursor stands at. The common forms are read in place, without the
// document; all others by the functions above.

[[nodiscard]] inline bool is_null_token(std::string_view token) noexcept {
  return token.size() == 4 && std::memcmp(token.data(), "null", 4) == 0;
}

// A string without escapes. False for anything else, unread.
[[nodiscard]] inline bool take_plain_text(FieldCursor& field, std::string_view* out) noexcept {
  const char* const at = field.first_char_at();
  if (*at != '"') return false;
  const StringEnd end = find_string_end(at + 1);
  if (end.has_escape) return false;
  *out = {at + 1, end.size};
  field.pass(1);
  return true;
}

[[nodiscard]] inline RejectReason read_text(FieldCursor& field, MaybeText* out) noexcept {
  if (take_plain_text(field, &out->text)) {
    out->present = true;
    return RejectReason::kNone;
  }
  od::value value = field.value();
  return read_text(value, out);
}

[[nodiscard]] inline RejectReason read_optional_text(FieldCursor& field,
                                                     std::string_view* out) noexcept {
  if (take_plain_text(field, out)) return RejectReason::kNone;
  od::value value = field.value();
  return read_optional_text(value, out);
}

// Of nothing too.
[[nodiscard]] bool are_digits(std::string_view text) noexcept;

[[nodiscard]] inline RejectReason read_id(FieldCursor& field, MaybeText* out) noexcept {
  if (take_plain_text(field, &out->text)) {
    out->present = true;
    return RejectReason::kNone;
  }
  const std::string_view token = field.value_token();
  if (is_null_token(token)) {
    field.pass(1);
    return RejectReason::kNone;
  }
  if (!token.empty() && are_digits(token)) {
    out->present = true;
    out->text = token;
    field.pass(1);
    return RejectReason::kNone;
  }
  od::value value = field.value();
  return read_id(value, out);
}

[[nodiscard]] inline RejectReason read_optional_index(FieldCursor& field,
                                                      std::uint64_t* out) noexcept {
  if (parse_digits(field.value_token(), out)) {
    field.pass(1);
    return RejectReason::kNone;
  }
  od::value value = field.value();
  return read_optional_index(value, out);
}

[[nodiscard]] inline RejectReason read_optional_bool(FieldCursor& field, bool* out) noexcept {
  const std::string_view token = field.value_token();
  const bool is_true = token.size() == 4 && std::memcmp(token.data(), "true", 4) == 0;
  if (is_true || (token.size() == 5 && std::memcmp(token.data(), "false", 5) == 0)) {
    *out = is_true;
    field.pass(1);
    return RejectReason::kNone;
  }
  od::value value = field.value();
  return read_optional_bool(value, out);
}

// Calls visit(FieldCursor&) for an object.
template <class Visit>
[[nodiscard]] RejectReason visit_inside(FieldCursor& field, Visit&& visit) noexcept {
  FieldCursor inside(field, FieldCursor::Inside{});
  const RejectReason reason = visit(inside);
  field.leave(inside, reason != RejectReason::kNone);
  return reason;
}

template <class Visit>
[[nodiscard]] RejectReason with_object(FieldCursor& field, Visit&& visit) noexcept {
  if (field.first_char() == '{') return visit_inside(field, visit);
  od::value value = field.value();
  JsonKind kind = JsonKind::kAbsent;
  HASHCART_TRY(read_kind(value, &kind));
  return kind == JsonKind::kNull ? RejectReason::kNone : RejectReason::kWrongType;
}

template <class Visit>
[[nodiscard]] RejectReason with_optional_object(FieldCursor& field, Visit&& visit) noexcept {
  if (field.first_char() == '{') return visit_inside(field, visit);
  od::value value = field.value();
  JsonKind kind = JsonKind::kAbsent;
  return read_kind(value, &kind);
}

// Calls visit(od::value element), as for values.
template <class Visit>
[[nodiscard]] RejectReason each_element(FieldCursor& field, Visit&& visit) noexcept {
  if (field.first_char() == '[' && field.is_empty_array()) {
    field.pass(2);
    return RejectReason::kNone;
  }
  return each_element(field.value(), visit);
}

template <class Visit>
[[nodiscard]] RejectReason each_optional_element(FieldCursor& field, Visit&& visit) noexcept {
  if (field.first_char() == '[' && field.is_empty_array()) {
    field.pass(2);
    return RejectReason::kNone;
  }
  return each_optional_element(field.value(), visit);
}

[[nodiscard]] constexpr bool is_event_time(std::int64_t time_ms) noexcept {
  return time_ms > -62'135'596'800'001 &&
         time_ms < 253'402'300'800'000;  // the years 1 to 9999, as base/event_time.h says
}

// Keys that tell dialects apart, wherever they stand at the top of a record (or one level down, see
// Outline): enumerator and name.
#define HASHCART_OUTLINE_KEYS(KEY)                    \
  KEY(kAccount, "account")                            \
  KEY(kAccounts, "accounts")                          \
  KEY(kAction, "action")                              \
  KEY(kActivities, "activities")                      \
  KEY(kAncestors, "ancestors")                        \
  KEY(kAt, "at")                                      \
  KEY(kAuthor, "author")                              \
  KEY(kAuthorMeta, "authorMeta")                      \
  KEY(kAuthorId, "author_id")                         \
  KEY(kAwemeDetail, "aweme_detail")                   \
  KEY(kAwemeId, "aweme_id")                           \
  KEY(kAwemeList, "aweme_list")                       \
  KEY(kBid, "bid")                                    \
  KEY(kBoard, "board")                                \
  KEY(kBoardId, "board_id")                           \
  KEY(kBoardOwner, "board_owner")                     \
  KEY(kBody, "body")                                  \
  KEY(kBusinessDiscovery, "business_discovery")       \
  KEY(kCaption, "caption")                            \
  KEY(kCaptionText, "caption_text")                   \
  KEY(kCards, "cards")                                \
  KEY(kChanges, "changes")                            \
  KEY(kChildAttachments, "child_attachments")         \
  KEY(kChildren, "children")                          \
  KEY(kCode, "code")                                  \
  KEY(kCollector, "collector")                        \
  KEY(kCollection, "collection")                      \
  KEY(kComments, "comments")                          \
  KEY(kCommentsCount, "comments_count")               \
  KEY(kCommit, "commit")                              \
  KEY(kContent, "content")                            \
  KEY(kControl, "control")                            \
  KEY(kConversationId, "conversation_id")             \
  KEY(kCreateTime, "createTime")                      \
  KEY(kCreatedAt, "createdAt")                        \
  KEY(kCreatedTime, "created_time")                   \
  KEY(kData, "data")                                  \
  KEY(kDelete, "delete")                              \
  KEY(kDeleted, "deleted")                            \
  KEY(kDesc, "desc")                                  \
  KEY(kDescendants, "descendants")                    \
  KEY(kDid, "did")                                    \
  KEY(kDirectMessage, "direct_message")               \
  KEY(kDisconnect, "disconnect")                      \
  KEY(kDominantColor, "dominant_color")               \
  KEY(kEdgeMediaToCaption, "edge_media_to_caption")   \
  KEY(kEditHistoryTweetIds, "edit_history_tweet_ids") \
  KEY(kEntry, "entry")                                \
  KEY(kErrors, "errors")                              \
  KEY(kEvent, "event")                                \
  KEY(kFeed, "feed")                                  \
  KEY(kForUser, "for_user")                           \
  KEY(kFriends, "friends")                            \
  KEY(kFriendsStr, "friends_str")                     \
  KEY(kFrom, "from")                                  \
  KEY(kFullText, "full_text")                         \
  KEY(kGraphql, "graphql")                            \
  KEY(kHashcart, "hashcart")                          \
  KEY(kId, "id")                                      \
  KEY(kIdStr, "id_str")                               \
  KEY(kIdentity, "identity")                          \
  KEY(kIdstr, "idstr")                                \
  KEY(kInfo, "info")                                  \
  KEY(kIsQuotePost, "is_quote_post")                  \
  KEY(kItem, "item")                                  \
  KEY(kItemInfo, "itemInfo")                          \
  KEY(kItemList, "itemList")                          \
  KEY(kItemListSnake, "item_list")                    \
  KEY(kItemStruct, "itemStruct")                      \
  KEY(kItems, "items")                                \
  KEY(kKind, "kind")                                  \
  KEY(kLikeCount, "like_count")                       \
  KEY(kLimit, "limit")                                \
  KEY(kLinkId, "link_id")                             \
  KEY(kList, "list")                                  \
  KEY(kLongText, "longText")                          \
  KEY(kMblogid, "mblogid")                            \
  KEY(kMedia, "media")                                \
  KEY(kMediaProductType, "media_product_type")        \
  KEY(kMediaType, "media_type")                       \
  KEY(kMediaUrl, "media_url")                         \
  KEY(kMentionedComment, "mentioned_comment")         \
  KEY(kMentionedMedia, "mentioned_media")             \
  KEY(kMerchantId, "merchant_id")                     \
  KEY(kMessage, "message")                            \
  KEY(kMeta, "meta")                                  \
  KEY(kMid, "mid")                                    \
  KEY(kName, "name")                                  \
  KEY(kNavIndex, "nav_index")                         \
  KEY(kNode, "node")                                  \
  KEY(kNodeId, "node_id")                             \
  KEY(kObject, "object")                              \
  KEY(kObjectType, "objectType")                      \
  KEY(kOk, "ok")                                      \
  KEY(kOperation, "operation")                        \
  KEY(kPayload, "payload")                            \
  KEY(kPermalink, "permalink")                        \
  KEY(kPermalinkUrl, "permalink_url")                 \
  KEY(kPin, "pin")                                    \
  KEY(kPinner, "pinner")                              \
  KEY(kPk, "pk")                                      \
  KEY(kPollAttachment, "poll_attachment")             \
  KEY(kPost, "post")                                  \
  KEY(kPosts, "posts")                                \
  KEY(kPriceString, "price_string")                   \
  KEY(kProductId, "product_id")                       \
  KEY(kReason, "reason")                              \
  KEY(kRecord, "record")                              \
  KEY(kRepliedTo, "replied_to")                       \
  KEY(kResourceResponse, "resource_response")         \
  KEY(kResultCount, "result_count")                   \
  KEY(kResults, "results")                            \
  KEY(kScrubGeo, "scrub_geo")                         \
  KEY(kSelftext, "selftext")                          \
  KEY(kSeq, "seq")                                    \
  KEY(kShortcodeMedia, "shortcode_media")             \
  KEY(kSourcePlatform, "source_platform")             \
  KEY(kStatusWithheld, "status_withheld")             \
  KEY(kStatuses, "statuses")                          \
  KEY(kStory, "story")                                \
  KEY(kStream, "stream")                              \
  KEY(kSubreddit, "subreddit")                        \
  KEY(kSubscriptionId, "subscription_id")             \
  KEY(kTakenAt, "taken_at")                           \
  KEY(kText, "text")                                  \
  KEY(kTextPostAppInfo, "text_post_app_info")         \
  KEY(kTextRaw, "text_raw")                           \
  KEY(kThread, "thread")                              \
  KEY(kThreadItems, "thread_items")                   \
  KEY(kThreadsBiography, "threads_biography")         \
  KEY(kThreadsPicture, "threads_profile_picture_url") \
  KEY(kTimeUs, "time_us")                             \
  KEY(kTimestamp, "timestamp")                        \
  KEY(kTitle, "title")                                \
  KEY(kTweet, "tweet")                                \
  KEY(kTweetCount, "tweet_count")                     \
  KEY(kTweetDelete, "tweet_delete")                   \
  KEY(kType, "type")                                  \
  KEY(kTypeUri, "$type")                              \
  KEY(kUri, "uri")                                    \
  KEY(kUrl, "url")                                    \
  KEY(kUser, "user")                                  \
  KEY(kUserDelete, "user_delete")                     \
  KEY(kUserId, "user_id")                             \
  KEY(kUserWithheld, "user_withheld")                 \
  KEY(kUsername, "username")                          \
  KEY(kValues, "values")                              \
  KEY(kVerb, "verb")                                  \
  KEY(kVideoDescription, "video_description")         \
  KEY(kVideos, "videos")                              \
  KEY(kVisibility, "visibility")                      \
  KEY(kWarning, "warning")                            \
  KEY(kWebVideoUrl, "webVideoUrl")                    \
  KEY(kXdtShortcodeMedia, "xdt_shortcode_media")

#define HASHCART_ENUMERATOR(enumerator, text) enumerator,
#define HASHCART_TEXT(enumerator, text) text,
enum class OutlineKey : std::uint8_t { HASHCART_OUTLINE_KEYS(HASHCART_ENUMERATOR) kCount };
inline constexpr KeyTable<OutlineKey> kOutlineKeys({HASHCART_OUTLINE_KEYS(HASHCART_TEXT)});
#undef HASHCART_ENUMERATOR
#undef HASHCART_TEXT

// Which of them an object has, of what kind, and how many keys it has in all.
struct ObjectOutline {
  std::array<JsonKind, static_cast<std::size_t>(OutlineKey::kCount)> kinds{};
  std::size_t key_count = 0;
  // Strings that matter by their value; empty where they are absent or no strings.
  std::string_view kind, type, type_uri, event, uri, object, object_type, verb, id, permalink,
      media_product_type, source_platform, media_type, permalink_url, timestamp;

  [[nodiscard]] JsonKind of(OutlineKey key) const noexcept {
    return kinds[static_cast<std::size_t>(key)];
  }
  [[nodiscard]] bool has(OutlineKey key) const noexcept { return of(key) != JsonKind::kAbsent; }
  [[nodiscard]] bool is(OutlineKey key, JsonKind kind_wanted) const noexcept {
    return of(key) == kind_wanted;
  }
  [[nodiscard]] bool is_string(OutlineKey key) const noexcept { return is(key, JsonKind::kString); }
  [[nodiscard]] bool is_object(OutlineKey key) const noexcept { return is(key, JsonKind::kObject); }
  [[nodiscard]] bool is_array(OutlineKey key) const noexcept { return is(key, JsonKind::kArray); }
};

// What detection sees of a record: the keys of the object, or of the first member of a top-level
// array; and the keys of the object, or the first member of the array, that the last of the keys
// named in read_inner() (post_reader.cc) holds: a page is known by what is in it. Where comments,
// feed, media or posts hold an object with an array `data`, it is that array's first member.
struct Outline {
  ObjectOutline top;
  ObjectOutline inner;
  OutlineKey inner_of = OutlineKey::kCount;
  // inner is what stands under the first key, which is the id of a graph (graph.h).
  bool inner_is_keyed_by_id = false;

  [[nodiscard]] bool inner_is_of(OutlineKey key) const noexcept { return inner_of == key; }
};

// Where a reader puts what it reads; one per PostReader.
class ReadContext {
 public:
  void begin(ParsedRecord* out, bool forced, std::size_t record_bytes);

  // Adds a post with every field at its default, and returns its index. References to posts die
  // with the next one added.
  [[nodiscard]] std::size_t add_post(Dialect dialect, base::Platform platform, Role role);
  [[nodiscard]] Post& post(std::size_t index) noexcept { return out_->posts[index]; }
  [[nodiscard]] std::size_t post_count() const noexcept { return out_->post_count; }
  // Takes the post away again; those after it move up.
  void remove_post(std::size_t index) noexcept;
  void add_delete(const Delete& value) { out_->deletes.push_back(value); }
  void add_tick(const Tick& value) { out_->ticks.push_back(value); }

  // The dialect was asked for, not found out: a record that looks like another's is still read.
  [[nodiscard]] bool forced() const noexcept { return forced_; }
  [[nodiscard]] Arena& arena() noexcept { return arena_; }
  // Counts the records read, from 1.
  [[nodiscard]] std::uint64_t record_number() const noexcept { return record_number_; }

 private:
  ParsedRecord* out_ = nullptr;
  bool forced_ = false;
  std::uint64_t record_number_ = 0;
  Arena arena_;
};

// Sets every field to its default but keeps the room of its vectors.
void clear_post(Post* post) noexcept;

class DialectReader {
 public:
  DialectReader() = default;
  virtual ~DialectReader() = default;
  DialectReader(const DialectReader&) = delete;
  DialectReader& operator=(const DialectReader&) = delete;

  // Reads one top-level object, or one member of a top-level array.
  [[nodiscard]] virtual RejectReason read(od::object object, ReadContext* context) noexcept = 0;

  // Reads a named server-sent event; SSE without event names is read like lines. data: kPadding
  // readable bytes follow. Only Mastodon names its events.
  [[nodiscard]] virtual RejectReason read_event(std::string_view event, std::string_view data,
                                                ReadContext* context) noexcept;
};

struct DialectRow {
  Dialect dialect = Dialect::kUnknown;
  bool (*detect)(const Outline& outline) noexcept = nullptr;
  std::unique_ptr<DialectReader> (*make_reader)() = nullptr;
};

// What every dialect file defines.
#define HASHCART_DECLARE(enumerator, text, stem)                 \
  [[nodiscard]] bool is_##stem(const Outline& outline) noexcept; \
  [[nodiscard]] std::unique_ptr<DialectReader> make_##stem##_reader();
HASHCART_DIALECTS(HASHCART_DECLARE)
#undef HASHCART_DECLARE

}  // namespace hashcart::post
