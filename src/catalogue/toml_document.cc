// The only file that knows toml++. It turns its tree into Values with places, in file order.
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/event_time.h"
#include "base/utf8.h"
#include "catalogue/document.h"
#include "catalogue/faults.h"

namespace hashcart::catalogue {
namespace {

// toml++ 3.3 walks and frees nested tables by recursion and bounds the nesting of brackets (256)
// but not the parts of a dotted key, so a key of a hundred thousand parts would exhaust the stack.
// No catalogue needs more than four.
constexpr std::size_t kKeyPartsMax = 16;
constexpr int kDepthMax = 32;

struct Place {
  std::size_t line = 1;
  std::size_t at = 0;  // byte
};

// Where a key has more than kKeyPartsMax parts, or nothing. Strings and comments are stepped over;
// parts may be quoted.
class DottedKeys {
 public:
  explicit DottedKeys(std::string_view text) : text_(text) {}

  bool find_long(Place* out) {
    std::size_t dots = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '.') {
        if (++dots >= kKeyPartsMax) {
          *out = {line_, at_};
          return true;
        }
        ++at_;
      } else if (c == '"' || c == '\'') {
        skip_string(c);
      } else if (c == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else {
        if (!joins(c)) dots = 0;
        if (c == '\n') ++line_;
        ++at_;
      }
    }
    return false;
  }

 private:
  // What may stand between two dots of one key.
  static bool joins(char c) {
    const char lower = base::ascii_lower(c);
    return base::is_ascii_digit(c) || (lower >= 'a' && lower <= 'z') || c == '_' || c == '-' ||
           c == ' ' || c == '\t';
  }

  void skip_string(char quote) {
    const std::string triple(3, quote);
    const bool is_long = text_.substr(at_, 3) == triple;
    at_ += is_long ? 3 : 1;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n') {
        if (!is_long) return;  // not TOML; the parser says so
        ++line_;
      }
      if (c == '\\' && quote == '"' && at_ + 1 < text_.size()) {
        if (text_[at_ + 1] == '\n') ++line_;
        at_ += 2;
        continue;
      }
      if (c != quote || (is_long && text_.substr(at_, 3) != triple)) {
        ++at_;
        continue;
      }
      at_ += is_long ? 3 : 1;
      // A long string may end in up to two more quotes.
      for (int i = 0; is_long && i < 2 && at_ < text_.size() && text_[at_] == quote; ++i) ++at_;
      return;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

class Converter {
 public:
  Converter(std::string_view text, Document* document) : document_(*document) {
    std::uint32_t count = 0;
    std::size_t at = 0;
    if (text.substr(0, 3) == "\xEF\xBB\xBF") at = 3;
    while (at < text.size()) {
      if (text[at] == '\n') {
        line_lengths_.push_back(count);
        count = 0;
        ++at;
      } else {
        if (text[at] != '\r') ++count;
        at += base::decode_at(text, at).size;
      }
    }
    line_lengths_.push_back(count);
  }

  // False where the tree is too deep.
  bool convert(const toml::node& node, int depth, Value* out) {
    out->mark = mark(node.source());
    switch (node.type()) {
      case toml::node_type::table:
        return convert_table(*node.as_table(), depth, out);
      case toml::node_type::array: {
        out->set_items({});
        if (depth >= kDepthMax) return false;
        const toml::array& array = *node.as_array();
        std::vector<Value> items(array.size());
        for (std::size_t i = 0; i < array.size(); ++i) {
          if (!convert(array[i], depth + 1, &items[i])) return false;
        }
        out->set_items(document_.keep(items));
        // An array of tables has no place of its own.
        if (out->mark.line == 0 && !items.empty()) out->mark = items.front().mark;
        return true;
      }
      case toml::node_type::string:
        out->set_text(document_.keep(std::string_view(node.as_string()->get())));
        return true;
      case toml::node_type::integer:
        out->set_number(ValueKind::kInteger, node.as_integer()->get());
        return true;
      case toml::node_type::floating_point:
        out->kind = ValueKind::kFloat;
        return true;
      case toml::node_type::boolean:
        out->kind = ValueKind::kBoolean;
        out->truth = node.as_boolean()->get();
        return true;
      case toml::node_type::date_time:
        convert_moment(node.as_date_time()->get(), out);
        return true;
      case toml::node_type::date:
      case toml::node_type::time:
      case toml::node_type::none:
        out->kind = ValueKind::kLocalTime;
        return true;
    }
    return true;
  }

