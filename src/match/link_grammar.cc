#include "match/link_grammar.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "match/redirectors.h"

namespace hashcart::match {
namespace {

using catalogue::IdFold;
using catalogue::IdType;
using catalogue::PathTemplate;
using Kind = PathTemplate::Kind;
using Segment = PathTemplate::Segment;

constexpr std::size_t kHostBytesMax = 253;  // RFC 1035: 255 octets on the wire
constexpr std::size_t kIdBytesMax = 255;    // IdPattern matches no longer one
constexpr int kSeparatorsTried =
    4;  // of `*-{id}`, from the end; ids hold few separators themselves

bool equals_no_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (base::ascii_lower(text[i]) != lower[i]) return false;
  }
  return true;
}

bool starts_no_case(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() && equals_no_case(text.substr(0, lower.size()), lower);
}

bool ends_no_case(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         equals_no_case(text.substr(text.size() - lower.size()), lower);
}

// lower is short (part of a template), so the plain search is linear in text.
std::size_t find_no_case(std::string_view text, std::string_view lower) {
  for (std::size_t at = 0; at + lower.size() <= text.size(); ++at) {
    if (equals_no_case(text.substr(at, lower.size()), lower)) return at;
  }
  return std::string_view::npos;
}

// The last occurrence that ends at or before end.
std::size_t find_back_no_case(std::string_view text, std::string_view lower, std::size_t end) {
  if (end < lower.size()) return std::string_view::npos;
  for (std::size_t at = end - lower.size() + 1; at-- > 0;) {
    if (equals_no_case(text.substr(at, lower.size()), lower)) return at;
  }
  return std::string_view::npos;
}

int hex_value(char c) {
  if (base::is_ascii_digit(c)) return c - '0';
  const char small = base::ascii_lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

// Whether text, percent-decoded once and lower-cased, is lower.
bool decoded_equals(std::string_view text, std::string_view lower) {
  std::size_t matched = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '%' && at + 2 < text.size()) {
      const int high = hex_value(text[at + 1]);
      const int low = hex_value(text[at + 2]);
      if (high >= 0 && low >= 0) {
        c = static_cast<char>(static_cast<unsigned char>(high * 16 + low));
        at += 2;
      }
    }
    if (matched == lower.size() || base::ascii_lower(c) != lower[matched]) return false;
    ++matched;
  }
  return matched == lower.size();
}

bool is_c0_or_blank(char c) { return static_cast<unsigned char>(c) <= ' '; }
bool is_dropped(char c) { return c == '\t' || c == '\n' || c == '\r'; }
bool is_slash(char c) { return c == '/' || c == '\\'; }
bool ends_authority(char c) { return is_slash(c) || c == '?' || c == '#'; }

// Length of the scheme with its colon, or 0.
std::size_t scheme_length(std::string_view url) {
  if (starts_no_case(url, "http:")) return 5;
  if (starts_no_case(url, "https:")) return 6;
  return 0;
}

// 0: `.`   1: `..`   -1: neither. Source: WHATWG URL, single- and double-dot path segments.
int dots(std::string_view segment) {
  int count = 0;
  while (!segment.empty()) {
    if (segment.front() == '.') {
      segment.remove_prefix(1);
    } else if (segment.size() >= 3 && segment[0] == '%' && segment[1] == '2' &&
               base::ascii_lower(segment[2]) == 'e') {
      segment.remove_prefix(3);
    } else {
      return -1;
    }
    if (++count > 2) return -1;
  }
  return count - 1;
}

// Where the raw URL has the character that stands at `clean` in its cleaned form.
std::size_t raw_offset(std::string_view raw, std::size_t clean) {
  std::size_t at = 0;
  while (at < raw.size() && is_c0_or_blank(raw[at])) ++at;
  for (; at < raw.size(); ++at) {
    if (is_dropped(raw[at])) continue;
    if (clean == 0) return at;
    --clean;
  }
  return raw.size();
}

enum class Match : std::uint8_t { kNo, kBadId, kYes };

// Tries templates on one URL. Views are of the URL; ids are built in the caller's scratch.
class TemplateMatcher {
 public:
  TemplateMatcher(const UrlParts& parts, const IdType& id_type, LinkScratch* scratch)
      : parts_(parts), path_(scratch->path), id_type_(id_type), scratch_(scratch) {}

