// CartIntent and Outcome: what the resolver says.
//
// Every trigger ends in exactly one Outcome; an outcome may come with one or more records
// (CartIntent), and timers and deletes make records of their own. Views die when the call that
// hands them over returns.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/event_time.h"
#include "base/platform.h"
#include "match/signal.h"

namespace hashcart::intent {

enum class RecordType : std::uint8_t {
  kOfferSeen,
  kCreated,
  kPending,
  kReminder,
  kConfirmed,
  kExpired,
  kRetracted,
  kQueued,
};

inline constexpr std::size_t kRecordTypeCount = 8;
inline constexpr std::array<std::string_view, kRecordTypeCount> kRecordTypeNames = {
    "offer.seen",       "intent.created", "intent.pending",   "intent.reminder",
    "intent.confirmed", "intent.expired", "intent.retracted", "intent.queued"};

[[nodiscard]] constexpr std::string_view name(RecordType type) noexcept {
  return kRecordTypeNames[static_cast<std::size_t>(type)];
}

// Why a trigger did or did not become an intent. For one that did not, the first that applies, in
// this order.
enum class OutcomeCode : std::uint8_t {
  kRedelivered,
  kRetracted,
  kRepost,
  kCampaignClosed,
  kNotAClaim,  // a question, a negation or an impossible quantity
  kIgnoredAuthor,
  kProtected,
  kNotLinked,
  kQuote,
  kNoParent,
  kNotAReply,
  kOwnPost,
  kParentDeleted,
  kParentUnknown,
  kIncomplete,
  kNoProductLink,
  kUnresolvedShortLink,
  kOtherRetailer,
  kAmbiguous,
  kNeedsItem,     // a claim that names none of several items
  kNeedsVariant,  // a claim without one value of each option
  kDuplicate,
  kSoldOut,
  kAlreadyPending,
  kNoPending,
  kAlreadyConfirmed,
  kConfirmLate,
  kLate,
  kEvicted,
  kNothingToCancel,
  kOffer,
  kIntent,
  kQueued,
  kCancelled,
  kPending,
  kConfirmed,
};

inline constexpr std::size_t kOutcomeCount = 36;
inline constexpr std::array<std::string_view, kOutcomeCount> kOutcomeNames = {
    "redelivered",
    "retracted",
    "repost",
    "campaign_closed",
    "not_a_claim",
    "ignored_author",
    "protected",
    "not_linked",
    "quote",
    "no_parent",
    "not_a_reply",
    "own_post",
    "parent_deleted",
    "parent_unknown",
    "incomplete",
    "no_product_link",
    "unresolved_short_link",
    "other_retailer",
    "ambiguous",
    "needs_item",
    "needs_variant",
    "duplicate",
    "sold_out",
    "already_pending",
    "no_pending",
    "already_confirmed",
    "confirm_late",
    "late",
    "evicted",
    "nothing_to_cancel",
    "offer",
    "intent",
    "queued",
    "cancelled",
    "pending",
    "confirmed"};

[[nodiscard]] constexpr std::string_view name(OutcomeCode code) noexcept {
  return kOutcomeNames[static_cast<std::size_t>(code)];
}

// A retailer's product; `market` is the link's market, also where the retailer's ids are global.
struct Product {
  std::uint16_t retailer = 0;
  std::uint16_t market = 0;       // into Retailer::markets, unless fixed_market is set
  std::string_view fixed_market;  // a campaign's own product may name a market without hosts
  std::string_view id;
  // Who is paid for the link that gave the product (match::ProductRef); empty: no one, or a
  // campaign's own product. Of several links to one product the first one's stands.
  std::string_view affiliate = {};
};

// Whose link gave the product.
enum class ProductFrom : std::uint8_t { kParent, kSelf, kCampaign };

enum class EvidenceRole : std::uint8_t { kOpen, kConfirm, kParent, kSelf, kPass };

struct EvidencePiece {
  EvidenceRole role = EvidenceRole::kOpen;
  std::string_view post_id;
  match::Evidence what;
};

struct CartIntent {
  RecordType type = RecordType::kCreated;
  base::Platform platform = base::Platform::kOther;
  base::EventTimeMs time = 0;
  std::uint32_t campaign = 0;

  std::string_view opening_id;  // first id of the opening post's edit chain: part of the key
  base::EventTimeMs opened_at = 0;
  std::optional<base::EventTimeMs> deadline;
  std::uint32_t step = 1;
  std::uint32_t steps = 1;

  std::string_view author_id;
  std::string_view author_handle;
  std::string_view account;

  Product product;
  ProductFrom from = ProductFrom::kCampaign;

  // Of a claim: the item and the value chosen of each of its options.
  std::uint16_t item = match::kNoItem;
  std::array<std::uint16_t, catalogue::kOptionsMax> options{match::kNoOption, match::kNoOption,
                                                            match::kNoOption, match::kNoOption};
  // Pieces, where the campaign counts them; requested == 0: it does not.
  std::uint32_t requested = 0;
  std::uint32_t accepted = 0;
  // Of the stock, after a record that takes of it or waits for it; empty: no stock is kept.
  std::optional<std::uint64_t> left;
  std::string_view amount;      // money the post names, in the campaign's currency; empty: none
  bool stands_in_line = false;  // "sold next"

  bool confirm_tag = false;  // the record's tag is the campaign's confirm tag
  std::string_view post_id;  // the deciding post
  std::string_view reply_to;
  std::string_view quote_of;
  std::string_view lang;
  std::string_view text;
  std::span<const EvidencePiece> evidence;
  bool market_mismatch = false;
  bool author_protected = false;
  bool evicted = false;           // kExpired because the table was full
  bool campaign_removed = false;  // kExpired because another catalogue has no place for it
  bool passed = false;            // kRetracted by its author's "pass"

  std::uint32_t input = 0;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

struct Outcome {
  OutcomeCode code = OutcomeCode::kIntent;
  base::Platform platform = base::Platform::kOther;
  std::uint32_t campaign = 0;
  std::string_view post_id;
  // The record this outcome came with, as the parts of its id; null where there is none.
  const CartIntent* record = nullptr;
  std::span<const Product> products;  // candidates (ambiguous), or what was offered
  // a word more for people, e.g. the id of the parent; may be empty
  std::string_view detail;
  std::uint32_t input = 0;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

// Receives what the resolver says, in the order it is decided.
class ResolverOutput {
 public:
  ResolverOutput() = default;
  ResolverOutput(const ResolverOutput&) = delete;
  ResolverOutput& operator=(const ResolverOutput&) = delete;
  virtual ~ResolverOutput() = default;

  virtual void record(const CartIntent& record) = 0;
  virtual void outcome(const Outcome& outcome) = 0;
};

}  // namespace hashcart::intent
