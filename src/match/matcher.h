// Matcher: the posts and deletes of one record -> signals.
//
// Pure: what it says of a record depends on the catalogue, the options and the record. A scan of
// the decoded text proposes (PatternDb), the grammars confirm, campaigns make triggers of what they
// find.
//
// Threads: one per worker; it owns its scratch.   Memory: buffers are reused; in steady state a
// post without a hit allocates nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/event_time.h"
#include "match/extractor.h"
#include "match/literal_set.h"
#include "match/pattern_db.h"
#include "match/signal.h"
#include "post/post.h"

namespace hashcart::match {

// Who has linked an account, from --accounts.
class Accounts {
 public:
  virtual ~Accounts() = default;
  // The customer reference, or nothing where the author has none.
  [[nodiscard]] virtual std::optional<std::string_view> find(base::Platform platform,
                                                             std::string_view author) const = 0;
};

struct MatchOptions {
  // only posts at or after it trigger; others still feed memory
  std::optional<base::EventTimeMs> since;
  std::optional<base::EventTimeMs> until;  // only posts before it trigger
  std::vector<bool> campaigns;             // by index: may trigger; empty: all
  bool with_text = false;
  const Accounts* accounts = nullptr;          // outlives the matcher
  const LinkExpansions* expansions = nullptr;  // outlives the matcher
};

// Where a record stands in its input.
struct RecordOrigin {
  std::uint32_t input = 0;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  bool is_clock_line = false;
};

struct MatchResult {
  std::uint32_t signals = 0;
  std::uint32_t triggers = 0;
  bool no_author = false;  // a post triggers but names no author: nothing was appended
};

class Matcher {
 public:
  // db: outlives this.
  Matcher(const PatternDb& db, MatchOptions options);

  // Appends the encoded signals of one record (posts or control, not rejected) to *out.
  [[nodiscard]] MatchResult match(const post::ParsedRecord& record, const RecordOrigin& origin,
                                  std::string* out);

  // R(line): whether a failing or control line counts as such (README, "Counting").
  [[nodiscard]] bool line_counts(std::string_view line) {
    return db_.raw_scan().holds(line, &line_text_);
  }

 private:
  struct TagHit {
    TagUse use;
    Evidence evidence;
  };

  // Which kinds a post may hold.
  [[nodiscard]] std::uint32_t propose(const post::Post& post);
  // place: 0 for the signal's own post, i for its i-th embedded one; the links live until the next
  // post at that place.
  void add_links(const post::Post& post, std::size_t place, std::vector<ProductLink>* products,
                 std::vector<std::uint16_t>* short_links);
  void add_tag_triggers(const post::Post& post, std::string_view parent_author);
  void add_offer_triggers(const post::Post& post);
  void add_product_tags(const post::Post& post, std::vector<ProductLink>* products) const;
  void add_emoji_triggers(const post::Post& post, std::string_view parent_author);
  void add_claim_triggers(const post::Post& post, std::string_view parent_author);
  // To the last trigger, where its campaign wants one.
  void add_amount(const post::Post& post, const catalogue::Campaign& campaign);
  // Whether a campaign's mention stands in the post and its parent is by whom it must be; appends
  // the mention to *evidence.
  [[nodiscard]] bool fits(const post::Post& post, const catalogue::Campaign& campaign,
                          std::string_view parent_author, std::vector<Evidence>* evidence) const;
  void add_trigger(const post::Post& post, std::uint32_t campaign, TriggerRole role);
  void add_embedded(const post::Post& main, const post::Post& embedded, std::size_t place);
  void match_post(const post::ParsedRecord& record, std::size_t main, std::size_t end);
  void describe(const post::Post& post, const RecordOrigin& origin);
  [[nodiscard]] bool may_trigger(const post::Post& post, std::uint32_t campaign) const;
  Extractor& extractor(std::size_t place);

  // Constant after construction.
  const PatternDb& db_;
  const MatchOptions options_;
  // Reused from post to post.
  std::vector<std::unique_ptr<Extractor>> extractors_;  // by place
  LiteralScratch text_scratch_;
  Signal signal_;
  std::vector<TagHit> hits_;
  std::vector<TextSpan> urls_;
  Words words_;
  Claim claim_;
  std::vector<TextSpan> parts_;
  std::string scan_text_;
  std::string line_text_;
  std::string folded_;
};

}  // namespace hashcart::match
