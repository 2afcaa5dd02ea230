// Sink: where lines go. One virtual write per buffer.
//
// A file sink writes all it is given before it returns: interrupted and short writes go on, a full
// non-blocking pipe is waited for. It keeps no buffer, so what write() took is with the kernel.
//
// SIGPIPE must be ignored by the process; a reader that went away is then kReaderGone, no failure.
//
// Threads: one at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"

namespace hashcart::emit {

enum class SinkStatus {
  kOk,
  kReaderGone,  // EPIPE: no one wants more; a pipe into `head` ends so
  kFailed,      // message() says what happened
};

class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;

  // Writes all of it, or says why not. After anything but kOk nothing more is written and the
  // answer stays the same.
  [[nodiscard]] virtual SinkStatus write(std::string_view bytes) = 0;

  // Ends the output and reports what only the end shows (a full disk at close, on NFS). Nothing may
  // be written after it. A sink that goes without it is closed in silence.
  [[nodiscard]] virtual SinkStatus finish() = 0;

  // A sentence for people; empty until kFailed.
  [[nodiscard]] const std::string& message() const noexcept HASHCART_LIFETIME_BOUND {
    return message_;
  }

 protected:
  std::string message_;
};

// Opens a file for writing, empties it, or takes standard output for "-". Throws base::SetupError
// (kOutput).
[[nodiscard]] std::unique_ptr<Sink> open_sink(const std::string& path);

}  // namespace hashcart::emit
