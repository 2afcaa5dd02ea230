#include "ingest/source.h"

#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/setup_error.h"
#include "ingest/byte_source.h"
#include "ingest/framer.h"

namespace hashcart::ingest {
namespace {

// What is kept of a record over the limit: enough to see what it was.
constexpr std::size_t kLongRecordKept = 64U << 10U;
constexpr std::string_view kBom = "\xEF\xBB\xBF";

class FileDescriptor {
 public:
  FileDescriptor() = default;
  FileDescriptor(int fd, bool owned) : fd_(fd), owned_(owned) {}
  FileDescriptor(FileDescriptor&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), owned_(other.owned_) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(owned_, other.owned_);
    return *this;
  }
  ~FileDescriptor() {
    if (owned_ && fd_ >= 0) close(fd_);
  }
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_ = -1;
  bool owned_ = false;
};

// A file or pipe; a wait on a pipe ends when the wake descriptor is written to.
class DescriptorReader final : public RawReader {
 public:
  DescriptorReader(FileDescriptor file, bool is_regular, int wake, const std::atomic<bool>& stopped,
                   std::atomic<std::uint64_t>& count)
      : file_(std::move(file)),
        is_regular_(is_regular),
        wake_(wake),
        stopped_(stopped),
        total_(count) {}

  ReadStatus read(char* to, std::size_t room, std::size_t* count) override {
    for (;;) {
      if (stopped_.load(std::memory_order_acquire)) return ReadStatus::kStopped;
      if (!is_regular_ && !wait(-1)) continue;
      const ssize_t got = ::read(file_.get(), to, room);
      if (got > 0) {
        *count = static_cast<std::size_t>(got);
        total_.store(total_.load(std::memory_order_relaxed) + *count, std::memory_order_relaxed);
        return ReadStatus::kBytes;
      }
      if (got == 0) return ReadStatus::kEnd;
      if (errno == EINTR || errno == EAGAIN) continue;
      message_ = std::string("cannot read: ") + std::strerror(errno);
      return ReadStatus::kBroken;
    }
  }

  bool ready() override { return is_regular_ || wait(0); }
  const std::string& message() const override { return message_; }

 private:
  // Whether the descriptor has something to say (bytes, or its end).
  [[nodiscard]] bool wait(int timeout_ms) const {
    pollfd both[2] = {{file_.get(), POLLIN, 0}, {wake_, POLLIN, 0}};
    const int count = poll(both, 2, timeout_ms);
    return count > 0 && both[0].revents != 0;
  }

  FileDescriptor file_;
  bool is_regular_;
  int wake_;
  const std::atomic<bool>& stopped_;
  std::atomic<std::uint64_t>& total_;
  std::string message_;
};

bool is_pattern(const std::string& path) {
  return path.find_first_of("*?[") != std::string::npos;
}

std::vector<std::string> expand(const std::vector<std::string>& inputs) {
  if (inputs.empty()) return {"-"};
  std::vector<std::string> out;
  for (const std::string& input : inputs) {
    struct stat status {};
    if (input == "-" || !is_pattern(input) || lstat(input.c_str(), &status) == 0) {
      out.push_back(input);
      continue;
    }
    glob_t found{};
    if (glob(input.c_str(), 0, nullptr, &found) == 0) {
      for (std::size_t i = 0; i < found.gl_pathc; ++i) out.emplace_back(found.gl_pathv[i]);
    } else {
      out.push_back(input);
    }
    globfree(&found);
  }
  return out;
}

}  // namespace

