#include "state/signal_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "base/check.h"
#include "state/whole_file.h"

namespace hashcart::state {
namespace {

constexpr std::string_view kPrefix = "signals.";
constexpr std::string_view kSuffix = ".log";
constexpr std::string_view kMagic = "hcsignal";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHeadBytes = 40;
constexpr std::size_t kBytesBeforeAt = 24;
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
                     std::uint64_t segment_bytes, FullMedium* medium)
    : dir_(dir),
      path_(std::move(path)),
      signal_format_(signal_format),
      segment_bytes_(segment_bytes),
      medium_(medium) {}

std::string SignalLog::name_of(std::uint64_t segment) const {
  return fmt::format("{}{:08d}{}", kPrefix, segment, kSuffix);
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

void SignalLog::read(std::uint64_t first_segment, const LogPosition& end,
                     const Visit& visit) const {
  std::string bytes;
  // What lay before the first may be gone.
  std::optional<std::uint64_t> bytes_before;
  if (first_segment == 1) bytes_before = 0;
  for (std::uint64_t segment = first_segment; segment <= end.segment; ++segment) {
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

void SignalLog::read_segment(std::uint64_t segment, std::uint64_t size,
                             std::optional<std::uint64_t> bytes_before, const Visit& visit,
                             std::string_view all) const {
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
  const std::string head =
      head_of(segment, bytes_before.value_or(number_at(all.substr(kBytesBeforeAt), 8)));
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
  if (end.offset == 0) {
    // It may be gone already; then nobody asks how long it was.
    struct stat status {};
    const bool is_there =
        ::fstatat(dir_, name_of(end.segment - 1).c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
    bytes_before_ = is_there ? static_cast<std::uint64_t>(status.st_size) : 0;
    return;
  }
  const std::string name = name_of(end.segment);
  file_ = open_at(dir_, name, O_WRONLY | O_NOFOLLOW);
  if (!file_.is_open() || ::ftruncate(file_.get(), static_cast<off_t>(end.offset)) != 0 ||
      ::lseek(file_.get(), 0, SEEK_END) < 0) {
    refuse(error_text(path_ + "/" + name, "cannot be continued"));
  }
}

std::uint64_t SignalLog::begin_segment() noexcept {
  if (position_.offset > 0) {
    bytes_before_ = position_.offset;
    position_ = {position_.segment + 1, 0};
  }
  return position_.segment;
}

void SignalLog::remove_before(std::uint64_t segment) const {
  // The first goes first, so that there is no gap if this ends halfway.
  for (const std::uint64_t found : numbers_of(dir_, kPrefix, kSuffix)) {
    if (found < segment) ::unlinkat(dir_, name_of(found).c_str(), 0);
  }
}

bool SignalLog::exists() const { return !numbers_of(dir_, kPrefix, kSuffix).empty(); }

bool SignalLog::fail(std::uint64_t segment, std::string_view what) {
  message_ = error_text(path_ + "/" + name_of(segment), what);
  return false;
}

template <typename Attempt>
bool SignalLog::patiently(Attempt attempt) {
  const char* const what = write_with_patience(medium_, attempt, [this](std::string_view failed) {
    return error_text(path_ + "/" + name_of(position_.segment), failed);
  });
  return what == nullptr || fail(position_.segment, what);
}

bool SignalLog::make_segment() {
  const std::string name = name_of(position_.segment);
  const auto open = [&]() -> const char* {
    file_ = open_at(dir_, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
    return file_.is_open() ? nullptr : "cannot be made";
  };
  if (!patiently(open)) return false;
  const std::string head = head_of(position_.segment, bytes_before_);
  WholeAppend append;
  return patiently([&] { return append.attempt(file_.get(), 0, head); });
}

bool SignalLog::append(EntryKind kind, std::uint32_t count, std::string_view payload) {
  HASHCART_CHECK(payload.size() < (1ULL << 32U));
  if (position_.offset >= segment_bytes_) {
    // Its end must be there before anything behind it is.
    if (!sync()) return false;
    begin_segment();
  }
  if (position_.offset == 0) {
    if (!make_segment()) return false;
    has_new_name_ = true;
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
  WholeAppend append;
  if (!patiently([&] { return append.attempt(file_.get(), position_.offset, entry_); })) {
    return false;
  }
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
