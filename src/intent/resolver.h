// Resolver: all rules that need memory. Signals in input order -> records and outcomes.
//
// step() is a function of the signals seen so far and nothing else: no wall clock, no I/O, no
// machine. Replaying the encoded signals rebuilds the state and says the same again. Rules: README,
// "What becomes an intent"; the order in which one signal is worked off is: the platform's clock,
// timers that fall due in (time, key) order, link memory (waking replies that waited for this
// post), prompts, then the post's own triggers in catalogue order.
//
// Choices where no source decides (they are promises now, each with a test):
// - A one-step tag without a parent counts once per author and campaign within remember_seen
//   (`duplicate`).
// - A confirm for an open pending is not `campaign_closed`: who bought in time may confirm in time.
// - The delete of a post also takes it out of link memory; of offers nothing is retracted.
// - An expired pending whose time had come before its reminder was sent still sends it, just
//   before.
//
// - What makes a duplicate: author, campaign, the post that is answered, and of a claim its item
//   and options. A product that the campaign names itself is, under `when = any`, the same under
//   every post.
// - After a "pass" the same may be claimed again; after a delete it stays a duplicate.
// - Stock (`quantity`) is taken when an intent or pending is made, and given back when it is
//   retracted or expires, as long as it is remembered. A claim of more than is left gets what is
//   left.
// - What is given back goes to those in line (`waitlist`, "sold next") in the order they came; a
//   place in line ends by promotion (`intent.created`), by a delete or "pass"
//   (`intent.retracted`), or by eviction (`intent.expired`).
// - Where no stock is kept, "sold next" stands in line while someone holds the product (in any of
//   its options, and not longer than it is remembered), and one place moves up with each intent
//   that is taken back.
// - A delete, of a post or an account, first takes back places in line, then intents in the order
//   they were made; whoever moves up does so right behind the intent that made room.
// - "pass" takes back the author's last intent or place in line of the campaign: under the same
//   parent where it is a reply, of one of the items it names where it names any. Moving up makes an
//   intent, so whoever moved up last comes last.
// - `max N` counts an author's pieces over all posts, until nothing was claimed for remember_seen.
//   What is taken back counts no more. A place in line counts the pieces it may come to, moves up
//   to no more, and counts what it came to then.
// - A reply to one's own post or to one that was deleted is none, also where the campaign names the
//   product or its items.
//
// Threads: one (the resolver's).   Memory: every table is bounded by [limits], in entries and in
// bytes (4 KiB an intent on average, 1 KiB a post with links, 256 an id); what leaves a full table
// is counted.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "catalogue/catalogue.h"
#include "intent/cart_intent.h"
#include "match/signal.h"

namespace hashcart::intent {

// A table's fill and what it had to forget, for statistics.
struct TableStats {
  std::string_view name;
  std::uint64_t size = 0;
  std::uint64_t capacity = 0;
  std::uint64_t bytes = 0;  // of what the entries hold
  std::uint64_t evictions = 0;
};

inline constexpr std::size_t kTableCount = 10;

struct ResolverStats {
  std::array<std::uint64_t, kOutcomeCount> outcomes{};
  std::array<std::uint64_t, kRecordTypeCount> records{};
  std::uint64_t triggers = 0;
  // replies whose parent may still come: triggers without an outcome yet
  std::uint64_t waiting = 0;
  // Pendings opened = confirmed + expired + retracted + open.
  std::uint64_t pendings_opened = 0;
  std::uint64_t pendings_confirmed = 0;
  std::uint64_t pendings_expired = 0;  // evicted ones included
  std::uint64_t pendings_retracted = 0;
  std::uint64_t pendings_open = 0;
  // Places in line taken = promoted + retracted + evicted + open.
  std::uint64_t queue_taken = 0;
  std::uint64_t queue_promoted = 0;
  std::uint64_t queue_retracted = 0;
  std::uint64_t queue_evicted = 0;
  std::uint64_t queue_open = 0;
  std::uint64_t clock_times_dropped = 0;
  std::array<TableStats, kTableCount> tables{};

  // The equations that are the resolver's own.
  [[nodiscard]] bool balanced() const noexcept;
};

class Resolver {
 public:
  // What a resolver takes at most under such limits, if all of its tables are full of the longest
  // they may hold; one signal more is not counted.
  [[nodiscard]] static std::uint64_t memory_max(const catalogue::Limits& limits);

  // catalogue: must outlive the resolver.
  explicit Resolver(const catalogue::Catalogue& catalogue);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Works off one signal. What it says goes to *out before it returns.
  void step(const match::Signal& signal, ResolverOutput* out);

  // The end of input: waiting replies are decided without their parents, in (due, key) order. Open
  // pendings stay open (their confirm may be in tomorrow's file) unless expire_pendings closes
  // them, in (deadline, key) order.
  void finish(bool expire_pendings, ResolverOutput* out);

  [[nodiscard]] ResolverStats stats() const;

  // ---- State that outlives the resolver.

  // Appends all of it as bytes, with the names of what it points at in the catalogue. Equal states
  // give equal bytes. Costs time and memory in proportion to what is remembered.
  void save(std::string* out) const;

  // For a resolver that was told nothing yet: takes over what another saved, under the same
  // catalogue or another one. False: they are no such bytes, or name what this catalogue has no
  // place for; the resolver is of no use then. No bytes make it crash.
  //
  // Under another catalogue all goes on by its rules. Links of retailers it does not have are
  // forgotten; of stock, what was taken stays taken.
  [[nodiscard]] bool load(std::string_view bytes);

  // Ends what `next` has no place for, because the campaign, or the item, retailer or market it is
  // about, is not in it (by id), or its tables are smaller: pendings and places in line expire,
  // waiting replies are `campaign_closed`. What is left can be loaded under `next`.
  //
  // So a resolver passes from one catalogue to the next by retire, save and load, between any two
  // steps.
  void retire(const catalogue::Catalogue& next, ResolverOutput* out);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hashcart::intent
