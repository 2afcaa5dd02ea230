#include "ingest/follow.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <glob.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/setup_error.h"
#include "ingest/byte_source.h"

namespace hashcart::ingest {
namespace {

using base::SetupError;
using base::SetupFault;

constexpr std::chrono::milliseconds kLookEvery{1000};
constexpr std::chrono::milliseconds kLookEveryUnwatched{100};
// A rename is told of at most so long after it was done.
constexpr std::chrono::milliseconds kToldWithin{1000};
// So long nobody wrote to a file that is not at its name any more: nobody will.
constexpr std::chrono::seconds kQuiet{60};

// pread() through interruptions. -1: an error, in errno.
ssize_t read_some(int fd, char* to, std::size_t room, std::uint64_t at) noexcept {
  for (;;) {
    const ssize_t got = pread(fd, to, room, static_cast<off_t>(at));
    if (got >= 0 || errno != EINTR) return got;
  }
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_in_directory(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// A name beside `path`.
std::string beside(const std::string& path, const std::string& name) {
  return path.substr(0, path.rfind('/') + 1) + name;
}

// What a file begins with; nothing where it cannot be read.
std::optional<std::string> head_of(const std::string& name) {
  const FileDescriptor file(open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), true);
  std::string head(kFingerprintBytes, '\0');
  const ssize_t got = file.get() < 0 ? -1 : read_some(file.get(), head.data(), head.size(), 0);
  if (got < 0) return std::nullopt;
  head.resize(static_cast<std::size_t>(got));
  return head;
}

// Calls `see(name, its last part, status)` for each regular file beside `path` until that is false.
// False: that, or the directory cannot be listed.
template <class See>
bool see_files_beside(const std::string& path, See&& see) {
  DIR* const directory = opendir(directory_of(path).c_str());
  if (directory == nullptr) return errno == ENOENT;
  bool goes_on = true;
  while (goes_on) {
    const dirent* const entry = readdir(directory);
    if (entry == nullptr) break;
    const std::string name = beside(path, entry->d_name);
    struct stat status {};
    if (lstat(name.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    goes_on = see(name, std::string_view(entry->d_name), status);
  }
  closedir(directory);
  return goes_on;
}

bool is_link(const std::string& name) {
  struct stat status {};
  return lstat(name.c_str(), &status) == 0 && S_ISLNK(status.st_mode);
}

bool is_earlier(const timespec& a, const timespec& b) noexcept {
  return std::pair(a.tv_sec, a.tv_nsec) < std::pair(b.tv_sec, b.tv_nsec);
}

// As many as may be held open: what else the process opens needs some.
std::size_t most_files() noexcept {
  constexpr std::size_t kOthers = 64;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
  return limit.rlim_cur > 2 * kOthers ? static_cast<std::size_t>(limit.rlim_cur) - kOthers
                                      : static_cast<std::size_t>(limit.rlim_cur) / 2;
}

// The bytes of a file, for as long as there are any.
class FollowedBytes final : public ByteSource {
 public:
  FollowedBytes(int fd, std::uint64_t at, Ledger* ledger) : fd_(fd), at_(at), ledger_(*ledger) {}

  ReadStatus read(char* to, std::size_t room, Wait /*wait*/, std::size_t* count) override {
    if (ledger_.stopped()) return ReadStatus::kStopped;
    const ssize_t got = read_some(fd_, to, room, at_);
    error_ = got < 0 ? errno : 0;
    if (got <= 0) return ReadStatus::kNotYet;
    *count = static_cast<std::size_t>(got);
    at_ += *count;
    ledger_.add_raw(*count);
    ledger_.add_read(*count);
    return ReadStatus::kBytes;
  }
  std::string message() const override { return {}; }

  // Of the last read; 0: none.
  [[nodiscard]] int error() const noexcept { return error_; }

 private:
  const int fd_;
  std::uint64_t at_;
  Ledger& ledger_;
  int error_ = 0;
};

}  // namespace

struct Follower::Path {
  std::string name;
  std::string real_name;  // where links lead, if they do, as it was seen last; else empty
  bool is_found = false;  // by a pattern
  std::uint32_t number = 0;
  File* file = nullptr;    // what stands at it, or last did
  File* before = nullptr;  // what stood there before that, and is read on
  std::string said;        // what was said last of what stands in the way
};

struct Follower::File {
  File(const Follower& of, Path* at, FileDescriptor descriptor, const struct stat& status)
      : fd(std::move(descriptor)),
        path(at),
        device(status.st_dev),
        inode(status.st_ino),
        size_at_start(static_cast<std::uint64_t>(status.st_size)),
        stream(of.options_.read_bytes, of.options_.record_bytes_max, &of.ledger_),
        read_at(Clock::now()) {}

  FileDescriptor fd;
  Path* path;
  std::uint64_t device;
  std::uint64_t inode;
  std::uint64_t size_at_start;
  int watch = -1;
  InputStream stream;
  FollowedBytes* bytes = nullptr;  // the stream's
  FilePlace start;                 // where the stream begins once there is something to read
  std::string head;                // the first bytes of what was read, kFingerprintBytes at most
  bool is_ready = true;            // there may be something to read
  bool was_dry = true;             // all was read, so other bytes may stand there now
  bool is_told = false;            // its place was handed out, so that it is known from now on
  bool is_away = false;            // it stands at its path no more
  bool has_failed = false;         // the last attempt to read it
  bool ends = false;               // once all of it is read
  File* waits_for = nullptr;       // this one is read first
  Clock::time_point read_at;       // when there last was something
  mutable std::string said;

  // Behind all that was read.
  [[nodiscard]] std::uint64_t end() const noexcept {
    return stream.is_open() ? stream.position() + stream.held_bytes() : start.position;
  }
};

// A file that was read under a name which is another file's now.
struct Follower::Away {
  std::string name;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  timespec written{};
  std::ptrdiff_t order = 0;  // in which they were read
  bool is_read = false;      // all of it
};

// A name that was given to what stood at a path, read or not.
struct Follower::Moved {
  Path* path = nullptr;
  std::string directory;
  std::string name;  // in it; empty: on its way
  std::uint32_t cookie = 0;
  Clock::time_point told_at;
};

Follower::Follower(const SourceOptions& options, int wake, Ledger* ledger)
    : options_(options),
      follow_(*options.follow),
      wake_(wake),
      ledger_(*ledger),
      known_(options.follow->known),
      files_max_(most_files()) {
  if (options_.inputs.empty()) {
    throw SetupError(SetupFault::kUsage, "--follow: name the files to follow");
  }
  for (const std::string& input : options_.inputs) {
    if (input == "-") {
      throw SetupError(SetupFault::kUsage,
                       "--follow: standard input is read as it comes anyway; name files");
    }
    if (is_pattern(input)) {
      patterns_.push_back(input);
      continue;
    }
    struct stat status {};
    if (stat(input.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
      throw SetupError(SetupFault::kUsage,
                       input + ": only regular files can be followed; read it without --follow");
    }
    Path& path = add_path(input, false);
    watch_directories();
    look_at(&path);
    if (path.file != nullptr && !path.file->head.empty() && is_compressed(path.file->head)) {
      throw SetupError(SetupFault::kUsage,
                       input + ": is compressed, and cannot be followed; read it without --follow");
    }
    find_moved_away(&path);
  }
  watch_directories();
  look_for_matches();
  for (const auto& path : paths_) warn_of_unread(path.get());
  forget_what_is_gone();
  for (const auto& file : files_) first_.push_back(file.get());
  is_starting_ = false;
  next_look_ = Clock::now() + kLookEvery;
}

Follower::~Follower() = default;

void Follower::notice(bool is_warning, const std::string& text) const {
  if (follow_.notice) follow_.notice(is_warning, text);
}

void Follower::notice_once(File* file, const std::string& text) const {
  if (file->said == text) return;
  file->said = text;
  notice(true, file->path->name + ": " + text);
}

// ------------------------------------------------------------------------------------------- names

Follower::Path& Follower::add_path(const std::string& name, bool is_found) {
  Path& path = *paths_.emplace_back(std::make_unique<Path>());
  path.name = name;
  path.is_found = is_found;
  path.number = follow_.names->number_of(name);
  path_by_name_.emplace(name, &path);
  return path;
}

Follower::File* Follower::by_inode(std::uint64_t device, std::uint64_t inode) const noexcept {
  const auto found = file_by_inode_.find({device, inode});
  return found == file_by_inode_.end() ? nullptr : found->second;
}

void Follower::say_of(Path* path, bool is_warning, const std::string& what) const {
  if (path->said != what) notice(is_warning, path->name + ": " + what);
  path->said = what;
}

// Nothing: there is no file to be read.
std::optional<Follower::Opened> Follower::open_at(Path* path, const std::string& name) {
  Opened out;
  if (files_.size() >= files_max_) {
    say_of(path, true, "as many files are open as may be; it is waited for");
    errno = EMFILE;
    return std::nullopt;
  }
  int fd = -1;
  do {
    fd = open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  } while (fd < 0 && errno == EINTR);
  out.file = FileDescriptor(fd, true);
  if (fd < 0 || fstat(fd, &out.status) != 0) {
    if (errno == ENOENT && path->file != nullptr) return std::nullopt;
    say_of(path, errno != ENOENT || is_starting_,
           std::string(std::strerror(errno)) + "; it is waited for");
    return std::nullopt;
  }
  if (!S_ISREG(out.status.st_mode)) {
    say_of(path, true, "is no regular file, and is not followed");
    return std::nullopt;
  }
  if (follow_.is_output && follow_.is_output(out.status.st_dev, out.status.st_ino)) {
    say_of(path, true, "is written by this run, and is not read");
    return std::nullopt;
  }
  return out;
}

// Makes what was opened the file of a path, or, where another one is known to stand there now, one
// that is read before that. Null: it is read already, or cannot be.
Follower::File* Follower::adopt(Path* path, Opened opened) {
  if (by_inode(opened.status.st_dev, opened.status.st_ino) != nullptr) return nullptr;
  auto owned = std::make_unique<File>(*this, path, std::move(opened.file), opened.status);
  File* const file = owned.get();
  // Before it is read for the first time, so that nothing is missed.
  file->watch = watch_.add_file(file->fd.get());
  if (!read_head(file, file->size_at_start)) {
    say_of(path, true,
           std::string("cannot be read: ") + std::strerror(errno) + "; it is tried again");
    watch_.remove(file->watch);
    return nullptr;
  }
  path->said.clear();
  take_known(file);
  files_.push_back(std::move(owned));
  file_by_inode_.emplace(std::pair(file->device, file->inode), file);
  if (file->watch >= 0) file_by_watch_[file->watch] = file;
  if (!file->is_told) untold_.push_back(file);
  if (File* const old = path->file; old != nullptr) {
    if (!old->is_away) {
      file->is_away = true;
      file->waits_for = std::exchange(old->waits_for, file);
      notice(false, path->name + ": another file stood there before, and is read too");
      return file;
    }
    if (path->before != nullptr) {
      path->before->ends = path->before->is_ready = true;
    }
    path->before = old;
    old->is_away = old->is_ready = true;
    file->waits_for = old;
    notice(false, path->name + ": is another file now");
    may_have_missed_ = may_have_missed_ || !watch_.is_complete();
  } else if (path->is_found) {
    notice(false, path->name + ": matches, and is read from now on");
  }
  path->file = file;
  return file;
}

Follower::File* Follower::open_for(Path* path, const std::string& name) {
  std::optional<Opened> opened = open_at(path, name);
  return opened ? adopt(path, std::move(*opened)) : nullptr;
}

// Where it is begun.
void Follower::take_known(File* file) {
  file->start = {.device = file->device,
                 .inode = file->inode,
                 .name = file->path->number,
                 .framing = options_.framing};
  const auto known = std::find_if(known_.rbegin(), known_.rend(), [&](const FilePlace& place) {
    return place.is_beside(file->start);
  });
  if (known == known_.rend()) return;
  if (begins_like(*known, file->head)) {
    const Framing forced = file->start.framing;
    file->start.position = known->position;
    file->start.unended_bytes = known->unended_bytes;
    file->start.framing = forced == Framing::kAuto ? known->framing : forced;
    file->is_told = true;
  } else if (is_starting_ && known->name == file->path->number) {
    notice(true, file->path->name + ": was truncated, or is another file, since byte " +
                     std::to_string(known->position) + " of it was read; from its beginning");
  }
}

// Files whose inode stands in none of the directories that are looked at, though they are on the
// file system of the one they were in: deleted, or moved where nobody looks. Else the list would
// grow with every rotation.
void Follower::forget_what_is_gone() {
  std::map<std::string, std::uint64_t> devices;  // of directories that can be read
  std::set<std::pair<std::uint64_t, std::uint64_t>> there;
  for (const auto& [name, watch] : directories_) {
    struct stat status {};
    DIR* const directory = opendir(name.c_str());
    if (directory == nullptr) continue;
    if (fstat(dirfd(directory), &status) == 0) {
      devices.emplace(name, status.st_dev);
      // What readdir() says of inodes is not true of every file system (overlays).
      while (const dirent* const entry = readdir(directory)) {
        if (fstatat(dirfd(directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
          there.emplace(status.st_dev, status.st_ino);
        }
      }
    }
    closedir(directory);
  }
  std::vector<FilePlace> gone;
  std::erase_if(known_, [&](const FilePlace& place) {
    const auto directory = devices.find(directory_of((*follow_.names)[place.name]));
    const bool is_gone = directory != devices.end() && directory->second == place.device &&
                         !there.contains({place.device, place.inode}) &&
                         by_inode(place.device, place.inode) == nullptr;
    if (is_gone) gone.push_back(place);
    return is_gone;
  });
  if (follow_.forget && !gone.empty()) follow_.forget(gone);
}

// What earlier runs read under this name and has another one by now.
void Follower::find_moved_away(Path* path) {
  std::vector<FilePlace> known;
  FilePlace last;
  bool is_there = false;
  for (const FilePlace& place : known_) {
    if (place.name != path->number) continue;
    last = place;
    if (path->file != nullptr && by_inode(place.device, place.inode) == path->file) {
      is_there = true;
    } else {
      known.push_back(place);
    }
  }
  if (known.empty()) return;
  File* const now = std::exchange(path->file, nullptr);
  open_moved_away(path, known, last, &is_there);
  if (!is_there) {
    notice(true, path->name +
                     ": the file that was read under this name is gone; what was written "
                     "to it since, if anything, is not known");
  }
  if (now == nullptr) return;
  now->waits_for = path->before = path->file;
  path->file = now;
  // It comes behind what stood there before it.
  const auto at = std::find_if(files_.begin(), files_.end(),
                               [&](const auto& file) { return file.get() == now; });
  std::rotate(at, at + 1, files_.end());
}

// Those of them that hold something that was not read, the one that was written to last behind the
// others; that one even if all of it was, for its writer may not have heard of the new one yet.
void Follower::open_moved_away(Path* path, const std::vector<FilePlace>& known,
                               const FilePlace& last, bool* is_there) {
  // More than once, for a file may be moved on just now.
  constexpr int kTries = 3;
  for (int tries = 0; tries < kTries; ++tries) {
    std::optional<std::vector<Away>> moved = look_for_moved(*path, known, last);
    bool is_done = moved.has_value();
    for (std::size_t i = 0; is_done && i < moved->size(); ++i) {
      const Away& away = (*moved)[i];
      *is_there = true;
      if ((away.is_read && i + 1 < moved->size()) || by_inode(away.device, away.inode) != nullptr) {
        continue;
      }
      File* const file = open_for(path, away.name);
      is_done = file != nullptr;
      if (file == nullptr) break;
      file->is_away = true;
      notice(false, away.name + ": is what was read as " + path->name + " before");
    }
    if (is_done) return;
  }
  throw SetupError(SetupFault::kInput,
                   path->name +
                       ": beside it lies a file that was read under this name before, and "
                       "it cannot be read; run again once it can be: " +
                       std::strerror(errno));
}

// Files that are called like it and are younger than what was read under its name last, which was
// moved away: what was rotated while no run looked is called so, and so is perhaps something else.
void Follower::warn_of_unread(Path* path) const {
  const File* const last = path->before != nullptr ? path->before : path->file;
  struct stat read {};
  if (last == nullptr || !last->is_away || fstat(last->fd.get(), &read) != 0) return;
  std::vector<std::string> unread;
  for (const std::string* name : {&path->name, &path->real_name}) {
    if (name->empty()) continue;
    const std::string begin = name_in_directory(*name);
    see_files_beside(*name, [&](const std::string& other, std::string_view last_part,
                                const struct stat& status) {
      const bool is_read = by_inode(status.st_dev, status.st_ino) != nullptr ||
                           std::any_of(known_.begin(), known_.end(), [&](const FilePlace& place) {
                             return place.device == status.st_dev && place.inode == status.st_ino;
                           });
      const bool is_called_so = last_part.size() > begin.size() && last_part.starts_with(begin) &&
                                (last_part[begin.size()] == '.' || last_part[begin.size()] == '-');
      // The times of files tick every few milliseconds.
      const bool is_older = is_earlier(status.st_mtim, read.st_mtim);
      if (!is_read && is_called_so && !is_older) unread.push_back(other);
      return true;
    });
  }
  if (unread.empty()) return;
  std::sort(unread.begin(), unread.end());
  constexpr std::size_t kNamed = 3;
  std::string names = unread.front();
  for (std::size_t i = 1; i < std::min(unread.size(), kNamed); ++i) names += ", " + unread[i];
  if (unread.size() > kNamed) names += ", " + std::to_string(unread.size() - kNamed) + " more";
  say_of(path, true,
         "was moved away since it was read, and " + names +
             ", younger than that, are not read; if they are it too, name them");
}

// Where they are now, in the order in which they were written to last. Nothing: not all of it could
// be looked at.
std::optional<std::vector<Follower::Away>> Follower::look_for_moved(
    const Path& path, const std::vector<FilePlace>& known, const FilePlace& last) {
  std::vector<Away> out;
  std::vector<std::string> names = {path.name};
  if (!path.real_name.empty()) names.push_back(path.real_name);
  for (const std::string& name : names) {
    const auto see = [&](const std::string& other, std::string_view last_part,
                         const struct stat& status) {
      const auto place =
          std::find_if(known.begin(), known.end(), [&](const FilePlace& known_place) {
            return known_place.device == status.st_dev && known_place.inode == status.st_ino;
          });
      if (place == known.end()) return true;
      const std::optional<std::string> head = head_of(other);
      if (!head) return false;
      const bool is_it = place->fingerprint_bytes > 0 && begins_like(*place, *head);
      // Else it was empty then, or, if it was the last one, was truncated since; or the inode was
      // given to something else.
      const bool may_be_it = (place->position == 0 || place->inode == last.inode) &&
                             !is_compressed(*head) &&
                             last_part.starts_with(name_in_directory(name));
      if (!is_it && !may_be_it) return true;
      out.push_back(
          {.name = other,
           .device = status.st_dev,
           .inode = status.st_ino,
           .written = status.st_mtim,
           .order = place - known.begin(),
           .is_read = is_it && static_cast<std::uint64_t>(status.st_size) == place->position});
      return true;
    };
    if (!see_files_beside(name, see)) return std::nullopt;
  }
  std::sort(out.begin(), out.end(), [](const Away& a, const Away& b) {
    return is_earlier(a.written, b.written) ||
           (!is_earlier(b.written, a.written) && a.order < b.order);
  });
  return out;
}

// Finds out whether the file of a path has left it. True: it has one, and that stands there.
bool Follower::look_whether_away(Path* path) {
  if (path->file == nullptr) return false;
  struct stat status {};
  path->file->is_away = stat(path->name.c_str(), &status) != 0 ||
                        path->file->device != status.st_dev || path->file->inode != status.st_ino;
  return !path->file->is_away;
}

void Follower::look_at(Path* path) {
  look_whether_away(path);
  adopt_moved(path);
  if (look_whether_away(path)) return;
  std::optional<Opened> opened = open_at(path, path->name);
  if (!opened) return;
  // What stood there before it, and was moved away meanwhile, comes first.
  take_events();
  adopt_moved(path);
  static_cast<void>(adopt(path, std::move(*opened)));
}

// Whether it can be followed, and is not.
bool Follower::is_new(const std::string& name, struct stat* status) const {
  return stat(name.c_str(), status) == 0 && S_ISREG(status->st_mode) &&
         by_inode(status->st_dev, status->st_ino) == nullptr &&
         !(follow_.is_output && follow_.is_output(status->st_dev, status->st_ino));
}

// Follows what stood at a path to where it went, one file after another.
void Follower::adopt_moved(Path* path) {
  std::vector<Moved> kept;
  for (Moved& move : moved_) {
    bool is_kept = move.path != path;
    if (!is_kept) {
      const std::string name = move.directory + "/" + move.name;
      struct stat status {};
      const bool is_found = !move.name.empty() && is_new(name, &status);
      File* const file = is_found ? open_for(path, name) : nullptr;
      if (file != nullptr) file->is_away = true;
      // It may be on its way, or have gone on and something else stand there, which nobody told of
      // yet; or be opened another time.
      is_kept = (is_found && file == nullptr) || events_taken_at_ - move.told_at <= kToldWithin;
    }
    if (is_kept) kept.push_back(std::move(move));
  }
  moved_ = std::move(kept);
}

void Follower::look_for_matches() {
  struct Match {
    std::string name;
    timespec written;
  };
  std::vector<Match> matches;
  for (const std::string& pattern : patterns_) {
    glob_t found{};
    if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
      for (std::size_t i = 0; i < found.gl_pathc; ++i) {
        const std::string name = found.gl_pathv[i];
        struct stat status {};
        if (!path_by_name_.contains(name) && is_new(name, &status)) {
          matches.push_back({name, status.st_mtim});
        }
      }
    }
    globfree(&found);
  }
  std::stable_sort(matches.begin(), matches.end(),
                   [](const Match& a, const Match& b) { return is_earlier(a.written, b.written); });
  for (const Match& match : matches) look_at(&add_path(match.name, true));
}

// Where names of files stand, and what they lead to.
void Follower::watch_directories() {
  std::set<std::string> wanted;
  for (const auto& path : paths_) {
    wanted.insert(directory_of(path->name));
    if (char* const real = realpath(path->name.c_str(), nullptr); real != nullptr) {
      path->real_name = is_link(path->name) ? real : "";
      std::free(real);
    }
    if (!path->real_name.empty()) wanted.insert(directory_of(path->real_name));
  }
  for (const std::string& pattern : patterns_) {
    if (!is_pattern(directory_of(pattern))) wanted.insert(directory_of(pattern));
  }
  // The same again, where nothing has changed; another watch, if it is another directory.
  for (const std::string& directory : wanted) {
    const int watch = watch_.add_directory(directory);
    const auto [at, is_new] = directories_.try_emplace(directory, watch);
    if (at->second == watch) continue;
    watch_.remove(at->second);
    at->second = watch;
  }
}

void Follower::look() {
  wants_look_ = false;
  watch_directories();
  for (std::size_t i = 0; i < paths_.size(); ++i) look_at(paths_[i].get());
  // What a pattern found and is gone may be found again.
  std::erase_if(paths_, [&](const auto& path) {
    struct stat status {};
    const bool is_gone = path->is_found &&
                         std::none_of(files_.begin(), files_.end(),
                                      [&](const auto& file) { return file->path == path.get(); }) &&
                         lstat(path->name.c_str(), &status) != 0;
    if (!is_gone) return false;
    path_by_name_.erase(path->name);
    std::erase_if(moved_, [&](const Moved& move) { return move.path == path.get(); });
    return true;
  });
  look_for_matches();
}

// Where what stood at a path is now: something was moved, or a name given to something.
void Follower::note_name(const FileWatch::Event& event, const std::string& directory) {
  const bool is_from = event.what == FileWatch::What::kMovedFrom;
  // What was there is there no more.
  if (!is_from) {
    std::erase_if(moved_, [&](const Moved& moved) {
      return moved.directory == directory && moved.name == event.name;
    });
  }
  if (event.what == FileWatch::What::kAppeared) return;
  std::set<const Path*> paths;
  for (Moved& moved : moved_) {
    if (moved.directory != directory) continue;
    if (is_from ? moved.name != event.name : !moved.name.empty() || moved.cookie != event.cookie) {
      continue;
    }
    moved.name = is_from ? std::string() : event.name;
    moved.cookie = event.cookie;
    moved.told_at = events_taken_at_;
    paths.insert(moved.path);
  }
  if (!is_from) return;
  for (const auto& path : paths_) {
    if (stands_at(*path, directory, event.name) && !paths.contains(path.get())) {
      moved_.push_back({path.get(), directory, {}, event.cookie, events_taken_at_});
    }
  }
}

// Whether a name in a directory is what a path is called, or leads to.
bool Follower::stands_at(const Path& path, const std::string& directory, const std::string& name) {
  for (const std::string* full : {&path.name, &path.real_name}) {
    if (!full->empty() && name_in_directory(*full) == name && directory_of(*full) == directory) {
      return true;
    }
  }
  return false;
}

// Whether a name in a directory is that of a path, or fits a pattern.
bool Follower::is_looked_for(const std::string& directory, const std::string& name) const {
  return std::any_of(paths_.begin(), paths_.end(),
                     [&](const auto& path) { return stands_at(*path, directory, name); }) ||
         std::any_of(patterns_.begin(), patterns_.end(), [&](const std::string& pattern) {
           return fnmatch(name_in_directory(pattern).c_str(), name.c_str(), 0) == 0;
         });
}

// False: it is no directory's. One directory may be called in more than one way.
bool Follower::take_event_of_directory(const FileWatch::Event& event) {
  using What = FileWatch::What;
  bool is_known = false;
  for (auto& [directory, watch] : directories_) {
    if (watch != event.watch) continue;
    is_known = true;
    if (event.what == What::kLost) watch = -1;
    if (event.what == What::kMovedFrom || event.what == What::kMovedTo ||
        event.what == What::kAppeared) {
      note_name(event, directory);
    }
    wants_look_ = wants_look_ || event.what == What::kChanged || event.what == What::kLost ||
                  is_looked_for(directory, event.name);
  }
  return is_known;
}

void Follower::take_events() {
  using What = FileWatch::What;
  events_taken_at_ = Clock::now();
  for (const FileWatch::Event& event : watch_.take()) {
    if (event.what == What::kAll) {
      wants_look_ = may_have_missed_ = true;
      for (const auto& file : files_) file->is_ready = true;
      continue;
    }
    if (take_event_of_directory(event)) continue;
    const auto found = file_by_watch_.find(event.watch);
    if (found == file_by_watch_.end()) continue;
    File* const file = found->second;
    if (event.what != What::kGrown) wants_look_ = true;
    file->is_ready = true;
    if (event.what == What::kLost) {
      file->watch = -1;
      file_by_watch_.erase(found);
    }
  }
}

// Whether inotify told or not.
void Follower::look_around() {
  next_look_ = Clock::now() + (watch_.is_complete() ? kLookEvery : kLookEveryUnwatched);
  look();
  for (const auto& file : files_) {
    if (file->is_ready) continue;
    struct stat status {};
    if (fstat(file->fd.get(), &status) != 0) continue;
    file->is_ready = static_cast<std::uint64_t>(status.st_size) != file->end();
    if (file->is_ready || Clock::now() - file->read_at < kQuiet) continue;
    const bool is_deleted = status.st_nlink == 0;
    const bool is_over = file->path->file != file.get() && file->path->before != file.get();
    if (is_deleted || (file->is_away && (is_over || file->stream.held_bytes() > 0))) {
      file->ends = file->is_ready = true;
    }
  }
}

// ------------------------------------------------------------------------------------------- files

Follower::File* Follower::next_ready() noexcept {
  // What cannot be read is waited for too, but not for ever.
  const auto is_waited_for = [](const File& file) {
    return file.is_ready || (file.has_failed && Clock::now() - file.read_at < kQuiet);
  };
  const auto may_go = [&](const File& file) {
    return file.is_ready && (file.waits_for == nullptr || !is_waited_for(*file.waits_for));
  };
  while (!first_.empty()) {
    File* const file = first_.front();
    if (may_go(*file) && file->end() < file->size_at_start) return file;
    first_.pop_front();
  }
  for (std::size_t i = 0; i < files_.size(); ++i) {
    turn_ = (turn_ + 1) % files_.size();
    if (may_go(*files_[turn_])) return files_[turn_].get();
  }
  return nullptr;
}

FillResult Follower::fill(Chunk* chunk) {
  for (;;) {
    if (ledger_.stopped()) {
      chunk->reset(0, Framing::kNdjson);
      return stop();
    }
    take_events();
    if (Clock::now() >= next_look_) {
      look_around();
    } else if (wants_look_) {
      look();
    }
    if (std::exchange(may_have_missed_, false)) {
      for (const auto& path : paths_) warn_of_unread(path.get());
    }
    // Before anything is read, so that a run after this one knows of them.
    if (!untold_.empty()) {
      File* const file = untold_.front();
      untold_.pop_front();
      if (file->is_told) continue;
      chunk->reset(file->path->number, Framing::kNdjson);
      set_place(file, file->end() - file->stream.held_bytes(), file->start.unended_bytes, chunk);
      is_dry_told_ = false;
      return FillResult::kFilled;
    }
    if (File* const file = next_ready(); file != nullptr) {
      if (const std::optional<FillResult> result = serve(file, chunk)) {
        is_dry_told_ = chunk->ran_dry();
        return *result;
      }
      continue;
    }
    if (!is_dry_told_) {
      // Whoever waits to hear that there is no more for now.
      chunk->reset(0, Framing::kNdjson);
      chunk->set_ran_dry();
      is_dry_told_ = true;
      return FillResult::kFilled;
    }
    watch_.wait(wake_,
                std::max(std::chrono::milliseconds(1),
                         std::chrono::ceil<std::chrono::milliseconds>(next_look_ - Clock::now())));
  }
}

// What was read and is not handed out was not read.
FillResult Follower::stop() {
  for (const auto& file : files_) file->stream.forget();
  return FillResult::kEnd;
}

std::optional<FillResult> Follower::serve(File* file, Chunk* chunk) {
  const auto filled = [](bool is_filled) {
    return is_filled ? std::optional(FillResult::kFilled) : std::nullopt;
  };
  file->has_failed = false;
  if (file->was_dry) {
    std::uint64_t size = 0;
    if (is_cut_off(file, &size)) return filled(restart(file, size, chunk));
    if (file->has_failed) return std::nullopt;
  }
  if (!file->stream.is_open() && !begin(file)) {
    if (file->has_failed) return std::nullopt;
    if (file->ends) return filled(end(file, chunk));
    rest(file);
    return std::nullopt;
  }
  switch (file->stream.fill(chunk, Wait::kNo)) {
    case InputStream::Filled::kChunk:
      file->read_at = Clock::now();
      file->said.clear();
      set_place(file, file->stream.position(), 0, chunk);
      file->was_dry = false;
      if (const int error = file->bytes->error(); error != 0) {
        cannot_read(file, error);
      } else if (chunk->ran_dry() && !file->ends) {
        rest(file);  // what is written from now on is told
      }
      return FillResult::kFilled;
    case InputStream::Filled::kNotYet:
      if (const int error = file->bytes->error(); error != 0) {
        cannot_read(file, error);
        return std::nullopt;
      }
      if (file->ends) return filled(end(file, chunk));
      rest(file);
      return std::nullopt;
    case InputStream::Filled::kStopped:
      set_place(file, file->stream.position(), 0, chunk);
      return stop();
    case InputStream::Filled::kLastChunk:
    case InputStream::Filled::kNothing:
      break;  // only end() and restart() end a stream
  }
  return std::nullopt;
}

// It is tried again when it is looked at next.
void Follower::cannot_read(File* file, int error) {
  file->is_ready = false;
  file->was_dry = true;
  file->has_failed = true;
  notice_once(file, std::string("cannot be read: ") + std::strerror(error) + "; it is tried again");
}

// All of it was read for now.
void Follower::rest(File* file) {
  file->is_ready = false;
  file->was_dry = true;
  for (const auto& other : files_) {
    if (other->waits_for == file) other->waits_for = nullptr;
  }
}

// Opens the stream at the first bytes there are to read. False: there are none.
bool Follower::begin(File* file) {
  char next[2];
  const ssize_t got = read_some(file->fd.get(), next, sizeof next, file->start.position);
  if (got < 0) {
    cannot_read(file, errno);
    return false;
  }
  if (got == 0 || (got == 1 && next[0] == '\r' && file->start.unended_bytes > 0)) return false;
  if (file->start.position == 0) {
    if (!read_head(file, kFingerprintBytes)) {
      cannot_read(file, errno);
      return false;
    }
    if (is_compressed(file->head)) {
      notice_once(file, "is compressed, and is not followed");
      return false;
    }
  }
  const std::string_view bytes(next, static_cast<std::size_t>(got));
  const bool is_lines = file->start.framing == Framing::kNdjson;
  const std::uint64_t position = is_lines ? behind_unended(file->start, bytes)
                                          : file->start.position - file->start.unended_bytes;
  file->start.unended_bytes = 0;
  file->start.position = position;
  auto reader = std::make_unique<FollowedBytes>(file->fd.get(), position, &ledger_);
  file->bytes = reader.get();
  file->stream.open(std::move(reader), {.input = file->path->number,
                                        .name = file->path->name,
                                        .framing = file->start.framing,
                                        .offset = position});
  return true;
}

// Reads as much of the file's beginning as counts, of so many bytes that are its own.
bool Follower::read_head(File* file, std::uint64_t size) {
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size, kFingerprintBytes));
  while (file->head.size() < wanted) {
    char bytes[kFingerprintBytes];
    const ssize_t got =
        read_some(file->fd.get(), bytes, wanted - file->head.size(), file->head.size());
    if (got < 0) return false;
    if (got == 0) break;
    file->head.append(bytes, static_cast<std::size_t>(got));
  }
  return true;
}

// Whether other bytes stand where it was read, or none; false where that cannot be told.
bool Follower::is_cut_off(File* file, std::uint64_t* size) {
  struct stat status {};
  if (fstat(file->fd.get(), &status) != 0) {
    cannot_read(file, errno);
    return false;
  }
  *size = static_cast<std::uint64_t>(status.st_size);
  if (file->end() == 0) {
    file->head.clear();  // nothing was read of what it was
    return false;
  }
  if (*size < file->end()) return true;
  char bytes[kFingerprintBytes];
  std::size_t count = 0;
  while (count < file->head.size()) {
    const ssize_t got = read_some(file->fd.get(), bytes + count, file->head.size() - count, count);
    if (got < 0) {
      cannot_read(file, errno);
      return false;
    }
    if (got == 0) return true;  // it became shorter just now
    count += static_cast<std::size_t>(got);
  }
  return std::string_view(bytes, count) != file->head;
}

// What was begun ends, cut short. Whether the chunk holds that.
bool Follower::restart(File* file, std::uint64_t size, Chunk* chunk) {
  const std::uint64_t before = file->end();
  const std::uint64_t handed_out = before - file->stream.held_bytes();
  const std::string head = std::exchange(file->head, {});
  if (!read_head(file, size)) {
    file->head = head;
    cannot_read(file, errno);
    return false;
  }
  // What was handed out, as far as it is still there.
  const std::size_t known =
      std::min<std::uint64_t>(std::min(head.size(), file->head.size()), handed_out);
  const bool is_shortened = known > 0 && head.compare(0, known, file->head, 0, known) == 0;
  std::uint64_t position = 0;
  if (is_shortened && !behind_last_line(*file, std::min(size, handed_out), &position)) {
    file->head = head;
    cannot_read(file, errno);
    return false;
  }
  notice(true, file->path->name + ": was truncated after " + std::to_string(before) +
                   " bytes of it were read; read on from byte " + std::to_string(position));
  bool has_rest = false;
  if (file->stream.is_open()) {
    file->stream.end(true);
    has_rest = file->stream.held_bytes() > 0 &&
               file->stream.fill(chunk, Wait::kNo) == InputStream::Filled::kLastChunk;
    file->stream.close();
  }
  file->bytes = nullptr;
  file->start.position = position;
  file->start.unended_bytes = 0;
  if (position == 0) file->start.framing = options_.framing;
  file->was_dry = false;
  if (has_rest) {
    set_place(file, position, 0, chunk);
  } else {
    file->is_told = false;
    untold_.push_back(file);
  }
  return has_rest;
}

// *place: behind the last LF before `size`. False: it cannot be read.
bool Follower::behind_last_line(const File& file, std::uint64_t size, std::uint64_t* place) const {
  *place = 0;
  std::vector<char> bytes(options_.read_bytes);
  for (std::uint64_t end = size; end > 0;) {
    const std::uint64_t begin = end - std::min<std::uint64_t>(end, bytes.size());
    const ssize_t got =
        read_some(file.fd.get(), bytes.data(), static_cast<std::size_t>(end - begin), begin);
    if (got < 0) return false;
    const std::string_view text(bytes.data(), static_cast<std::size_t>(got));
    if (const std::size_t lf = text.rfind('\n'); lf != std::string_view::npos) {
      *place = begin + lf + 1;
      return true;
    }
    end = begin;
  }
  return true;
}

// The file is done with. Whether the chunk holds what was left of it.
bool Follower::end(File* file, Chunk* chunk) {
  bool has_rest = false;
  if (const std::uint64_t held = file->stream.held_bytes(); file->stream.is_open() && held > 0) {
    const std::uint64_t position = file->end();
    file->stream.end(false);
    has_rest = file->stream.fill(chunk, Wait::kNo) == InputStream::Filled::kLastChunk;
    file->start.position = position;
    file->start.unended_bytes = held;
    if (has_rest) set_place(file, position, held, chunk);
  } else {
    file->start.position = file->end();
  }
  remove(file);
  return has_rest;
}

// What it is known by from now on. Only what was handed out stays as it is.
FilePlace Follower::place_of(const File& file, std::uint64_t position, std::uint64_t unended) {
  const std::string_view head = std::string_view(file.head).substr(
      0, static_cast<std::size_t>(std::min<std::uint64_t>(file.head.size(), position)));
  FilePlace place = file.start;
  place.fingerprint = fingerprint_of(head);
  place.fingerprint_bytes = head.size();
  place.position = position;
  place.unended_bytes = unended;
  return place;
}

void Follower::set_place(File* file, std::uint64_t position, std::uint64_t unended, Chunk* chunk) {
  static_cast<void>(read_head(file, position));  // what is missing now is read another time
  if (file->stream.framing() != Framing::kAuto) file->start.framing = file->stream.framing();
  chunk->set_place(place_of(*file, position, unended));
  file->is_told = true;
}

void Follower::remove(File* file) {
  const FilePlace place = place_of(*file, file->start.position, file->start.unended_bytes);
  std::erase_if(known_, [&](const FilePlace& known) { return known.is_beside(place); });
  struct stat status {};
  // Where it is deleted its inode is nobody's.
  if (fstat(file->fd.get(), &status) != 0 || status.st_nlink > 0) known_.push_back(place);
  rest(file);
  watch_.remove(file->watch);
  file_by_watch_.erase(file->watch);
  file_by_inode_.erase({file->device, file->inode});
  for (const auto& path : paths_) {
    if (path->file == file) path->file = nullptr;
    if (path->before == file) path->before = nullptr;
  }
  std::erase(first_, file);
  std::erase(untold_, file);
  std::erase_if(files_, [&](const auto& other) { return other.get() == file; });
  turn_ = 0;
}

}  // namespace hashcart::ingest
