// Whatever the choice of windows is, it loses no key: each key's window hits some bucket, byte for
// byte that the key allows.
#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "match/scan_windows.h"

namespace hashcart::match {
namespace {

// Whether four bytes hit a bucket, look-up by look-up.
bool hits(const Windows& windows, std::string_view bytes) {
  for (const auto& table : windows.table) {
    unsigned buckets = 0xFF;
    for (std::size_t lookup = 0; lookup < kLookups; ++lookup) {
      const auto byte = static_cast<unsigned char>(bytes[kLookupOffset[lookup]]);
      buckets &= byte < 0x80 ? table[lookup][lookup_index(lookup, byte)] : 0U;
    }
    if (buckets != 0) return true;
  }
  return false;
}

TEST(ScanWindows, LoseNoKey) {
  std::mt19937_64 random(1);
  const auto pick = [&](std::size_t count) { return random() % count; };
  for (int round = 0; round < 30; ++round) {
    std::vector<WindowKey> keys(pick(150));
    for (WindowKey& key : keys) {
      const std::size_t size = kWindowBytes + pick(12);
      for (std::size_t i = 0; i < size; ++i) {
        std::string allowed;
        for (std::size_t n = 1 + pick(3); n > 0; --n) {
          allowed.push_back(
              static_cast<char>(pick(round % 2 == 0 ? 128 : 26) + (round % 2 == 0 ? 0 : 'a')));
        }
        key.places.push_back(allowed);
      }
      for (std::uint32_t cut = 0; cut + kWindowBytes <= size; ++cut) {
        if (pick(3) > 0 || (key.cuts.empty() && cut + kWindowBytes == size))
          key.cuts.push_back(cut);
      }
    }
    std::string sample;
    for (std::size_t i = pick(20'000); i > 0; --i) sample.push_back(static_cast<char>(pick(200)));
    const Windows windows = choose_windows(keys, sample);
    ASSERT_EQ(windows.cut.size(), keys.size());
    for (std::size_t k = 0; k < keys.size(); ++k) {
      const WindowKey& key = keys[k];
      const std::uint32_t cut = windows.cut[k];
      EXPECT_NE(std::find(key.cuts.begin(), key.cuts.end(), cut), key.cuts.end());
      for (int tries = 0; tries < 20; ++tries) {
        std::string bytes;
        for (std::size_t i = 0; i < kWindowBytes; ++i) {
          const std::string& allowed = key.places[cut + i];
          bytes.push_back(allowed[pick(allowed.size())]);
        }
        ASSERT_TRUE(hits(windows, bytes)) << "round " << round << ", key " << k;
      }
    }
  }
}

TEST(ScanWindows, PreferWhatTheSampleDoesNotHold) {
  const auto key = [](std::string_view text) {
    WindowKey made;
    for (const char c : text) made.places.push_back({c});
    for (std::uint32_t cut = 0; cut + kWindowBytes <= text.size(); ++cut) made.cuts.push_back(cut);
    return made;
  };
  std::string sample;
  for (int i = 0; i < 1000; ++i) sample += "\"text\":\"common words\",";
  const Windows windows = choose_windows({key("common.example"), key("words-xyzzy")}, sample);
  EXPECT_EQ(windows.hits_per_kib, 0);
  EXPECT_FALSE(hits(windows, "comm"));
  EXPECT_FALSE(hits(windows, "word"));
}

}  // namespace
}  // namespace hashcart::match
