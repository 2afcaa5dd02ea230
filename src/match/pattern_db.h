// PatternDb: a catalogue made ready for matching. The slow part, done once.
//
// It holds what matching looks up: the scan of raw lines, the tags (as keys and by platform),
// literals for the scan of decoded text, retailer hosts with their templates, and authors with a
// role (bots that prompt, authors that are ignored).
//
// Threads: immutable after construction, shared by const reference.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/platform.h"
#include "catalogue/catalogue.h"
#include "match/claim_grammar.h"
#include "match/emoji_grammar.h"
#include "match/link_grammar.h"
#include "match/literal_set.h"
#include "match/raw_scan.h"
#include "match/tag_keys.h"

namespace hashcart::match {

// Kinds of literals in decoded text, behind kTagKind and kHostKind (raw_scan.h).
inline constexpr std::uint32_t kWordKind = 1U << 2U;
inline constexpr std::uint32_t kEmojiKind = 1U << 3U;

// A campaign of claims and how its comments are read.
struct ClaimUse {
  std::uint32_t campaign = 0;
  const ClaimGrammar* grammar = nullptr;
};

// A campaign on an emoji, given as bare_emoji().
struct EmojiUse {
  std::uint32_t campaign = 0;
  std::string emoji;
};

// One place a tag has in a campaign.
struct TagUse {
  std::uint32_t campaign = 0;
  std::uint16_t position = 0;  // into Campaign::tags; unused when is_confirm
  bool is_confirm = false;
  std::uint32_t platforms = 0;  // bit i: base::Platform i

  [[nodiscard]] bool on(base::Platform platform) const noexcept {
    return ((platforms >> static_cast<unsigned>(platform)) & 1U) != 0;
  }
};

class PatternDb {
 public:
  // catalogue: must outlive this. link_hosts: hosts of links whose expansions the user knows
  // (--links), lower-case. Throws base::SetupError.
  explicit PatternDb(const catalogue::Catalogue& catalogue,
                     const std::vector<std::string>& link_hosts = {});
  ~PatternDb();
  PatternDb(const PatternDb&) = delete;
  PatternDb& operator=(const PatternDb&) = delete;

  [[nodiscard]] const catalogue::Catalogue& catalogue() const noexcept { return catalogue_; }
  [[nodiscard]] const LinkTable& links() const noexcept { return links_; }
  // Words of claims, in text as fold_text() makes it; emoji, in text as it is. Few catalogues have
  // any.
  [[nodiscard]] const LiteralSet& text_literals() const noexcept { return text_literals_; }
  [[nodiscard]] bool has_claims() const noexcept;
  [[nodiscard]] const TagKeys& tag_keys() const noexcept { return tag_keys_; }
  [[nodiscard]] const RawScan& raw_scan() const noexcept { return raw_scan_; }
  // What the scans of lines and texts keep in memory.
  [[nodiscard]] std::size_t scan_bytes() const noexcept {
    return tag_keys_.bytes() + author_keys_.bytes() + raw_scan_.bytes() +
           text_literals_.compiled_bytes();
  }

  // Uses of a tag, given as fold_tag() of it for some platform; in catalogue order. Each says on
  // which platforms it is one.
  [[nodiscard]] std::span<const TagUse> tag_uses(std::string_view folded) const noexcept;
  // Campaigns for which a reply by this author is the prompt.
  [[nodiscard]] std::span<const std::uint32_t> prompts_by(base::Platform platform,
                                                          std::string_view author) const noexcept;
  [[nodiscard]] bool has_prompts() const noexcept;
  // Whether `match` looks for a retailer's links: not where it is only_if_named and no campaign
  // names it. Then its hosts are in neither set of literals.
  [[nodiscard]] bool watches(catalogue::RetailerIndex retailer) const noexcept;
  // Campaigns with on_link, on any platform, in catalogue order.
  [[nodiscard]] std::span<const std::uint32_t> offer_campaigns() const noexcept;
  // Campaigns of claims: those under anyone's posts, and those under posts of one author alone.
  [[nodiscard]] std::span<const ClaimUse> claims_anywhere(base::Platform platform) const noexcept;
  [[nodiscard]] std::span<const ClaimUse> claims_under(base::Platform platform,
                                                       std::string_view author) const noexcept;
  [[nodiscard]] std::span<const EmojiUse> emoji() const noexcept;
  // The product that a platform's product tag names, where the catalogue has a retailer for them.
  [[nodiscard]] std::optional<ProductRef> tagged_product(base::Platform platform,
                                                         std::string_view id) const noexcept;
  // Whether a campaign ignores an author. handle may be empty, with or without '@', in any case.
  [[nodiscard]] bool ignores(std::uint32_t campaign, base::Platform platform,
                             std::string_view author, std::string_view handle) const noexcept;

 private:
  struct Impl;

  [[nodiscard]] static std::unique_ptr<Impl> make_impl(const catalogue::Catalogue& catalogue);
  void add_claim(std::uint32_t index);

  const catalogue::Catalogue& catalogue_;
  std::unique_ptr<Impl> impl_;
  LinkTable links_;
  TagKeys tag_keys_;
  TagKeys author_keys_;  // of many authors; empty where they are few
  RawScan raw_scan_;
  LiteralSet text_literals_;
};

// A tag's text without its sign: `AmazonCart` of `#AmazonCart` or `＃AmazonCart`, `topic` of
// `#topic#`.
[[nodiscard]] std::string_view without_sign(std::string_view tag) noexcept;

}  // namespace hashcart::match
