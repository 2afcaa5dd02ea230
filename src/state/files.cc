#include "state/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/setup_error.h"

namespace hashcart::state {
namespace {

// Whoever else uses this machine has no business with ids of people.
constexpr mode_t kFileMode = 0600;

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Descriptor open_at(int dir, const std::string& name, int flags) {
  int fd = -1;
  do {
    fd = ::openat(dir, name.c_str(), flags | O_CLOEXEC | O_NOCTTY, kFileMode);
  } while (fd < 0 && errno == EINTR);
  return Descriptor(fd);
}

bool write_all(int fd, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t done = ::write(fd, bytes.data(), bytes.size());
    if (done > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(done));
    } else if (done == 0) {
      errno = EIO;  // POSIX gives write() no such answer; going on might never end
      return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

bool cut_back(int fd, std::uint64_t length) noexcept {
  const auto end = static_cast<off_t>(length);
  return ::ftruncate(fd, end) == 0 && ::lseek(fd, end, SEEK_SET) == end;
}

const char* WholeAppend::attempt(int fd, std::uint64_t length, std::string_view bytes) noexcept {
  if (is_torn_ && !cut_back(fd, length)) return "cannot be cut back";
  is_torn_ = !write_all(fd, bytes);
  if (!is_torn_) return nullptr;
  const int error = errno;
  is_torn_ = !cut_back(fd, length);
  errno = error;
  return "writing failed";
}

bool read_at(int fd, std::uint64_t from, std::size_t size, std::string* out) {
  const std::size_t before = out->size();
  out->resize(before + size);
  std::size_t got = 0;
  while (got < size) {
    const ssize_t count =
        ::pread(fd, out->data() + before + got, size - got, static_cast<off_t>(from + got));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    if (count == 0) break;
    got += static_cast<std::size_t>(count);
  }
  out->resize(before + got);
  return true;
}

bool sync_data(int fd) noexcept { return ::fdatasync(fd) == 0; }
bool sync_all(int fd) noexcept { return ::fsync(fd) == 0; }

std::string error_text(std::string_view path, std::string_view what) {
  return fmt::format("{}: {}: {}", path, what, std::strerror(errno));
}

void refuse(const std::string& message) {
  throw base::SetupError(base::SetupFault::kState, message);
}

std::uint64_t hash_of(std::string_view bytes, std::uint64_t seed) noexcept {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace hashcart::state
