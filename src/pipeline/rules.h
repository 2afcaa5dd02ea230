// Rules: what posts are judged by, compiled; RulesFeed: the rules a run is to go on with.
//
// A run begins with the rules it is given. Whoever makes others meanwhile offers them; the source
// takes them for the chunk it has filled next and all behind it, and at the first such batch the
// resolver passes from the old catalogue to the new one. So a line is judged by one catalogue from
// end to end, and all lines behind it by that one or a later one. Old rules live until the last
// batch of theirs was worked off.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "catalogue/catalogue.h"
#include "emit/encoder.h"
#include "match/pattern_db.h"
#include "state/state_dir.h"

namespace hashcart::pipeline {

struct Rules {
  std::unique_ptr<const catalogue::Catalogue> catalogue;
  std::unique_ptr<const match::PatternDb> db;
  std::unique_ptr<const emit::RecordEncoder> encoder;
  std::vector<bool> campaigns;  // as match::MatchOptions has it
};

class RulesFeed {
 public:
  // Any thread. What was offered before and not taken is dropped.
  void offer(std::shared_ptr<const Rules> rules) {
    const std::lock_guard lock(mutex_);
    offered_ = std::move(rules);
    has_offer_.store(true, std::memory_order_release);  // pairs with the acquire in take()
  }

  // The source thread. Null: nothing new. Costs a load where that is so.
  [[nodiscard]] std::shared_ptr<const Rules> take() {
    if (!has_offer_.load(std::memory_order_acquire)) return nullptr;
    const std::lock_guard lock(mutex_);
    has_offer_.store(false, std::memory_order_relaxed);
    return std::exchange(offered_, nullptr);
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<const Rules> offered_;
  std::atomic<bool> has_offer_{false};
};

// How a state knows a catalogue.
[[nodiscard]] state::CatalogueIdentity identity_of(const catalogue::Catalogue& catalogue);

}  // namespace hashcart::pipeline
