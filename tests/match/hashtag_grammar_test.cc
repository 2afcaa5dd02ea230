// Hashtags: rows of our own, the suites of the platforms, a slow reference for X, and folding.
#include "match/hashtag_grammar.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <utf8proc.h>

#include "base/utf8.h"
#include "match/grammar_testing.h"
#include "match/mention_grammar.h"
#include "match/tag_chars.h"

namespace hashcart::match {
namespace {

using base::Platform;
using testing::folded_tag;
using testing::folded_text;
using testing::read_conformance;
using testing::tags_of;
using Strings = std::vector<std::string>;

constexpr std::array<Platform, 5> kGrammars = {
    Platform::kX, Platform::kBluesky, Platform::kMastodon, Platform::kMisskey, Platform::kWeibo};

// Counts rows that pass and prints the figure; each failure names its row.
class Tally {
 public:
  explicit Tally(std::string suite) : suite_(std::move(suite)) {}
  ~Tally() { std::printf("conformance: %s %d/%d\n", suite_.c_str(), passed_, total_); }
  Tally(const Tally&) = delete;
  Tally& operator=(const Tally&) = delete;

  template <class T>
  void row(const std::string& text, const T& got, const T& expected) {
    ++total_;
    EXPECT_EQ(got, expected) << suite_ << ": " << text;
    if (got == expected) ++passed_;
  }

