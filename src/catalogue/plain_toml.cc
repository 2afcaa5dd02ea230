// A reader for the TOML that catalogues are written in, at several hundred megabytes a second.
//
// toml++ decodes every character, makes a node of the heap for every value and looks through all
// arrays of tables at each header: seconds for a catalogue of 100,000 campaigns. This reader takes
// what such files hold and leaves everything else to toml++, above all whatever is wrong: it
// reports no fault, it only says that it does not know. What it takes (TOML 1.0.0):
//
//   - lines that end in LF or CRLF, the last one too; comments; no byte order mark
//   - [tables] and [[arrays of tables]], the parts of their names bare or in quotes
//   - keys that are one name, bare or in quotes without escapes; no dotted keys
//   - basic and literal strings; their long forms without escapes
//   - decimal whole numbers of up to 18 digits, without + and _; true and false
//   - date-times with T and an offset
//   - arrays and inline tables, nested up to kDepthMax
//
// Two things it must never do: read a value or a place otherwise than toml++, and take what toml++
// refuses. tests/catalogue/plain_toml_test.cc and the fuzz target compare the two.
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/event_time.h"
#include "base/utf8.h"
#include "catalogue/document.h"
#include "catalogue/key_set.h"

namespace hashcart::catalogue {
namespace {

constexpr int kDepthMax = 8;
constexpr std::size_t kHeaderPartsMax = 4;
// Of one table that headers make: they are looked through at each of them.
constexpr std::size_t kChildrenMax = 256;

enum : std::uint8_t {
  kBareKey = 1,      // A-Z a-z 0-9 _ -
  kInBasic = 2,      // stands for itself between double quotes, and is ASCII
  kInLiteral = 4,    // the same between single quotes
  kInComment = 8,    // the same in a comment
  kEndsNumber = 16,  // what may follow a number or a word
};

constexpr std::array<std::uint8_t, 256> make_kinds() {
  std::array<std::uint8_t, 256> out{};
  for (unsigned c = 0; c < 128; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    unsigned kinds = 0;
    if (letter || digit || c == '_' || c == '-') kinds |= kBareKey;
    if (c == '\t' || (c >= 0x20 && c < 0x7F)) {
      kinds |= kInComment;
      if (c != '"' && c != '\\') kinds |= kInBasic;
      if (c != '\'') kinds |= kInLiteral;
    }
    if (c == ' ' || c == '\t' || c == '\n' || c == ',' || c == ']' || c == '}' || c == '#' ||
        c == '\r') {
      kinds |= kEndsNumber;
    }
    out[c] = static_cast<std::uint8_t>(kinds);
  }
  return out;
}

constexpr std::array<std::uint8_t, 256> kKinds = make_kinds();

// A table, or an array of tables and its last element, while headers may still add to it.
struct Open {
  std::string_view key;
  Mark key_mark;
  bool is_array = false;
  Mark array_mark;           // is_array: of its first header, up to that line's end
  Mark mark;                 // of the header of the table, or of the last element
  std::vector<Value> items;  // is_array: elements before the last
  std::vector<Entry> entries;
  std::vector<Open> children;
};

// Every function that returns bool returns false for "left to toml++".
class PlainToml {
 public:
  PlainToml(std::string_view text, Document* out)
      : text_(text),
        at_(text.data()),
        end_(text.data() + text.size()),
        line_start_(at_),
        out_(*out) {}

  bool read() {
    // The last byte ends every loop below that stops at a line's end.
    if (text_.empty() || text_.back() != '\n' || text_.front() == '\xEF') return false;
    std::uint32_t last_line = 0;
    while (at_ < end_) {
      skip_blanks();
      if (*at_ != '\n' && *at_ != '#' && *at_ != '\r') {
        last_line = line_;
        if (!(*at_ == '[' ? header() : key_value(0, &current_->entries))) return false;
      }
      if (!end_line()) return false;
    }
    // What place toml++ gives the root of a file of one line is not worth knowing.
    if (last_line < 2) return false;
    if (!close_table(&root_, &out_.root)) return false;
    out_.root.mark = {1, 1, first_line_length_ > 0 ? first_line_length_ : 1};
    return true;
  }

 private:
  // -------------------------------------------------------------- places

  [[nodiscard]] std::uint32_t column() const {
    return static_cast<std::uint32_t>(at_ - line_start_) - continuations_ + 1;
  }
  [[nodiscard]] bool is(std::uint8_t kind) const {
    return (kKinds[static_cast<unsigned char>(*at_)] & kind) != 0;
  }

  struct Start {
    const char* at;
    std::uint32_t line;
    std::uint32_t column;
  };
  [[nodiscard]] Start start() const { return {at_, line_, column()}; }

