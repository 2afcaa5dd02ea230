// Warnings that need the places of single templates, tags and hosts: they are read from the parsed
// files again, after the catalogue itself was found sound.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "catalogue/catalogue_builder.h"
#include "catalogue/path_template.h"

namespace hashcart::catalogue {
namespace {

// ---------------------------------------------------------------- shadowed templates

bool same_id(const PathTemplate::Segment& a, const PathTemplate::Segment& b) {
  return a.prefix == b.prefix && a.lead == b.lead && a.suffix == b.suffix &&
         a.any_prefix == b.any_prefix && a.any_suffix == b.any_suffix && a.two == b.two &&
         a.head == b.head && a.bytes_min <= b.bytes_min;
}

// Whether `first` takes every segment that `second` takes at this place.
bool covers(const PathTemplate::Segment& first, const PathTemplate::Segment& second) {
  using Kind = PathTemplate::Kind;
  switch (first.kind) {
    case Kind::kLiteral:
      return second.kind == Kind::kLiteral && first.prefix == second.prefix;
    case Kind::kAnySegment:
      // `*!share` takes all but that one.
      if (second.kind == Kind::kAnySegment) {
        return first.prefix.empty() || first.prefix == second.prefix;
      }
      return second.kind == Kind::kLiteral &&
             (first.prefix.empty() || first.prefix != second.prefix);
    case Kind::kAnySegments:
      return second.kind == Kind::kAnySegments;
    case Kind::kId:
      return second.kind == Kind::kId && same_id(first, second);
  }
  return false;
}

// Whether every URL that `second` matches is matched by `first` too, with the same id. It must
// never say so wrongly, so it asks for the id at the same place in the same form; a template
// matches a prefix of the path, so `first` may be shorter, and it may ask for less of the query.
bool covers(const PathTemplate& first, const PathTemplate& second) {
  // What stands behind the id is read for who is paid; a template that does not look is no cover.
  if (second.affiliate && !first.affiliate) return false;
  if (first.segments.size() > second.segments.size()) return false;
  for (std::size_t i = 0; i < first.segments.size(); ++i) {
    if (!covers(first.segments[i], second.segments[i])) return false;
  }
  for (const PathTemplate::QueryTerm& term : first.query) {
    const bool wanted_too = std::any_of(
        second.query.begin(), second.query.end(), [&](const PathTemplate::QueryTerm& other) {
          return term.key == other.key && term.is_id == other.is_id && term.value == other.value &&
                 term.bytes_min <= other.bytes_min;
        });
    if (!wanted_too) return false;
  }
  return !first.id_in_fragment ||
         (second.id_in_fragment && first.fragment_prefix == second.fragment_prefix);
}

// ---------------------------------------------------------------- keys too common

// Words that stand in most posts or links, and hosts that platforms themselves write into their
// records (X: `source`, pictures, every link; Bluesky and Mastodon: accounts). A scan for one of
// them finds it in nearly every line, and each finding is a post looked at closely for nothing.
constexpr std::array<std::string_view, 18> kCommonWords = {
    "http", "https", "www", "com", "the", "and", "you", "for", "in",
    "to",   "it",    "is",  "of",  "at",  "on",  "me",  "co",  "rt"};
constexpr std::array<std::string_view, 8> kCommonHosts = {
    "t.co",          "twitter.com", "x.com",       "twimg.com",
    "pbs.twimg.com", "bsky.app",    "bsky.social", "mastodon.social"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = base::ascii_lower(c);
  return out;
}

std::string bare_tag(std::string_view tag) {
  constexpr std::string_view kFullWidthSign = "\xEF\xBC\x83";  // U+FF03
  if (tag.substr(0, 1) == "#") {
    tag.remove_prefix(1);
  } else if (tag.substr(0, kFullWidthSign.size()) == kFullWidthSign) {
    tag.remove_prefix(kFullWidthSign.size());
  }
  if (!tag.empty() && tag.back() == '#') tag.remove_suffix(1);
  return lower(tag);
}

template <typename List>
bool is_one_of(const List& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

class Warner {
 public:
  Warner(const ParsedFile& parsed, std::size_t file, FaultList* faults)
      : root_(parsed.root()), file_(file), faults_(*faults) {}

  void run() {
    for_each(root_, "retailer", [this](const Value& retailer) {
      check_templates(retailer);
      for_each(retailer, "also", [this](const Value& also) {
        check_templates(also);
        check_hosts(also, "hosts");
      });
      check_hosts(retailer, "short");
      const Entry* markets = retailer.find("markets");
      if (markets == nullptr) return;
      for (const Entry& market : markets->value.entries()) check_hosts(market.value, "hosts");
    });
    for_each(root_, "campaign", [this](const Value& campaign) {
      if (const Entry* tag = campaign.find("tag")) check_tag(tag->value);
      for_each(campaign, "tags", [this](const Value& tag) { check_tag(tag); });
      const Entry* confirm = campaign.find("confirm");
      const Entry* tag = confirm == nullptr ? nullptr : confirm->value.find("tag");
      if (tag != nullptr) check_tag(tag->value);
    });
  }

 private:
  template <typename Function>
  static void for_each(const Value& table, std::string_view key, Function function) {
    const Entry* list = table.find(key);
    if (list == nullptr) return;
    for (const Value& item : list->value.items()) function(item);
  }

  // One list: the templates of the same hosts, of which the first to match decides.
  void check_templates(const Value& table) {
    struct Read {
      PathTemplate path;
      const Value* value = nullptr;
    };
    std::vector<Read> read;
    for_each(table, "paths", [&](const Value& text) {
      Read one;
      one.value = &text;
      if (!PathTemplate::parse(text.text(), &one.path).empty()) return;
      const auto by = std::find_if(read.begin(), read.end(), [&](const Read& earlier) {
        return covers(earlier.path, one.path);
      });
      if (by != read.end()) {
        faults_.add(
            fault::kShadowed, file_, text.mark,
            {fmt::format("the template \"{}\" can never be the first to match", text.text()),
             fmt::format("\"{}\", line {}, takes all it could", by->value->text(),
                         by->value->mark.line),
             "remove it; it changes nothing"});
      }
      // What is shadowed shadows nothing that its own shadow does not.
      if (by == read.end()) read.push_back(std::move(one));
    });
  }

  void check_tag(const Value& tag) {
    const std::string bare = bare_tag(tag.text());
    const bool is_single = !bare.empty() && base::decode_at(bare, 0).size == bare.size();
    if (!is_single && !is_one_of(kCommonWords, bare)) return;
    add_common(tag, fmt::format("the tag {} is too common to scan for", tag.text()),
               "choose a longer tag, or one of a name of yours");
  }

  void check_hosts(const Value& table, std::string_view key) {
    for_each(table, key, [this](const Value& host) {
      std::string_view name = host.text();
      if (name.substr(0, 2) == "*.") name.remove_prefix(2);
      if (!is_one_of(kCommonHosts, name)) return;
      add_common(host, fmt::format("the host \"{}\" is too common to scan for", host.text()),
                 "platforms write it into their own records; name the shop's own host");
    });
  }

  void add_common(const Value& value, std::string message, std::string help) {
    faults_.add(fault::kTooCommon, file_, value.mark,
                {std::move(message), "nearly every post holds it, so each is looked at closely",
                 std::move(help)});
  }

  const Value& root_;
  std::size_t file_;
  FaultList& faults_;
};

}  // namespace

void add_warnings(const std::vector<ParsedFile>& files, FaultList* faults) {
  for (std::size_t file = 0; file < files.size(); ++file) Warner(files[file], file, faults).run();
}

}  // namespace hashcart::catalogue
