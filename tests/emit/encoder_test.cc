#include "emit/encoder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/event_time.h"
#include "emit/digest.h"

namespace hashcart::emit {
namespace {

using catalogue::Campaign;
using catalogue::Catalogue;
using catalogue::Retailer;
using intent::CartIntent;
using intent::EvidencePiece;
using intent::EvidenceRole;
using intent::Outcome;
using intent::OutcomeCode;
using intent::Product;
using intent::ProductFrom;
using intent::RecordType;
using match::EvidenceField;
using nlohmann::ordered_json;

enum RetailerNumber : std::uint16_t { kAmazon, kEbay, kAmex };
enum CampaignNumber : std::uint32_t { kCart, kKindle, kTwoTags, kOffers };

Retailer retailer(std::string id, std::uint16_t id_type, bool global,
                  std::vector<catalogue::Market> markets) {
  Retailer out;
  out.id = std::move(id);
  out.id_type = id_type;
  out.ids_global = global;
  out.markets = std::move(markets);
  return out;
}

Campaign campaign(std::string id, std::vector<std::string> tags, std::string action) {
  Campaign out;
  out.id = std::move(id);
  out.tags = std::move(tags);
  out.action = std::move(action);
  return out;
}

Catalogue small_catalogue() {
  Catalogue out;
  out.id = "social-shopping";
  out.version = "2014.5.6";
  out.sha256 = "50d858e0985ecc7f60418aaf0cc5ab587f42c2570a884095a9e8ccacd0f6545c";
  for (const char* id : {"asin", "item", "sku"}) {
    catalogue::IdType type;
    type.id = id;
    out.id_types.push_back(std::move(type));
  }
  out.retailers.push_back(retailer(
      "amazon", 0, false,
      {{"US", "https://www.amazon.com/dp/{id}"}, {"JP", "https://www.amazon.co.jp/dp/{id}"}}));
  out.retailers.push_back(retailer("ebay", 1, true, {{"US", ""}, {"UK", ""}}));
  out.retailers.push_back(retailer("amex", 2, false, {}));
  out.campaigns.push_back(campaign("amazon-cart", {"#AmazonCart"}, "cart.add"));
  Campaign kindle = campaign("amex-kindle-fire-hd", {"#BuyKindleFireHD"}, "buy");
  kindle.rev = 2;
  kindle.status = catalogue::Status::kStable;
  kindle.product = {kAmex, "US", "kindle-fire-hd", "149.99", "USD"};
  kindle.confirm = catalogue::Confirm{};
  kindle.confirm->tag = "#ConfirmKindleFireHD";
  out.campaigns.push_back(std::move(kindle));
  Campaign two = campaign("band-shirt", {"#buy", "#BandShirt"}, "buy");
  two.status = catalogue::Status::kDeprecated;
  two.product = {kAmex, "", "shirt-\"7\"", "", ""};
  out.campaigns.push_back(std::move(two));
  Campaign offers = campaign("ebay-offers", {}, "offer");
  offers.on_link = {kEbay};
  out.campaigns.push_back(std::move(offers));
  return out;
}

base::EventTimeMs at(std::string_view text) { return base::parse_rfc3339(text).value(); }

// The record of intent.example.json, the model of the contract.
CartIntent example(std::vector<EvidencePiece>* evidence) {
  *evidence = {{EvidenceRole::kOpen,
                "304198714783105025",
                {EvidenceField::kText, 0, 0, 16, "#BuyKindleFireHD"}},
               {EvidenceRole::kConfirm,
                "304199490729345025",
                {EvidenceField::kText, 0, 0, 20, "#ConfirmKindleFireHD"}}};
  CartIntent out;
  out.type = RecordType::kConfirmed;
  out.platform = base::Platform::kX;
  out.time = at("2013-02-20T12:03:05Z");
  out.campaign = kKindle;
  out.opening_id = "304198714783105025";
  out.opened_at = at("2013-02-20T12:00:00Z");
  out.deadline = at("2013-02-20T12:15:20Z");
  out.step = 2;
  out.steps = 2;
  out.author_id = "2244994945";
  out.author_handle = "bob";
  out.product = {kAmex, 0, "US", "kindle-fire-hd"};
  out.from = ProductFrom::kCampaign;
  out.confirm_tag = true;
  out.post_id = "304199490729345025";
  out.reply_to = "304198798669185025";
  out.lang = "en";
  out.evidence = *evidence;
  out.input = 1;
  out.offset = 184467440737;
  out.bytes = 412;
  return out;
}

// A reply cart with everything a record may hold.
CartIntent reply_cart(std::vector<EvidencePiece>* evidence) {
  *evidence = {{EvidenceRole::kOpen, "102", {EvidenceField::kTags, 0, 0, 0, "AmazonCart"}},
               {EvidenceRole::kParent,
                "101",
                {EvidenceField::kLink, 2, 0, 38, "https://www.amazon.co.jp/dp/B00EXAMPL1"}}};
  CartIntent out;
  out.time = at("2014-05-05T16:00:00.007Z");
  out.campaign = kCart;
  out.opening_id = "102";
  out.opened_at = out.time;
  out.author_id = "7";
  out.author_handle = "ann";
  out.account = "customer \"9\"";
  out.product = {kAmazon, 1, {}, "B00EXAMPL1"};
  out.from = ProductFrom::kParent;
  out.post_id = "102";
  out.reply_to = "101";
  out.quote_of = "100";
  out.lang = "ja";
  out.text = "@seller yes\n\xE3\x82\xAB\xE3\x83\xBC\xE3\x83\x88";
  out.evidence = *evidence;
  out.market_mismatch = true;
  out.offset = 4096;
  out.bytes = 99;
  return out;
}

class EncoderTest : public testing::Test {
 protected:
  [[nodiscard]] RecordEncoder encoder(UserMask mask = UserMask::raw()) const {
    return {
        catalogue_, {"posts \"1\".ndjson", "kafka://posts/7"}, std::move(mask), "hashcart/0.1.0"};
  }
  static UserMask masked() { return UserMask::hmac("0123456789abcdef"); }

