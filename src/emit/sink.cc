#include "emit/sink.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/setup_error.h"

namespace hashcart::emit {
namespace {

using base::SetupError;
using base::SetupFault;

// Permissions of a new file before the umask: as any tool's output.
constexpr mode_t kFileMode = 0666;

class FileSink final : public Sink {
 public:
  // Owns fd from here on. name: for messages.
  FileSink(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  ~FileSink() override {
    if (fd_ >= 0) ::close(fd_);
  }
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  SinkStatus write(std::string_view bytes) override {
    HASHCART_CHECK(fd_ >= 0);
    while (status_ == SinkStatus::kOk && !bytes.empty()) {
      const ssize_t done = ::write(fd_, bytes.data(), bytes.size());
      if (done > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(done));
      } else if (done == 0) {
        // POSIX gives write() no such answer for a file or pipe; going on might never end.
        fail(EIO);
      } else if (errno == EAGAIN) {
        wait_until_writable();
      } else if (errno != EINTR) {
        fail(errno);
      }
    }
    return status_;
  }

  SinkStatus finish() override {
    HASHCART_CHECK(fd_ >= 0);
    // Linux releases the descriptor even when close fails, so there is no second try.
    const int result = ::close(fd_);
    fd_ = -1;
    if (result != 0 && errno != EINTR && status_ == SinkStatus::kOk) fail(errno);
    return status_;
  }

 private:
  // Whoever shares our standard output may have made it non-blocking.
  void wait_until_writable() {
    pollfd wanted{.fd = fd_, .events = POLLOUT, .revents = 0};
    if (::poll(&wanted, 1, -1) < 0 && errno != EINTR) fail(errno);
  }

  void fail(int error) {
    if (error == EPIPE) {
      status_ = SinkStatus::kReaderGone;
      return;
    }
    status_ = SinkStatus::kFailed;
    message_ = fmt::format("{}: writing failed: {}; the output is not complete", name_,
                           std::strerror(error));
  }

  int fd_;
  std::string name_;
  SinkStatus status_ = SinkStatus::kOk;
};

}  // namespace

std::unique_ptr<Sink> open_sink(const std::string& path) {
  if (path == "-") {
    // A copy, so that finish() can close it, hear of late errors, and leave standard output open.
    const int fd = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (fd < 0) {
      throw SetupError(SetupFault::kOutput,
                       fmt::format("standard output: {}; it must be open", std::strerror(errno)));
    }
    return std::make_unique<FileSink>(fd, "standard output");
  }
  int fd = -1;
  do {
    fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, kFileMode);
  } while (fd < 0 && errno == EINTR);  // a FIFO without a reader blocks here
  if (fd < 0) {
    throw SetupError(SetupFault::kOutput, fmt::format("{}: cannot be opened for writing: {}", path,
                                                      std::strerror(errno)));
  }
  return std::make_unique<FileSink>(fd, path);
}

}  // namespace hashcart::emit