  // From a start up to here, or to the end of its line.
  [[nodiscard]] Mark mark_since(const Start& start) const {
    Mark mark{start.line, start.column, 1};
    if (start.line == line_) {
      mark.length = column() - start.column;
      return mark;
    }
    std::uint32_t count = 0;
    for (const char* c = start.at; *c != '\n'; ++c) {
      const bool continues = (static_cast<unsigned char>(*c) & 0xC0U) == 0x80U;
      if (*c != '\r' && !continues) ++count;
    }
    mark.length = count > 0 ? count : 1;
    return mark;
  }

  // -------------------------------------------------------------- characters

  void skip_blanks() {
    while (*at_ == ' ' || *at_ == '\t') ++at_;
  }

  // One character of two to four bytes.
  bool wide_character() {
    if (static_cast<unsigned char>(*at_) < 0x80) return false;
    const std::uint32_t size =
        base::decode_at(text_, static_cast<std::size_t>(at_ - text_.data())).size;
    if (size < 2) return false;
    at_ += size;
    continuations_ += size - 1;
    return true;
  }

  bool comment() {
    while (true) {
      while (is(kInComment)) ++at_;
      if (*at_ == '\n' || *at_ == '\r') return true;
      if (!wide_character()) return false;
    }
  }

  bool new_line() {
    if (line_ == 1) first_line_length_ = column() - 1;
    if (*at_ == '\r') ++at_;  // the last byte is \n, so there is one more
    if (*at_ != '\n') return false;
    ++at_;
    ++line_;
    line_start_ = at_;
    continuations_ = 0;
    return true;
  }

  // Blanks, a comment, the end of the line.
  bool end_line() {
    skip_blanks();
    if (*at_ == '#' && !comment()) return false;
    return new_line();
  }

  // -------------------------------------------------------------- keys and headers

  bool key(std::string_view* text, Mark* mark) {
    const Start from = start();
    if (is(kBareKey)) {
      while (is(kBareKey)) ++at_;
      *text = {from.at, static_cast<std::size_t>(at_ - from.at)};
    } else {
      const char quote = *at_;
      if (quote != '"' && quote != '\'') return false;
      ++at_;
      if (!rest_of_line_string(quote, text) || *at_ != quote || text->empty()) return false;
      ++at_;
    }
    *mark = {from.line, from.column, column() - from.column};
    return true;
  }

  bool key_value(int depth, std::vector<Entry>* out) {
    Entry entry;
    if (!key(&entry.key, &entry.key_mark)) return false;
    skip_blanks();
    if (*at_ != '=') return false;
    ++at_;
    skip_blanks();
    if (!value(depth, &entry.value)) return false;
    out->push_back(entry);
    return true;
  }

  static Open* child(Open* parent, std::string_view key) {
    for (Open& one : parent->children) {
      if (one.key == key) return &one;
    }
    return nullptr;
  }

  bool header() {
    const Start from = start();
    ++at_;
    const bool is_array = *at_ == '[';
    if (is_array) ++at_;
    std::array<std::string_view, kHeaderPartsMax> keys;
    std::array<Mark, kHeaderPartsMax> marks;
    std::size_t count = 0;
    while (true) {
      if (count == kHeaderPartsMax) return false;
      skip_blanks();
      if (!key(&keys[count], &marks[count])) return false;
      ++count;
      skip_blanks();
      if (*at_ != '.') break;
      ++at_;
    }
    for (int i = 0; i < (is_array ? 2 : 1); ++i) {
      if (*at_ != ']') return false;
      ++at_;
    }
    const Mark mark = mark_since(from);
    const char* after = at_;
    const std::uint32_t continuations = continuations_;
    skip_blanks();
    if (*at_ == '#' && !comment()) return false;
    Mark whole_line = mark;
    whole_line.length = column() - mark.column;
    at_ = after;
    continuations_ = continuations;

    Open* table = &root_;
    for (std::size_t i = 0; i < count; ++i) {
      const bool is_last = i + 1 == count;
      Open* next = child(table, keys[i]);
      if (next == nullptr) {
        if (table->children.size() == kChildrenMax) return false;
        next = &table->children.emplace_back();
        next->key = keys[i];
        next->key_mark = marks[i];
        next->is_array = is_last && is_array;
        next->array_mark = whole_line;
        next->mark = mark;
      } else if (is_last) {
        if (!is_array || !next->is_array) return false;  // a table named twice, or before by a part
        if (!close_element(next)) return false;
        next->mark = mark;
      }
      table = next;
    }
    current_ = table;
    return true;
  }