  [[nodiscard]] std::string line(const CartIntent& record, UserMask mask = UserMask::raw()) const {
    std::string out;
    encoder(std::move(mask)).append_record(record, 1, &out);
    return out;
  }
  [[nodiscard]] std::string line(const Outcome& outcome, UserMask mask = UserMask::raw()) const {
    std::string out;
    encoder(std::move(mask)).append_outcome(outcome, &out);
    return out;
  }
  [[nodiscard]] std::string line(const Reject& reject, UserMask mask = UserMask::raw()) const {
    std::string out;
    encoder(std::move(mask)).append_reject(reject, &out);
    return out;
  }

  Catalogue catalogue_ = small_catalogue();
  std::vector<EvidencePiece> evidence_;
};

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// --------------------------------------------------------------------------------- records

TEST_F(EncoderTest, WritesTheModelRecord) {
  EXPECT_EQ(
      line(example(&evidence_)),
      R"({"schema":"hashcart.intent/1","id":"i1_7518159d92f7b7683ec04c2b99ffa19d","seq":1,)"
      R"("type":"intent.confirmed","time":"2013-02-20T12:03:05.000Z","action":"buy",)"
      R"("intent":{"key":"k1_2893a516aaf7d4053e8e0d387b5c14c0",)"
      R"("opened_at":"2013-02-20T12:00:00.000Z","deadline":"2013-02-20T12:15:20.000Z",)"
      R"("step":2,"steps":2},"actor":{"platform":"x","id":"2244994945","handle":"bob"},)"
      R"("product":{"retailer":"amex","market":"US","id_type":"sku","id":"kindle-fire-hd",)"
      R"("key":"amex:US:sku:kindle-fire-hd","price":"149.99","currency":"USD",)"
      R"("from":"campaign"},"campaign":{"id":"amex-kindle-fire-hd","rev":2,"status":"stable",)"
      R"("tag":"#ConfirmKindleFireHD"},"post":{"id":"304199490729345025",)"
      R"("reply_to":"304198798669185025","lang":"en"},"evidence":[{"role":"open",)"
      R"("post_id":"304198714783105025","field":"text","start":0,"end":16,)"
      R"("text":"#BuyKindleFireHD"},{"role":"confirm","post_id":"304199490729345025",)"
      R"("field":"text","start":0,"end":20,"text":"#ConfirmKindleFireHD"}],)"
      R"("origin":{"input":"kafka://posts/7","offset":"184467440737","bytes":412,)"
      R"("catalogue":{"id":"social-shopping","version":"2014.5.6",)"
      R"("sha256":"50d858e0985ecc7f60418aaf0cc5ab587f42c2570a884095a9e8ccacd0f6545c"},)"
      R"("engine":"hashcart/0.1.0"}})"
      "\n");
}

TEST_F(EncoderTest, WritesTheModelRecordAsTheReferenceHasIt) {
  const char* shared = std::getenv("HASHCART_SHARED");
  const std::string folder = shared != nullptr ? shared : HASHCART_SOURCE_DIR "/../shared";
  const std::string model = read(folder + "/reference/intent.example.json");
  if (model.empty()) GTEST_SKIP() << "no reference beside the project";
  // The number in the stream is ours.
  ordered_json ours = ordered_json::parse(line(example(&evidence_)));
  EXPECT_EQ(ours.erase("seq"), 1U);
  EXPECT_EQ(ours.dump(), ordered_json::parse(model).dump());
}

TEST_F(EncoderTest, WritesAllThatARecordMayHold) {
  const ordered_json record = ordered_json::parse(line(reply_cart(&evidence_)));
  EXPECT_EQ(record["flags"], ordered_json::parse(R"(["market_mismatch"])"));
  EXPECT_EQ(record["actor"]["account"], "customer \"9\"");
  EXPECT_EQ(record["product"].dump(),
            R"({"retailer":"amazon","market":"JP","id_type":"asin","id":"B00EXAMPL1",)"
            R"("key":"amazon:JP:asin:B00EXAMPL1",)"
            R"("canonical":"https://www.amazon.co.jp/dp/B00EXAMPL1","from":"parent"})");
  EXPECT_EQ(record["post"]["quote_of"], "100");
  EXPECT_EQ(record["post"]["text"], reply_cart(&evidence_).text);
  EXPECT_EQ(record["evidence"][0].dump(),
            R"({"role":"open","post_id":"102","field":"tags","text":"AmazonCart"})");
  EXPECT_EQ(record["evidence"][1]["field"], "links/2/url");
  EXPECT_EQ(record["evidence"][1]["end"], 38);
  EXPECT_EQ(record["origin"]["input"], "posts \"1\".ndjson");
  EXPECT_EQ(record["campaign"]["status"], "experimental");
  EXPECT_FALSE(record.contains("why"));
  EXPECT_FALSE(record["intent"].contains("deadline"));
}

TEST_F(EncoderTest, ListsTagsThatAreRequiredTogether) {
  CartIntent record = reply_cart(&evidence_);
  record.campaign = kTwoTags;
  record.product = {kAmex, 0, {}, "shirt-\"7\""};
  record.from = ProductFrom::kCampaign;
  const ordered_json parsed = ordered_json::parse(line(record));
  EXPECT_EQ(parsed["campaign"].dump(),
            R"({"id":"band-shirt","rev":1,"status":"deprecated","tags":["#buy","#BandShirt"]})");
  EXPECT_EQ(parsed["product"].dump(), R"({"retailer":"amex","id_type":"sku","id":"shirt-\"7\"",)"
                                      R"("key":"amex:*:sku:shirt-\"7\"","from":"campaign"})");
}

TEST_F(EncoderTest, AnOfferHasNoTagAndAGlobalIdNoSpace) {
  CartIntent record = reply_cart(&evidence_);
  record.type = RecordType::kOfferSeen;
  record.campaign = kOffers;
  record.product = {kEbay, 1, {}, "281234567890", "5339100273"};
  record.from = ProductFrom::kSelf;
  const ordered_json parsed = ordered_json::parse(line(record));
  EXPECT_EQ(parsed["campaign"].dump(), R"({"id":"ebay-offers","rev":1,"status":"experimental"})");
  EXPECT_EQ(parsed["product"]["market"], "UK");
  EXPECT_EQ(parsed["product"]["key"], "ebay:*:item:281234567890");
  EXPECT_EQ(parsed["product"]["affiliate"], "5339100273");
  EXPECT_FALSE(parsed["product"].contains("canonical"));
}

TEST_F(EncoderTest, WhoIsPaidIsNoPartOfAnyKey) {
  CartIntent record = reply_cart(&evidence_);
  ordered_json without = ordered_json::parse(line(record));
  EXPECT_FALSE(without["product"].contains("affiliate"));
  record.product.affiliate = "someone-20";
  ordered_json with = ordered_json::parse(line(record));
  EXPECT_EQ(with["product"]["affiliate"], "someone-20");
  with["product"].erase("affiliate");
  EXPECT_EQ(with, without);
}

TEST_F(EncoderTest, AnEvictedPendingSaysSo) {
  CartIntent record = example(&evidence_);
  record.type = RecordType::kExpired;
  record.evicted = true;
  EXPECT_EQ(ordered_json::parse(line(record))["why"], "evicted");
}

TEST_F(EncoderTest, ARecordWithoutAProductLeavesItOut) {
  CartIntent record = example(&evidence_);
  record.product = {};
  const ordered_json parsed = ordered_json::parse(line(record));
  EXPECT_FALSE(parsed.contains("product"));
  EXPECT_EQ(parsed["intent"]["key"], "k1_64ae97b278f0a54811daf28e602cbc76");
}

TEST_F(EncoderTest, AFixedMarketFindsItsCanonicalForm) {
  CartIntent record = reply_cart(&evidence_);
  record.product = {kAmazon, 0, "JP", "B00EXAMPL1"};
  const ordered_json parsed = ordered_json::parse(line(record));
  EXPECT_EQ(parsed["product"]["canonical"], "https://www.amazon.co.jp/dp/B00EXAMPL1");
  record.product = {kAmazon, 0, "BR", "B00EXAMPL1"};
  EXPECT_FALSE(ordered_json::parse(line(record))["product"].contains("canonical"));
}

TEST_F(EncoderTest, AppendsWithoutTouchingWhatStands) {
  std::string out = "before\n";
  encoder().append_record(example(&evidence_), 1, &out);
  EXPECT_EQ(out, "before\n" + line(example(&evidence_)));
}

// ----------------------------------------------------------------------------------- masks

// Pseudonyms, key and id computed with Python's hmac and hashlib.
TEST_F(EncoderTest, AMaskReachesEveryIdAndWhatIsComputedFromThem) {
  const std::string text = line(example(&evidence_), masked());
  const ordered_json record = ordered_json::parse(text);
  EXPECT_EQ(record["actor"].dump(),
            R"({"platform":"x","id":"u1_95e93958f33d888ebadc027ee067db80"})");
  EXPECT_EQ(record["intent"]["key"], "k1_96837d7282dc6464bd01e449081b6a1a");
  EXPECT_EQ(record["id"], "i1_789949fcd9da74ee8f27cf285be00c36");
  EXPECT_EQ(record["post"]["id"], "p1_bc87cca1e509813acfc8334ea76c3c67");
  EXPECT_EQ(record["post"]["reply_to"], "p1_bbb24a92e7377e7c52dd8805652fbf2f");
  EXPECT_EQ(record["evidence"][0]["post_id"], "p1_02f0cb2b0c868d58a41002d3b53ea2d0");
  EXPECT_EQ(record["evidence"][0]["text"], "#BuyKindleFireHD");
  for (const char* id :
       {"304198714783105025", "304199490729345025", "304198798669185025", "2244994945", "bob"}) {
    EXPECT_EQ(text.find(id), std::string::npos) << id;
  }
}

TEST_F(EncoderTest, AMaskLeavesTextOutAndAccountsIn) {
  const ordered_json record = ordered_json::parse(line(reply_cart(&evidence_), masked()));
  EXPECT_FALSE(record["post"].contains("text"));
  EXPECT_TRUE(record["post"]["quote_of"].get<std::string>().starts_with("p1_"));
  EXPECT_EQ(record["actor"]["account"], "customer \"9\"");
}

TEST_F(EncoderTest, AMaskedOutcomeJoinsItsMaskedRecord) {
  const CartIntent record = example(&evidence_);
  const Outcome outcome = {.code = OutcomeCode::kConfirmed,
                           .platform = base::Platform::kX,
                           .campaign = kKindle,
                           .post_id = record.post_id,
                           .record = &record,
                           .products = {},
                           .detail = record.reply_to};
  const ordered_json parsed = ordered_json::parse(line(outcome, masked()));
  EXPECT_EQ(parsed["record_id"], "i1_789949fcd9da74ee8f27cf285be00c36");
  EXPECT_EQ(parsed["post_id"], "p1_bc87cca1e509813acfc8334ea76c3c67");
  EXPECT_EQ(parsed["detail"], "p1_bbb24a92e7377e7c52dd8805652fbf2f");
}

TEST_F(EncoderTest, AMaskedRejectSaysWhereAndNoMore) {
  EXPECT_EQ(line(Reject{.reason = "bad_json", .offset = 7, .length = 4, .bytes = "{\"a"}, masked()),
            R"({"schema":"hashcart.reject/1","reason":"bad_json",)"
            R"("origin":{"input":"posts \"1\".ndjson","offset":"7"}})"
            "\n");
}

