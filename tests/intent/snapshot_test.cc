#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "intent/snapshot_testing.h"

namespace hashcart::intent {
namespace {

using simulator::make_scenario;
using simulator::Scenario;
using testing::fault_of_loading;
using testing::saved;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kSeeds = 3;
#else
constexpr std::uint64_t kSeeds = 12;
#endif

// A resolver in the middle of a scenario.
std::string middle_of(const Scenario& scenario) {
  Resolver resolver(scenario.catalogue);
  testing::Silence silence;
  for (std::size_t i = 0; i < scenario.steps.size() * 2 / 3; ++i) {
    resolver.step(scenario.steps[i], &silence);
  }
  return saved(resolver);
}

TEST(Snapshot, NoByteOfItMakesTheResolverCrash) {
  std::size_t taken = 0;
  std::size_t refused = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Scenario scenario;
    make_scenario(seed, &scenario);
    const std::string whole = middle_of(scenario);
    bool was_loaded = false;
    EXPECT_EQ(fault_of_loading(scenario, whole, &was_loaded), "");
    EXPECT_TRUE(was_loaded);
    for (std::size_t at = 0; at < whole.size(); ++at) {
      ASSERT_EQ(fault_of_loading(scenario, whole.substr(0, at), &was_loaded), "") << seed;
      ASSERT_FALSE(was_loaded) << "cut off at " << at << " of seed " << seed;
      for (const int flip : {0x01, 0x40, 0x80}) {
        std::string bytes = whole;
        bytes[at] = static_cast<char>(bytes[at] ^ flip);
        ASSERT_EQ(fault_of_loading(scenario, bytes, &was_loaded), "")
            << "byte " << at << " of seed " << seed;
        ++(was_loaded ? taken : refused);
      }
    }
    ASSERT_EQ(fault_of_loading(scenario, whole + '\0', &was_loaded), "");
    EXPECT_FALSE(was_loaded);
  }
  EXPECT_GT(taken, 0U);
  EXPECT_GT(refused, taken / 10);
}

}  // namespace
}  // namespace hashcart::intent
