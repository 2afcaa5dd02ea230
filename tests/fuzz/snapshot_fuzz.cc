// Fuzz target: a resolver's snapshot with some bytes changed. Whatever of it is taken must be saved
// as it was loaded, live through a scenario with balanced books, and load again
// (snapshot_testing.h).
//
// The first byte picks the scenario; four more each are an edit: a place (16 bits), what to do
// there, and a byte.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "intent/snapshot_testing.h"

namespace {

struct Seed {
  hashcart::intent::simulator::Scenario scenario;
  std::string whole;  // in the middle of it
};

const Seed& seed_of(std::uint64_t number) {
  static std::map<std::uint64_t, Seed> seeds;
  const auto [place, is_new] = seeds.try_emplace(number);
  Seed& seed = place->second;
  if (is_new) {
    namespace intent = hashcart::intent;
    intent::simulator::make_scenario(number, &seed.scenario);
    intent::Resolver resolver(seed.scenario.catalogue);
    intent::testing::Silence silence;
    for (std::size_t i = 0; i < seed.scenario.steps.size() * 2 / 3; ++i) {
      resolver.step(seed.scenario.steps[i], &silence);
    }
    seed.whole = intent::testing::saved(resolver);
  }
  return seed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Seed& seed = seed_of(1 + data[0] % 64U);
  std::string bytes = seed.whole;
  for (std::size_t at = 1; at + 4 <= size && !bytes.empty(); at += 4) {
    const std::size_t place = (data[at] | std::size_t{data[at + 1]} << 8U) % bytes.size();
    const char byte = static_cast<char>(data[at + 3]);
    switch (data[at + 2] % 4) {
      case 0:
        bytes[place] = byte;
        break;
      case 1:
        bytes.insert(place, 1, byte);
        break;
      case 2:
        bytes.erase(place, 1 + static_cast<unsigned char>(byte) % 16U);
        break;
      case 3:
        bytes.resize(place);
        break;
    }
  }
  bool was_loaded = false;
  const std::string fault =
      hashcart::intent::testing::fault_of_loading(seed.scenario, bytes, &was_loaded);
  if (!fault.empty()) {
    std::fputs(fault.c_str(), stderr);
    std::abort();
  }
  return 0;
}
