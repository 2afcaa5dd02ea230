// The canonical rendering of a catalogue, as TOML that loads to the same catalogue again. Equal
// catalogues give equal bytes, so its hash says whether two runs were decided by the same rules.
// Stream tests decide nothing and are left out; hits and misses stay, since a campaign does not
// load without.
#include <fmt/format.h>

#include <string>
#include <string_view>

#include "base/event_time.h"
#include "catalogue/catalogue_builder.h"
#include "catalogue/table_reader.h"

namespace hashcart::catalogue {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == '\x7F') {
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out + '"';
}

template <typename List, typename Text>
std::string list_of(const List& items, Text text) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out += ", ";
    out += text(item);
  }
  return out + "]";
}

std::string quoted_list(const std::vector<std::string>& items) { return list_of(items, quoted); }

// One item a line, for lists a person reads through.
template <typename List, typename Text>
std::string tall_list(const List& items, Text text) {
  std::string out = "[";
  for (const auto& item : items) out += fmt::format("\n  {},", text(item));
  return out + "\n]";
}

class Renderer {
 public:
  explicit Renderer(const Catalogue& catalogue) : catalogue_(catalogue) {}

  std::string render() {
    line("format = 1");
    header("[catalogue]");
    pair("id", quoted(catalogue_.id));
    if (!catalogue_.version.empty()) pair("version", quoted(catalogue_.version));
    if (!catalogue_.owner.empty()) pair("owner", quoted(catalogue_.owner));
    render_limits();
    for (const IdType& type : catalogue_.id_types) render_id_type(type);
    for (const Retailer& retailer : catalogue_.retailers) render_retailer(retailer);
    for (const Campaign& campaign : catalogue_.campaigns) render_campaign(campaign);
    return std::move(out_);
  }

 private:
  void line(std::string_view text) {
    out_ += text;
    out_ += '\n';
  }

  void header(std::string_view text) {
    out_ += '\n';
    line(text);
  }

  void pair(std::string_view key, std::string_view value) {
    line(fmt::format("{} = {}", key, value));
  }

  void render_limits() {
    const Limits& limits = catalogue_.limits;
    header("[limits]");
    pair("out_of_order", quoted(duration_text(limits.out_of_order_ms)));
    pair("parent_wait", quoted(duration_text(limits.parent_wait_ms)));
    pair("remember_links", quoted(duration_text(limits.remember_links_ms)));
    pair("remember_seen", quoted(duration_text(limits.remember_seen_ms)));
    pair("clock_jump_max", quoted(duration_text(limits.clock_jump_max_ms)));
    pair("remember_posts", fmt::to_string(limits.remember_posts));
    pair("pending_max", fmt::to_string(limits.pending_max));
    pair("record_bytes_max", fmt::to_string(limits.record_bytes_max));
  }

  void render_id_type(const IdType& type) {
    header(fmt::format("[idtype.{}]", type.id));
    pair("match", quoted(type.pattern.text()));
    if (type.fold != IdFold::kNone) {
      pair("fold", type.fold == IdFold::kUpper ? "\"upper\"" : "\"lower\"");
    }
    if (type.check == IdCheck::kIsbn10) pair("check", "\"isbn10\"");
  }

  static std::string platform_list(std::uint32_t bits) {
    std::vector<std::string> platforms;
    for (std::size_t i = 0; i < base::kPlatformCount; ++i) {
      if (((bits >> i) & 1U) != 0) {
        platforms.emplace_back(base::name(static_cast<base::Platform>(i)));
      }
    }
    return quoted_list(platforms);
  }

  static std::string hosts_of(const Retailer& retailer, std::size_t market, std::size_t set) {
    std::string out = "[";
    for (const HostRule& rule : retailer.hosts) {
      if (rule.market != market || rule.template_set != set) continue;
      if (out.size() > 1) out += ", ";
      out += quoted((rule.subdomains ? "*." : "") + rule.host);
    }
    return out + "]";
  }

  static std::string paths_of(const std::vector<PathTemplate>& paths) {
    return tall_list(paths, [](const PathTemplate& path) { return quoted(path.text); });
  }

