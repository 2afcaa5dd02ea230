// Document: one parsed file, TOML or JSON, as plain data with the place of every key and value. It
// keeps both forms out of the files that say what a catalogue means. Private to catalogue.
//
// Values are small and lie side by side in blocks of their Document (32 bytes a value, 64 a key
// with its value), and texts without escapes are views of the file's own text, so that a catalogue
// of 100,000 campaigns costs about a megabyte and a half a thousand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>

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

// What an accessor of another kind than the value's own returns is empty, 0 or false.
class Value {
 public:
  ValueKind kind = ValueKind::kTable;
  bool is_json = false;  // from a JSON file; JSON has no times, so a text may stand for one
  bool truth = false;  // kBoolean; kOffsetTime: whether `number` could hold it (years 0001 to 9999)
  Mark mark;           // cut at the end of its first line

  // kString
  [[nodiscard]] std::string_view text() const noexcept {
    if (kind != ValueKind::kString) return {};
    return {static_cast<const char*>(data_), static_cast<std::size_t>(size_)};
  }
  // kInteger; kOffsetTime: milliseconds since 1970
  [[nodiscard]] std::int64_t number() const noexcept {
    const bool has = kind == ValueKind::kInteger || kind == ValueKind::kOffsetTime;
    return has ? static_cast<std::int64_t>(size_) : 0;
  }
  // kArray
  [[nodiscard]] std::span<const Value> items() const noexcept {
    if (kind != ValueKind::kArray) return {};
    return {static_cast<const Value*>(data_), static_cast<std::size_t>(size_)};
  }
  // kTable, in file order
  [[nodiscard]] std::span<const Entry> entries() const noexcept;
  // The entry with this key, or nullptr.
  [[nodiscard]] const Entry* find(std::string_view key) const noexcept;

  // Each sets the kind too. What is named must outlive the value.
  void set_text(std::string_view text) noexcept {
    set(ValueKind::kString, text.data(), text.size());
  }
  void set_number(ValueKind new_kind, std::int64_t number) noexcept {
    set(new_kind, nullptr, static_cast<std::uint64_t>(number));
  }
  void set_items(std::span<const Value> items) noexcept {
    set(ValueKind::kArray, items.data(), items.size());
  }
  void set_entries(std::span<const Entry> entries) noexcept;

 private:
  void set(ValueKind new_kind, const void* data, std::uint64_t size) noexcept {
    kind = new_kind;
    data_ = data;
    size_ = size;
  }

  const void* data_ = nullptr;
  std::uint64_t size_ = 0;
};

struct Entry {
  std::string_view key;
  Mark key_mark;
  Value value;
};

inline std::span<const Entry> Value::entries() const noexcept {
  if (kind != ValueKind::kTable) return {};
  return {static_cast<const Entry*>(data_), static_cast<std::size_t>(size_)};
}

inline void Value::set_entries(std::span<const Entry> entries) noexcept {
  set(ValueKind::kTable, entries.data(), entries.size());
}

inline const Entry* Value::find(std::string_view key) const noexcept {
  for (const Entry& entry : entries()) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

// A root and what it points to. Views of the text that was parsed stay in it: the text must outlive
// the document.
class Document {
 public:
  Value root;

  // Copies of what is given, which live as long as the document.
  [[nodiscard]] std::string_view keep(std::string_view text) {
    return {copy(text.data(), text.size()), text.size()};
  }
  [[nodiscard]] std::span<const Value> keep(std::span<const Value> items) {
    return {copy(items.data(), items.size()), items.size()};
  }
  [[nodiscard]] std::span<const Entry> keep(std::span<const Entry> entries) {
    return {copy(entries.data(), entries.size()), entries.size()};
  }

 private:
  template <typename T>
  const T* copy(const T* from, std::size_t count) {
    if (count == 0) return nullptr;
    auto* to = static_cast<T*>(memory_->allocate(count * sizeof(T), alignof(T)));
    std::uninitialized_copy_n(from, count, to);
    return to;
  }

  static constexpr std::size_t kFirstBlockBytes = std::size_t{64} << 10U;

  std::unique_ptr<std::pmr::monotonic_buffer_resource> memory_ =
      std::make_unique<std::pmr::monotonic_buffer_resource>(kFirstBlockBytes);
};

class FaultList;

// Parses one TOML file into *out. Where it is not TOML (or nests deeper than any catalogue does),
// adds one fault for `file`, leaves out->root an empty table and returns false.
// (toml_document.cc)
[[nodiscard]] bool parse_toml(std::string_view text, std::size_t file, Document* out,
                              FaultList* faults);

// The same by toml++ alone, which is what decides: parse_toml first tries read_plain_toml, which is
// over ten times as fast. Tests compare the two. (toml_document.cc)
[[nodiscard]] bool parse_toml_by_library(std::string_view text, std::size_t file, Document* out,
                                         FaultList* faults);

// Reads TOML of the plain forms that catalogues are written in: see plain_toml.cc for what they
// are. Returns false, with out->root an empty table, for any other text, sound or not; where it
// returns true, parse_toml_by_library would have given the same values with the same places.
[[nodiscard]] bool read_plain_toml(std::string_view text, Document* out);

// Whether a file is in the JSON form: its name ends in .json, or its first character is `{`, which
// begins no TOML. (json_document.cc)
[[nodiscard]] bool looks_like_json(std::string_view file, std::string_view text);

// As parse_toml. A `$schema` of the outermost object is for editors and left out.
[[nodiscard]] bool parse_json(std::string_view text, std::size_t file, Document* out,
                              FaultList* faults);

// A value as JSON, on one line, or indented with a final newline. Times become RFC 3339 texts.
[[nodiscard]] std::string compact_json(const Value& value);
[[nodiscard]] std::string tall_json(const Value& value);

}  // namespace hashcart::catalogue