  // Who is paid for the link that `pattern` has just matched, into scratch_->affiliate: empty for
  // no one. The shop's query first; then the query that Amazon's product API escaped into the path;
  // then {affiliate}.
  void find_affiliate(const catalogue::Retailer& retailer, const PathTemplate& pattern) {
    std::string& out = scratch_->affiliate;
    out.clear();
    if (!affiliate_of_query(retailer.affiliate) && pattern.affiliate) affiliate_of_path();
    const bool plain = std::all_of(out.begin(), out.end(), [](char c) {
      return static_cast<unsigned char>(c) > ' ' && static_cast<unsigned char>(c) < 0x7F;
    });
    if (!plain || out.size() > kAffiliateBytesMax) out.clear();
  }

  [[nodiscard]] Match match(const PathTemplate& pattern) {
    bad_id_ = false;
    const bool matched = match_path(pattern) && match_query(pattern) &&
                         (!pattern.id_in_fragment || match_fragment(pattern.fragment_prefix));
    if (matched) return Match::kYes;
    return bad_id_ ? Match::kBadId : Match::kNo;
  }

 private:
  // A place in path_ is the index of the `/` that starts a segment, or path_.size() after the last
  // one.
  [[nodiscard]] std::size_t next(std::size_t at) const {
    return std::min(path_.find('/', at + 1), path_.size());
  }
  [[nodiscard]] std::string_view segment_at(std::size_t at) const {
    return path_.substr(at + 1, next(at) - at - 1);
  }

  // Where `**` fails to fit, it takes one segment more; an earlier `**` never needs another try,
  // because the later one could have taken those segments as well. So each place is tried once per
  // segment of the template.
  bool match_path(const PathTemplate& pattern) {
    const std::vector<Segment>& wanted = pattern.segments;
    constexpr std::size_t kNone = static_cast<std::size_t>(-1);
    std::size_t index = 0;
    std::size_t at = 0;
    std::size_t any_index = kNone;
    std::size_t any_at = 0;
    end_ = path_.size();
    while (index < wanted.size()) {
      const Segment& segment = wanted[index];
      if (segment.kind == Kind::kAnySegments) {
        any_index = index++;
        any_at = at;
        continue;
      }
      if (at >= path_.size()) return false;
      if (match_segment(segment, &at)) {
        ++index;
      } else if (any_index != kNone) {
        any_at = next(any_at);
        at = any_at;
        index = any_index + 1;
      } else {
        return false;
      }
    }
    end_ = at;
    return true;
  }

  // True where a key has a value, whatever the value is worth.
  bool affiliate_of_query(const std::vector<std::string>& keys) {
    if (keys.empty()) return false;
    std::string_view value;
    for (const std::string& key : keys) {
      if (!find_term(parts_.query, key, &value, true)) continue;
      percent_decode(value, &scratch_->affiliate);
      return true;
    }
    const std::size_t mark = find_no_case(path_, "%3f");
    if (mark == std::string_view::npos) return false;
    scratch_->segment.clear();
    percent_decode(path_.substr(mark + 3), &scratch_->segment);
    for (const std::string& key : keys) {
      if (!find_term(scratch_->segment, key, &value, true)) continue;
      scratch_->affiliate.assign(value);
      return true;
    }
    return false;
  }

  void affiliate_of_path() {
    for (std::size_t at = end_; at < path_.size(); at = next(at)) {
      const std::string_view text = segment_at(at);
      if (text.find('=') != std::string_view::npos) continue;
      decode(text);
      // Amazon's session id.
      const bool named = scratch_->segment.find_first_not_of("0123456789-") != std::string::npos;
      if (named) scratch_->affiliate.assign(scratch_->segment);
      return;
    }
  }

  bool match_segment(const Segment& segment, std::size_t* at) {
    const std::string_view text = segment_at(*at);
    switch (segment.kind) {
      case Kind::kLiteral:
        if (!decoded_equals(text, segment.prefix)) return false;
        break;
      case Kind::kAnySegment:
        if (!segment.prefix.empty() && decoded_equals(text, segment.prefix)) return false;
        break;
      case Kind::kAnySegments:
        break;
      case Kind::kId:
        if (segment.two) return match_two(segment, at);
        decode(text);
        if (!match_id_segment(segment)) return false;
        break;
    }
    *at = next(*at);
    return true;
  }

