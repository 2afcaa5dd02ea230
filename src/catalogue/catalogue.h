// The catalogue: which tags and links mean what. Immutable once loaded; shared by const reference
// between threads.
//
// A loader (catalogue_loader.h) makes it from TOML and reports every fault before this type exists,
// so the data plane may rely on the invariants noted at each field and never checks them again.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/event_time.h"
#include "base/platform.h"
#include "catalogue/id_pattern.h"
#include "catalogue/path_template.h"

namespace hashcart::catalogue {

// Where something stands in a catalogue file; for messages and `explain`. Lines and columns count
// from 1, columns in characters as an editor shows them.
struct SourcePosition {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

// Where a text stands in the file of the entry that holds it; for messages.
struct TextPlace {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t length = 1;  // characters
};

// `[limits]`: they alone size the tables of the resolver, so output never depends on the machine.
// Durations are event time.
struct Limits {
  std::int64_t out_of_order_ms = 10'000;
  std::int64_t parent_wait_ms = 120'000;
  std::int64_t remember_links_ms = 72LL * 3'600'000;
  std::int64_t remember_seen_ms = 24LL * 3'600'000;
  std::int64_t clock_jump_max_ms = 3'600'000;
  std::uint64_t remember_posts = 1'000'000;
  std::uint64_t pending_max = 1'000'000;
  std::uint64_t record_bytes_max = 8ULL << 20U;
};

enum class IdFold : std::uint8_t { kNone, kUpper, kLower };

enum class IdCheck : std::uint8_t { kNone, kIsbn10 };

struct IdType {
  std::string id;  // "asin"
  IdPattern pattern;
  IdFold fold = IdFold::kNone;
  IdCheck check = IdCheck::kNone;
  SourcePosition where;

