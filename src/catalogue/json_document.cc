// The JSON form of a catalogue: the same tables as in TOML, read into Values with places.
//
// A reader of our own, because faults are shown with line, column and a caret under every key and
// value, which no JSON library of Debian 12 reports (simdjson and RapidJSON give byte offsets of
// syntax errors only, nlohmann/json none of values). It is strict RFC 8259 and a little more: one
// key twice in one object, numbers beyond 64 bits, lone surrogates and bytes that are not UTF-8 are
// faults. Recursion is bounded by kDepthMax.
#include <fmt/format.h>

#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/event_time.h"
#include "base/utf8.h"
#include "catalogue/document.h"
#include "catalogue/faults.h"
#include "catalogue/key_set.h"

namespace hashcart::catalogue {
namespace {

constexpr std::size_t kCompactMax = 88;  // longer values get a line for each item
constexpr int kDepthMax = 32;            // as for TOML; no catalogue needs more than six

class Reader {
 public:
  Reader(std::string_view text, Document* document) : text_(text), document_(*document) {
    if (text_.substr(0, 3) == "\xEF\xBB\xBF") at_ = 3;
    line_start_ = at_;
  }

  // False at the first fault, which then stands in wrong(), help() and place().
  bool read(Value* root) {
    skip_blanks();
    if (peek() != '{') return fail("a catalogue is one object", "begin with {\"format\": 1}");
    if (!value(0, root)) return false;
    skip_blanks();
    return at_ == text_.size() || fail("something follows the catalogue's closing }");
  }

  [[nodiscard]] const std::string& wrong() const { return wrong_; }
  [[nodiscard]] const std::string& help() const { return help_; }
  [[nodiscard]] Mark place() const { return place_; }

 private:
  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[at_]; }

  // Takes one character, of any size.
  void step() {
    if (text_[at_] == '\n') {
      ++at_;
      ++line_;
      line_start_ = at_;
      continuations_ = 0;
      return;
    }
    const std::uint32_t size = base::decode_at(text_, at_).size;
    at_ += size;
    continuations_ += size - 1;
  }

  void skip_blanks() {
    while (!at_end()) {
      const char c = text_[at_];
      if (c == ' ' || c == '\t' || c == '\r') {
        ++at_;
      } else if (c == '\n') {
        step();
      } else {
        return;
      }
    }
  }

  [[nodiscard]] std::uint32_t column() const {
    return static_cast<std::uint32_t>(at_ - line_start_) - continuations_ + 1;
  }

  [[nodiscard]] Mark here() const { return {line_, column(), 1}; }

  // From a place on this line up to here.
  [[nodiscard]] Mark since(Mark start) const {
    if (start.line == line_ && column() > start.column) start.length = column() - start.column;
    return start;
  }

  bool fail_at(Mark place, std::string wrong, std::string help = {}) {
    place_ = place;
    wrong_ = std::move(wrong);
    help_ = std::move(help);
    return false;
  }

  bool fail(std::string wrong, std::string help = {}) {
    if (at_end()) return fail_at(here(), "the file ends too early", std::move(help));
    return fail_at(here(), std::move(wrong), std::move(help));
  }

  bool expect(char wanted, std::string_view where) {
    skip_blanks();
    if (peek() != wanted || at_end()) return fail(fmt::format("expected {} {}", wanted, where));
    step();
    return true;
  }

  bool value(int depth, Value* out) {
    out->is_json = true;
    out->mark = here();
    if (depth >= kDepthMax) return fail("nested deeper than any catalogue needs");
    switch (peek()) {
      case '{':
        return object(depth, out);
      case '[':
        return array(depth, out);
      case '"': {
        std::string_view text;
        if (!string(&text)) return false;
        out->set_text(text);
        out->mark = since(out->mark);
        return true;
      }
      default:
        break;
    }
    const std::string_view word = take_word();
    out->mark = since(out->mark);
    if (word == "true" || word == "false") {
      out->kind = ValueKind::kBoolean;
      out->truth = word == "true";
      return true;
    }
    if (word == "null") {
      return fail_at(out->mark, "null has no meaning in a catalogue", "leave the key out");
    }
    return number(word, out);
  }

  // Characters up to the next that ends a number or a word.
  std::string_view take_word() {
    const std::size_t start = at_;
    while (!at_end()) {
      const char c = base::ascii_lower(text_[at_]);
      const bool part = base::is_ascii_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '+' ||
                        c == '.' || c == '_';
      if (!part) break;
      step();
    }
    return text_.substr(start, at_ - start);
  }

