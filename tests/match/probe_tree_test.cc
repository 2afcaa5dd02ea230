#include "match/probe_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace hashcart::match {
namespace {

std::vector<std::uint32_t> named(const ProbeTree& tree, const std::string& text, std::size_t at) {
  const auto reach = static_cast<std::size_t>(ProbeTree::kReach);
  const std::string padded = std::string(reach, '\n') + text + std::string(reach, '\n');
  std::vector<std::uint32_t> out;
  EXPECT_FALSE(tree.any(padded.data() + reach + at, [&](std::uint32_t value) {
    out.push_back(value);
    return false;
  }));
  std::sort(out.begin(), out.end());
  return out;
}

TEST(ProbeTree, NothingIsInAnEmptyOne) {
  EXPECT_TRUE(named(ProbeTree(), "wirelessshop.com", 0).empty());
  EXPECT_TRUE(named(ProbeTree(std::vector<ProbeTree::Item>{}), "wirelessshop.com", 0).empty());
}

TEST(ProbeTree, NamesWhatStandsThereAndFewOthers) {
  // Hosts of few words, each asked for by a window that it shares with many.
  const std::vector<std::string> words = {"wire", "less", "gold", "vintage",
                                          "a",    "3d",   "-",    "shop"};
  std::mt19937 generator(7);
  const auto random = [&] { return static_cast<std::uint32_t>(generator()); };
  for (int round = 0; round < 60; ++round) {
    std::vector<ProbeTree::Item> items;
    for (std::uint32_t i = 0; i < 150; ++i) {
      std::string text;
      for (unsigned word = random() % 4; word > 0; --word) text += words[random() % words.size()];
      const auto place = static_cast<std::uint32_t>(text.size());
      text += "wire";
      for (unsigned word = random() % 3; word > 0; --word) text += words[random() % words.size()];
      text += ".com";
      ProbeTree::Item item{text, place, place, place, i};
      if (random() % 8 != 0) {
        item.begin = random() % (place + 1);
        item.end = place + 4 + random() % (static_cast<std::uint32_t>(text.size()) - place - 3);
      }
      items.push_back(item);
    }
    const ProbeTree tree(items);
    std::size_t more = 0;
    for (const ProbeTree::Item& seen : items) {
      std::string text = seen.text;
      if (random() % 2 == 0) {
        std::transform(text.begin(), text.end(), text.begin(),
                       [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
      }
      const std::vector<std::uint32_t> found = named(tree, text, seen.place);
      for (const ProbeTree::Item& item : items) {
        // What is certain of it stands around the place.
        bool stands = true;
        for (std::uint32_t i = item.begin; i < item.end; ++i) {
          const auto at = static_cast<std::size_t>(i) + seen.place - item.place;
          stands = stands && at < seen.text.size() && seen.text[at] == item.text[i];
        }
        const bool is_named = std::binary_search(found.begin(), found.end(), item.value);
        if (stands) {
          EXPECT_TRUE(is_named) << item.text << " in " << seen.text;
        }
        if (!stands && is_named) ++more;
      }
    }
    // Of 150 that share the window, every eighth is always named.
    EXPECT_LT(more / items.size(), 30U);
  }
}

TEST(ProbeTree, StopsAtTheFirstThatTells) {
  const ProbeTree tree({{"wire.com", 0, 0, 0, 1}, {"wire.net", 0, 0, 0, 2}});
  const std::string text(64, 'x');
  int asked = 0;
  EXPECT_TRUE(tree.any(text.data() + 32, [&](std::uint32_t) {
    ++asked;
    return true;
  }));
  EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace hashcart::match
