// Which links `match` looks for: those of a retailer that is only_if_named count where a campaign
// names it.
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "catalogue/catalogue_loader.h"
#include "match/matcher.h"
#include "match/pattern_db.h"

namespace hashcart::match {
namespace {

constexpr char kShops[] = R"(format = 1
[idtype.number]
match = '[0-9]{4,9}'

[[retailer]]
id = "feed"
idtype = "number"
ids = "global"
only_if_named = true
short = ["s.example.com"]
paths = ["/p/{id}"]
[retailer.markets]
US = { hosts = ["feed.example.com", "*.feed.example.com"] }

[[retailer]]
id = "shop"
idtype = "number"
ids = "global"
affiliate = ["tag"]
paths = ["/p/{id}"]
[retailer.markets]
US = { hosts = ["shop.example.com"] }
)";

constexpr char kCampaign[] = R"(
[[campaign]]
id = "a-tag"
tag = "#ATag"
platforms = ["x"]
action = "buy"
hits = ["#ATag"]
)";

catalogue::Catalogue load(const std::string& rest) {
  catalogue::LoadResult result = catalogue::load_texts({{"shop.toml", kShops + rest}});
  EXPECT_TRUE(result.ok()) << catalogue::render(result.diagnostics, {});
  return std::move(result.catalogue);
}

catalogue::RetailerIndex index_of(const catalogue::Catalogue& catalogue, std::string_view id) {
  for (std::size_t i = 0; i < catalogue.retailers.size(); ++i) {
    if (catalogue.retailers[i].id == id) return static_cast<catalogue::RetailerIndex>(i);
  }
  ADD_FAILURE() << id;
  return 0;
}

// What the matcher says of a post on X with this text, and of its links as the payload lists them.
class Said {
 public:
  Said(const catalogue::Catalogue& catalogue, std::string_view text,
       const std::vector<std::string_view>& links = {})
      : db_(catalogue), matcher_(db_, {}) {
    record_.kind = post::RecordKind::kPosts;
    record_.posts.resize(1);
    record_.post_count = 1;
    post::Post& post = record_.posts[0];
    post.platform = base::Platform::kX;
    post.id = post.chain_id = "1";
    post.author_id = "2";
    post.reply_to = "3";
    post.has_time = true;
    post.text = text;
    for (const std::string_view url : links) post.links.push_back({url, 0, 0});
    static_cast<void>(matcher_.match(record_, {}, &bytes_));
    std::string_view left = bytes_;
    any = decode(&left, &signal);
    EXPECT_TRUE(left.empty());
  }

  Signal signal;
  bool any = false;
  [[nodiscard]] bool line_counts(std::string_view line) { return matcher_.line_counts(line); }

 private:
  PatternDb db_;
  Matcher matcher_;
  post::ParsedRecord record_;
  std::string bytes_;
};

const std::string kUnnamed =
    kCampaign + std::string(
                    "product = { from = [\"shop\"], link = [\"parent\"] }\n"
                    "when = [\"reply\"]\n");

TEST(Matcher, PassesOverRetailersThatNoCampaignNames) {
  const catalogue::Catalogue catalogue = load(kUnnamed);
  EXPECT_FALSE(PatternDb(catalogue).watches(index_of(catalogue, "feed")));
  EXPECT_TRUE(PatternDb(catalogue).watches(index_of(catalogue, "shop")));
  EXPECT_FALSE(Said(catalogue, "http://feed.example.com/p/1234").any);
  EXPECT_FALSE(Said(catalogue, "http://s.example.com/abc").any);
  EXPECT_FALSE(Said(catalogue, "", {"http://www.feed.exampl%65.com/p/1234"}).any)
      << "also where every link is looked at";
  EXPECT_FALSE(Said(catalogue, "").line_counts("x feed.example.com y"));
  EXPECT_TRUE(Said(catalogue, "").line_counts("x shop.example.com y"));
  // Beside a link that counts it is not there either: `other_retailer` and `ambiguous` do not see
  // it.
  const Said both(catalogue,
                  "http://feed.example.com/p/1234 http://shop.example.com/p/5678 "
                  "http://s.example.com/abc");
  ASSERT_TRUE(both.any);
  ASSERT_EQ(both.signal.products.size(), 1U);
  EXPECT_EQ(both.signal.products[0].id, "5678");
  EXPECT_TRUE(both.signal.short_links.empty());
}

TEST(Matcher, LooksForRetailersThatACampaignNames) {
  const std::string named[] = {
      kCampaign + std::string("product = { from = [\"shop\", \"feed\"], link = [\"parent\"] }\n"
                              "when = [\"reply\"]\n"),
      kCampaign + std::string("product = { retailer = \"feed\", id = \"1234\" }\n"
                              "when = [\"any\"]\n"),
      "[[campaign]]\nid = \"an-offer\"\non_link = [\"feed\"]\nplatforms = [\"x\"]\n"
      "action = \"offer\"\nhits = [\"http://feed.example.com/p/1234\"]\n",
  };
  for (const std::string& campaign : named) {
    const catalogue::Catalogue catalogue = load(campaign);
    EXPECT_TRUE(PatternDb(catalogue).watches(index_of(catalogue, "feed"))) << campaign;
    const Said said(catalogue, "http://www.feed.example.com/p/1234 http://s.example.com/abc");
    ASSERT_TRUE(said.any) << campaign;
    ASSERT_EQ(said.signal.products.size(), 1U) << campaign;
    EXPECT_EQ(said.signal.products[0].id, "1234");
    EXPECT_EQ(said.signal.short_links.size(), 1U);
    EXPECT_TRUE(Said(catalogue, "").line_counts("x feed.example.com y"));
  }
}

TEST(Matcher, KeepsWhoIsPaidWithEachLink) {
  const catalogue::Catalogue catalogue = load(kUnnamed);
  const Said said(catalogue, "http://shop.example.com/p/1234?tag=one-20 //shop.example.com/p/5678",
                  {"//shop.example.com/p/5678?tag=two-20", "http://shop.example.com/p/1234"});
  ASSERT_TRUE(said.any);
  std::vector<std::string> got;
  for (const ProductLink& link : said.signal.products) {
    got.push_back(std::string(link.id) + " " + std::string(link.affiliate));
  }
  EXPECT_EQ(got, (std::vector<std::string>{"5678 two-20", "1234 ", "1234 one-20"}))
      << "payload first; a scheme-relative link counts there, and not in running text";
}

}  // namespace
}  // namespace hashcart::match
