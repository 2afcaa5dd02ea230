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
#include <deque>
#include <string_view>
#include <utility>

#include "base/setup_error.h"
#include "ingest/byte_source.h"
#include "ingest/file_input.h"
#include "ingest/follow.h"
#include "ingest/framer.h"
#include "ingest/input_stream.h"
#include "ingest/page_memory.h"
#include "ingest/unpack_pool.h"

namespace hashcart::ingest {
namespace {

// A larger limit is taken for this one: places in a chunk have 32 bits.
constexpr std::uint64_t kRecordBytesCap = 1ULL << 30U;
// So many blocks make a range of a file: the end of a line that is looked for past it costs a
// hundredth of it.
constexpr std::uint64_t kBlocksPerRange = 8;
// What an unprivileged user may ask for (/proc/sys/fs/pipe-max-size).
constexpr int kPipeBytes = 1 << 20;

// A file or pipe; a wait on a pipe ends when the wake descriptor is written to.
class DescriptorReader final : public ByteSource {
 public:
  DescriptorReader(FileDescriptor file, bool is_regular, int wake, Ledger* ledger)
      : file_(std::move(file)), is_regular_(is_regular), wake_(wake), ledger_(*ledger) {}

  ReadStatus read(char* to, std::size_t room, Wait wait, std::size_t* count) override {
    for (;;) {
      if (ledger_.stopped()) return ReadStatus::kStopped;
      if (!is_regular_ && !poll_for(wait)) {
        if (wait == Wait::kNo) return ReadStatus::kNotYet;
        continue;
      }
      const ssize_t got = ::read(file_.get(), to, room);
      if (got > 0) {
        *count = static_cast<std::size_t>(got);
        ledger_.add_raw(*count);
        return ReadStatus::kBytes;
      }
      if (got == 0) return ReadStatus::kEnd;
      if (errno == EINTR || errno == EAGAIN) continue;
      message_ = std::string("cannot read: ") + std::strerror(errno);
      ledger_.note_gap();
      return ReadStatus::kBroken;
    }
  }

  std::string message() const override { return message_; }

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
  Ledger& ledger_;
  std::string message_;
};

// Counts what it hands out, and hands out no more than the options say at once.
class CountedBytes final : public ByteSource {
 public:
  CountedBytes(std::unique_ptr<ByteSource> bytes, std::size_t read_bytes, Ledger* ledger)
      : bytes_(std::move(bytes)), read_bytes_(read_bytes), ledger_(*ledger) {}

  ReadStatus read(char* to, std::size_t room, Wait wait, std::size_t* count) override {
    const ReadStatus status = bytes_->read(to, std::min(room, read_bytes_), wait, count);
    if (status == ReadStatus::kBytes) ledger_.add_read(*count);
    return status;
  }
  std::string message() const override { return bytes_->message(); }
  bool has_blocks() const noexcept override { return bytes_->has_blocks(); }
  ReadStatus exchange(PageMemory* memory, std::size_t front, std::size_t* count) override {
    const ReadStatus status = bytes_->exchange(memory, front, count);
    if (status == ReadStatus::kBytes) ledger_.add_read(*count);
    return status;
  }

