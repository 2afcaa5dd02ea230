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

// Every market of every retailer reads the canonical form it writes.
TEST_F(ProductUrls, ReadTheCanonicalFormOfEveryMarket) {
  for (std::size_t index = 0; index < catalogue_.retailers.size(); ++index) {
    const catalogue::Retailer& retailer = catalogue_.retailers[index];
    if (retailer.hits.empty()) continue;
    const std::string& key = retailer.hits.front().product_key;
    std::size_t at = 0;
    for (int i = 0; i < 3; ++i) at = key.find(':', at) + 1;
    for (std::size_t market = 0; market < retailer.markets.size(); ++market) {
      const ProductRef product{static_cast<catalogue::RetailerIndex>(index),
                               static_cast<catalogue::MarketIndex>(market),
                               std::string_view(key).substr(at)};
      const std::string canonical = canonical_url(catalogue_, product);
      if (canonical.empty()) continue;
      EXPECT_EQ(testing::judge(catalogue_, table_, canonical, false),
                product_key(catalogue_, product))
          << canonical;
      EXPECT_EQ(canonical.find('{'), std::string::npos) << canonical;
    }
  }
}

// The catalogue's own rule for who is paid, on forms of our own.
TEST_F(ProductUrls, SayWhoIsPaid) {
  const std::pair<const char*, const char*> rows[] = {
      {"https://www.amazon.de/dp/B00EXAMPL1?psc=1&tag=jemand-21", "jemand-21"},
      {"https://www.amazon.com/gp/aws/cart/add.html?AssociateTag=some-20&ASIN.1=B00EXAMPL1",
       "some-20"},
      {"http://www.amazon.com/exec/obidos/ASIN/080442957X/some-20/", "some-20"},
      {"http://www.amazon.com/T/dp/B00EXAMPL1%3FSubscriptionId%3DA%26tag%3Dsome-20%26camp%3D2",
       "some-20"},
      {"https://www.ebay.com/itm/194509326719?mkcid=1&campid=5339100001&toolid=1", "5339100001"},
      {"https://www.flipkart.com/a-b/p/itmeh4grgfbkexnt?pid=SHOEH4GRSUBJGZXE&affid=some", "some"},
      {"https://produto.mercadolivre.com.br/MLB-1622722802-cha-_JM?matt_word=some&matt_tool=1",
       "some"},
      {"https://link.coupang.com/re/AFFSDP?lptag=AF1234567&pageKey=7905299362", "AF1234567"},
      {"https://www.etsy.com/listing/50928493/charm?tag=some-20", ""},
  };
  for (const auto& [url, pays] : rows) {
    LinkScratch scratch;
    const LinkVerdict verdict = table_.classify(url, false, &scratch);
    EXPECT_EQ(verdict.why, LinkWhy::kNone) << url;
    EXPECT_EQ(verdict.product.affiliate, pays) << url;
  }
}

