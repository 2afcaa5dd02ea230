#include "emit/digest.h"

#include <sodium.h>

#include <array>
#include <initializer_list>

namespace hashcart::emit {
namespace {

constexpr std::size_t kIdDigits = 32;  // 128 bits: no two will be alike, however long the stream

using Digest = std::array<unsigned char, crypto_hash_sha256_BYTES>;

// SHA-256 over the fields joined by "\n".
Digest digest_of(std::initializer_list<std::string_view> fields) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  bool is_first = true;
  for (const std::string_view field : fields) {
    constexpr unsigned char kSeparator = '\n';
    if (!is_first) crypto_hash_sha256_update(&state, &kSeparator, 1);
    is_first = false;
    crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(field.data()),
                              field.size());
  }
  Digest digest{};
  crypto_hash_sha256_final(&state, digest.data());
  return digest;
}

std::string hex_of(std::string_view prefix, const Digest& digest, std::size_t digits) {
  std::array<char, 2 * crypto_hash_sha256_BYTES + 1> hex{};  // sodium ends it with a NUL
  sodium_bin2hex(hex.data(), hex.size(), digest.data(), digest.size());
  std::string out(prefix);
  out.append(hex.data(), digits);
  return out;
}

}  // namespace

std::string sha256_hex(std::string_view text) {
  return hex_of("", digest_of({text}), 2 * crypto_hash_sha256_BYTES);
}

std::string intent_key(std::string_view platform, std::string_view opening_id,
                       std::string_view campaign_id, std::string_view product_key) {
  return hex_of("k1_",
                digest_of({"hashcart.intent/1", platform, opening_id, campaign_id, product_key}),
                kIdDigits);
}

std::string record_id(std::string_view intent_key, std::string_view type) {
  return hex_of("i1_", digest_of({intent_key, type}), kIdDigits);
}

std::string record_id(std::string_view platform, std::string_view opening_id,
                      std::string_view campaign_id, std::string_view product_key,
                      std::string_view type) {
  return record_id(intent_key(platform, opening_id, campaign_id, product_key), type);
}

}  // namespace hashcart::emit
