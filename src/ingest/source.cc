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
#include <optional>
#include <string_view>
#include <utility>

#include "base/setup_error.h"
#include "ingest/byte_source.h"
#include "ingest/file_input.h"
#include "ingest/framer.h"
#include "ingest/line_buffer.h"
#include "ingest/page_memory.h"
#include "ingest/unpack_pool.h"

namespace hashcart::ingest {
namespace {

// A larger limit is taken for this one: places in a chunk have 32 bits.
constexpr std::uint64_t kRecordBytesCap = 1ULL << 30U;
// Room for a tail in front of a read, so that the first tail does not grow the buffer.
constexpr std::size_t kBufferBytesMin = 512U << 10U;
// So many blocks make a range of a file: the end of a line that is looked for past it costs a
// hundredth of it.
constexpr std::uint64_t kBlocksPerRange = 8;
// What an unprivileged user may ask for (/proc/sys/fs/pipe-max-size).
constexpr int kPipeBytes = 1 << 20;
constexpr std::string_view kBom = "\xEF\xBB\xBF";

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

bool is_pattern(const std::string& path) { return path.find_first_of("*?[") != std::string::npos; }

}  // namespace

bool is_packed_start(std::string_view start) noexcept { return is_compressed(start); }

std::vector<std::string> expand_inputs(const std::vector<std::string>& inputs) {
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

class Source::Impl {
 public:
  explicit Impl(SourceOptions options)
      : options_(std::move(options)),
        names_(expand_inputs(options_.inputs)),
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
      if (file_ == nullptr && bytes_ == nullptr && !open_next(chunk)) return FillResult::kEnd;
      if (file_ != nullptr) {
        if (hand_out_range(chunk)) return FillResult::kFilled;
        continue;
      }
      const bool is_lines = framer_->framing() == Framing::kNdjson;
      // A chunk holds records of one input.
      const std::optional<FillResult> result = is_lines ? fill_lines(chunk) : fill_records(chunk);
      if (result) return *result;
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

  // Opens inputs until one can be read and its framing is known. False: there is none left, or the
  // source was stopped.
  bool open_next(Chunk* chunk) {
    while (next_ < names_.size() && !ledger_->stopped()) {
      const std::string& name = names_[next_];
      input_ = static_cast<std::uint32_t>(next_);
      ++next_;
      if (start_of(input_).is_done) continue;
      begin_ = end_ = 0;
      offset_ = 0;
      after_peek_ = ReadStatus::kBytes;
      if (!ahead_.empty() && ahead_.front().input == input_) {
        std::shared_ptr<UnpackPool::Job> job = std::move(ahead_.front().job);
        ahead_.pop_front();
        read_packed(std::move(job));
        if (!begin_stream(chunk)) continue;
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
      if (is_regular && open_regular(&file, status)) {
        if (bytes_ != nullptr && !begin_stream(chunk)) continue;
        return true;
      }
      if (S_ISFIFO(status.st_mode)) widen_pipe(file.get());
      raw_ = std::make_unique<DescriptorReader>(std::move(file), is_regular, wake_.get(),
                                                ledger_.get());
      bytes_ = std::make_unique<CountedBytes>(open_bytes(raw_.get(), options_.read_bytes),
                                              options_.read_bytes, ledger_.get());
      if (!begin_stream(chunk)) continue;
      return true;
    }
    return false;
  }

  // Reads as far as the first record. False: it does not come so far.
  bool begin_stream(Chunk* chunk) {
    decide_framing(chunk);
    const std::uint64_t position = start_of(input_).position;
    if (position == 0) return true;
    chunk->reset(input_, framer_->framing());  // a BOM is behind us too
    ReadStatus status = ReadStatus::kBytes;
    for (;;) {
      take(static_cast<std::size_t>(std::min<std::uint64_t>(held().size(), position - offset_)));
      if (offset_ == position) break;
      status = read_more(Wait::kYes);
      if (status != ReadStatus::kBytes) break;
    }
    ledger_->take_back_read(offset_);
    if (offset_ == position) return true;
    if (status != ReadStatus::kStopped) {
      broke_off(status == ReadStatus::kBroken ? bytes_->message()
                                              : "is shorter than what was read of it before");
    }
    close_input();
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
      pool_ = std::make_unique<UnpackPool>(options_.unpack_threads, options_.read_bytes, ledger_);
    }
    return pool_->thread_count() > 0;
  }

  void open_packed(FileDescriptor file, std::uint64_t begin, bool is_zstd) {
    read_packed(pool_->add(std::move(file), begin, is_zstd));
  }

  void read_packed(std::shared_ptr<UnpackPool::Job> job) {
    look_ahead();
    bytes_ = std::make_unique<CountedBytes>(pool_->open(std::move(job)), options_.read_bytes,
                                            ledger_.get());
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

  // Reads until the framing can be told.
  void decide_framing(Chunk* chunk) {
    std::optional<Framing> framing;
    if (options_.framing != Framing::kAuto) {
      framing = options_.framing;
    } else if (const Framing before = start_of(input_).framing; before != Framing::kAuto) {
      framing = before;
    }
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
    return {buffer_.data() + begin_, end_ - begin_};
  }

  void take(std::size_t count) noexcept {
    begin_ += count;
    offset_ += count;
  }

  // Lines of a stream. Nothing: the input is done, and the chunk holds nothing.
  std::optional<FillResult> fill_lines(Chunk* chunk) {
    LineBuffer& lines = chunk->lines();
    lines.start(
        {.input = input_, .offset = offset_, .record_bytes_max = options_.record_bytes_max});
    lines.put(held());
    begin_ = end_;
    ReadStatus status = ReadStatus::kBytes;
    while (status == ReadStatus::kBytes && !lines.is_full()) {
      status = stopped_or_peeked();
      if (status != ReadStatus::kBytes) break;
      status = lines.read(bytes_.get(), lines.has_pieces() ? Wait::kNo : Wait::kYes);
    }
    switch (status) {
      case ReadStatus::kBytes:
      case ReadStatus::kNotYet:
        break;
      case ReadStatus::kStopped:
        ledger_->take_back_read(lines.rest_length());
        close_input();
        return FillResult::kEnd;
      case ReadStatus::kEnd:
      case ReadStatus::kBroken:
        lines.end(status == ReadStatus::kBroken);
        if (status == ReadStatus::kBroken) {
          broke_off(bytes_->message());
        } else {
          chunk->set_ends_input();
        }
        close_input();
        if (is_silent_end(*chunk, lines.has_pieces())) return std::nullopt;
        return FillResult::kFilled;
    }
    offset_ = lines.rest_offset();
    hold(lines.rest());
    return FillResult::kFilled;
  }

  // Events and values. Nothing: the input is done, and the chunk holds nothing.
  std::optional<FillResult> fill_records(Chunk* chunk) {
    for (;;) {
      if (!move_records(chunk)) return FillResult::kFilled;
      const ReadStatus status = read_more(chunk->has_records() ? Wait::kNo : Wait::kYes);
      switch (status) {
        case ReadStatus::kBytes:
          continue;
        case ReadStatus::kNotYet:
          return FillResult::kFilled;
        case ReadStatus::kStopped:
          ledger_->take_back_read(held().size() + long_length_);
          close_input();
          return FillResult::kEnd;
        case ReadStatus::kEnd:
        case ReadStatus::kBroken:
          if (!end_input(chunk, status)) return FillResult::kFilled;
          break;
      }
      if (is_silent_end(*chunk, chunk->has_records())) return std::nullopt;
      return FillResult::kFilled;
    }
  }

  // Whether nobody needs to hear of a chunk in which an input ended.
  [[nodiscard]] bool is_silent_end(const Chunk& chunk, bool has_records) const noexcept {
    return !has_records && chunk.input_bytes() == 0 && options_.starts.empty();
  }

  // Keeps bytes for the next chunk.
  void hold(std::string_view bytes) {
    if (bytes.size() > buffer_.size()) buffer_ = PageMemory(2 * bytes.size());
    if (!bytes.empty()) std::memcpy(buffer_.data(), bytes.data(), bytes.size());
    begin_ = 0;
    end_ = bytes.size();
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
    if (is_blank) {
      chunk->add_skipped(rest.size());
      take(rest.size());
    } else if (!rest.empty() || long_length_ > 0) {
      chunk->set_unended(long_length_ + rest.size());
      if (!put(chunk, rest, is_cut ? RecordFault::kCutShort : RecordFault::kNone)) {
        chunk->set_unended(0);
        after_peek_ = why;
        return false;
      }
    }
    if (why == ReadStatus::kBroken) {
      broke_off(bytes_->message());
    } else if (is_cut) {
      broke_off("ends inside a JSON value at byte " + std::to_string(offset_));
    } else {
      chunk->set_ends_input();
    }
    close_input();
    return true;
  }

  void broke_off(const std::string& how) {
    ledger_->add_fault(input_, InputFaultKind::kBrokeOff, shown(names_[input_]) + ": " + how);
  }

  void close_input() {
    begin_ = end_;
    long_head_.clear();
    long_length_ = 0;
    found_.reset();
    bytes_.reset();
    raw_.reset();
  }

  // kBytes: neither.
  ReadStatus stopped_or_peeked() {
    if (ledger_->stopped()) return ReadStatus::kStopped;
    return std::exchange(after_peek_, ReadStatus::kBytes);
  }

  // Reads behind what is held.
  ReadStatus read_more(Wait wait) {
    ReadStatus status = stopped_or_peeked();
    if (status != ReadStatus::kBytes) return status;
    make_room();
    std::size_t count = 0;
    status = bytes_->read(buffer_.data() + end_, options_.read_bytes, wait, &count);
    if (status == ReadStatus::kBytes) end_ += count;
    return status;
  }

  // Makes room for a read behind what is held, at a page's edge where that is cheap: the kernel
  // copies to any other place several times slower on some CPUs. What is held moves only when more
  // than it has gone by since it last moved, or the buffer doubles; so a long record that comes in
  // small reads costs linear time.
  void make_room() {
    const std::size_t size = end_ - begin_;
    const std::size_t edge = whole_pages(size);
    const std::size_t wanted = edge + options_.read_bytes;
    if (begin_ >= edge && wanted <= buffer_.size()) {
      if (size > 0) std::memcpy(buffer_.data() + edge - size, buffer_.data() + begin_, size);
    } else if (end_ + options_.read_bytes <= buffer_.size()) {
      return;
    } else {
      PageMemory larger(std::max({wanted, buffer_.size() * 2, kBufferBytesMin}));
      if (size > 0) std::memcpy(larger.data() + edge - size, buffer_.data() + begin_, size);
      buffer_ = std::move(larger);
    }
    begin_ = edge - size;
    end_ = edge;
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
  // Or a stream.
  std::unique_ptr<DescriptorReader> raw_;
  std::unique_ptr<ByteSource> bytes_;
  std::optional<Framer> framer_;
  std::vector<RecordSpan> spans_;               // scratch of move_records()
  std::optional<std::size_t> found_;            // a whole record that found no room
  ReadStatus after_peek_ = ReadStatus::kBytes;  // an end that was seen too early
  PageMemory buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t offset_ = 0;       // in the input, of what is held (or of the long record)
  std::string long_head_;          // the beginning of a record over the limit
  std::uint64_t long_length_ = 0;  // how much of it has gone by
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