 private:
  std::string suite_;
  int passed_ = 0;
  int total_ = 0;
};

std::string utf8(const std::u32string& points) {
  std::string out;
  for (const char32_t c : points) base::append_utf8(c, &out);
  return out;
}

// ---- Rows

TEST(HashtagGrammar, KeepsOurRows) {
  const auto rows =
      testing::read_rows(std::string(HASHCART_SOURCE_DIR) + "/fixtures/grammar/hashtags.ndjson");
  ASSERT_GE(rows.size(), 80U);
  std::size_t negatives = 0;
  for (const auto& row : rows) {
    const auto platform = base::platform_by_name(row["platform"].get<std::string>());
    ASSERT_TRUE(platform.has_value()) << row;
    EXPECT_EQ(tags_of(row["text"], *platform), row["expect"].get<Strings>()) << row;
    if (row["expect"].empty()) ++negatives;
  }
  EXPECT_GE(negatives * 2, rows.size());
}

TEST(HashtagGrammar, PassesTheSuiteOfX) {
  const auto rows = read_conformance("x_hashtags.jsonl");
  if (rows.empty()) GTEST_SKIP() << "no shared data";
  Tally tally("x_hashtags");
  for (const auto& row : rows) {
    tally.row(row["text"], tags_of(row["text"], Platform::kX), row["expected"].get<Strings>());
  }
}

TEST(HashtagGrammar, PassesTheSuiteOfBlueskyWithItsByteOffsets) {
  const auto rows = read_conformance("bluesky_tags.jsonl");
  if (rows.empty()) GTEST_SKIP() << "no shared data";
  Tally tags("bluesky_tags");
  Tally offsets("bluesky_tags byte_indices");
  using Offsets = std::vector<std::pair<std::uint32_t, std::uint32_t>>;
  for (const auto& row : rows) {
    const std::string text = row["text"];
    tags.row(text, tags_of(text, Platform::kBluesky), row["expected"].get<Strings>());
    Offsets expected;
    for (const auto& at : row["byte_indices"])
      expected.emplace_back(at["byteStart"], at["byteEnd"]);
    Offsets got;
    for (const TagSpan& tag : testing::tag_spans(text, Platform::kBluesky)) {
      got.emplace_back(tag.start, tag.end);
    }
    offsets.row(text, got, expected);
  }
}

// Rows: the text in pieces; a piece is its text, or its text and the link or account behind it.
TEST(HashtagGrammar, PassesTheSuiteOfBlueskyOnLinksAndMentions) {
  const auto rows = read_conformance("bluesky_facets_links_mentions.jsonl");
  if (rows.empty()) GTEST_SKIP() << "no shared data";
  Tally links("bluesky_links");
  Tally mentions("bluesky_mentions");
  for (const auto& row : rows) {
    const std::string text = row["text"];
    Strings wanted_links;
    Strings wanted_mentions;
    for (const auto& piece : row["segments"]) {
      if (piece.size() < 2) continue;
      const bool is_mention = piece[1].get<std::string>().rfind("did:", 0) == 0;
      (is_mention ? wanted_mentions : wanted_links).push_back(piece[0]);
    }
    std::vector<TextSpan> urls;
    find_urls(text, Platform::kBluesky, &urls);
    Strings got;
    for (const TextSpan& url : urls) {
      // The domain of a handle is a link by our lights, and the payload says that it is none.
      if (url.start > 0 && text[url.start - 1] == '@') continue;
      got.push_back(testing::cut(text, url.start, url.end));
    }
    links.row(text, got, wanted_links);
    for (const std::string& mention : wanted_mentions) {
      TextSpan span;
      const bool found = find_mention(text, Platform::kBluesky, mention.substr(1), &span);
      mentions.row(text, found ? testing::cut(text, span.start, span.end) : std::string(), mention);
    }
  }
}

TEST(HashtagGrammar, PassesTheSuitesOfMastodon) {
  for (const std::string name : {"mastodon_hashtag_re", "mastodon_extractor"}) {
    const auto rows = read_conformance(name + ".jsonl");
    if (rows.empty()) GTEST_SKIP() << "no shared data";
    Tally tally(name);
    for (const auto& row : rows) {
      tally.row(row["text"], tags_of(row["text"], Platform::kMastodon),
                row["expected"].get<Strings>());
    }
  }
  Tally names("mastodon_name_validation");
  for (const auto& row : read_conformance("mastodon_name_validation.jsonl")) {
    const std::string name = row["name"];
    const Strings whole = {name};
    names.row(name, tags_of("#" + name, Platform::kMastodon) == whole, row["valid"].get<bool>());
  }
}

TEST(HashtagGrammar, FoldsAsMastodonNormalizes) {
  const auto rows = read_conformance("mastodon_normalizer.jsonl");
  if (rows.empty()) GTEST_SKIP() << "no shared data";
  Tally tally("mastodon_normalizer");
  for (const auto& row : rows) {
    const bool displayed = !row.contains("normalized");
    const std::string expected = row[displayed ? "normalized_display" : "normalized"];
    tally.row(row["raw"], folded_tag(row["raw"], Platform::kMastodon),
              folded_tag(expected, Platform::kMastodon));
  }
}

TEST(HashtagGrammar, PassesTheSuiteOfMisskey) {
  const auto rows = read_conformance("misskey_cases.jsonl");
  if (rows.empty()) GTEST_SKIP() << "no shared data";
  Tally tally("misskey");
  for (const auto& row : rows) {
    tally.row(row["text"], tags_of(row["text"], Platform::kMisskey),
              row["expected"].get<Strings>());
  }
}

TEST(HashtagGrammar, FindsTheTopicsOfRealWeiboPosts) {
  const auto rows = read_conformance("weibo_cases.jsonl");
  if (rows.empty()) GTEST_SKIP() << "no shared data";
  Tally tally("weibo");
  for (const auto& row : rows) {
    // Super topics are not in topic_struct, which these rows expect, but stand in the text.
    Strings topics;
    Strings super_topics;
    constexpr std::string_view kSuper = "[超话]";
    for (const std::string& tag : tags_of(row["text"], Platform::kWeibo)) {
      const std::size_t at = tag.size() < kSuper.size() ? 0 : tag.size() - kSuper.size();
      const bool is_super = tag.compare(at, std::string::npos, kSuper) == 0;
      (is_super ? super_topics : topics).push_back(is_super ? tag.substr(0, at) : tag);
    }
    tally.row(row["text"], topics, row["expected"].get<Strings>());
    if (row.contains("super_topics")) {
      EXPECT_EQ(super_topics, row["super_topics"].get<Strings>());
    }
  }
}

TEST(HashtagGrammar, SpansHoldSignsAndTexts) {
  const auto x = testing::tag_spans("a ＃cart", Platform::kX);
  ASSERT_EQ(x.size(), 1U);
  EXPECT_EQ(x[0].start, 2U);
  EXPECT_EQ(x[0].text_start, 5U);
  EXPECT_EQ(x[0].text_end, 9U);
  EXPECT_EQ(x[0].end, 9U);
  const auto weibo = testing::tag_spans("a#b c#d", Platform::kWeibo);
  ASSERT_EQ(weibo.size(), 1U);
  EXPECT_EQ(weibo[0].start, 1U);
  EXPECT_EQ(weibo[0].text_start, 2U);
  EXPECT_EQ(weibo[0].text_end, 5U);
  EXPECT_EQ(weibo[0].end, 6U);
}

TEST(HashtagGrammar, IllFormedBytesEndATagAndAreNoTag) {
  for (const Platform platform :
       {Platform::kX, Platform::kBluesky, Platform::kMastodon, Platform::kMisskey}) {
    EXPECT_EQ(tags_of("#cart\xC3", platform), Strings{"cart"});
    EXPECT_EQ(tags_of("#\xFF"
                      "cart",
                      platform),
              Strings{});
    EXPECT_EQ(tags_of("#cart\xED\xA0\x80x", platform), Strings{"cart"});
  }
  EXPECT_EQ(tags_of("#a\xFF#b#", Platform::kWeibo), Strings{"b"});
}

// Misskey's parser reads at most this deep; deeper brackets end the tag.
TEST(HashtagGrammar, MisskeyBracketsNestSoDeepAndNoDeeper) {
  // Appended piece by piece: gcc 12 warns of `"#" + std::string` (its bug 105651).
  const auto nested = [](std::string start, std::size_t depth) {
    return start.append("a").append(depth, '(').append("b").append(depth, ')');
  };
  EXPECT_EQ(tags_of(nested("#", 21), Platform::kMisskey), Strings{nested("", 21)});
  EXPECT_EQ(tags_of(nested("#", 22), Platform::kMisskey), Strings{"a"});
}

// ---- A slow reference for X, written from the grammar

namespace reference {

bool is_alpha(char32_t c) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
      return true;
    default:
      return false;
  }
}

bool is_alnum(char32_t c) {
  static const std::u32string kSpecials =
      U"_\u200C\u200D\uA67E\u05BE\u05F3\u05F4\uFF5E\u301C\u309B\u309C\u30A0\u30FB\u3003\u0F0B\u0F0C"
      U"\u00B7";
  return is_alpha(c) ||
         utf8proc_category(static_cast<utf8proc_int32_t>(c)) == UTF8PROC_CATEGORY_ND ||
         kSpecials.find(c) != std::u32string::npos;
}

bool is_hash(char32_t c) { return c == U'#' || c == U'＃'; }

// (^ | FE0E | FE0F | not alnum nor '&') sign (?! FE0F | 20E3) alnum* alpha alnum*, as a
// backtracking matcher would go about it: every start, every end, longest first.
Strings tags(const std::u32string& text) {
  Strings found;
  std::size_t at = 0;
  while (at < text.size()) {
    bool matched = false;
    for (const std::size_t sign : {at + 1, at}) {  // one boundary character, or the very start
      if (sign == at && at != 0) continue;
      if (sign >= text.size() || !is_hash(text[sign])) continue;
      if (sign > at) {
        const char32_t before = text[at];
        const bool ok =
            before == 0xFE0E || before == 0xFE0F || !(is_alnum(before) || before == U'&');
        if (!ok) continue;
      }
      if (sign + 1 < text.size() && (text[sign + 1] == 0xFE0F || text[sign + 1] == 0x20E3))
        continue;
      std::size_t end = sign + 1;
      while (end < text.size() && is_alnum(text[end])) ++end;
      for (; end > sign + 1 && !matched; --end) {
        const auto body = text.substr(sign + 1, end - sign - 1);
        if (std::none_of(body.begin(), body.end(), is_alpha)) continue;
        matched = true;
        const auto rest = text.substr(end);
        const bool dropped = (!rest.empty() && is_hash(rest[0])) || rest.substr(0, 3) == U"://";
        if (!dropped) found.push_back(utf8(body));
        at = end;
        break;
      }
      if (matched) break;
    }
    if (!matched) ++at;
  }
  return found;
}

}  // namespace reference