  // Whether an id, folded already, is one of this type.
  [[nodiscard]] bool accepts(std::string_view folded) const noexcept {
    return pattern.matches(folded) && (check == IdCheck::kNone || passes_isbn10(folded));
  }
};

using RetailerIndex = std::uint16_t;
using MarketIndex = std::uint16_t;  // into Retailer::markets
using CampaignIndex = std::uint32_t;

struct Market {
  std::string id;         // "US"
  std::string canonical;  // "https://www.amazon.com/dp/{id}"; empty: none
};

// A host and the templates that apply on it. `host` is lower-case ASCII without a trailing dot.
struct HostRule {
  std::string host;
  bool subdomains = false;  // written "*.host": any subdomain, and not the host itself
  MarketIndex market = 0;
  std::uint16_t template_set = 0;  // into Retailer::template_sets
};

struct UrlHit {
  std::string url;
  std::string product_key;  // "amazon:US:asin:B00EXAMPL1"
};

struct Retailer {
  std::string id;             // "amazon"; unique
  std::string name;           // "Amazon"; the id where the file gives none
  std::uint16_t id_type = 0;  // into Catalogue::id_types
  bool ids_global = false;    // ids = "global": the key's space is "*", else the market
  // Its links name products for `link` and `extract`; `match` looks for them only where a campaign
  // names the retailer (PatternDb::watches). For links that are in everybody's posts.
  bool only_if_named = false;
  bool sensitive = false;  // as Campaign::sensitive, for whatever names its products
  // Bit i: product tags of base::Platform i name its products.
  std::uint32_t product_tags = 0;
  std::vector<Market> markets;
  std::vector<HostRule> hosts;                           // empty: sold by tag alone
  std::vector<std::string> short_hosts;                  // lower-case ASCII, matched whole
  std::vector<std::vector<PathTemplate>> template_sets;  // set 0 is the retailer's own `paths`
  // Query keys whose value says who is paid for a link, best first; lower-case.
  std::vector<std::string> affiliate;
  std::vector<UrlHit> hits;
  std::vector<std::string> misses;
  std::vector<TextPlace> hit_places;  // one for each of `hits`
  std::vector<TextPlace> miss_places;
  SourcePosition where;
};

enum class Status : std::uint8_t { kExperimental, kStable, kDeprecated };

enum class ProductSource : std::uint8_t {
  kNone,      // on_link campaigns: the link is the product
  kLink,      // from the parent's (or one's own) product link
  kCampaign,  // the tag names the product
  kItems,     // the claim names one of the campaign's items
};

// A retailer and market a campaign takes products from; no market means any.
struct RetailerScope {
  RetailerIndex retailer = 0;
  std::optional<MarketIndex> market;
};

struct FixedProduct {
  RetailerIndex retailer = 0;
  // may name a market without hosts ("US" of a retailer sold by tag alone); empty: none
  std::string market;
  std::string id;
  std::string price;     // decimal string; empty: none
  std::string currency;  // empty: none
};

// How much of a claim's text must be the claim (SHOPLINE's levels; Claimbase's is kContains).
enum class Strictness : std::uint8_t {
  kFirst,     // it begins the text; what follows may say more
  kContains,  // it stands anywhere, as whole words
  kOnly,      // nothing else is said
};

inline constexpr std::size_t kOptionsMax = 4;  // of an item: colour, size, ...
inline constexpr std::size_t kItemsMax = 10'000;

// A thing on sale in a campaign of claims: `AA = { id = "dress-17", options = [["blue", "red"]] }`.
struct OfferItem {
  std::string code;   // "AA", as people write it; compared folded
  std::string id;     // of Campaign::product's retailer and market
  std::string price;  // empty: none
  std::string currency;
  // One value of each must be named. Values are one or more words.
  std::vector<std::vector<std::string>> options;
  std::optional<std::uint64_t> quantity;  // how many there are
};

// `[campaign.claim]`: buying by comment, "SOLD AA 10 blue small".
struct ClaimRule {
  std::vector<std::string> words;  // "sold", "mine"; empty: an item's code is the claim
  Strictness strict = Strictness::kFirst;
  bool needs_quantity = false;
  std::vector<std::string> next_words;      // after the word: stand in line ("sold next")
  std::vector<std::string> pass_words;      // alone: take the last claim back
  std::vector<std::string> question_words;  // a claim with one of them, or with '?', is none
  std::vector<std::string> negations;       // before the claim or right after its word: it is none
};

// What a second post of one author for the same thing is.
enum class Duplicates : std::uint8_t {
  kIdempotent,  // `duplicate`
  kAccumulate,  // one more
  kMax,         // one more, up to duplicates_max pieces by this campaign
};

enum class ConfirmClock : std::uint8_t { kPrompt, kOpen };

struct AuthorRef {
  base::Platform platform = base::Platform::kX;
  std::string id;
};

struct Confirm {
  std::string tag;  // as written, with its sign
  TextPlace tag_place;
  std::int64_t within_ms = 0;
  ConfirmClock clock = ConfirmClock::kOpen;
  std::vector<AuthorRef> prompt_by;
  std::int64_t remind_before_ms = 0;  // 0: no reminder; always < within_ms
};

struct Campaign {
  std::string id;  // [a-z0-9-]{1,64}; unique over all files
  std::uint32_t rev = 1;
  Status status = Status::kExperimental;
  // All required in one post; as written with their sign ("#AmazonCart", Weibo "#topic#"). Empty
  // for on_link.
  std::vector<std::string> tags;
  std::vector<RetailerIndex> on_link;
  std::string emoji;               // the trigger, without variation selectors; empty: none
  std::optional<ClaimRule> claim;  // the trigger
  // With `#tag`, emoji or claim: one of these must be mentioned in the post. Folded to lower-case,
  // without @.
  std::vector<std::string> mentions;
  // Only replies to posts of these authors; empty: of anyone.
  std::vector<AuthorRef> under;
  std::uint32_t platforms = 0;             // bit i: base::Platform i; never 0
  std::string action;                      // "cart.add"
  std::optional<base::EventTimeMs> from;   // inclusive
  std::optional<base::EventTimeMs> until;  // inclusive
  bool when_any = false;                   // any post that is not a repost
  bool when_reply = false;                 // the post must be a reply; its parent holds the product
  bool when_quote = false;                 // a quote counts as a reply to the quoted post
  ProductSource product_source = ProductSource::kNone;
  std::vector<RetailerScope> product_from;  // kLink: whose products; never empty
  bool link_parent = true;
  bool link_self = false;
  bool refuse_other_markets = false;  // other_markets = "refuse"
  // kCampaign: always set. kItems: always set, its id, price and currency are the item's.
  std::optional<FixedProduct> product;
  std::vector<OfferItem> items;  // kItems: never empty; in code order
  Duplicates duplicates = Duplicates::kIdempotent;
  std::uint64_t duplicates_max = 0;       // kMax: at least 1
  std::optional<std::uint64_t> quantity;  // how many pieces there are, of items that do not say so
  bool waitlist = false;                  // what is sold out is waited for
  std::optional<Confirm> confirm;         // two steps
  bool require_linked = false;
  // Records carry the amount of money the post names in this currency; empty: they do not.
  std::string amount_currency;
  bool accept_protected = false;  // protected_authors = "accept"
  bool sensitive = false;         // records are flagged: nothing of them is for the public
  std::vector<std::string> ignore_handles;  // folded to lower-case, without @
  std::vector<AuthorRef> ignore_ids;
  std::vector<std::string> hits;
  std::vector<std::string> misses;
  std::vector<TextPlace> tag_places;  // one for each of `tags`
  std::vector<TextPlace> hit_places;  // one for each of `hits`
  std::vector<TextPlace> miss_places;
  SourcePosition where;
  SourcePosition tag_where;

  // Whether its texts are looked at for words, not for tags or links.
  [[nodiscard]] bool on_words() const noexcept { return !emoji.empty() || claim.has_value(); }
  [[nodiscard]] bool on(base::Platform platform) const noexcept {
    return ((platforms >> static_cast<unsigned>(platform)) & 1U) != 0;
  }
};

// A `[[test]]` block: posts in (NDJSON), records expected (NDJSON, each a subset match, in order).
struct StreamTest {
  std::string name;
  std::string posts;
  std::string expect;
  SourcePosition where;
};

struct Catalogue {
  std::string id = "default";
  std::string version;
  std::string owner;
  // SHA-256, as 64 hex digits, of the resolved catalogue: of `resolved`, the canonical rendering
  // that `hashcart catalogue show` prints. Set by the application, because only `emit` owns a hash
  // library.
  std::string sha256;
  std::string resolved;
  Limits limits;
  std::vector<IdType> id_types;
  std::vector<Retailer> retailers;
  std::vector<Campaign> campaigns;
  std::vector<StreamTest> tests;
  std::vector<std::string> files;
};

}  // namespace hashcart::catalogue
