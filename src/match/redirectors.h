// Redirectors: links to a product that stand inside another site's URL.
//
// Affiliate networks, link shims of platforms and buying agents carry the target in a parameter
// (`url=https%3A%2F%2F...`) or, as it is, at the end of their path; some agents carry the shop's
// name and the item's number instead (`/product/weidian/5416187188`). All are opened from the URL
// alone, never by the network. A redirector is not believed about the retailer: what comes out is a
// URL that is judged like any other.
//
// Threads: pure functions over constant tables. Private to match.
// Source: the hosts, parameters and forms were read from the suites of cachho/cn-links, ClearURLs
// and link-parser.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "match/link_grammar.h"

namespace hashcart::match {

enum class Opened : std::uint8_t {
  kNotARedirector,
  kNoTarget,  // a redirector, but this URL of it leads to nothing we can read
  kTarget,    // a URL stood in it
  kComposed,  // only shop and number stood in it; *target is the shop's own URL of that item
};

// Opens one level. host: normalised (normalise_host). *target is overwritten; it may lack a scheme.
// Cost: linear in the URL.
[[nodiscard]] Opened open_redirector(std::string_view host, const UrlParts& parts,
                                     std::string* target);

// Hosts (with all their subdomains) whose links name products although no retailer's host stands in
// the URL: a scan that looks for hosts must look for these as well.
[[nodiscard]] std::span<const std::string_view> composing_hosts() noexcept;

// Percent-decodes once; what is no escape stays. Appends to *out.
void percent_decode(std::string_view text, std::string* out);

}  // namespace hashcart::match
