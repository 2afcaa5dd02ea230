// The fuzz target over the fixtures, each whole, cut and with bytes changed: a run without
// libFuzzer.
#include <gtest/gtest.h>

#include <cstdint>

#include "post/post_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace hashcart::post {
namespace {

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

TEST(PostFuzz, HoldsOnMutatedFixtures) {
  static constexpr std::string_view kBytes = "\"\\{}[],:#0e\n\0\xFF\xC3 <&u";
  std::uint32_t seed = 20141124;
  const auto random = [&](std::size_t below) {
    seed = seed * 1664525U + 1013904223U;
    return (seed >> 8U) % below;
  };
  std::size_t inputs = 0;
  for (const char* file :
       {"simple", "x_v1", "x_v2", "bluesky", "mastodon", "gnip", "weibo", "reddit", "tiktok",
        "instagram", "facebook", "threads", "pinterest", "others"}) {
    const std::filesystem::path path = std::filesystem::path(HASHCART_SOURCE_DIR) / "fixtures" /
                                       "posts" / (std::string(file) + ".ndjson");
    for (const testing::TestRecord& line : testing::cut_file(path)) {
      const auto row = nlohmann::ordered_json::parse(line.bytes);
      const std::string bytes =
          row["record"].is_string() ? row["record"].get<std::string>() : row["record"].dump();
      const std::string whole = (row.value("sse", false) ? "\x01" : "\x02") + bytes;
      run(whole);
      for (int round = 0; round < 150; ++round) {
        std::string changed = whole;
        for (std::size_t edits = 1 + random(3); edits > 0 && changed.size() > 2; --edits) {
          const std::size_t at = 1 + random(changed.size() - 1);
          switch (random(4)) {
            case 0:
              changed[at] = kBytes[random(kBytes.size())];
              break;
            case 1:
              changed.insert(at, 1, kBytes[random(kBytes.size())]);
              break;
            case 2:
              changed.erase(at, 1 + random(6));
              break;
            default:
              changed.insert(at, changed.substr(1 + random(changed.size() - 1), random(40)));
              break;
          }
        }
        run(changed);
        ++inputs;
      }
    }
  }
  EXPECT_GT(inputs, 10'000U);
}

// What made the target, or what it tests, fail once.
TEST(PostFuzz, HoldsOnWhatItFound) {
  run("\x02" + std::string(340, '7'));  // over a double's range without an exponent
}

}  // namespace
}  // namespace hashcart::post