 private:
  std::unique_ptr<ByteSource> bytes_;
  std::size_t read_bytes_;
  Ledger& ledger_;
};

// So that both ends sleep and wake less often. No harm is done where it is not allowed.
void widen_pipe(int fd) {
  const int size = fcntl(fd, F_GETPIPE_SZ);
  if (size > 0 && size < kPipeBytes) fcntl(fd, F_SETPIPE_SZ, kPipeBytes);
}

SourceOptions within_limits(SourceOptions options) {
  options.read_bytes = std::max<std::size_t>(1, options.read_bytes);
  options.record_bytes_max = std::min(options.record_bytes_max, kRecordBytesCap);
  return options;
}

}  // namespace

bool is_packed_start(std::string_view start) noexcept { return is_compressed(start); }

bool is_pattern(const std::string& input) {
  struct stat status {};
  return input.find_first_of("*?[") != std::string::npos && lstat(input.c_str(), &status) != 0;
}

std::vector<std::string> expand_inputs(const std::vector<std::string>& inputs) {
  if (inputs.empty()) return {"-"};
  std::vector<std::string> out;
  for (const std::string& input : inputs) {
    if (!is_pattern(input)) {
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

std::uint64_t memory_max(const SourceOptions& options) noexcept {
  const std::uint64_t record = std::min(options.record_bytes_max, kRecordBytesCap);
  // What has not ended: read into, held, and both once more where they grow.
  const std::uint64_t stream = 2 * options.read_bytes + 4 * record;
  if (options.follow) return options.inputs.size() * stream;
  const std::uint64_t threads = UnpackPool::threads_of(options.unpack_threads);
  // A decompressor has buffers of its own, and one of them may have the largest window.
  constexpr std::uint64_t kDecompressor = 10U << 20U;
  return stream + (std::uint64_t{1} << static_cast<unsigned>(options.window_log_max)) +
         (threads + 1) * (UnpackPool::kBlocksPerThread * options.read_bytes + kDecompressor);
}

class Source::Impl {
 public:
  explicit Impl(SourceOptions options)
      : options_(within_limits(std::move(options))),
        names_(expand_inputs(options_.inputs)),
        wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), true) {
    if (wake_.get() < 0) {
      throw base::SetupError(base::SetupFault::kMachine,
                             std::string("no eventfd: ") + std::strerror(errno));
    }
    if (options_.follow) {
      follower_ = std::make_unique<Follower>(options_, wake_.get(), ledger_.get());
    } else {
      measure();
    }
  }

  FillResult fill(Chunk* chunk) {
    if (follower_ != nullptr) return follower_->fill(chunk);
    chunk->reset(input_, Framing::kNdjson);
    for (;;) {
      if (file_ == nullptr && !stream_.is_open() && !open_next()) return FillResult::kEnd;
      if (file_ != nullptr) {
        if (hand_out_range(chunk)) return FillResult::kFilled;
        continue;
      }
      switch (stream_.fill(chunk, Wait::kYes)) {
        case InputStream::Filled::kChunk:
          return FillResult::kFilled;
        case InputStream::Filled::kLastChunk:
          raw_.reset();
          return FillResult::kFilled;
        case InputStream::Filled::kStopped:
          raw_.reset();
          return FillResult::kEnd;
        case InputStream::Filled::kNothing:
        case InputStream::Filled::kNotYet:
          raw_.reset();
          break;
      }
    }
  }

  void stop() noexcept {
    ledger_->stop();
    const std::uint64_t one = 1;
    const int error = errno;  // whom a signal handler interrupts must not see ours
    // The count of an eventfd cannot overflow by ones; and a stop that is already there is enough.
    [[maybe_unused]] const ssize_t written = write(wake_.get(), &one, sizeof one);
    errno = error;
  }

  void abandon() noexcept {
    ledger_->abandon();
    stop();
  }

  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
  [[nodiscard]] std::uint64_t total_bytes() const noexcept { return total_bytes_; }
  [[nodiscard]] const Ledger& ledger() const noexcept { return *ledger_; }

 private:
  // An input that cannot be opened adds nothing.
  void measure() {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const std::string& name = names_[i];
      if (start_of(i).is_done) continue;
      struct stat status {};
      const bool is_stdin = name == "-";
      if ((is_stdin ? fstat(STDIN_FILENO, &status) : stat(name.c_str(), &status)) != 0) continue;
      if (!S_ISREG(status.st_mode)) return;
      const off_t done = is_stdin ? std::max<off_t>(0, lseek(STDIN_FILENO, 0, SEEK_CUR)) : 0;
      total += static_cast<std::uint64_t>(std::max<off_t>(0, status.st_size - done));
    }
    total_bytes_ = total;
  }

  [[nodiscard]] InputStart start_of(std::size_t input) const {
    return input < options_.starts.size() ? options_.starts[input] : InputStart{};
  }

  // Whether it is the file that was meant.
  [[nodiscard]] bool is_meant(std::size_t input, const struct stat& status) const {
    const InputStart start = start_of(input);
    return start.inode == 0 || (start.inode == status.st_ino && start.device == status.st_dev);
  }

  [[nodiscard]] std::string shown(const std::string& name) const {
    return name == "-" ? "standard input" : name;
  }

  void cannot_open(const std::string& name, const std::string& why) {
    ledger_->add_fault(input_, InputFaultKind::kCannotOpen, shown(name) + ": " + why);
    ledger_->note_gap();
  }

  // Opens inputs until one can be read. False: there is none left, or the source was stopped.
  bool open_next() {
    while (next_ < names_.size() && !ledger_->stopped()) {
      const std::string& name = names_[next_];
      input_ = static_cast<std::uint32_t>(next_);
      ++next_;
      if (start_of(input_).is_done) continue;
      if (!ahead_.empty() && ahead_.front().input == input_) {
        std::shared_ptr<UnpackPool::Job> job = std::move(ahead_.front().job);
        ahead_.pop_front();
        read_packed(std::move(job));
        return true;
      }
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
      if (!is_meant(input_, status)) {
        cannot_open(name, "was replaced by another file just now; run again");
        continue;
      }
      const bool is_regular = S_ISREG(status.st_mode);
      if (is_regular) posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
      if (is_regular && open_regular(&file, status)) return true;
      if (S_ISFIFO(status.st_mode)) widen_pipe(file.get());
      raw_ = std::make_unique<DescriptorReader>(std::move(file), is_regular, wake_.get(),
                                                ledger_.get());
      open_stream(open_bytes(raw_.get(), options_.read_bytes, options_.window_log_max));
      return true;
    }
    return false;
  }

  void open_stream(std::unique_ptr<ByteSource> bytes) {
    const InputStart start = start_of(input_);
    stream_.open(
        std::make_unique<CountedBytes>(std::move(bytes), options_.read_bytes, ledger_.get()),
        {.input = input_,
         .name = shown(names_[input_]),
         .framing = options_.framing == Framing::kAuto ? start.framing : options_.framing,
         .offset = 0,
         .position = start.position,
         .tells_end = !options_.starts.empty()});
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

  // A file of plain lines is left to the workers, a compressed one to the threads that decompress.
  // False: it is something else, and is read from its start.
  bool open_regular(FileDescriptor* file, const struct stat& status) {
    const bool is_stdin = names_[input_] == "-";
    const off_t begin = is_stdin ? std::max<off_t>(0, lseek(file->get(), 0, SEEK_CUR)) : 0;
    if (status.st_size <= begin) return false;
    const auto size = static_cast<std::uint64_t>(status.st_size - begin);
    const InputStart start_at = start_of(input_);
    const std::size_t wanted = std::min<std::uint64_t>(size, kDetectBytes);
    if (peek_.size() == 0) peek_ = PageMemory(kDetectBytes);
    std::size_t got = 0;
    while (got < wanted) {
      const ssize_t count =
          pread(file->get(), peek_.data() + got, wanted - got, begin + static_cast<off_t>(got));
      if (count < 0 && errno == EINTR) continue;
      // An error will be met again; and some files of the kernel's are shorter than they say.
      if (count <= 0) return false;
      got += static_cast<std::size_t>(count);
    }
    const std::string_view start(peek_.data(), got);
    if (is_compressed(start)) {
      if (!has_pool()) return false;
      if (is_stdin) lseek(file->get(), status.st_size, SEEK_SET);
      open_packed(std::move(*file), static_cast<std::uint64_t>(begin), is_zstd_start(start));
      return true;
    }
    Framing framing = options_.framing == Framing::kAuto ? start_at.framing : options_.framing;
    if (framing == Framing::kAuto) {
      framing = detect_framing(start, got == size).value_or(Framing::kNdjson);
    }
    if (framing != Framing::kNdjson) return false;
    // Whoever reads standard input behind us finds it read.
    if (is_stdin) lseek(file->get(), status.st_size, SEEK_SET);
    file_ = std::make_shared<FileInput>(
        std::move(*file),
        FileInput::Options{.name = shown(names_[input_]),
                           .input = input_,
                           .begin = static_cast<std::uint64_t>(begin),
                           .size = size,
                           .skipped = start.starts_with(kBom) ? kBom.size() : 0,
                           .record_bytes_max = options_.record_bytes_max},
        ledger_);
    // A file that has become shorter since shows as one that ends.
    range_begin_ = std::min(start_at.position, size);
    return true;
  }

  bool has_pool() {
    if (pool_ == nullptr) {
      pool_ = std::make_unique<UnpackPool>(options_.unpack_threads, options_.read_bytes,
                                           options_.window_log_max, ledger_);
    }
    return pool_->thread_count() > 0;
  }

  void open_packed(FileDescriptor file, std::uint64_t begin, bool is_zstd) {
    read_packed(pool_->add(std::move(file), begin, is_zstd));
  }

  void read_packed(std::shared_ptr<UnpackPool::Job> job) {
    look_ahead();
    open_stream(pool_->open(std::move(job)));
  }

  // Lets the pool begin with the inputs that come next, if they are compressed files too.
  void look_ahead() {
    const std::size_t end = std::min(names_.size(), next_ + pool_->thread_count());
    for (looked_at_ = std::max(looked_at_, next_); looked_at_ < end; ++looked_at_) {
      const std::string& name = names_[looked_at_];
      struct stat status {};
      // A pipe must not be opened before its turn.
      if (name == "-" || start_of(looked_at_).is_done || stat(name.c_str(), &status) != 0 ||
          !S_ISREG(status.st_mode)) {
        continue;
      }
      FileDescriptor file(open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), true);
      // Its turn will tell what is wrong with it.
      if (file.get() < 0 || fstat(file.get(), &status) != 0 || !is_meant(looked_at_, status)) {
        continue;
      }
      char start[4];
      const ssize_t got = pread(file.get(), start, sizeof start, 0);
      if (got <= 0) continue;
      const std::string_view bytes(start, static_cast<std::size_t>(got));
      if (!is_compressed(bytes)) continue;
      ahead_.push_back({looked_at_, pool_->add(std::move(file), 0, is_zstd_start(bytes))});
    }
  }

  // False: there is none left, or the source was stopped.
  bool hand_out_range(Chunk* chunk) {
    const std::uint64_t size = file_->options().size;
    const std::uint64_t range_bytes = options_.range_bytes > 0
                                          ? options_.range_bytes
                                          : kBlocksPerRange * whole_pages(chunk->capacity());
    // A line may begin behind a BOM, so the first range goes past it.
    const std::uint64_t end =
        std::min(std::max(range_begin_ + range_bytes, file_->options().skipped + 1), size);
    if (range_begin_ == size || ledger_->stopped() || !file_->hand_out(end)) {
      file_.reset();
      return false;
    }
    chunk->set_range(
        FileRange(file_, range_begin_, end, std::min(options_.read_bytes, chunk->capacity())));
    range_begin_ = end;
    if (end == size) file_.reset();  // the last of its ranges closes it
    return true;
  }

  SourceOptions options_;
  std::vector<std::string> names_;
  FileDescriptor wake_;
  std::uint64_t total_bytes_ = 0;
  // Any thread.
  std::shared_ptr<Ledger> ledger_ = std::make_shared<Ledger>();
  // The source thread's.
  std::size_t next_ = 0;
  std::uint32_t input_ = 0;
  // A file that is handed out in ranges; the next one's begin.
  std::shared_ptr<FileInput> file_;
  std::uint64_t range_begin_ = 0;
  PageMemory peek_;
  // Threads that decompress, once there was a compressed file, and what they were given before its
  // turn came.
  struct Ahead {
    std::size_t input;
    std::shared_ptr<UnpackPool::Job> job;
  };
  std::unique_ptr<UnpackPool> pool_;
  std::deque<Ahead> ahead_;
  std::size_t looked_at_ = 0;
  // Or a stream; what it reads, unless that is the pool's.
  std::unique_ptr<DescriptorReader> raw_;
  // Or all inputs are followed.
  std::unique_ptr<Follower> follower_;
  InputStream stream_{options_.read_bytes, options_.record_bytes_max, ledger_.get()};
};

Source::Source(SourceOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Source::~Source() = default;
FillResult Source::fill(Chunk* chunk) {
  const FillResult result = impl_->fill(chunk);
  if (impl_->ledger().has_gap()) chunk->set_gap();
  return result;
}
void Source::stop() noexcept { impl_->stop(); }
void Source::abandon() noexcept { impl_->abandon(); }
bool Source::is_stopped() const noexcept { return impl_->ledger().stopped(); }
const std::vector<std::string>& Source::input_names() const noexcept { return impl_->names(); }
std::uint64_t Source::total_bytes() const noexcept { return impl_->total_bytes(); }
std::uint64_t Source::raw_bytes_read() const noexcept { return impl_->ledger().raw(); }
std::uint64_t Source::bytes_read() const noexcept { return impl_->ledger().read(); }
const std::vector<InputFault>& Source::faults() const noexcept { return impl_->ledger().faults(); }

}  // namespace hashcart::ingest
