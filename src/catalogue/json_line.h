// JsonLine: whether a line is one JSON object, and the campaign it names. Just enough JSON to hold
// the `expect` lines of [[test]] blocks to their form; records and posts are read elsewhere.
// Private to catalogue.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hashcart::catalogue {

struct JsonLine {
  bool is_object = false;
  std::size_t fault_at = 0;  // byte where it stops being JSON, when not is_object
  std::string campaign_id;   // of {"campaign":{"id":"..."}}, undecoded; empty where there is none
  std::size_t campaign_at = 0;  // byte of that id's opening quote
};

// Reads one line. RFC 8259, nesting up to 64 levels; numbers and escapes are checked for form only.
[[nodiscard]] JsonLine read_json_line(std::string_view line);

}  // namespace hashcart::catalogue
