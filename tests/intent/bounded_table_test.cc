#include "intent/bounded_table.h"

#include <gtest/gtest.h>

#include <list>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace hashcart::intent {
namespace {

TEST(BoundedTable, ForgetsTheOldestInsertionFirst) {
  BoundedTable<int> table(2, 64);
  *table.insert("a").first = 1;
  *table.insert("b").first = 2;
  *table.insert("a").first = 3;  // assigned anew: keeps its place
  std::vector<std::string> evicted;
  *table.insert("c", 0, [&](std::string_view key, int&) { evicted.emplace_back(key); }).first = 4;
  EXPECT_EQ(evicted, std::vector<std::string>{"a"});
  EXPECT_EQ(table.find("a"), nullptr);
  EXPECT_EQ(*table.find("b"), 2);
  EXPECT_EQ(*table.find("c"), 4);
  EXPECT_EQ(table.evictions(), 1U);
}

TEST(BoundedTable, ErasedAndInsertedAgainIsTheNewest) {
  BoundedTable<int> table(2, 64);
  table.insert("a");
  table.insert("b");
  table.erase("a");
  table.insert("a");
  table.insert("c");
  EXPECT_EQ(table.find("b"), nullptr);
  EXPECT_NE(table.find("a"), nullptr);
}

TEST(BoundedTable, OneEntryMayHoldMoreThanAll) {
  BoundedTable<int> table(2, 64);
  table.insert("a");
  table.insert("b", BoundedTable<int>::kBytesMin);
  EXPECT_EQ(table.find("a"), nullptr);
  EXPECT_EQ(table.bytes(), BoundedTable<int>::kBytesMin + 1);
  table.insert("c");
  EXPECT_EQ(table.find("b"), nullptr);
  EXPECT_EQ(table.bytes(), 1U);
}

TEST(BoundedTable, AgreesWithAListAndAMapOverRandomOperations) {
  std::mt19937_64 random(7);
  constexpr std::size_t kCapacity = 16;
  BoundedTable<int> table(kCapacity, 64);
  std::list<std::string> order;
  std::map<std::string, int> model;
  std::map<std::string, std::uint64_t> held;
  std::uint64_t all = 0;
  std::uint64_t forgotten_for_bytes = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string key = std::to_string(random() % 40);
    if (random() % 4 == 0) {
      table.erase(key);
      order.remove(key);
      model.erase(key);
      all -= held[key];
      held.erase(key);
    } else {
      const std::uint64_t bytes = random() % (i < 10'000 ? 300'000 : 900'000);
      if (model.count(key) == 0) {
        while (!model.empty() && (model.size() == kCapacity ||
                                  all + key.size() + bytes > BoundedTable<int>::kBytesMin)) {
          if (model.size() < kCapacity) ++forgotten_for_bytes;
          all -= held[order.front()];
          held.erase(order.front());
          model.erase(order.front());
          order.pop_front();
        }
        order.push_back(key);
        all += held[key] = key.size() + bytes;
      } else if (random() % 2 == 0) {
        table.set_bytes(key, bytes / 2);
        all += key.size() + bytes / 2 - held[key];
        held[key] = key.size() + bytes / 2;
      }
      model[key] = i;
      *table.insert(key, bytes).first = i;
    }
    ASSERT_EQ(table.size(), model.size());
    ASSERT_EQ(table.bytes(), all);
    const int* found = table.find(key);
    ASSERT_EQ(found != nullptr, model.count(key) == 1);
    if (found != nullptr) {
      ASSERT_EQ(*found, model[key]);
    }
  }
  EXPECT_GT(forgotten_for_bytes, 1000U);
  std::vector<std::string> left;
  table.for_each([&](const std::string& key, int) { left.push_back(key); });
  EXPECT_EQ(left, std::vector<std::string>(order.begin(), order.end()));
}

}  // namespace
}  // namespace hashcart::intent
