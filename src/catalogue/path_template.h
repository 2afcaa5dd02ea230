// PathTemplate: where in a retailer's URLs the product id stands, `/gp/product/{id}` or `/item.htm?id={id}`.
//
// Written form: path segments after `/`, then optionally `?` and query terms joined by `&`.
//   literal   compared with the percent-decoded segment, ASCII case ignored
//   *         exactly one segment, of any content
//   **        any number of segments, none included
//   {id}      the id; may have literal text before and after it in its segment: `{id}.htm`, `A-{id}`
//   *-{id}    a `*` at the start of a segment stands for any text: the id is what follows the last such separator
// Query terms are `key=literal` or `key={id}` and may stand anywhere in the query, in any order; keys are compared whole,
// ASCII case ignored. A template matches a prefix of the path on segment boundaries; an id ends at `/`, `?`, `#` or an
// escaped `?` (`%3F`: Amazon's product API wrote it so).
// `#{id}`-style templates read the fragment: a template may end in `#` and a literal with `{id}`.
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
    std::string prefix;  // kLiteral: the literal, lower-cased; kId: the text before the id, lower-cased
    std::string suffix;  // kId: the text after the id, lower-cased
    bool any_prefix = false;  // kId: any text may stand before `prefix`
  };

  struct QueryTerm {
    std::string key;    // lower-cased
    std::string value;  // a literal; unused when is_id
    bool is_id = false;
  };

  std::string text;  // as written
  std::vector<Segment> segments;
  std::vector<QueryTerm> query;
  std::string fragment_prefix;
  bool id_in_fragment = false;

  // Parses the written form. Returns an empty string and fills *out, or a sentence that says what is wrong.
  // Exactly one {id} is required.
  [[nodiscard]] static std::string parse(std::string_view text, PathTemplate* out);
};

}  // namespace hashcart::catalogue
