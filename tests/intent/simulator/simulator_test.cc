// The resolver under thousands of made-up streams, each from one seed: whatever comes in whatever
// order, every trigger ends in one outcome that the rules allow, the books balance, and a resolver
// that was stopped between any two steps and rebuilt from the log of its signals, or from a
// snapshot and the log behind it, goes on as if nothing had been.
//
// A fault is printed with its seed and with the fewest steps that still show it.
//   HASHCART_SEED=N     that seed alone
//   HASHCART_ROUNDS=N   seeds 1 to N (default: as many as run in a few seconds)
#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "intent/resolver.h"
#include "intent/simulator/referee.h"
#include "intent/simulator/scenario.h"

namespace hashcart::intent::simulator {
namespace {

using match::Signal;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kRounds = 400;
#else
constexpr std::uint64_t kRounds = 4'000;
#endif

struct Seeds {
  std::uint64_t first = 1;
  std::uint64_t last = kRounds;
};

Seeds seeds() {
  if (const char* seed = std::getenv("HASHCART_SEED")) {
    const std::uint64_t only = std::strtoull(seed, nullptr, 10);
    return {only, only};
  }
  const char* rounds = std::getenv("HASHCART_ROUNDS");
  return {1, rounds != nullptr ? std::strtoull(rounds, nullptr, 10) : kRounds};
}

// Keeps what is said, a line each.
class Log final : public ResolverOutput {
 public:
  // also: hears everything as well; may be null.
  explicit Log(ResolverOutput* also) : also_(also) {}

