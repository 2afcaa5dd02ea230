// Referee: reads every signal and all that the resolver says of it, and names the first thing that
// cannot be.
//
// A second, plain model of the rules (README, "What becomes an intent"; the contracts in
// cart_intent.h and resolver.h), on unbounded maps and searched lists. Of the resolver's code it
// uses none. Where no table can be full it knows every outcome; where tables are tiny the resolver
// may have forgotten what the model still knows, so only what no forgetting excuses is held against
// it: one outcome a trigger, legal transitions, windows, books, stock, lines, and that nothing is
// said of what was never read.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "intent/cart_intent.h"
#include "intent/resolver.h"
#include "intent/simulator/scenario.h"

namespace hashcart::intent::simulator {

// Everything an output says, in a line. with_origin: with where in the input it stood.
[[nodiscard]] std::string to_text(const CartIntent& record, bool with_origin);
[[nodiscard]] std::string to_text(const Outcome& outcome, bool with_origin);
// All figures.
[[nodiscard]] std::string to_text(const ResolverStats& stats);

class Referee final : public ResolverOutput {
 public:
  // scenario: must outlive the referee, as must the signals that are read.
  explicit Referee(const Scenario& scenario);

  // Around each step and around the end of input.
  void before(const match::Signal& signal);
  void after(const ResolverStats& stats);
  void before_finish(bool expire_pendings);
  void after_finish(const ResolverStats& stats);

  void record(const CartIntent& record) override;
  void outcome(const Outcome& outcome) override;

  // The first fault; empty: none.
  [[nodiscard]] const std::string& fault() const noexcept { return fault_; }

 private:
  using Time = base::EventTimeMs;
  using Stamp = std::optional<Time>;
  using TriggerId = std::pair<std::uint64_t, std::uint32_t>;  // offset, campaign

  struct Parent {
    std::string post_id;
    std::string author;
    std::optional<Time> time;
    bool truncated = false;
    std::vector<match::ProductLink> products;
    std::vector<std::uint16_t> short_links;
  };

  // What an author has had of something. A count that was begun anew has another `since`.
  struct Count {
    Stamp stamp = std::nullopt;
    std::uint64_t pieces = 0;
    std::uint64_t since = 0;
  };
  struct CountPlace {
    std::string key;
    std::uint64_t since = 0;
    std::uint64_t pieces = 0;
  };

  // What the rules say of a trigger; no code: it waits for its parent.
  struct Verdict {
    std::optional<OutcomeCode> code = std::nullopt;
    std::string product = {};  // of the record
    std::uint64_t pieces = 0;
    std::optional<CountPlace> count = std::nullopt;
    std::string cancels = {};  // key of the life that a "pass" ends
    bool is_known = true;      // false: a tight table may have forgotten what decides
  };

  struct OpenTrigger {
    const match::Signal* signal = nullptr;
    const match::Trigger* trigger = nullptr;
    std::size_t step = 0;
    bool was_read = false;       // its chain was read before
    bool is_redelivery = false;  // and that is remembered
    bool is_deleted = false;
    std::optional<Verdict> verdict;
    std::optional<RecordType> record;
    std::set<std::string> offered;
  };

  enum class Stage : std::uint8_t { kQueued, kCreated, kPending, kConfirmed };

  // An intent that something may still happen to.
  struct Life {
    Stage stage = Stage::kCreated;
    base::Platform platform = base::Platform::kX;
    std::uint32_t campaign = 0;
    std::string key;  // of the opening chain and the campaign
    std::string product;
    std::string author;
    std::string owner;  // author and campaign
    std::string place;  // whose stock, or what product: where it would stand in line
    std::string reply_to;
    std::vector<std::string> posts;
    std::uint16_t item = match::kNoItem;
    Time opened_at = 0;
    Time deadline = 0;
    bool is_reminded = false;
    Stamp stamp;
    std::uint64_t sequence = 0;
    std::uint64_t accepted = 0;
    std::optional<CountPlace> count;
    bool may_repeat = false;
    std::size_t moved = 0;  // the step in which its deadline was set
  };

  enum class End : std::uint8_t { kConfirmed, kExpired, kRetracted, kEvicted };

  struct Closed {
    End as = End::kExpired;
    Time opened_at = 0;
    Time deadline = 0;
    Stamp stamp;
  };

  struct Clock {
    std::optional<Time> greatest;
    std::optional<std::pair<Time, std::string>> held;
  };

  void fail(const std::string& what);
  void check(bool holds, std::string_view what);

