#include "catalogue/catalogue_loader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/event_time.h"
#include "base/setup_error.h"

namespace hashcart::catalogue {
namespace {

const std::string kFixtures = HASHCART_SOURCE_DIR "/fixtures/catalogues/";

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

CatalogueText fixture(const std::string& name) { return {name, slurp(kFixtures + name)}; }

std::string shown(const LoadResult& result, const std::vector<CatalogueText>& texts) {
  return render(result.diagnostics, texts);
}

LoadResult load_one(const std::string& text) { return load_texts({{"a.toml", text}}); }

std::vector<std::string> codes(const LoadResult& result) {
  std::vector<std::string> out;
  for (const Diagnostic& fault : result.diagnostics) out.push_back(fault.code);
  return out;
}

const Campaign* find_campaign(const Catalogue& catalogue, std::string_view id) {
  for (const Campaign& campaign : catalogue.campaigns) {
    if (campaign.id == id) return &campaign;
  }
  return nullptr;
}

const Retailer* find_retailer(const Catalogue& catalogue, std::string_view id) {
  for (const Retailer& retailer : catalogue.retailers) {
    if (retailer.id == id) return &retailer;
  }
  return nullptr;
}

const std::string kHead = "format = 1\n[catalogue]\nid = \"t\"\nretailers = \"default\"\n";

std::string campaign_text(const std::string& id, const std::string& tag,
                          const std::string& more = {}) {
  return "[[campaign]]\nid = \"" + id + "\"\ntag = \"" + tag + "\"\naction = \"cart.add\"\n" +
         "product = { from = [\"amazon:US\"] }\nhits = [\"" + tag + "\"]\n" + more;
}

// ---------------------------------------------------------------- the compiled-in catalogue

TEST(DefaultCatalogue, LoadsWithoutAnyFault) {
  const LoadResult result = load_files({"default"});
  EXPECT_TRUE(result.diagnostics.empty()) << shown(result, {});
  EXPECT_EQ(result.catalogue.id, "default");
  EXPECT_GE(result.catalogue.retailers.size(), 25U);
  EXPECT_GE(result.catalogue.campaigns.size(), 20U);
  EXPECT_FALSE(result.catalogue.resolved.empty());
}

TEST(DefaultCatalogue, HoldsTheSeedCampaigns) {
  const LoadResult result = load_files({"default"});
  for (const std::string_view id :
       {"amazon-cart-us", "amazon-basket-uk", "amazon-cart-jp", "amazon-wish-list",
        "amex-gift-card-25", "amex-kindle-fire-hd", "amex-whole-foods", "amex-zappos",
        "amex-mcdonalds", "amex-warby", "amex-bauble-bar", "amex-shop-small", "weibo-offer",
        "pinterest-offer", "instagram-offer", "facebook-offer", "x-offer",
        "xiaomi-phone-reserve"}) {
    const Campaign* campaign = find_campaign(result.catalogue, id);
    ASSERT_NE(campaign, nullptr) << id;
    EXPECT_FALSE(campaign->until.has_value()) << id;
    EXPECT_FALSE(campaign->misses.empty()) << id;
  }
  const Campaign* kindle = find_campaign(result.catalogue, "amex-kindle-fire-hd");
  ASSERT_TRUE(kindle->confirm.has_value());
  EXPECT_EQ(kindle->confirm->within_ms, 15 * 60'000);
  EXPECT_EQ(kindle->confirm->remind_before_ms, 5 * 60'000);
  EXPECT_EQ(kindle->confirm->clock, ConfirmClock::kPrompt);
}

TEST(DefaultCatalogue, EveryCampaignOnTagsWorksOnManyPlatforms) {
  const LoadResult result = load_files({"default"});
  const Campaign* cart = find_campaign(result.catalogue, "amazon-cart-us");
  ASSERT_NE(cart, nullptr);
  for (std::size_t i = 0; i < base::kPlatformCount; ++i)
    EXPECT_TRUE(cart->on(static_cast<base::Platform>(i)));
}

TEST(DefaultCatalogue, NamedTwiceIsReadOnce) {
  EXPECT_TRUE(load_files({"default", "default"}).ok());
}

// ---------------------------------------------------------------- what is read

TEST(CatalogueLoader, ReadsEveryField) {
  const std::vector<CatalogueText> texts = {fixture("small.toml")};
  const LoadResult result = load_texts(texts);
  ASSERT_TRUE(result.ok()) << shown(result, texts);
  const Catalogue& out = result.catalogue;
  EXPECT_EQ(out.id, "small");
  EXPECT_EQ(out.version, "7");
  EXPECT_EQ(out.owner, "shop-data@example.com");
  EXPECT_EQ(out.files, std::vector<std::string>{"small.toml"});
  EXPECT_EQ(out.limits.out_of_order_ms, 1'500);
  EXPECT_EQ(out.limits.remember_links_ms, 2 * 86'400'000);
  EXPECT_EQ(out.limits.parent_wait_ms, 120'000);
  EXPECT_EQ(out.limits.record_bytes_max, 65'536U);

  const Retailer* shop = find_retailer(out, "shop");
  ASSERT_NE(shop, nullptr);
  EXPECT_EQ(shop->name, "The \"Shop\"");
  EXPECT_EQ(out.id_types[shop->id_type].id, "code");
  EXPECT_EQ(out.id_types[shop->id_type].fold, IdFold::kUpper);
  EXPECT_FALSE(shop->ids_global);
  ASSERT_EQ(shop->markets.size(), 3U);
  EXPECT_EQ(shop->markets[0].id, "US");  // in file order, not sorted
  EXPECT_EQ(shop->markets[2].id, "DE");
  ASSERT_EQ(shop->hosts.size(), 5U);
  EXPECT_EQ(shop->hosts[1].host, "shop.example.com");
  EXPECT_TRUE(shop->hosts[1].subdomains);
  EXPECT_EQ(shop->hosts[4].host, "m.shop.example.net");
  EXPECT_EQ(shop->hosts[4].market, 1);
  EXPECT_EQ(shop->hosts[4].template_set, 1);
  ASSERT_EQ(shop->template_sets.size(), 2U);
  EXPECT_EQ(shop->template_sets[1][0].text, "/m/{id}");
  EXPECT_EQ(shop->where.line, 21U);

  const Campaign* cart = find_campaign(out, "shop-cart");
  ASSERT_NE(cart, nullptr);
  EXPECT_EQ(cart->rev, 3U);
  EXPECT_EQ(cart->status, Status::kStable);
  EXPECT_EQ(cart->from, base::parse_rfc3339("2014-05-04T22:00:00Z"));
  EXPECT_EQ(cart->until, base::parse_rfc3339("2014-06-05T00:00:00.250Z"));
  EXPECT_TRUE(cart->when_reply && cart->when_quote && !cart->when_any);
  ASSERT_EQ(cart->product_from.size(), 2U);
  EXPECT_EQ(cart->product_from[1].market, MarketIndex{1});
  EXPECT_TRUE(cart->link_parent && cart->link_self);
  EXPECT_TRUE(cart->refuse_other_markets);
  EXPECT_TRUE(cart->require_linked);
  EXPECT_EQ(cart->ignore_handles, std::vector<std::string>{"theshop"});
  ASSERT_EQ(cart->ignore_ids.size(), 1U);
  EXPECT_EQ(cart->ignore_ids[0].id, "did:plc:abc");
  EXPECT_EQ(cart->ignore_ids[0].platform, base::Platform::kBluesky);

  const Campaign* concert = find_campaign(out, "concert");
  ASSERT_NE(concert, nullptr);
  EXPECT_TRUE(concert->when_any);  // the default of a campaign that names its product
  EXPECT_TRUE(concert->on(base::Platform::kX) && concert->on(base::Platform::kThreads));
  EXPECT_FALSE(concert->on(base::Platform::kOther));
  EXPECT_EQ(concert->product->price, "15.50");
  EXPECT_EQ(concert->confirm->within_ms, 90'000);
  EXPECT_EQ(concert->confirm->prompt_by[0].id, "123");

  EXPECT_EQ(find_campaign(out, "both")->tags.size(), 2U);
  EXPECT_EQ(find_campaign(out, "offers")->on_link.size(), 1U);
  EXPECT_EQ(find_campaign(out, "offers")->product_source, ProductSource::kNone);
  ASSERT_EQ(out.tests.size(), 1U);
  EXPECT_EQ(out.tests[0].expect, "");
}

TEST(CatalogueLoader, AReplyIsTheDefaultWhereTheProductIsLinked) {
  const LoadResult result = load_one(kHead + campaign_text("a", "#A"));
  ASSERT_TRUE(result.ok()) << shown(result, {});
  EXPECT_TRUE(result.catalogue.campaigns[0].when_reply);
  EXPECT_TRUE(result.catalogue.campaigns[0].link_parent);
  EXPECT_FALSE(result.catalogue.campaigns[0].link_self);
}

TEST(CatalogueLoader, OtherMarketsMayStandInTheProduct) {
  const LoadResult result =
      load_one(kHead +
               "[[campaign]]\nid = \"a\"\ntag = \"#A\"\naction = \"b\"\nhits = [\"#A\"]\n"
               "product = { from = [\"amazon:US\"], other_markets = \"refuse\" }\n");
  ASSERT_TRUE(result.ok()) << shown(result, {});
  EXPECT_TRUE(result.catalogue.campaigns[0].refuse_other_markets);
}

TEST(CatalogueLoader, DefaultRetailersComeAlongAndDefaultCampaignsDoNot) {
  const LoadResult result = load_one(kHead + campaign_text("a", "#A"));
  ASSERT_TRUE(result.ok()) << shown(result, {});
  EXPECT_EQ(result.catalogue.id, "t");
  EXPECT_EQ(result.catalogue.campaigns.size(), 1U);
  EXPECT_NE(find_retailer(result.catalogue, "amazon"), nullptr);
}

TEST(CatalogueLoader, OwnSettingsReplaceThoseCompiledIn) {
  std::vector<CatalogueText> texts = default_texts();
  texts.push_back({"mine.toml", kHead + "[limits]\npending_max = 5\n" + campaign_text("a", "#A")});
  const LoadResult result = load_texts(texts);
  ASSERT_TRUE(result.ok()) << shown(result, texts);
  EXPECT_EQ(result.catalogue.id, "t");
  EXPECT_EQ(result.catalogue.limits.pending_max, 5U);
  EXPECT_NE(find_campaign(result.catalogue, "amazon-cart-us"), nullptr);
  EXPECT_NE(find_campaign(result.catalogue, "a"), nullptr);
}

TEST(CatalogueLoader, TheOrderOfFilesDecidesNothing) {
  const CatalogueText one{"1.toml", kHead + campaign_text("b", "#B")};
  const CatalogueText two{"2.toml", "format = 1\n" + campaign_text("a", "#A")};
  const LoadResult forward = load_texts({one, two});
  const LoadResult backward = load_texts({two, one});
  ASSERT_TRUE(forward.ok()) << shown(forward, {one, two});
  EXPECT_EQ(forward.catalogue.resolved, backward.catalogue.resolved);
  EXPECT_EQ(forward.catalogue.campaigns[0].id, "a");
}

TEST(CatalogueLoader, TheSharedExampleLoads) {
  const char* shared = std::getenv("HASHCART_SHARED");
  const std::string root = shared != nullptr ? shared : HASHCART_SOURCE_DIR "/../shared";
  const std::string path = root + "/reference/catalogue.example.toml";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not here";
  const LoadResult result = load_files({path});
  EXPECT_TRUE(result.ok()) << shown(result, read_texts({path}));
}

// ---------------------------------------------------------------- resolved

void expect_resolved_again(const Catalogue& catalogue) {
  const std::vector<CatalogueText> texts = {{"resolved.toml", catalogue.resolved}};
  const LoadResult again = load_texts(texts);
  ASSERT_TRUE(again.ok()) << shown(again, texts) << catalogue.resolved;
  EXPECT_EQ(again.catalogue.resolved, catalogue.resolved);
}

TEST(Resolved, LoadsToItself) {
  expect_resolved_again(load_files({"default"}).catalogue);
  expect_resolved_again(load_texts({fixture("small.toml")}).catalogue);
}

TEST(Resolved, LoadsFromItsJsonToo) {
  for (const Catalogue& catalogue :
       {load_files({"default"}).catalogue, load_texts({fixture("small.toml")}).catalogue}) {
    const std::vector<CatalogueText> texts = {{"resolved.json", resolved_json(catalogue)}};
    const LoadResult again = load_texts(texts);
    ASSERT_TRUE(again.ok()) << shown(again, texts) << texts[0].text;
    EXPECT_EQ(again.catalogue.resolved, catalogue.resolved);
  }
}

TEST(Resolved, DoesNotDependOnHowTheFileIsWritten) {
  const LoadResult plain = load_one(kHead + campaign_text("a", "#A"));
  ASSERT_TRUE(plain.ok());
  const LoadResult same = load_one(
      "# a "
      "comment\nformat=1\n[[campaign]]\nhits=['#A']\nproduct.from=['amazon:US']\naction='cart.add'"
      "\n"
      "tag=\"#\\u0041\"\nid='a'\nrev=1\nwhen=['reply']\n[limits]\nparent_wait='120s'\nrecord_bytes_"
      "max=8388608\n"
      "[catalogue]\nretailers='default'\nid='t'\n");
  ASSERT_TRUE(same.ok()) << shown(same, {});
  EXPECT_EQ(plain.catalogue.resolved, same.catalogue.resolved);
}

TEST(Resolved, ChangesWithWhateverDecides) {
  const std::string base = load_one(kHead + campaign_text("a", "#A")).catalogue.resolved;
  for (const std::string& more :
       {std::string("rev = 2\n"), std::string("platforms = [\"x\"]\n"),
        std::string("when = [\"any\"]\n"), std::string("from = 2014-05-05T00:00:00Z\n"),
        std::string("until = 2014-05-05T00:00:00Z\n"), std::string("other_markets = \"refuse\"\n"),
        std::string("require_linked = true\n"), std::string("ignore_authors = [\"@a\"]\n"),
        std::string("[campaign.confirm]\ntag = \"#C\"\nwithin = \"1m\"\n"),
        std::string("[limits]\nout_of_order = \"11s\"\n"),
        std::string("[limits]\nremember_seen = \"25h\"\n")}) {
    const LoadResult changed = load_one(kHead + campaign_text("a", "#A", more));
    ASSERT_TRUE(changed.ok()) << more << shown(changed, {});
    EXPECT_NE(changed.catalogue.resolved, base) << more;
  }
}

// ---------------------------------------------------------------- JSON

TEST(JsonCatalogue, SaysTheSameAsToml) {
  const std::vector<CatalogueText> texts = {fixture("small.json")};
  const LoadResult json = load_texts(texts);
  ASSERT_TRUE(json.ok()) << shown(json, texts);
  EXPECT_EQ(json.catalogue.resolved, load_texts({fixture("small.toml")}).catalogue.resolved);
  EXPECT_EQ(json.catalogue.tests.size(), 1U);
}

TEST(JsonCatalogue, IsKnownByItsNameOrItsFirstCharacter) {
  const std::string text =
      "\xEF\xBB\xBF \n{\"format\":1,\"catalogue\":{\"retailers\":\"default\"}}";
  EXPECT_TRUE(load_texts({{"a.json", text}}).ok());
  EXPECT_TRUE(load_texts({{"made by a program", text}}).ok());
  EXPECT_FALSE(load_texts({{"a.json", "format = 1\n"}}).ok());
}

TEST(JsonCatalogue, MergesWithToml) {
  const LoadResult result = load_texts(
      {{"a.toml", kHead + campaign_text("a", "#A")},
       {"b.json",
        R"({"format":1,"campaign":[{"id":"b","tag":"#\u00e9","action":"buy","hits":["#\u00E9"],)"
        R"("from":"2014-05-05T02:00:00+02:00","product":{"from":["amazon:US"]}}]})"}});
  ASSERT_TRUE(result.ok()) << shown(result, {});
  const Campaign* b = find_campaign(result.catalogue, "b");
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(b->tags.front(), "#é");
  EXPECT_EQ(b->from, base::parse_rfc3339("2014-05-05T00:00:00Z"));
}

// Each text, put where a value may stand, and whether it is JSON a catalogue may hold.
TEST(JsonCatalogue, ReadsJsonAndNothingElse) {
  for (const std::string_view good :
       {R"("a")", R"("\"\\\/\b\f\n\r\t")", R"("\ud83d\ude00")", "1", "-0", "1.5", "1e3", "-1.25E-2",
        "[]", "{}", "[ 1 , [ ] ]", "true", "false", "9223372036854775807"}) {
    const LoadResult result = load_texts({{"a.json", "{\"x\":" + std::string(good) + "}"}});
    EXPECT_EQ(codes(result)[0], "E002") << good;  // read, and then without `format`
  }
  for (const std::string_view bad : {"",
                                     "'a'",
                                     "\"a",
                                     "\"a\nb\"",
                                     "\"\t\"",
                                     R"("\x")",
                                     R"("\u12g4")",
                                     R"("\ud83d")",
                                     R"("\ude00\ud83d")",
                                     R"("\ud83d\u0041")",
                                     "\"\xFF\"",
                                     "01",
                                     "1.",
                                     ".5",
                                     "+1",
                                     "1e",
                                     "--1",
                                     "0x10",
                                     "NaN",
                                     "null",
                                     "True",
                                     "nul",
                                     "[1,]",
                                     "[,1]",
                                     "[1 2]",
                                     "{\"a\":1,}",
                                     "{a:1}",
                                     "{\"a\" 1}",
                                     "{\"a\":1 \"b\":2}",
                                     "{\"a\":1,\"a\":2}",
                                     "1 // one",
                                     "[",
                                     "{",
                                     "1}}",
                                     "9223372036854775808"}) {
    const LoadResult result = load_texts({{"a.json", "{\"x\":" + std::string(bad) + "}"}});
    ASSERT_FALSE(result.diagnostics.empty()) << bad;
    EXPECT_EQ(codes(result)[0], "E001") << bad;
    EXPECT_EQ(result.diagnostics[0].where.line, 1U) << bad;
  }
  EXPECT_EQ(codes(load_texts({{"a.json", ""}}))[0], "E001");
  EXPECT_EQ(codes(load_texts({{"a.json", "[]"}}))[0], "E001");
  for (const char* deep : {"[", "{\"a\":"}) {
    std::string text = "{\"a\":";
    for (int i = 0; i < 100'000; ++i) text += deep;
    EXPECT_EQ(codes(load_texts({{"a.json", text}}))[0], "E001");
  }
}

TEST(JsonCatalogue, EveryFaultHasThePlaceOfItsValue) {
  const LoadResult result =
      load_texts({{"a.json",
                   "{\"format\": 1, \"catalogue\": {\"owner\": \"アマゾン\",\n  \"id\": \"A\"},\n"
                   "\"limits\": {\"pending_max\": 0}}"}});
  ASSERT_EQ(result.diagnostics.size(), 3U) << shown(result, {});  // and E036
  EXPECT_EQ(result.diagnostics[1].where.line, 2U);
  EXPECT_EQ(result.diagnostics[1].where.column, 9U);
  EXPECT_EQ(result.diagnostics[1].length, 3U);
  EXPECT_EQ(result.diagnostics[2].where.line, 3U);
  EXPECT_EQ(result.diagnostics[2].where.column, 27U);
  EXPECT_EQ(result.diagnostics[2].length, 1U);
}

// ---------------------------------------------------------------- faults

TEST(CatalogueFaults, CodesAreUniqueAndInOrder) {
  std::set<std::string_view> ids;
  for (const FaultCode& code : fault_codes()) {
    EXPECT_TRUE(ids.insert(code.id).second) << code.id;
    EXPECT_FALSE(code.meaning.empty());
  }
}

TEST(CatalogueFaults, ABrokenFileHidesNoNameOfAnother) {
  const std::vector<CatalogueText> texts = {{"broken.toml", "format = 1\n[[retailer]\n"},
                                            {"a.toml", "format = 1\n" + campaign_text("a", "#A")}};
  const LoadResult result = load_texts(texts);
  EXPECT_FALSE(result.ok());
  const std::vector<std::string> found = codes(result);
  EXPECT_EQ(std::count(found.begin(), found.end(), "E012"), 0) << shown(result, texts);
  EXPECT_EQ(std::count(found.begin(), found.end(), "E001"), 1) << shown(result, texts);
}

TEST(CatalogueFaults, AllFaultsOfAFileComeAtOnceInLineOrder) {
  const LoadResult result = load_one(
      kHead +
      "[[campaign]]\nid = \"a\"\ntag = \"A\"\naction = \"B C\"\nrev = 0\nfrom = 2014-05-05\n"
      "product = { from = [\"nobody\"] }\nhits = []\n");
  std::uint32_t line = 0;
  for (const Diagnostic& fault : result.diagnostics) {
    EXPECT_GE(fault.where.line, line);
    line = fault.where.line;
    EXPECT_EQ(fault.where.file, "a.toml");
  }
  std::set<std::string> found;
  for (const std::string& code : codes(result)) found.insert(code);
  EXPECT_EQ(found, (std::set<std::string>{"E008", "E012", "E014", "E016", "E018", "E020", "W004"}));
}

TEST(CatalogueFaults, ColumnsCountCharacters) {
  const LoadResult result = load_one(
      "format = 1\ncatalogue = { owner = \"アマゾン\", id = \"A\", retailers = \"default\" }\n");
  ASSERT_EQ(result.diagnostics.size(), 1U);
  EXPECT_EQ(result.diagnostics[0].where.line, 2U);
  EXPECT_EQ(result.diagnostics[0].where.column, 36U);
  EXPECT_EQ(result.diagnostics[0].length, 3U);
}

TEST(CatalogueFaults, DeepNestingIsAFaultAndNoCrash) {
  std::string dots = "format = 1\na";
  for (int i = 0; i < 100'000; ++i) dots += ".a";
  EXPECT_FALSE(load_one(dots + " = 1\n").ok());
  EXPECT_FALSE(load_one("format = 1\na = " + std::string(100'000, '[')).ok());
  std::string quoted = "format = 1\n[\"a\"";
  for (int i = 0; i < 100'000; ++i) quoted += " . 'a'";
  EXPECT_FALSE(load_one(quoted + "]\n").ok());
  // Dots in strings and comments are no keys.
  const std::string dotted(100, '.');
  const LoadResult fine = load_one(
      "# " + dotted + "\n" + kHead + "owner = \"" + dotted + "\"\n" +
      campaign_text("a", "#A", "misses = ['''\n" + dotted + "''', \"\\\"" + dotted + "\"]\n"));
  EXPECT_TRUE(fine.ok()) << shown(fine, {});
}

TEST(CatalogueFaults, ManyFaultsAreCountedAndNotAllShown) {
  std::string text = kHead;
  for (int i = 0; i < 3'000; ++i) text += "[[campaign]]\nid = \"a" + std::to_string(i) + "\"\n";
  const LoadResult result = load_one(text);
  const std::string out = shown(result, {{"a.toml", text}});
  EXPECT_GE(result.diagnostics.size(), 12'000U);
  EXPECT_NE(out.find("problems not shown\n"), std::string::npos);
  EXPECT_LT(out.size(), 1'000'000U);
}

TEST(CatalogueFaults, ByteOrderMarkAndCrLfAreNoFaults) {
  std::string text = "\xEF\xBB\xBF" + kHead + campaign_text("a", "#A");
  std::string crlf;
  for (const char c : text) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_TRUE(load_one(crlf).ok()) << shown(load_one(crlf), {{"a.toml", crlf}});
}

TEST(CatalogueFaults, InvalidUtf8IsASyntaxFault) {
  EXPECT_EQ(codes(load_one("format = 1\n# \xFF\n"))[0], "E001");
}

// ---------------------------------------------------------------- files

class Folder {
 public:
  Folder() : path_(testing::TempDir() + "hashcart_catalogue_test") {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directory(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ + "/" + name) << text;
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(CatalogueFiles, AFolderMeansItsTomlAndJsonFilesInNameOrder) {
  const Folder folder;
  folder.write("b.toml", "format = 1\n" + campaign_text("b", "#B"));
  folder.write("a.toml", kHead + campaign_text("a", "#A"));
  folder.write("aa.json", R"({"format": 1})");
  folder.write("notes.txt", "not TOML [");
  folder.write(".hidden.toml", "not TOML [");
  const LoadResult result = load_files({folder.path()});
  ASSERT_TRUE(result.ok()) << shown(result, {});
  EXPECT_EQ(result.catalogue.campaigns.size(), 2U);
  EXPECT_EQ(result.catalogue.files[0], folder.path() + "/a.toml");
  EXPECT_EQ(result.catalogue.files[1], folder.path() + "/aa.json");
  EXPECT_EQ(result.catalogue.files[2], folder.path() + "/b.toml");
}

TEST(CatalogueFiles, WhatCannotBeReadIsASetupError) {
  const Folder folder;
  for (const std::string& path : {folder.path(), folder.path() + "/none.toml"}) {
    try {
      static_cast<void>(load_files({path}));
      FAIL() << path;
    } catch (const base::SetupError& error) {
      EXPECT_EQ(error.fault(), base::SetupFault::kCatalogue);
      EXPECT_NE(std::string(error.what()).find(path), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace hashcart::catalogue