// -------------------------------------------------------------------------------- outcomes

TEST_F(EncoderTest, WritesAnOutcome) {
  const std::vector<Product> products = {{kAmazon, 0, {}, "B00EXAMPL1"},
                                         {kEbay, 0, {}, "281234567890"}};
  const Outcome outcome = {.code = OutcomeCode::kAmbiguous,
                           .platform = base::Platform::kBluesky,
                           .campaign = kCart,
                           .post_id = "at://did:plc:a/app.bsky.feed.post/3k",
                           .products = products,
                           .detail = "at://did:plc:b/app.bsky.feed.post/3j",
                           .input = 1,
                           .offset = 12,
                           .bytes = 34};
  EXPECT_EQ(line(outcome),
            R"({"schema":"hashcart.outcome/1","origin":{"input":"kafka://posts/7","offset":"12",)"
            R"("bytes":34,"catalogue":{"id":"social-shopping","version":"2014.5.6",)"
            R"("sha256":"50d858e0985ecc7f60418aaf0cc5ab587f42c2570a884095a9e8ccacd0f6545c"},)"
            R"("engine":"hashcart/0.1.0"},"platform":"bluesky",)"
            R"("post_id":"at://did:plc:a/app.bsky.feed.post/3k","campaign":"amazon-cart",)"
            R"("outcome":"ambiguous","products":["amazon:US:asin:B00EXAMPL1",)"
            R"("ebay:*:item:281234567890"],"detail":"at://did:plc:b/app.bsky.feed.post/3j"})"
            "\n");
}

