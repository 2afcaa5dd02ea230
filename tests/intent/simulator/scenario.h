// Scenario: a small made-up catalogue and a stream of signals for it, both from one 64-bit seed.
//
// Few authors, few posts and few campaigns, so that what happens in one step meets what happened in
// another. Only signals that a matcher could make: at most one trigger a campaign and post, offers
// only with a link, prompts only by a campaign's prompt author.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue/catalogue.h"
#include "match/signal.h"

namespace hashcart::intent::simulator {

// Draws that are the same with every standard library: std's distributions are not.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  // In [0, count); count > 0.
  std::size_t below(std::size_t count) { return engine_() % count; }
  // In [low, high].
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool chance(unsigned percent) { return engine_() % 100 < percent; }
  template <typename Value>
  Value one_of(std::initializer_list<Value> values) {
    return values.begin()[below(values.size())];
  }

 private:
  std::mt19937_64 engine_;
};

struct Scenario {
  catalogue::Catalogue catalogue;
  // Tables of a few entries. Else none of them can ever be full.
  bool is_tight = false;
  std::vector<match::Signal> steps;  // `offset` is the place in the stream; texts live in `texts`
  std::set<std::string, std::less<>> texts;
};

// Anything goes: disorder within and beyond the bound, redeliveries, edits, deletes of what was and
// of what comes, far jumps of the clock.
void make_scenario(std::uint64_t seed, Scenario* out);

// For comparing two orders of one stream: in the order of time and without redeliveries, edits,
// deletes, prompts and ticks; a parent is there before its replies or never; an author opens a
// two-step campaign once; and no campaign counts pieces, or has an end before its confirms. For the
// rest the order of arrival decides, and must: which of two is the duplicate, who gets the last.
void make_calm_scenario(std::uint64_t seed, Scenario* out);

// The steps in another order that a platform within `out_of_order` may deliver: each is late by no
// more than that, and what one author says stays in order.
[[nodiscard]] std::vector<match::Signal> reordered(const Scenario& scenario, std::uint64_t seed);

// A line for people.
[[nodiscard]] std::string to_text(const catalogue::Campaign& campaign);
[[nodiscard]] std::string to_text(const match::Signal& signal);

}  // namespace hashcart::intent::simulator