  [[nodiscard]] Mark mark(const toml::source_region& region) const {
    Mark out;
    out.line = region.begin.line;
    out.column = region.begin.column;
    if (out.line == 0 || out.line > line_lengths_.size()) return out;
    const std::uint32_t after = line_lengths_[out.line - 1] + 1;
    const std::uint32_t end = region.end.line == region.begin.line && region.end.column > 0
                                  ? std::min(after, region.end.column)
                                  : after;
    out.length = end > out.column ? end - out.column : 1;
    return out;
  }

 private:
  bool convert_table(const toml::table& table, int depth, Value* out) {
    out->set_entries({});
    if (depth >= kDepthMax) return false;
    std::vector<Entry> entries;
    entries.reserve(table.size());
    for (const auto& [key, node] : table) {
      Entry& entry = entries.emplace_back();
      entry.key = document_.keep(key.str());
      entry.key_mark = mark(key.source());
      if (!convert(node, depth + 1, &entry.value)) return false;
    }
    std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      return a.key_mark.line != b.key_mark.line ? a.key_mark.line < b.key_mark.line
                                                : a.key_mark.column < b.key_mark.column;
    });
    out->set_entries(document_.keep(entries));
    return true;
  }

  static void convert_moment(const toml::date_time& moment, Value* out) {
    out->kind = ValueKind::kLocalTime;
    if (!moment.offset) return;
    const int minutes = moment.offset->minutes;
    const int size = minutes < 0 ? -minutes : minutes;
    const std::optional<base::EventTimeMs> time = base::parse_rfc3339(fmt::format(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}{}{:02}:{:02}", moment.date.year,
        moment.date.month, moment.date.day, moment.time.hour, moment.time.minute,
        moment.time.second, moment.time.nanosecond, minutes < 0 ? '-' : '+', size / 60, size % 60));
    out->truth = time.has_value();
    out->set_number(ValueKind::kOffsetTime, time.value_or(0));
  }

  Document& document_;
  std::vector<std::uint32_t> line_lengths_;  // characters of each line, its end left out
};

std::string_view line_at(std::string_view text, std::size_t line) {
  for (; line > 1; --line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

// `tag = #AmazonCart`: what is meant as text is a comment, and the parser only sees a value
// missing.
bool has_bare_tag(std::string_view line) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return false;
  const std::size_t value = line.find_first_not_of(" \t[", equals + 1);
  return value != std::string_view::npos && line[value] == '#';
}

}  // namespace

bool parse_toml(std::string_view text, std::size_t file, Document* out, FaultList* faults) {
  return read_plain_toml(text, out) || parse_toml_by_library(text, file, out, faults);
}

bool parse_toml_by_library(std::string_view text, std::size_t file, Document* out,
                           FaultList* faults) {
  out->root = Value();
  const auto refuse_depth = [&](std::uint32_t line) {
    faults->add(fault::kSyntax, file, {line, 1, 1},
                {"tables are nested deeper than any catalogue needs", {}, {}});
  };
  Place deep;
  if (DottedKeys(text).find_long(&deep)) {
    refuse_depth(static_cast<std::uint32_t>(deep.line));
    return false;
  }
  Converter converter(text, out);
  try {
    const toml::table table = toml::parse(text);
    if (converter.convert(table, 0, &out->root)) return true;
    out->root = Value();
    refuse_depth(0);
  } catch (const toml::parse_error& error) {
    Mark mark = converter.mark(error.source());
    if (mark.line > 0) mark.length = 1;
    std::string help;
    if (has_bare_tag(line_at(text, mark.line)) ||
        (mark.line > 1 && has_bare_tag(line_at(text, mark.line - 1)))) {
      help = "an unquoted # begins a comment; write the tag in quotes: \"#AmazonCart\"";
    }
    faults->add(fault::kSyntax, file, mark,
                {fmt::format("not TOML: {}", error.description()), "reading stopped here", help});
  }
  return false;
}

}  // namespace hashcart::catalogue