  bool number(std::string_view word, Value* out) {
    bool is_whole = true;
    if (!is_number(word, &is_whole)) {
      if (word.empty()) return fail("expected a value", "text stands in double quotes");
      return fail_at(out->mark, "neither a number, true, false nor a text",
                     "text stands in double quotes");
    }
    if (!is_whole) {
      out->kind = ValueKind::kFloat;
      return true;
    }
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    out->set_number(ValueKind::kInteger, number);
    return error == std::errc() || fail_at(out->mark, "a whole number of more than 64 bits");
  }

  // RFC 8259, section 6.
  static bool is_number(std::string_view text, bool* is_whole) {
    const auto digits = [&] {
      std::size_t count = 0;
      while (count < text.size() && base::is_ascii_digit(text[count])) ++count;
      text.remove_prefix(count);
      return count;
    };
    if (text.substr(0, 1) == "-") text.remove_prefix(1);
    const bool zero = text.substr(0, 1) == "0";
    const std::size_t whole = digits();
    if (whole == 0 || (zero && whole > 1)) return false;
    *is_whole = text.empty();
    if (text.substr(0, 1) == ".") {
      text.remove_prefix(1);
      if (digits() == 0) return false;
    }
    if (!text.empty() && base::ascii_lower(text.front()) == 'e') {
      text.remove_prefix(1);
      if (!text.empty() && (text.front() == '+' || text.front() == '-')) text.remove_prefix(1);
      if (digits() == 0) return false;
    }
    return text.empty();
  }

  bool object(int depth, Value* out) {
    out->set_entries({});
    const std::size_t first = entries_.size();
    KeySet seen;
    step();
    skip_blanks();
    if (peek() == '}') {
      step();
      return true;
    }
    while (true) {
      skip_blanks();
      Entry entry;
      entry.key_mark = here();
      if (peek() != '"') {
        return fail(peek() == '}' ? "a comma before }" : "expected a key",
                    peek() == '}' ? "JSON has no comma after the last" : "keys stand in quotes");
      }
      if (!string(&entry.key)) return false;
      entry.key_mark = since(entry.key_mark);
      if (!seen.insert(entry.key)) {
        return fail_at(entry.key_mark, fmt::format("\"{}\" stands twice in one object", entry.key));
      }
      if (!expect(':', "after a key")) return false;
      skip_blanks();
      if (!value(depth + 1, &entry.value)) return false;
      // What editors look for to find the schema of a file.
      if (depth > 0 || entry.key != "$schema") entries_.push_back(entry);
      skip_blanks();
      if (peek() == '}') break;
      if (!expect(',', "or } after a value")) return false;
    }
    step();
    out->set_entries(document_.keep(std::span<const Entry>(entries_).subspan(first)));
    entries_.resize(first);
    return true;
  }

  bool array(int depth, Value* out) {
    out->set_items({});
    const std::size_t first = items_.size();
    step();
    skip_blanks();
    if (peek() == ']') {
      step();
      return true;
    }
    while (true) {
      skip_blanks();
      if (peek() == ']') return fail("a comma before ]", "JSON has no comma after the last");
      Value item;
      if (!value(depth + 1, &item)) return false;
      items_.push_back(item);
      skip_blanks();
      if (peek() == ']') break;
      if (!expect(',', "or ] after a value")) return false;
    }
    step();
    out->set_items(document_.keep(std::span<const Value>(items_).subspan(first)));
    items_.resize(first);
    return true;
  }

  // A view of the file where it has no escapes.
  bool string(std::string_view* out) {
    const Mark start = here();
    step();
    std::size_t from = at_;
    bool has_escapes = false;
    while (!at_end()) {
      const char c = text_[at_];
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\') {
        ++at_;
        continue;
      }
      if (c == '"') {
        const std::string_view rest = text_.substr(from, at_ - from);
        if (has_escapes) decoded_ += rest;
        *out = has_escapes ? document_.keep(std::string_view(decoded_)) : rest;
        step();
        return true;
      }
      if (c == '\n') return fail_at(since(start), "a text that has no end on its line");
      if (byte < 0x20) {
        return fail("a control character in a text", "write it as \\t, \\n or \\u0000");
      }
      if (c == '\\') {
        if (!has_escapes) decoded_.clear();
        has_escapes = true;
        decoded_ += text_.substr(from, at_ - from);
        if (!escape(&decoded_)) return false;
        from = at_;
        continue;
      }
      if (base::decode_at(text_, at_).size == 1) return fail("a byte that is not UTF-8");
      step();
    }
    return fail({});
  }

