#include "emit/digest.h"

#include <gtest/gtest.h>

namespace hashcart::emit {
namespace {

// FIPS 180-4, examples.
TEST(Digest, Sha256IsTheStandards) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

// Computed with Python's hashlib and with `printf | sha256sum`.
TEST(Digest, KeyAndIdAreThePublishedVector) {
  const std::string key =
      intent_key("x", "304198714783105025", "amex-kindle-fire-hd", "amex:US:sku:kindle-fire-hd");
  EXPECT_EQ(key, "k1_2893a516aaf7d4053e8e0d387b5c14c0");
  EXPECT_EQ(record_id(key, "intent.confirmed"), "i1_7518159d92f7b7683ec04c2b99ffa19d");
}

TEST(Digest, AnEmptyProductStillTakesItsPlace) {
  EXPECT_EQ(intent_key("x", "304198714783105025", "amex-kindle-fire-hd", ""),
            "k1_64ae97b278f0a54811daf28e602cbc76");
}

TEST(Digest, FieldsAreBytes) {
  EXPECT_EQ(intent_key("bluesky", "at://did:plc:abc/app.bsky.feed.post/3k", "cart-\xC3\xBC", ""),
            "k1_aaef6d14b9a78b914bfd979efe4756c4");
}

TEST(Digest, AnIdIsTheSameFromKeyOrFields) {
  EXPECT_EQ(record_id("x", "1", "c", "p", "t"), record_id(intent_key("x", "1", "c", "p"), "t"));
}

TEST(Digest, EveryFieldCounts) {
  const std::string id = record_id("x", "1", "c", "p", "t");
  EXPECT_NE(id, record_id("y", "1", "c", "p", "t"));
  EXPECT_NE(id, record_id("x", "2", "c", "p", "t"));
  EXPECT_NE(id, record_id("x", "1", "d", "p", "t"));
  EXPECT_NE(id, record_id("x", "1", "c", "q", "t"));
  EXPECT_NE(id, record_id("x", "1", "c", "p", "u"));
  // What one field loses the next must not gain.
  EXPECT_NE(intent_key("x", "12", "3", ""), intent_key("x", "1", "23", ""));
}

}  // namespace
}  // namespace hashcart::emit
