// UserMask: how the ids of people and their posts appear in what we write (--users).
//
//   raw           as the platform wrote them
//   hmac:KEYFILE  `u1_` (authors) or `p1_` (posts) and the first 32 hex digits of
//                 HMAC-SHA-256(key, "<platform>\n<id>"). The key is the file's bytes as they are;
//                 the same key gives the same pseudonyms, so records of different days still join
//   drop          hmac with a random key that dies with the process: no one can join or undo it
//
// Under a mask, handles, mentions and texts are left out too (a verbatim text can be searched for),
// and a reject shows where the line stood, not the line. The customer reference of --accounts
// stays: whoever gives that file wants it in the record.
//
// Threads: immutable; shared.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/platform.h"

namespace hashcart::emit {

// Room for one pseudonym.
using MaskBuffer = std::array<char, 35>;  // "u1_" and 32 hex digits

class UserMask {
 public:
  // HMAC-SHA-256 with less than 128 bits of key would be the weakest part of a 128-bit pseudonym.
  static constexpr std::size_t kKeyBytesMin = 16;
  // A longer file is something else, given by mistake.
  static constexpr std::size_t kKeyBytesMax = 4096;

  [[nodiscard]] static UserMask raw() { return UserMask(); }
  // key: kKeyBytesMin to kKeyBytesMax bytes.
  [[nodiscard]] static UserMask hmac(std::string key);
  [[nodiscard]] static UserMask drop();

  // "raw", "hmac:KEYFILE" (a file that nobody else may use, or a pipe) or "drop". Throws
  // base::SetupError (kUsage; kCatalogue for a key file that cannot be read or used).
  [[nodiscard]] static UserMask from_option(std::string_view option);

  [[nodiscard]] bool is_raw() const noexcept { return key_.empty(); }

  // The id as outputs show it: the id itself under raw and where it is empty, else a pseudonym
  // written to *buffer. The result lives as long as both.
  [[nodiscard]] std::string_view author(base::Platform platform, std::string_view id,
                                        MaskBuffer* buffer) const noexcept;
  [[nodiscard]] std::string_view post(base::Platform platform, std::string_view id,
                                      MaskBuffer* buffer) const noexcept;

 private:
  UserMask() = default;

  [[nodiscard]] std::string_view pseudonym(char kind, base::Platform platform, std::string_view id,
                                           MaskBuffer* buffer) const noexcept;

  std::string key_;  // empty: raw
};

}  // namespace hashcart::emit