class Source::Impl {
 public:
  explicit Impl(SourceOptions options)
      : options_(std::move(options)),
        names_(expand(options_.inputs)),
        wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), true) {
    if (wake_.get() < 0) {
      throw base::SetupError(base::SetupFault::kMachine,
                             std::string("no eventfd: ") + std::strerror(errno));
    }
    options_.read_bytes = std::max<std::size_t>(1, options_.read_bytes);
    measure();
  }

  FillResult fill(Chunk* chunk) {
    chunk->reset(input_, framer_ ? framer_->framing() : Framing::kNdjson);
    for (;;) {
      if (bytes_ == nullptr && !open_next(chunk)) return FillResult::kEnd;
      if (!move_records(chunk)) return FillResult::kFilled;
      const bool has_something = !chunk->empty();
      if (has_something && !bytes_->ready()) return FillResult::kFilled;
      std::size_t count = 0;
      switch (read_more(&count)) {
        case ReadStatus::kBytes:
          break;
        case ReadStatus::kStopped:
          bytes_read_ -= held().size() + long_length_;
          return FillResult::kEnd;
        case ReadStatus::kEnd:
          if (!end_input(chunk, false)) return FillResult::kFilled;
          break;
        case ReadStatus::kBroken:
          if (!end_input(chunk, true)) return FillResult::kFilled;
          break;
      }
      if (bytes_ == nullptr && (!chunk->empty() || chunk->input_bytes() > 0)) {
        return FillResult::kFilled;
      }
    }
  }

  void stop() noexcept {
    stopped_.store(true, std::memory_order_release);  // pairs with the acquire in read()
    const std::uint64_t one = 1;
    // The count of an eventfd cannot overflow by ones; and a stop that is already there is enough.
    [[maybe_unused]] const ssize_t written = write(wake_.get(), &one, sizeof one);
  }

  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
  [[nodiscard]] std::uint64_t total_bytes() const noexcept { return total_bytes_; }
  [[nodiscard]] std::uint64_t raw_bytes() const noexcept {
    return raw_bytes_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept { return bytes_read_; }
  [[nodiscard]] const std::vector<InputFault>& faults() const noexcept { return faults_; }

 private:
  struct FreeDeleter {
    void operator()(char* memory) const noexcept { std::free(memory); }
  };

  void measure() {
    std::uint64_t total = 0;
    for (const std::string& name : names_) {
      struct stat status {};
      const bool known = name != "-" && stat(name.c_str(), &status) == 0;
      if (known && !S_ISREG(status.st_mode)) return;
      if (!known && name == "-") return;
      if (known) total += static_cast<std::uint64_t>(status.st_size);
    }
    total_bytes_ = total;
  }

  [[nodiscard]] std::string shown(const std::string& name) const {
    return name == "-" ? "standard input" : name;
  }

  void cannot_open(const std::string& name, const std::string& why) {
    faults_.push_back({InputFaultKind::kCannotOpen, shown(name) + ": " + why});
  }

  // Opens inputs until one can be read and its framing is known. False: there is none left, or the
  // source was stopped.
  bool open_next(Chunk* chunk) {
    while (next_ < names_.size() && !stopped_.load(std::memory_order_acquire)) {
      const std::string& name = names_[next_];
      input_ = static_cast<std::uint32_t>(next_);
      ++next_;
      FileDescriptor file;
      if (name == "-") {
        file = FileDescriptor(STDIN_FILENO, false);
      } else {
        const int fd = open(name.c_str(), O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
          cannot_open(name, is_pattern(name) && errno == ENOENT
                                ? "no file matches"
                                : std::string("cannot open: ") + std::strerror(errno));
          continue;
        }
        file = FileDescriptor(fd, true);
      }
      struct stat status {};
      if (fstat(file.get(), &status) != 0) {
        cannot_open(name, std::string("cannot read: ") + std::strerror(errno));
        continue;
      }
      if (S_ISDIR(status.st_mode)) {
        cannot_open(name, "is a directory; name the files in it, as in '" + name + "/*.ndjson'");
        continue;
      }
      const bool is_regular = S_ISREG(status.st_mode);
      if (is_regular) posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
      begin_ = end_ = 0;
      offset_ = 0;
      after_peek_ = ReadStatus::kBytes;
      raw_ = std::make_unique<DescriptorReader>(std::move(file), is_regular, wake_.get(), stopped_,
                                                raw_bytes_);
      bytes_ = open_bytes(raw_.get(), options_.read_bytes);
      return decide_framing(chunk);
    }
    return false;
  }

  // Reads until the framing can be told.
  bool decide_framing(Chunk* chunk) {
    std::optional<Framing> framing;
    if (options_.framing != Framing::kAuto) framing = options_.framing;
    ReadStatus status = ReadStatus::kBytes;
    // A BOM is three bytes, which may come one at a time.
    while (status == ReadStatus::kBytes &&
           (!framing || (held().size() < kBom.size() && kBom.starts_with(held())))) {
      std::size_t count = 0;
      status = read_more(&count);
      if (!framing) framing = detect_framing(held(), status != ReadStatus::kBytes);
      after_peek_ = status;
    }
    framer_.emplace(framing.value_or(Framing::kNdjson));
    chunk->reset(input_, framer_->framing());
    if (held().starts_with(kBom)) {
      chunk->add_skipped(kBom.size());
      take(kBom.size());
    }
    return true;
  }

  [[nodiscard]] std::string_view held() const noexcept {
    return {buffer_.get() + begin_, end_ - begin_};
  }

  void take(std::size_t count) noexcept {
    begin_ += count;
    offset_ += count;
  }

  // Moves whole records into the chunk. False: the chunk is full.
  bool move_records(Chunk* chunk) {
    for (;;) {
      const std::string_view bytes = held();
      const std::optional<std::size_t> size =
          found_ ? std::exchange(found_, std::nullopt) : framer_->find(bytes);
      if (!size) {
        if (bytes.size() > options_.record_bytes_max) skip_long(bytes);
        return true;
      }
      if (put(chunk, bytes.substr(0, *size), RecordFault::kNone)) continue;
      // The next chunk begins with it.
      found_ = *size;
      return false;
    }
  }

  // The record so far is over the limit: its beginning is kept, the rest goes by unseen.
  void skip_long(std::string_view bytes) {
    if (long_head_.size() < kLongRecordKept) {
      long_head_.append(bytes.substr(0, kLongRecordKept - long_head_.size()));
    }
    long_length_ += bytes.size();
    framer_->forget(bytes.size());
    begin_ = end_;
  }

  // Appends one record, its ending included, to the chunk. False: no room; nothing has changed.
  bool put(Chunk* chunk, std::string_view record, RecordFault fault) {
    const std::uint64_t length = long_length_ + record.size();
    if (long_length_ > 0 || length > options_.record_bytes_max) {
      std::string head = long_head_;
      head.append(record.substr(0, kLongRecordKept - head.size()));
      if (!chunk->append(head, offset_, length, RecordFault::kTooLong)) return false;
      long_head_.clear();
    } else if (!chunk->append(framer_->trim(record), offset_, length, fault)) {
      return false;
    }
    begin_ += record.size();
    offset_ += length;
    long_length_ = 0;
    return true;
  }

  // What is left when an input ends. False: the chunk had no room for it; call again.
  bool end_input(Chunk* chunk, bool broken) {
    const std::string_view rest = held();
    const bool whole = !broken && framer_->is_whole_at_end();
    const bool is_blank = long_length_ == 0 && framer_->trim(rest).empty();
    if (is_blank && framer_->framing() != Framing::kNdjson) {
      chunk->add_skipped(rest.size());
      take(rest.size());
    } else if (!rest.empty() || long_length_ > 0) {
      if (!put(chunk, rest, whole || is_blank ? RecordFault::kNone : RecordFault::kCutShort)) {
        after_peek_ = broken ? ReadStatus::kBroken : ReadStatus::kEnd;
        return false;
      }
    }
    const std::string& name = names_[input_];
    if (broken) {
      faults_.push_back({InputFaultKind::kBrokeOff, shown(name) + ": " + bytes_->message()});
    } else if (!whole && !is_blank) {
      faults_.push_back({InputFaultKind::kBrokeOff, shown(name) + ": ends inside a JSON value"});
    }
    bytes_.reset();
    raw_.reset();
    return true;
  }

  // Reads behind what is held. The read's target is page-aligned: the kernel copies into any other
  // several times slower on some CPUs; so what is held moves to end at a page's edge.
  ReadStatus read_more(std::size_t* count) {
    if (after_peek_ != ReadStatus::kBytes) {
      return std::exchange(after_peek_, ReadStatus::kBytes);
    }
    const std::size_t size = end_ - begin_;
    const std::size_t edge = (size + kPageBytes - 1) / kPageBytes * kPageBytes;
    const std::size_t wanted = edge + options_.read_bytes;
    if (wanted > capacity_) {
      const std::size_t grown =
          (std::max(wanted, capacity_ * 2) + kPageBytes - 1) / kPageBytes * kPageBytes;
      std::unique_ptr<char, FreeDeleter> larger(
          static_cast<char*>(std::aligned_alloc(kPageBytes, grown)));
      if (larger == nullptr) throw std::bad_alloc();
      if (size > 0) std::memcpy(larger.get() + edge - size, buffer_.get() + begin_, size);
      buffer_ = std::move(larger);
      capacity_ = grown;
    } else if (edge - size != begin_ && size > 0) {
      std::memmove(buffer_.get() + edge - size, buffer_.get() + begin_, size);
    }
    begin_ = edge - size;
    end_ = edge;
    const ReadStatus status = bytes_->read(buffer_.get() + edge, options_.read_bytes, count);
    if (status == ReadStatus::kBytes) {
      end_ += *count;
      bytes_read_ += *count;
    }
    return status;
  }

  SourceOptions options_;
  std::vector<std::string> names_;
  FileDescriptor wake_;
  std::uint64_t total_bytes_ = 0;
  // Any thread.
  std::atomic<bool> stopped_{false};
  std::atomic<std::uint64_t> raw_bytes_{0};
  // The source thread's.
  std::size_t next_ = 0;
  std::uint32_t input_ = 0;
  std::unique_ptr<DescriptorReader> raw_;
  std::unique_ptr<ByteSource> bytes_;
  std::optional<Framer> framer_;
  std::optional<std::size_t> found_;            // a whole record that found no room
  ReadStatus after_peek_ = ReadStatus::kBytes;  // an end that was seen too early
  std::unique_ptr<char, FreeDeleter> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t offset_ = 0;       // in the input, of what is held (or of the long record)
  std::string long_head_;          // the beginning of a record over the limit
  std::uint64_t long_length_ = 0;  // how much of it has gone by
  std::uint64_t bytes_read_ = 0;
  std::vector<InputFault> faults_;
};

Source::Source(SourceOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Source::~Source() = default;
FillResult Source::fill(Chunk* chunk) { return impl_->fill(chunk); }
void Source::stop() noexcept { impl_->stop(); }
const std::vector<std::string>& Source::input_names() const noexcept { return impl_->names(); }
std::uint64_t Source::total_bytes() const noexcept { return impl_->total_bytes(); }
std::uint64_t Source::raw_bytes_read() const noexcept { return impl_->raw_bytes(); }
std::uint64_t Source::bytes_read() const noexcept { return impl_->bytes_read(); }
const std::vector<InputFault>& Source::faults() const noexcept { return impl_->faults(); }

}  // namespace hashcart::ingest