  bool match_two(const Segment& segment, std::size_t* at) {
    const std::size_t second = next(*at);
    if (second >= path_.size()) return false;
    const std::string_view text = segment_at(second);
    if (text.empty() || segment_at(*at).empty()) return false;
    decode(path_.substr(*at + 1, second + 1 + text.size() - *at - 1));
    if (!accept_id(segment.head, scratch_->segment)) return false;
    *at = next(second);
    return true;
  }

  // Fills scratch_->segment with the decoded text up to a `?` in it. A `?` of the URL ended the
  // path, so this one was written `%3F`: Amazon's product API escaped the whole query.
  void decode(std::string_view text) {
    std::string& out = scratch_->segment;
    out.clear();
    percent_decode(text, &out);
    out.resize(std::min(out.find('?'), out.size()));
  }

  // Looks for the id in scratch_->segment.
  bool match_id_segment(const Segment& segment) {
    std::string_view text = scratch_->segment;
    if (!segment.any_suffix) {
      if (!ends_no_case(text, segment.suffix)) return false;
      text.remove_suffix(segment.suffix.size());
    }
    if (!segment.any_prefix) {
      if (!starts_no_case(text, segment.prefix)) return false;
      text.remove_prefix(segment.prefix.size());
      return cut_suffix(segment, &text) && accept_id(segment.head, text, segment.bytes_min);
    }
    std::size_t end = text.size();
    for (int tries = 0; tries < kSeparatorsTried; ++tries) {
      const std::size_t start = find_back_no_case(text, segment.prefix, end);
      if (start == std::string_view::npos) return false;
      if (!segment.lead.empty() &&
          find_back_no_case(text, segment.lead, start) == std::string_view::npos) {
        return false;
      }
      std::string_view id = text.substr(start + segment.prefix.size());
      if (cut_suffix(segment, &id) && accept_id(segment.head, id, segment.bytes_min)) return true;
      end = start;
    }
    return false;
  }

  static bool cut_suffix(const Segment& segment, std::string_view* text) {
    if (!segment.any_suffix) return true;
    const std::size_t end = find_no_case(*text, segment.suffix);
    if (end == std::string_view::npos) return false;
    *text = text->substr(0, end);
    return true;
  }

  // Folds the id and holds it to its type. An absent id, or one that {id>=n} finds too short, is a
  // template that does not match; a wrong one is remembered.
  bool accept_id(std::string_view head, std::string_view text, std::size_t bytes_min = 0) {
    const std::size_t bytes = head.size() + text.size();
    if (text.empty() || bytes < bytes_min) return false;
    bad_id_ = true;
    if (bytes > kIdBytesMax) return false;
    std::string& id = scratch_->id;
    id.assign(head);
    id.append(text);
    for (char& c : id) {
      if (id_type_.fold == IdFold::kLower) c = base::ascii_lower(c);
      if (id_type_.fold == IdFold::kUpper && c >= 'a' && c <= 'z')
        c = static_cast<char>(c - 'a' + 'A');
    }
    if (!id_type_.accepts(id)) return false;
    bad_id_ = false;
    return true;
  }

  bool match_query(const PathTemplate& pattern) {
    for (const PathTemplate::QueryTerm& term : pattern.query) {
      std::string_view value;
      if (!find_term(parts_.query, term.key, &value)) return false;
      if (!term.is_id) {
        if (!decoded_equals(value, term.value)) return false;
        continue;
      }
      scratch_->segment.clear();
      percent_decode(value, &scratch_->segment);
      std::string_view text = scratch_->segment;
      text = text.substr(0, text.find_first_of("/?#"));
      if (!accept_id({}, text, term.bytes_min)) return false;
    }
    return true;
  }

  // The value of the first term with this key; where `filled`, of the first that is not empty. A
  // term without `=` may have it escaped: documents do that to links
  // (`item.html?itemID%3D7240382968&sa=D`). `&amp;` is what HTML makes of `&`.
  static bool find_term(std::string_view rest, std::string_view key, std::string_view* value,
                        bool filled = false) {
    for (bool first = true; !rest.empty(); first = false) {
      const std::size_t end = std::min(rest.find('&'), rest.size());
      std::string_view term = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (!first && starts_no_case(term, "amp;")) term.remove_prefix(4);
      std::size_t equals = term.find('=');
      std::size_t width = 1;
      if (equals == std::string_view::npos) {
        equals = find_no_case(term, "%3d");
        width = 3;
      }
      if (equals == std::string_view::npos || !decoded_equals(term.substr(0, equals), key))
        continue;
      *value = term.substr(equals + width);
      if (filled && value->empty()) continue;
      return true;
    }
    return false;
  }

