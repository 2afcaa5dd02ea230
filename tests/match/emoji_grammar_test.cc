#include "match/emoji_grammar.h"

#include <gtest/gtest.h>

#include <string>

#include "match/mention_grammar.h"

namespace hashcart::match {
namespace {

// The emoji found, as it stands in the text, or "-".
std::string found(const std::string& emoji, const std::string& text) {
  TextSpan span;
  if (!find_emoji(text, bare_emoji(emoji), &span)) return "-";
  return text.substr(span.start, span.end - span.start);
}

TEST(EmojiGrammar, FindsOnePictureInAllItsForms) {
  EXPECT_EQ(found("🍕", "🍕"), "🍕");
  EXPECT_EQ(found("🍕", "a🍕🍕🍕b"), "🍕");
  EXPECT_EQ(found("🍕", "pizza"), "-");
  EXPECT_EQ(found("🍕", "🍔"), "-");
  EXPECT_EQ(found("❤️", "I ❤ it"), "❤");
  EXPECT_EQ(found("❤", "I ❤️ it"), "❤️");
  EXPECT_EQ(found("👍", "ok 👍🏽!"), "👍🏽");
  EXPECT_EQ(found("👍🏽", "ok 👍"), "👍");
  EXPECT_EQ(found("👍", ""), "-");
}

TEST(EmojiGrammar, IsNotFoundInsideAnother) {
  EXPECT_EQ(found("👩", "👩‍🚀"), "-");  // joined by U+200D
  EXPECT_EQ(found("🚀", "👩‍🚀"), "-");
  EXPECT_EQ(found("🚀", "👩‍🚀 🚀"), "🚀");
  EXPECT_EQ(found("👩‍🚀", "👩🏽‍🚀"), "👩🏽‍🚀");
  EXPECT_EQ(found("🏳️", "🏳️‍🌈"), "-");
  EXPECT_EQ(found("🏴", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"), "-");  // a tag sequence
  EXPECT_EQ(found("1️⃣", "1️⃣"), "1️⃣");
  EXPECT_EQ(found("1️⃣", "1 2"), "-");
}

TEST(EmojiGrammar, CountsFlagsInPairs) {
  EXPECT_EQ(found("🇺🇸", "🇺🇸"), "🇺🇸");
  EXPECT_EQ(found("🇺🇸", "🇦🇺🇸🇪"), "-");  // AU SE holds US across the edge
  EXPECT_EQ(found("🇺🇸", "🇸🇪🇺🇸"), "🇺🇸");
  EXPECT_EQ(found("🇺🇸", "x🇦🇺🇸🇪 🇺🇸"), "🇺🇸");
}

std::string mention(base::Platform platform, const std::string& handle, const std::string& text) {
  TextSpan span;
  if (!find_mention(text, platform, handle, &span)) return "-";
  return text.substr(span.start, span.end - span.start);
}

TEST(MentionGrammar, ComparesWholeHandles) {
  using base::Platform;
  EXPECT_EQ(mention(Platform::kX, "dominos", "@Dominos please"), "@Dominos");
  EXPECT_EQ(mention(Platform::kX, "dominos", ".@DOMINOS's"), "@DOMINOS");
  EXPECT_EQ(mention(Platform::kX, "dominos", "＠dominos"), "＠dominos");
  EXPECT_EQ(mention(Platform::kX, "dominos", "@dominos."), "@dominos");
  EXPECT_EQ(mention(Platform::kX, "dominos", "@dominos_uk @dominos"), "@dominos");
  EXPECT_EQ(mention(Platform::kX, "dominos", "@dominosuk"), "-");
  EXPECT_EQ(mention(Platform::kX, "dominos", "mail@dominos"), "-");
  EXPECT_EQ(mention(Platform::kX, "dominos", "@@dominos"), "-");
  EXPECT_EQ(mention(Platform::kX, "dominos", "dominos"), "-");
  EXPECT_EQ(mention(Platform::kX, "dominos", "@dominos.co"), "@dominos");
  EXPECT_EQ(mention(Platform::kInstagram, "dominos", "@dominos.co"), "-");
  EXPECT_EQ(mention(Platform::kInstagram, "the.shop", "hi @The.Shop."), "@The.Shop");
  EXPECT_EQ(mention(Platform::kBluesky, "shop.bsky.social", "@shop.bsky.social!"),
            "@shop.bsky.social");
  EXPECT_EQ(mention(Platform::kMastodon, "shop@example.social", "@shop hi"), "@shop");
  EXPECT_EQ(mention(Platform::kMastodon, "shop@example.social", "@shop@example.social hi"),
            "@shop@example.social");
  EXPECT_EQ(mention(Platform::kMastodon, "shop@example.social", "@shop@other.social"), "-");
  EXPECT_EQ(mention(Platform::kWeibo, "小店", "买 @小店 一个"), "@小店");
  EXPECT_EQ(mention(Platform::kX, "dominos", ""), "-");
}

}  // namespace
}  // namespace hashcart::match