  void render_retailer(const Retailer& retailer) {
    header("[[retailer]]");
    pair("id", quoted(retailer.id));
    pair("name", quoted(retailer.name));
    pair("idtype", quoted(catalogue_.id_types[retailer.id_type].id));
    pair("ids", retailer.ids_global ? "\"global\"" : "\"market\"");
    if (retailer.only_if_named) pair("only_if_named", "true");
    if (!retailer.affiliate.empty()) pair("affiliate", quoted_list(retailer.affiliate));
    if (retailer.sensitive) pair("sensitive", "true");
    if (retailer.product_tags != 0) pair("product_tags", platform_list(retailer.product_tags));
    if (!retailer.short_hosts.empty()) pair("short", quoted_list(retailer.short_hosts));
    if (!retailer.template_sets.empty() && !retailer.template_sets[0].empty()) {
      pair("paths", paths_of(retailer.template_sets[0]));
    }
    if (!retailer.hits.empty()) {
      pair("hits", tall_list(retailer.hits, [](const UrlHit& hit) {
             return fmt::format("[{}, {}]", quoted(hit.url), quoted(hit.product_key));
           }));
    }
    if (!retailer.misses.empty()) pair("misses", tall_list(retailer.misses, quoted));
    if (retailer.markets.empty()) return;
    line("[retailer.markets]");
    for (std::size_t i = 0; i < retailer.markets.size(); ++i) {
      const Market& market = retailer.markets[i];
      std::string table = fmt::format("{{ hosts = {}", hosts_of(retailer, i, 0));
      if (!market.canonical.empty()) {
        table += fmt::format(", canonical = {}", quoted(market.canonical));
      }
      pair(market.id, table + " }");
    }
    render_also(retailer);
  }

  static MarketIndex market_of_set(const Retailer& retailer, std::size_t set) {
    for (const HostRule& rule : retailer.hosts) {
      if (rule.template_set == set) return rule.market;
    }
    return 0;
  }

  void render_also(const Retailer& retailer) {
    for (std::size_t set = 1; set < retailer.template_sets.size(); ++set) {
      const MarketIndex market = market_of_set(retailer, set);
      line("[[retailer.also]]");
      pair("market", quoted(retailer.markets[market].id));
      pair("hosts", hosts_of(retailer, market, set));
      pair("paths", paths_of(retailer.template_sets[set]));
    }
  }

  std::string scope_text(const RetailerScope& scope) const {
    const Retailer& retailer = catalogue_.retailers[scope.retailer];
    return quoted(scope.market ? retailer.id + ":" + retailer.markets[*scope.market].id
                               : retailer.id);
  }

  std::string product_text(const Campaign& campaign) const {
    if (campaign.product_source == ProductSource::kLink) {
      const std::string from = list_of(
          campaign.product_from, [&](const RetailerScope& scope) { return scope_text(scope); });
      std::vector<std::string> links;
      if (campaign.link_parent) links.emplace_back("parent");
      if (campaign.link_self) links.emplace_back("self");
      return fmt::format("{{ from = {}, link = {} }}", from, quoted_list(links));
    }
    const FixedProduct& product = *campaign.product;
    std::string out =
        fmt::format("{{ retailer = {}", quoted(catalogue_.retailers[product.retailer].id));
    if (!product.market.empty()) out += fmt::format(", market = {}", quoted(product.market));
    if (campaign.product_source == ProductSource::kItems) return out + " }";
    out += fmt::format(", id = {}", quoted(product.id));
    if (!product.price.empty()) {
      out += fmt::format(", price = {}, currency = {}", quoted(product.price),
                         quoted(product.currency));
    }
    return out + " }";
  }

  static std::string author_text(const AuthorRef& author) {
    return quoted(std::string(base::name(author.platform)) + ":" + author.id);
  }

  static std::string_view status_text(Status status) {
    switch (status) {
      case Status::kExperimental:
        return "\"experimental\"";
      case Status::kStable:
        return "\"stable\"";
      case Status::kDeprecated:
        return "\"deprecated\"";
    }
    return "\"experimental\"";
  }

