// Fuzz target: any bytes as a URL. The first byte says whether it stood in text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "match/link_grammar.h"
#include "match/link_testing.h"
#include "match/redirectors.h"

namespace {

namespace match = hashcart::match;

void require(bool holds) {
  if (!holds) std::abort();
}

// The parts in order, with what joins them, are the URL.
void require_parts_cover(std::string_view url) {
  match::UrlParts parts;
  if (!match::split_url(url, &parts)) return;
  std::string joined(parts.scheme);
  const auto slashes_end = url.find_first_not_of("/\\", parts.scheme.size() + 1);
  joined += url.substr(parts.scheme.size(), slashes_end - parts.scheme.size());
  if (parts.has_userinfo) joined += std::string(parts.userinfo) + '@';
  joined += parts.host;
  if (parts.has_port) joined += ':' + std::string(parts.port);
  joined += parts.path;
  std::string_view rest = url.substr(joined.size());
  require(url.substr(0, joined.size()) == joined);
  if (!rest.empty() && rest.front() == '?') {
    rest.remove_prefix(1);
    require(rest.substr(0, parts.query.size()) == parts.query);
    rest.remove_prefix(parts.query.size());
  }
  if (!rest.empty()) require(rest.front() == '#' && rest.substr(1) == parts.fragment);

  std::string path;
  std::string again;
  match::normalise_path(parts.path, &path);
  match::normalise_path(path, &again);
  require(!path.empty() && path.front() == '/' && path == again);
  std::string host;
  if (match::normalise_host(parts.host, &host)) {
    require(match::normalise_host(host, &again) && host == again);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto* const shops = new hashcart::catalogue::Catalogue(match::testing::make_shops());
  static const auto* const table = new match::LinkTable(*shops);
  if (size == 0) return 0;
  const bool text_link = (data[0] & 1U) != 0;
  const std::string url(data + 1, data + size);

  std::string clean;
  match::clean_url(url, &clean);
  require_parts_cover(clean);

  match::LinkScratch scratch;
  const match::LinkVerdict verdict = table->classify(url, text_link, &scratch);
  require(verdict.host_start <= verdict.host_end && verdict.host_end <= url.size());
  if (verdict.why != match::LinkWhy::kNone) return 0;

  // A product is an id of its type, and its canonical URL names the same product.
  const auto& retailer = shops->retailers[verdict.product.retailer];
  require(verdict.by != nullptr);
  require(shops->id_types[retailer.id_type].accepts(verdict.product.id));
  require(verdict.product.affiliate.size() <= match::kAffiliateBytesMax);
  for (const char c : verdict.product.affiliate) require(c > ' ' && c < '\x7F');
  const std::string key = match::product_key(*shops, verdict.product);
  const std::string canonical = match::canonical_url(*shops, verdict.product);
  if (!canonical.empty()) require(match::testing::judge(*shops, *table, canonical, false) == key);

  // Blanks around it and newlines in it change nothing; only the host that decides must stand as it
  // is.
  std::string host;
  match::UrlParts none;
  match::clean_url(
      std::string_view(url).substr(verdict.host_start, verdict.host_end - verdict.host_start),
      &clean);
  require(match::normalise_host(clean, &host));
  const bool nested = match::open_redirector(host, none, &clean) != match::Opened::kNotARedirector;
  const std::size_t middle = url.size() / 2;
  const bool is_in_host = verdict.host_start < middle && middle < verdict.host_end;
  std::string broken = " \n" + url + "\t ";
  broken.insert(2 + (nested || is_in_host ? verdict.host_end : middle), "\r\n\t");
  require(match::testing::judge(*shops, *table, broken, text_link) == key);
  return 0;
}
