#include "state/signal_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "base/check.h"

namespace hashcart::state {
namespace {

constexpr std::string_view kMagic = "hcsignal";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHeadBytes = 40;
constexpr std::size_t kHeadHashAt = 32;
constexpr std::size_t kHeadVersionsEnd = 16;
// Of an entry, before its payload.
constexpr std::size_t kHashBytes = 8;
constexpr std::size_t kLengthAt = kHashBytes;
constexpr std::size_t kCountAt = kLengthAt + 4;
constexpr std::size_t kKindAt = kCountAt + 4;
constexpr std::size_t kEntryHeadBytes = kKindAt + 1;

}  // namespace

SignalLog::SignalLog(int dir, std::string path, std::uint32_t signal_format,
                     std::uint64_t segment_bytes)
    : dir_(dir),
      path_(std::move(path)),
      signal_format_(signal_format),
      segment_bytes_(segment_bytes) {}

std::string SignalLog::name_of(std::uint64_t segment) const {
  return fmt::format("signals.{:08d}.log", segment);
}

std::string SignalLog::head_of(std::uint64_t segment, std::uint64_t bytes_before) const {
  std::string head(kMagic);
  put_number(kVersion, 4, &head);
  put_number(signal_format_, 4, &head);
  put_number(segment, 8, &head);
  put_number(bytes_before, 8, &head);
  put_number(hash_of(head), 8, &head);
  return head;
}

// Offsets are far below 2^40.
std::uint64_t SignalLog::seed_of(std::uint64_t segment, std::uint64_t offset) noexcept {
  return (segment << 40U) ^ offset;
}

void SignalLog::read(const LogPosition& end, const Visit& visit) const {
  std::string bytes;
  std::uint64_t bytes_before = 0;
  for (std::uint64_t segment = 1; segment <= end.segment; ++segment) {
    const std::string name = name_of(segment);
    if (segment == end.segment && end.offset == 0) return;
    const Descriptor file = open_at(dir_, name, O_RDONLY | O_NOFOLLOW);
    struct stat status {};
    if (!file.is_open() || fstat(file.get(), &status) != 0) {
      refuse(error_text(path_ + "/" + name, "a part of the state cannot be read"));
    }
    const std::uint64_t size =
        segment == end.segment ? end.offset : static_cast<std::uint64_t>(status.st_size);
    bytes.clear();
    if (!read_at(file.get(), 0, size, &bytes)) {
      refuse(error_text(path_ + "/" + name, "a part of the state cannot be read"));
    }
    read_segment(segment, size, bytes_before, visit, bytes);
    bytes_before = size;
  }
}

void SignalLog::read_segment(std::uint64_t segment, std::uint64_t size, std::uint64_t bytes_before,
                             const Visit& visit, std::string_view all) const {
  const auto damaged = [&](std::uint64_t offset, std::string_view how) {
    refuse(fmt::format(
        "{}/{}: damaged at byte {}: {}; the state is lost. Restore the directory from a copy, or "
        "begin anew with an empty one",
        path_, name_of(segment), offset, how));
  };
  if (all.size() < size) damaged(all.size(), "ends too early");
  if (all.size() < kHeadBytes ||
      number_at(all.substr(kHeadHashAt), 8) != hash_of(all.substr(0, kHeadHashAt)) ||
      !all.starts_with(kMagic)) {
    damaged(0, "no head of a segment");
  }
  const std::string head = head_of(segment, bytes_before);
  if (all.substr(0, kHeadVersionsEnd) != std::string_view(head).substr(0, kHeadVersionsEnd)) {
    refuse(fmt::format(
        "{}/{}: written by another version of hashcart, which must also end it (--at-end expire); "
        "then begin anew with an empty directory",
        path_, name_of(segment)));
  }
  if (!all.starts_with(head)) damaged(0, "does not go on where the segment before it ends");
  std::size_t at = kHeadBytes;
  while (at < all.size()) {
    const std::string_view left = all.substr(at);
    if (left.size() < kEntryHeadBytes) damaged(at, "ends inside an entry");
    const std::uint64_t length = number_at(left.substr(kLengthAt), 4);
    if (length > left.size() - kEntryHeadBytes) damaged(at, "ends inside an entry");
    const std::size_t entry_bytes = kEntryHeadBytes + static_cast<std::size_t>(length);
    const std::string_view hashed = left.substr(kHashBytes, entry_bytes - kHashBytes);
    if (number_at(left, kHashBytes) != hash_of(hashed, seed_of(segment, at))) {
      damaged(at, "an entry does not fit its hash");
    }
    visit(static_cast<EntryKind>(left[kKindAt]),
          static_cast<std::uint32_t>(number_at(left.substr(kCountAt), 4)),
          left.substr(kEntryHeadBytes, static_cast<std::size_t>(length)));
    at += entry_bytes;
  }
}

void SignalLog::start(const LogPosition& end) {
  position_ = end;
  // The last goes first, so that there is no gap if this ends halfway.
  const std::uint64_t behind = end.offset == 0 ? end.segment : end.segment + 1;
  std::uint64_t past = behind;
  while (::faccessat(dir_, name_of(past).c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) ++past;
  while (past > behind) {
    const std::string name = name_of(--past);
    if (::unlinkat(dir_, name.c_str(), 0) != 0) {
      refuse(error_text(path_ + "/" + name, "cannot be removed"));
    }
  }
  if (end.offset == 0) return;
  const std::string name = name_of(end.segment);
  file_ = open_at(dir_, name, O_WRONLY | O_NOFOLLOW);
  if (!file_.is_open() || ::ftruncate(file_.get(), static_cast<off_t>(end.offset)) != 0 ||
      ::lseek(file_.get(), 0, SEEK_END) < 0) {
    refuse(error_text(path_ + "/" + name, "cannot be continued"));
  }
}

bool SignalLog::fail(std::uint64_t segment, std::string_view what) {
  message_ = error_text(path_ + "/" + name_of(segment), what);
  return false;
}

bool SignalLog::append(EntryKind kind, std::uint32_t count, std::string_view payload) {
  HASHCART_CHECK(payload.size() < (1ULL << 32U));
  std::uint64_t bytes_before = 0;
  if (position_.offset >= segment_bytes_) {
    // Its end must be there before anything behind it is.
    if (!sync()) return false;
    bytes_before = position_.offset;
    position_ = {position_.segment + 1, 0};
  }
  if (position_.offset == 0) {
    file_ = open_at(dir_, name_of(position_.segment), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
    if (!file_.is_open()) return fail(position_.segment, "cannot be made");
    has_new_name_ = true;
    if (!write_all(file_.get(), head_of(position_.segment, bytes_before))) {
      return fail(position_.segment, "writing failed");
    }
    position_.offset = kHeadBytes;
  }
  entry_.assign(kHashBytes, '\0');
  put_number(payload.size(), 4, &entry_);
  put_number(count, 4, &entry_);
  put_number(static_cast<std::uint64_t>(kind), 1, &entry_);
  entry_ += payload;
  std::string hash;
  put_number(hash_of(std::string_view(entry_).substr(kHashBytes),
                     seed_of(position_.segment, position_.offset)),
             kHashBytes, &hash);
  entry_.replace(0, kHashBytes, hash);
  is_dirty_ = true;
  if (!write_all(file_.get(), entry_)) return fail(position_.segment, "writing failed");
  position_.offset += entry_.size();
  return true;
}

bool SignalLog::sync() {
  if (is_dirty_ && !sync_data(file_.get())) return fail(position_.segment, "syncing failed");
  is_dirty_ = false;
  if (has_new_name_ && !sync_all(dir_)) return fail(position_.segment, "syncing failed");
  has_new_name_ = false;
  return true;
}

}  // namespace hashcart::state
