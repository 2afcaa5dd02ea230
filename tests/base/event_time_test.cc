#include "base/event_time.h"

#include <gtest/gtest.h>

namespace hashcart::base {
namespace {

TEST(EventTime, ReadsTheFormsThatFeedsUse) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_rfc3339("2013-02-20T12:03:05.0009Z"), 1361361785000);
  EXPECT_EQ(parse_rfc3339("2021-07-26T10:45:20+0000"), parse_rfc3339("2021-07-26T12:45:20+02:00"));
  EXPECT_EQ(parse_ctime_offset("Wed Aug 27 13:08:45 +0000 2008"), 1219842525000);
  EXPECT_EQ(parse_ctime_offset("Mon Apr 25 00:43:47 +0800 2016"),
            parse_rfc3339("2016-04-24T16:43:47Z"));
}

TEST(EventTime, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2014-05-06", "2014-05-06T10:00:00", "2014-02-29T10:00:00Z", "2014-13-01T00:00:00Z",
        "2014-05-06T24:00:00Z", "2014-05-06T10:00:00Zx", "0000-01-01T00:00:00Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(EventTime, WritesOneForm) {
  EXPECT_EQ(format_rfc3339(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_rfc3339(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(format_rfc3339(*parse_rfc3339("2012-02-29T23:59:59.5Z")), "2012-02-29T23:59:59.500Z");
}

TEST(EventTime, ReadsDurations) {
  EXPECT_EQ(parse_duration_ms("15m"), 900'000);
  EXPECT_EQ(parse_duration_ms("72h"), 259'200'000);
  for (const char* text : {"", "m", "-1s", "1.5s", "10", "10 s"})
    EXPECT_FALSE(parse_duration_ms(text)) << text;
}

TEST(EventTime, ReadsTheTimeInASnowflake) {
  EXPECT_EQ(x_snowflake_time("304199490729345025"),
            *parse_rfc3339("2013-02-20T12:03:05.000Z") / 1000 * 1000 +
                *x_snowflake_time("304199490729345025") % 1000);
  EXPECT_FALSE(x_snowflake_time("100"));
  EXPECT_FALSE(x_snowflake_time("abc"));
}

}  // namespace
}  // namespace hashcart::base
