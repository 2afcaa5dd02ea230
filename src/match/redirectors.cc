#include "match/redirectors.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/utf8.h"

namespace hashcart::match {
namespace {

// A host (any subdomain of it too) and the parameters that may hold the target, joined by blanks.
struct Redirector {
  std::string_view host;
  std::string_view keys;
  std::string_view path = {};  // the only path that redirects; empty: any
  // Paths that begin so may hold the target as it is, behind a `/`: `/x/c/<token>/https://...`.
  std::string_view in_path = {};
};

constexpr Redirector kRedirectors[] = {
    {"awin1.com", "ued p"},
    {"linksynergy.com", "murl"},
    {"georiot.com", "gr_url"},
    {"redirect.viglink.com", "u"},
    {"go.skimresources.com", "url"},
    {"jdoqocy.com", "url", {}, "/links/"},
    {"kqzyfj.com", "url", {}, "/links/"},
    {"anrdoezrs.net", "url", {}, "/links/"},
    {"dpbolvw.net", "url", {}, "/links/"},
    {"tkqlhce.com", "url", {}, "/links/"},
    {"shareasale.com", "urllink"},
    {"goto.walmart.com", "u"},
    {"goto.target.com", "u"},
    {"l.facebook.com", "u"},
    {"lm.facebook.com", "u"},
    {"l.instagram.com", "u"},
    {"www.google.com", "q url", "/url"},
    {"t.umblr.com", "z"},
    {"assoc-redirect.amazon.com", "r", {}, "/g/r/"},
    {"amazon-adsystem.com", {}, {}, "/x/c/"},
    {"hb.afl.rakuten.co.jp", "pc"},
    {"rover.ebay.com", "mpre"},
    {"rover.ebay.co.uk", "mpre"},
    {"rover.ebay.de", "mpre"},
    {"rover.ebay.fr", "mpre"},
    {"rover.ebay.it", "mpre"},
    {"rover.ebay.es", "mpre"},
    {"rover.ebay.ca", "mpre"},
    {"rover.ebay.com.au", "mpre"},
};

// Buying agents that take a URL only.
constexpr std::string_view kUrlAgents[] = {
    "wegobuy.com",   "superbuy.com", "pandabuy.com", "sugargoo.com", "allchinabuy.com",
    "kameymall.com", "kakobuy.com",  "itaobuy.com",  "fishgoo.com",  "eastmallbuy.com",
    "ezbuycn.com",   "hagobuy.com",  "hegobuy.com",
};

// Buying agents that also compose links of shop and number, and their own numbers for the shops.
struct Agent {
  std::string_view host;
  std::string_view alibaba = "0";
  std::string_view taobao = "1";
  std::string_view weidian = "2";
};

constexpr Agent kAgents[] = {
    {"hoobuy.com"},
    {"cnfans.com"},
    {"acbuy.com"},
    {"mulebuy.com"},
    {"oopbuy.com"},
    {"basetao.com"},
    {"lovegobuy.com"},
    {"hubbuycn.com"},
    {"ponybuy.com"},
    {"joyagoo.com"},
    {"joyabuy.com"},
    {"orientdig.com"},
    {"hipobuy.com"},
    {"gtbuy.com"},
    {"cnshopper.com"},
    {"cssbuy.com"},
    {"usfans.com", "1", "2", "3"},
    {"sifubuy.com", "1", "2", "4"},
    {"panglobalbuy.com", "2", "1", "3"},
};

constexpr auto kComposingHosts = [] {
  std::array<std::string_view, std::size(kAgents)> hosts{};
  for (std::size_t i = 0; i < hosts.size(); ++i) hosts[i] = kAgents[i].host;
  return hosts;
}();

constexpr std::string_view kAgentUrlKeys = "url productlink producturl key";
constexpr std::string_view kAgentShopKeys =
    "shop_type shoptype platform channel channelid source type";
constexpr std::string_view kAgentIdKeys = "id goodsid product_id offerid spuno keyword";

constexpr std::string_view kTaobao = "https://item.taobao.com/item.htm?id=";
constexpr std::string_view kWeidian = "https://weidian.com/item.html?itemID=";
constexpr std::string_view kAlibaba = "https://detail.1688.com/offer/";  // + ".html"

int hex_value(char c) {
  if (base::is_ascii_digit(c)) return c - '0';
  const char small = base::ascii_lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

// Reads the character at text[at], escaped or not. Returns how many bytes it took.
std::size_t decode_one(std::string_view text, std::size_t at, char* out) {
  if (text[at] == '%' && at + 2 < text.size()) {
    const int high = hex_value(text[at + 1]);
    const int low = hex_value(text[at + 2]);
    if (high >= 0 && low >= 0) {
      *out = static_cast<char>(static_cast<unsigned char>(high * 16 + low));
      return 3;
    }
  }
  *out = text[at];
  return 1;
}

bool equals_no_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (base::ascii_lower(a[i]) != base::ascii_lower(b[i])) return false;
  }
  return true;
}

bool starts_no_case(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && equals_no_case(text.substr(0, start.size()), start);
}

bool belongs(std::string_view host, std::string_view domain) {
  if (host.size() == domain.size()) return host == domain;
  return host.size() > domain.size() && host[host.size() - domain.size() - 1] == '.' &&
         host.substr(host.size() - domain.size()) == domain;
}

bool is_one_of(std::string_view word, std::string_view words) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (equals_no_case(word, words.substr(0, end))) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

// The value of the first term of query or fragment whose key is one of keys; empty where there is
// none.
std::string_view find_value(std::string_view terms, std::string_view keys) {
  while (!terms.empty()) {
    const std::size_t end = std::min(terms.find('&'), terms.size());
    const std::string_view term = terms.substr(0, end);
    const std::size_t equals = term.find('=');
    if (equals != std::string_view::npos && is_one_of(term.substr(0, equals), keys)) {
      return term.substr(equals + 1);
    }
    terms.remove_prefix(std::min(end + 1, terms.size()));
  }
  return {};
}

// The terms of an application's address after '#': `#/goods/detail?platform=weidian&goodsId=1`.
std::string_view fragment_terms(std::string_view fragment) {
  const std::size_t mark = fragment.find('?');
  return mark == std::string_view::npos ? std::string_view() : fragment.substr(mark + 1);
}

std::string_view find_value(const UrlParts& parts, std::string_view keys) {
  const std::string_view value = find_value(parts.query, keys);
  return value.empty() ? find_value(fragment_terms(parts.fragment), keys) : value;
}

// Writes no further than it has read, so it needs no second buffer.
void decode_in_place(std::string* text) {
  std::size_t kept = 0;
  for (std::size_t at = 0; at < text->size(); ++kept) at += decode_one(*text, at, &(*text)[kept]);
  text->resize(kept);
}

// Agents encode the target once, twice or not at all.
bool decode_target(std::string_view value, std::string* target) {
  target->clear();
  percent_decode(value, target);
  if (starts_no_case(*target, "http%3A") || starts_no_case(*target, "https%3A")) {
    decode_in_place(target);
  }
  return target->find('.') != std::string::npos;
}

// The rest of the URL from the first `http://` or `https://` behind a `/` in its path; empty where
// there is none.
std::string_view target_in_path(const UrlParts& parts) {
  const char* end = parts.path.data() + parts.path.size();
  for (const std::string_view part : {parts.query, parts.fragment}) {
    if (part.data() != nullptr) end = part.data() + part.size();
  }
  for (std::size_t at = parts.path.find('/'); at != std::string_view::npos;
       at = parts.path.find('/', at + 1)) {
    const std::string_view rest = parts.path.substr(at + 1);
    if (!starts_no_case(rest, "http://") && !starts_no_case(rest, "https://")) continue;
    return {rest.data(), static_cast<std::size_t>(end - rest.data())};
  }
  return {};
}

bool is_item_number(std::string_view text) {
  if (text.size() < 8 || text.size() > 13) return false;
  for (const char c : text) {
    if (!base::is_ascii_digit(c)) return false;
  }
  return true;
}

// The URL an agent's word or number for a shop begins, or empty.
std::string_view shop_url(const Agent& agent, std::string_view word) {
  if (is_one_of(word, "taobao tb tmall") || word == agent.taobao) return kTaobao;
  if (is_one_of(word, "weidian wd micro") || word == agent.weidian) return kWeidian;
  if (is_one_of(word, "1688 ali_1688 al") || word == agent.alibaba) return kAlibaba;
  return {};
}

bool compose(std::string_view shop, std::string_view number, std::string* target) {
  if (shop.empty() || !is_item_number(number)) return false;
  target->assign(shop);
  target->append(number);
  if (shop == kAlibaba) target->append(".html");
  return true;
}

// `/product/weidian/5416187188`, `/agent/1688/641649880094.html`, and cssbuy's
// `/item-micro-5416187188.html`.
bool compose_from_path(const Agent& agent, std::string_view path, std::string* target) {
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  if (path.size() > 5 && equals_no_case(path.substr(path.size() - 5), ".html")) {
    path.remove_suffix(5);
  }
  const bool hyphens = starts_no_case(path, "/item-");
  const char joint = hyphens ? '-' : '/';
  const std::size_t last = path.rfind(joint);
  if (last == std::string_view::npos) return false;
  const std::string_view number = path.substr(last + 1);
  const std::string_view rest = path.substr(0, last);
  if (hyphens && rest == "/item") return compose(kTaobao, number, target);
  const std::size_t before = rest.rfind(joint);
  if (before == std::string_view::npos) return false;
  return compose(shop_url(agent, rest.substr(before + 1)), number, target);
}

bool compose_item(const Agent& agent, const UrlParts& parts, std::string* target) {
  const std::string_view shop = shop_url(agent, find_value(parts, kAgentShopKeys));
  if (compose(shop, find_value(parts, kAgentIdKeys), target)) return true;
  // hubbuycn writes `/taobaoID=726526607194&inviter=someone`.
  const std::string_view terms = parts.path.substr(parts.path.empty() ? 0 : 1);
  if (compose(kTaobao, find_value(terms, "taobaoid"), target)) return true;
  return compose_from_path(agent, parts.path, target);
}

bool open_agent(const UrlParts& parts, std::string* target) {
  const std::string_view value = find_value(parts, kAgentUrlKeys);
  return !value.empty() && decode_target(value, target);
}

}  // namespace

