#include "post/html_text.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/utf8.h"

namespace hashcart::post {
namespace {

std::string html(std::string_view in) {
  Arena arena;
  std::vector<Anchor> anchors;
  std::vector<std::uint32_t> seams;
  return std::string(decode_html(in, &anchors, &seams, &arena));
}

std::string x_text(std::string_view in) {
  Arena arena;
  return std::string(decode_x_text(in, {}, &arena));
}

TEST(XText, DecodesThreeEntitiesOnce) {
  EXPECT_EQ(x_text("a &lt;b&gt; &amp; c"), "a <b> & c");
  EXPECT_EQ(x_text("&amp;lt; &amp;amp;"), "&lt; &amp;");
  EXPECT_EQ(x_text("&quot;&#39;&nbsp; &am"), "&quot;&#39;&nbsp; &am");
  EXPECT_EQ(x_text(""), "");
}

TEST(XText, LeavesWhatWasUnescapedBefore) {
  EXPECT_EQ(x_text("R&D &amp; x"), "R&D & x");
  EXPECT_EQ(x_text("Tom & Jerry &lt;"), "Tom & Jerry <");
  EXPECT_EQ(x_text("i <3 &amp; &lt;b&gt;"), "i <3 &amp; &lt;b&gt;");
  EXPECT_EQ(x_text("cut &am"), "cut &am");
  Arena arena;
  std::vector<TextMark> marks = {{13, 0, kNoByte}, {15, 1, kNoByte}, {2, 2, kNoByte}};
  EXPECT_EQ(decode_x_text("a < & #c", marks, &arena), "a < & #c");
  std::uint32_t byte[3] = {};
  for (const TextMark& mark : marks) byte[mark.slot] = mark.byte;
  EXPECT_EQ(byte[0], 6U);
  EXPECT_EQ(byte[1], 8U);
  EXPECT_EQ(byte[2], 2U);
}

TEST(XText, PlacesMarksByCodePointsOfTheEscapedText) {
  Arena arena;
  // a . . . . . U+1F600 b: the entity takes five code points, the face four bytes.
  std::vector<TextMark> marks = {{7, 0, kNoByte},    {6, 1, kNoByte}, {0, 2, kNoByte},
                                 {3, 3, kNoByte},    {8, 4, kNoByte}, {9, 5, kNoByte},
                                 {~0ULL, 6, kNoByte}};
  EXPECT_EQ(decode_x_text("a&amp;\xF0\x9F\x98\x80"
                          "b",
                          marks, &arena),
            "a&\xF0\x9F\x98\x80"
            "b");
  std::uint32_t byte[7] = {};
  for (const TextMark& mark : marks) byte[mark.slot] = mark.byte;
  EXPECT_EQ(byte[0], 6U);
  EXPECT_EQ(byte[1], 2U);
  EXPECT_EQ(byte[2], 0U);
  EXPECT_EQ(byte[3], kNoByte);
  EXPECT_EQ(byte[4], 7U);
  EXPECT_EQ(byte[5], kNoByte);
  EXPECT_EQ(byte[6], kNoByte);
}

TEST(HtmlText, InlineTagsLeaveNothing) {
  EXPECT_EQ(html("<p>#<span>Mastodon</span></p>"), "#Mastodon");
  EXPECT_EQ(html(R"(<span class="invisible">https://</span><span class="ellipsis">a.b/c</span>)"
                 "<span>d</span>"),
            "https://a.b/cd");
  EXPECT_EQ(html("a<b>b</b><wbr>c"), "abc");
}

TEST(HtmlText, BlocksAndBreaksAreNewlines) {
  EXPECT_EQ(html("<p>a</p><p>b<br>c<br/>d</p>"), "a\nb\nc\nd");
  EXPECT_EQ(html("<ul><li>a</li><li>b</li></ul>"), "a\nb");
  EXPECT_EQ(html("<p></p>"), "");
}

TEST(HtmlText, DecodesReferencesOnce) {
  EXPECT_EQ(html("&amp;lt;"), "&lt;");
  EXPECT_EQ(html("&lt;b&gt; &quot;x&quot; &#39;y&#x27; &nbsp;&hellip;"),
            "<b> \"x\" 'y' \xC2\xA0\xE2\x80\xA6");
  EXPECT_EQ(html("&#0;&#xD800;&#x110000;"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(html("&unknown; & &; &#; &#x; &#12"), "&unknown; & &; &#; &#x; &#12");
}

TEST(HtmlText, CommentsAndScriptsAreNoText) {
  EXPECT_EQ(html("a<!-- <b> -->b<!DOCTYPE x>c<?php ?>d"), "abcd");
  EXPECT_EQ(html("a<script>var x = '<p>';</script>b<style>p{}</style>c"), "abc");
  EXPECT_EQ(html("a<!-- never closed"), "a");
}

TEST(HtmlText, WhatIsNoTagIsText) {
  EXPECT_EQ(html("1 < 2 <3 <"), "1 < 2 <3 <");
  EXPECT_EQ(html("</"), "</");
}

TEST(HtmlText, AnchorsSayWhereTheyStand) {
  Arena arena;
  std::vector<Anchor> anchors;
  std::vector<std::uint32_t> seams;
  const std::string_view text = decode_html(
      "<p>see <a href=\"https://x.y/a?b=1&amp;c=2\">https://<span>x.y/a</span></a> "
      "<a class='mention hashtag' href='https://s/tags/buy' rel=\"tag\">#<span>Buy</span></a> "
      "<a class=\"u-url mention\" href=https://s/@u>@u</a> <a name=z>no</a></p>",
      &anchors, &seams, &arena);
  EXPECT_EQ(text, "see https://x.y/a #Buy @u no");
  ASSERT_EQ(anchors.size(), 3U);
  EXPECT_EQ(anchors[0].kind, AnchorKind::kLink);
  EXPECT_EQ(anchors[0].href, "https://x.y/a?b=1&c=2");
  EXPECT_EQ(text.substr(anchors[0].start, anchors[0].end - anchors[0].start), "https://x.y/a");
  EXPECT_EQ(anchors[1].kind, AnchorKind::kHashtag);
  EXPECT_EQ(text.substr(anchors[1].start, anchors[1].end - anchors[1].start), "#Buy");
  EXPECT_EQ(anchors[2].kind, AnchorKind::kMention);
  EXPECT_EQ(anchors[2].href, "https://s/@u");
}

TEST(HtmlText, SeamsAreWhereMarkupStoodInsideWords) {
  Arena arena;
  std::vector<Anchor> anchors;
  std::vector<std::uint32_t> seams;
  const std::string_view text = decode_html(
      "<p>ama<b>zon</b>.com<!-- --> and <i></i>x<br>y <em>z</em> #<span>a</span></p><p>b</p>",
      &anchors, &seams, &arena);
  EXPECT_EQ(text, "amazon.com and x\ny z #a\nb");
  EXPECT_EQ(seams, (std::vector<std::uint32_t>{3, 6, 22}));
}

TEST(HtmlText, AnchorsThatDoNotCloseEndWithTheText) {
  Arena arena;
  std::vector<Anchor> anchors;
  std::vector<std::uint32_t> seams;
  const std::string_view text =
      decode_html("<a href=\"/a\">x<a href=\"/b\">y\n\n", &anchors, &seams, &arena);
  EXPECT_EQ(text, "xy");
  ASSERT_EQ(anchors.size(), 2U);
  EXPECT_EQ(anchors[0].end, 1U);
  EXPECT_EQ(anchors[1].end, 2U);
}

TEST(HtmlText, NeverLongerThanItsInputAndStaysUtf8) {
  const std::string_view pieces[] = {"<p>",    "&hellip;", "&#x1F600;", "<a href=\"&amp;\">",
                                     "</a",    ">",        "\xC3\xA9",  "&lt",
                                     "<br>",   "\"",       "<!--",      "-->",
                                     "&#160;", "x"};
  std::uint32_t seed = 1;
  for (int round = 0; round < 20'000; ++round) {
    std::string in;
    for (int i = 0; i < 12; ++i) {
      seed = seed * 1664525U + 1013904223U;
      in += pieces[(seed >> 16U) % std::size(pieces)];
    }
    const std::string out = html(in);
    ASSERT_LE(out.size(), in.size()) << in;
    ASSERT_TRUE(base::is_valid_utf8(out)) << in;
  }
}

}  // namespace
}  // namespace hashcart::post