// Look-alikes of every host in the catalogue, each with the path of a product of that retailer. The
// kinds are those of the phishing lists: the brand as a subdomain, joined by a hyphen, as userinfo
// (also escaped, so that it looks like a path), with a letter of another script or its Punycode, on
// another port, with a dot too many, in the path, or broken by a sign.
TEST_F(ProductUrls, AreRefusedOnEveryLookAlike) {
  std::set<std::string> owned;  // with all their subdomains, evil-www.host among them
  for (const catalogue::Retailer& retailer : catalogue_.retailers) {
    for (const catalogue::HostRule& rule : retailer.hosts) {
      if (rule.subdomains) owned.insert(rule.host);
    }
  }
  const auto above = [&](const std::string& host) {
    const std::size_t dot = host.find('.');
    for (std::size_t at = dot; at != std::string::npos; at = host.find('.', at + 1)) {
      if (owned.count(host.substr(at + 1)) > 0) return true;
    }
    return false;
  };
  int judged = 0;
  for (const catalogue::Retailer& retailer : catalogue_.retailers) {
    if (retailer.hits.empty()) continue;
    std::set<std::string> paths;
    for (const catalogue::UrlHit& hit : retailer.hits) {
      UrlParts parts;
      ASSERT_TRUE(split_url(hit.url, &parts));
      paths.insert(hit.url.substr(static_cast<std::size_t>(parts.path.data() - hit.url.data())));
    }
    std::set<std::string> hosts;
    for (const catalogue::HostRule& rule : retailer.hosts) {
      hosts.insert(rule.host);
      if (rule.subdomains) hosts.insert("www." + rule.host);
    }
    hosts.insert(retailer.short_hosts.begin(), retailer.short_hosts.end());
    for (const std::string& host : hosts) {
      const std::string dot_ends = host.substr(0, host.rfind('.'));
      const std::string end = host.substr(host.rfind('.'));
      std::string cyrillic = host;
      const std::size_t letter = host.find_first_of("aeiop");
      if (letter != std::string::npos) cyrillic.replace(letter, 1, "\xD0\xB0");
      for (const std::string& path : paths) {
        std::vector<std::string> urls = {
            "https://" + host + ".evil.example" + path,
            "https://" + host + "-evil.example" + path,
            "https://evil-" + host + ".evil.example" + path,
            "https://" + dot_ends + "-evil" + end + path,
            "https://" + host + "@evil.example" + path,
            "https://evil.example@" + host + path,
            "https://" + host + "%2F@evil.example" + path,
            "https://" + host + "%E2%88%95x@evil.example" + path,
            "https://" + host + ":8443" + path,
            "https://" + host + ".." + path,
            "https://." + host + path,
            "https://evil.example/" + host + path,
            "https://evil.example/?url=https://" + host + path,
            "https://evil.example#https://" + host + path,
            "https://" + dot_ends + "%2E%2E" + end.substr(1) + path,
            "https://" + dot_ends + "\xE3\x80\x82" + end.substr(1) + path,
            "https://" + host + "\xE2\x81\x84.evil.example" + path,
            "https://xn--" + host + "-3ve.evil.example" + path,
        };
        if (!above(host)) {
          urls.push_back("https://evil-" + host + path);
          urls.push_back("https://xn--" + dot_ends + "-3ve" + end + path);
        }
        if (letter != std::string::npos) urls.push_back("https://" + cyrillic + path);
        for (const std::string& url : urls) {
          for (const bool text_link : {false, true}) {
            LinkScratch scratch;
            EXPECT_NE(table_.classify(url, text_link, &scratch).why, LinkWhy::kNone) << url;
            ++judged;
          }
        }
      }
    }
  }
  std::printf("conformance: look_alikes refused %d\n", judged);
  EXPECT_GT(judged, 5'000);
}

struct Score {
  int right = 0;
  int rows = 0;

  void add(bool is_right) {
    ++rows;
    right += is_right ? 1 : 0;
  }
};

// Real URLs. A row says how its product is known: field, stated and canonical are independent of
// any rule for reading URLs; derived ones were read from the URL, and count as coverage only.
TEST_F(ProductUrls, AreRightOnRealUrls) {
  const auto rows = testing::read_rows(testing::shared_path() / "data" / "product_urls.jsonl");
  if (rows.empty()) GTEST_SKIP() << "no shared data";
  struct OfRetailer {
    Score independent;
    Score derived;
    Score negative;
  };
  const std::set<std::string> kIndependent = {"field", "stated", "canonical"};
  Score independent;
  Score negative;
  std::map<std::string, Score> by_expected;
  std::map<std::string, OfRetailer> by_retailer;
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
      negative.add(!found);
      by_retailer[retailer].negative.add(!found);
      continue;
    }
    bool right = found;
    if (found) {
      const catalogue::Retailer& named = catalogue_.retailers[verdict.product.retailer];
      right = named.id == retailer && verdict.product.id == row["product_id"].get<std::string>();
      const auto aux = row.find("aux");
      if (retailer == "amazon" && aux != row.end() && aux->is_object() &&
          aux->contains("country")) {
        right = right &&
                named.markets[verdict.product.market].id == (*aux)["country"].get<std::string>();
      }
    }
    by_expected[by].add(right);
    const bool counts = kIndependent.count(by) > 0;
    OfRetailer& score = by_retailer[retailer];
    (counts ? score.independent : score.derived).add(right);
    if (!counts) continue;
    independent.add(right);
    if (!right) {
      std::printf("miss: %s (%s, want %s)\n", url.c_str(),
                  found ? product_key(catalogue_, verdict.product).c_str()
                        : std::string(name(verdict.why)).c_str(),
                  row["product_id"].dump().c_str());
    }
  }
  for (const auto& [by, score] : by_expected) {
    std::printf("conformance: product_urls expected_by=%s %d/%d\n", by.c_str(), score.right,
                score.rows);
  }
  for (const auto& [retailer, score] : by_retailer) {
    std::printf(
        "conformance: product_urls retailer=%s independent %d/%d derived %d/%d none %d/%d\n",
        retailer.c_str(), score.independent.right, score.independent.rows, score.derived.right,
        score.derived.rows, score.negative.right, score.negative.rows);
  }
  std::printf("conformance: product_urls independent %d/%d\n", independent.right, independent.rows);
  std::printf("conformance: product_urls negatives that give no product %d/%d\n", negative.right,
              negative.rows);
  EXPECT_GT(independent.rows, 0);
  EXPECT_GE(independent.right * 1000, independent.rows * 995);
  EXPECT_EQ(negative.right, negative.rows);
}

}  // namespace
}  // namespace hashcart::match
