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
#include <new>
#include <optional>
#include <string_view>
#include <utility>

#include "base/counter.h"
#include "base/setup_error.h"
#include "ingest/byte_source.h"
#include "ingest/framer.h"

namespace hashcart::ingest {
namespace {

// What is kept of a record over the limit: enough to see what it was.
constexpr std::size_t kLongRecordKept = 64U << 10U;
// A larger limit is taken for this one: places in a chunk have 32 bits.
constexpr std::uint64_t kRecordBytesCap = 1ULL << 30U;
// Room for a tail in front of a read, so that the first tail does not grow the buffer.
constexpr std::size_t kBufferBytesMin = 512U << 10U;
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
class DescriptorReader final : public ByteSource {
 public:
  DescriptorReader(FileDescriptor file, bool is_regular, int wake, const std::atomic<bool>& stopped,
                   base::Counter& total)
      : file_(std::move(file)),
        is_regular_(is_regular),
        wake_(wake),
        stopped_(stopped),
        total_(total) {}

  ReadStatus read(char* to, std::size_t room, Wait wait, std::size_t* count) override {
    for (;;) {
      if (stopped_.load(std::memory_order_acquire)) return ReadStatus::kStopped;
      if (!is_regular_ && !poll_for(wait)) {
        if (wait == Wait::kNo) return ReadStatus::kNotYet;
        continue;
      }
      const ssize_t got = ::read(file_.get(), to, room);
      if (got > 0) {
        *count = static_cast<std::size_t>(got);
        total_.add(*count);
        return ReadStatus::kBytes;
      }
      if (got == 0) return ReadStatus::kEnd;
      if (errno == EINTR || errno == EAGAIN) continue;
      message_ = std::string("cannot read: ") + std::strerror(errno);
      return ReadStatus::kBroken;
    }
  }

  const std::string& message() const override { return message_; }

 private:
  // Whether the descriptor has something to say: bytes, its end, or an error.
  [[nodiscard]] bool poll_for(Wait wait) const {
    pollfd both[2] = {{file_.get(), POLLIN, 0}, {wake_, POLLIN, 0}};
    const int count = poll(both, 2, wait == Wait::kYes ? -1 : 0);
    if (count < 0) return errno != EINTR && errno != EAGAIN;  // then let the read say what is wrong
    return both[0].revents != 0;
  }

  FileDescriptor file_;
  bool is_regular_;
  int wake_;
  const std::atomic<bool>& stopped_;
  base::Counter& total_;
  std::string message_;
};

bool is_pattern(const std::string& path) { return path.find_first_of("*?[") != std::string::npos; }

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
    options_.record_bytes_max = std::min(options_.record_bytes_max, kRecordBytesCap);
    measure();
  }

  FillResult fill(Chunk* chunk) {
    chunk->reset(input_, framer_ ? framer_->framing() : Framing::kNdjson);
    for (;;) {
      if (bytes_ == nullptr && !open_next(chunk)) return FillResult::kEnd;
      if (!move_records(chunk)) return FillResult::kFilled;
      const ReadStatus status = read_more(chunk->empty() ? Wait::kYes : Wait::kNo);
      switch (status) {
        case ReadStatus::kBytes:
          continue;
        case ReadStatus::kNotYet:
          return FillResult::kFilled;
        case ReadStatus::kStopped:
          forget_rest();
          return FillResult::kEnd;
        case ReadStatus::kEnd:
        case ReadStatus::kBroken:
          if (!end_input(chunk, status)) return FillResult::kFilled;
          break;
      }
      // A chunk holds records of one input.
      if (!chunk->empty() || chunk->input_bytes() > 0) return FillResult::kFilled;
    }
  }

  void stop() noexcept {
    stopped_.store(true, std::memory_order_release);  // pairs with the acquire in read()
    const std::uint64_t one = 1;
    const int error = errno;  // whom a signal handler interrupts must not see ours
    // The count of an eventfd cannot overflow by ones; and a stop that is already there is enough.
    [[maybe_unused]] const ssize_t written = write(wake_.get(), &one, sizeof one);
    errno = error;
  }

  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
  [[nodiscard]] std::uint64_t total_bytes() const noexcept { return total_bytes_; }
  [[nodiscard]] std::uint64_t raw_bytes() const noexcept { return raw_bytes_.value(); }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept { return bytes_read_; }
  [[nodiscard]] const std::vector<InputFault>& faults() const noexcept { return faults_; }

