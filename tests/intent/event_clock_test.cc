#include "intent/event_clock.h"

#include <gtest/gtest.h>

namespace hashcart::intent {
namespace {

constexpr std::int64_t kHour = 3'600'000;

TEST(EventClock, HoldsTheFirstTimeUntilAnotherAuthorIsNear) {
  EventClock clock;
  EXPECT_FALSE(clock.observe(1000, "ann", kHour));
  EXPECT_FALSE(clock.greatest().has_value());
  EXPECT_FALSE(clock.observe(2000, "ann", kHour));  // the same author confirms nothing
  EXPECT_FALSE(clock.greatest().has_value());
  EXPECT_TRUE(clock.observe(1500, "bob", kHour));
  EXPECT_EQ(clock.greatest(), 1500);
}

TEST(EventClock, DropsAFarTimeNobodyConfirms) {
  EventClock clock;
  static_cast<void>(clock.observe(0, "ann", kHour));
  static_cast<void>(clock.observe(1000, "bob", kHour));
  EXPECT_FALSE(clock.observe(100 * kHour, "eve", kHour));
  EXPECT_EQ(clock.greatest(), 1000);
  EXPECT_TRUE(clock.observe(2000, "bob", kHour));
  EXPECT_EQ(clock.greatest(), 2000);
  EXPECT_EQ(clock.dropped(), 1U);
}

TEST(EventClock, JumpsWhenTwoAuthorsAgree) {
  EventClock clock;
  static_cast<void>(clock.observe(0, "ann", kHour));
  static_cast<void>(clock.observe(1000, "bob", kHour));
  static_cast<void>(clock.observe(100 * kHour, "ann", kHour));
  EXPECT_TRUE(clock.observe(100 * kHour + 5, "bob", kHour));
  EXPECT_EQ(clock.greatest(), 100 * kHour + 5);
  EXPECT_EQ(clock.dropped(), 0U);
}

TEST(EventClock, NeverRunsBackwards) {
  EventClock clock;
  EXPECT_TRUE(clock.set(5000));
  EXPECT_FALSE(clock.set(4000));
  EXPECT_FALSE(clock.observe(4500, "ann", kHour));
  EXPECT_EQ(clock.greatest(), 5000);
}

}  // namespace
}  // namespace hashcart::intent