Opened open_redirector(std::string_view host, const UrlParts& parts, std::string* target) {
  for (const Redirector& redirector : kRedirectors) {
    if (!belongs(host, redirector.host)) continue;
    if (!redirector.in_path.empty() && starts_no_case(parts.path, redirector.in_path)) {
      target->assign(target_in_path(parts));
      if (!target->empty()) return Opened::kTarget;
    }
    const std::string_view value = find_value(parts.query, redirector.keys);
    const bool redirects = redirector.path.empty() || parts.path == redirector.path;
    if (!redirects || value.empty() || !decode_target(value, target)) return Opened::kNoTarget;
    return Opened::kTarget;
  }
  for (const std::string_view agent : kUrlAgents) {
    if (belongs(host, agent))
      return open_agent(parts, target) ? Opened::kTarget : Opened::kNoTarget;
  }
  for (const Agent& agent : kAgents) {
    if (!belongs(host, agent.host)) continue;
    if (open_agent(parts, target)) return Opened::kTarget;
    return compose_item(agent, parts, target) ? Opened::kComposed : Opened::kNoTarget;
  }
  return Opened::kNotARedirector;
}

std::span<const std::string_view> composing_hosts() noexcept { return kComposingHosts; }

void percent_decode(std::string_view text, std::string* out) {
  char c = 0;
  for (std::size_t at = 0; at < text.size();) {
    at += decode_one(text, at, &c);
    out->push_back(c);
  }
}

}  // namespace hashcart::match