class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}

  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(engine_);
  }

  std::u32string text(const std::u32string& alphabet, std::size_t size_max) {
    std::u32string out;
    for (std::size_t left = below(size_max + 1); left > 0; --left) {
      out.push_back(alphabet[below(alphabet.size())]);
    }
    return out;
  }

 private:
  std::mt19937 engine_;
};

TEST(HashtagGrammar, AgreesWithTheReferenceForX) {
  const std::u32string alphabet =
      U"####＃＃aB1_ &:/&;\u00B7\u30FB\u30FC\u200C\u200D\u200B\u00AD\uFE0E\uFE0F\u20E3\u0301\u3099"
      U"\uFF9Eアé日한१²①🛒\U0001F1FA\U0001D400\U00020021\U000E0100～〜\u05BE\u0F0B"
      U"\uA67E"
      U"。";
  constexpr std::uint32_t kSeed = 20240611;
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  for (int i = 0; i < 300'000; ++i) {
    const std::u32string text = random.text(alphabet, 12);
    const std::string bytes = utf8(text);
    std::vector<TagSpan> spans;
    find_tags(bytes, Platform::kX, {}, &spans);
    Strings got;
    for (const TagSpan& tag : spans)
      got.push_back(testing::cut(bytes, tag.text_start, tag.text_end));
    ASSERT_EQ(got, reference::tags(text)) << bytes;
  }
}

