#include "match/pattern_db.h"

#include <algorithm>
#include <array>
#include <boost/container/small_vector.hpp>
#include <set>
#include <utility>

#include "base/utf8.h"
#include "match/hashtag_grammar.h"
#include "match/redirectors.h"
#include "match/signal.h"
#include "match/tag_chars.h"
#include "match/text_map.h"
#include "post/telling_keys.h"

namespace hashcart::match {
namespace {

using base::Platform;

// By retailer: whether `match` looks for its links.
std::vector<bool> watched_of(const catalogue::Catalogue& catalogue) {
  std::vector<bool> watched(catalogue.retailers.size());
  for (std::size_t i = 0; i < watched.size(); ++i) {
    watched[i] = !catalogue.retailers[i].only_if_named;
  }
  for (const catalogue::Campaign& campaign : catalogue.campaigns) {
    for (const catalogue::RetailerIndex retailer : campaign.on_link) watched[retailer] = true;
    for (const catalogue::RetailerScope& scope : campaign.product_from) {
      watched[scope.retailer] = true;
    }
    if (campaign.product) watched[campaign.product->retailer] = true;
  }
  return watched;
}

// Hosts without which no link names a product: those of retailers that `match` looks for, their
// short links, and of buying agents, which name a product without its retailer's host.
std::set<std::string> hosts_of(const catalogue::Catalogue& catalogue) {
  std::set<std::string> hosts;
  const std::vector<bool> watched = watched_of(catalogue);
  for (std::size_t i = 0; i < watched.size(); ++i) {
    if (!watched[i]) continue;
    const catalogue::Retailer& retailer = catalogue.retailers[i];
    for (const catalogue::HostRule& rule : retailer.hosts) hosts.insert(rule.host);
    hosts.insert(retailer.short_hosts.begin(), retailer.short_hosts.end());
  }
  for (const std::string_view host : composing_hosts()) hosts.emplace(host);
  return hosts;
}

// Folded words without one of which no campaign of claims says anything; emoji as the fold has
// their beginning.
std::set<std::string> words_of(const catalogue::Catalogue& catalogue, bool anywhere_only) {
  std::set<std::string> words;
  for (const catalogue::Campaign& campaign : catalogue.campaigns) {
    // Where an author or a mention must stand in the line as well, that tells enough.
    if (anywhere_only && !(campaign.under.empty() && campaign.mentions.empty())) continue;
    if (campaign.claim) {
      for (const std::string& word : ClaimGrammar(campaign).telling_words()) {
        words.insert(word);
        // Mastodon's fold of a text drops marks that the word has.
        std::string folded;
        fold_tag(word, Platform::kMastodon, &folded);
        if (!folded.empty()) words.insert(std::move(folded));
      }
    }
  }
  return words;
}

// What the scan of decoded text looks for. It proposes; the grammars decide.
std::vector<Literal> text_literals(const catalogue::Catalogue& catalogue) {
  std::set<std::string_view> emoji;
  for (const catalogue::Campaign& campaign : catalogue.campaigns) {
    if (campaign.emoji.empty()) continue;
    const std::string_view text = campaign.emoji;
    emoji.insert(text.substr(0, base::decode_at(text, 0).size));
  }
  std::vector<Literal> out;
  for (const std::string& word : words_of(catalogue, false)) out.push_back({word, 2, true});
  for (const std::string_view one : emoji) out.push_back({std::string(one), 3, false});
  return out;
}

// Authors whose posts may say something without a tag or link.
std::vector<const catalogue::AuthorRef*> telling_authors(const catalogue::Catalogue& catalogue) {
  std::vector<const catalogue::AuthorRef*> authors;
  const auto add = [&](const std::vector<catalogue::AuthorRef>& refs) {
    for (const catalogue::AuthorRef& one : refs) authors.push_back(&one);
  };
  for (const catalogue::Campaign& campaign : catalogue.campaigns) {
    if (campaign.confirm) add(campaign.confirm->prompt_by);
    if (campaign.on_words()) add(campaign.under);
  }
  return authors;
}

// Of [0-9A-Za-z_], the first of several; what ends in '_' is as long as without.
std::string_view longest_run(std::string_view id) {
  std::string_view longest;
  for (std::size_t at = 0; at < id.size();) {
    std::size_t end = at;
    while (end < id.size() &&
           (is_ascii_alnum(static_cast<unsigned char>(id[end])) || id[end] == '_'))
      ++end;
    std::string_view run = id.substr(at, end - at);
    while (run.ends_with('_')) run.remove_suffix(1);
    if (run.size() > longest.size()) longest = run;
    at = end + 1;
  }
  return longest;
}

// Each id more, looked for anywhere, makes more places hits.
constexpr std::size_t kIdsAnywhereMax = 32;

// Whether an author is looked for in certain fields alone.
bool is_in_fields(const catalogue::AuthorRef& author) {
  return !post::author_fields(author.platform).empty() && !author.id.starts_with('@') &&
         !longest_run(author.id).empty();
}

// The keys of authors that are looked for in fields: none, unless they are many.
std::vector<std::string_view> author_runs(const catalogue::Catalogue& catalogue) {
  std::vector<std::string_view> runs;
  for (const catalogue::AuthorRef* author : telling_authors(catalogue)) {
    if (is_in_fields(*author)) runs.push_back(longest_run(author->id));
  }
  std::sort(runs.begin(), runs.end());
  runs.erase(std::unique(runs.begin(), runs.end()), runs.end());
  if (runs.size() <= kIdsAnywhereMax) runs.clear();
  return runs;
}

// The keys of R(line).
ScanKeys scan_keys(const catalogue::Catalogue& catalogue,
                   const std::vector<std::string>& link_hosts, const TagKeys& tags,
                   const TagKeys& authors) {
  ScanKeys keys;
  keys.tags = &tags;
  keys.authors = &authors;
  std::set<std::string> hosts = hosts_of(catalogue);
  hosts.insert(link_hosts.begin(), link_hosts.end());
  keys.hosts.assign(hosts.begin(), hosts.end());
  const std::set<std::string> words = words_of(catalogue, true);
  keys.words.assign(words.begin(), words.end());
  std::set<std::string> ids;
  std::set<std::string_view> fields;
  for (const catalogue::AuthorRef* author : telling_authors(catalogue)) {
    if (authors.empty() || !is_in_fields(*author)) {
      ids.insert(author->id);
      continue;
    }
    const auto of_platform = post::author_fields(author->platform);
    fields.insert(of_platform.begin(), of_platform.end());
    fields.insert(post::kSimpleAuthorFields.begin(), post::kSimpleAuthorFields.end());
  }
  keys.author_fields.assign(fields.begin(), fields.end());
  for (const catalogue::Campaign& campaign : catalogue.campaigns) {
    if (!campaign.on_words() || !campaign.under.empty()) continue;
    if (!campaign.mentions.empty()) {
      // Mastodon's HTML shows no host.
      for (const std::string& handle : campaign.mentions) {
        const std::string_view name = std::string_view(handle).substr(0, handle.find('@'));
        if (base::is_ascii(name)) {
          ids.emplace(name);
        } else {
          keys.words.emplace_back(name);
        }
      }
    } else if (!campaign.emoji.empty()) {
      keys.words.push_back(bare_emoji(campaign.emoji));
    }
  }
  keys.ids.assign(ids.begin(), ids.end());
  keys.product_tags =
      std::any_of(catalogue.retailers.begin(), catalogue.retailers.end(),
                  [](const catalogue::Retailer& one) { return one.product_tags != 0; });
  return keys;
}

}  // namespace

std::string_view without_sign(std::string_view tag) noexcept {
  static constexpr std::string_view kWide = "\xEF\xBC\x83";
  const auto drop_front = [&]() {
    if (tag.starts_with('#')) {
      tag.remove_prefix(1);
      return true;
    }
    if (tag.starts_with(kWide)) {
      tag.remove_prefix(kWide.size());
      return true;
    }
    return false;
  };
  if (!drop_front()) return tag;
  if (tag.ends_with('#')) {
    tag.remove_suffix(1);
  } else if (tag.ends_with(kWide)) {
    tag.remove_suffix(kWide.size());
  }
  return tag;
}

namespace {
constexpr std::uint16_t kNoRetailer = 0xFFFF;

std::size_t index_of(Platform platform) noexcept { return static_cast<std::size_t>(platform); }
}  // namespace

struct PatternDb::Impl {
  // By fold_tag() of them; nearly all are of one campaign.
  TextMap<boost::container::small_vector<TagUse, 1>> tags;
  // By author, on each platform.
  std::array<TextMap<std::vector<std::uint32_t>>, base::kPlatformCount> prompts;
  bool has_prompts = false;
  std::vector<std::uint32_t> offers;
  std::vector<bool> watched;  // by retailer
  std::vector<EmojiUse> emoji;
  std::array<std::vector<ClaimUse>, base::kPlatformCount> claims;  // under nobody in particular
  std::array<TextMap<std::vector<ClaimUse>>, base::kPlatformCount> claims_under;  // by author
  std::array<std::uint16_t, base::kPlatformCount> tag_retailers{};
  std::vector<std::unique_ptr<const ClaimGrammar>> grammars;
};

// The tags of all campaigns. Folds differ between Mastodon and all others only (tag_fold.cc), and
// seldom then.
std::unique_ptr<PatternDb::Impl> PatternDb::make_impl(const catalogue::Catalogue& catalogue) {
  constexpr std::uint32_t kMastodon = 1U << static_cast<unsigned>(Platform::kMastodon);
  auto impl = std::make_unique<Impl>();
  impl->tags.reserve(catalogue.campaigns.size());
  std::string folded;
  std::string folded_there;
  for (std::uint32_t index = 0; index < catalogue.campaigns.size(); ++index) {
    const catalogue::Campaign& campaign = catalogue.campaigns[index];
    const auto add = [&](std::string_view tag, std::size_t position) {
      TagUse use{.campaign = index,
                 .position = static_cast<std::uint16_t>(position),
                 .is_confirm = position == campaign.tags.size(),
                 .platforms = campaign.platforms};
      fold_tag(without_sign(tag), Platform::kX, &folded);
      fold_tag(without_sign(tag), Platform::kMastodon, &folded_there);
      if (folded == folded_there) {
        impl->tags[folded].push_back(use);
        return;
      }
      for (const bool there : {false, true}) {
        use.platforms = campaign.platforms & (there ? kMastodon : ~kMastodon);
        if (use.platforms != 0) impl->tags[there ? folded_there : folded].push_back(use);
      }
    };
    for (std::size_t i = 0; i < campaign.tags.size(); ++i) add(campaign.tags[i], i);
    if (campaign.confirm) add(campaign.confirm->tag, campaign.tags.size());
  }
  return impl;
}

PatternDb::PatternDb(const catalogue::Catalogue& catalogue,
                     const std::vector<std::string>& link_hosts)
    : catalogue_(catalogue),
      impl_(make_impl(catalogue)),
      links_(catalogue),
      tag_keys_([&] {
        std::vector<std::string_view> folded;
        folded.reserve(impl_->tags.size());
        for (const auto& [tag, uses] : impl_->tags) folded.emplace_back(tag);
        return TagKeys(folded);
      }()),
      author_keys_(author_runs(catalogue)),
      raw_scan_(scan_keys(catalogue, link_hosts, tag_keys_, author_keys_)),
      text_literals_(match::text_literals(catalogue)) {
  impl_->watched = watched_of(catalogue);
  impl_->tag_retailers.fill(kNoRetailer);
  for (std::uint16_t index = 0; index < catalogue.retailers.size(); ++index) {
    for (std::size_t i = 0; i < base::kPlatformCount; ++i) {
      const bool names = ((catalogue.retailers[index].product_tags >> i) & 1U) != 0;
      if (names && impl_->tag_retailers[i] == kNoRetailer) impl_->tag_retailers[i] = index;
    }
  }
  for (std::uint32_t index = 0; index < catalogue.campaigns.size(); ++index) {
    const catalogue::Campaign& campaign = catalogue.campaigns[index];
    if (!campaign.on_link.empty()) impl_->offers.push_back(index);
    if (!campaign.emoji.empty()) impl_->emoji.push_back({index, bare_emoji(campaign.emoji)});
    if (campaign.claim) add_claim(index);
    if (!campaign.confirm) continue;
    for (const catalogue::AuthorRef& author : campaign.confirm->prompt_by) {
      if (!campaign.on(author.platform)) continue;
      std::vector<std::uint32_t>& list = impl_->prompts[index_of(author.platform)][author.id];
      if (list.empty() || list.back() != index) list.push_back(index);
      impl_->has_prompts = true;
    }
  }
}

PatternDb::~PatternDb() = default;

void PatternDb::add_claim(std::uint32_t index) {
  const catalogue::Campaign& campaign = catalogue_.campaigns[index];
  impl_->grammars.push_back(std::make_unique<const ClaimGrammar>(campaign));
  const ClaimUse use{index, impl_->grammars.back().get()};
  for (const catalogue::AuthorRef& author : campaign.under) {
    if (campaign.on(author.platform)) {
      impl_->claims_under[index_of(author.platform)][author.id].push_back(use);
    }
  }
  if (!campaign.under.empty()) return;
  for (std::size_t i = 0; i < base::kPlatformCount; ++i) {
    if (campaign.on(static_cast<Platform>(i))) impl_->claims[i].push_back(use);
  }
}

std::span<const ClaimUse> PatternDb::claims_anywhere(Platform platform) const noexcept {
  return impl_->claims[index_of(platform)];
}

std::span<const ClaimUse> PatternDb::claims_under(Platform platform,
                                                  std::string_view author) const noexcept {
  if (author.empty()) return {};
  const auto& claims = impl_->claims_under[index_of(platform)];
  const auto found = claims.find(author);
  if (found == claims.end()) return {};
  return found->second;
}

bool PatternDb::has_claims() const noexcept { return !impl_->grammars.empty(); }

std::span<const EmojiUse> PatternDb::emoji() const noexcept { return impl_->emoji; }

std::optional<ProductRef> PatternDb::tagged_product(Platform platform,
                                                    std::string_view id) const noexcept {
  const std::uint16_t index = impl_->tag_retailers[index_of(platform)];
  if (index == kNoRetailer) return std::nullopt;
  if (!catalogue_.id_types[catalogue_.retailers[index].id_type].pattern.matches(id)) {
    return std::nullopt;
  }
  return ProductRef{index, kNoMarket, id};
}

std::span<const TagUse> PatternDb::tag_uses(std::string_view folded) const noexcept {
  const auto found = impl_->tags.find(folded);
  if (found == impl_->tags.end()) return {};
  return found->second;
}

std::span<const std::uint32_t> PatternDb::prompts_by(Platform platform,
                                                     std::string_view author) const noexcept {
  const auto& prompts = impl_->prompts[index_of(platform)];
  const auto found = prompts.find(author);
  if (found == prompts.end()) return {};
  return found->second;
}

bool PatternDb::has_prompts() const noexcept { return impl_->has_prompts; }

bool PatternDb::watches(catalogue::RetailerIndex retailer) const noexcept {
  return impl_->watched[retailer];
}

std::span<const std::uint32_t> PatternDb::offer_campaigns() const noexcept { return impl_->offers; }

bool PatternDb::ignores(std::uint32_t campaign_index, Platform platform, std::string_view author,
                        std::string_view handle) const noexcept {
  const catalogue::Campaign& campaign = catalogue_.campaigns[campaign_index];
  const auto same_author = [&](const catalogue::AuthorRef& ref) {
    return ref.platform == platform && ref.id == author;
  };
  if (std::any_of(campaign.ignore_ids.begin(), campaign.ignore_ids.end(), same_author)) return true;
  if (campaign.confirm && std::any_of(campaign.confirm->prompt_by.begin(),
                                      campaign.confirm->prompt_by.end(), same_author)) {
    return true;
  }
  if (handle.starts_with('@')) handle.remove_prefix(1);
  if (handle.empty()) return false;
  return std::any_of(campaign.ignore_handles.begin(), campaign.ignore_handles.end(),
                     [&](const std::string& ignored) {
                       return ignored.size() == handle.size() &&
                              std::equal(handle.begin(), handle.end(), ignored.begin(),
                                         [](char a, char b) { return base::ascii_lower(a) == b; });
                     });
}

}  // namespace hashcart::match