 private:
  struct FreeDeleter {
    void operator()(char* memory) const noexcept { std::free(memory); }
  };

  // An input that cannot be opened adds nothing.
  void measure() {
    std::uint64_t total = 0;
    for (const std::string& name : names_) {
      struct stat status {};
      const bool is_stdin = name == "-";
      if ((is_stdin ? fstat(STDIN_FILENO, &status) : stat(name.c_str(), &status)) != 0) continue;
      if (!S_ISREG(status.st_mode)) return;
      const off_t done = is_stdin ? std::max<off_t>(0, lseek(STDIN_FILENO, 0, SEEK_CUR)) : 0;
      total += static_cast<std::uint64_t>(std::max<off_t>(0, status.st_size - done));
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
      FileDescriptor file = open_input(name);
      if (file.get() < 0) continue;
      struct stat status {};
      if (fstat(file.get(), &status) != 0) {
        cannot_open(name, std::string("cannot read: ") + std::strerror(errno));
        continue;
      }
      if (S_ISDIR(status.st_mode)) {
        cannot_open(name, name == "-" ? "is a directory"
                                      : "is a directory; name the files in it, as in '" + name +
                                            (name.ends_with('/') ? "" : "/") + "*.ndjson'");
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
      decide_framing(chunk);
      return true;
    }
    return false;
  }

  // O_NONBLOCK: to open a named pipe must not wait for its writer, for stop() could not end that
  // wait; the first poll() waits for it instead.
  FileDescriptor open_input(const std::string& name) {
    if (name == "-") return {STDIN_FILENO, false};
    int fd = -1;
    do {
      fd = open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) {
      cannot_open(name, is_pattern(name) && errno == ENOENT
                            ? "no file matches"
                            : std::string("cannot open: ") + std::strerror(errno));
    }
    return {fd, true};
  }

  // Reads until the framing can be told.
  void decide_framing(Chunk* chunk) {
    std::optional<Framing> framing;
    if (options_.framing != Framing::kAuto) framing = options_.framing;
    ReadStatus status = ReadStatus::kBytes;
    // A BOM is three bytes, which may come one at a time.
    while (status == ReadStatus::kBytes &&
           (!framing || (held().size() < kBom.size() && kBom.starts_with(held())))) {
      status = read_more(Wait::kYes);
      if (!framing) framing = detect_framing(held(), status != ReadStatus::kBytes);
    }
    after_peek_ = status;
    framer_.emplace(framing.value_or(Framing::kNdjson));
    chunk->reset(input_, framer_->framing());
    if (held().starts_with(kBom)) {
      chunk->add_skipped(kBom.size());
      take(kBom.size());
    }
  }

  [[nodiscard]] std::string_view held() const noexcept {
    return {buffer_.get() + begin_, end_ - begin_};
  }

  void take(std::size_t count) noexcept {
    begin_ += count;
    offset_ += count;
  }

  // Moves whole records into the chunk, as many as fit with one copy. False: the chunk is full.
  bool move_records(Chunk* chunk) {
    for (;;) {
      const std::string_view bytes = held();
      std::optional<std::size_t> size;
      std::size_t at = 0;
      spans_.clear();
      for (;;) {
        size = found_ ? std::exchange(found_, std::nullopt) : framer_->find(bytes.substr(at));
        if (!size || long_length_ > 0 || *size > options_.record_bytes_max ||
            !chunk->fits(at + *size, spans_.size() + 1)) {
          break;
        }
        const std::string_view record = framer_->trim(bytes.substr(at, *size));
        spans_.push_back({.begin = static_cast<std::uint32_t>(record.data() - bytes.data()),
                          .size = static_cast<std::uint32_t>(record.size()),
                          .offset = offset_ + at,
                          .length = *size});
        at += *size;
      }
      chunk->append_block(bytes.substr(0, at), spans_);
      take(at);
      if (!size) {
        if (held().size() > options_.record_bytes_max) skip_long(held());
        return true;
      }
      // Over the limit, or too large for this chunk unless it is the first in it.
      if (!put(chunk, held().substr(0, *size), RecordFault::kNone)) {
        found_ = size;  // the next chunk begins with it
        return false;
      }
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
    if (length > options_.record_bytes_max) {
      std::string head = long_head_;
      head.append(record.substr(0, kLongRecordKept - head.size()));
      const std::string_view kept = length <= kLongRecordKept ? framer_->trim(head) : head;
      if (!chunk->append(kept, offset_, length, RecordFault::kTooLong)) return false;
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
  bool end_input(Chunk* chunk, ReadStatus why) {
    const std::string_view rest = held();
    const bool is_blank = long_length_ == 0 && framer_->trim(rest).empty();
    const bool is_cut = !is_blank && (why == ReadStatus::kBroken || !framer_->is_whole_at_end());
    if (is_blank && framer_->framing() != Framing::kNdjson) {
      chunk->add_skipped(rest.size());
      take(rest.size());
    } else if (!rest.empty() || long_length_ > 0) {
      if (!put(chunk, rest, is_cut ? RecordFault::kCutShort : RecordFault::kNone)) {
        after_peek_ = why;
        return false;
      }
    }
    const std::string name = shown(names_[input_]);
    if (why == ReadStatus::kBroken) {
      faults_.push_back({InputFaultKind::kBrokeOff, name + ": " + bytes_->message()});
    } else if (is_cut) {
      faults_.push_back({InputFaultKind::kBrokeOff,
                         name + ": ends inside a JSON value at byte " + std::to_string(offset_)});
    }
    bytes_.reset();
    raw_.reset();
    return true;
  }

  // After stop(): a record that is not complete was never read, for the books.
  void forget_rest() {
    bytes_read_ -= held().size() + long_length_;
    begin_ = end_;
    long_length_ = 0;
    bytes_.reset();
    raw_.reset();
  }

  // Reads behind what is held.
  ReadStatus read_more(Wait wait) {
    if (stopped_.load(std::memory_order_acquire)) return ReadStatus::kStopped;
    if (after_peek_ != ReadStatus::kBytes) {
      return std::exchange(after_peek_, ReadStatus::kBytes);
    }
    make_room();
    std::size_t count = 0;
    const ReadStatus status = bytes_->read(buffer_.get() + end_, options_.read_bytes, wait, &count);
    if (status == ReadStatus::kBytes) {
      end_ += count;
      bytes_read_ += count;
    }
    return status;
  }

  // Makes room for a read behind what is held, at a page's edge where that is cheap: the kernel
  // copies to any other place several times slower on some CPUs. What is held moves only when more
  // than it has gone by since it last moved, or the buffer doubles; so a long record that comes in
  // small reads costs linear time.
  void make_room() {
    const std::size_t size = end_ - begin_;
    const std::size_t edge = (size + kPageBytes - 1) / kPageBytes * kPageBytes;
    const std::size_t wanted = edge + options_.read_bytes;
    if (begin_ >= edge && wanted <= capacity_) {
      if (size > 0) std::memcpy(buffer_.get() + edge - size, buffer_.get() + begin_, size);
    } else if (end_ + options_.read_bytes <= capacity_) {
      return;
    } else {
      const std::size_t grown =
          (std::max({wanted, capacity_ * 2, kBufferBytesMin}) + kPageBytes - 1) / kPageBytes *
          kPageBytes;
      std::unique_ptr<char, FreeDeleter> larger(
          static_cast<char*>(std::aligned_alloc(kPageBytes, grown)));
      if (larger == nullptr) throw std::bad_alloc();
      if (size > 0) std::memcpy(larger.get() + edge - size, buffer_.get() + begin_, size);
      buffer_ = std::move(larger);
      capacity_ = grown;
    }
    begin_ = edge - size;
    end_ = edge;
  }

  SourceOptions options_;
  std::vector<std::string> names_;
  FileDescriptor wake_;
  std::uint64_t total_bytes_ = 0;
  // Any thread.
  std::atomic<bool> stopped_{false};
  base::Counter raw_bytes_;
  // The source thread's.
  std::size_t next_ = 0;
  std::uint32_t input_ = 0;
  std::unique_ptr<DescriptorReader> raw_;
  std::unique_ptr<ByteSource> bytes_;
  std::optional<Framer> framer_;
  std::vector<RecordSpan> spans_;               // scratch of move_records()
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