TEST_F(EncoderTest, AnOutcomeNamesItsRecord) {
  const CartIntent record = reply_cart(&evidence_);
  const Outcome outcome = {.platform = record.platform,
                           .campaign = record.campaign,
                           .post_id = record.post_id,
                           .record = &record,
                           .products = {},
                           .detail = {}};
  EXPECT_EQ(ordered_json::parse(line(outcome))["record_id"],
            ordered_json::parse(line(record))["id"]);
}

// --------------------------------------------------------------------------------- rejects

TEST_F(EncoderTest, ARejectHoldsItsLineAsText) {
  EXPECT_EQ(line(Reject{.reason = "bad_json",
                        .input = 1,
                        .offset = 20,
                        .length = 9,
                        .bytes = std::string_view("{\"\xC3\xA9\t\0}", 7)}),
            R"({"schema":"hashcart.reject/1","reason":"bad_json",)"
            R"("origin":{"input":"kafka://posts/7","offset":"20"},"length":9,)"
            "\"line\":\"{\\\"\xC3\xA9\\t\\u0000}\"}\n");
}

TEST_F(EncoderTest, ARejectThatIsNoTextIsBase64) {
  const ordered_json one =
      ordered_json::parse(line(Reject{.reason = "bad_utf8", .length = 3, .bytes = "{\xFF}"}));
  EXPECT_EQ(one["bytes_b64"], "e/99");
  EXPECT_FALSE(one.contains("line"));
  EXPECT_EQ(ordered_json::parse(line(Reject{.reason = "bad_utf8", .bytes = "\xFF"}))["bytes_b64"],
            "/w==");
  // Not cut, so a broken end is the line's own.
  EXPECT_TRUE(ordered_json::parse(line(Reject{.reason = "bad_utf8", .bytes = "a\xC3"}))
                  .contains("bytes_b64"));
}