// ---- Folding

TEST(HashtagFold, MakesEqualWhatIsEqual) {
  const auto same = [](const std::string& a, const std::string& b, Platform platform) {
    return folded_tag(a, platform) == folded_tag(b, platform);
  };
  EXPECT_EQ(folded_tag("AmazonCart", Platform::kX), "amazoncart");
  EXPECT_TRUE(same("ＡｍａｚｏｎＣａｒｔ", "amazoncart", Platform::kX));
  EXPECT_TRUE(same("AmazonCart\uFE0F", "amazoncart", Platform::kX));
  EXPECT_TRUE(same("Ama\u00ADzon", "amazon", Platform::kX));
  EXPECT_TRUE(same("ｱﾏｿﾞﾝﾎﾟﾁ", "アマゾンポチ", Platform::kX));
  EXPECT_TRUE(same("STRASSE", "straße", Platform::kX));
  EXPECT_TRUE(same("한국", "\u1112\u1161\u11AB\u1100\u116E\u11A8", Platform::kX));
  EXPECT_TRUE(same("a\u0301\u0323", "a\u0323\u0301", Platform::kX));
  EXPECT_FALSE(same("Açaí", "acai", Platform::kX));
  EXPECT_FALSE(same("AmazonCart\u0301", "amazoncart", Platform::kX));
  EXPECT_FALSE(same("ın", "in", Platform::kX));
  EXPECT_FALSE(same("か", "が", Platform::kX));

  EXPECT_TRUE(same("Açaí", "acai", Platform::kMastodon));
  EXPECT_TRUE(same("BLÅHAJ", "blahaj", Platform::kMastodon));
  EXPECT_TRUE(same("Łódź", "lodz", Platform::kMastodon));
  EXPECT_TRUE(same("ｼｰｻｲﾄﾞﾗｲﾅｰ", "シーサイドライナー", Platform::kMastodon));
  EXPECT_FALSE(same("シーサイドライナー", "シーサイトライナー", Platform::kMastodon));
  EXPECT_FALSE(same("й", "и", Platform::kMastodon));
  EXPECT_FALSE(same("acai", "acaj", Platform::kMastodon));
}

// utf8proc's own NFKC_Casefold is the other side here.
std::string nfkc_casefold(const std::string& text) {
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> out(
      utf8proc_NFKC_Casefold(reinterpret_cast<const utf8proc_uint8_t*>(text.c_str())), &std::free);
  return out ? reinterpret_cast<const char*>(out.get()) : "";
}

const std::u32string& nasty() {
  static const std::u32string kPoints =
      U"####＃＃  "
      U"\n\u00A0\u3000\u2028aAbKé\u00C5\u212A\u1E9E\u00DF\u0130\u0131İıſﬁ\u0149\u0345\u03B1\u03A3"
      U"\u03C2\u1FB3\u0301\u0323\u0327\u0338\u0308\u0344\u3099\u309A\uFF9E\uFF9F\u0F73\u0F71\u0F72"
      U"\u0F74"
      U"カﾊかが\u1100\u1161\u11A8\uAC00\uAC01\u115F\u1160\u3164\uFFA0\u00AD\u034F\u061C\u180B\u180E"
      U"\u200B"
      U"\u200C\u200D\u2060\u20E2\u20E3\uFE0E\uFE0F\uFEFF\uFFFD\U000E0001\U000E0100\u202E19_·・.,!?("
      U")[]「」（）"
      U"\"':/"
      U"&;"
      U"①²ﷺ㍿\u00A8\u00B4\u037A\u1FBD\u2000🛒👨\U0001F1FA\U0001D15E\U0001D165\U0002F800đ"
      U"ø"
      U"ħ"
      U"Ł"
      U"hhttps://";
  return kPoints;
}

