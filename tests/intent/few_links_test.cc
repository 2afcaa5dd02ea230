#include "intent/few_links.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace hashcart::intent {
namespace {

using match::ProductLink;

using Taken = std::vector<std::tuple<std::uint16_t, std::uint16_t, std::string_view>>;

// What a campaign takes of links that lists the sellers of `scope`: retailer * 8 + market. The ids
// of retailer 0 are global.
Taken taken_of(std::span<const ProductLink> links, const std::set<int>& scope) {
  Taken out;
  std::set<Taken::value_type> seen;
  for (const ProductLink& link : links) {
    if (!scope.contains(link.retailer * 8 + link.market)) continue;
    const std::uint16_t market = link.retailer == 0 ? match::kNoMarket : link.market;
    if (!seen.emplace(link.retailer, market, link.id).second) continue;
    out.emplace_back(link.retailer, link.market, link.id);
    if (out.size() == FewLinks::kMost) break;
  }
  return out;
}

TEST(FewLinks, WhatACampaignTakesOfThemIsWhatItTakesOfAll) {
  std::mt19937 random(7);
  std::vector<std::string> ids;
  for (int i = 0; i < 200; ++i) ids.push_back("id" + std::to_string(i));
  std::size_t shortened = 0;
  for (int round = 0; round < 2000; ++round) {
    const std::size_t different = 1 + random() % ids.size();
    std::vector<ProductLink> links(random() % 500);
    for (ProductLink& link : links) {
      link.retailer = static_cast<std::uint16_t>(random() % 3);
      link.market = static_cast<std::uint16_t>(random() % 3);
      link.id = ids[random() % different];
    }
    FewLinks few;
    const std::span<const ProductLink> of = few.of(links);
    EXPECT_EQ(few.of(links).data(), of.data());
    shortened += of.size() < links.size() ? 1U : 0U;
    EXPECT_LE(of.size(), 9 * FewLinks::kMost);
    for (int scopes = 0; scopes < 5; ++scopes) {
      std::set<int> scope;
      for (int seller = 0; seller < 24; ++seller) {
        if (random() % 3 == 0) scope.insert(seller);
      }
      ASSERT_EQ(taken_of(of, scope), taken_of(links, scope)) << "round " << round;
    }
  }
  EXPECT_GT(shortened, 1000U);
}

TEST(FewLinks, AFewAreLeftAsTheyAre) {
  const std::vector<ProductLink> links(FewLinks::kMost);
  FewLinks few;
  EXPECT_EQ(few.of(links).data(), links.data());
}

}  // namespace
}  // namespace hashcart::intent
