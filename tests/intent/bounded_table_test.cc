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
  BoundedTable<int> table(2);
  *table.insert("a").first = 1;
  *table.insert("b").first = 2;
  *table.insert("a").first = 3;  // assigned anew: keeps its place
  std::vector<std::string> evicted;
  *table.insert("c", [&](std::string_view key, int&) { evicted.emplace_back(key); }).first = 4;
  EXPECT_EQ(evicted, std::vector<std::string>{"a"});
  EXPECT_EQ(table.find("a"), nullptr);
  EXPECT_EQ(*table.find("b"), 2);
  EXPECT_EQ(*table.find("c"), 4);
  EXPECT_EQ(table.evictions(), 1U);
}

TEST(BoundedTable, ErasedAndInsertedAgainIsTheNewest) {
  BoundedTable<int> table(2);
  table.insert("a");
  table.insert("b");
  table.erase("a");
  table.insert("a");
  table.insert("c");
  EXPECT_EQ(table.find("b"), nullptr);
  EXPECT_NE(table.find("a"), nullptr);
}

TEST(BoundedTable, AgreesWithAListAndAMapOverRandomOperations) {
  std::mt19937_64 random(7);
  constexpr std::size_t kCapacity = 16;
  BoundedTable<int> table(kCapacity);
  std::list<std::string> order;
  std::map<std::string, int> model;
  for (int i = 0; i < 20'000; ++i) {
    const std::string key = std::to_string(random() % 40);
    if (random() % 4 == 0) {
      table.erase(key);
      order.remove(key);
      model.erase(key);
    } else {
      if (model.count(key) == 0) {
        if (model.size() == kCapacity) {
          model.erase(order.front());
          order.pop_front();
        }
        order.push_back(key);
      }
      model[key] = i;
      *table.insert(key).first = i;
    }
    ASSERT_EQ(table.size(), model.size());
    const int* found = table.find(key);
    ASSERT_EQ(found != nullptr, model.count(key) == 1);
    if (found != nullptr) {
      ASSERT_EQ(*found, model[key]);
    }
  }
  std::vector<std::string> left;
  table.for_each([&](const std::string& key, int) { left.push_back(key); });
  EXPECT_EQ(left, std::vector<std::string>(order.begin(), order.end()));
}

}  // namespace
}  // namespace hashcart::intent