  void render_campaign(const Campaign& campaign) {
    header("[[campaign]]");
    pair("id", quoted(campaign.id));
    pair("rev", fmt::to_string(campaign.rev));
    pair("status", status_text(campaign.status));
    pair("platforms", platform_list(campaign.platforms));
    render_trigger(campaign);
    pair("action", quoted(campaign.action));
    if (campaign.from) pair("from", base::format_rfc3339(*campaign.from));
    if (campaign.until) pair("until", base::format_rfc3339(*campaign.until));
    if (campaign.on_link.empty()) render_when(campaign);
    if (campaign.product_source != ProductSource::kNone) pair("product", product_text(campaign));
    if (campaign.refuse_other_markets) pair("other_markets", "\"refuse\"");
    if (!campaign.mentions.empty()) {
      pair("mention", list_of(campaign.mentions,
                              [](const std::string& handle) { return quoted("@" + handle); }));
    }
    if (!campaign.under.empty()) pair("under", list_of(campaign.under, author_text));
    if (campaign.duplicates == Duplicates::kAccumulate) pair("duplicates", "\"accumulate\"");
    if (campaign.duplicates == Duplicates::kMax) {
      pair("duplicates", fmt::format("\"max {}\"", campaign.duplicates_max));
    }
    if (campaign.quantity) pair("quantity", fmt::to_string(*campaign.quantity));
    if (campaign.waitlist) pair("waitlist", "true");
    if (!campaign.amount_currency.empty()) pair("amount", quoted(campaign.amount_currency));
    if (campaign.require_linked) pair("require_linked", "true");
    if (campaign.accept_protected) pair("protected_authors", "\"accept\"");
    if (campaign.sensitive) pair("sensitive", "true");
    render_ignored(campaign);
    pair("hits", tall_list(campaign.hits, quoted));
    if (!campaign.misses.empty()) pair("misses", tall_list(campaign.misses, quoted));
    if (campaign.confirm) render_confirm(*campaign.confirm);
    if (campaign.claim) render_claim(*campaign.claim);
    if (!campaign.items.empty()) render_items(campaign.items);
  }

  void render_claim(const ClaimRule& rule) {
    line("[campaign.claim]");
    if (!rule.words.empty()) pair("words", quoted_list(rule.words));
    pair("strict", rule.strict == Strictness::kFirst      ? "\"first\""
                   : rule.strict == Strictness::kContains ? "\"contains\""
                                                          : "\"only\"");
    if (rule.needs_quantity) pair("needs_quantity", "true");
    pair("next", quoted_list(rule.next_words));
    pair("pass", quoted_list(rule.pass_words));
    pair("questions", quoted_list(rule.question_words));
    pair("negations", quoted_list(rule.negations));
  }

  void render_items(const std::vector<OfferItem>& items) {
    line("[campaign.items]");
    for (const OfferItem& item : items) {
      std::string table = fmt::format("{{ id = {}", quoted(item.id));
      if (!item.price.empty()) {
        table +=
            fmt::format(", price = {}, currency = {}", quoted(item.price), quoted(item.currency));
      }
      if (!item.options.empty()) table += ", options = " + list_of(item.options, quoted_list);
      if (item.quantity) table += fmt::format(", quantity = {}", *item.quantity);
      pair(quoted(item.code), table + " }");
    }
  }

  void render_trigger(const Campaign& campaign) {
    if (!campaign.on_link.empty()) {
      pair("on_link", list_of(campaign.on_link, [&](RetailerIndex retailer) {
             return quoted(catalogue_.retailers[retailer].id);
           }));
    } else if (!campaign.emoji.empty()) {
      pair("emoji", quoted(campaign.emoji));
    } else if (campaign.claim) {
      return;  // a table of its own, after the keys
    } else if (campaign.tags.size() == 1) {
      pair("tag", quoted(campaign.tags.front()));
    } else {
      pair("tags", quoted_list(campaign.tags));
    }
  }

  void render_when(const Campaign& campaign) {
    std::vector<std::string> when;
    if (campaign.when_any) when.emplace_back("any");
    if (campaign.when_reply) when.emplace_back("reply");
    if (campaign.when_quote) when.emplace_back("quote");
    pair("when", quoted_list(when));
  }

  void render_ignored(const Campaign& campaign) {
    std::string authors;
    for (const std::string& handle : campaign.ignore_handles) {
      authors += (authors.empty() ? "" : ", ") + quoted("@" + handle);
    }
    for (const AuthorRef& author : campaign.ignore_ids) {
      authors += (authors.empty() ? "" : ", ") + author_text(author);
    }
    if (!authors.empty()) pair("ignore_authors", "[" + authors + "]");
  }

  void render_confirm(const Confirm& confirm) {
    line("[campaign.confirm]");
    pair("tag", quoted(confirm.tag));
    pair("within", quoted(duration_text(confirm.within_ms)));
    pair("clock", confirm.clock == ConfirmClock::kPrompt ? "\"prompt\"" : "\"open\"");
    if (!confirm.prompt_by.empty()) pair("prompt_by", list_of(confirm.prompt_by, author_text));
    if (confirm.remind_before_ms > 0) {
      pair("remind_before", quoted(duration_text(confirm.remind_before_ms)));
    }
  }

  const Catalogue& catalogue_;
  std::string out_;
};

}  // namespace

std::string resolved_text(const Catalogue& catalogue) { return Renderer(catalogue).render(); }

}  // namespace hashcart::catalogue
