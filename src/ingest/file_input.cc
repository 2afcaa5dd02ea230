#include "ingest/file_input.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "ingest/line_buffer.h"

namespace hashcart::ingest {

void Ledger::add_fault(std::uint32_t input, InputFaultKind kind, std::string message, bool once) {
  const std::lock_guard lock(mutex_);
  const auto behind = std::upper_bound(fault_inputs_.begin(), fault_inputs_.end(), input);
  if (once && behind != fault_inputs_.begin() && *(behind - 1) == input) return;
  faults_.insert(faults_.begin() + (behind - fault_inputs_.begin()), {kind, std::move(message)});
  fault_inputs_.insert(behind, input);
}

FileDescriptor::~FileDescriptor() {
  if (owned_ && fd_ >= 0) close(fd_);
}

FileInput::FileInput(FileDescriptor file, Options options, std::shared_ptr<Ledger> ledger)
    : file_(std::move(file)), options_(std::move(options)), ledger_(std::move(ledger)) {
  struct stat status {};
  if (fstat(file_.get(), &status) == 0) {
    changed_seconds_ = status.st_mtim.tv_sec;
    changed_nanoseconds_ = status.st_mtim.tv_nsec;
  }
}

FileInput::~FileInput() {
  std::uint64_t bytes = read_.load(std::memory_order_relaxed);
  const std::uint64_t cut = cut_.load(std::memory_order_relaxed);
  if (bytes != cut) {
    // After a stop the last line may end behind all that was handed out.
    const bool is_all = (handed_out_.load(std::memory_order_relaxed) & ~kClosed) == options_.size;
    if (!is_all || is_partial_.load(std::memory_order_relaxed)) {
      bytes = cut;
    } else if (has_changed()) {
      note_fault("was changed while it was read");
      bytes = cut;
    }
  }
  ledger_->add_read(bytes);
}

bool FileInput::has_changed() const noexcept {
  struct stat status {};
  return fstat(file_.get(), &status) != 0 || status.st_mtim.tv_sec != changed_seconds_ ||
         status.st_mtim.tv_nsec != changed_nanoseconds_;
}

void FileInput::note_fault(const std::string& message) {
  ledger_->add_fault(options_.input, InputFaultKind::kBrokeOff, options_.name + ": " + message,
                     true);
}

bool FileInput::hand_out(std::uint64_t end) noexcept {
  std::uint64_t before = handed_out_.load(std::memory_order_relaxed);
  do {
    if ((before & kClosed) != 0) return false;
  } while (!handed_out_.compare_exchange_weak(before, end, std::memory_order_relaxed));
  return true;
}

bool FileInput::may_give_up(std::uint64_t at) noexcept {
  std::uint64_t before = handed_out_.load(std::memory_order_relaxed);
  do {
    if ((before & kClosed) != 0) return true;
    if (at < before) return false;
  } while (!handed_out_.compare_exchange_weak(before, before | kClosed, std::memory_order_relaxed));
  return true;
}

ReadStatus FileRange::pread_some(char* to, std::size_t size, std::uint64_t at,
                                 std::size_t* count) noexcept {
  const FileInput::Options& options = file_->options();
  for (;;) {
    const ssize_t got = pread(file_->file_.get(), to, size, static_cast<off_t>(options.begin + at));
    if (got > 0) {
      *count = static_cast<std::size_t>(got);
      return ReadStatus::kBytes;
    }
    if (got < 0 && errno == EINTR) continue;
    is_partial_ = true;
    file_->note_fault(got == 0 ? std::string("was cut short while it was read")
                               : std::string("cannot read: ") + std::strerror(errno));
    return ReadStatus::kBroken;
  }
}

std::uint64_t FileRange::skip_start() noexcept {
  if (begin_ != 0) return 0;
  at_ = read_ = file_->options().skipped;
  file_->ledger_->add_raw(read_);
  return read_;
}

std::optional<bool> FileRange::begins_inside_line() noexcept {
  if (begin_ == 0) return false;
  char before = '\0';
  std::size_t count = 0;
  if (pread_some(&before, 1, begin_ - 1, &count) != ReadStatus::kBytes) return std::nullopt;
  return before != '\n';
}

ReadStatus FileRange::read(char* to, std::size_t room, Wait /*wait*/, std::size_t* count) {
  Ledger& ledger = *file_->ledger_;
  const FileInput::Options& options = file_->options();
  if (ledger.abandoned()) return give_up();
  if (at_ >= options.size) return ReadStatus::kEnd;
  const std::uint64_t seam = std::min(kSeamBytes, read_bytes_);
  std::uint64_t size = read_bytes_;
  if (at_ >= end_) {
    if (ledger.stopped() && file_->may_give_up(at_)) return give_up();
    size = std::max(seam, at_ - end_);
  } else if (end_ - at_ <= size) {
    size = end_ - at_ + seam;
  }
  size = std::min({size, std::uint64_t{room}, options.size - at_});
  const ReadStatus status = pread_some(to, static_cast<std::size_t>(size), at_, count);
  if (status != ReadStatus::kBytes) return status;
  if (at_ < end_) {
    const std::uint64_t own = std::min<std::uint64_t>(*count, end_ - at_);
    read_ += own;
    ledger.add_raw(own);
  }
  at_ += *count;
  return status;
}

ReadStatus FileRange::give_up() noexcept {
  is_partial_ = true;
  return ReadStatus::kStopped;
}

// Errors are noted in the ledger at once.
std::string FileRange::message() const { return {}; }

void FileRange::close(std::uint64_t cut_bytes, bool is_partial) noexcept {
  if (file_ == nullptr) return;
  if (is_partial || is_partial_) file_->is_partial_.store(true, std::memory_order_relaxed);
  file_->read_.fetch_add(read_, std::memory_order_relaxed);
  file_->cut_.fetch_add(cut_bytes, std::memory_order_relaxed);
  file_.reset();  // the last one orders the others before it
}

}  // namespace hashcart::ingest
