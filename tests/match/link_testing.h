// A small catalogue for tests of links, made without the loader.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue/catalogue.h"
#include "match/link_grammar.h"

namespace hashcart::match::testing {

inline catalogue::IdType make_id_type(const std::string& id, const std::string& pattern,
                                      catalogue::IdFold fold = catalogue::IdFold::kNone,
                                      catalogue::IdCheck check = catalogue::IdCheck::kNone) {
  catalogue::IdType type;
  type.id = id;
  type.fold = fold;
  type.check = check;
  std::size_t at = 0;
  if (!catalogue::IdPattern::parse(pattern, &type.pattern, &at).empty()) std::abort();
  return type;
}

inline std::vector<catalogue::PathTemplate> make_templates(
    const std::vector<std::string>& written) {
  std::vector<catalogue::PathTemplate> set;
  for (const std::string& text : written) {
    set.emplace_back();
    if (!catalogue::PathTemplate::parse(text, &set.back()).empty()) std::abort();
  }
  return set;
}

// "*.host" means the host's subdomains.
inline void add_host(std::string_view written, catalogue::MarketIndex market, std::uint16_t set,
                     catalogue::Retailer* retailer) {
  catalogue::HostRule rule;
  rule.subdomains = written.substr(0, 2) == "*.";
  rule.host = std::string(rule.subdomains ? written.substr(2) : written);
  rule.market = market;
  rule.template_set = set;
  retailer->hosts.push_back(rule);
}

// amazon (US, GB; ids per market), taobao and weidian (global), and "odd", whose templates use all
// that a template may hold.
inline catalogue::Catalogue make_shops() {
  using catalogue::IdFold;
  catalogue::Catalogue shops;
  shops.id_types = {
      make_id_type("asin", "B[0-9][0-9A-Z]{8}|[0-9]{9}[0-9X]", IdFold::kUpper,
                   catalogue::IdCheck::kIsbn10),
      make_id_type("item", "[0-9]{5,19}"),
      make_id_type("odd", "[a-z]{2}[0-9]+|[0-9]+-[0-9]+|[a-z]+/[0-9]+", IdFold::kLower)};

  catalogue::Retailer amazon;
  amazon.id = "amazon";
  amazon.id_type = 0;
  amazon.markets = {{"US", "https://www.amazon.com/dp/{id}"},
                    {"GB", "https://www.amazon.co.uk/dp/{id}"}};
  amazon.short_hosts = {"amzn.to"};
  amazon.affiliate = {"tag", "associatetag"};
  amazon.template_sets = {
      make_templates({"/dp/{id}", "/*/dp/{id}", "/gp/product/{id}", "/gp/cart.html?ASIN.1={id}",
                      "/exec/obidos/ASIN/{id}/{affiliate}"}),
      make_templates({"/{id}"})};
  add_host("amazon.com", 0, 0, &amazon);
  add_host("*.amazon.com", 0, 0, &amazon);
  add_host("amazon.co.uk", 1, 0, &amazon);
  add_host("*.amazon.co.uk", 1, 0, &amazon);
  add_host("amzn.com", 0, 1, &amazon);

  catalogue::Retailer taobao;
  taobao.id = "taobao";
  taobao.id_type = 1;
  taobao.ids_global = true;
  taobao.markets = {{"CN", "https://item.taobao.com/item.htm?id={id}"}};
  taobao.short_hosts = {"m.tb.cn", "s.click.taobao.com"};
  taobao.template_sets = {make_templates({"/item.htm?id={id}", "/item/{id}.htm"})};
  add_host("*.taobao.com", 0, 0, &taobao);

  catalogue::Retailer weidian;
  weidian.id = "weidian";
  weidian.id_type = 1;
  weidian.ids_global = true;
  weidian.markets = {{"CN", "https://weidian.com/item.html?itemID={id}"}};
  weidian.template_sets = {make_templates({"/item.html?itemID={id}"})};
  add_host("weidian.com", 0, 0, &weidian);

  catalogue::Retailer odd;
  odd.id = "odd";
  odd.id_type = 2;
  odd.ids_global = true;
  odd.markets = {{"US", ""}};
  odd.short_hosts = {"both.odd.example"};
  odd.template_sets = {make_templates(
      {"/**/x/y/{id}", "/s/*-{id}.html", "/l/*-i.*.{id}", "/h/{AB+id}-*", "/two/{id/2}/end",
       "/q?kind=Good&id={id}", "/f#/v/{id}", "/n/*!not/{id}", "/m/{id>=5}", "/m?id={id>=5}"})};
  add_host("odd.example", 0, 0, &odd);
  add_host("both.odd.example", 0, 0, &odd);
  add_host("*.deep.odd.example", 0, 0, &odd);

  shops.retailers = {amazon, taobao, weidian, odd};
  return shops;
}

// Who is paid for a link that names a product.
inline std::string affiliate_of(const LinkTable& table, std::string_view url) {
  LinkScratch scratch;
  return std::string(table.classify(url, false, &scratch).product.affiliate);
}

// The product key, or the name of why there is none.
inline std::string judge(const catalogue::Catalogue& catalogue, const LinkTable& table,
                         std::string_view url, bool text_link = true) {
  LinkScratch scratch;
  const LinkVerdict verdict = table.classify(url, text_link, &scratch);
  return verdict.why == LinkWhy::kNone ? product_key(catalogue, verdict.product)
                                       : std::string(name(verdict.why));
}

}  // namespace hashcart::match::testing