TEST(HashtagFold, IsNfkcCasefoldLeftDecomposed) {
  constexpr std::uint32_t kSeed = 77;
  Random random(kSeed);
  for (int i = 0; i < 100'000; ++i) {
    const std::string a = utf8(random.text(nasty(), 8));
    const std::string b = utf8(random.text(nasty(), 2));
    const std::string folded = folded_tag(a, Platform::kX);
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> decomposed(
        utf8proc_NFD(reinterpret_cast<const utf8proc_uint8_t*>(nfkc_casefold(a).c_str())),
        &std::free);
    ASSERT_EQ(folded, reinterpret_cast<const char*>(decomposed.get())) << a << " seed " << kSeed;
    ASSERT_EQ(nfkc_casefold(a) == nfkc_casefold(b), folded == folded_tag(b, Platform::kX));
  }
}

TEST(HashtagFold, IsNfkcCasefoldForEveryCodePoint) {
  for (char32_t c = 1; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    const std::string text = utf8({U'A', c, U'\u0323'});
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> decomposed(
        utf8proc_NFD(reinterpret_cast<const utf8proc_uint8_t*>(nfkc_casefold(text).c_str())),
        &std::free);
    ASSERT_EQ(folded_tag(text, Platform::kX), reinterpret_cast<const char*>(decomposed.get()))
        << static_cast<std::uint32_t>(c);
  }
}

// The premise of the proof in the header, for every code point there is.
TEST(HashtagFold, WhatEndsATagFoldsToAStarterFirst) {
  for (const Platform platform : kGrammars) {
    const TagGrammar grammar = grammar_of(platform);
    for (char32_t c = 0; c <= 0x10FFFF; ++c) {
      if (c >= 0xD800 && c <= 0xDFFF) continue;
      bool ends = !may_be_in_tag(c, grammar);
      if (grammar == TagGrammar::kBluesky) ends = ends || is_punctuation(c);
      if (grammar == TagGrammar::kMastodon)
        ends = ends || (is_mastodon_separator(c) && c != 0x200C);
      if (grammar == TagGrammar::kMisskey) ends = is_misskey_stop(c);
      if (!ends) continue;
      std::string text;
      base::append_utf8(c, &text);
      const std::string folded = folded_text(text, platform);
      ASSERT_FALSE(folded.empty()) << static_cast<std::uint32_t>(c);
      const auto first = static_cast<utf8proc_int32_t>(base::decode_at(folded, 0).value);
      ASSERT_EQ(utf8proc_get_property(first)->combining_class, 0) << static_cast<std::uint32_t>(c);
    }
  }
}

void expect_promise(const std::string& text) {
  for (const Platform platform : kGrammars) {
    const std::string haystack = folded_text(text, platform);
    for (const std::string& tag : tags_of(text, platform)) {
      ASSERT_NE(haystack.find(folded_tag(tag, platform)), std::string::npos)
          << base::name(platform) << ": " << tag << " in " << text;
    }
  }
}

TEST(HashtagFold, EveryTagFoundIsFoundInTheFoldedText) {
  constexpr std::uint32_t kSeed = 4711;
  Random random(kSeed);
  for (int i = 0; i < 200'000; ++i) {
    std::string text = utf8(random.text(nasty(), 20));
    if (i % 8 == 0 && !text.empty()) text[random.below(text.size())] = '\xC3';
    ASSERT_NO_FATAL_FAILURE(expect_promise(text)) << "seed " << kSeed;
  }
}

TEST(HashtagFold, MarksBehindATagDoNotSlipIntoIt) {
  // Each would, if what ends the tag were dropped, or if the form were composed.
  expect_promise("#e\u0301\u00AD\u0323");
  expect_promise("#e\u0301\u200D\u0323");
  expect_promise("#e\u0301\u200B\u0323");
  expect_promise("#한\u00AD\u11A8");
  expect_promise("#か\u200B\u3099");
  EXPECT_EQ(folded_text("#e\u0301\u00AD\u0323", Platform::kX).find("\u0323"), 6U);
}

TEST(HashtagFold, DoesNotJoinWhatAnInvisibleCharacterParts) {
  EXPECT_EQ(folded_text("#Amazon\u00ADCart", Platform::kX).find("amazoncart"), std::string::npos);
  EXPECT_EQ(folded_text("#Amazon\u200BCart", Platform::kBluesky).find("amazoncart"),
            std::string::npos);
}

TEST(HashtagFold, LongRunsOfMarksAreSorted) {
  std::string text = "#a";
  for (int i = 0; i < 100'000; ++i) text += i % 2 == 0 ? "\u0301" : "\u0323";
  const std::string folded = folded_text(text, Platform::kX);
  ASSERT_EQ(folded.size(), text.size());
  EXPECT_EQ(folded.substr(2, 200'000).find("\u0301"), 100'000U);
}

}  // namespace
}  // namespace hashcart::match
