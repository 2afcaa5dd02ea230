#include "catalogue/catalogue_diff.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "catalogue/catalogue_loader.h"

namespace hashcart::catalogue {
namespace {

const std::string kShop =
    "format = 1\n[catalogue]\nid = \"t\"\n[idtype.code]\nmatch = '[0-9]+'\n[idtype.word]\nmatch = "
    "'[a-z]+'\n"
    "[[retailer]]\nid = \"shop\"\nidtype = \"code\"\npaths = [\"/p/{id}\"]\n"
    "[retailer.markets]\nUS = { hosts = [\"shop.example.com\"] }\n"
    "[[retailer]]\nid = \"other\"\nidtype = \"word\"\n";
const std::string kCart =
    "[[campaign]]\nid = \"cart\"\ntag = \"#Cart\"\naction = \"add\"\nhits = [\"#Cart\"]\n"
    "product = { from = [\"shop:US\"] }\n";
const std::string kBuy =
    "[[campaign]]\nid = \"buy\"\ntag = \"#Buy\"\naction = \"other\"\nhits = [\"#Buy\"]\n"
    "product = { retailer = \"shop\", market = \"US\", id = \"1\" }\n";
const std::string kWord =
    "[[campaign]]\nid = \"word\"\ntag = \"#Word\"\naction = \"add\"\nhits = [\"#Word\"]\n"
    "product = { retailer = \"other\", market = \"US\", id = \"a\" }\n";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::vector<CatalogueChange> diff(const std::string& before, const std::string& after) {
  const LoadResult one = load_texts({{"before.toml", before}});
  const LoadResult two = load_texts({{"after.toml", after}});
  EXPECT_TRUE(one.ok()) << render(one.diagnostics, {{"before.toml", before}});
  EXPECT_TRUE(two.ok()) << render(two.diagnostics, {{"after.toml", after}});
  return diff_catalogues(one.catalogue, two.catalogue);
}

// The one change there must be.
CatalogueChange only(const std::vector<CatalogueChange>& changes) {
  EXPECT_EQ(changes.size(), 1U);
  return changes.empty() ? CatalogueChange() : changes[0];
}

using Names = std::vector<std::string>;

TEST(CatalogueDiff, FindsNothingWhereNothingDiffers) {
  const LoadResult result = load_files({"default"});
  EXPECT_TRUE(diff_catalogues(result.catalogue, result.catalogue).empty());
  EXPECT_TRUE(diff(kShop + kCart + kBuy, kShop + kBuy + "rev = 1\n" + kCart).empty());
  EXPECT_TRUE(diff(kShop, kShop + "[[test]]\nname = \"a\"\nposts = '{}'\nexpect = ''\n").empty());
}

TEST(CatalogueDiff, CampaignsThatComeAndGo) {
  const CatalogueChange added = only(diff(kShop + kCart, kShop + kCart + kBuy));
  EXPECT_EQ(added.kind, ChangeKind::kAdded);
  EXPECT_EQ(added.entry, "campaign");
  EXPECT_EQ(added.campaigns, Names{"buy"});
  const CatalogueChange removed = only(diff(kShop + kCart + kBuy, kShop + kCart));
  EXPECT_EQ(removed.kind, ChangeKind::kRemoved);
  EXPECT_EQ(removed.id, "buy");
  EXPECT_FALSE(removed.rev_not_bumped);
}

TEST(CatalogueDiff, AChangedKeyShowsBothValues) {
  const std::string before = kShop + kCart;
  const CatalogueChange change = only(diff(before, replaced(before, "\"#Cart\"", "\"#CART\"")));
  ASSERT_EQ(change.keys.size(), 1U);
  EXPECT_EQ(change.keys[0].key, "tag");
  EXPECT_EQ(change.keys[0].before, "\"#Cart\"");
  EXPECT_EQ(change.keys[0].after, "\"#CART\"");
  EXPECT_TRUE(change.rev_not_bumped);
  EXPECT_EQ(change.campaigns, Names{"cart"});
}

TEST(CatalogueDiff, ARaisedRevIsNoComplaint) {
  const std::string before = kShop + kCart;
  const std::string after = replaced(before, "\"#Cart\"", "\"#CART\"");
  EXPECT_FALSE(only(diff(before, after + "rev = 2\n")).rev_not_bumped);
  EXPECT_TRUE(only(diff(before + "rev = 2\n", after + "rev = 1\n")).rev_not_bumped);
}

TEST(CatalogueDiff, TestsOfACampaignChangeNoOutput) {
  const std::string before = kShop + kCart;
  const CatalogueChange change =
      only(diff(before, replaced(before, "hits = [", "misses = [\"no\"]\nhits = [\"a #Cart\", ")));
  ASSERT_EQ(change.keys.size(), 2U);
  EXPECT_EQ(change.keys[0].key, "hits");
  EXPECT_EQ(change.keys[0].items_added, Names{"\"a #Cart\""});
  EXPECT_TRUE(change.keys[0].items_removed.empty());
  EXPECT_EQ(change.keys[1].key, "misses");
  EXPECT_EQ(change.keys[1].before, "");
  EXPECT_TRUE(change.campaigns.empty());
  EXPECT_FALSE(change.rev_not_bumped);
}

// Every key but hits and misses counts, and those of tables inside are told one by one.
TEST(CatalogueDiff, KeysThatDecideCanChangeOutput) {
  for (const std::string more :
       {"status = \"stable\"\n", "platforms = [\"x\"]\n", "from = 2014-05-05T00:00:00Z\n",
        "until = 2014-05-05T00:00:00Z\n", "when = [\"any\"]\n", "other_markets = \"refuse\"\n",
        "require_linked = true\n", "ignore_authors = [\"@a\"]\n",
        "[campaign.confirm]\ntag = \"#C\"\nwithin = \"1m\"\n"}) {
    const CatalogueChange change = only(diff(kShop + kCart, kShop + kCart + more));
    EXPECT_EQ(change.campaigns, Names{"cart"}) << more;
    EXPECT_TRUE(change.rev_not_bumped) << more;
  }
  const std::string confirm = "[campaign.confirm]\ntag = \"#C\"\nwithin = \"";
  const CatalogueChange change =
      only(diff(kShop + kCart + confirm + "1m\"\n", kShop + kCart + confirm + "2m\"\n"));
  ASSERT_EQ(change.keys.size(), 1U);
  EXPECT_EQ(change.keys[0].key, "confirm.within");
}

TEST(CatalogueDiff, ARetailerReachesTheCampaignsThatNameIt) {
  const std::string before = kShop + kCart + kBuy + kWord;
  const CatalogueChange change = only(diff(before, replaced(before, "/p/{id}", "/q/{id}")));
  EXPECT_EQ(change.entry, "retailer");
  EXPECT_EQ(change.campaigns, (Names{"buy", "cart"}));  // not "word", nor an action named like it
  const CatalogueChange market =
      only(diff(before, replaced(before, "shop.example.com", "a.example")));
  ASSERT_EQ(market.keys.size(), 1U);
  EXPECT_EQ(market.keys[0].key, "markets.US.hosts");
  EXPECT_TRUE(
      only(diff(before, replaced(before, "id = \"other\"", "id = \"other\"\nname = \"Other\"")))
          .campaigns.empty());
}

TEST(CatalogueDiff, AnIdTypeReachesThroughItsRetailers) {
  const std::string before = kShop + kCart + kBuy + kWord;
  const CatalogueChange change = only(diff(before, replaced(before, "[0-9]+", "[0-9]{1,9}")));
  EXPECT_EQ(change.entry, "idtype");
  EXPECT_EQ(change.id, "code");
  EXPECT_EQ(change.campaigns, (Names{"buy", "cart"}));
}

TEST(CatalogueDiff, LimitsAndTheCataloguesNameReachAll) {
  const std::string before = kShop + kCart + kWord;
  const CatalogueChange limits = only(diff(before, before + "[limits]\npending_max = 7\n"));
  EXPECT_EQ(limits.entry, "limits");
  EXPECT_EQ(limits.campaigns, (Names{"cart", "word"}));
  const CatalogueChange version =
      only(diff(before, replaced(before, "id = \"t\"", "id = \"t\"\nversion = \"2\"")));
  EXPECT_EQ(version.entry, "catalogue");
  EXPECT_EQ(version.campaigns.size(), 2U);
  EXPECT_TRUE(only(diff(before, replaced(before, "id = \"t\"", "id = \"t\"\nowner = \"me\"")))
                  .campaigns.empty());
}

}  // namespace
}  // namespace hashcart::catalogue
