// What the tables of a catalogue mean, read in the order the words depend on each other: id types,
// retailers, campaigns, tests. Each kind is first listed by id over all files and sorted, so
// neither the order of files nor that of tables decides anything; then each entry is read once, and
// whatever it names is looked up.
#include "catalogue/catalogue_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/event_time.h"
#include "base/utf8.h"
#include "catalogue/json_line.h"
#include "catalogue/table_reader.h"

namespace hashcart::catalogue {
namespace {

constexpr std::int64_t kFormat = 1;
constexpr std::int64_t kSecondMs = 1'000;
constexpr std::int64_t kDayMs = 86'400'000;
constexpr IntegerRange kAnySpan{
    0, 366 * kDayMs};  // longer than any promotion; keeps sums of times far from overflow
constexpr IntegerRange kTableRows{
    1, 1'000'000'000};  // a row takes over 100 bytes: 100 GB of them is no mistake of a digit
constexpr IntegerRange kRecordBytes{1'024, 1 << 30};  // a chunk must hold one
constexpr std::size_t kIndex16Max = std::numeric_limits<std::uint16_t>::max();
constexpr std::size_t kCampaignsMax = 1'000'000;
constexpr std::size_t kTagsMax = 16;       // of one campaign; Chirpify needed two
constexpr std::size_t kTagBytesMax = 560;  // X's longest post in UTF-8 could hold no more
constexpr std::size_t kMentionsMax = 16;
constexpr std::size_t kWordsMax = 64;  // of one list of a claim
constexpr std::size_t kOptionValuesMax = 1'000;
constexpr std::int64_t kPiecesMax = 1'000'000'000;
constexpr std::size_t kTextBytesMax = 255;  // names, versions, owners: they go into every record

// ---------------------------------------------------------------- forms of words

bool is_lower_or_digit(char c) { return base::is_ascii_digit(c) || (c >= 'a' && c <= 'z'); }

bool all_of(std::string_view text, bool (*accepts)(char)) {
  return std::all_of(text.begin(), text.end(), accepts);
}

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         all_of(text, [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

bool is_action(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text.front() != '.' && text.back() != '.' &&
         all_of(text,
                [](char c) { return is_lower_or_digit(c) || c == '.' || c == '-' || c == '_'; });
}

bool is_market(std::string_view text) {
  return !text.empty() && text.size() <= 16 && all_of(text, [](char c) {
    return is_lower_or_digit(base::ascii_lower(c)) || c == '-' || c == '_';
  });
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7F'; });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = base::ascii_lower(c);
  return out;
}

std::string fold_id(std::string_view id, IdFold fold) {
  std::string out(id);
  for (char& c : out) {
    if (fold == IdFold::kLower) c = base::ascii_lower(c);
    if (fold == IdFold::kUpper && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

// A domain of at least two labels as DNS knows it, lower-case (RFC 1035, 2.3.4: 63 bytes a label,
// 253 a name).
bool is_domain(std::string_view host) {
  if (host.size() > 253 || host.find('.') == std::string_view::npos) return false;
  while (true) {
    const std::size_t end = host.find('.');
    const std::string_view label = host.substr(0, end);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
      return false;
    if (!all_of(label, [](char c) { return is_lower_or_digit(c) || c == '-'; })) return false;
    if (end == std::string_view::npos) return true;
    host.remove_prefix(end + 1);
  }
}

std::string host_help(std::string_view written) {
  std::string host = lower(written);
  const std::size_t scheme = host.find("://");
  if (scheme != std::string::npos) host.erase(0, scheme + 3);
  host.erase(std::min(host.size(), host.find_first_of("/?#:")));
  if (!host.empty() && host.back() == '.') host.pop_back();
  const std::string_view bare =
      host.compare(0, 2, "*.") == 0 ? std::string_view(host).substr(2) : std::string_view(host);
  if (host != written && is_domain(bare)) return fmt::format("write \"{}\"", host);
  return "write the bare domain, as \"example.com\" or \"*.example.com\"; other scripts as "
         "Punycode";
}

// Lower-case, without @.
bool is_handle(std::string_view text) {
  return !text.empty() && text.size() <= kTextBytesMax && all_of(text, [](char c) {
    return is_lower_or_digit(c) || c == '_' || c == '.' || c == '-' || c == '@' ||
           static_cast<unsigned char>(c) >= 0x80;
  });
}

bool is_price(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  if (whole.empty() || whole.size() > 15 || !all_of(whole, base::is_ascii_digit)) return false;
  if (point == std::string_view::npos) return true;
  const std::string_view part = text.substr(point + 1);
  return !part.empty() && part.size() <= 6 && all_of(part, base::is_ascii_digit);
}

bool is_currency(std::string_view text) {
  return text.size() == 3 && all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

// What may stand after [campaign.confirm] and the like by mistake, and at a campaign itself.
const std::initializer_list<std::string_view> kCampaignKeys = {"id",
                                                               "rev",
                                                               "status",
                                                               "platforms",
                                                               "tag",
                                                               "tags",
                                                               "on_link",
                                                               "emoji",
                                                               "mention",
                                                               "under",
                                                               "action",
                                                               "from",
                                                               "until",
                                                               "when",
                                                               "product",
                                                               "quantity",
                                                               "amount",
                                                               "waitlist",
                                                               "duplicates",
                                                               "other_markets",
                                                               "require_linked",
                                                               "protected_authors",
                                                               "sensitive",
                                                               "ignore_authors",
                                                               "hits",
                                                               "misses",
                                                               "confirm",
                                                               "claim",
                                                               "items"};

// One word as a comment holds it: no blanks, signs or control characters; ' - _ within it.
bool is_word(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  const auto inner = [](char c) { return c == '\'' || c == '-' || c == '_'; };
  if (inner(text.front()) || inner(text.back())) return false;
  return all_of(text, [](char c) {
    return is_lower_or_digit(base::ascii_lower(c)) || c == '\'' || c == '-' || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
  });
}

bool are_words(std::string_view text) {
  while (true) {
    const std::size_t end = text.find(' ');
    if (!is_word(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

// ---------------------------------------------------------------- tags

constexpr std::string_view kFullWidthSign = "\xEF\xBC\x83";  // U+FF03

std::size_t sign_size(std::string_view tag) {
  if (tag.substr(0, 1) == "#") return 1;
  return tag.substr(0, kFullWidthSign.size()) == kFullWidthSign ? kFullWidthSign.size() : 0;
}

// What is wrong with a tag on any platform, or empty. Whether its platforms' grammars yield it is
// for `match` to say.
std::string tag_fault(std::string_view tag) {
  const std::size_t sign = sign_size(tag);
  if (sign == 0) return "a tag begins with its sign, #";
  std::string_view text = tag.substr(sign);
  const bool closed = text.size() > 1 && text.back() == '#';
  if (closed) text.remove_suffix(1);
  if (text.empty()) return "nothing follows the sign";
  if (tag.size() > kTagBytesMax) return "longer than a post";
  if (has_control(text)) return "holds a control character";
  if (text.find('#') != std::string_view::npos) return "holds a second #";
  if (!closed && text.find(' ') != std::string_view::npos) return "holds a blank";
  return {};
}

// Equal for tags that differ in ASCII case, sign or Weibo's closing # only. Coarser folds are left
// to `match`.
std::string tag_key(std::string_view tag) {
  std::string_view text = tag.substr(sign_size(tag));
  if (text.size() > 1 && text.back() == '#') text.remove_suffix(1);
  return lower(text);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    out.push_back(line);
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t") == std::string_view::npos;
}

// ---------------------------------------------------------------- the builder

// One entry of a kind, listed before it is read.
struct Listed {
  std::string_view id;  // empty: missing or of the wrong form, and reported
  std::size_t file = 0;
  const Value* value = nullptr;
  Mark mark;  // its header
};

class Builder {
 public:
  Builder(const std::vector<ParsedFile>& files, FaultList* faults)
      : files_(files), faults_(*faults) {}

  Catalogue build() {
    for (std::size_t file = 0; file < files_.size(); ++file) {
      out_.files.push_back(files_[file].name);
      any_broken_ = any_broken_ || files_[file].broken;
      if (!files_[file].broken) read_top(file);
    }
    read_catalogue();
    read_limits();
    read_id_types();
    read_retailers();
    read_campaigns();
    read_tests();
    if (out_.campaigns.empty() && out_.retailers.empty() && !any_broken_) {
      faults_.add(fault::kEmptyCatalogue, 0, {},
                  {"the catalogue has no campaigns and no retailers",
                   {},
                   "begin with [catalogue] retailers = \"default\" and a [[campaign]]"});
    }
    return std::move(out_);
  }

 private:
  using Names = std::unordered_map<std::string_view, std::size_t>;

  // All entries of one kind.
  struct Kind {
    std::vector<Listed> listed;
    Names names;                    // of `listed`
    std::vector<NamePlace> places;  // see places()
  };

  void add(const FaultCode& code, std::size_t file, Mark mark, FaultList::Detail detail) {
    faults_.add(code, file, mark, std::move(detail));
  }

  static TextPlace place_of(const Value& value) {
    return {value.mark.line, value.mark.column, value.mark.length};
  }

  SourcePosition position(std::size_t file, Mark mark) const {
    return {files_[file].name, mark.line, mark.column};
  }

  // -------------------------------------------------------------- the top of a file

  void read_top(std::size_t file) {
    TableReader top(files_[file].root(), file, "the file", &faults_);
    top.check_keys({"format", "catalogue", "limits", "idtype", "retailer", "campaign", "test"});
    const Entry* format = top.find("format");
    if (format == nullptr) {
      add(fault::kFormat, file, {},
          {"the file does not say which format it is in", {}, "begin it with: format = 1"});
    } else if (format->value.kind != ValueKind::kInteger) {
      top.wrong_type(format->value, "\"format\"", "a whole number", "write: format = 1");
    } else if (format->value.number() != kFormat) {
      add(fault::kFormat, file, format->value.mark,
          {fmt::format("format {} is not one this program reads", format->value.number()),
           "only 1 is known",
           {}});
    }
  }

  // The section's tables of all files; those of compiled-in files only where no other file has the
  // section.
  std::vector<std::pair<std::size_t, const Entry*>> sections(std::string_view key) {
    std::vector<std::pair<std::size_t, const Entry*>> own;
    std::vector<std::pair<std::size_t, const Entry*>> compiled_in;
    bool all_compiled_in = true;
    for (std::size_t file = 0; file < files_.size(); ++file) {
      all_compiled_in = all_compiled_in && files_[file].compiled_in;
      const Entry* entry = files_[file].root().find(key);
      if (entry == nullptr) continue;
      if (entry->value.kind != ValueKind::kTable) {
        TableReader(files_[file].root(), file, "the file", &faults_)
            .wrong_type(entry->value, fmt::format("\"{}\"", key), "a table",
                        fmt::format("write [{}] once, above its keys", key));
        continue;
      }
      (files_[file].compiled_in ? compiled_in : own).emplace_back(file, entry);
    }
    return all_compiled_in ? compiled_in : own;
  }

  // Whether this is the first file to set the key; reports a second one.
  bool set_once(const TableReader& section, std::string_view key) {
    const Entry* entry = section.find(key);
    if (entry == nullptr) return false;
    const std::string place = faults_.place(section.file(), entry->key_mark);
    const auto [at, is_new] =
        set_keys_.try_emplace(section.subject() + '.' + std::string(key), place);
    if (!is_new) {
      add(fault::kSetTwice, section.file(), entry->key_mark,
          {fmt::format("{}: \"{}\" is set in two files", section.subject(), key),
           fmt::format("already set at {}", at->second), "keep it in one of them"});
    }
    return is_new;
  }

  void read_catalogue() {
    bool has_id = false;
    for (const auto& [file, entry] : sections("catalogue")) {
      TableReader section(entry->value, file, "[catalogue]", &faults_);
      section.check_keys({"id", "version", "owner", "retailers"});
      if (set_once(section, "id")) {
        if (const auto id = section.text("id")) {
          has_id = true;
          out_.id = id->text;
          if (!is_id(id->text)) report_bad_id(section, *id, "id");
        }
      }
      if (set_once(section, "version")) out_.version = read_label(section, "version");
      if (set_once(section, "owner")) out_.owner = read_label(section, "owner");
      static_cast<void>(section.word("retailers", {"default"}));
    }
    if (!has_id) out_.id = "unnamed";
  }

  std::string read_label(TableReader& table, std::string_view key) {
    const std::optional<TextAt> text = table.text(key);
    if (!text) return {};
    if (text->text.size() > kTextBytesMax || has_control(text->text)) {
      table.fault(
          fault::kOutOfRange, text->value->mark,
          {fmt::format("{}: \"{}\" is too long or holds a control character", table.subject(), key),
           fmt::format("at most {} bytes on one line", kTextBytesMax),
           {}});
    }
    return std::string(text->text);
  }

  void report_bad_id(TableReader& table, const TextAt& id, std::string_view key) {
    std::string better;
    for (const char c : id.text) {
      const char small = base::ascii_lower(c);
      better += is_lower_or_digit(small) ? small : '-';
    }
    table.fault(fault::kBadId, id.value->mark,
                {fmt::format("{}: \"{}\" has the wrong form", table.subject(), key),
                 "an id is 1 to 64 of a-z, 0-9 and -",
                 is_id(better) && base::is_ascii(id.text) ? fmt::format("write \"{}\"", better)
                                                          : std::string()});
  }

  void read_limits() {
    for (const auto& [file, entry] : sections("limits")) {
      TableReader section(entry->value, file, "[limits]", &faults_);
      section.check_keys({"out_of_order", "parent_wait", "remember_links", "remember_seen",
                          "clock_jump_max", "remember_posts", "pending_max", "record_bytes_max"});
      Limits& limits = out_.limits;
      read_span(section, "out_of_order", kAnySpan, &limits.out_of_order_ms);
      read_span(section, "parent_wait", kAnySpan, &limits.parent_wait_ms);
      read_span(section, "remember_links", kAnySpan, &limits.remember_links_ms);
      read_span(section, "remember_seen", kAnySpan, &limits.remember_seen_ms);
      read_span(section, "clock_jump_max", {kSecondMs, kAnySpan.max}, &limits.clock_jump_max_ms);
      read_count(section, "remember_posts", &limits.remember_posts);
      read_count(section, "pending_max", &limits.pending_max);
      read_bytes(section, "record_bytes_max", &limits.record_bytes_max);
    }
  }

  void read_span(TableReader& section, std::string_view key, IntegerRange range,
                 std::int64_t* out) {
    if (!set_once(section, key)) return;
    *out = section.duration_ms(key, range).value_or(*out);
  }

  void read_count(TableReader& section, std::string_view key, std::uint64_t* out) {
    if (!set_once(section, key)) return;
    if (const auto count = section.integer(key, kTableRows))
      *out = static_cast<std::uint64_t>(*count);
  }

  // `8388608`, `"8 MiB"`, `"8MiB"`.
  void read_bytes(TableReader& section, std::string_view key, std::uint64_t* out) {
    if (!set_once(section, key)) return;
    const Value& value = section.find(key)->value;
    if (value.kind != ValueKind::kString) {
      if (value.kind != ValueKind::kInteger) {
        return section.wrong_type(value, fmt::format("\"{}\"", key), "a size",
                                  "write a number of bytes, or \"8 MiB\"");
      }
      if (const auto bytes = section.integer(key, kRecordBytes))
        *out = static_cast<std::uint64_t>(*bytes);
      return;
    }
    const std::optional<std::uint64_t> bytes = parse_size(value.text());
    if (!bytes) {
      section.fault(fault::kBadQuantity, value.mark,
                    {fmt::format("{}: \"{}\" is not a size", section.subject(), key),
                     {},
                     "write a whole number and one of B, KiB, MiB, GiB: \"8 MiB\""});
    } else if (*bytes < static_cast<std::uint64_t>(kRecordBytes.min) ||
               *bytes > static_cast<std::uint64_t>(kRecordBytes.max)) {
      section.fault(fault::kOutOfRange, value.mark,
                    {fmt::format("{}: \"{}\" is out of range", section.subject(), key),
                     "must lie between 1 KiB and 1 GiB",
                     {}});
    } else {
      *out = *bytes;
    }
  }

  static std::optional<std::uint64_t> parse_size(std::string_view text) {
    std::size_t at = 0;
    std::uint64_t number = 0;
    while (at < text.size() && base::is_ascii_digit(text[at])) {
      if (at == 12) return std::nullopt;  // far over the range, far from overflow
      number = number * 10 + static_cast<std::uint64_t>(text[at++] - '0');
    }
    if (at == 0) return std::nullopt;
    if (at < text.size() && text[at] == ' ') ++at;
    const std::string_view unit = text.substr(at);
    if (unit == "B") return number;
    if (unit == "KiB") return number << 10U;
    if (unit == "MiB") return number << 20U;
    if (unit == "GiB") return number << 30U;
    return std::nullopt;
  }

  // -------------------------------------------------------------- listing

  // The [[kind]] tables of all files that have a sound id, by id; then the others, which are read
  // for their faults.
  Kind list_tables(std::string_view kind, std::size_t count_max) {
    Kind out;
    std::vector<Listed>& listed = out.listed;
    const std::string subject = fmt::format("a [[{}]]", kind);
    for (std::size_t file = 0; file < files_.size(); ++file) {
      for (const Value* table : tables_of(file, kind)) {
        Listed entry{{}, file, table, table->mark};
        TableReader reader(*table, file, std::string_view(subject), &faults_);
        if (const auto id = reader.required_text("id")) {
          if (is_id(id->text)) {
            entry.id = id->text;
          } else {
            report_bad_id(reader, *id, "id");
          }
        }
        listed.push_back(entry);
      }
    }
    settle(kind, &out, count_max);
    return out;
  }

  // The items of an array of tables; reports what is none.
  std::vector<const Value*> tables_of(std::size_t file, std::string_view kind) {
    std::vector<const Value*> out;
    const Entry* entry = files_[file].root().find(kind);
    if (entry == nullptr) return out;
    TableReader top(files_[file].root(), file, "the file", &faults_);
    if (entry->value.kind != ValueKind::kArray) {
      top.wrong_type(entry->value, fmt::format("\"{}\"", kind), "a list of tables",
                     fmt::format("write [[{}]], in two brackets, above each", kind));
      return out;
    }
    for (const Value& item : entry->value.items()) {
      if (item.kind == ValueKind::kTable) {
        out.push_back(&item);
      } else {
        top.wrong_type(item, fmt::format("every \"{}\"", kind), "a table",
                       fmt::format("write [[{}]] above each", kind));
      }
    }
    return out;
  }

  // Sorts by id, reports ids used twice and numbers the rest.
  void settle(std::string_view kind, Kind* out, std::size_t count_max) {
    std::vector<Listed>* listed = &out->listed;
    Names* names = &out->names;
    names->reserve(listed->size());
    std::stable_sort(listed->begin(), listed->end(), [](const Listed& a, const Listed& b) {
      if (a.id.empty() != b.id.empty()) return b.id.empty();
      return a.id < b.id;
    });
    for (std::size_t i = 0; i < listed->size(); ++i) {
      const Listed& entry = (*listed)[i];
      if (entry.id.empty()) break;
      const auto [at, is_new] = names->try_emplace(entry.id, i);
      if (!is_new) report_duplicate(kind, entry, (*listed)[at->second]);
    }
    if (listed->size() > count_max) {
      const Listed& entry = (*listed)[count_max];
      add(fault::kTooMany, entry.file, entry.mark,
          {fmt::format("over {} entries of the kind \"{}\"", count_max, kind), {}, {}});
      listed->resize(count_max);
      for (auto at = names->begin(); at != names->end();) {
        at = at->second < count_max ? std::next(at) : names->erase(at);
      }
    }
  }

  void report_duplicate(std::string_view kind, const Listed& one, const Listed& other) {
    // A compiled-in entry cannot be changed, so the fault is the user's.
    const bool swap = files_[one.file].compiled_in && !files_[other.file].compiled_in;
    const Listed& own = swap ? other : one;
    const Listed& first = swap ? one : other;
    FaultList::Detail detail;
    detail.message = fmt::format("two entries of the kind \"{}\" have the id \"{}\"", kind, own.id);
    detail.label = fmt::format("also at {}", faults_.place(first.file, first.mark));
    detail.help = "ids are unique over all files; rename one, or remove it";
    if (files_[first.file].compiled_in && !files_[own.file].compiled_in) {
      detail.help =
          kind == "campaign"
              ? "the compiled-in catalogue has it; rename yours, or load without `default`"
              : "compiled in: remove yours to use that one, rename yours, or remove retailers = "
                "\"default\"";
    }
    const Entry* id = own.value->find("id");
    add(fault::kDuplicateId, own.file,
        id != nullptr && kind != "idtype" ? id->value.mark : own.mark, std::move(detail));
  }

  // What may have been meant, with places: made when first asked for.
  const std::vector<NamePlace>& places(Kind* kind) const {
    if (!kind->places.empty()) return kind->places;
    for (const Listed& entry : kind->listed) {
      if (entry.id.empty()) continue;
      kind->places.push_back({std::string(entry.id), faults_.place(entry.file, entry.mark)});
    }
    return kind->places;
  }

  // Looks a name up; reports an unknown one, unless a file that may have defined it could not be
  // read.
  // mark: of the name, asked for only then.
  template <typename MarkOf>
  std::optional<std::size_t> look_up(TableReader& table, std::string_view name, MarkOf mark,
                                     Kind* kind, const FaultCode& code, std::string_view noun) {
    const auto found = kind->names.find(name);
    if (found != kind->names.end()) return found->second;
    if (any_broken_) return std::nullopt;
    FaultList::Detail detail;
    detail.message = fmt::format("{} names an unknown {}", table.subject(), noun);
    detail.label = std::string(code.meaning);
    if (faults_.wants_advice()) detail.help = did_you_mean(name, places(kind));
    table.fault(code, mark(), std::move(detail));
    return std::nullopt;
  }

  // -------------------------------------------------------------- id types

  void read_id_types() {
    std::vector<Listed>& listed = id_types_.listed;
    for (std::size_t file = 0; file < files_.size(); ++file) {
      const Entry* section = files_[file].root().find("idtype");
      if (section == nullptr) continue;
      TableReader top(files_[file].root(), file, "the file", &faults_);
      const Value* table = top.table("idtype");
      if (table == nullptr) continue;
      for (const Entry& entry : table->entries()) {
        TableReader reader(*table, file, Subject("idtype", entry.key), &faults_);
        if (entry.value.kind != ValueKind::kTable) {
          reader.wrong_type(entry.value, fmt::format("\"{}\"", entry.key), "a table",
                            "write [idtype.NAME] above `match`");
          continue;
        }
        Listed item{entry.key, file, &entry.value, entry.key_mark};
        if (!is_id(entry.key)) {
          item.id = {};
          add(fault::kBadId, file, entry.key_mark,
              {fmt::format("idtype \"{}\" has the wrong form", entry.key),
               "an id is 1 to 64 of a-z, 0-9 and -",
               {}});
        }
        listed.push_back(item);
      }
    }
    settle("idtype", &id_types_, kIndex16Max);
    for (const Listed& entry : listed) out_.id_types.push_back(read_id_type(entry));
  }

  IdType read_id_type(const Listed& entry) {
    IdType out;
    out.id = entry.id;
    out.where = position(entry.file, entry.mark);
    TableReader table(*entry.value, entry.file, Subject("idtype", entry.id), &faults_);
    table.check_keys({"match", "fold", "check"});
    if (const auto match = table.required_text("match", "for example match = '[0-9]{5,19}'")) {
      std::size_t at = 0;
      const std::string wrong = IdPattern::parse(match->text, &out.pattern, &at);
      if (!wrong.empty()) {
        table.fault(fault::kBadPattern, mark_inside(*match->value, at, 1),
                    {fmt::format("{}: the pattern does not parse", table.subject()), wrong, {}});
      }
    }
    if (const auto fold = table.word("fold", {"none", "upper", "lower"})) {
      out.fold = *fold == 1 ? IdFold::kUpper : *fold == 2 ? IdFold::kLower : IdFold::kNone;
    }
    if (table.word("check", {"none", "isbn10"}).value_or(0) == 1) out.check = IdCheck::kIsbn10;
    return out;
  }

  // -------------------------------------------------------------- retailers

  void read_retailers() {
    retailers_ = list_tables("retailer", kIndex16Max);
    for (const Listed& entry : retailers_.listed) out_.retailers.push_back(read_retailer(entry));
  }

  Retailer read_retailer(const Listed& entry) {
    Retailer out;
    out.id = entry.id;
    out.where = position(entry.file, entry.mark);
    TableReader table(*entry.value, entry.file,
                      entry.id.empty() ? Subject("a [[retailer]]") : Subject("retailer", entry.id),
                      &faults_);
    table.check_keys({"id", "name", "idtype", "ids", "only_if_named", "affiliate", "short", "paths",
                      "sensitive", "product_tags", "hits", "misses", "markets", "also"});
    out.name = read_label(table, "name");
    if (out.name.empty()) out.name = out.id;
    bool has_id_type = false;
    if (const auto name = table.required_text("idtype", "name an [idtype.*]: idtype = \"sku\"")) {
      const auto found = look_up(
          table, name->text, [&] { return name->value->mark; }, &id_types_, fault::kUnknownIdType,
          "id type");
      has_id_type = found.has_value();
      out.id_type = static_cast<std::uint16_t>(found.value_or(0));
    }
    out.ids_global = table.word("ids", {"market", "global"}).value_or(0) == 1;
    out.only_if_named = table.boolean("only_if_named").value_or(false);
    read_affiliate(table, &out);
    out.sensitive = table.boolean("sensitive").value_or(false);
    if (table.has("product_tags")) out.product_tags = read_platform_bits(table, "product_tags");
    out.template_sets.push_back(read_paths(table, "paths"));
    read_markets(table, &out);
    read_also(table, &out);
    read_short_hosts(table, &out);
    if (out.hosts.empty()) check_sold_by_tag(table);
    if (!out.hosts.empty() && out.template_sets[0].empty() && !table.has("paths")) {
      table.missing("paths", "write where the id stands: paths = [\"/dp/{id}\"]");
    }
    read_retailer_examples(table, has_id_type, &out);
    return out;
  }

  void read_affiliate(TableReader& table, Retailer* out) {
    if (!table.has("affiliate")) return;
    for (const TextAt& text : table.texts("affiliate", false)) {
      const bool is_key =
          text.text.size() <= 64 && all_of(text.text, [](char c) {
            return is_lower_or_digit(base::ascii_lower(c)) || c == '_' || c == '-' || c == '.';
          });
      if (!is_key) {
        table.fault(fault::kBadTemplate, text.value->mark,
                    {fmt::format("{}: an affiliate key has the wrong form", table.subject()),
                     "1 to 64 of A-Z, a-z, 0-9, _, - and .",
                     "write the key of a query term alone: affiliate = [\"tag\"]"});
        continue;
      }
      std::string key = lower(text.text);
      if (std::find(out->affiliate.begin(), out->affiliate.end(), key) != out->affiliate.end()) {
        report_repeated(table, "affiliate", text);
      }
      out->affiliate.push_back(std::move(key));
    }
  }

  std::vector<PathTemplate> read_paths(TableReader& table, std::string_view key) {
    std::vector<PathTemplate> out;
    if (!table.has(key)) return out;
    std::set<std::string_view> seen;
    for (const TextAt& text : table.texts(key, false)) {
      PathTemplate path;
      const std::string wrong = PathTemplate::parse(text.text, &path);
      if (!wrong.empty()) {
        table.fault(
            fault::kBadTemplate, text.value->mark,
            {fmt::format("{}: a path template does not parse", table.subject()), wrong, {}});
        continue;
      }
      if (!seen.insert(text.text).second) report_repeated(table, key, text);
      out.push_back(std::move(path));
    }
    if (out.size() > kIndex16Max) report_too_many(table, key);
    return out;
  }

  void report_repeated(TableReader& table, std::string_view key, const TextAt& text) {
    table.fault(
        fault::kRepeated, text.value->mark,
        {fmt::format("{}: \"{}\" names \"{}\" twice", table.subject(), key, text.text), {}, {}});
  }

  void report_too_many(TableReader& table, std::string_view key) {
    table.fault(fault::kTooMany, table.find(key)->key_mark,
                {fmt::format("{}: \"{}\" has more entries than the program can number",
                             table.subject(), key),
                 {},
                 {}});
  }

  void read_markets(TableReader& retailer, Retailer* out) {
    const Value* markets = retailer.table("markets");
    if (markets == nullptr) return;
    TableReader section(*markets, retailer.file(), retailer.whole_subject(), &faults_);
    if (markets->entries().size() > kIndex16Max) return report_too_many(retailer, "markets");
    for (const Entry& entry : markets->entries()) {
      if (is_retailer_key(entry)) {
        section.fault(fault::kUnknownKey, entry.key_mark,
                      {fmt::format("{} has no market \"{}\"", retailer.subject(), entry.key),
                       "belongs to [[retailer]]",
                       "TOML gives a key to the nearest header above it; move this line above "
                       "[retailer.markets]"});
        continue;
      }
      if (!is_market(entry.key)) {
        section.fault(fault::kBadId, entry.key_mark,
                      {fmt::format("{}: a market has the wrong form", retailer.subject()),
                       "1 to 16 of A-Z, a-z, 0-9, - and _", "for example US, GB or JP"});
      }
      if (entry.value.kind != ValueKind::kTable) {
        section.wrong_type(entry.value, fmt::format("market \"{}\"", entry.key), "a table",
                           "write US = { hosts = [\"example.com\"] }");
        continue;
      }
      read_market(retailer, entry, out);
    }
  }

  static bool is_retailer_key(const Entry& entry) {
    static const std::set<std::string_view> keys = {
        "id",           "name",  "idtype", "ids",  "only_if_named", "affiliate", "sensitive",
        "product_tags", "short", "paths",  "hits", "misses",        "markets",   "also"};
    return entry.value.kind != ValueKind::kTable && keys.count(entry.key) > 0;
  }

  void read_market(TableReader& retailer, const Entry& entry, Retailer* out) {
    TableReader table(entry.value, retailer.file(),
                      retailer.whole_subject().inner("market", entry.key), &faults_);
    table.check_keys({"hosts", "canonical"});
    Market market;
    market.id = entry.key;
    if (const auto canonical = table.text("canonical")) {
      const std::string wrong = canonical_fault(canonical->text);
      if (!wrong.empty()) {
        table.fault(fault::kBadTemplate, canonical->value->mark,
                    {fmt::format("{}: the canonical form does not parse", table.subject()), wrong,
                     "for example canonical = \"https://www.example.com/dp/{id}\""});
      }
      market.canonical = canonical->text;
    }
    const auto index = static_cast<MarketIndex>(out->markets.size());
    out->markets.push_back(std::move(market));
    if (!table.has("hosts"))
      table.missing("hosts", "write hosts = [\"example.com\", \"*.example.com\"]");
    read_hosts(table, index, 0, out);
  }

  static std::string canonical_fault(std::string_view text) {
    if (text.substr(0, 7) != "http://" && text.substr(0, 8) != "https://") {
      return "begins with https:// or http://";
    }
    const std::size_t first = text.find("{id}");
    if (first == std::string_view::npos) return "holds {id} where the id goes";
    if (text.find("{id}", first + 1) != std::string_view::npos) return "holds {id} once";
    if (has_control(text) || text.find(' ') != std::string_view::npos) return "holds no blanks";
    for (std::size_t at = text.find('{'); at != std::string_view::npos;
         at = text.find('{', at + 1)) {
      if (text.substr(at, 4) != "{id}") return "only {id} may stand in braces";
    }
    return {};
  }

  void read_hosts(TableReader& table, MarketIndex market, std::size_t set, Retailer* out) {
    if (!table.has("hosts")) return;
    for (const TextAt& text : table.texts("hosts", false)) {
      HostRule rule;
      rule.host = text.text;
      rule.subdomains = text.text.compare(0, 2, "*.") == 0;
      if (rule.subdomains) rule.host.erase(0, 2);
      rule.market = market;
      rule.template_set = static_cast<std::uint16_t>(set);
      if (check_host(table, text, rule.host)) out->hosts.push_back(std::move(rule));
    }
  }

  // claim: how the host was written, so that "x.com" and "*.x.com" are two.
  bool check_host(TableReader& table, const TextAt& text, std::string_view host,
                  std::string_view kind = {}) {
    if (!is_domain(host)) {
      table.fault(fault::kBadHost, text.value->mark,
                  {fmt::format("{}: a host has the wrong form", table.subject()),
                   "must be a plain lower-case ASCII domain", host_help(text.text)});
      return false;
    }
    const std::string place = faults_.place(table.file(), text.value->mark);
    const auto [at, is_new] = hosts_.try_emplace(std::string(kind) + std::string(text.text), place);
    if (is_new) return true;
    table.fault(
        fault::kHostTwice, text.value->mark,
        {fmt::format("{}: the host \"{}\" is claimed twice", table.subject(), text.text),
         fmt::format("also at {}", at->second), "a link must lead to one retailer and market"});
    return false;
  }

  void read_also(TableReader& retailer, Retailer* out) {
    const Value* also = retailer.array("also");
    if (also == nullptr) return;
    if (also->items().size() >= kIndex16Max) return report_too_many(retailer, "also");
    for (const Value& item : also->items()) {
      if (item.kind != ValueKind::kTable) {
        retailer.wrong_type(item, "every \"also\"", "a table",
                            "write [[retailer.also]] above each");
        continue;
      }
      TableReader table(item, retailer.file(), retailer.whole_subject().inner("also"), &faults_);
      table.check_keys({"market", "hosts", "paths"});
      const auto name = table.required_text("market", "name one of [retailer.markets]");
      std::optional<MarketIndex> market;
      if (name) market = find_market(table, *out, *name->value, name->text);
      if (!table.has("hosts")) table.missing("hosts");
      if (!table.has("paths"))
        table.missing("paths", "hosts without templates of their own belong to the market");
      const std::size_t set = out->template_sets.size();
      out->template_sets.push_back(read_paths(table, "paths"));
      read_hosts(table, market.value_or(0), set, out);
    }
  }

  std::optional<MarketIndex> find_market(TableReader& table, const Retailer& retailer,
                                         const Value& value, std::string_view name,
                                         std::size_t offset = 0) {
    for (std::size_t i = 0; i < retailer.markets.size(); ++i) {
      if (retailer.markets[i].id == name) return static_cast<MarketIndex>(i);
    }
    std::vector<NamePlace> candidates;
    for (const Market& market : retailer.markets) candidates.push_back({market.id, {}});
    FaultList::Detail detail;
    detail.message = fmt::format("{} names an unknown market", table.subject());
    detail.label = fmt::format("retailer \"{}\" has no such market", retailer.id);
    if (faults_.wants_advice()) {
      // The country's code is GB (ISO 3166-1), whatever its domain is.
      const bool means_gb = lower(name) == "uk" &&
                            std::any_of(candidates.begin(), candidates.end(),
                                        [](const NamePlace& known) { return known.name == "GB"; });
      detail.help = means_gb ? "did you mean \"GB\"?" : did_you_mean(name, candidates);
      if (detail.help.empty() && !candidates.empty()) {
        detail.help = "it has";
        for (std::size_t i = 0; i < candidates.size() && i < 30; ++i) {
          detail.help += (i == 0 ? " " : ", ") + candidates[i].name;
        }
      }
    }
    table.fault(fault::kUnknownMarket, mark_inside(value, offset, name.size()), std::move(detail));
    return std::nullopt;
  }

  void read_short_hosts(TableReader& table, Retailer* out) {
    if (!table.has("short")) return;
    for (const TextAt& text : table.texts("short", false)) {
      if (check_host(table, text, text.text, "short ")) out->short_hosts.emplace_back(text.text);
    }
  }

  void check_sold_by_tag(TableReader& table) {
    for (const std::string_view key :
         {"only_if_named", "affiliate", "paths", "short", "hits", "misses"}) {
      if (!table.has(key)) continue;
      table.fault(fault::kNoHosts, table.find(key)->key_mark,
                  {fmt::format("{} has \"{}\" but no hosts", table.subject(), key),
                   "means nothing without hosts",
                   "add [retailer.markets] with US = { hosts = [\"example.com\"] }"});
    }
  }

  void read_retailer_examples(TableReader& table, bool has_id_type, Retailer* out) {
    const Value* hits = table.array("hits");
    if (hits != nullptr) {
      for (const Value& hit : hits->items()) read_url_hit(table, hit, has_id_type, out);
    }
    if (table.has("misses")) {
      for (const TextAt& miss : table.texts("misses", true)) {
        out->misses.emplace_back(miss.text);
        out->miss_places.push_back(place_of(*miss.value));
      }
    }
  }

  void read_url_hit(TableReader& table, const Value& hit, bool has_id_type, Retailer* out) {
    if (hit.kind != ValueKind::kArray || hit.items().size() != 2 ||
        hit.items()[0].kind != ValueKind::kString || hit.items()[1].kind != ValueKind::kString) {
      return table.wrong_type(hit, "every item of \"hits\"", "a pair of a URL and a product key",
                              "write [\"https://example.com/dp/1\", \"shop:US:sku:1\"]");
    }
    const std::string_view key = hit.items()[1].text();
    const std::string wrong =
        has_id_type && !out->id.empty() ? product_key_fault(key, *out) : std::string();
    if (!wrong.empty()) {
      table.fault(fault::kBadHit, hit.items()[1].mark,
                  {fmt::format("{}: a hit names no product of it", table.subject()), wrong,
                   "a product key is retailer:market:idtype:id"});
    }
    out->hits.push_back({std::string(hit.items()[0].text()), std::string(key)});
    out->hit_places.push_back(place_of(hit.items()[0]));
  }

  // Why an id that matches its pattern is none all the same.
  static std::string check_fault(const IdType& type) {
    return fmt::format("the check digit is wrong, which idtype \"{}\" holds ids to", type.id);
  }

  std::string product_key_fault(std::string_view key, const Retailer& retailer) const {
    std::vector<std::string_view> parts;
    for (int i = 0; i < 3; ++i) {
      const std::size_t colon = key.find(':');
      if (colon == std::string_view::npos) return "has fewer than four parts";
      parts.push_back(key.substr(0, colon));
      key.remove_prefix(colon + 1);
    }
    const IdType& type = out_.id_types[retailer.id_type];
    if (parts[0] != retailer.id) return fmt::format("must begin with \"{}\"", retailer.id);
    if (retailer.ids_global) {
      if (parts[1] != "*") return "ids are global, so the second part is *";
    } else if (std::none_of(retailer.markets.begin(), retailer.markets.end(),
                            [&](const Market& market) { return market.id == parts[1]; })) {
      return "the second part is not a market of it";
    }
    if (parts[2] != type.id) return fmt::format("the third part must be \"{}\"", type.id);
    // A pattern that did not parse has no text, and was reported.
    if (!type.pattern.text().empty() && !type.accepts(key)) {
      if (type.pattern.matches(key)) return check_fault(type);
      return fmt::format("\"{}\" is not an id of type {}", key, type.id);
    }
    return {};
  }

  // -------------------------------------------------------------- campaigns

  void read_campaigns() {
    campaigns_ = list_tables("campaign", kCampaignsMax);
    out_.campaigns.reserve(campaigns_.listed.size());
    for (const Listed& entry : campaigns_.listed) out_.campaigns.push_back(read_campaign(entry));
    if (faults_.wants_warnings()) warn_shared_tags();
  }

  Campaign read_campaign(const Listed& entry) {
    Campaign out;
    out.id = entry.id;
    out.where = position(entry.file, entry.mark);
    TableReader table(*entry.value, entry.file,
                      entry.id.empty() ? Subject("a [[campaign]]") : Subject("campaign", entry.id),
                      &faults_);
    table.check_keys(kCampaignKeys);
    if (const auto rev = table.integer("rev", {1, std::numeric_limits<std::uint32_t>::max()})) {
      out.rev = static_cast<std::uint32_t>(*rev);
    }
    if (const auto status = table.word("status", {"experimental", "stable", "deprecated"})) {
      out.status = static_cast<Status>(*status);
    }
    read_platforms(table, &out);
    read_trigger(table, &out);
    if (const auto action = table.required_text("action", "for example action = \"cart.add\"")) {
      out.action = action->text;
      if (!is_action(action->text)) {
        table.fault(fault::kBadId, action->value->mark,
                    {fmt::format("{}: \"action\" has the wrong form", table.subject()),
                     "an action is 1 to 64 of a-z, 0-9, ., - and _", "for example \"cart.add\""});
      }
    }
    read_window(table, &out);
    if (table.has("on_link")) {
      exclude(table,
              {"product", "other_markets", "confirm", "mention", "under", "items", "quantity",
               "amount", "waitlist", "duplicates"},
              "on_link", "the link is the product");
      read_when(table, &out);
      if (out.when_reply || out.when_quote) {
        exclude(table, {"when"}, "on_link", "a link is an offer in any post");
      }
    } else {
      read_items(table, &out);
      read_product(table, &out);
      read_when(table, &out);
      if (table.has("claim") || table.has("waitlist")) {
        exclude(table, {"confirm"}, table.has("claim") ? "claim" : "waitlist",
                "what is claimed is claimed at once");
      }
      if (table.has("confirm")) {
        exclude(table, {"duplicates"}, "confirm", "a second buy tag is already_pending");
      }
      read_confirm(table, &out);
      read_mentions(table, &out);
      read_authors(table, "under", &out.under);
      if (!out.under.empty() && !table.has("platforms")) {
        out.platforms = 0;
        for (const AuthorRef& author : out.under) {
          out.platforms |= 1U << static_cast<unsigned>(author.platform);
        }
      }
      read_duplicates(table, &out);
      if (const auto quantity = table.integer("quantity", {1, kPiecesMax})) {
        out.quantity = static_cast<std::uint64_t>(*quantity);
      }
      out.waitlist = table.boolean("waitlist").value_or(false);
      constexpr std::array<std::string_view, 4> kCurrencies = {"EUR", "GBP", "JPY", "USD"};
      if (const auto currency = table.word("amount", {"EUR", "GBP", "JPY", "USD"})) {
        out.amount_currency = kCurrencies[*currency];
      }
    }
    out.require_linked = table.boolean("require_linked").value_or(false);
    out.accept_protected = table.word("protected_authors", {"refuse", "accept"}).value_or(0) == 1;
    out.sensitive = table.boolean("sensitive").value_or(false);
    read_ignored(table, &out);
    read_examples(table, &out);
    if (out.status == Status::kDeprecated && !table.has("until")) {
      table.fault(fault::kDeprecatedOpen, table.find("status")->value.mark,
                  {fmt::format("{} is deprecated, but has no end", table.subject()),
                   {},
                   "say when it ends: until = 2014-12-31T23:59:59Z"});
    }
    return out;
  }

  void exclude(TableReader& table, std::initializer_list<std::string_view> keys,
               std::string_view by, std::string_view why) {
    for (const std::string_view key : keys) {
      if (!table.has(key)) continue;
      table.fault(fault::kNoMeaning, table.find(key)->key_mark,
                  {fmt::format("{}: \"{}\" has no meaning beside \"{}\"", table.subject(), key, by),
                   std::string(why),
                   {}});
    }
  }

  void read_platforms(TableReader& table, Campaign* out) {
    constexpr std::uint32_t kAll = (1U << base::kPlatformCount) - 1;
    out->platforms = kAll;
    if (!table.has("platforms")) return;
    if (const std::uint32_t bits = read_platform_bits(table, "platforms"); bits != 0) {
      out->platforms = bits;
    }
  }

  std::uint32_t read_platform_bits(TableReader& table, std::string_view key) {
    std::uint32_t platforms = 0;
    for (const TextAt& text : table.texts(key, false)) {
      const std::optional<base::Platform> platform = find_platform(table, *text.value, text.text);
      if (!platform) continue;
      const std::uint32_t bit = 1U << static_cast<unsigned>(*platform);
      if ((platforms & bit) != 0) report_repeated(table, key, text);
      platforms |= bit;
    }
    return platforms;
  }

  std::optional<base::Platform> find_platform(TableReader& table, const Value& value,
                                              std::string_view name) {
    if (const auto platform = base::platform_by_name(name)) return platform;
    FaultList::Detail detail;
    detail.message = fmt::format("{} names an unknown platform", table.subject());
    detail.label = std::string(fault::kUnknownPlatform.meaning);
    std::vector<NamePlace> candidates;
    candidates.reserve(base::kPlatformCount);
    for (const std::string_view known : base::kPlatformNames)
      candidates.push_back({std::string(known), {}});
    if (name == "twitter") {
      detail.help = "did you mean \"x\"?";
    } else if (faults_.wants_advice()) {
      detail.help = did_you_mean(name, candidates);
    }
    if (detail.help.empty()) {
      detail.help = "one of";
      for (const NamePlace& known : candidates) detail.help += " " + known.name;
    }
    table.fault(fault::kUnknownPlatform, mark_inside(value, 0, name.size()), std::move(detail));
    return std::nullopt;
  }

  void read_trigger(TableReader& table, Campaign* out) {
    out->tag_where = out->where;
    int triggers = 0;
    for (const std::string_view key : {"tag", "tags", "on_link", "emoji", "claim"}) {
      const Entry* entry = table.find(key);
      if (entry == nullptr) continue;
      out->tag_where = position(table.file(), entry->value.mark);
      if (++triggers == 2) {
        table.fault(fault::kTrigger, entry->key_mark,
                    {fmt::format("{} has more than one trigger", table.subject()),
                     {},
                     "keep one of \"tag\", \"tags\", \"on_link\", \"emoji\" and \"claim\"; several "
                     "tags of one post are \"tags\""});
      }
    }
    if (triggers == 0) {
      table.fault(fault::kTrigger, table.mark(),
                  {fmt::format("{} has no trigger", table.subject()),
                   {},
                   "write tag = \"#Tag\", tags = [\"#one\", \"#two\"], on_link = [\"retailer\"], "
                   "emoji = \"\xF0\x9F\x8D\x95\" or [campaign.claim]"});
    }
    if (const auto tag = table.text("tag")) add_tag(table, *tag, out);
    if (table.has("tags")) {
      for (const TextAt& tag : table.texts("tags", false)) add_tag(table, tag, out);
      if (out->tags.size() > kTagsMax) {
        table.fault(fault::kTooMany, table.find("tags")->key_mark,
                    {fmt::format("{} needs {} tags in one post", table.subject(), out->tags.size()),
                     fmt::format("at most {}", kTagsMax),
                     {}});
      }
    }
    if (table.has("on_link")) read_on_link(table, out);
    if (const auto emoji = table.text("emoji")) read_emoji(table, *emoji, out);
    read_claim(table, out);
  }

  // An emoji is what is no letter, digit or sign of ASCII; that it is drawn as one picture is the
  // author's business.
  void read_emoji(TableReader& table, const TextAt& emoji, Campaign* out) {
    constexpr std::size_t kEmojiBytesMax = 64;  // the longest family of Unicode has under 50
    std::string bare;
    bool sound = emoji.text.size() <= kEmojiBytesMax;
    for (std::size_t at = 0; at < emoji.text.size();) {
      const base::CodePoint point = base::decode_at(emoji.text, at);
      const bool is_variation = point.value == 0xFE0E || point.value == 0xFE0F;
      // Keycaps are a digit, U+FE0F and U+20E3: the digit alone is no emoji.
      sound = sound && (point.value >= 0x2000 || point.value == 0xA9 || point.value == 0xAE ||
                        (point.value < 0x80 && emoji.text.size() > 1 &&
                         (base::is_ascii_digit(emoji.text[at]) || emoji.text[at] == '*')));
      if (!is_variation) bare.append(emoji.text, at, point.size);
      at += point.size;
    }
    if (!sound || bare.empty()) {
      return table.fault(fault::kBadEmoji, emoji.value->mark,
                         {fmt::format("{}: \"emoji\" is not one emoji", table.subject()),
                          {},
                          "write the emoji itself: emoji = \"\xF0\x9F\x8D\x95\""});
    }
    out->emoji = std::move(bare);
  }

  void read_claim(TableReader& campaign, Campaign* out) {
    const Value* value = campaign.table("claim");
    if (value == nullptr) return;
    TableReader table(*value, campaign.file(), campaign.whole_subject().inner("claim"), &faults_);
    table.check_keys(
        {"words", "strict", "needs_quantity", "next", "pass", "questions", "negations"},
        kCampaignKeys, "[[campaign]]");
    ClaimRule rule;
    rule.words = read_words(table, "words", {});
    if (const auto strict = table.word("strict", {"first", "contains", "only"})) {
      rule.strict = static_cast<Strictness>(*strict);
    }
    rule.needs_quantity = table.boolean("needs_quantity").value_or(false);
    rule.next_words = read_words(table, "next", {"next"});
    rule.pass_words = read_words(table, "pass", {"pass"});
    rule.question_words = read_words(table, "questions", {"question", "questions"});
    rule.negations = read_words(table, "negations",
                                {"not", "no", "never", "don't", "dont", "isn't", "isnt", "wasn't",
                                 "wasnt", "won't", "wont"});
    if (rule.words.empty() && !campaign.has("items")) {
      table.missing("words", "write words = [\"sold\"], or [campaign.items] with their codes");
    }
    out->claim = std::move(rule);
  }

  std::vector<std::string> read_words(TableReader& table, std::string_view key,
                                      std::initializer_list<std::string_view> otherwise) {
    std::vector<std::string> out;
    if (!table.has(key)) return {otherwise.begin(), otherwise.end()};
    for (const TextAt& text : table.texts(key, key != "words")) {
      if (!check_words(table, key, text, is_word)) continue;
      const auto same = [&](const std::string& other) { return lower(other) == lower(text.text); };
      if (std::any_of(out.begin(), out.end(), same)) {
        report_repeated(table, key, text);
      } else {
        out.emplace_back(text.text);
      }
    }
    if (out.size() > kWordsMax) report_too_many(table, key);
    return out;
  }

  bool check_words(TableReader& table, std::string_view key, const TextAt& text,
                   bool (*sound)(std::string_view)) {
    if (sound(text.text)) return true;
    table.fault(
        fault::kBadWord, text.value->mark,
        {fmt::format("{}: \"{}\" holds what no comment says in one word", table.subject(), key),
         "a word has letters and digits, and ' - _ within it",
         {}});
    return false;
  }

  void read_items(TableReader& campaign, Campaign* out) {
    const Value* value = campaign.table("items");
    if (value == nullptr) return;
    if (!campaign.has("claim")) {
      return exclude(campaign, {"items"}, "tag",
                     "only a claim says which item it wants: [campaign.claim]");
    }
    TableReader table(*value, campaign.file(), campaign.whole_subject().inner("items"), &faults_);
    if (value->entries().size() > kItemsMax) return report_too_many(campaign, "items");
    std::unordered_set<std::string> codes;
    for (const Entry& entry : value->entries()) {
      if (!is_word(entry.key)) {
        table.fault(fault::kBadWord, entry.key_mark,
                    {fmt::format("{}: an item's code is one word", table.subject()),
                     "a word has letters and digits, and ' - _ within it",
                     {}});
      } else if (!codes.insert(lower(entry.key)).second) {
        table.fault(fault::kRepeated, entry.key_mark,
                    {fmt::format("{}: two items have the code \"{}\"", table.subject(), entry.key),
                     "case makes no difference",
                     {}});
      }
      if (entry.value.kind != ValueKind::kTable) {
        table.wrong_type(entry.value, fmt::format("item \"{}\"", entry.key), "a table",
                         "write AA = { id = \"dress-17\" }");
        continue;
      }
      out->items.push_back(read_item(campaign, entry));
    }
    if (value->entries().empty()) {
      campaign.fault(fault::kEmptyList, value->mark,
                     {fmt::format("{} has no items", campaign.subject()), {}, {}});
    }
    std::sort(out->items.begin(), out->items.end(),
              [](const OfferItem& a, const OfferItem& b) { return a.code < b.code; });
  }

  OfferItem read_item(TableReader& campaign, const Entry& entry) {
    TableReader table(entry.value, campaign.file(),
                      campaign.whole_subject().inner("item", entry.key), &faults_);
    table.check_keys({"id", "price", "currency", "options", "quantity"});
    OfferItem item;
    item.code = entry.key;
    if (const auto id = table.required_text("id")) item.id = id->text;
    read_price(table, &item.price, &item.currency);
    if (const auto quantity = table.integer("quantity", {1, kPiecesMax})) {
      item.quantity = static_cast<std::uint64_t>(*quantity);
    }
    if (!table.has("options")) return item;
    const Value* options = table.array("options");
    if (options == nullptr) return item;
    if (options->items().size() > kOptionsMax) report_too_many(table, "options");
    for (const Value& values : options->items()) {
      if (values.kind != ValueKind::kArray) {
        table.wrong_type(values, "every \"options\"", "a list of texts",
                         "write options = [[\"blue\", \"red\"], [\"small\", \"large\"]]");
        continue;
      }
      item.options.push_back(read_option(table, values));
    }
    return item;
  }

  std::vector<std::string> read_option(TableReader& table, const Value& values) {
    std::vector<std::string> out;
    for (const Value& value : values.items()) {
      if (value.kind != ValueKind::kString) {
        table.wrong_type(value, "every value of \"options\"", "a text", {});
        continue;
      }
      const TextAt text{value.text(), &value};
      if (!check_words(table, "options", text, are_words)) continue;
      const auto same = [&](const std::string& other) {
        return lower(other) == lower(value.text());
      };
      if (std::any_of(out.begin(), out.end(), same)) {
        report_repeated(table, "options", text);
      } else {
        out.emplace_back(value.text());
      }
    }
    if (out.empty() || out.size() > kOptionValuesMax) {
      table.fault(
          out.empty() ? fault::kEmptyList : fault::kTooMany, values.mark,
          {fmt::format("{}: an option has 1 to {} values", table.subject(), kOptionValuesMax),
           {},
           {}});
    }
    return out;
  }

  void read_mentions(TableReader& table, Campaign* out) {
    const Entry* entry = table.find("mention");
    if (entry == nullptr) return;
    std::vector<TextAt> texts;
    if (entry->value.kind == ValueKind::kString) {
      if (const auto text = table.text("mention")) texts.push_back(*text);
    } else {
      texts = table.texts("mention", false);
    }
    for (const TextAt& text : texts) {
      const std::string handle =
          text.text.front() == '@' ? lower(std::string_view(text.text).substr(1)) : std::string();
      if (!is_handle(handle)) {
        table.fault(fault::kBadAuthor, text.value->mark,
                    {fmt::format("{}: \"mention\" holds no handle", table.subject()),
                     "a handle is \"@name\"",
                     {}});
      } else if (std::find(out->mentions.begin(), out->mentions.end(), handle) !=
                 out->mentions.end()) {
        report_repeated(table, "mention", text);
      } else {
        out->mentions.push_back(handle);
      }
    }
    if (out->mentions.size() > kMentionsMax) report_too_many(table, "mention");
  }

  // "idempotent", "accumulate", "max 3".
  void read_duplicates(TableReader& table, Campaign* out) {
    const auto text = table.text("duplicates");
    if (!text || text->text == "idempotent") return;
    if (text->text == "accumulate") {
      out->duplicates = Duplicates::kAccumulate;
      return;
    }
    constexpr std::string_view kMax = "max ";
    const std::string_view digits =
        std::string_view(text->text).substr(std::min(kMax.size(), text->text.size()));
    if (std::string_view(text->text).starts_with(kMax) && !digits.empty() && digits.size() <= 9 &&
        all_of(digits, base::is_ascii_digit) && digits.front() != '0') {
      out->duplicates = Duplicates::kMax;
      for (const char c : digits) {
        out->duplicates_max = out->duplicates_max * 10 + static_cast<std::uint64_t>(c - '0');
      }
      return;
    }
    table.fault(fault::kUnknownWord, text->value->mark,
                {fmt::format("{}: \"duplicates\" knows no \"{}\"", table.subject(), text->text),
                 {},
                 "write \"idempotent\", \"accumulate\" or \"max 3\""});
  }

  void add_tag(TableReader& table, const TextAt& tag, Campaign* out) {
    if (!check_tag(table, tag)) return;
    for (const std::string& other : out->tags) {
      if (tag_key(other) == tag_key(tag.text)) return report_same_tag(table, tag);
    }
    out->tags.emplace_back(tag.text);
    out->tag_places.push_back(place_of(*tag.value));
  }

  bool check_tag(TableReader& table, const TextAt& tag) {
    const std::string wrong = tag_fault(tag.text);
    if (wrong.empty()) return true;
    table.fault(fault::kBadTag, tag.value->mark,
                {fmt::format("{}: no post could hold this tag", table.subject()), wrong,
                 sign_size(tag.text) == 0 && tag_fault(fmt::format("#{}", tag.text)).empty()
                     ? fmt::format("write \"#{}\"", tag.text)
                     : std::string()});
    return false;
  }

  void report_same_tag(TableReader& table, const TextAt& tag) {
    table.fault(fault::kSameTag, tag.value->mark,
                {fmt::format("{} names the same tag twice", table.subject()),
                 "case and form of the sign make no difference",
                 {}});
  }

  void read_on_link(TableReader& table, Campaign* out) {
    for (const TextAt& text : table.texts("on_link", false)) {
      const auto retailer = find_retailer(table, *text.value, text.text);
      if (!retailer) continue;
      check_has_hosts(table, *retailer, *text.value, text.text.size());
      if (std::find(out->on_link.begin(), out->on_link.end(), *retailer) != out->on_link.end()) {
        report_repeated(table, "on_link", text);
      } else {
        out->on_link.push_back(*retailer);
      }
    }
  }

  std::optional<RetailerIndex> find_retailer(TableReader& table, const Value& value,
                                             std::string_view name) {
    const auto found = look_up(
        table, name, [&] { return mark_inside(value, 0, name.size()); }, &retailers_,
        fault::kUnknownRetailer, "retailer");
    if (!found) return std::nullopt;
    return static_cast<RetailerIndex>(*found);
  }

  void check_has_hosts(TableReader& table, RetailerIndex index, const Value& value,
                       std::size_t size) {
    const Retailer& retailer = out_.retailers[index];
    if (!retailer.hosts.empty() || retailer.product_tags != 0) return;
    table.fault(fault::kSoldByTag, mark_inside(value, 0, size),
                {fmt::format("{} takes links of a retailer that has none", table.subject()),
                 fmt::format("\"{}\" has no hosts", retailer.id),
                 fmt::format("add hosts at {}:{}, or name a product here", retailer.where.file,
                             retailer.where.line)});
  }

  void read_window(TableReader& table, Campaign* out) {
    out->from = table.moment("from");
    out->until = table.moment("until");
    if (!out->from || !out->until || *out->from <= *out->until) return;
    table.fault(fault::kEmptyWindow, table.find("until")->value.mark,
                {fmt::format("{} ends before it begins", table.subject()),
                 fmt::format("\"from\" is {}", base::format_rfc3339(*out->from)),
                 {}});
  }

  void read_when(TableReader& table, Campaign* out) {
    if (!table.has("when")) {
      out->when_any = out->product_source != ProductSource::kLink && !out->claim;
      out->when_reply = !out->when_any;
      return;
    }
    for (const TextAt& text : table.texts("when", false)) {
      const auto word = table.word_of("when", text, {"any", "reply", "quote"});
      if (!word) continue;
      bool& flag = *word == 0 ? out->when_any : *word == 1 ? out->when_reply : out->when_quote;
      if (flag) report_repeated(table, "when", text);
      flag = true;
    }
    if (out->when_any && out->when_reply) {
      table.fault(fault::kNoMeaning, table.find("when")->value.mark,
                  {fmt::format("{}: \"reply\" has no meaning beside \"any\"", table.subject()),
                   "any post holds replies too", "keep one of them"});
    }
  }

  // -------------------------------------------------------------- products

  void read_product(TableReader& table, Campaign* out) {
    if (!table.has("product")) {
      return table.missing(
          "product", "write product = { from = [\"amazon:US\"] }, or { retailer = ..., id = ... }");
    }
    const Value* value = table.table("product");
    if (value == nullptr) return;
    TableReader product(*value, table.file(), table.whole_subject().inner("product"), &faults_);
    product.check_keys(
        {"from", "link", "other_markets", "retailer", "market", "id", "price", "currency"});
    if (!out->items.empty() || table.has("items")) {
      out->product_source = ProductSource::kItems;
      exclude(product, {"from", "link", "other_markets", "id", "price", "currency"}, "items",
              "the items say it");
      exclude(table, {"other_markets"}, "items", "the items say which product it is");
      read_fixed_product(table, product, out);
    } else if (product.has("retailer") || product.has("id")) {
      out->product_source = ProductSource::kCampaign;
      exclude(product, {"from", "link", "other_markets"}, "retailer",
              "this product is named, not linked");
      exclude(table, {"other_markets"}, "product.retailer", "this product is named, not linked");
      read_fixed_product(table, product, out);
    } else if (product.has("from")) {
      out->product_source = ProductSource::kLink;
      exclude(product, {"market", "price", "currency"}, "from",
              "the link says which product it is");
      read_linked_product(table, product, out);
    } else {
      product.missing(
          "from", "write from = [\"amazon:US\"] for linked products, or retailer and id for one");
    }
  }

  void read_linked_product(TableReader& table, TableReader& product, Campaign* out) {
    for (const TextAt& text : product.texts("from", false)) add_scope(product, text, out);
    if (product.has("link")) {
      out->link_parent = false;
      for (const TextAt& text : product.texts("link", false)) {
        const auto word = product.word_of("link", text, {"parent", "self"});
        if (!word) continue;
        bool& flag = *word == 0 ? out->link_parent : out->link_self;
        if (flag) report_repeated(product, "link", text);
        flag = true;
      }
    }
    // It says something of the product and of the campaign, so it may stand at either.
    const bool here = product.has("other_markets");
    if (here) exclude(table, {"other_markets"}, "product.other_markets", "say it once");
    out->refuse_other_markets =
        (here ? product : table).word("other_markets", {"accept", "refuse"}).value_or(0) == 1;
  }

  void add_scope(TableReader& product, const TextAt& text, Campaign* out) {
    const std::size_t colon = text.text.find(':');
    const std::string_view name = std::string_view(text.text).substr(0, colon);
    const auto retailer = find_retailer(product, *text.value, name);
    if (!retailer) return;
    check_has_hosts(product, *retailer, *text.value, name.size());
    RetailerScope scope{*retailer, std::nullopt};
    if (colon != std::string::npos) {
      scope.market = find_market(product, out_.retailers[*retailer], *text.value,
                                 std::string_view(text.text).substr(colon + 1), colon + 1);
      if (!scope.market) return;
    }
    for (const RetailerScope& other : out->product_from) {
      if (other.retailer == scope.retailer && other.market == scope.market) {
        return report_repeated(product, "from", text);
      }
    }
    out->product_from.push_back(scope);
  }

  void read_fixed_product(TableReader& campaign, TableReader& product, Campaign* out) {
    FixedProduct fixed;
    const auto name = product.required_text("retailer", "name the [[retailer]] that sells it");
    std::optional<RetailerIndex> retailer;
    if (name) retailer = find_retailer(product, *name->value, name->text);
    if (const auto market = product.text("market")) {
      fixed.market = market->text;
      check_fixed_market(product, retailer, *market);
    } else if (retailer && !product.has("market") && !out_.retailers[*retailer].ids_global) {
      product.missing("market", "write market = \"US\", or ids = \"global\" at the retailer");
    }
    if (out->product_source == ProductSource::kItems) {
      if (retailer) check_item_ids(campaign, *retailer, out);
    } else {
      if (const auto id = product.required_text("id")) {
        fixed.id = id->text;
        if (retailer) check_product_id(product, *retailer, *id, &fixed.id);
      }
      read_price(product, &fixed.price, &fixed.currency);
    }
    if (retailer) fixed.retailer = *retailer;
    out->product = std::move(fixed);
  }

  // price and currency, both or neither.
  void read_price(TableReader& product, std::string* price_out, std::string* currency_out) {
    if (const auto price = product.text("price")) {
      *price_out = price->text;
      if (!is_price(price->text)) {
        product.fault(fault::kBadPrice, price->value->mark,
                      {fmt::format("{}: \"price\" has the wrong form", product.subject()),
                       {},
                       "write digits and a point, without sign or currency: \"149.99\""});
      }
    }
    if (const auto currency = product.text("currency")) {
      *currency_out = currency->text;
      if (!is_currency(currency->text)) {
        product.fault(fault::kBadPrice, currency->value->mark,
                      {fmt::format("{}: \"currency\" has the wrong form", product.subject()),
                       {},
                       "write its three-letter code: \"USD\""});
      }
    }
    if (product.has("price") != product.has("currency")) {
      const std::string_view has = product.has("price") ? "price" : "currency";
      product.fault(fault::kBadPrice, product.find(has)->key_mark,
                    {fmt::format("{}: a price needs an amount and a currency", product.subject()),
                     {},
                     "write price = \"149.99\", currency = \"USD\""});
    }
  }

  // The items were read before it was known whose they are.
  void check_item_ids(TableReader& campaign, RetailerIndex retailer, Campaign* out) {
    if (out_.id_types.empty()) return;
    const IdType& type = out_.id_types[out_.retailers[retailer].id_type];
    for (OfferItem& item : out->items) {
      item.id = fold_id(item.id, type.fold);
      if (item.id.empty() || type.pattern.text().empty() || type.pattern.matches(item.id)) continue;
      const Entry* entry = campaign.find("items")->value.find(item.code);
      campaign.fault(fault::kBadProductId, entry->value.find("id")->value.mark,
                     {fmt::format("{}: item {} has an id that is not of its retailer",
                                  campaign.subject(), item.code),
                      fmt::format("does not match idtype \"{}\", {}", type.id, type.pattern.text()),
                      {}});
    }
  }

  void check_fixed_market(TableReader& product, std::optional<RetailerIndex> retailer,
                          const TextAt& market) {
    if (!is_market(market.text)) {
      return product.fault(fault::kBadId, market.value->mark,
                           {fmt::format("{}: \"market\" has the wrong form", product.subject()),
                            "1 to 16 of A-Z, a-z, 0-9, - and _", "for example \"US\""});
    }
    if (!retailer || out_.retailers[*retailer].markets.empty()) return;
    static_cast<void>(find_market(product, out_.retailers[*retailer], *market.value, market.text));
  }

  void check_product_id(TableReader& product, RetailerIndex retailer, const TextAt& id,
                        std::string* folded) {
    if (out_.id_types.empty()) return;
    const IdType& type = out_.id_types[out_.retailers[retailer].id_type];
    *folded = fold_id(id.text, type.fold);
    if (type.pattern.text().empty() || type.accepts(*folded)) return;
    product.fault(fault::kBadProductId, id.value->mark,
                  {fmt::format("{}: \"id\" is not an id of its retailer", product.subject()),
                   type.pattern.matches(*folded) ? check_fault(type)
                                                 : fmt::format("does not match idtype \"{}\", {}",
                                                               type.id, type.pattern.text()),
                   {}});
  }

  // -------------------------------------------------------------- confirm, authors, examples

  void read_confirm(TableReader& campaign, Campaign* out) {
    const Value* value = campaign.table("confirm");
    if (value == nullptr) return;
    TableReader table(*value, campaign.file(), campaign.whole_subject().inner("confirm"), &faults_);
    table.check_keys({"tag", "within", "clock", "by", "prompt_by", "remind_before"}, kCampaignKeys,
                     "[[campaign]]");
    Confirm confirm;
    if (const auto tag = table.required_text("tag", "for example tag = \"#ConfirmThis\"")) {
      confirm.tag = tag->text;
      confirm.tag_place = place_of(*tag->value);
      if (check_tag(table, *tag)) {
        for (const std::string& other : out->tags) {
          if (tag_key(other) == tag_key(tag->text)) report_same_tag(table, *tag);
        }
      }
    }
    if (!table.has("within")) table.missing("within", "for example within = \"15m\"");
    confirm.within_ms = table.duration_ms("within", {kSecondMs, kAnySpan.max}).value_or(0);
    static_cast<void>(table.word("by", {"same-author"}));
    if (table.word("clock", {"open", "prompt"}).value_or(0) == 1)
      confirm.clock = ConfirmClock::kPrompt;
    read_authors(table, "prompt_by", &confirm.prompt_by);
    const bool by_prompt = confirm.clock == ConfirmClock::kPrompt;
    if (by_prompt != table.has("prompt_by")) {
      const Entry* at = table.find(by_prompt ? "clock" : "prompt_by");
      table.fault(fault::kPromptUnused, at->key_mark,
                  {by_prompt ? fmt::format("{}: no author is named whose reply is the prompt",
                                           table.subject())
                             : fmt::format("{}: the prompt restarts no clock", table.subject()),
                   {},
                   by_prompt ? "name it: prompt_by = [\"x:12345\"]" : "write clock = \"prompt\""});
    }
    if (const auto before = table.duration_ms("remind_before", {kSecondMs, kAnySpan.max})) {
      confirm.remind_before_ms = *before;
      if (confirm.within_ms > 0 && *before >= confirm.within_ms) {
        table.fault(
            fault::kReminder, table.find("remind_before")->value.mark,
            {fmt::format("{}: the reminder would come before the buy post", table.subject()),
             fmt::format("must be shorter than within, {}", duration_text(confirm.within_ms)),
             {}});
      }
    }
    out->confirm = std::move(confirm);
  }

  // One author or a list.
  void read_authors(TableReader& table, std::string_view key, std::vector<AuthorRef>* out) {
    const Entry* entry = table.find(key);
    if (entry == nullptr) return;
    if (entry->value.kind == ValueKind::kString) {
      if (const auto text = table.text(key)) add_author(table, key, *text, out);
      return;
    }
    for (const TextAt& text : table.texts(key, false)) add_author(table, key, text, out);
  }

  void add_author(TableReader& table, std::string_view key, const TextAt& text,
                  std::vector<AuthorRef>* out) {
    const std::size_t colon = text.text.find(':');
    const std::string_view id = colon == std::string::npos
                                    ? std::string_view()
                                    : std::string_view(text.text).substr(colon + 1);
    if (id.empty() || id.size() > kTextBytesMax || has_control(id) ||
        id.find(' ') != std::string_view::npos) {
      return report_bad_author(table, key, text);
    }
    const auto platform =
        find_platform(table, *text.value, std::string_view(text.text).substr(0, colon));
    if (!platform) return;
    for (const AuthorRef& other : *out) {
      if (other.platform == *platform && other.id == id) return report_repeated(table, key, text);
    }
    out->push_back({*platform, std::string(id)});
  }

  void report_bad_author(TableReader& table, std::string_view key, const TextAt& text) {
    const bool handles = key == "ignore_authors";
    table.fault(
        fault::kBadAuthor, text.value->mark,
        {fmt::format("{}: \"{}\" holds no author", table.subject(), key),
         handles ? "an author is \"@handle\" or \"platform:id\"" : "an author is \"platform:id\"",
         text.text.front() == '@' && !handles
             ? "handles can be sold, so only an id can prompt: \"x:12345\""
             : std::string()});
  }

  void read_ignored(TableReader& table, Campaign* out) {
    if (!table.has("ignore_authors")) return;
    std::unordered_set<std::string> seen;
    for (const TextAt& text : table.texts("ignore_authors", true)) {
      if (text.text.front() != '@') {
        add_author(table, "ignore_authors", text, &out->ignore_ids);
        continue;
      }
      std::string handle = lower(std::string_view(text.text).substr(1));
      if (!is_handle(handle)) {
        report_bad_author(table, "ignore_authors", text);
      } else if (!seen.insert(handle).second) {
        report_repeated(table, "ignore_authors", text);
      } else {
        out->ignore_handles.push_back(std::move(handle));
      }
    }
  }

  void read_examples(TableReader& table, Campaign* out) {
    if (table.has("hits")) {
      const Value* hits = table.array("hits");
      const bool is_empty = hits != nullptr && hits->items().empty();
      for (const TextAt& hit : table.texts("hits", true)) {
        out->hits.emplace_back(hit.text);
        out->hit_places.push_back(place_of(*hit.value));
      }
      if (is_empty) report_no_hits(table, hits->mark);
    } else {
      report_no_hits(table, table.mark());
    }
    if (!table.has("misses")) return;
    for (const TextAt& miss : table.texts("misses", true)) {
      out->misses.emplace_back(miss.text);
      out->miss_places.push_back(place_of(*miss.value));
    }
  }

  void report_no_hits(TableReader& table, Mark mark) {
    table.fault(fault::kNoPositiveTest, mark,
                {fmt::format("{} has no positive test", table.subject()),
                 {},
                 "write a text it must fire on: hits = [\"want this #tag\"]"});
  }

  // Two campaigns on one tag are two records of one post, which is rarely what was meant.
  void warn_shared_tags() {
    constexpr std::size_t kComparedMax = 16;
    std::unordered_map<std::string, std::vector<std::size_t>> by_tags;
    for (std::size_t i = 0; i < out_.campaigns.size(); ++i) {
      const Campaign& campaign = out_.campaigns[i];
      if (campaign.tags.empty()) continue;
      std::vector<std::string> keys;
      for (const std::string& tag : campaign.tags) keys.push_back(tag_key(tag));
      std::sort(keys.begin(), keys.end());
      std::string joined;
      for (const std::string& key : keys) joined += key + '\n';
      std::vector<std::size_t>& others = by_tags[joined];
      for (const std::size_t other : others) {
        if (!overlap(campaign, out_.campaigns[other])) continue;
        const Listed& entry = campaigns_.listed[i];
        const Entry* at = entry.value->find(campaign.tags.size() == 1 ? "tag" : "tags");
        add(fault::kTagShared, entry.file, at == nullptr ? entry.mark : at->value.mark,
            {fmt::format("campaign \"{}\" fires on the same tag as \"{}\"", campaign.id,
                         out_.campaigns[other].id),
             fmt::format("also at {}:{}", out_.campaigns[other].tag_where.file,
                         out_.campaigns[other].tag_where.line),
             "one post then gives two records"});
        break;
      }
      if (others.size() < kComparedMax) others.push_back(i);
    }
  }

  static bool overlap(const Campaign& a, const Campaign& b) {
    if ((a.platforms & b.platforms) == 0) return false;
    if (a.until && b.from && *a.until < *b.from) return false;
    return !(b.until && a.from && *b.until < *a.from);
  }

  // -------------------------------------------------------------- tests

  void read_tests() {
    std::vector<bool> tested(out_.campaigns.size(), false);
    for (std::size_t file = 0; file < files_.size(); ++file) {
      std::unordered_map<std::string_view, Mark> names;
      for (const Value* value : tables_of(file, "test")) {
        StreamTest test;
        test.where = position(file, value->mark);
        TableReader table(*value, file, "a [[test]]", &faults_);
        table.check_keys({"name", "posts", "expect"});
        if (const auto name = table.required_text("name", "say what it promises")) {
          test.name = name->text;
          const auto [at, is_new] = names.try_emplace(name->text, name->value->mark);
          if (!is_new) {
            table.fault(fault::kDuplicateId, name->value->mark,
                        {fmt::format("two [[test]] have the name \"{}\"", name->text),
                         fmt::format("also at {}", faults_.place(file, at->second)),
                         {}});
          }
        }
        if (const auto posts = table.required_text("posts", "one JSON post a line"))
          test.posts = posts->text;
        read_expect(table, &test, &tested);
        out_.tests.push_back(std::move(test));
      }
    }
    for (std::size_t i = 0; i < tested.size() && faults_.wants_warnings(); ++i) {
      const Listed& entry = campaigns_.listed[i];
      if (tested[i] || entry.id.empty()) continue;
      add(fault::kNoStreamTest, entry.file, entry.mark,
          {fmt::format("campaign \"{}\" has no stream test", entry.id),
           {},
           "add a [[test]] with posts and the records expected of them"});
    }
  }

  void read_expect(TableReader& table, StreamTest* test, std::vector<bool>* tested) {
    const Entry* entry = table.find("expect");
    if (entry == nullptr)
      return table.missing("expect", "the records, or '' where none may come out");
    if (entry->value.kind != ValueKind::kString) {
      return table.wrong_type(entry->value, "\"expect\"", "a string", "JSON lines between '''");
    }
    test->expect = entry->value.text();
    std::size_t number = 0;
    for (const std::string_view line : lines_of(test->expect)) {
      ++number;
      if (is_blank(line)) continue;
      const JsonLine json = read_json_line(line);
      if (!json.is_object) {
        table.fault(fault::kBadTest, entry->value.mark,
                    {fmt::format("{}: line {} of \"expect\" is not one JSON object",
                                 table.subject(), number),
                     fmt::format("wrong at byte {} of that line", json.fault_at + 1),
                     {}});
      } else if (!json.campaign_id.empty()) {
        const auto found = look_up(
            table, json.campaign_id, [&] { return entry->value.mark; }, &campaigns_,
            fault::kTestUnknown, "campaign");
        if (found) (*tested)[*found] = true;
      }
    }
  }

  const std::vector<ParsedFile>& files_;
  FaultList& faults_;
  Catalogue out_;
  bool any_broken_ = false;
  std::unordered_map<std::string, std::string> set_keys_;  // "[limits].pending_max" -> place
  std::unordered_map<std::string, std::string> hosts_;     // as claimed -> place
  Kind id_types_;
  Kind retailers_;
  Kind campaigns_;
};

}  // namespace

Catalogue build_catalogue(const std::vector<ParsedFile>& files, FaultList* faults) {
  return Builder(files, faults).build();
}

}  // namespace hashcart::catalogue
