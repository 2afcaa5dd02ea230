#include "catalogue/table_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/event_time.h"
#include "base/utf8.h"

namespace hashcart::catalogue {
namespace {

// Words people bring from other tools, too far from ours for edit distance.
struct Alias {
  std::string_view written;
  std::string_view meant;
};
constexpr std::array<Alias, 14> kAliases = {{{"hashtag", "tag"},
                                             {"hashtags", "tags"},
                                             {"start", "from"},
                                             {"end", "until"},
                                             {"to", "until"},
                                             {"context", "when"},
                                             {"retailers", "from"},
                                             {"domains", "hosts"},
                                             {"templates", "paths"},
                                             {"pattern", "match"},
                                             {"regex", "match"},
                                             {"window", "within"},
                                             {"positive", "hits"},
                                             {"negative", "misses"}}};

std::uint32_t count_characters(std::string_view text) {
  std::uint32_t count = 0;
  for (std::size_t at = 0; at < text.size(); at += base::decode_at(text, at).size) ++count;
  return count;
}

bool contains(std::initializer_list<std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string or_list(std::initializer_list<std::string_view> words) {
  std::string out;
  std::size_t i = 0;
  for (const std::string_view word : words) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out += fmt::format("\"{}\"", word);
    ++i;
  }
  return out;
}

}  // namespace

std::string_view kind_name(ValueKind kind) noexcept {
  switch (kind) {
    case ValueKind::kString:
      return "a string";
    case ValueKind::kInteger:
      return "a whole number";
    case ValueKind::kFloat:
      return "a decimal number";
    case ValueKind::kBoolean:
      return "true or false";
    case ValueKind::kOffsetTime:
      return "a date-time";
    case ValueKind::kLocalTime:
      return "a date or time without offset";
    case ValueKind::kArray:
      return "an array";
    case ValueKind::kTable:
      return "a table";
  }
  return "something else";
}

Mark mark_inside(const Value& value, std::size_t start, std::size_t size) {
  // Between two one-character quotes and without escapes, characters of the text are characters of
  // the file.
  if (value.kind != ValueKind::kString || count_characters(value.text()) + 2 != value.mark.length)
    return value.mark;
  const std::string_view text = value.text();
  start = std::min(start, text.size());
  Mark mark = value.mark;
  mark.column += 1 + count_characters(text.substr(0, start));
  mark.length = std::max(1U, count_characters(text.substr(start, size)));
  return mark;
}

std::string duration_text(std::int64_t ms) {
  struct Unit {
    std::int64_t ms;
    std::string_view name;
  };
  constexpr std::array<Unit, 4> kUnits = {
      {{86'400'000, "d"}, {3'600'000, "h"}, {60'000, "m"}, {1'000, "s"}}};
  for (const Unit& unit : kUnits) {
    if (ms != 0 && ms % unit.ms == 0) return fmt::format("{}{}", ms / unit.ms, unit.name);
  }
  return ms == 0 ? "0s" : fmt::format("{}ms", ms);
}

std::string Subject::text() const {
  if (outer_ == nullptr) {
    return name_.data() == nullptr ? std::string(word_) : fmt::format("{} \"{}\"", word_, name_);
  }
  return fmt::format("{}: {}{}{}", outer_->text(), word_, name_.empty() ? "" : " ", name_);
}

void TableReader::check_keys(std::initializer_list<std::string_view> known,
                             std::initializer_list<std::string_view> outer,
                             std::string_view outer_header) {
  for (const Entry& entry : table_.entries()) {
    if (contains(known, entry.key)) continue;
    FaultList::Detail detail;
    detail.message = fmt::format("{} has an unknown key \"{}\"", subject(), entry.key);
    detail.label = "not a key that can stand here";
    if (contains(outer, entry.key)) {
      detail.label = fmt::format("belongs to {}", outer_header);
      detail.help =
          table_.is_json
              ? "move it out of this object"
              : "TOML gives a key to the nearest header above it; move this line above that header";
    } else if (faults_.wants_advice()) {
      const auto alias =
          std::find_if(kAliases.begin(), kAliases.end(), [&](const Alias& candidate) {
            return candidate.written == entry.key && contains(known, candidate.meant);
          });
      if (alias != kAliases.end()) {
        detail.help = fmt::format("did you mean \"{}\"?", alias->meant);
      } else {
        std::vector<NamePlace> names;
        for (const std::string_view name : known) names.push_back({std::string(name), {}});
        detail.help = did_you_mean(entry.key, names);
      }
    }
    fault(fault::kUnknownKey, entry.key_mark, std::move(detail));
  }
}

void TableReader::wrong_type(const Value& value, std::string_view what, std::string_view expected,
                             std::string_view help) {
  fault(fault::kWrongType, value.mark,
        {fmt::format("{}: {} must be {}", subject(), what, expected),
         fmt::format("this is {}", kind_name(value.kind)), std::string(help)});
}

void TableReader::missing(std::string_view key, std::string_view help) {
  fault(fault::kMissingKey, table_.mark,
        {fmt::format("{} has no \"{}\"", subject(), key), {}, std::string(help)});
}

std::optional<TextAt> TableReader::text(std::string_view key) {
  const Entry* entry = find(key);
  if (entry == nullptr) return std::nullopt;
  if (entry->value.kind != ValueKind::kString) {
    wrong_type(entry->value, fmt::format("\"{}\"", key), "a string",
               entry->value.kind == ValueKind::kInteger || entry->value.kind == ValueKind::kFloat
                   ? "write it in quotes"
                   : "");
    return std::nullopt;
  }
  if (entry->value.text().empty()) {
    fault(fault::kEmptyList, entry->value.mark,
          {fmt::format("{}: \"{}\" is empty", subject(), key),
           {},
           "give it a value, or leave the key out"});
    return std::nullopt;
  }
  return TextAt{entry->value.text(), &entry->value};
}

std::optional<TextAt> TableReader::required_text(std::string_view key, std::string_view help) {
  if (!has(key)) {
    missing(key, help);
    return std::nullopt;
  }
  return text(key);
}

std::optional<std::int64_t> TableReader::integer(std::string_view key, IntegerRange range) {
  const Entry* entry = find(key);
  if (entry == nullptr) return std::nullopt;
  if (entry->value.kind != ValueKind::kInteger) {
    wrong_type(entry->value, fmt::format("\"{}\"", key), "a whole number");
    return std::nullopt;
  }
  if (entry->value.number() < range.min || entry->value.number() > range.max) {
    fault(fault::kOutOfRange, entry->value.mark,
          {fmt::format("{}: \"{}\" is out of range", subject(), key),
           fmt::format("must lie between {} and {}", range.min, range.max),
           {}});
    return std::nullopt;
  }
  return entry->value.number();
}

std::optional<bool> TableReader::boolean(std::string_view key) {
  const Entry* entry = find(key);
  if (entry == nullptr) return std::nullopt;
  if (entry->value.kind != ValueKind::kBoolean) {
    wrong_type(entry->value, fmt::format("\"{}\"", key), "true or false");
    return std::nullopt;
  }
  return entry->value.truth;
}

std::optional<std::int64_t> TableReader::duration_ms(std::string_view key, IntegerRange range) {
  const Entry* entry = find(key);
  if (entry == nullptr) return std::nullopt;
  if (entry->value.kind != ValueKind::kString) {
    wrong_type(entry->value, fmt::format("\"{}\"", key), "a duration",
               "write a number and a unit in quotes: \"10s\", \"15m\", \"72h\", \"7d\"");
    return std::nullopt;
  }
  const std::optional<std::int64_t> ms = base::parse_duration_ms(entry->value.text());
  if (!ms) {
    fault(fault::kBadQuantity, entry->value.mark,
          {fmt::format("{}: \"{}\" is not a duration", subject(), key),
           {},
           "write a whole number and one of ms, s, m, h, d: \"15m\""});
    return std::nullopt;
  }
  if (*ms < range.min || *ms > range.max) {
    fault(fault::kOutOfRange, entry->value.mark,
          {fmt::format("{}: \"{}\" is out of range", subject(), key),
           fmt::format("must lie between {} and {}", duration_text(range.min),
                       duration_text(range.max)),
           {}});
    return std::nullopt;
  }
  return ms;
}

std::optional<std::int64_t> TableReader::moment(std::string_view key) {
  const Entry* entry = find(key);
  if (entry == nullptr) return std::nullopt;
  const Value& value = entry->value;
  if (value.is_json && value.kind == ValueKind::kString) return json_moment(key, value);
  if (value.kind == ValueKind::kLocalTime) {
    fault(fault::kLocalTime, value.mark,
          {fmt::format("{}: \"{}\" does not say which moment it means", subject(), key),
           "no offset from UTC",
           "write a date, a time and an offset: 2014-05-05T00:00:00Z, or +08:00 in place of Z"});
    return std::nullopt;
  }
  if (value.kind != ValueKind::kOffsetTime) {
    wrong_type(value, fmt::format("\"{}\"", key), "a date-time",
               value.kind == ValueKind::kString ? "write it without quotes: 2014-05-05T00:00:00Z"
               : value.is_json                  ? "for example \"2014-05-05T00:00:00Z\""
                                                : "for example 2014-05-05T00:00:00Z");
    return std::nullopt;
  }
  if (!value.truth) {
    fault(fault::kOutOfRange, value.mark,
          {fmt::format("{}: \"{}\" is out of range", subject(), key),
           "years run from 0001 to 9999",
           {}});
    return std::nullopt;
  }
  return value.number();
}

std::optional<std::int64_t> TableReader::json_moment(std::string_view key, const Value& value) {
  if (const auto time = base::parse_rfc3339(value.text())) return time;
  const std::string text(value.text());
  if (base::parse_rfc3339(text + "Z") || base::parse_rfc3339(text + "T00:00:00Z")) {
    fault(
        fault::kLocalTime, value.mark,
        {fmt::format("{}: \"{}\" does not say which moment it means", subject(), key),
         "no offset from UTC",
         "write a date, a time and an offset: \"2014-05-05T00:00:00Z\", or +08:00 in place of Z"});
  } else {
    wrong_type(value, fmt::format("\"{}\"", key), "a date-time",
               "for example \"2014-05-05T00:00:00Z\"");
  }
  return std::nullopt;
}

std::vector<TextAt> TableReader::texts(std::string_view key, bool may_be_empty) {
  std::vector<TextAt> out;
  const Value* list = array(key);
  if (list == nullptr) return out;
  if (list->items().empty() && !may_be_empty) {
    fault(fault::kEmptyList, list->mark,
          {fmt::format("{}: \"{}\" is empty", subject(), key), {}, {}});
  }
  for (const Value& item : list->items()) {
    if (item.kind != ValueKind::kString) {
      wrong_type(item, fmt::format("every item of \"{}\"", key), "a string");
    } else if (item.text().empty()) {
      fault(fault::kEmptyList, item.mark,
            {fmt::format("{}: \"{}\" holds an empty text", subject(), key), {}, {}});
    } else {
      out.push_back({item.text(), &item});
    }
  }
  return out;
}

const Value* TableReader::table(std::string_view key) {
  const Entry* entry = find(key);
  if (entry == nullptr) return nullptr;
  if (entry->value.kind != ValueKind::kTable) {
    wrong_type(entry->value, fmt::format("\"{}\"", key), "a table");
    return nullptr;
  }
  return &entry->value;
}

const Value* TableReader::array(std::string_view key) {
  const Entry* entry = find(key);
  if (entry == nullptr) return nullptr;
  if (entry->value.kind != ValueKind::kArray) {
    wrong_type(entry->value, fmt::format("\"{}\"", key), "an array",
               entry->value.kind == ValueKind::kString ? "write it in brackets: [\"...\"]" : "");
    return nullptr;
  }
  return &entry->value;
}

std::optional<std::size_t> TableReader::word(std::string_view key,
                                             std::initializer_list<std::string_view> words) {
  const std::optional<TextAt> found = text(key);
  if (!found) return std::nullopt;
  return word_of(key, *found, words);
}

std::optional<std::size_t> TableReader::word_of(std::string_view key, const TextAt& found,
                                                std::initializer_list<std::string_view> words) {
  const auto* at = std::find(words.begin(), words.end(), found.text);
  if (at != words.end()) return static_cast<std::size_t>(at - words.begin());
  FaultList::Detail detail;
  detail.message = fmt::format("{}: \"{}\" does not know this word", subject(), key);
  detail.label = fmt::format("must be {}", or_list(words));
  if (faults_.wants_advice()) {
    std::vector<NamePlace> names;
    for (const std::string_view name : words) names.push_back({std::string(name), {}});
    detail.help = did_you_mean(found.text, names);
  }
  fault(fault::kUnknownWord, found.value->mark, std::move(detail));
  return std::nullopt;
}

}  // namespace hashcart::catalogue
