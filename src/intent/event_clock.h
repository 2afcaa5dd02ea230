// EventClock: one platform's greatest believable event time.
//
// A time more than `jump_max` ahead (or the first of a stream) is held until a clock-moving post by
// a different author lies within jump_max of it; else it is dropped and counted. So one post dated
// 2099 expires nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/event_time.h"

namespace hashcart::intent {

class EventClock {
 public:
  // A clock-moving post. True when the greatest time moved.
  bool observe(base::EventTimeMs time, std::string_view author, std::int64_t jump_max);
  // A feeder's tick, trusted.
  bool set(base::EventTimeMs time);

  [[nodiscard]] std::optional<base::EventTimeMs> greatest() const noexcept { return greatest_; }
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

  // For snapshots: the list of its fields, both ways.
  template <typename Archive, typename Self>
  static void fields(Archive& archive, Self& self) {
    archive.optional(self.greatest_, [](Archive& to, auto& time) { to.time(time); });
    archive.optional(self.held_, [](Archive& to, auto& held) {
      to.time(held.time);
      to.text(held.author);
    });
    archive.number(self.dropped_);
  }

 private:
  struct Held {
    base::EventTimeMs time = 0;
    std::string author;
  };

  bool advance(base::EventTimeMs time) noexcept;

  std::optional<base::EventTimeMs> greatest_;
  std::optional<Held> held_;
  std::uint64_t dropped_ = 0;
};

}  // namespace hashcart::intent
