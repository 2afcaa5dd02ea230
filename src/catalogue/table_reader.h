// TableReader: takes typed values out of one table and reports what is missing, mistyped or
// unknown. Private to catalogue.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue/document.h"
#include "catalogue/faults.h"

namespace hashcart::catalogue {

struct TextAt {
  std::string_view text;
  const Value* value = nullptr;  // where it stands
};

struct IntegerRange {
  std::int64_t min = 0;
  std::int64_t max = 0;
};

// How messages name a table: `campaign "amazon-cart-us": confirm`. Put together only where there is
// something to say; what it is made of must outlive it.
class Subject {
 public:
  // `a [[test]]`
  Subject(std::string_view whole) : word_(whole) {}  // NOLINT(google-explicit-constructor)
  Subject(const char* whole) : word_(whole) {}       // NOLINT(google-explicit-constructor)
  // `campaign "amazon-cart-us"`
  Subject(std::string_view kind, std::string_view id) : word_(kind), name_(id) {}

  // A table inside: `...: confirm`, `...: item AA`. This one must outlive it.
  [[nodiscard]] Subject inner(std::string_view word, std::string_view name = {}) const {
    Subject out(word, name);
    out.outer_ = this;
    return out;
  }

  [[nodiscard]] std::string text() const;

 private:
  const Subject* outer_ = nullptr;
  std::string_view word_;
  std::string_view name_;
};

class TableReader {
 public:
  // All references outlive the reader.
  TableReader(const Value& table, std::size_t file, const Subject& subject, FaultList* faults)
      : table_(table), file_(file), subject_(subject), faults_(*faults) {
    for (const Entry& entry : table.entries()) kinds_ |= kind_bit(entry.key);
  }

  // Reports every key that is not among those known. outer: keys of the table this one stands in,
  // because TOML gives a key written after `[campaign.confirm]` to that table, which is rarely what
  // was meant.
  void check_keys(std::initializer_list<std::string_view> known,
                  std::initializer_list<std::string_view> outer = {},
                  std::string_view outer_header = {});

  [[nodiscard]] const Entry* find(std::string_view key) const noexcept {
    return (kinds_ & kind_bit(key)) == 0 ? nullptr : table_.find(key);
  }
  [[nodiscard]] bool has(std::string_view key) const noexcept { return find(key) != nullptr; }

  // Each returns nothing where the key is absent or its value faulty (then reported). An empty text
  // is a fault.
  [[nodiscard]] std::optional<TextAt> text(std::string_view key);
  [[nodiscard]] std::optional<TextAt> required_text(std::string_view key,
                                                    std::string_view help = {});
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key, IntegerRange range);
  [[nodiscard]] std::optional<bool> boolean(std::string_view key);
  [[nodiscard]] std::optional<std::int64_t> duration_ms(std::string_view key, IntegerRange range);
  [[nodiscard]] std::optional<std::int64_t> moment(std::string_view key);
  // A list of texts. may_be_empty: whether [] is allowed. Wrong items are reported and left out.
  [[nodiscard]] std::vector<TextAt> texts(std::string_view key, bool may_be_empty);
  [[nodiscard]] const Value* table(std::string_view key);
  [[nodiscard]] const Value* array(std::string_view key);

  // The word's place in `words`, reported where it is none of them.
  [[nodiscard]] std::optional<std::size_t> word(std::string_view key,
                                                std::initializer_list<std::string_view> words);
  [[nodiscard]] std::optional<std::size_t> word_of(std::string_view key, const TextAt& found,
                                                   std::initializer_list<std::string_view> words);

  // Reports a fault of this table: at its header, or at a value in it.
  void fault(const FaultCode& code, Mark mark, FaultList::Detail detail) {
    faults_.add(code, file_, mark, std::move(detail));
  }
  void wrong_type(const Value& value, std::string_view what, std::string_view expected,
                  std::string_view help = {});
  void missing(std::string_view key, std::string_view help = {});

  [[nodiscard]] const Value& value() const noexcept { return table_; }
  [[nodiscard]] Mark mark() const noexcept { return table_.mark; }
  [[nodiscard]] std::size_t file() const noexcept { return file_; }
  [[nodiscard]] std::string subject() const { return subject_.text(); }
  [[nodiscard]] const Subject& whole_subject() const noexcept { return subject_; }
  [[nodiscard]] FaultList& faults() noexcept { return faults_; }

 private:
  [[nodiscard]] std::optional<std::int64_t> json_moment(std::string_view key, const Value& value);

  // Most questions are for keys that are not there: one bit of 64 says no to most of them.
  [[nodiscard]] static std::uint64_t kind_bit(std::string_view key) noexcept {
    if (key.empty()) return 1;
    const auto byte = [](char c) { return static_cast<unsigned>(static_cast<unsigned char>(c)); };
    const auto size = static_cast<unsigned>(key.size());
    return std::uint64_t{1} << ((size * 5 + byte(key.front()) * 3 + byte(key.back())) % 64);
  }

  const Value& table_;
  std::size_t file_;
  Subject subject_;
  std::uint64_t kinds_ = 0;  // kind_bit() of all keys
  FaultList& faults_;
};

// `a string`, `an array`, as messages say it.
[[nodiscard]] std::string_view kind_name(ValueKind kind) noexcept;

// The mark of bytes [start, start + size) of a string value, or of the whole value where escapes
// hide the place.
[[nodiscard]] Mark mark_inside(const Value& value, std::size_t start, std::size_t size);

// `90s` as `90s`, 120000 as `2m`: the greatest unit that divides it.
[[nodiscard]] std::string duration_text(std::int64_t ms);

}  // namespace hashcart::catalogue
