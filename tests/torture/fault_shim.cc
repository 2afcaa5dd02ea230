// Between hashcart and the C library (LD_PRELOAD): makes the calls that touch files fail, or the
// process die, at a chosen one; and, where the power is cut, takes back what nobody synced.
//
//   HASHCART_FAULT_AT=K        the K-th call that counts, from 1; 0 or unset: none
//   HASHCART_FAULT=KIND        eio enospc eintr short crash power
//   HASHCART_FAULT_FOR=N       so many calls from there on that can fail so; default 1
//   HASHCART_FAULT_COUNT=FILE  at the end of the process, the number of calls that counted
//   HASHCART_FAULT_SEED=N      for what `power` keeps
//   HASHCART_FAULT_ON=LETTERS  which calls count: r read, w write, s sync, d names; default all
//
// `power` knows what is on the medium: of a file, what it held when it was synced last, or was
// opened; of a directory, the names it had then. When the machine stops, each file keeps any part
// of what was written since, or has zeros for it, and the directory any number of its latest
// operations, in their order. That is what a file system with a journal of names promises.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

enum class Kind { kNone, kEio, kEnospc, kEintr, kShort, kCrash, kPower };
enum class Call { kRead, kWrite, kSync, kName };

template <typename Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// What is on the medium, as far as it differs from what the kernel shows. Used behind the gate.
class Medium {
 public:
  explicit Medium(std::uint64_t seed) : random_(seed) {}

  // A file was opened; what it holds now counts as synced. is_new: it had no name before.
  void opened(int fd, int dir, const std::string& name, bool is_new) {
    struct stat status {};
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return;
    File& file = files_[fd];
    file.path = path_of(dir, name);
    file.synced = static_cast<std::uint64_t>(status.st_size);
    if (is_new) steps_.push_back({Step::kMade, folder_of(file.path), file.path, {}, {}});
  }
  void synced(int fd) {
    struct stat status {};
    if (fstat(fd, &status) != 0) return;
    if (S_ISDIR(status.st_mode)) {
      const std::string path = path_of_fd(fd);
      std::erase_if(steps_, [&](const Step& step) {
        if (step.folder != path) return false;
        forget(step);
        return true;
      });
      return;
    }
    const auto file = files_.find(fd);
    if (file != files_.end()) file->second.synced = static_cast<std::uint64_t>(status.st_size);
  }
  // A file that is closed unsynced is still unsynced.
  void closed(int fd) {
    const auto file = files_.find(fd);
    if (file == files_.end()) return;
    struct stat status {};
    if (fstat(fd, &status) == 0 &&
        static_cast<std::uint64_t>(status.st_size) > file->second.synced) {
      left_.push_back(file->second);
    }
    files_.erase(file);
  }
  // A file is cut: what is behind is gone from the medium too, or is not; both are legal, and this
  // one is simple.
  void cut(int fd, std::uint64_t length) {
    const auto file = files_.find(fd);
    if (file != files_.end()) file->second.synced = std::min(file->second.synced, length);
  }
  // Before it happens.
  void renames(int from_dir, const std::string& from, int to_dir, const std::string& to) {
    const std::string old_path = path_of(from_dir, from);
    const std::string new_path = path_of(to_dir, to);
    steps_.push_back({Step::kRenamed, folder_of(new_path), new_path, old_path, keep(new_path)});
    for (auto& [fd, file] : files_) {
      if (file.path == old_path) file.path = new_path;
    }
    for (File& file : left_) {
      if (file.path == old_path) file.path = new_path;
    }
  }
  void removes(int dir, const std::string& name) {
    const std::string path = path_of(dir, name);
    steps_.push_back({Step::kRemoved, folder_of(path), path, {}, keep(path)});
  }