  bool escape(std::string* out) {
    static constexpr std::string_view kNames = "\"\\/bfnrt";
    static constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    const Mark start = here();
    step();
    const std::size_t known = at_end() ? std::string_view::npos : kNames.find(text_[at_]);
    if (known != std::string_view::npos) {
      *out += kMeant[known];
      step();
      return true;
    }
    std::uint32_t unit = 0;
    if (!unit_escape(&unit)) {
      return fail_at(since(start), "no escape of JSON", "a backslash itself is written \\\\");
    }
    std::uint32_t low = 0;
    if (unit >= 0xD800 && unit <= 0xDFFF) {
      const bool paired = unit < 0xDC00 && text_.substr(at_, 2) == "\\u";
      if (paired) step();
      if (!paired || !unit_escape(&low) || low < 0xDC00 || low > 0xDFFF) {
        return fail_at(since(start), "half of a surrogate pair");
      }
      unit = 0x10000 + ((unit - 0xD800) << 10U) + (low - 0xDC00);
    }
    base::append_utf8(static_cast<char32_t>(unit), out);
    return true;
  }

  // `uXXXX`.
  bool unit_escape(std::uint32_t* out) {
    if (peek() != 'u') return false;
    const std::string_view digits = text_.substr(at_ + 1, 4);
    if (digits.size() != 4) return false;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + 4, *out, 16);
    if (error != std::errc() || end != digits.data() + 4) return false;
    for (int i = 0; i < 5; ++i) step();
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  std::size_t line_start_ = 0;
  std::uint32_t continuations_ = 0;  // bytes of this line so far that begin no character
  Document& document_;
  // Entries and items of objects and arrays that are not at their end yet.
  std::vector<Entry> entries_;
  std::vector<Value> items_;
  std::string decoded_;
  std::string wrong_;
  std::string help_;
  Mark place_;
};

void append_text(std::string_view text, std::string* out) {
  *out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      *out += '\\';
      *out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == '\x7F') {
      *out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      *out += c;
    }
  }
  *out += '"';
}

// One line for what is flat and short, else one item a line.
void append_value(const Value& value, int indent, bool tall, std::string* out) {
  const auto separate = [&](bool is_first, int depth) {
    if (!is_first) *out += tall ? "," : ", ";
    if (!tall) return;
    *out += '\n';
    out->append(static_cast<std::size_t>(depth) * 2, ' ');
  };
  const auto is_tall = [&](const Value& inner) {
    return tall && compact_json(inner).size() > kCompactMax;
  };
  switch (value.kind) {
    case ValueKind::kString:
      return append_text(value.text(), out);
    case ValueKind::kInteger:
      *out += fmt::to_string(value.number());
      return;
    case ValueKind::kBoolean:
      *out += value.truth ? "true" : "false";
      return;
    case ValueKind::kOffsetTime:
      return append_text(base::format_rfc3339(value.number()), out);
    case ValueKind::kFloat:
    case ValueKind::kLocalTime:
      *out += "null";  // in no sound catalogue
      return;
    case ValueKind::kArray:
      *out += '[';
      for (std::size_t i = 0; i < value.items().size(); ++i) {
        separate(i == 0, indent + 1);
        append_value(value.items()[i], indent + 1, is_tall(value.items()[i]), out);
      }
      if (tall && !value.items().empty()) separate(true, indent);
      *out += ']';
      return;
    case ValueKind::kTable:
      *out += '{';
      for (std::size_t i = 0; i < value.entries().size(); ++i) {
        separate(i == 0, indent + 1);
        append_text(value.entries()[i].key, out);
        *out += ": ";
        append_value(value.entries()[i].value, indent + 1, is_tall(value.entries()[i].value), out);
      }
      if (tall && !value.entries().empty()) separate(true, indent);
      *out += '}';
      return;
  }
}

}  // namespace

bool looks_like_json(std::string_view file, std::string_view text) {
  if (file.size() >= 5 && file.substr(file.size() - 5) == ".json") return true;
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  const std::size_t at = text.find_first_not_of(" \t\r\n");
  return at != std::string_view::npos && text[at] == '{';
}

bool parse_json(std::string_view text, std::size_t file, Document* out, FaultList* faults) {
  out->root = Value();
  Reader reader(text, out);
  if (reader.read(&out->root)) return true;
  out->root = Value();
  faults->add(fault::kSyntax, file, reader.place(),
              {fmt::format("not JSON: {}", reader.wrong()), "reading stopped here", reader.help()});
  return false;
}

std::string compact_json(const Value& value) {
  std::string out;
  append_value(value, 0, false, &out);
  return out;
}

std::string tall_json(const Value& value) {
  std::string out;
  append_value(value, 0, true, &out);
  return out + '\n';
}

}  // namespace hashcart::catalogue
