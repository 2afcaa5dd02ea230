#include "emit/user_mask.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/setup_error.h"

namespace hashcart::emit {
namespace {

using base::SetupError;
using base::SetupFault;

constexpr std::size_t kPseudonymBytes = 16;  // 128 of HMAC-SHA-256's 256 bits
static_assert(std::tuple_size_v<MaskBuffer> == 3 + 2 * kPseudonymBytes);

[[noreturn]] void refuse_key(const std::string& path, const std::string& why) {
  throw SetupError(SetupFault::kCatalogue,
                   fmt::format("--users hmac:{}: {}; make a key with: "
                               "(umask 077; head -c 32 /dev/urandom > FILE)",
                               path, why));
}

// Reads with read(2), so that a pipe (`hmac:<(pass show key)`) is as good as a file.
std::string read_key(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) refuse_key(path, std::strerror(errno));
  // Whoever reads the key can undo the masking. A pipe has no other readers.
  struct stat status {};
  if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
      (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    ::close(fd);
    refuse_key(path, fmt::format("others may use it (mode {:04o}): chmod 600 FILE, or a new key if "
                                 "somebody has read it",
                                 status.st_mode & 07777U));
  }
  std::string key(UserMask::kKeyBytesMax + 1, '\0');
  std::size_t size = 0;
  int error = 0;
  while (size < key.size()) {
    const ssize_t got = ::read(fd, key.data() + size, key.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) error = errno;
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  ::close(fd);
  if (error != 0) refuse_key(path, std::strerror(error));
  if (size > UserMask::kKeyBytesMax) {
    refuse_key(path, fmt::format("over {} bytes, so hardly a key", UserMask::kKeyBytesMax));
  }
  if (size < UserMask::kKeyBytesMin) {
    refuse_key(path,
               fmt::format("holds {} bytes, and a key needs {}", size, UserMask::kKeyBytesMin));
  }
  key.resize(size);
  return key;
}

}  // namespace

UserMask UserMask::hmac(std::string key) {
  HASHCART_CHECK(key.size() >= kKeyBytesMin && key.size() <= kKeyBytesMax);
  UserMask mask;
  mask.key_ = std::move(key);
  return mask;
}

UserMask UserMask::drop() {
  if (sodium_init() < 0) {
    throw SetupError(SetupFault::kMachine,
                     "--users drop: this machine gives no random numbers (no /dev/urandom)");
  }
  std::string key(crypto_auth_hmacsha256_KEYBYTES, '\0');
  randombytes_buf(key.data(), key.size());
  return hmac(std::move(key));
}

UserMask UserMask::from_option(std::string_view option) {
  constexpr std::string_view kHmac = "hmac:";
  if (option == "raw") return raw();
  if (option == "drop") return drop();
  if (option.starts_with(kHmac) && option.size() > kHmac.size()) {
    return hmac(read_key(std::string(option.substr(kHmac.size()))));
  }
  throw SetupError(SetupFault::kUsage,
                   fmt::format("--users {}: write raw, hmac:KEYFILE or drop", option));
}

std::string_view UserMask::pseudonym(char kind, base::Platform platform, std::string_view id,
                                     MaskBuffer* buffer) const noexcept {
  if (is_raw() || id.empty()) return id;
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  };
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes(key_), key_.size());
  const std::string_view platform_name = base::name(platform);
  crypto_auth_hmacsha256_update(&state, bytes(platform_name), platform_name.size());
  crypto_auth_hmacsha256_update(&state, bytes("\n"), 1);
  crypto_auth_hmacsha256_update(&state, bytes(id), id.size());
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> code{};
  crypto_auth_hmacsha256_final(&state, code.data());
  std::array<char, 2 * kPseudonymBytes + 1> hex{};  // sodium ends it with a NUL
  sodium_bin2hex(hex.data(), hex.size(), code.data(), kPseudonymBytes);
  (*buffer)[0] = kind;
  (*buffer)[1] = '1';
  (*buffer)[2] = '_';
  std::memcpy(buffer->data() + 3, hex.data(), 2 * kPseudonymBytes);
  return {buffer->data(), buffer->size()};
}

std::string_view UserMask::author(base::Platform platform, std::string_view id,
                                  MaskBuffer* buffer) const noexcept {
  return pseudonym('u', platform, id, buffer);
}

std::string_view UserMask::post(base::Platform platform, std::string_view id,
                                MaskBuffer* buffer) const noexcept {
  return pseudonym('p', platform, id, buffer);
}

}  // namespace hashcart::emit
