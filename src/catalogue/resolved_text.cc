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

// Everything is appended to one text, which a catalogue of 100,000 campaigns makes 45 MB long.
class Renderer {
 public:
  explicit Renderer(const Catalogue& catalogue) : catalogue_(catalogue) {
    // About what they take; memory that is not written to costs nothing.
    out_.reserve(4096 + 512 * (catalogue.campaigns.size() + catalogue.retailers.size()));
  }

  std::string render() {
    put("format = 1\n");
    put("\n[catalogue]\n");
    text_pair("id", catalogue_.id);
    if (!catalogue_.version.empty()) text_pair("version", catalogue_.version);
    if (!catalogue_.owner.empty()) text_pair("owner", catalogue_.owner);
    render_limits();
    for (const IdType& type : catalogue_.id_types) render_id_type(type);
    for (const Retailer& retailer : catalogue_.retailers) render_retailer(retailer);
    for (const Campaign& campaign : catalogue_.campaigns) render_campaign(campaign);
    return std::move(out_);
  }

 private:
  // -------------------------------------------------------------- values

  template <typename... Texts>
  void put(const Texts&... texts) {
    (out_.append(std::string_view(texts)), ...);
  }

  void put_number(std::uint64_t number) { put(fmt::format_int(number).c_str()); }

