// The default catalogue on links: rows of our own, and real URLs with the product they must or must
// not give.
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "catalogue/catalogue_loader.h"
#include "match/grammar_testing.h"
#include "match/link_grammar.h"
#include "match/link_testing.h"

namespace hashcart::match {
namespace {

class ProductUrls : public ::testing::Test {
 protected:
  const catalogue::Catalogue catalogue_ =
      catalogue::load_texts(catalogue::default_texts()).catalogue;
  const LinkTable table_{catalogue_};
};

TEST_F(ProductUrls, GiveWhatTheRowsSay) {
  const auto rows = testing::read_rows(std::filesystem::path(HASHCART_SOURCE_DIR) / "fixtures" /
                                       "grammar" / "links.ndjson");
  ASSERT_GE(rows.size(), 60U);
  std::set<std::string> names;
  for (const auto& row : rows) {
    EXPECT_EQ(testing::judge(catalogue_, table_, row["text"].get<std::string>()), row["expect"])
        << row["name"];
    EXPECT_TRUE(names.insert(row["name"]).second) << row["name"] << " twice";
  }
}

TEST_F(ProductUrls, HoldEveryHitAndMissOfTheCatalogue) {
  int with_hosts = 0;
  for (const catalogue::Retailer& retailer : catalogue_.retailers) {
    for (const catalogue::UrlHit& hit : retailer.hits) {
      EXPECT_EQ(testing::judge(catalogue_, table_, hit.url), hit.product_key) << hit.url;
    }
    for (const std::string& url : retailer.misses) {
      LinkScratch scratch;
      EXPECT_NE(table_.classify(url, true, &scratch).why, LinkWhy::kNone) << url;
    }
    if (retailer.hosts.empty()) continue;
    ++with_hosts;
    EXPECT_FALSE(retailer.hits.empty()) << retailer.id;
    EXPECT_FALSE(retailer.misses.empty()) << retailer.id;
  }
  EXPECT_GE(with_hosts, 25);
}

TEST_F(ProductUrls, NameTheSameProductInTheirCanonicalForm) {
  LinkScratch scratch;
  for (const catalogue::Retailer& retailer : catalogue_.retailers) {
    for (const catalogue::UrlHit& hit : retailer.hits) {
      const LinkVerdict verdict = table_.classify(hit.url, true, &scratch);
      ASSERT_EQ(verdict.why, LinkWhy::kNone) << hit.url;
      const std::string canonical = canonical_url(catalogue_, verdict.product);
      if (!canonical.empty()) {
        EXPECT_EQ(testing::judge(catalogue_, table_, canonical, false), hit.product_key)
            << canonical;
      }
    }
  }
}

// Every market of a retailer, through its own host and canonical form.
TEST_F(ProductUrls, TellTheMarketsOfAmazonApart) {
  std::set<std::string> markets;
  for (const catalogue::Retailer& retailer : catalogue_.retailers) {
    if (retailer.id != "amazon") continue;
    for (const catalogue::HostRule& host : retailer.hosts) {
      const std::string market = retailer.markets[host.market].id;
      const std::string url =
          "https://" + std::string(host.subdomains ? "smile." : "") + host.host + "/dp/B00EXAMPL1";
      EXPECT_EQ(testing::judge(catalogue_, table_, url), "amazon:" + market + ":asin:B00EXAMPL1")
          << url;
      markets.insert(market);
    }
  }
  EXPECT_GE(markets.size(), 23U);
}

TEST_F(ProductUrls, AreRightOnRealUrls) {
  const auto rows = testing::read_rows(testing::shared_path() / "data" / "product_urls.jsonl");
  if (rows.empty()) GTEST_SKIP() << "no shared data";
  const std::set<std::string> scored = {"amazon", "ebay",  "etsy", "walmart",
                                        "taobao", "tmall", "jd"};
  struct Score {
    int right = 0;
    int rows = 0;
  };
  Score total;
  std::map<std::string, Score> by_retailer;
  LinkScratch scratch;
  for (const auto& row : rows) {
    const std::string url = row["url"];
    const std::string by = row["expected_by"];
    std::string retailer = row["retailer"];
    for (char& c : retailer) c = c == '_' ? '-' : c;
    const LinkVerdict verdict = table_.classify(url, true, &scratch);
    const bool found = verdict.why == LinkWhy::kNone;
    if (row["product_id"].is_null()) {
      EXPECT_FALSE(found) << url << " is no product, not "
                          << product_key(catalogue_, verdict.product);
    }
    if (by != "field" && by != "stated" && by != "canonical") continue;
    bool right = found == !row["product_id"].is_null();
    if (found && right) {
      const catalogue::Retailer& named = catalogue_.retailers[verdict.product.retailer];
      right = named.id == retailer && verdict.product.id == row["product_id"].get<std::string>();
      const auto aux = row.find("aux");
      if (retailer == "amazon" && aux != row.end() && aux->is_object() &&
          aux->contains("country")) {
        right = right &&
                named.markets[verdict.product.market].id == (*aux)["country"].get<std::string>();
      }
    }
    ++by_retailer[retailer].rows;
    by_retailer[retailer].right += right ? 1 : 0;
    if (scored.count(retailer) == 0) continue;
    ++total.rows;
    total.right += right ? 1 : 0;
    if (!right) {
      std::printf("miss: %s (%s, want %s)\n", url.c_str(),
                  found ? product_key(catalogue_, verdict.product).c_str()
                        : std::string(name(verdict.why)).c_str(),
                  row["product_id"].dump().c_str());
    }
  }
  for (const auto& [retailer, score] : by_retailer) {
    std::printf("conformance: product_urls %s %d/%d\n", retailer.c_str(), score.right, score.rows);
  }
  std::printf("conformance: product_urls scored retailers %d/%d\n", total.right, total.rows);
  EXPECT_GE(total.right * 100, total.rows * 98);
}

}  // namespace
}  // namespace hashcart::match
