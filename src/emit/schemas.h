// The JSON Schemas (2020-12) of everything this program writes, and of the catalogues it reads, as
// compiled in. The files stand in
// schemas/; `hashcart schema` prints them, and tests hold records to them.
#pragma once

#include <span>
#include <string_view>

namespace hashcart::emit {

struct Schema {
  std::string_view name;  // "intent", for hashcart.intent/1
  std::string_view text;  // one JSON document, ending in a newline
};

// intent, outcome, reject, post, link, stats, diagnostic, catalogue-diff, catalogue; in this order.
[[nodiscard]] std::span<const Schema> schemas() noexcept;

}  // namespace hashcart::emit