  bool match_fragment(std::string_view prefix) {
    std::string_view rest = parts_.fragment;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('&'), rest.size());
      const std::string_view term = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      scratch_->segment.clear();
      percent_decode(term, &scratch_->segment);
      std::string_view text = scratch_->segment;
      if (!starts_no_case(text, prefix)) continue;
      text.remove_prefix(prefix.size());
      return accept_id({}, text.substr(0, text.find_first_of("&/?#")));
    }
    return false;
  }

  const UrlParts& parts_;
  const std::string_view path_;
  const IdType& id_type_;
  LinkScratch* scratch_;
  std::size_t end_ = 0;  // where the segments that match_path() took end
  bool bad_id_ = false;
};

}  // namespace

void clean_url(std::string_view url, std::string* out) {
  while (!url.empty() && is_c0_or_blank(url.front())) url.remove_prefix(1);
  while (!url.empty() && is_c0_or_blank(url.back())) url.remove_suffix(1);
  out->assign(url);
  std::erase_if(*out, is_dropped);
}

bool split_url(std::string_view url, UrlParts* out) noexcept {
  *out = UrlParts{};
  const std::size_t scheme = scheme_length(url);
  if (scheme == 0) return false;
  out->scheme = url.substr(0, scheme - 1);
  std::size_t at = scheme;
  while (at < url.size() && is_slash(url[at]))
    ++at;  // any number of them, none included, as browsers do

  std::size_t authority_end = at;
  while (authority_end < url.size() && !ends_authority(url[authority_end])) ++authority_end;
  std::string_view authority = url.substr(at, authority_end - at);
  if (const std::size_t sign = authority.rfind('@'); sign != std::string_view::npos) {
    out->has_userinfo = true;
    out->userinfo = authority.substr(0, sign);
    authority.remove_prefix(sign + 1);
  }
  std::size_t host_end = 0;  // the first colon that is not in brackets
  for (bool brackets = false; host_end < authority.size(); ++host_end) {
    const char c = authority[host_end];
    if (c == '[') brackets = true;
    if (c == ']') brackets = false;
    if (c == ':' && !brackets) break;
  }
  out->host = authority.substr(0, host_end);
  if (out->host.empty()) return false;
  if (host_end < authority.size()) {
    out->has_port = true;
    out->port = authority.substr(host_end + 1);
    std::uint32_t port = 0;
    for (const char c : out->port) {
      if (!base::is_ascii_digit(c)) return false;
      port = port * 10 + static_cast<std::uint32_t>(c - '0');
      if (port > 65'535) return false;
    }
  }

  std::string_view rest = url.substr(authority_end);
  if (const std::size_t hash = rest.find('#'); hash != std::string_view::npos) {
    out->fragment = rest.substr(hash + 1);
    rest = rest.substr(0, hash);
  }
  if (const std::size_t mark = rest.find('?'); mark != std::string_view::npos) {
    out->query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  out->path = rest;
  return true;
}

bool normalise_host(std::string_view host, std::string* out) {
  out->clear();
  if (host.size() > 3 * (kHostBytesMax + 1)) return false;  // even if each byte is escaped
  percent_decode(host, out);
  if (!out->empty() && out->back() == '.') out->pop_back();
  if (out->empty() || out->size() > kHostBytesMax) return false;
  std::size_t label = 0;
  for (char& c : *out) {
    c = base::ascii_lower(c);
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
      continue;
    }
    const bool plain = base::is_ascii_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
    if (!plain || ++label > 63) return false;
  }
  if (label == 0) return false;
  // A host whose last label is a number is an IPv4 address, or nothing (WHATWG URL, "ends in a
  // number").
  const std::string_view last = std::string_view(*out).substr(out->size() - label);
  const bool hex = last.size() >= 2 && last[0] == '0' && last[1] == 'x';
  const std::string_view digits = hex ? last.substr(2) : last;
  return !std::all_of(digits.begin(), digits.end(),
                      [&](char c) { return hex ? hex_value(c) >= 0 : base::is_ascii_digit(c); });
}

void normalise_path(std::string_view path, std::string* out) {
  out->clear();
  if (!path.empty() && is_slash(path.front())) path.remove_prefix(1);
  while (true) {
    std::size_t end = 0;
    while (end < path.size() && !is_slash(path[end])) ++end;
    const bool last = end == path.size();
    const std::string_view segment = path.substr(0, end);
    const int dot = dots(segment);
    if (dot == 1 && !out->empty()) out->resize(out->rfind('/'));
    if (dot < 0) {
      out->push_back('/');
      out->append(segment);
    } else if (last) {
      out->push_back('/');
    }
    if (last) return;
    path.remove_prefix(end + 1);
  }
}

std::string_view name(LinkWhy why) noexcept {
  constexpr std::array<std::string_view, 10> kNames = {
      "none",     "not_a_url",   "unknown_host", "userinfo",   "port",
      "bad_host", "no_template", "bad_id",       "short_link", "nested_too_deep"};
  return kNames[static_cast<std::size_t>(why)];
}

struct LinkTable::Impl {
  struct Rule {
    catalogue::RetailerIndex retailer = 0;
    std::uint32_t host = 0;  // into Retailer::hosts
  };
  struct Entry {
    std::optional<Rule> whole;
    std::optional<Rule> subdomains;
    std::optional<catalogue::RetailerIndex> short_of;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view host) const noexcept {
      return std::hash<std::string_view>{}(host);
    }
  };

  const catalogue::Catalogue* catalogue = nullptr;
  std::unordered_map<std::string, Entry, Hash, std::equal_to<>> hosts;

  [[nodiscard]] const Entry* find(std::string_view host) const {
    const auto found = hosts.find(host);
    return found == hosts.end() ? nullptr : &found->second;
  }

  // The rule of the longest domain that host is a subdomain of. A retailer's hosts have few labels,
  // so a host of a hundred labels is looked up from its last kLabelsMax only.
  [[nodiscard]] const Rule* find_above(std::string_view host) const {
    constexpr int kLabelsMax = 8;
    std::array<std::size_t, kLabelsMax> starts{};
    int count = 0;
    for (std::size_t at = host.rfind('.');
         at != std::string_view::npos && at > 0 && count < kLabelsMax;
         at = host.rfind('.', at - 1)) {
      starts[static_cast<std::size_t>(count++)] = at + 1;
    }
    while (count-- > 0) {
      const Entry* entry = find(host.substr(starts[static_cast<std::size_t>(count)]));
      if (entry != nullptr && entry->subdomains) return &*entry->subdomains;
    }
    return nullptr;
  }

  void match_templates(const Rule& rule, const UrlParts& parts, LinkScratch* scratch,
                       LinkVerdict* verdict) const {
    const catalogue::Retailer& retailer = catalogue->retailers[rule.retailer];
    const catalogue::HostRule& host = retailer.hosts[rule.host];
    normalise_path(parts.path, &scratch->path);
    TemplateMatcher matcher(parts, catalogue->id_types[retailer.id_type], scratch);
    verdict->why = LinkWhy::kNoTemplate;
    for (const PathTemplate& pattern : retailer.template_sets[host.template_set]) {
      switch (matcher.match(pattern)) {
        case Match::kNo:
          break;
        case Match::kBadId:
          verdict->why = LinkWhy::kBadId;
          break;
        case Match::kYes:
          verdict->why = LinkWhy::kNone;
          matcher.find_affiliate(retailer, pattern);
          verdict->product = {rule.retailer, host.market, scratch->id, scratch->affiliate};
          verdict->by = &pattern;
          return;
      }
    }
  }

  // Judges the URL in scratch->url. True where it is a redirector, whose target is then in
  // scratch->target.
  bool judge(const UrlParts& parts, LinkScratch* scratch, LinkVerdict* verdict,
             Opened* opened) const {
    if (parts.has_userinfo) {
      verdict->why = LinkWhy::kUserinfo;
      return false;
    }
    std::string_view port = parts.port;
    while (port.size() > 1 && port.front() == '0') port.remove_prefix(1);
    if (!port.empty() && port != "80" && port != "443") {
      verdict->why = LinkWhy::kPort;
      return false;
    }
    if (!normalise_host(parts.host, &scratch->host)) {
      verdict->why = LinkWhy::kBadHost;
      return false;
    }
    verdict->why = LinkWhy::kUnknownHost;
    const Entry* entry = find(scratch->host);
    const Rule* rule = entry != nullptr && entry->whole ? &*entry->whole : nullptr;
    const bool is_short = entry != nullptr && entry->short_of;
    if (rule == nullptr && !is_short) {
      *opened = open_redirector(scratch->host, parts, &scratch->target);
      if (*opened == Opened::kTarget || *opened == Opened::kComposed) return true;
      rule = find_above(scratch->host);
    }
    if (rule != nullptr) match_templates(*rule, parts, scratch, verdict);
    if (is_short && verdict->why != LinkWhy::kNone) {
      verdict->why = LinkWhy::kShortLink;
      verdict->short_of = *entry->short_of;
    }
    return false;
  }
};