TEST_F(EncoderTest, ALongRejectIsCutBetweenCharacters) {
  const std::string e_acute = "\xC3\xA9";
  std::string text = "x";
  while (text.size() < 2 * RecordEncoder::kRejectBytesMax) text += e_acute;
  const ordered_json cut =
      ordered_json::parse(line(Reject{.reason = "bad_json", .length = text.size(), .bytes = text}));
  EXPECT_EQ(cut["truncated"], true);
  EXPECT_EQ(cut["length"], text.size());
  const auto kept = cut["line"].get<std::string>();
  EXPECT_EQ(kept.size(), RecordEncoder::kRejectBytesMax - 1);  // half a character more would fit
  EXPECT_TRUE(std::string_view(text).starts_with(kept));
}

TEST_F(EncoderTest, ACutLineMayEndAnywhere) {
  // U+1F6D2 by one to four of its bytes.
  for (const char* bytes : {"a\xF0", "a\xF0\x9F", "a\xF0\x9F\x9B"}) {
    const Reject reject = {.reason = "too_long", .bytes = bytes, .is_cut = true};
    EXPECT_EQ(ordered_json::parse(line(reject))["line"], "a");
  }
  EXPECT_EQ(ordered_json::parse(line(Reject{
                .reason = "too_long", .bytes = "a\xF0\x9F\x9B\x92", .is_cut = true}))["line"],
            "a\xF0\x9F\x9B\x92");
  EXPECT_EQ(
      ordered_json::parse(line(Reject{.reason = "too_long", .bytes = "a", .is_cut = true}))["line"],
      "a");
  EXPECT_TRUE(
      ordered_json::parse(line(Reject{.reason = "too_long", .bytes = "\xFF-\xF0", .is_cut = true}))
          .contains("bytes_b64"));
  EXPECT_TRUE(
      ordered_json::parse(
          line(Reject{.reason = "too_long", .bytes = "\x80\x80\x80\x80\x80", .is_cut = true}))
          .contains("bytes_b64"));
}

