#include "app/subset_match.h"

#include <gtest/gtest.h>

namespace hashcart::app {
namespace {

TEST(SubsetMatch, AcceptsWhatSaysMore) {
  EXPECT_EQ(subset_difference(R"({"a":{"b":1}})", R"({"x":0,"a":{"b":1,"c":2}})"), "");
  EXPECT_EQ(subset_difference("{}", R"({"a":1})"), "");
}

TEST(SubsetMatch, NamesTheFirstDifference) {
  EXPECT_EQ(subset_difference(R"({"a":{"b":1}})", R"({"a":{"b":2}})"), "a.b is 2, expected 1");
  EXPECT_EQ(subset_difference(R"({"a":{"b":1}})", R"({"a":{}})"), "a.b is missing");
  EXPECT_EQ(subset_difference(R"({"a":[1]})", R"({"a":[1,2]})"), "a is [1,2], expected [1]");
  EXPECT_EQ(subset_difference(R"({"a":{}})", R"({"a":1})"), "a is no object");
}

TEST(SubsetMatch, SaysWhichSideIsNoJson) {
  EXPECT_TRUE(subset_difference("{", "{}").starts_with("the expectation is no JSON"));
  EXPECT_TRUE(subset_difference("{}", "{").starts_with("the record is no JSON"));
}

}  // namespace
}  // namespace hashcart::app