  // Takes the table's entries and children for good.
  bool close_table(Open* table, Value* out) {
    for (Open& one : table->children) {
      Entry entry;
      entry.key = one.key;
      entry.key_mark = one.key_mark;
      if (!close(&one, &entry.value)) return false;
      table->entries.push_back(entry);
    }
    KeySet keys;
    for (const Entry& entry : table->entries) {
      if (!keys.insert(entry.key)) return false;
    }
    out->set_entries(out_.keep(table->entries));
    out->mark = table->mark;
    table->entries.clear();
    table->children.clear();
    return true;
  }

  bool close_element(Open* array) { return close_table(array, &array->items.emplace_back()); }

  bool close(Open* table, Value* out) {
    if (!table->is_array) return close_table(table, out);
    if (!close_element(table)) return false;
    const bool is_header_alone = table->items.size() == 1 && table->items.front().entries().empty();
    out->set_items(out_.keep(table->items));
    out->mark = is_header_alone ? table->items.front().mark : table->array_mark;
    return true;
  }

  // -------------------------------------------------------------- values

  bool value(int depth, Value* out) {
    if (depth > kDepthMax) return false;
    const Start from = start();
    bool known = false;
    switch (*at_) {
      case '"':
      case '\'':
        known = string(out);
        break;
      case '[':
        known = array(depth, out);
        break;
      case '{':
        known = inline_table(depth, out);
        break;
      case 't':
        known = word("true", out);
        break;
      case 'f':
        known = word("false", out);
        break;
      default:
        known = number_or_time(out);
        break;
    }
    if (known) out->mark = mark_since(from);
    return known;
  }

  [[nodiscard]] std::string_view left() const {
    return {at_, static_cast<std::size_t>(end_ - at_)};
  }

  bool word(std::string_view text, Value* out) {
    if (left().substr(0, text.size()) != text) return false;
    at_ += text.size();
    out->kind = ValueKind::kBoolean;
    out->truth = text == "true";
    return is(kEndsNumber);
  }

  bool number_or_time(Value* out) {
    const char* from = at_;
    if (*at_ == '-') ++at_;
    const char* digits = at_;
    while (base::is_ascii_digit(*at_)) ++at_;
    const auto count = at_ - digits;
    if (*at_ == '-' && count == 4 && digits == from) {
      at_ = from;
      return moment(out);
    }
    const bool is_long = count > 1;
    if (count == 0 || count > 18 || (is_long && *digits == '0') || !is(kEndsNumber)) return false;
    std::int64_t number = 0;
    std::from_chars(from, at_, number);
    out->set_number(ValueKind::kInteger, number);
    return true;
  }

  // Two digits at a place of what is left, or a number out of every range.
  [[nodiscard]] static int two_digits(std::string_view text, std::size_t at) {
    if (!base::is_ascii_digit(text[at]) || !base::is_ascii_digit(text[at + 1])) return 100;
    return (text[at] - '0') * 10 + (text[at + 1] - '0');
  }

  // 2014-05-05T00:00:00Z, with a fraction of up to 9 digits, or with +09:00 in place of Z.
  bool moment(Value* out) {
    constexpr std::string_view kForm = "0000-00-00T00:00:00";
    const std::string_view text = left();
    if (text.size() < kForm.size() + 1) return false;
    for (std::size_t i = 0; i < kForm.size(); ++i) {
      if (kForm[i] == '0' ? !base::is_ascii_digit(text[i]) : text[i] != kForm[i]) return false;
    }
    if (two_digits(text, 11) > 23 || two_digits(text, 14) > 59 || two_digits(text, 17) > 59)
      return false;
    std::size_t size = kForm.size();
    if (text[size] == '.') {
      const std::size_t first = ++size;
      while (size < text.size() && base::is_ascii_digit(text[size])) ++size;
      if (size == first || size - first > 9) return false;
    }
    if (text.substr(size, 1) == "Z") {
      ++size;
    } else {
      const std::string_view offset = text.substr(size, 6);
      if (offset.size() < 6 || (offset[0] != '+' && offset[0] != '-') || offset[3] != ':' ||
          two_digits(offset, 1) > 23 || two_digits(offset, 4) > 59) {
        return false;
      }
      size += 6;
    }
    const auto time = base::parse_rfc3339(text.substr(0, size));
    if (!time) return false;  // no such day, or a year that we do not know
    at_ += size;
    out->set_number(ValueKind::kOffsetTime, *time);
    out->truth = true;
    return is(kEndsNumber);
  }

  bool array(int depth, Value* out) {
    ++at_;
    const std::size_t first = values_.size();
    while (true) {
      if (!skip_lines()) return false;
      if (*at_ == ']') break;
      Value item;
      if (!value(depth + 1, &item)) return false;
      values_.push_back(item);
      if (!skip_lines()) return false;
      if (*at_ == ']') break;
      if (*at_ != ',') return false;
      ++at_;
    }
    ++at_;
    out->set_items(out_.keep(std::span<const Value>(values_).subspan(first)));
    values_.resize(first);
    return true;
  }

