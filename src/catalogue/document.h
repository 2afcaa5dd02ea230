// Document: one parsed file, TOML or JSON, as plain data with the place of every key and value. It
// keeps both forms out of the files that say what a catalogue means. Private to catalogue.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hashcart::catalogue {

// A run of characters on one line. Lines and columns count from 1, columns in characters.
struct Mark {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t length = 1;
};

enum class ValueKind : std::uint8_t {
  kString,
  kInteger,
  kFloat,
  kBoolean,
  kOffsetTime,  // a date-time with an offset: one moment
  kLocalTime,   // a date, a time, or a date-time without an offset
  kArray,
  kTable,
};

struct Entry;

struct Value {
  ValueKind kind = ValueKind::kTable;
  bool is_json = false;     // from a JSON file; JSON has no times, so a text may stand for one
  Mark mark;                // cut at the end of its first line
  std::string text;         // kString
  std::int64_t number = 0;  // kInteger; kOffsetTime: milliseconds since 1970
  bool truth = false;  // kBoolean; kOffsetTime: whether `number` could hold it (years 0001 to 9999)
  std::vector<Value> items;    // kArray
  std::vector<Entry> entries;  // kTable, in file order

  [[nodiscard]] const Entry* find(std::string_view key) const noexcept;
};

struct Entry {
  std::string key;
  Mark key_mark;
  Value value;
};

class FaultList;

// Parses one TOML file into *root. Where it is not TOML (or nests deeper than any catalogue does),
// adds one fault for `file`, leaves *root an empty table and returns false. (toml_document.cc)
[[nodiscard]] bool parse_toml(std::string_view text, std::size_t file, Value* root,
                              FaultList* faults);

// Whether a file is in the JSON form: its name ends in .json, or its first character is `{`, which
// begins no TOML. (json_document.cc)
[[nodiscard]] bool looks_like_json(std::string_view file, std::string_view text);

// As parse_toml. A `$schema` of the outermost object is for editors and left out of *root.
[[nodiscard]] bool parse_json(std::string_view text, std::size_t file, Value* root,
                              FaultList* faults);

// A value as JSON, on one line, or indented with a final newline. Times become RFC 3339 texts.
[[nodiscard]] std::string compact_json(const Value& value);
[[nodiscard]] std::string tall_json(const Value& value);

inline const Entry* Value::find(std::string_view key) const noexcept {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

}  // namespace hashcart::catalogue
