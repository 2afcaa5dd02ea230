// What the state directory's files have in common: descriptors that close themselves, whole reads
// and writes, sync, and numbers as bytes. Private to state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace hashcart::state {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// open(2) and openat(2) with O_CLOEXEC, again after an interruption. errno tells why there is none.
[[nodiscard]] Descriptor open_at(int dir, const std::string& name, int flags);

// Each is false on an error, with errno set. Interrupted and short calls go on.
[[nodiscard]] bool write_all(int fd, std::string_view bytes) noexcept;
// The file ends at `length`, and is written on there.
[[nodiscard]] bool cut_back(int fd, std::uint64_t length) noexcept;

// Appends to a file, whole or not at all, for attempts that may be repeated (full_medium.h).
class WholeAppend {
 public:
  // Null, or what failed, with errno set. length: of the file, without these bytes. What an attempt
  // wrote in part is cut off at once, so that whoever waits for space holds none; if that fails
  // too, before anything else is written.
  [[nodiscard]] const char* attempt(int fd, std::uint64_t length, std::string_view bytes) noexcept;

 private:
  bool is_torn_ = false;
};
// Appends the bytes [from, from + size) of a file, or as many as there are.
[[nodiscard]] bool read_at(int fd, std::uint64_t from, std::size_t size, std::string* out);
// Once: after an error the kernel may have dropped what was not written, and would report success.
[[nodiscard]] bool sync_data(int fd) noexcept;
[[nodiscard]] bool sync_all(int fd) noexcept;

// "path: what: the words for errno".
[[nodiscard]] std::string error_text(std::string_view path, std::string_view what);
// Throws base::SetupError (kState).
[[noreturn]] void refuse(const std::string& message);

// Little-endian numbers and strings with their length.
inline void put_number(std::uint64_t number, std::size_t bytes, std::string* out) {
  for (std::size_t i = 0; i < bytes; ++i) {
    out->push_back(static_cast<char>(static_cast<unsigned char>(number >> (8 * i))));
  }
}
[[nodiscard]] inline std::uint64_t number_at(std::string_view bytes, std::size_t size) noexcept {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < size; ++i) {
    number |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return number;
}

[[nodiscard]] std::uint64_t hash_of(std::string_view bytes, std::uint64_t seed = 0) noexcept;

}  // namespace hashcart::state
