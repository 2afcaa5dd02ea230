#include "pipeline/link.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>
#include <vector>

namespace hashcart::pipeline {
namespace {

// All that is pushed comes out once and in order, for links that are mostly full, mostly empty, and
// of one place; under TSan this is the proof of the memory orders.
TEST(Link, DeliversEveryHandleOnceAndInOrder) {
  for (const std::size_t capacity : {1U, 2U, 7U, 64U}) {
    Link link(capacity);
    constexpr Handle kCount = 50'000;
    std::thread producer([&] {
      std::mt19937 random(1);
      for (Handle i = 0; i < kCount; ++i) {
        link.push(i);
        if (random() % 4096 == 0) std::this_thread::sleep_for(std::chrono::microseconds(50));
      }
      link.close();
    });
    std::mt19937 random(2);
    Handle expected = 0;
    Handle got = 0;
    while (link.pop(&got)) {
      ASSERT_EQ(got, expected);
      ++expected;
      if (random() % 4096 == 0) std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
    producer.join();
    EXPECT_EQ(expected, kCount);
  }
}

TEST(Link, WhatIsQueuedAtCloseIsStillPopped) {
  Link link(4);
  link.push(7);
  link.close();
  Handle got = 0;
  ASSERT_TRUE(link.pop(&got));
  EXPECT_EQ(got, 7U);
  EXPECT_FALSE(link.pop(&got));
}

TEST(Link, PopUntilGivesUpAtItsTime) {
  Link link(1);
  Handle got = 0;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(link.pop_until(&got, start + std::chrono::milliseconds(5)), Link::Popped::kTimeout);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(5));
  link.push(3);
  EXPECT_EQ(link.pop_until(&got, start), Link::Popped::kHandle);
  link.close();
  EXPECT_EQ(link.pop_until(&got, start + std::chrono::hours(1)), Link::Popped::kClosed);
}

}  // namespace
}  // namespace hashcart::pipeline
