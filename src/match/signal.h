// Signal: all that one post (or control message) tells the resolver.
//
// The resolver has no other input, so whoever keeps the encoded signals can rebuild its state:
// checkpoints, Kafka and tests replay them. The encoding is stable within kSignalFormat: numbers
// and texts as base/byte_codec.h writes them, fields in the order of encode(). It names retailers,
// markets and campaigns by their index, so a log of signals belongs to one resolved catalogue (its
// SHA-256 stands beside the log).
//
// A Signal owns nothing: encoded from views into a Post, decoded to views into the encoded bytes.
// Its vectors are reused from decode to decode.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/event_time.h"
#include "base/platform.h"
#include "catalogue/catalogue.h"

namespace hashcart::match {

inline constexpr std::uint8_t kSignalFormat = 3;  // 3: products with their affiliate

enum class SignalKind : std::uint8_t {
  kPost = 1,           // a post with a trigger, a product link, or a prompt
  kDelete = 2,         // post_id was deleted
  kDeleteAccount = 3,  // author_id is gone, with all posts
  kClock = 4,          // a clock line: a post's time and author, nothing else
  kTick = 5,           // a feeder's clock line, trusted
};

// What a piece of evidence was cut from: a field of the post's hashcart.post/1.
enum class EvidenceField : std::uint8_t {
  kText = 0,        // `text`, bytes [start, end)
  kLink = 1,        // `links/<index>/url`, bytes [start, end)
  kTags = 2,        // a tag that stands only in the payload's list: no range
  kProductTag = 3,  // `product_tags/<index>/id`, bytes [start, end)
};

struct Evidence {
  EvidenceField field = EvidenceField::kText;
  std::uint32_t index = 0;
  std::uint32_t start = 0;
  std::uint32_t end = 0;
  std::string_view text;
};

struct ProductLink {
  std::uint16_t retailer = 0;
  std::uint16_t market = 0;  // kNoMarket: of a product tag
  std::string_view id;
  std::string_view affiliate = {};  // who is paid (ProductRef); not part of the product
  Evidence evidence;
};

inline constexpr std::uint16_t kNoMarket = 0xFFFF;

enum class TriggerRole : std::uint8_t {
  kOpen = 0,     // the campaign's tag or tags
  kConfirm = 1,  // its confirm tag
  kOffer = 2,    // a product link of an on_link campaign
};

enum class ClaimKind : std::uint8_t {
  kNone = 0,       // the campaign's trigger is no claim
  kWant = 1,       // "sold AA"
  kNext = 2,       // "sold next"
  kPass = 3,       // "pass"
  kNotAClaim = 4,  // the word is there, but `doubt` says what speaks against it
};

enum class ClaimDoubt : std::uint8_t { kNone = 0, kQuestion = 1, kNegation = 2, kQuantity = 3 };

inline constexpr std::uint16_t kNoItem = 0xFFFF;
inline constexpr std::uint16_t kNoOption = 0xFFFF;
inline constexpr std::size_t kClaimItemsMax = 16;  // what a comment names beyond them is left out

// What a comment says it wants.
struct Claim {
  ClaimKind kind = ClaimKind::kNone;
  ClaimDoubt doubt = ClaimDoubt::kNone;
  bool options_clash = false;        // two values of one option
  std::uint32_t quantity = 1;        // pieces wanted
  std::vector<std::uint16_t> items;  // into Campaign::items, distinct
  // By option of the item: the value named, or kNoOption.
  std::array<std::uint16_t, catalogue::kOptionsMax> options{kNoOption, kNoOption, kNoOption,
                                                            kNoOption};
};

struct Trigger {
  std::uint32_t campaign = 0;
  TriggerRole role = TriggerRole::kOpen;
  bool author_ignored = false;
  Claim claim;
  std::string_view amount;     // digits as they stand in the text; empty: none
  std::vector<Evidence> tags;  // what fired: tags, mention, emoji, or the words of a claim
};

// How an embedded post stands to the signal's post.
enum class EmbeddedRole : std::uint8_t { kOther = 0, kParent = 1, kQuoted = 2 };

struct EmbeddedPost {
  EmbeddedRole role = EmbeddedRole::kOther;
  bool has_time = false;
  bool truncated = false;
  base::EventTimeMs time = 0;
  std::string_view id;
  std::string_view local_id;
  std::string_view author_id;
  std::vector<ProductLink> products;
  std::vector<std::uint16_t> short_links;  // retailers whose short links stand in it
};

struct Signal {
  SignalKind kind = SignalKind::kPost;
  base::Platform platform = base::Platform::kOther;

  bool moves_clock = false;
  bool is_repost = false;
  bool is_quote = false;
  bool is_edit = false;
  bool author_protected = false;
  bool truncated = false;
  bool linked = false;  // the author is in --accounts

  base::EventTimeMs time = 0;
  std::string_view post_id;
  std::string_view local_id;
  std::string_view chain_id;
  std::string_view author_id;
  std::string_view author_handle;
  std::string_view account;  // the customer reference of --accounts
  std::string_view reply_to;
  std::string_view reply_to_author;
  std::string_view quote_of;
  std::string_view lang;
  std::string_view text;  // only under --with-text

  std::uint32_t input = 0;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;

  std::vector<ProductLink> products;
  std::vector<std::uint16_t> short_links;
  std::vector<Trigger> triggers;       // in catalogue order
  std::vector<std::uint32_t> prompts;  // campaigns for which this author's reply is a prompt
  std::vector<EmbeddedPost> embedded;

  // Back to an empty kPost, keeping the vectors' memory.
  void clear() noexcept;
};

// Appends the encoded signal, preceded by its length as a varint.
void encode(const Signal& signal, std::string* out);

// Decodes the signal at the front of *bytes and drops it from there. False at the end of the bytes
// or when they are no signal of this format (they come from our own encode; a log that fails here
// is damaged).
[[nodiscard]] bool decode(std::string_view* bytes, Signal* signal);

}  // namespace hashcart::match
