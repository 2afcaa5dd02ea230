// PathTemplate: where in a retailer's URLs the product id stands, `/gp/product/{id}` or
// `/item.htm?id={id}`.
//
// Written form: path segments after `/`, then optionally `?` and query terms joined by `&`.
//
//   literal   compared with the percent-decoded segment, ASCII case ignored
//   *         exactly one segment, of any content
//   *!share   exactly one segment, of any content but `share`
//   **        any number of segments, none included
//   {id}      the id; literal text may stand before and after it: `{id}.htm`, `A-{id}`
//   *-{id}    `*` at the start of a segment stands for any text: the id is what follows the last
//             such separator after which an id of the retailer's type stands
//   *-i.*.{id}  the same, and `-i.` must stand somewhere before that separator
//   {id}-*    `*` at the end of a segment stands for any text: the id ends at the first separator
//   {id/2}    an id of two segments, with the `/` between them: Rakuten's shop and item
//   {MLB+id}  the id is `MLB` and what stands here: Mercado Libre writes its item MLB123 `MLB-123`
//   {id>=13}  an id of at least so many bytes (1 to 255), where the path alone says little; with a
//             shorter one the template does not match
//   {affiliate}  only as the last segment, behind the id, and it may be absent: who is paid for the
//             link (`/exec/obidos/ASIN/B00EXAMPL1/someone-20`). Segments with a `=` in them
//             (`ref=nosim`) are passed over; one of digits and `-` alone is Amazon's session and
//             names no one
//
// Query terms are `key=literal`, `key={id}` or `key={id>=13}` and may stand anywhere in the query,
// in any order; the first term with a key counts; keys are compared whole, keys and literals with
// ASCII case ignored. A template matches a prefix of the path on segment boundaries; an id ends at
// `/`, `?`, `#` or an escaped `?` (`%3F`: Amazon's product API wrote it so). A template may end in
// `#` and a literal with {id}: the literal stands at the start of the fragment or after an `&` in
// it, and the id ends at `&`, `/`, `?` or `#`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hashcart::catalogue {

struct PathTemplate {
  enum class Kind : std::uint8_t { kLiteral, kAnySegment, kAnySegments, kId };

  struct Segment {
    Kind kind = Kind::kLiteral;
    // kLiteral: the literal; kAnySegment: the one it must not be, or empty; kId: the text before
    // the id; lower-cased
    std::string prefix;
    std::string lead;    // kId with any_prefix: must stand before `prefix`; lower-cased or empty
    std::string suffix;  // kId: the text after the id, lower-cased
    bool any_prefix = false;     // kId: any text may stand before `prefix`, which is then not empty
    bool any_suffix = false;     // kId: any text may stand after `suffix`, which is then not empty
    bool two = false;            // kId: this segment and the next; then nothing else stands in them
    std::string head;            // kId: put before what stands in the URL
    std::uint8_t bytes_min = 0;  // kId: of the id with its head
  };

  struct QueryTerm {
    std::string key;    // lower-cased
    std::string value;  // a literal, lower-cased; unused when is_id
    bool is_id = false;
    std::uint8_t bytes_min = 0;  // of the id
  };

  std::string text;  // as written
  std::vector<Segment> segments;
  std::vector<QueryTerm> query;
  std::string fragment_prefix;  // lower-cased
  bool id_in_fragment = false;
  bool affiliate = false;  // {affiliate} stands behind the segments

  // Parses the written form. Returns an empty string and fills *out, or says what is wrong in a
  // sentence and leaves *out alone. Exactly one {id} is required.
  [[nodiscard]] static std::string parse(std::string_view text, PathTemplate* out);
};

}  // namespace hashcart::catalogue
