#include "intent/event_clock.h"

#include <algorithm>

namespace hashcart::intent {

bool EventClock::advance(base::EventTimeMs time) noexcept {
  if (greatest_ && time <= *greatest_) return false;
  greatest_ = time;
  return true;
}

bool EventClock::observe(base::EventTimeMs time, std::string_view author, std::int64_t jump_max) {
  if (held_ && held_->author != author) {
    const base::EventTimeMs held = held_->time;
    held_.reset();
    // Times parsed from text lie within years 1 to 9999, so the difference cannot overflow.
    if (std::max(time, held) - std::min(time, held) <= jump_max)
      return advance(std::max(time, held));
    ++dropped_;
  }
  if (greatest_ && time <= *greatest_ + jump_max) return advance(time);
  // Far ahead, or the first. A second far time by the same author confirms nothing; the first one
  // stays held.
  if (!held_) held_ = Held{time, std::string(author)};
  return false;
}

bool EventClock::set(base::EventTimeMs time) { return advance(time); }

}  // namespace hashcart::intent
