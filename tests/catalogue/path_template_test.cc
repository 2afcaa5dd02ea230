// The written form of path templates. What they match is in tests/match/link_grammar_test.cc.
#include <string>

#include <gtest/gtest.h>

#include "catalogue/path_template.h"

namespace hashcart::catalogue {
namespace {

using Kind = PathTemplate::Kind;

PathTemplate parsed(const std::string& text) {
  PathTemplate read;
  EXPECT_EQ(PathTemplate::parse(text, &read), "") << text;
  EXPECT_EQ(read.text, text);
  return read;
}

TEST(PathTemplate, ReadsSegments) {
  const PathTemplate read = parsed("/**/Gp/*/{id}");
  ASSERT_EQ(read.segments.size(), 4U);
  EXPECT_EQ(read.segments[0].kind, Kind::kAnySegments);
  EXPECT_EQ(read.segments[1].kind, Kind::kLiteral);
  EXPECT_EQ(read.segments[1].prefix, "gp");
  EXPECT_EQ(read.segments[2].kind, Kind::kAnySegment);
  EXPECT_EQ(read.segments[3].kind, Kind::kId);
}

TEST(PathTemplate, ReadsWhatNarrowsASegmentOrAnId) {
  const PathTemplate read = parsed("/*!Share/p/{id>=13}/{affiliate}");
  ASSERT_EQ(read.segments.size(), 3U);
  EXPECT_EQ(read.segments[0].kind, Kind::kAnySegment);
  EXPECT_EQ(read.segments[0].prefix, "share");
  EXPECT_EQ(read.segments[2].kind, Kind::kId);
  EXPECT_EQ(read.segments[2].bytes_min, 13);
  EXPECT_TRUE(read.affiliate);
  const PathTemplate query = parsed("/wholesale?productId={id>=255}");
  ASSERT_EQ(query.query.size(), 1U);
  EXPECT_TRUE(query.query[0].is_id);
  EXPECT_EQ(query.query[0].bytes_min, 255);
  EXPECT_FALSE(query.affiliate);
}

TEST(PathTemplate, ReadsTextAroundTheId) {
  const PathTemplate::Segment plain = parsed("/A-{id}.Htm").segments[0];
  EXPECT_EQ(plain.prefix, "a-");
  EXPECT_EQ(plain.suffix, ".htm");
  EXPECT_FALSE(plain.any_prefix || plain.any_suffix || plain.two);
  const PathTemplate::Segment open = parsed("/*-i{id}-s*").segments[0];
  EXPECT_TRUE(open.any_prefix && open.any_suffix);
  EXPECT_EQ(open.prefix, "-i");
  EXPECT_EQ(open.suffix, "-s");
  const PathTemplate::Segment lead = parsed("/*-i.*.{id}").segments[0];
  EXPECT_EQ(lead.lead, "-i.");
  EXPECT_EQ(lead.prefix, ".");
  const PathTemplate::Segment head = parsed("/MLB-{MLB+id}-*").segments[0];
  EXPECT_EQ(head.head, "MLB");
  EXPECT_EQ(head.prefix, "mlb-");
  const PathTemplate two = parsed("/x/{id/2}/y");
  ASSERT_EQ(two.segments.size(), 3U);
  EXPECT_TRUE(two.segments[1].two);
}

TEST(PathTemplate, ReadsQueryTerms) {
  const PathTemplate read = parsed("/item.htm?targetType=ITEM&ID={id}");
  ASSERT_EQ(read.query.size(), 2U);
  EXPECT_EQ(read.query[0].key, "targettype");
  EXPECT_EQ(read.query[0].value, "item");
  EXPECT_FALSE(read.query[0].is_id);
  EXPECT_EQ(read.query[1].key, "id");
  EXPECT_TRUE(read.query[1].is_id);
  EXPECT_TRUE(parsed("/?id={id}").segments.empty());
}

TEST(PathTemplate, ReadsTheFragment) {
  const PathTemplate read = parsed("/*/p/*#Wid={id}");
  EXPECT_TRUE(read.id_in_fragment);
  EXPECT_EQ(read.fragment_prefix, "wid=");
  EXPECT_EQ(read.segments.size(), 3U);
}

TEST(PathTemplate, SaysWhatIsWrong) {
  const struct {
    std::string text;
    std::string says;
  } rows[] = {
      {"", "starts with"},
      {"dp/{id}", "starts with"},
      {"/dp", "needs {id}"},
      {"/*/x?a=b", "needs {id}"},
      {"/{id}/{id}", "one {id}"},
      {"/{id}{id}", "one {id}"},
      {"/{id}?id={id}", "one {id}"},
      {"/{id", "never closed"},
      {"/{sku}", "{sku}"},
      {"/{+id}", "{+id}"},
      {"/id}/{id}", "closes nothing"},
      {"/a//{id}", "side by side"},
      {"/{id}/", "end in"},
      {"/*{id}", "separator"},
      {"/*!/{id}", "the segment it excludes"},
      {"/*!{id}", "excludes a literal"},
      {"/*!a*/{id}", "whole segment"},
      {"/{id>=0}", "means nothing"},
      {"/{id>=256}", "means nothing"},
      {"/{id>=}", "means nothing"},
      {"/{id>=1x}", "means nothing"},
      {"/{affiliate}", "behind {id}"},
      {"/{affiliate}/{id}", "behind {id}"},
      {"/{id}/{affiliate}/x", "the last one"},
      {"/{id}/x-{affiliate}", "whole segment"},
      {"/x/{affiliate}?a={id}", "behind {id}"},
      {"/{id}?tag={affiliate}", "literal or {id}"},
      {"/{id}*", "separator"},
      {"/**-{id}", "twice"},
      {"/a*/{id}", "whole segment"},
      {"/**/**/{id}", "twice"},
      {"/../{id}", "dot segments"},
      {"/a b/{id}", "blanks"},
      {"/a%20b/{id}", "decoded"},
      {"/a\\{id}", "`/`"},
      {"/x{id/2}", "alone"},
      {"/{id}?", "key=value"},
      {"/{id}?a", "key=value"},
      {"/{id}?=b", "key=value"},
      {"/x?a=b{id}", "literal or {id}"},
      {"/x?{id}=b", "key of a query"},
      {"/x#y", "ends in {id}"},
      {"/x#{id}{id}", "one {id}"},
      {"/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g/{id}", "16 segments"},
      {"/{id}/" + std::string(600, 'x'), "512"},
  };
  for (const auto& row : rows) {
    PathTemplate read;
    const std::string says = PathTemplate::parse(row.text, &read);
    EXPECT_NE(says.find(row.says), std::string::npos) << row.text << ": " << says;
    EXPECT_EQ(read.text, "") << "a template that does not parse leaves *out alone";
  }
}

}  // namespace
}  // namespace hashcart::catalogue