LinkTable::LinkTable(const catalogue::Catalogue& catalogue) : impl_(std::make_unique<Impl>()) {
  impl_->catalogue = &catalogue;
  for (std::size_t index = 0; index < catalogue.retailers.size(); ++index) {
    const catalogue::Retailer& retailer = catalogue.retailers[index];
    const auto retailer_index = static_cast<catalogue::RetailerIndex>(index);
    for (std::size_t host = 0; host < retailer.hosts.size(); ++host) {
      Impl::Entry& entry = impl_->hosts[retailer.hosts[host].host];
      const Impl::Rule rule{retailer_index, static_cast<std::uint32_t>(host)};
      (retailer.hosts[host].subdomains ? entry.subdomains : entry.whole) = rule;
    }
    for (const std::string& host : retailer.short_hosts)
      impl_->hosts[host].short_of = retailer_index;
  }
}

LinkTable::~LinkTable() = default;
LinkTable::LinkTable(LinkTable&&) noexcept = default;
LinkTable& LinkTable::operator=(LinkTable&&) noexcept = default;

LinkVerdict LinkTable::classify(std::string_view url, bool text_link, LinkScratch* scratch) const {
  LinkVerdict verdict;
  clean_url(url, &scratch->url);
  std::size_t supplied = 0;
  const std::string_view clean = scratch->url;
  const bool slashes = clean.size() >= 2 && is_slash(clean[0]) && is_slash(clean[1]);
  if (slashes || (text_link && scheme_length(clean) == 0)) {
    const std::string_view scheme = slashes ? "https:" : "http://";
    scratch->url.insert(0, scheme);
    supplied = scheme.size();
  }
  UrlParts parts;
  if (!split_url(scratch->url, &parts)) return verdict;
  const auto offset = static_cast<std::size_t>(parts.host.data() - scratch->url.data()) - supplied;
  verdict.host_start = static_cast<std::uint32_t>(raw_offset(url, offset));
  verdict.host_end =
      static_cast<std::uint32_t>(raw_offset(url, offset + parts.host.size() - 1) + 1);

  bool composed = false;
  for (int level = 0;; ++level) {
    Opened opened = Opened::kNotARedirector;
    const bool redirects = impl_->judge(parts, scratch, &verdict, &opened);
    // Scans of raw bytes and of text find a post by the host that decides, so that host must stand
    // in the URL as it is: not percent-encoded, not broken up by what browsers drop.
    const bool decides = redirects
                             ? opened == Opened::kComposed
                             : verdict.why == LinkWhy::kNone || verdict.why == LinkWhy::kShortLink;
    if (decides && !composed && find_no_case(url, scratch->host) == std::string_view::npos) {
      verdict.why = LinkWhy::kBadHost;
      return verdict;
    }
    if (!redirects) return verdict;
    composed = opened == Opened::kComposed;
    if (level == kNestedMax) {
      verdict.why = LinkWhy::kNestedTooDeep;
      return verdict;
    }
    clean_url(scratch->target, &scratch->url);
    if (scheme_length(scratch->url) == 0) scratch->url.insert(0, "http://");
    verdict.why = LinkWhy::kNotAUrl;
    if (!split_url(scratch->url, &parts)) return verdict;
  }
}

std::string product_key(const catalogue::Catalogue& catalogue, const ProductRef& product) {
  const catalogue::Retailer& retailer = catalogue.retailers[product.retailer];
  std::string key = retailer.id;
  key += ':';
  key += retailer.ids_global || product.market >= retailer.markets.size()
             ? std::string_view("*")
             : retailer.markets[product.market].id;
  key += ':';
  key += catalogue.id_types[retailer.id_type].id;
  key += ':';
  key += product.id;
  return key;
}

std::string canonical_url(const catalogue::Catalogue& catalogue, const ProductRef& product) {
  constexpr std::string_view kPlaceholder = "{id}";
  std::string url = catalogue.retailers[product.retailer].markets[product.market].canonical;
  if (const std::size_t at = url.find(kPlaceholder); at != std::string::npos) {
    url.replace(at, kPlaceholder.size(), product.id);
  }
  return url;
}

}  // namespace hashcart::match
