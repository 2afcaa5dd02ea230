// Bytes of what outlives a process (signals, snapshots): base-128 varints, little-endian, and texts
// behind their length. Every number has one encoding, so equal contents are equal bytes.
//
// Threads: any; nothing is shared.   Errors: a reader that met one says so in failed() and yields
// empty values from then on. It never reads past its end, and never believes a count of more things
// than there are bytes left.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hashcart::base {

inline void put_varint(std::uint64_t value, std::string* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(static_cast<unsigned char>(value | 0x80U)));
    value >>= 7U;
  }
  out->push_back(static_cast<char>(static_cast<unsigned char>(value)));
}

// Zigzag, so that times before 1970 stay short.
inline void put_signed(std::int64_t value, std::string* out) {
  put_varint((static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63),
             out);
}

inline void put_string(std::string_view value, std::string* out) {
  put_varint(value.size(), out);
  out->append(value);
}

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) noexcept : bytes_(bytes) {}

  [[nodiscard]] std::uint64_t varint() noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at_ >= bytes_.size()) break;
      const auto byte = static_cast<unsigned char>(bytes_[at_++]);
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte >= 0x80) continue;
      // A last byte of zero could have been left out; of the tenth only one bit counts.
      if ((byte == 0 && shift > 0) || (byte > 1 && shift == 63)) break;
      return value;
    }
    fail();
    return 0;
  }

  [[nodiscard]] std::int64_t signed_varint() noexcept {
    const std::uint64_t value = varint();
    return static_cast<std::int64_t>((value >> 1U) ^ (~(value & 1U) + 1U));
  }

  // A number of a narrower type; one that does not fit it is a fault.
  template <std::unsigned_integral Number>
  [[nodiscard]] Number number() noexcept {
    const std::uint64_t value = varint();
    if (static_cast<Number>(value) != value) fail();
    return failed_ ? Number{} : static_cast<Number>(value);
  }

  [[nodiscard]] std::string_view string() noexcept {
    const std::size_t size = count();
    const std::string_view value = bytes_.substr(at_, size);
    at_ += size;
    return value;
  }

  // How many things follow, each of a byte at least.
  [[nodiscard]] std::size_t count() noexcept {
    const std::uint64_t value = varint();
    if (value <= bytes_.size() - at_) return value;
    fail();
    return 0;
  }

  void fail() noexcept {
    failed_ = true;
    at_ = bytes_.size();
  }
  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] bool at_end() const noexcept { return at_ == bytes_.size(); }
  [[nodiscard]] std::size_t at() const noexcept { return at_; }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace hashcart::base