// ---------------------------------------------------------------------------------- golden

// Every kind of line once, byte for byte; the same file is held against the schemas by
// validate_records.py. UPDATE_GOLDEN=1 writes it anew.
TEST_F(EncoderTest, GoldenLines) {
  std::string out;
  const RecordEncoder raw = encoder();
  const RecordEncoder mask = encoder(masked());
  for (const RecordEncoder* encoder : {&raw, &mask}) {
    CartIntent record = example(&evidence_);
    for (const RecordType type :
         {RecordType::kPending, RecordType::kReminder, RecordType::kConfirmed, RecordType::kExpired,
          RecordType::kRetracted}) {
      record = example(&evidence_);
      record.type = type;
      if (type == RecordType::kPending) record.post_id = record.opening_id;
      record.evicted = type == RecordType::kExpired;
      encoder->append_record(record, 1, &out);
    }
    record = reply_cart(&evidence_);
    encoder->append_record(record, 1, &out);
    const Product products[] = {record.product, {kEbay, 0, {}, "281234567890"}};
    const Outcome good = {.platform = record.platform,
                          .campaign = record.campaign,
                          .post_id = record.post_id,
                          .record = &record,
                          .products = std::span(products, 1),
                          .detail = record.reply_to};
    encoder->append_outcome(good, &out);
    Outcome bad = {.code = OutcomeCode::kAmbiguous,
                   .platform = record.platform,
                   .campaign = record.campaign,
                   .post_id = record.post_id,
                   .products = products,
                   .detail = {}};
    encoder->append_outcome(bad, &out);
    bad.code = OutcomeCode::kRepost;
    bad.products = {};
    encoder->append_outcome(bad, &out);
    record.type = RecordType::kOfferSeen;
    record.campaign = kOffers;
    record.product = products[1];
    record.from = ProductFrom::kSelf;
    encoder->append_record(record, 1, &out);
    encoder->append_reject({.reason = "bad_json", .length = 3, .bytes = "{\"a"}, &out);
    encoder->append_reject({.reason = "bad_utf8", .length = 3, .bytes = "\"\xFF\""}, &out);
    encoder->append_reject(
        {.reason = "too_long", .length = 9'000'000, .bytes = "{\"a", .is_cut = true}, &out);
  }
  const std::string path = HASHCART_SOURCE_DIR "/fixtures/emit/lines.ndjson";
  const char* update = std::getenv("UPDATE_GOLDEN");
  if (update != nullptr && std::string_view(update) == "1") std::ofstream(path) << out;
  EXPECT_EQ(out, read(path));
}

}  // namespace
}  // namespace hashcart::emit
