#include "intent/key_hash.h"

#include <xxhash.h>

#include <random>

namespace hashcart::intent {

std::uint64_t hash_key(std::string_view key) noexcept {
  static const std::uint64_t seed = [] {
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32U) | device();
  }();
  return XXH3_64bits_withSeed(key.data(), key.size(), seed);
}

}  // namespace hashcart::intent
