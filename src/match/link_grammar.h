// Link grammar: a URL -> the product it names, or why it names none.
//
// UrlParts is our own zero-copy splitter for http and https URLs under the WHATWG URL Standard's
// rules as far as they bear on host, path, query and fragment; what real posts hold (raw Unicode,
// `|`, blanks inside, `\` for `/`, tabs and newlines to be dropped) is accepted as browsers do.
// Proven against WPT's urltestdata and a second implementation in tests.
//
// Host first: compared whole, lower-cased, one trailing dot dropped. Userinfo, a port other than 80
// and 443, or a host that is not plain ASCII (or punycode) gives no product. A known redirector or
// buying agent (redirectors.h) is opened where it carries its target in its own URL, kNestedMax
// levels deep, and every level passes the same checks. The host that decides must stand in the URL
// as it is: one that is percent-encoded, or broken up by the tabs and newlines that browsers drop,
// names nothing (kBadHost), because scans for hosts would not see it.
//
// Threads: LinkTable is immutable and shared; classify() keeps its scratch in the caller's buffer.
// Cost:    linear in the URL, times the templates of one retailer; independent of the number of
// retailers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "catalogue/catalogue.h"

namespace hashcart::match {

struct UrlParts {
  std::string_view scheme;    // "http" or "https", as written
  std::string_view userinfo;  // without '@'
  std::string_view host;      // as written, not decoded
  std::string_view port;
  std::string_view path;      // from its first '/' or '\'; may be empty
  std::string_view query;     // without '?'
  std::string_view fragment;  // without '#'
  bool has_userinfo = false;
  bool has_port = false;
};

// What a URL parser drops before it looks: C0 controls and blanks at both ends, tabs and newlines
// anywhere.
void clean_url(std::string_view url, std::string* out);

// Splits a URL. False when it is not an absolute http(s) URL with a host (a missing scheme is not
// supplied here). url: views in *out point into it. It is cleaned already (clean_url; classify()
// does it).
[[nodiscard]] bool split_url(std::string_view url, UrlParts* out) noexcept;

// The host as a retailer table knows it: percent-decoded once, lower-cased ASCII, without a
// trailing dot. False where the result is not a plain domain name (IP addresses, non-ASCII,
// forbidden characters). *out is overwritten.
[[nodiscard]] bool normalise_host(std::string_view host, std::string* out);

// The path with `\` as `/` and dot segments (`.`, `..`, their escapes) resolved; still
// percent-encoded. Starts with `/`.
void normalise_path(std::string_view path, std::string* out);

// Why a URL gives no product. A closed list: `why` in hashcart.link/1.
enum class LinkWhy : std::uint8_t {
  kNone,
  kNotAUrl,
  kUnknownHost,  // no retailer has this host
  kUserinfo,     // user@host tricks are refused
  kPort,
  kBadHost,        // not a plain ASCII domain name
  kNoTemplate,     // a retailer's host, but no product path
  kBadId,          // a product path, but what stands there is no id of the retailer's type
  kShortLink,      // a retailer's short link: opaque without its expansion
  kNestedTooDeep,  // a redirector to a redirector to a redirector ...
};

[[nodiscard]] std::string_view name(LinkWhy why) noexcept;

struct ProductRef {
  catalogue::RetailerIndex retailer = 0;
  catalogue::MarketIndex market = 0;
  std::string_view id;  // folded as the id type says; lives in the LinkScratch until its next use
  // Who is paid for the link, as the shop's own URL says it (Retailer::affiliate, {affiliate}):
  // printable ASCII without blanks, at most kAffiliateBytesMax; empty: no one we can read. Never
  // part of a key. Lives as long as id.
  std::string_view affiliate = {};
};

// Longer names than any network gives (Amazon's are at most 64).
inline constexpr std::size_t kAffiliateBytesMax = 64;

struct LinkVerdict {
  LinkWhy why = LinkWhy::kNotAUrl;  // kNone: product is valid
  ProductRef product;
  catalogue::RetailerIndex short_of = 0;  // kShortLink: whose
  std::uint32_t host_start =
      0;  // for explain: the host in the URL; a redirector's own where one was opened
  std::uint32_t host_end = 0;
  const catalogue::PathTemplate* by = nullptr;  // the template that matched
};

struct LinkScratch {
  std::string url;
  std::string host;
  std::string path;
  std::string segment;
  std::string id;
  std::string affiliate;
  std::string target;  // of a redirector
};

class LinkTable {
 public:
  // catalogue: must outlive the table.
  explicit LinkTable(const catalogue::Catalogue& catalogue);
  ~LinkTable();
  LinkTable(LinkTable&&) noexcept;
  LinkTable& operator=(LinkTable&&) noexcept;

  // Redirectors to redirectors are followed this far: agents wrap links of other agents, and twice
  // is all that occurs.
  static constexpr int kNestedMax = 3;

  // Decides one URL. A URL without a scheme ("amazon.com/dp/...") is taken as http when text_link
  // is true (how platforms draw bare domains). One that begins with `//` is read as https, as on
  // the page it was cut from: payloads hold such links, running text never yields one (find_urls
  // passes `//` over). Views in the verdict live until the scratch is used again.
  [[nodiscard]] LinkVerdict classify(std::string_view url, bool text_link,
                                     LinkScratch* scratch) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// "amazon:US:asin:B00EXAMPL1": retailer, market or "*", id type, id.
[[nodiscard]] std::string product_key(const catalogue::Catalogue& catalogue,
                                      const ProductRef& product);
// The retailer's canonical URL, or empty where it has none.
[[nodiscard]] std::string canonical_url(const catalogue::Catalogue& catalogue,
                                        const ProductRef& product);

}  // namespace hashcart::match
