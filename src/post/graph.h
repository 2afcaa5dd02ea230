// What the JSON of Meta's graph (Instagram, Facebook, Threads) and of Pinterest has in common.
#pragma once

#include <optional>
#include <string_view>

#include "base/event_time.h"
#include "post/arena.h"
#include "post/dialect.h"

namespace hashcart::post {

// Digits, or groups of them joined by '_': "17893085207160254", "19292868552_10158347294088553".
[[nodiscard]] bool is_graph_id(std::string_view text) noexcept;

// Whether a field's key is one. A request for many ids (`?ids=1,2`) is answered by an object that
// has the ids for keys. raw: what stands after the key's quote.
[[nodiscard]] bool is_graph_id_key(const char* raw) noexcept;

// Whether a field's key is written as this, without escapes.
[[nodiscard]] bool is_plain_key(const char* raw, std::string_view wanted) noexcept;

// As each_known_field; fields that are keyed by an id go to visit_member(od::value).
template <class Key, class Visit, class VisitMember>
[[nodiscard]] RejectReason each_known_field_or_member(od::object object, const KeyTable<Key>& table,
                                                      Visit&& visit,
                                                      VisitMember&& visit_member) noexcept {
  static_assert(KeyTable<Key>::kKeyCount <= 64);
  std::uint64_t seen = 0;
  FieldCursor fields(object);
  while (fields.next()) {
    Key key = Key::kCount;
    const bool is_member = is_graph_id_key(fields.key());
    if (!is_member) {
      HASHCART_TRY(find_key(fields, table, &key));
      if (key == Key::kCount) {
        if (!fields.skip()) break;
        continue;
      }
    }
    od::value value = fields.value();
    if (!is_member) {
      const std::uint64_t bit = 1ULL << static_cast<unsigned>(key);
      if ((seen & bit) != 0) return RejectReason::kDuplicateKey;
      seen |= bit;
    }
    HASHCART_TRY(is_member ? visit_member(value) : visit(key, value));
  }
  return reason_of(fields.error());
}

// An edge: {"data":[..]}, or the bare array. Calls visit(od::object) for each member that is an
// object; another type of edge is passed over.
template <class Visit>
[[nodiscard]] RejectReason each_edge_member(od::value value, Visit&& visit) noexcept {
  enum class EdgeKey : std::uint8_t { kData, kCount };
  static constexpr KeyTable<EdgeKey> kEdgeKeys({"data"});
  const auto visit_all = [&](od::value members) {
    return each_optional_element(
        members, [&](od::value member) { return with_optional_object(member, visit); });
  };
  JsonKind kind = JsonKind::kAbsent;
  HASHCART_TRY(read_kind(value, &kind));
  if (kind == JsonKind::kArray) return visit_all(value);
  return with_optional_object(value, [&](od::object edge) {
    return each_known_field(edge, kEdgeKeys,
                            [&](EdgeKey, od::value members) { return visit_all(members); });
  });
}

// A time as read_id reads it: RFC 3339 (`2021-07-26T10:45:20+0000`), or digits: seconds since 1970;
// 12 digits and more are milliseconds, 15 and more microseconds.
[[nodiscard]] std::optional<base::EventTimeMs> parse_graph_time(const MaybeText& written) noexcept;

// The rule for the time of a post that is not embedded: kNoTime without one, kBadTime if it is
// none.
[[nodiscard]] RejectReason set_graph_time(const MaybeText& written, Post* post) noexcept;

// The link behind l.facebook.com/l.php?u=.. and its kin on instagram.com, threads.com and
// threads.net, decoded into the arena; any other link, and one that hides no http(s) link, as it
// is.
[[nodiscard]] std::string_view unshimmed(std::string_view url, Arena* arena) noexcept;

// Adds a link that does not stand in the text, without its shim; not again if it is among the
// newest few.
void add_link(std::string_view url, Arena* arena, Post* post) noexcept;

// A tag as a list has it, with or without its sign; nothing for an empty one.
void add_listed_tag(std::string_view tag, Post* post) noexcept;

}  // namespace hashcart::post
