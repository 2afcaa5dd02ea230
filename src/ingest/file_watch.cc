#include "ingest/file_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace hashcart::ingest {
namespace {

constexpr std::uint32_t kFileMask = IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF;
constexpr std::uint32_t kDirectoryMask =
    IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_MOVE_SELF | IN_DELETE_SELF | IN_ONLYDIR;

FileWatch::What what_of(std::uint32_t mask) noexcept {
  using What = FileWatch::What;
  if ((mask & IN_Q_OVERFLOW) != 0) return What::kAll;
  if ((mask & IN_IGNORED) != 0) return What::kLost;
  if ((mask & IN_MODIFY) != 0) return What::kGrown;
  if ((mask & IN_MOVED_FROM) != 0) return What::kMovedFrom;
  if ((mask & IN_MOVED_TO) != 0) return What::kMovedTo;
  if ((mask & IN_CREATE) != 0) return What::kAppeared;
  return What::kChanged;
}

}  // namespace

FileWatch::FileWatch() : inotify_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK), true) {
  is_complete_ = inotify_.get() >= 0;
}

int FileWatch::add(const std::string& path, std::uint32_t mask) {
  const int watch = inotify_.get() < 0 ? -1 : inotify_add_watch(inotify_.get(), path.c_str(), mask);
  // A directory that is not there yet is looked for by whoever wants it.
  if (watch < 0 && errno != ENOENT) is_complete_ = false;
  return watch;
}

int FileWatch::add_file(int fd) { return add("/proc/self/fd/" + std::to_string(fd), kFileMask); }

int FileWatch::add_directory(const std::string& path) { return add(path, kDirectoryMask); }

void FileWatch::remove(int watch) noexcept {
  if (watch >= 0) inotify_rm_watch(inotify_.get(), watch);
}

void FileWatch::wait(int wake, std::chrono::milliseconds timeout) const {
  // A negative descriptor is passed over.
  pollfd both[2] = {{inotify_.get(), POLLIN, 0}, {wake, POLLIN, 0}};
  static_cast<void>(poll(both, 2, static_cast<int>(timeout.count())));
}

const std::vector<FileWatch::Event>& FileWatch::take() {
  events_.clear();
  if (inotify_.get() < 0) return events_;
  alignas(inotify_event) std::array<char, 16U << 10U> buffer;
  for (;;) {
    const ssize_t got = read(inotify_.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return events_;
    const auto size = static_cast<std::size_t>(got);
    for (std::size_t at = 0; at < size;) {
      inotify_event event;
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* const name = buffer.data() + at + sizeof event;
      at += sizeof event + event.len;
      events_.push_back({.what = what_of(event.mask),
                         .watch = event.wd,
                         .cookie = event.cookie,
                         .name = event.len > 0 ? std::string(name) : std::string()});
    }
  }
}

}  // namespace hashcart::ingest
