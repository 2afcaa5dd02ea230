// Post: what every dialect says about a post, as views.
//
// All views point into the reader's own buffers or the record, and die at the reader's next read().
// Vectors are reused from read to read, so reading allocates nothing in steady state.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/event_time.h"
#include "base/platform.h"

namespace hashcart::post {

// The wire formats, in the order they are asked whether a record is theirs: enumerator, name, and
// the stem of the functions that dialect_<stem>.cc defines (dialect.h). Adding a dialect is its
// file and its line here.
#define HASHCART_DIALECTS(DIALECT)            \
  DIALECT(kSimple, "simple", simple)          \
  DIALECT(kBluesky, "bluesky", bluesky)       \
  DIALECT(kMastodon, "mastodon", mastodon)    \
  DIALECT(kGnip, "gnip", gnip)                \
  DIALECT(kXV2, "x-v2", x_v2)                 \
  DIALECT(kXV1, "x-v1", x_v1)                 \
  DIALECT(kWeibo, "weibo", weibo)             \
  DIALECT(kReddit, "reddit", reddit)          \
  DIALECT(kThreads, "threads", threads)       \
  DIALECT(kInstagram, "instagram", instagram) \
  DIALECT(kFacebook, "facebook", facebook)    \
  DIALECT(kTiktok, "tiktok", tiktok)          \
  DIALECT(kPinterest, "pinterest", pinterest)

#define HASHCART_ENUMERATOR(enumerator, text, stem) enumerator,
#define HASHCART_TEXT(enumerator, text, stem) text,
enum class Dialect : std::uint8_t { kUnknown, HASHCART_DIALECTS(HASHCART_ENUMERATOR) };

inline constexpr std::array kDialectNames =
    std::to_array<std::string_view>({"unknown", HASHCART_DIALECTS(HASHCART_TEXT)});
#undef HASHCART_ENUMERATOR
#undef HASHCART_TEXT

[[nodiscard]] constexpr std::string_view name(Dialect dialect) noexcept {
  return kDialectNames[static_cast<std::size_t>(dialect)];
}

// Why a record is not a post. A closed list: it is `reason` in hashcart.reject/1 and a key of the
// statistics.
enum class RejectReason : std::uint8_t {
  kNone,
  kBadJson,  // not one JSON value
  kBadUtf8,
  kBadString,       // an escape that decodes to no text: lone surrogate, broken \u
  kTooDeep,         // nested over 1,000 levels
  kTooLong,         // over record_bytes_max
  kCutShort,        // the input ended inside it
  kUnknownDialect,  // JSON, but no post of a dialect we read
  kWrongType,       // a key we read holds another JSON type than its dialect says
  kDuplicateKey,    // a key we read stands twice in one object
  kNoId,
  kBadId,  // empty, over 512 bytes, or with a control character
  kNoTime,
  kBadTime,
  kNoAuthor,  // a post that triggers a campaign but names no author
};

inline constexpr std::array<std::string_view, 15> kRejectReasonNames = {
    "none",     "bad_json",  "bad_utf8",        "bad_string", "too_deep",
    "too_long", "cut_short", "unknown_dialect", "wrong_type", "duplicate_key",
    "no_id",    "bad_id",    "no_time",         "bad_time",   "no_author"};

[[nodiscard]] constexpr std::string_view name(RejectReason reason) noexcept {
  return kRejectReasonNames[static_cast<std::size_t>(reason)];
}

// A tag as the payload lists it (entities, facets, tags[]).
struct Tag {
  std::string_view text;    // without its sign
  std::uint32_t start = 0;  // byte range in Post::text, sign included;
  std::uint32_t end = 0;    // start == end: the tag stands only in the payload's list
};

// A link as the payload lists it.
struct Link {
  std::string_view
      url;  // the best expansion the payload has (unwound, then expanded), else the link itself
  std::uint32_t start =
      0;  // byte range in Post::text of what stands there (a t.co link, a shortened text);
  std::uint32_t end = 0;  // start == end: the link does not stand in the text
};

// A product that the payload itself names, without a link (Instagram product tags, pins with
// products): ids of the platform's own shop.
struct ProductTag {
  std::string_view id;
  std::string_view name;   // may be empty
  std::string_view price;  // as written, "$29.00"; may be empty
};

// How an embedded post belongs to the one before it in ParsedRecord::posts that is not embedded.
enum class Role : std::uint8_t {
  kMain,      // the record's post, or one post of a page
  kRepostOf,  // the original of a repost
  kQuoteOf,   // the quoted post
  kReplyTo,   // the parent (v2 includes)
  kIncluded,  // some other post the payload carries
};

// Where tags come from besides the text.
enum class TagTruth : std::uint8_t {
  kTextAndList,  // the platform's grammar on the text, and the list for what the text cannot show
                 // (a truncated post)
  kListOnly,     // the list says all (Mastodon tags[], Bluesky facets and tags)
};

struct Post {
  Dialect dialect = Dialect::kUnknown;
  base::Platform platform = base::Platform::kOther;
  Role role = Role::kMain;

