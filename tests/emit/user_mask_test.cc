#include "emit/user_mask.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/setup_error.h"

namespace hashcart::emit {
namespace {

using base::Platform;
using base::SetupError;
using base::SetupFault;

constexpr std::string_view kKey = "0123456789abcdef";

std::string author(const UserMask& mask, Platform platform, std::string_view id) {
  MaskBuffer buffer;
  return std::string(mask.author(platform, id, &buffer));
}

std::string post(const UserMask& mask, Platform platform, std::string_view id) {
  MaskBuffer buffer;
  return std::string(mask.post(platform, id, &buffer));
}

std::string key_file(std::string_view content, std::filesystem::perms mode = {}) {
  const std::string path = testing::TempDir() + "/user_mask_test.key";
  std::ofstream(path, std::ios::binary) << content;
  using std::filesystem::perms;
  std::filesystem::permissions(path, perms::owner_read | perms::owner_write | mode);
  return path;
}

SetupFault fault_of(const std::string& option) {
  try {
    const UserMask mask = UserMask::from_option(option);
  } catch (const SetupError& error) {
    EXPECT_NE(std::string(error.what()).find("--users"), std::string::npos) << error.what();
    return error.fault();
  }
  ADD_FAILURE() << option << " was taken";
  return SetupFault::kInput;
}

TEST(UserMask, RawPassesThrough) {
  const UserMask mask = UserMask::from_option("raw");
  EXPECT_TRUE(mask.is_raw());
  EXPECT_EQ(author(mask, Platform::kX, "2244994945"), "2244994945");
  EXPECT_EQ(post(mask, Platform::kBluesky, "at://a/b"), "at://a/b");
}

// Computed with Python: hmac.new(key, b"x\n2244994945", "sha256").hexdigest()[:32].
TEST(UserMask, HmacIsWhatAnyLanguageComputes) {
  const UserMask mask = UserMask::hmac(std::string(kKey));
  EXPECT_FALSE(mask.is_raw());
  EXPECT_EQ(author(mask, Platform::kX, "2244994945"), "u1_95e93958f33d888ebadc027ee067db80");
  EXPECT_EQ(post(mask, Platform::kX, "304198714783105025"), "p1_02f0cb2b0c868d58a41002d3b53ea2d0");
  EXPECT_EQ(author(mask, Platform::kBluesky, "did:plc:abc"), "u1_be9bac109012d4251c8c80952d37c7a1");
  // A key over SHA-256's block size is hashed first (RFC 2104).
  EXPECT_EQ(author(UserMask::hmac(std::string(100, 'k')), Platform::kX, "2244994945"),
            "u1_8569080a9ddd55ca0019d2d710eef0f1");
}

TEST(UserMask, PlatformsDoNotShareAPseudonym) {
  const UserMask mask = UserMask::hmac(std::string(kKey));
  EXPECT_NE(author(mask, Platform::kX, "1"), author(mask, Platform::kWeibo, "1"));
}

TEST(UserMask, AnAbsentIdStaysAbsent) {
  EXPECT_EQ(author(UserMask::hmac(std::string(kKey)), Platform::kX, ""), "");
}

TEST(UserMask, DropIsItsOwnKeyEachTime) {
  const UserMask one = UserMask::from_option("drop");
  const UserMask two = UserMask::from_option("drop");
  EXPECT_EQ(author(one, Platform::kX, "1"), author(one, Platform::kX, "1"));
  EXPECT_NE(author(one, Platform::kX, "1"), author(two, Platform::kX, "1"));
  EXPECT_TRUE(author(one, Platform::kX, "1").starts_with("u1_"));
}

TEST(UserMask, ReadsItsKeyFileByteForByte) {
  EXPECT_EQ(author(UserMask::from_option("hmac:" + key_file(kKey)), Platform::kX, "2244994945"),
            "u1_95e93958f33d888ebadc027ee067db80");
  const std::string with_newline = std::string(kKey) + "\n";
  EXPECT_EQ(author(UserMask::from_option("hmac:" + key_file(with_newline)), Platform::kX, "1"),
            author(UserMask::hmac(with_newline), Platform::kX, "1"));
  std::filesystem::remove(key_file(""));
}

TEST(UserMask, RefusesWhatIsNoKey) {
  EXPECT_EQ(fault_of("hmac:" + key_file("")), SetupFault::kCatalogue);
  EXPECT_EQ(fault_of("hmac:" + key_file("15 bytes of key")), SetupFault::kCatalogue);
  EXPECT_EQ(fault_of("hmac:" + key_file(std::string(4097, 'k'))), SetupFault::kCatalogue);
  EXPECT_EQ(fault_of("hmac:" + testing::TempDir()), SetupFault::kCatalogue);
  EXPECT_EQ(fault_of("hmac:/nowhere/at/all"), SetupFault::kCatalogue);
  std::filesystem::remove(key_file(""));
}

TEST(UserMask, RefusesAKeyThatOthersMayUse) {
  using std::filesystem::perms;
  for (const perms mode : {perms::group_read, perms::group_write, perms::others_read}) {
    EXPECT_EQ(fault_of("hmac:" + key_file(kKey, mode)), SetupFault::kCatalogue);
  }
  std::filesystem::remove(key_file(""));
}

TEST(UserMask, RefusesUnknownOptions) {
  for (const char* option : {"", "RAW", "hmac", "hmac:", "sha256:x", "drop "}) {
    EXPECT_EQ(fault_of(option), SetupFault::kUsage) << option;
  }
}

}  // namespace
}  // namespace hashcart::emit