  // Time and memory.
  Clock& clock(base::Platform platform);
  [[nodiscard]] Stamp now(base::Platform platform);
  [[nodiscard]] std::optional<Time> watermark(base::Platform platform);
  [[nodiscard]] bool has_passed(base::Platform platform, Time due);
  [[nodiscard]] bool is_fresh(base::Platform platform, const Stamp& stamp);
  [[nodiscard]] bool is_deleted(const std::string& key, base::Platform platform);
  void observe(const match::Signal& signal);
  void read_post(const match::Signal& signal);
  void read_words(const match::Signal& signal);
  void apply_prompts(const match::Signal& signal);

  // Rules.
  [[nodiscard]] Verdict judge(const OpenTrigger& open);
  [[nodiscard]] Verdict judge_now(const OpenTrigger& open);
  [[nodiscard]] Verdict judge_waiting(const OpenTrigger& open);
  [[nodiscard]] std::optional<OutcomeCode> refusal(const OpenTrigger& open);
  [[nodiscard]] Verdict judge_confirm(const OpenTrigger& open);
  [[nodiscard]] Verdict judge_pass(const OpenTrigger& open);
  [[nodiscard]] Verdict judge_open(const OpenTrigger& open);
  [[nodiscard]] Verdict by_parent(const OpenTrigger& open, const Parent& parent);
  [[nodiscard]] Verdict alone(const OpenTrigger& open, OutcomeCode otherwise);
  [[nodiscard]] Verdict by_candidates(const OpenTrigger& open,
                                      const std::vector<match::ProductLink>& links, bool* found);
  [[nodiscard]] Verdict accept_item(const OpenTrigger& open);
  [[nodiscard]] Verdict accept(const OpenTrigger& open, const std::string& product,
                               std::uint16_t item, std::string_view parent);
  [[nodiscard]] bool is_in_reach(Time reply, const Parent& parent) const;
  [[nodiscard]] bool is_own(const OpenTrigger& open, const std::string& parent_key);
  [[nodiscard]] std::string_view parent_of(const OpenTrigger& open) const;
  [[nodiscard]] const catalogue::Campaign& campaign_of(const OpenTrigger& open) const;

  // Stock and the line.
  [[nodiscard]] std::string place_of(std::uint32_t campaign, std::uint16_t item,
                                     const std::string& product) const;
  [[nodiscard]] std::optional<std::uint64_t>* stock_of(const std::string& place);
  [[nodiscard]] const Life* first_in_line(const std::string& place) const;
  [[nodiscard]] Count* count_of(const CountPlace& place);
  void take(const std::string& place, std::uint64_t pieces, const CartIntent& record);
  void give_back(const Life& life);

  // Records.
  [[nodiscard]] OpenTrigger* open_trigger(std::uint64_t offset, std::uint32_t campaign);
  void check_words(const CartIntent& record);
  void check_id(const CartIntent& record, bool may_repeat);
  void on_birth(const CartIntent& record, OpenTrigger* open);
  void on_promotion(const CartIntent& record);
  void on_reminder(const CartIntent& record);
  void on_confirmed(const CartIntent& record);
  void on_expired(const CartIntent& record);
  void on_retracted(const CartIntent& record);
  void on_offer(const CartIntent& record);
  void close(const std::string& owner, End as);
  void end_of_step(const ResolverStats& stats);
  void check_deletes();
  void check_books(const ResolverStats& stats);

  const Scenario& scenario_;
  const catalogue::Catalogue& catalogue_;
  const catalogue::Limits& limits_;
  std::string fault_;

  std::size_t step_ = 0;
  const match::Signal* signal_ = nullptr;  // null at the end of input
  bool closes_pendings_ = false;

  std::array<Clock, base::kPlatformCount> clocks_;
  std::set<std::string, std::less<>> words_;  // every id and author that was read
  std::map<std::string, Stamp> decided_;
  std::map<std::string, Stamp> deleted_;
  std::map<std::string, Parent> parents_;
  std::map<std::string, Count> counts_;
  std::map<std::string, Time> prompts_;  // read before their buy post
  std::map<std::string, Closed> closed_;
  std::map<TriggerId, OpenTrigger> open_;
  std::map<std::string, Life> lives_;  // by key; not those in line
  std::map<std::string, Life> line_;
  std::map<std::string, std::string> pending_;  // owner -> key in lives_
  std::map<std::string, std::optional<std::uint64_t>> stock_;
  std::set<std::string> ids_;
  std::string owed_;  // the place in which someone must move up now
  std::uint64_t sequence_ = 0;
  ResolverStats books_;
};

}  // namespace hashcart::intent::simulator