  // The machine stops.
  void lose() {
    for (auto& [fd, file] : files_) left_.push_back(file);
    for (const File& file : left_) lose_bytes(file);
    // Of each folder's steps the first so many are there.
    std::map<std::string, std::size_t> count;
    std::vector<std::size_t> place;
    for (const Step& step : steps_) place.push_back(count[step.folder]++);
    for (auto& [folder, steps] : count) steps = random_() % (steps + 1);
    for (std::size_t i = steps_.size(); i-- > 0;) {
      if (place[i] >= count[steps_[i].folder]) undo(steps_[i]);
    }
    for (const Step& step : steps_) forget(step);
  }

 private:
  struct File {
    std::string path;
    std::uint64_t synced = 0;
  };
  struct Step {
    enum What { kMade, kRenamed, kRemoved } what;
    std::string folder;
    std::string path;
    std::string before;  // kRenamed: its name then
    std::string kept;    // what stood at the path before; empty: nothing
  };

  static std::string path_of_fd(int fd) {
    char buffer[4096];
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const ssize_t size = readlink(link.c_str(), buffer, sizeof buffer);
    return size > 0 ? std::string(buffer, static_cast<std::size_t>(size)) : std::string();
  }
  static std::string path_of(int dir, const std::string& name) {
    if (name.starts_with('/')) return name;
    if (dir != AT_FDCWD) return path_of_fd(dir) + "/" + name;
    char buffer[4096];
    return std::string(getcwd(buffer, sizeof buffer)) + "/" + name;
  }
  static std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

  // Another name for what stands at a path, so that it can come back.
  std::string keep(const std::string& path) {
    const std::string folder = folder_of(path);
    const std::string kept =
        folder + "/.kept-" + std::to_string(getpid()) + "-" + std::to_string(++kept_count_);
    return ::link(path.c_str(), kept.c_str()) == 0 ? kept : std::string();
  }

  void lose_bytes(const File& file) {
    static const auto real_open = real<int (*)(const char*, int, ...)>("open");
    static const auto real_cut = real<int (*)(int, off_t)>("ftruncate");
    const int fd = real_open(file.path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    struct stat status {};
    if (fstat(fd, &status) == 0 && static_cast<std::uint64_t>(status.st_size) > file.synced) {
      const auto size = static_cast<std::uint64_t>(status.st_size);
      const std::uint64_t kept = file.synced + random_() % (size - file.synced + 1);
      real_cut(fd, static_cast<off_t>(kept));
      // The length may be there before the bytes are.
      if (random_() % 3 == 0) real_cut(fd, static_cast<off_t>(size));
    }
    static const auto real_close = real<int (*)(int)>("close");
    real_close(fd);
  }

  static void undo(const Step& step) {
    if (step.what == Step::kMade) ::unlink(step.path.c_str());
    if (step.what == Step::kRenamed) ::rename(step.path.c_str(), step.before.c_str());
    if (!step.kept.empty()) ::rename(step.kept.c_str(), step.path.c_str());
  }
  static void forget(const Step& step) {
    if (!step.kept.empty()) ::unlink(step.kept.c_str());
  }

  std::mt19937_64 random_;
  std::map<int, File> files_;
  std::vector<File> left_;
  std::vector<Step> steps_;
  std::uint64_t kept_count_ = 0;
};

class Plan {
 public:
  Plan() {
    at_ = number_from("HASHCART_FAULT_AT", 0);
    for_ = number_from("HASHCART_FAULT_FOR", 1);
    if (const char* kind = std::getenv("HASHCART_FAULT")) {
      const std::pair<const char*, Kind> kinds[] = {
          {"eio", Kind::kEio},     {"enospc", Kind::kEnospc}, {"eintr", Kind::kEintr},
          {"short", Kind::kShort}, {"crash", Kind::kCrash},   {"power", Kind::kPower}};
      for (const auto& [name, value] : kinds) {
        if (std::strcmp(kind, name) == 0) kind_ = value;
      }
    }
    if (const char* on = std::getenv("HASHCART_FAULT_ON")) on_ = on;
    if (const char* path = std::getenv("HASHCART_FAULT_COUNT")) count_path_ = path;
  }
  ~Plan() {
    if (count_path_.empty()) return;
    static const auto real_open = real<int (*)(const char*, int, ...)>("open");
    static const auto real_write = real<ssize_t (*)(int, const void*, std::size_t)>("write");
    const int fd = real_open(count_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const std::string text = std::to_string(calls_) + " " + std::to_string(faults_) + "\n";
    if (fd >= 0 && real_write(fd, text.data(), text.size()) < 0) std::abort();
  }

  // kNone, or how this call fails. `can`: whether a call of its sort can fail so.
  Kind next(Call call) {
    const std::lock_guard lock(mutex_);
    if (on_.find("rwsd"[static_cast<int>(call)]) == std::string::npos) return Kind::kNone;
    ++calls_;
    if (at_ == 0 || calls_ < at_ || faults_ >= for_ || !can(call)) return Kind::kNone;
    ++faults_;
    if (kind_ == Kind::kPower) medium.lose();
    if (kind_ == Kind::kPower || kind_ == Kind::kCrash) {
      kill(getpid(), SIGKILL);
      for (;;) pause();
    }
    return kind_;
  }
  [[nodiscard]] bool cuts_power() const noexcept { return kind_ == Kind::kPower; }

  Medium medium{number_from("HASHCART_FAULT_SEED", 1)};

 private:
  [[nodiscard]] bool can(Call call) const noexcept {
    switch (kind_) {
      case Kind::kEnospc:
        return call == Call::kWrite || call == Call::kName || call == Call::kSync;
      case Kind::kEintr:
      case Kind::kShort:
        return call == Call::kRead || call == Call::kWrite;
      default:
        return kind_ != Kind::kNone;
    }
  }

  std::mutex mutex_;
  Kind kind_ = Kind::kNone;
  std::uint64_t at_ = 0;
  std::uint64_t for_ = 1;
  std::uint64_t calls_ = 0;
  std::uint64_t faults_ = 0;
  std::string on_ = "rwsd";
  std::string count_path_;
};

Plan& plan() {
  static Plan it;
  return it;
}

// While power may be cut, one call at a time: none may reach the medium behind the cut.
class Gate {
 public:
  Gate() : is_shut_(plan().cuts_power()) {
    if (is_shut_) mutex().lock();
  }
  ~Gate() {
    if (is_shut_) mutex().unlock();
  }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

