// What comments claim, by the examples of the services that were first, and by those that must not
// buy.
#include "match/claim_grammar.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "catalogue/catalogue_loader.h"

namespace hashcart::match {
namespace {

catalogue::Catalogue load(const std::string& claim, const std::string& items) {
  const std::string text = R"(format = 1
[catalogue]
id = "t"
[idtype.sku]
match = '[a-z0-9-]{1,64}'
[[retailer]]
id = "boutique"
idtype = "sku"
ids = "global"
[[campaign]]
id = "live"
action = "cart.add"
hits = ["sold"]
product = { retailer = "boutique")" +
                           std::string(items.empty() ? ", id = \"one\"" : "") +
                           " }\n[campaign.claim]\n" + claim +
                           (items.empty() ? "" : "\n[campaign.items]\n" + items);
  const catalogue::LoadResult result = catalogue::load_texts({{"t.toml", text}});
  EXPECT_TRUE(result.ok()) << catalogue::render(result.diagnostics, {{"t.toml", text}});
  return result.catalogue;
}

// "wants 10 AA blue small", "next 1 AA ? ?", "pass", "no (question)", or "-" where nothing is said.
std::string read(const catalogue::Catalogue& catalogue, const std::string& text) {
  const catalogue::Campaign& campaign = catalogue.campaigns.at(0);
  std::vector<TextSpan> urls;
  Words words;
  find_urls(text, base::Platform::kFacebook, &urls);
  find_words(text, urls, &words);
  Claim claim;
  std::vector<TextSpan> parts;
  if (!ClaimGrammar(campaign).parse(words, &claim, &parts)) return "-";
  std::uint32_t last = 0;
  for (const TextSpan& part : parts) {
    EXPECT_LE(last, part.start) << text;
    EXPECT_LT(part.start, part.end) << text;
    last = part.end;
  }
  EXPECT_LE(last, text.size());
  EXPECT_FALSE(parts.empty()) << text;
  std::string out;
  switch (claim.kind) {
    case ClaimKind::kNone:
      return "none";
    case ClaimKind::kWant:
      out = "wants " + std::to_string(claim.quantity);
      break;
    case ClaimKind::kNext:
      out = "next " + std::to_string(claim.quantity);
      break;
    case ClaimKind::kPass:
      out = "pass";
      break;
    case ClaimKind::kNotAClaim:
      return claim.doubt == ClaimDoubt::kQuestion   ? "no (question)"
             : claim.doubt == ClaimDoubt::kNegation ? "no (negation)"
                                                    : "no (quantity)";
  }
  for (const std::uint16_t item : claim.items) out += " " + campaign.items.at(item).code;
  if (claim.items.size() == 1) {
    const catalogue::OfferItem& item = campaign.items[claim.items[0]];
    for (std::size_t i = 0; i < item.options.size(); ++i) {
      out += claim.options[i] == kNoOption ? " ?" : " " + item.options[i][claim.options[i]];
    }
  }
  return claim.options_clash ? out + " !" : out;
}

struct Row {
  const char* text;
  const char* expect;
};

void expect_rows(const catalogue::Catalogue& catalogue, const std::vector<Row>& rows) {
  for (const Row& row : rows) EXPECT_EQ(read(catalogue, row.text), row.expect) << row.text;
}

const char* const kItems =
    "AA = { id = \"dress\", options = [[\"blue\", \"dark red\", \"red\"], [\"small\", \"large\", "
    "\"38\"]] }\nBB = { id = \"scarf\" }\nA1 = { id = \"hat\" }";

TEST(ClaimGrammar, TakesTheWordFirst) {
  expect_rows(load("words = [\"sold\", \"mine\", \"\xD8\xA8\xD8\xB9\xD8\xAA\"]", kItems),
              {
                  {"SOLD AA 10 blue small", "wants 10 AA blue small"},
                  {"sold blue AA small", "wants 1 AA blue small"},
                  {"Sold aa LARGE dark   red x2!!", "wants 2 AA dark red large"},
                  {"sold AA red 38 3", "wants 3 AA red 38"},
                  {"sold AA 38 red", "wants 1 AA red 38"},
                  {"sold AA 38 38", "wants 1 AA ? 38"},
                  {"sold AA", "wants 1 AA ? ?"},
                  {"sold AA blue red small", "wants 1 AA blue small !"},
                  {"mine BB", "wants 1 BB"},
                  {"Mine! BB please, thank you", "wants 1 BB"},
                  {"#sold BB", "wants 1 BB"},
                  {"@shop @friend sold BB", "wants 1 BB"},
                  {"sold bb for ann@example.com", "wants 1 BB"},
                  {"sold BB +3", "wants 3 BB"},
                  {"sold BB+3", "wants 3 BB"},
                  {"sold BB x3", "wants 3 BB"},
                  {"sold BB 3x", "wants 3 BB"},
                  {"sold BB \xC3\x97"
                   "3",
                   "wants 3 BB"},
                  {"sold BB \xD9\xA3", "wants 3 BB"},                   // Arabic-Indic 3
                  {"sold BB \xEF\xBC\x91\xEF\xBC\x90", "wants 10 BB"},  // full-width 10
                  {"\xEF\xBC\xB3\xEF\xBC\xAF\xEF\xBC\xAC\xEF\xBC\xA4 BB", "wants 1 BB"},
                  {"\xD8\xA8\xD8\xB9\xD8\xAA BB", "wants 1 BB"},
                  {"sold BB AA", "wants 1 BB AA"},
                  {"sold BB bb", "wants 1 BB"},
                  {"sold", "wants 1"},
                  {"sold ZZ", "wants 1"},
                  {"sold next AA blue small", "next 1 AA blue small"},
                  {"sold next", "next 1"},
                  {"next sold", "-"},
                  {"AA sold 10", "-"},
                  {"I sold AA", "-"},
                  {"soldAA", "-"},
                  {"solder AA", "-"},
                  {"resold AA", "-"},
                  {"http://sold.example/AA", "-"},
                  {"see http://x.example/ sold AA", "-"},
                  {"http://x.example/ sold AA", "wants 1 AA ? ?"},
                  {"", "-"},
                  {"!!!", "-"},
                  {"\xE2\x9D\xA4\xEF\xB8\x8F sold BB", "wants 1 BB"},  // U+FE0F is no word
                  {"_sold_ BB", "wants 1 BB"},
              });
}

TEST(ClaimGrammar, IsNoneWithAQuestionANegationOrNoPossibleQuantity) {
  const catalogue::Catalogue catalogue = load("words = [\"sold\"]", kItems);
  expect_rows(catalogue, {
                             {"sold pending question", "no (question)"},
                             {"sold AA?", "no (question)"},
                             {"sold AA \xEF\xBC\x9F", "no (question)"},
                             {"sold https://x.example/?a=1 BB", "wants 1 BB"},
                             {"sold not yet", "no (negation)"},
                             {"sold BB, not AA", "wants 1 BB AA"},
                             {"sold BB +0", "no (quantity)"},
                             {"sold BB 0", "no (quantity)"},
                             {"sold BB -1", "no (quantity)"},
                             {"sold BB 1000000000", "no (quantity)"},
                             {"sold BB 99999999999999999999999", "no (quantity)"},
                             {"sold BB 10000", "no (quantity)"},
                             {"sold BB 9999", "wants 9999 BB"},
                         });
  expect_rows(load("words = [\"sold\"]\nstrict = \"contains\"", kItems),
              {
                  {"is this sold?", "no (question)"},
                  {"this is not sold", "no (negation)"},
                  {"isn't that sold", "no (negation)"},
                  {"isn\xE2\x80\x99t that sold", "no (negation)"},
                  {"never say never but oh well sold BB", "wants 1 BB"},
                  {"ok, sold BB", "wants 1 BB"},
                  {"BB sold", "wants 1"},
              });
}

TEST(ClaimGrammar, PassesOnlyByItself) {
  expect_rows(load("words = [\"sold\"]", kItems), {
                                                      {"pass", "pass"},
                                                      {"Pass!", "pass"},
                                                      {"@shop pass", "pass"},
                                                      {"pass AA", "pass AA ? ?"},
                                                      {"pass?", "-"},
                                                      {"pass the salt", "-"},
                                                      {"sold pass", "no (negation)"},
                                                      {"AA pass", "pass AA ? ?"},
                                                      {"pass pass", "-"},
                                                      {"\xE2\x9D\xA4\xEF\xB8\x8F pass", "pass"},
                                                  });
  expect_rows(load("words = [\"sold\"]\npass = [\"drop\"]", kItems),
              {{"pass", "-"}, {"drop", "pass"}});
  expect_rows(load("words = [\"sold\"]\npass = []\nnext = []", kItems),
              {{"pass", "-"}, {"sold next", "wants 1"}});
}

// SHOPLINE's four levels; Claimbase's other text around a claim.
TEST(ClaimGrammar, IsAsStrictAsItsRule) {
  expect_rows(load("strict = \"contains\"", kItems), {
                                                         {"A1", "wants 1 A1"},
                                                         {"A1+1", "wants 1 A1"},
                                                         {"A1+2", "wants 2 A1"},
                                                         {"I take A1 thanks", "wants 1 A1"},
                                                         {"I pass on A1", "no (negation)"},
                                                         {"A11", "-"},
                                                         {"+1", "-"},
                                                         {"A1 next", "next 1 A1"},
                                                         {"A1 pass", "pass A1"},
                                                     });
  expect_rows(load("strict = \"contains\"\nneeds_quantity = true", kItems),
              {
                  {"A1", "-"},
                  {"yes A1+1", "wants 1 A1"},
                  {"A1 +3", "wants 3 A1"},
              });
  expect_rows(load("strict = \"only\"", kItems), {
                                                     {"A1", "wants 1 A1"},
                                                     {"A1+1", "wants 1 A1"},
                                                     {"@shop A1 \xF0\x9F\x98\x8D", "wants 1 A1"},
                                                     {"A1 please", "-"},
                                                     {"A1 not", "no (negation)"},
                                                     {"A1 2 not", "-"},
                                                     {"A1 question", "no (question)"},
                                                     {"A1 next 2", "next 2 A1"},
                                                     {"A1 http://x.example/", "-"},
                                                     {"aa large red", "wants 1 AA red large"},
                                                 });
  expect_rows(load("words = [\"claim\"]\nstrict = \"contains\"", kItems),
              {
                  {"\xF0\x9F\x94\xA5 Claim   a1 \xF0\x9F\x94\xA5", "wants 1 A1"},
                  {"a1", "-"},
              });
}

TEST(ClaimGrammar, NeedsNoCodeWhereThereIsOneItem) {
  expect_rows(
      load("words = [\"sold\"]", "X9 = { id = \"x\", options = [[\"blue\"], [\"small\"]] }"),
      {
          {"SOLD 10 blue small", "wants 10 X9 blue small"},
          {"SOLD x9 blue small", "wants 1 X9 blue small"},
          {"SOLD", "wants 1 X9 ? ?"},
      });
  expect_rows(load("words = [\"sold\"]", ""), {{"sold 2", "wants 2"}, {"sold", "wants 1"}});
}

// One comment of a megabyte is read in one pass.
TEST(ClaimGrammar, ReadsALongCommentOnce) {
  const catalogue::Catalogue catalogue = load("words = [\"sold\"]\nstrict = \"contains\"", kItems);
  std::string text = "sold";
  for (int i = 0; i < 200'000; ++i) text += " dark";
  EXPECT_EQ(read(catalogue, text), "wants 1");
}

}  // namespace
}  // namespace hashcart::match