  // Blanks, comments and line ends between the items of an array.
  bool skip_lines() {
    while (true) {
      skip_blanks();
      if (*at_ != '\n' && *at_ != '\r' && *at_ != '#') return true;
      if (!end_line() || at_ == end_) return false;
    }
  }

  bool inline_table(int depth, Value* out) {
    ++at_;
    const std::size_t first = entries_.size();
    skip_blanks();
    KeySet keys;
    while (*at_ != '}') {
      if (!key_value(depth + 1, &entries_) || !keys.insert(entries_.back().key)) return false;
      skip_blanks();
      if (*at_ == '}') break;
      if (*at_ != ',') return false;
      ++at_;
      skip_blanks();
      if (*at_ == '}') return false;
    }
    ++at_;
    out->set_entries(out_.keep(std::span<const Entry>(entries_).subspan(first)));
    entries_.resize(first);
    return true;
  }

  // -------------------------------------------------------------- strings

  // What stands between here and the next quote, escape or line end, which is then here.
  bool rest_of_line_string(char quote, std::string_view* out) {
    const char* from = at_;
    const std::uint8_t kind = quote == '"' ? kInBasic : kInLiteral;
    while (true) {
      while (is(kind)) ++at_;
      if (static_cast<unsigned char>(*at_) < 0x80) break;
      if (!wide_character()) return false;
    }
    *out = {from, static_cast<std::size_t>(at_ - from)};
    return true;
  }

  bool string(Value* out) {
    const char quote = *at_;
    ++at_;
    if (*at_ == quote && at_[1] == quote) return long_string(quote, out);
    std::string_view text;
    if (!rest_of_line_string(quote, &text)) return false;
    if (*at_ == '\\') {
      decoded_.assign(text);
      while (*at_ == '\\') {
        if (!escape() || !rest_of_line_string(quote, &text)) return false;
        decoded_ += text;
      }
      text = out_.keep(std::string_view(decoded_));
    }
    if (*at_ != quote) return false;
    ++at_;
    out->set_text(text);
    return true;
  }

  // An escape of a basic string, onto decoded_.
  bool escape() {
    static constexpr std::string_view kNames = "btnfr\"\\";
    static constexpr std::string_view kMeant = "\b\t\n\f\r\"\\";
    ++at_;
    const std::size_t known = kNames.find(*at_);
    if (known != std::string_view::npos) {
      decoded_ += kMeant[known];
      ++at_;
      return true;
    }
    const std::size_t digits = *at_ == 'u' ? 4 : *at_ == 'U' ? 8 : 0;
    const std::string_view code = left().substr(1, digits);
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(code.data(), code.data() + code.size(), value, 16);
    if (digits == 0 || code.size() != digits || error != std::errc() ||
        end != code.data() + digits || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
      return false;
    }
    base::append_utf8(static_cast<char32_t>(value), &decoded_);
    at_ += 1 + digits;
    return true;
  }

  // """...""" or '''...''', the second and third quote being here. Escapes, quotes right before the
  // last three and CRLF, of which TOML leaves open what it means, are left to toml++.
  bool long_string(char quote, Value* out) {
    at_ += 2;
    if (*at_ == '\n' && !new_line()) return false;
    const char* from = at_;
    const std::uint8_t kind = quote == '"' ? kInBasic : kInLiteral;
    while (at_ < end_) {
      if (*at_ == quote) {
        const std::string_view three = left().substr(0, 3);
        if (three != std::string(3, quote)) {
          ++at_;
          continue;
        }
        out->set_text({from, static_cast<std::size_t>(at_ - from)});
        at_ += 3;
        return *at_ != quote;
      }
      if (is(kind)) {
        ++at_;
      } else if (*at_ == '\n') {
        if (!new_line()) return false;
      } else if (!wide_character()) {
        return false;
      }
    }
    return false;
  }

  const std::string_view text_;
  const char* at_;  // text_ ends in \n, so that *at_ is looked at only before end_
  const char* const end_;
  const char* line_start_;
  std::uint32_t line_ = 1;
  std::uint32_t continuations_ = 0;  // bytes of this line so far that begin no character
  std::uint32_t first_line_length_ = 0;
  Document& out_;
  Open root_;
  Open* current_ = &root_;
  // Items and entries of values that are not at their end yet.
  std::vector<Value> values_;
  std::vector<Entry> entries_;
  std::string decoded_;
};

}  // namespace

bool read_plain_toml(std::string_view text, Document* out) {
  if (PlainToml(text, out).read()) return true;
  out->root = Value();
  return false;
}

}  // namespace hashcart::catalogue