  // The inside of a basic string.
  void put_escaped(std::string_view text) {
    std::size_t from = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
      const char c = text[at];
      const bool is_sign = c == '"' || c == '\\';
      const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == '\x7F';
      if (!is_sign && !is_control) continue;
      put(text.substr(from, at - from));
      from = at + 1;
      if (is_sign) {
        put("\\", text.substr(at, 1));
      } else {
        put(fmt::format("\\u{:04X}", static_cast<unsigned>(static_cast<unsigned char>(c))));
      }
    }
    put(text.substr(from));
  }

  // One basic string of all the parts.
  template <typename... Texts>
  void quote(const Texts&... texts) {
    put("\"");
    (put_escaped(texts), ...);
    put("\"");
  }

  // put_item(item) for each, in brackets.
  template <typename List, typename PutItem>
  void put_list(const List& items, PutItem put_item) {
    put("[");
    bool is_first = true;
    for (const auto& item : items) {
      if (!is_first) put(", ");
      is_first = false;
      put_item(item);
    }
    put("]");
  }

  void put_texts(const std::vector<std::string>& items) {
    put_list(items, [&](const std::string& item) { quote(item); });
  }

  // One item a line, for lists a person reads through.
  template <typename List, typename PutItem>
  void put_tall_list(const List& items, PutItem put_item) {
    put("[");
    for (const auto& item : items) {
      put("\n  ");
      put_item(item);
      put(",");
    }
    put("\n]");
  }

  void put_platforms(std::uint32_t bits) {
    put("[");
    bool is_first = true;
    for (std::size_t i = 0; i < base::kPlatformCount; ++i) {
      if (((bits >> i) & 1U) == 0) continue;
      if (!is_first) put(", ");
      is_first = false;
      quote(base::name(static_cast<base::Platform>(i)));
    }
    put("]");
  }

  void put_author(const AuthorRef& author) { quote(base::name(author.platform), ":", author.id); }

  void put_authors(const std::vector<AuthorRef>& authors) {
    put_list(authors, [&](const AuthorRef& author) { put_author(author); });
  }

  // -------------------------------------------------------------- lines

  // `value` as it stands.
  void pair(std::string_view key, std::string_view value) { put(key, " = ", value, "\n"); }

  void text_pair(std::string_view key, std::string_view text) {
    line(key, [&] { quote(text); });
  }

  void number_pair(std::string_view key, std::uint64_t number) {
    line(key, [&] { put_number(number); });
  }

  template <typename PutValue>
  void line(std::string_view key, PutValue put_value) {
    put(key, " = ");
    put_value();
    put("\n");
  }

  void texts_pair(std::string_view key, const std::vector<std::string>& texts) {
    line(key, [&] { put_texts(texts); });
  }

  void tall_pair(std::string_view key, const std::vector<std::string>& texts) {
    line(key, [&] { put_tall_list(texts, [&](const std::string& text) { quote(text); }); });
  }

  // -------------------------------------------------------------- limits, id types, retailers

  void render_limits() {
    const Limits& limits = catalogue_.limits;
    put("\n[limits]\n");
    text_pair("out_of_order", duration_text(limits.out_of_order_ms));
    text_pair("parent_wait", duration_text(limits.parent_wait_ms));
    text_pair("remember_links", duration_text(limits.remember_links_ms));
    text_pair("remember_seen", duration_text(limits.remember_seen_ms));
    text_pair("clock_jump_max", duration_text(limits.clock_jump_max_ms));
    number_pair("remember_posts", limits.remember_posts);
    number_pair("pending_max", limits.pending_max);
    number_pair("record_bytes_max", limits.record_bytes_max);
  }

  void render_id_type(const IdType& type) {
    put("\n[idtype.", type.id, "]\n");
    text_pair("match", type.pattern.text());
    if (type.fold != IdFold::kNone) {
      pair("fold", type.fold == IdFold::kUpper ? "\"upper\"" : "\"lower\"");
    }
    if (type.check == IdCheck::kIsbn10) pair("check", "\"isbn10\"");
  }

  void put_hosts(const Retailer& retailer, std::size_t market, std::size_t set) {
    put("[");
    bool is_first = true;
    for (const HostRule& rule : retailer.hosts) {
      if (rule.market != market || rule.template_set != set) continue;
      if (!is_first) put(", ");
      is_first = false;
      quote(rule.subdomains ? "*." : "", rule.host);
    }
    put("]");
  }

  void paths_pair(const std::vector<PathTemplate>& paths) {
    line("paths",
         [&] { put_tall_list(paths, [&](const PathTemplate& path) { quote(path.text); }); });
  }

  void render_retailer(const Retailer& retailer) {
    put("\n[[retailer]]\n");
    text_pair("id", retailer.id);
    text_pair("name", retailer.name);
    text_pair("idtype", catalogue_.id_types[retailer.id_type].id);
    pair("ids", retailer.ids_global ? "\"global\"" : "\"market\"");
    if (retailer.only_if_named) pair("only_if_named", "true");
    if (!retailer.affiliate.empty()) texts_pair("affiliate", retailer.affiliate);
    if (retailer.sensitive) pair("sensitive", "true");
    if (retailer.product_tags != 0) {
      line("product_tags", [&] { put_platforms(retailer.product_tags); });
    }
    if (!retailer.short_hosts.empty()) texts_pair("short", retailer.short_hosts);
    if (!retailer.template_sets.empty() && !retailer.template_sets[0].empty()) {
      paths_pair(retailer.template_sets[0]);
    }
    if (!retailer.hits.empty()) {
      line("hits", [&] {
        put_tall_list(retailer.hits, [&](const UrlHit& hit) {
          put("[");
          quote(hit.url);
          put(", ");
          quote(hit.product_key);
          put("]");
        });
      });
    }
    if (!retailer.misses.empty()) tall_pair("misses", retailer.misses);
    if (retailer.markets.empty()) return;
    put("[retailer.markets]\n");
    for (std::size_t i = 0; i < retailer.markets.size(); ++i) {
      const Market& market = retailer.markets[i];
      line(market.id, [&] {
        put("{ hosts = ");
        put_hosts(retailer, i, 0);
        if (!market.canonical.empty()) {
          put(", canonical = ");
          quote(market.canonical);
        }
        put(" }");
      });
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
      put("[[retailer.also]]\n");
      text_pair("market", retailer.markets[market].id);
      line("hosts", [&] { put_hosts(retailer, market, set); });
      paths_pair(retailer.template_sets[set]);
    }
  }

  // -------------------------------------------------------------- campaigns

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
    put("\n[[campaign]]\n");
    text_pair("id", campaign.id);
    number_pair("rev", campaign.rev);
    pair("status", status_text(campaign.status));
    line("platforms", [&] { put_platforms(campaign.platforms); });
    render_trigger(campaign);
    text_pair("action", campaign.action);
    if (campaign.from) pair("from", base::format_rfc3339(*campaign.from));
    if (campaign.until) pair("until", base::format_rfc3339(*campaign.until));
    if (campaign.on_link.empty()) render_when(campaign);
    if (campaign.product_source != ProductSource::kNone) {
      line("product", [&] { put_product(campaign); });
    }
    if (campaign.refuse_other_markets) pair("other_markets", "\"refuse\"");
    if (!campaign.mentions.empty()) {
      line("mention", [&] {
        put_list(campaign.mentions, [&](const std::string& handle) { quote("@", handle); });
      });
    }
    if (!campaign.under.empty()) line("under", [&] { put_authors(campaign.under); });
    if (campaign.duplicates == Duplicates::kAccumulate) pair("duplicates", "\"accumulate\"");
    if (campaign.duplicates == Duplicates::kMax) {
      line("duplicates", [&] {
        put("\"max ");
        put_number(campaign.duplicates_max);
        put("\"");
      });
    }
    if (campaign.quantity) number_pair("quantity", *campaign.quantity);
    if (campaign.waitlist) pair("waitlist", "true");
    if (!campaign.amount_currency.empty()) text_pair("amount", campaign.amount_currency);
    if (campaign.require_linked) pair("require_linked", "true");
    if (campaign.accept_protected) pair("protected_authors", "\"accept\"");
    if (campaign.sensitive) pair("sensitive", "true");
    render_ignored(campaign);
    tall_pair("hits", campaign.hits);
    if (!campaign.misses.empty()) tall_pair("misses", campaign.misses);
    if (campaign.confirm) render_confirm(*campaign.confirm);
    if (campaign.claim) render_claim(*campaign.claim);
    if (!campaign.items.empty()) render_items(campaign.items);
  }

  void put_scope(const RetailerScope& scope) {
    const Retailer& retailer = catalogue_.retailers[scope.retailer];
    if (scope.market) {
      quote(retailer.id, ":", retailer.markets[*scope.market].id);
    } else {
      quote(retailer.id);
    }
  }

  void put_product(const Campaign& campaign) {
    if (campaign.product_source == ProductSource::kLink) {
      put("{ from = ");
      put_list(campaign.product_from, [&](const RetailerScope& scope) { put_scope(scope); });
      const bool both = campaign.link_parent && campaign.link_self;
      put(", link = [", campaign.link_parent ? "\"parent\"" : "", both ? ", " : "",
          campaign.link_self ? "\"self\"" : "", "] }");
      return;
    }
    const FixedProduct& product = *campaign.product;
    put("{ retailer = ");
    quote(catalogue_.retailers[product.retailer].id);
    if (!product.market.empty()) {
      put(", market = ");
      quote(product.market);
    }
    if (campaign.product_source != ProductSource::kItems) {
      put(", id = ");
      quote(product.id);
      put_price(product.price, product.currency);
    }
    put(" }");
  }

  // As further keys of an inline table; nothing where there is none.
  void put_price(std::string_view price, std::string_view currency) {
    if (price.empty()) return;
    put(", price = ");
    quote(price);
    put(", currency = ");
    quote(currency);
  }

  void render_claim(const ClaimRule& rule) {
    put("[campaign.claim]\n");
    if (!rule.words.empty()) texts_pair("words", rule.words);
    pair("strict", rule.strict == Strictness::kFirst      ? "\"first\""
                   : rule.strict == Strictness::kContains ? "\"contains\""
                                                          : "\"only\"");
    if (rule.needs_quantity) pair("needs_quantity", "true");
    texts_pair("next", rule.next_words);
    texts_pair("pass", rule.pass_words);
    texts_pair("questions", rule.question_words);
    texts_pair("negations", rule.negations);
  }

  void render_items(const std::vector<OfferItem>& items) {
    put("[campaign.items]\n");
    for (const OfferItem& item : items) {
      quote(item.code);
      put(" = { id = ");
      quote(item.id);
      put_price(item.price, item.currency);
      if (!item.options.empty()) {
        put(", options = ");
        put_list(item.options, [&](const std::vector<std::string>& values) { put_texts(values); });
      }
      if (item.quantity) {
        put(", quantity = ");
        put_number(*item.quantity);
      }
      put(" }\n");
    }
  }

  void render_trigger(const Campaign& campaign) {
    if (!campaign.on_link.empty()) {
      line("on_link", [&] {
        put_list(campaign.on_link,
                 [&](RetailerIndex retailer) { quote(catalogue_.retailers[retailer].id); });
      });
    } else if (!campaign.emoji.empty()) {
      text_pair("emoji", campaign.emoji);
    } else if (campaign.claim) {
      return;  // a table of its own, after the keys
    } else if (campaign.tags.size() == 1) {
      text_pair("tag", campaign.tags.front());
    } else {
      texts_pair("tags", campaign.tags);
    }
  }

  void render_when(const Campaign& campaign) {
    std::string_view between;
    put("when = [");
    const auto add = [&](bool wanted, std::string_view word) {
      if (!wanted) return;
      put(between, word);
      between = ", ";
    };
    add(campaign.when_any, "\"any\"");
    add(campaign.when_reply, "\"reply\"");
    add(campaign.when_quote, "\"quote\"");
    put("]\n");
  }

  void render_ignored(const Campaign& campaign) {
    if (campaign.ignore_handles.empty() && campaign.ignore_ids.empty()) return;
    std::string_view between;
    put("ignore_authors = [");
    for (const std::string& handle : campaign.ignore_handles) {
      put(between);
      quote("@", handle);
      between = ", ";
    }
    for (const AuthorRef& author : campaign.ignore_ids) {
      put(between);
      put_author(author);
      between = ", ";
    }
    put("]\n");
  }

  void render_confirm(const Confirm& confirm) {
    put("[campaign.confirm]\n");
    text_pair("tag", confirm.tag);
    text_pair("within", duration_text(confirm.within_ms));
    pair("clock", confirm.clock == ConfirmClock::kPrompt ? "\"prompt\"" : "\"open\"");
    if (!confirm.prompt_by.empty()) line("prompt_by", [&] { put_authors(confirm.prompt_by); });
    if (confirm.remind_before_ms > 0) {
      text_pair("remind_before", duration_text(confirm.remind_before_ms));
    }
  }

  const Catalogue& catalogue_;
  std::string out_;
};

}  // namespace

std::string resolved_text(const Catalogue& catalogue) { return Renderer(catalogue).render(); }

}  // namespace hashcart::catalogue