  void record(const CartIntent& record) override {
    text_ += to_text(record, true) + "\n";
    if (also_ != nullptr) also_->record(record);
  }
  void outcome(const Outcome& outcome) override {
    text_ += to_text(outcome, true) + "\n";
    if (also_ != nullptr) also_->outcome(outcome);
  }

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  ResolverOutput* also_;
  std::string text_;
};

struct Told {
  std::string said;                // all of it
  std::vector<std::size_t> until;  // how much of it was said after each step
  std::vector<std::string> stats;  // after each step, and after the end
  ResolverStats last;
  std::string fault;
};

Told run_through(const Scenario& scenario, const std::vector<Signal>& steps, bool expire) {
  Told run;
  Resolver resolver(scenario.catalogue);
  Referee referee(scenario);
  Log log(&referee);
  for (const Signal& signal : steps) {
    referee.before(signal);
    resolver.step(signal, &log);
    referee.after(resolver.stats());
    run.until.push_back(log.text().size());
    run.stats.push_back(to_text(resolver.stats()));
    if (!referee.fault().empty()) break;
  }
  if (referee.fault().empty()) {
    referee.before_finish(expire);
    resolver.finish(expire, &log);
    run.last = resolver.stats();
    run.stats.push_back(to_text(run.last));
    referee.after_finish(run.last);
  }
  run.said = log.text();
  if (!referee.fault().empty()) {
    const std::size_t step = run.until.size();
    run.fault = referee.fault() + "\n(found in step " + std::to_string(step) + " of " +
                std::to_string(steps.size()) + ")";
  }
  return run;
}

// What is replayed into a new resolver.
struct Kept {
  std::string snapshot;  // empty: none, the log begins with the first signal
  std::size_t said = 0;  // how much was said before it
  std::string signals;
};

std::string saved(const Resolver& resolver) {
  std::string out;
  resolver.save(&out);
  return out;
}

// Stops before each of the steps in `cuts` (rising) and goes on with a new resolver that was given
// the log of signals, or the last snapshot and the log behind it. Empty where it says the same as
// `whole`, the run that was never stopped.
std::string fault_of_restarts(const Scenario& scenario, const std::vector<Signal>& steps,
                              bool expire, const std::vector<std::size_t>& cuts, const Told& whole,
                              bool with_snapshots, Random* random) {
  Kept kept;
  std::size_t at = 0;
  auto resolver = std::make_unique<Resolver>(scenario.catalogue);
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const bool is_last = i == cuts.size();
    const std::size_t end = is_last ? steps.size() : cuts[i];
    const std::size_t from = at == 0 ? 0 : whole.until[at - 1];
    Log log(nullptr);
    for (; at < end; ++at) {
      if (with_snapshots && random->chance(10)) {
        kept = {saved(*resolver), at == 0 ? 0 : whole.until[at - 1], {}};
      }
      match::encode(steps[at], &kept.signals);
      resolver->step(steps[at], &log);
    }
    if (is_last) resolver->finish(expire, &log);
    const std::size_t to = is_last ? whole.said.size() : (at == 0 ? 0 : whole.until[at - 1]);
    const std::string where = " (before step " + std::to_string(at) + ")";
    const std::string before = whole.said.substr(from, to - from);
    if (log.text() != before) {
      return "says something else after a restart" + where + "\n" + log.text() + "and before\n" +
             before;
    }
    if (is_last) break;
    const std::string state = saved(*resolver);
    resolver = std::make_unique<Resolver>(scenario.catalogue);
    if (!kept.snapshot.empty()) {
      if (!resolver->load(kept.snapshot)) return "a snapshot cannot be loaded" + where;
      if (saved(*resolver) != kept.snapshot) return "a loaded snapshot is saved otherwise" + where;
    }
    Log again(nullptr);
    std::string_view rest = kept.signals;
    Signal signal;
    while (match::decode(&rest, &signal)) resolver->step(signal, &again);
    if (!rest.empty()) return "the log of signals cannot be read" + where;
    if (again.text() != whole.said.substr(kept.said, to - kept.said)) {
      return "a replay says something else" + where;
    }
    if (saved(*resolver) != state) return "a replay leaves another snapshot" + where;
    if (at > 0 && to_text(resolver->stats()) != whole.stats[at - 1]) {
      return "a replay leaves another state" + where + "\n" + to_text(resolver->stats()) +
             "\nnot\n" + whole.stats[at - 1];
    }
  }
  if (to_text(resolver->stats()) != whole.stats.back()) return "another state at the end";
  return {};
}

// Empty: nothing is wrong.
std::string fault_of(const Scenario& scenario, const std::vector<Signal>& steps, std::uint64_t seed,
                     ResolverStats* stats) {
  Random random(seed);
  const bool expire = random.chance(50);
  const Told whole = run_through(scenario, steps, expire);
  if (!whole.fault.empty()) return whole.fault + "\nand said\n" + whole.said;
  if (stats != nullptr) {
    for (std::size_t i = 0; i < kOutcomeCount; ++i) stats->outcomes[i] += whole.last.outcomes[i];
    for (std::size_t i = 0; i < kRecordTypeCount; ++i) stats->records[i] += whole.last.records[i];
  }
  std::vector<std::size_t> cuts;
  const std::size_t count = 1 + random.below(3);
  for (std::size_t i = 0; i < count; ++i) cuts.push_back(random.below(steps.size() + 1));
  std::sort(cuts.begin(), cuts.end());
  std::string fault = fault_of_restarts(scenario, steps, expire, cuts, whole, false, &random);
  if (!fault.empty()) return fault;
  fault = fault_of_restarts(scenario, steps, expire, cuts, whole, true, &random);
  return fault.empty() ? fault : fault + " (with snapshots)";
}

// Leaves out whatever the fault does not need; one step after the other, until none is left.
void shorten(const Scenario& scenario, std::uint64_t seed, std::vector<Signal>* steps) {
  for (bool is_shorter = true; is_shorter;) {
    is_shorter = false;
    for (std::size_t i = steps->size(); i-- > 0;) {
      std::vector<Signal> fewer = *steps;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      if (fault_of(scenario, fewer, seed, nullptr).empty()) continue;
      *steps = std::move(fewer);
      is_shorter = true;
    }
  }
}

std::string story(const Scenario& scenario, const std::vector<Signal>& steps) {
  const catalogue::Limits& limits = scenario.catalogue.limits;
  std::string out = "limits: out_of_order=" + std::to_string(limits.out_of_order_ms) +
                    " parent_wait=" + std::to_string(limits.parent_wait_ms) +
                    " remember_links=" + std::to_string(limits.remember_links_ms) +
                    " remember_seen=" + std::to_string(limits.remember_seen_ms) +
                    " clock_jump_max=" + std::to_string(limits.clock_jump_max_ms) +
                    " remember_posts=" + std::to_string(limits.remember_posts) +
                    " pending_max=" + std::to_string(limits.pending_max) + "\n";
  for (const catalogue::Campaign& campaign : scenario.catalogue.campaigns) {
    out += to_text(campaign) + "\n";
  }
  for (const Signal& signal : steps) {
    out += "@" + std::to_string(signal.offset) + " " + to_text(signal) + "\n";
  }
  return out;
}

std::string how_to_replay(std::uint64_t seed, std::string_view test) {
  return "seed " + std::to_string(seed) +
         "; to see it again: HASHCART_SEED=" + std::to_string(seed) +
         " intent_tests --gtest_filter=Simulator." + std::string(test) + "\n";
}

TEST(Simulator, HoldsWhateverComesAndGoesOnAfterRestarts) {
  const Seeds wanted = seeds();
  ResolverStats seen;
  for (std::uint64_t seed = wanted.first; seed <= wanted.last; ++seed) {
    Scenario scenario;
    make_scenario(seed, &scenario);
    if (fault_of(scenario, scenario.steps, seed, &seen).empty()) continue;
    std::vector<Signal> fewest = scenario.steps;
    shorten(scenario, seed, &fewest);
    FAIL() << how_to_replay(seed, "HoldsWhateverComesAndGoesOnAfterRestarts")
           << fault_of(scenario, fewest, seed, nullptr) << story(scenario, fewest);
  }
  if (wanted.last - wanted.first + 1 < 1'000) return;
  for (std::size_t i = 0; i < kOutcomeCount; ++i) {
    EXPECT_GT(seen.outcomes[i], 0U) << "the streams never come to " << kOutcomeNames[i];
  }
  for (std::size_t i = 0; i < kRecordTypeCount; ++i) {
    EXPECT_GT(seen.records[i], 0U) << "the streams never come to " << kRecordTypeNames[i];
  }
}

// What is said of each post, whenever it was said. Reminders depend on what the clock showed.
class Sayings final : public ResolverOutput {
 public:
  void record(const CartIntent& record) override {
    if (record.type != RecordType::kReminder) ++said_[to_text(record, false)];
  }
  void outcome(const Outcome& outcome) override { ++said_[to_text(outcome, false)]; }

  // The first that one says more often than the other.
  [[nodiscard]] std::string difference(const Sayings& other) const {
    for (const auto& [text, count] : said_) {
      const auto found = other.said_.find(text);
      if (found == other.said_.end() || found->second != count) return text;
    }
    return {};
  }
  [[nodiscard]] std::size_t size() const noexcept { return said_.size(); }

 private:
  std::map<std::string, std::size_t> said_;
};

void say(const Scenario& scenario, const std::vector<Signal>& steps, Sayings* out) {
  Resolver resolver(scenario.catalogue);
  for (const Signal& signal : steps) resolver.step(signal, out);
  resolver.finish(true, out);
}

TEST(Simulator, SaysTheSameInEveryOrderWithinTheBound) {
  const Seeds wanted = seeds();
  std::size_t said = 0;
  for (std::uint64_t seed = wanted.first; seed <= wanted.last; ++seed) {
    Scenario scenario;
    make_calm_scenario(seed, &scenario);
    const std::vector<Signal> other = reordered(scenario, seed);
    Sayings in_order;
    Sayings late;
    say(scenario, scenario.steps, &in_order);
    say(scenario, other, &late);
    said += in_order.size();
    std::string difference = in_order.difference(late);
    if (difference.empty()) difference = late.difference(in_order);
    ASSERT_TRUE(difference.empty()) << how_to_replay(seed, "SaysTheSameInEveryOrderWithinTheBound")
                                    << "said in one order only:\n"
                                    << difference << "\n"
                                    << story(scenario, scenario.steps) << "and in the order\n"
                                    << story(scenario, other);
    const Told run = run_through(scenario, other, true);
    ASSERT_TRUE(run.fault.empty())
        << how_to_replay(seed, "SaysTheSameInEveryOrderWithinTheBound") << run.fault << "\n"
        << story(scenario, other);
  }
  EXPECT_GT(said, wanted.last - wanted.first);
}

}  // namespace
}  // namespace hashcart::intent::simulator