  std::string_view id;  // never empty, no control characters: X id, at:// URI, Mastodon uri
  std::string_view
      local_id;  // Mastodon's id on its server, which replies and deletes use; empty elsewhere
  std::string_view chain_id;  // first id of the edit chain; equals id where there is none
  bool is_edit = false;

  bool has_time = false;
  bool time_is_platforms = false;  // may move the clock; false for a mere claim by the author
  base::EventTimeMs time = 0;

  std::string_view author_id;  // `@handle` where only that is given; empty: not in the payload
  std::string_view author_handle;
  bool author_protected = false;

  std::string_view
      reply_to;  // id of the parent, in the same id space as `id` or `local_id`; empty: not a reply
  std::string_view reply_to_author;  // empty: not known
  std::string_view repost_of;
  std::string_view quote_of;
  bool is_repost = false;  // also true where the original's id is not known
  bool is_quote = false;
  bool truncated = false;  // the payload says its text is cut and does not hold the rest

  std::string_view lang;
  std::string_view text;  // JSON- and HTML-decoded once
  TagTruth tag_truth = TagTruth::kTextAndList;
  std::vector<Tag> tags;
  std::vector<Link> links;
  std::vector<ProductTag> product_tags;
  // Places in the text where HTML was taken out between two characters that are no blanks,
  // ascending. No host, mention or word of a claim runs over one.
  std::vector<std::uint32_t> seams;
};

// Whether text[start, end) runs over a seam.
[[nodiscard]] inline bool runs_over_seam(const Post& post, std::size_t start,
                                         std::size_t end) noexcept {
  const auto next = std::upper_bound(post.seams.begin(), post.seams.end(), start);
  return next != post.seams.end() && *next < end;
}

struct Delete {
  base::Platform platform = base::Platform::kOther;
  bool whole_account = false;  // all posts of `author_id` (Bluesky account events, user deletions)
  std::string_view post_id;    // empty when whole_account
  std::string_view author_id;  // may be empty
};

// A trusted tick a feeder put in: {"hashcart":"clock","platform":"x","at":"..."}.
struct Tick {
  base::Platform platform = base::Platform::kOther;
  base::EventTimeMs time = 0;
};

enum class RecordKind : std::uint8_t {
  kPosts,     // posts holds at least one kMain
  kControl,   // deletes, ticks, limit notices, events of other kinds: nothing by an author
  kRejected,  // reason says why
};

struct ParsedRecord {
  RecordKind kind = RecordKind::kRejected;
  Dialect dialect = Dialect::kUnknown;
  RejectReason reason = RejectReason::kNone;
  // In document order; each kMain is followed by the posts embedded in it. Only the first
  // post_count are valid: the vector keeps its capacity (and that of the vectors inside) between
  // records.
  std::vector<Post> posts;
  std::size_t post_count = 0;
  std::vector<Delete> deletes;
  std::vector<Tick> ticks;
};

}  // namespace hashcart::post
