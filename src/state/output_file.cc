#include "state/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/setup_error.h"

namespace hashcart::state {
namespace {

using base::SetupError;
using base::SetupFault;

// Permissions of a new file before the umask: as without a state directory.
constexpr mode_t kFileMode = 0666;

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

OutputFile::OutputFile(const std::string& path, bool may_make, FullMedium* medium)
    : medium_(medium), name_(path) {
  if (path == "-") {
    name_ = "standard output";
    file_ = Descriptor(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  } else {
    // A pipe is refused below, and must not be waited for.
    file_ = open_at(AT_FDCWD, path, O_RDWR | O_NONBLOCK);
    if (!file_.is_open() && errno == ENOENT) {
      was_missing_ = true;
      if (!may_make) return;
      int fd = -1;
      do {
        fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, kFileMode);
      } while (fd < 0 && errno == EINTR);
      if (fd < 0 && errno == EEXIST) {
        throw SetupError(SetupFault::kOutput,
                         path +
                             ": is a symbolic link that leads nowhere; make what it leads to, or "
                             "name that");
      }
      file_ = Descriptor(fd);
      folder_ = folder_of(path);
    }
  }
  struct stat status {};
  if (!file_.is_open() || fstat(file_.get(), &status) != 0) {
    throw SetupError(SetupFault::kOutput, error_text(name_, "cannot be opened for writing"));
  }
  if (!S_ISREG(status.st_mode)) {
    throw SetupError(SetupFault::kUsage,
                     fmt::format("{}: with --state every output is a regular file, so that it can "
                                 "be continued; name one with -o",
                                 name_));
  }
  device_ = status.st_dev;
  inode_ = status.st_ino;
  size_ = static_cast<std::uint64_t>(status.st_size);
}

bool OutputFile::hash_before(std::uint64_t length, std::uint64_t* hash) const {
  const std::size_t wanted = std::min<std::uint64_t>(length, kTailBytes);
  // Standard output may be open for writing only.
  const Descriptor reader =
      open_at(AT_FDCWD, fmt::format("/proc/self/fd/{}", file_.get()), O_RDONLY);
  std::string tail;
  if (!reader.is_open() || !read_at(reader.get(), length - wanted, wanted, &tail) ||
      tail.size() != wanted) {
    return false;
  }
  *hash = hash_of(tail);
  return true;
}

void OutputFile::start(std::uint64_t length) {
  const auto fail_with = [&](std::string_view what) {
    throw SetupError(SetupFault::kOutput, error_text(name_, what));
  };
  if (::ftruncate(file_.get(), static_cast<off_t>(length)) != 0) fail_with("cannot be cut");
  if (::lseek(file_.get(), static_cast<off_t>(length), SEEK_SET) < 0) fail_with("cannot be set");
  const std::size_t wanted = std::min<std::uint64_t>(length, kTailBytes);
  const Descriptor reader =
      open_at(AT_FDCWD, fmt::format("/proc/self/fd/{}", file_.get()), O_RDONLY);
  tail_.clear();
  if (wanted > 0 &&
      (!reader.is_open() || !read_at(reader.get(), length - wanted, wanted, &tail_))) {
    fail_with("cannot be read");
  }
  if (!sync_all(file_.get())) fail_with("syncing failed");
  if (!folder_.empty()) {
    const Descriptor folder = open_at(AT_FDCWD, folder_, O_RDONLY | O_DIRECTORY);
    if (!folder.is_open() || !sync_all(folder.get())) fail_with("its folder cannot be synced");
  }
  length_ = length;
}

emit::SinkStatus OutputFile::fail(std::string_view what) {
  status_ = emit::SinkStatus::kFailed;
  message_ = error_text(name_, what) + "; run again to go on from the last checkpoint";
  return status_;
}

emit::SinkStatus OutputFile::write(std::string_view bytes) {
  if (status_ != emit::SinkStatus::kOk || bytes.empty()) return status_;
  is_dirty_ = true;
  WholeAppend append;
  const char* const what = write_with_patience(
      medium_, [&] { return append.attempt(file_.get(), length_, bytes); },
      [this](std::string_view failed) { return error_text(name_, failed); });
  if (what != nullptr) return fail(what);
  length_ += bytes.size();
  if (bytes.size() >= kTailBytes) {
    tail_.assign(bytes.substr(bytes.size() - kTailBytes));
  } else {
    tail_ += bytes;
    if (tail_.size() > 2 * kTailBytes) tail_.erase(0, tail_.size() - kTailBytes);
  }
  return status_;
}

emit::SinkStatus OutputFile::finish() {
  // Linux releases the descriptor even when close fails, so there is no second try; and what is
  // committed was synced.
  file_ = Descriptor();
  return status_;
}

bool OutputFile::sync() {
  if (status_ != emit::SinkStatus::kOk) return false;
  if (is_dirty_ && !sync_data(file_.get())) static_cast<void>(fail("syncing failed"));
  is_dirty_ = false;
  return status_ == emit::SinkStatus::kOk;
}

std::uint64_t OutputFile::tail_hash() const noexcept {
  const std::string_view all = tail_;
  return hash_of(all.substr(all.size() - std::min(all.size(), kTailBytes)));
}

}  // namespace hashcart::state