 private:
  static std::recursive_mutex& mutex() {
    static std::recursive_mutex it;
    return it;
  }
  const bool is_shut_;
};

// Whether the call is to fail; errno is set then. kShort is the caller's business.
bool fails(Kind kind) {
  switch (kind) {
    case Kind::kEio:
      errno = EIO;
      return true;
    case Kind::kEnospc:
      errno = ENOSPC;
      return true;
    case Kind::kEintr:
      errno = EINTR;
      return true;
    default:
      return false;
  }
}

// Only files are the business of this shim, not pipes, events or standard error.
bool is_file(int fd) {
  struct stat status {};
  const int error = errno;
  const bool is = fstat(fd, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
  errno = error;
  return is;
}

bool exists(int dir, const char* path) {
  return faccessat(dir, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

bool is_ours(const char* path) {
  return std::strncmp(path, "/proc/", 6) != 0 && std::strncmp(path, "/sys/", 5) != 0 &&
         std::strncmp(path, "/dev/", 5) != 0;
}

int open_with(int dir, const char* path, int flags, mode_t mode) {
  static const auto real_openat = real<int (*)(int, const char*, int, ...)>("openat");
  if (!is_ours(path)) return real_openat(dir, path, flags, mode);
  const Gate gate;
  const bool is_new = (flags & O_CREAT) != 0 && !exists(dir, path);
  if (fails(plan().next(Call::kName))) return -1;
  const int fd = real_openat(dir, path, flags, mode);
  if (fd >= 0 && plan().cuts_power() && (flags & O_ACCMODE) != O_RDONLY) {
    plan().medium.opened(fd, dir, path, is_new);
  }
  return fd;
}

}  // namespace

extern "C" {

int openat(int dir, const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return open_with(dir, path, flags, mode);
}
int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return open_with(AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) __attribute__((alias("open")));
int openat64(int dir, const char* path, int flags, ...) __attribute__((alias("openat")));

ssize_t read(int fd, void* to, std::size_t size) {
  static const auto real_read = real<ssize_t (*)(int, void*, std::size_t)>("read");
  if (!is_file(fd)) return real_read(fd, to, size);
  const Gate gate;
  const Kind kind = plan().next(Call::kRead);
  if (fails(kind)) return -1;
  return real_read(fd, to, kind == Kind::kShort && size > 1 ? size / 2 : size);
}
ssize_t pread(int fd, void* to, std::size_t size, off_t from) {
  static const auto real_pread = real<ssize_t (*)(int, void*, std::size_t, off_t)>("pread");
  if (!is_file(fd)) return real_pread(fd, to, size, from);
  const Gate gate;
  const Kind kind = plan().next(Call::kRead);
  if (fails(kind)) return -1;
  return real_pread(fd, to, kind == Kind::kShort && size > 1 ? size / 2 : size, from);
}
ssize_t pread64(int fd, void* to, std::size_t size, off_t from) __attribute__((alias("pread")));

ssize_t write(int fd, const void* bytes, std::size_t size) {
  static const auto real_write = real<ssize_t (*)(int, const void*, std::size_t)>("write");
  if (!is_file(fd)) return real_write(fd, bytes, size);
  const Gate gate;
  const Kind kind = plan().next(Call::kWrite);
  // A disk is full in the middle of a write as a rule.
  if (kind == Kind::kEnospc && size > 1 && real_write(fd, bytes, size / 2) < 0) return -1;
  if (fails(kind)) return -1;
  return real_write(fd, bytes, kind == Kind::kShort && size > 1 ? size / 2 : size);
}

int fsync(int fd) {
  static const auto real_fsync = real<int (*)(int)>("fsync");
  const Gate gate;
  if (fails(plan().next(Call::kSync))) return -1;
  if (plan().cuts_power()) plan().medium.synced(fd);
  return plan().cuts_power() ? 0 : real_fsync(fd);
}
int fdatasync(int fd) {
  static const auto real_sync = real<int (*)(int)>("fdatasync");
  const Gate gate;
  if (fails(plan().next(Call::kSync))) return -1;
  if (plan().cuts_power()) plan().medium.synced(fd);
  return plan().cuts_power() ? 0 : real_sync(fd);
}

int ftruncate(int fd, off_t length) {
  static const auto real_cut = real<int (*)(int, off_t)>("ftruncate");
  const Gate gate;
  if (fails(plan().next(Call::kWrite))) return -1;
  if (plan().cuts_power()) plan().medium.cut(fd, static_cast<std::uint64_t>(length));
  return real_cut(fd, length);
}
int ftruncate64(int fd, off_t length) __attribute__((alias("ftruncate")));

int renameat(int from_dir, const char* from, int to_dir, const char* to) {
  static const auto real_rename = real<int (*)(int, const char*, int, const char*)>("renameat");
  const Gate gate;
  if (fails(plan().next(Call::kName))) return -1;
  if (plan().cuts_power()) plan().medium.renames(from_dir, from, to_dir, to);
  return real_rename(from_dir, from, to_dir, to);
}
int unlinkat(int dir, const char* path, int flags) {
  static const auto real_unlink = real<int (*)(int, const char*, int)>("unlinkat");
  const Gate gate;
  if (fails(plan().next(Call::kName))) return -1;
  if (plan().cuts_power()) plan().medium.removes(dir, path);
  return real_unlink(dir, path, flags);
}
int mkdir(const char* path, mode_t mode) {
  static const auto real_mkdir = real<int (*)(const char*, mode_t)>("mkdir");
  if (fails(plan().next(Call::kName))) return -1;
  return real_mkdir(path, mode);
}
int close(int fd) {
  static const auto real_close = real<int (*)(int)>("close");
  const Gate gate;
  if (plan().cuts_power()) plan().medium.closed(fd);
  return real_close(fd);
}

}  // extern "C"
