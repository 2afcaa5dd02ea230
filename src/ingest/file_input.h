// FileInput: a regular file that workers read range by range; FileRange: one of them. Ledger: what
// all of a source's inputs write down. Private to ingest.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ingest/byte_source.h"
#include "ingest/source.h"

namespace hashcart::ingest {

// Threads: any. The source and every file that is being read share one.
class Ledger {
 public:
  // What workers note of an input they note once: all its ranges may meet the same.
  void add_fault(std::uint32_t input, InputFaultKind kind, std::string message, bool once = false);
  // In the order of the inputs. While nobody adds any.
  [[nodiscard]] const std::vector<InputFault>& faults() const noexcept { return faults_; }

  void add_raw(std::uint64_t bytes) noexcept { raw_.fetch_add(bytes, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t raw() const noexcept { return raw_.load(std::memory_order_relaxed); }
  void add_read(std::uint64_t bytes) noexcept { read_.fetch_add(bytes, std::memory_order_relaxed); }
  void take_back_read(std::uint64_t bytes) noexcept {
    read_.fetch_sub(bytes, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t read() const noexcept {
    return read_.load(std::memory_order_relaxed);
  }

  // Bytes that may be there another time could not be read: an input could not be opened, or
  // reading it failed.
  void note_gap() noexcept { has_gap_.store(true, std::memory_order_release); }
  [[nodiscard]] bool has_gap() const noexcept { return has_gap_.load(std::memory_order_acquire); }

  // Async-signal-safe.
  void stop() noexcept { stopped_.store(true, std::memory_order_release); }
  [[nodiscard]] bool stopped() const noexcept { return stopped_.load(std::memory_order_acquire); }
  void abandon() noexcept { abandoned_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] bool abandoned() const noexcept {
    return abandoned_.load(std::memory_order_relaxed);
  }

 private:
  std::mutex mutex_;  // of the faults
  std::vector<InputFault> faults_;
  std::vector<std::uint32_t> fault_inputs_;  // of each
  // Statistics: readers tolerate lag while the threads run, and joining them orders the rest.
  std::atomic<std::uint64_t> raw_{0};
  std::atomic<std::uint64_t> read_{0};
  std::atomic<bool> stopped_{false};
  std::atomic<bool> abandoned_{false};
  std::atomic<bool> has_gap_{false};
};

class FileDescriptor {
 public:
  FileDescriptor() = default;
  FileDescriptor(int fd, bool owned) noexcept : fd_(fd), owned_(owned) {}
  FileDescriptor(FileDescriptor&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), owned_(other.owned_) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(owned_, other.owned_);
    return *this;
  }
  ~FileDescriptor();
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_ = -1;
  bool owned_ = false;
};

// A file is read to the size it had when it was opened. Its books: what its ranges read of their
// own bytes, against what the lines they cut come to. The two are counted apart from each other, so
// that a range that loses a line, or doubles one, shows. If the file itself is at fault (an error,
// a change while it was read), that is said instead, and what was handed out is what counts.
class FileInput {
 public:
  struct Options {
    std::string name;  // as shown in messages
    std::uint32_t input = 0;
    std::uint64_t begin = 0;  // where in the file the input begins
    std::uint64_t size = 0;
    std::uint64_t skipped = 0;  // of a BOM
    std::uint64_t record_bytes_max = 0;
  };
  FileInput(FileDescriptor file, Options options, std::shared_ptr<Ledger> ledger);
  // Closes its books: no range of it is left.
  ~FileInput();
  FileInput(const FileInput&) = delete;
  FileInput& operator=(const FileInput&) = delete;

  [[nodiscard]] const Options& options() const noexcept { return options_; }

  // Source thread: everything up to `end` is handed out. False: a worker gave up on a line at the
  // old end because of a stop, so nothing behind it may be handed out.
  [[nodiscard]] bool hand_out(std::uint64_t end) noexcept;

 private:
  friend class FileRange;
  static constexpr std::uint64_t kClosed = 1ULL << 63U;

  void note_fault(const std::string& message);
  // Worker, stopped at `at`: whether it may give up there, since all that is handed out was read.
  [[nodiscard]] bool may_give_up(std::uint64_t at) noexcept;
  [[nodiscard]] bool has_changed() const noexcept;

  const FileDescriptor file_;
  const Options options_;
  const std::shared_ptr<Ledger> ledger_;
  std::int64_t changed_seconds_ = 0;  // when it was last changed, at the time it was opened
  std::int64_t changed_nanoseconds_ = 0;
  // Any thread.
  std::atomic<std::uint64_t> handed_out_{0};  // and kClosed
  std::atomic<std::uint64_t> read_{0};
  std::atomic<std::uint64_t> cut_{0};
  std::atomic<bool> is_partial_{false};  // a range did not come to its end
};

// The bytes from `begin` on: those up to `end` are its own, the rest is read to find the end of a
// line. Reads land where the caller says; sizes are its own choice.
class FileRange final : public ByteSource {
 public:
  FileRange() = default;
  // read_bytes: the most that is read at once, but for what is read past the end.
  FileRange(std::shared_ptr<FileInput> file, std::uint64_t begin, std::uint64_t end,
            std::size_t read_bytes) noexcept
      : file_(std::move(file)), begin_(begin), end_(end), read_bytes_(read_bytes), at_(begin) {}

  [[nodiscard]] const FileInput* file() const noexcept { return file_.get(); }
  [[nodiscard]] std::uint64_t begin() const noexcept { return begin_; }
  [[nodiscard]] std::uint64_t end() const noexcept { return end_; }

  // The bytes of a BOM, if the range begins with it; they are read and not handed out.
  [[nodiscard]] std::uint64_t skip_start() noexcept;
  // Whether the byte before `begin` is no LF: the first bytes belong to a line of the range before.
  // Nothing: it cannot be read, so nobody knows whose they are.
  [[nodiscard]] std::optional<bool> begins_inside_line() noexcept;
  ReadStatus read(char* to, std::size_t room, Wait wait, std::size_t* count) override;
  std::string message() const override;

  // The lines cut of it came to so many bytes; lets go of the file.
  void close(std::uint64_t cut_bytes, bool is_partial) noexcept;

 private:
  [[nodiscard]] ReadStatus pread_some(char* to, std::size_t size, std::uint64_t at,
                                      std::size_t* count) noexcept;
  [[nodiscard]] ReadStatus give_up() noexcept;

  std::shared_ptr<FileInput> file_;
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
  std::size_t read_bytes_ = 0;
  std::uint64_t at_ = 0;
  std::uint64_t read_ = 0;
  bool is_partial_ = false;
};

}  // namespace hashcart::ingest
