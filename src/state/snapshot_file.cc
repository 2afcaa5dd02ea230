#include "state/snapshot_file.h"

#include <unistd.h>

#include <limits>
#include <utility>

#include "state/files.h"
#include "state/whole_file.h"

namespace hashcart::state {
namespace {

constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHashBytes = 8;

std::string_view magic(SnapshotKind kind) {
  return kind == SnapshotKind::kResolver ? "hcsnapsh" : "hccatalo";
}

std::string_view prefix(SnapshotKind kind) {
  return kind == SnapshotKind::kResolver ? "snapshot." : "catalogue.";
}

// Of a head and a payload, without putting them together.
std::uint64_t hash_of_both(std::string_view head, std::string_view payload) {
  return hash_of(payload, hash_of(head));
}

}  // namespace

SnapshotFile::SnapshotFile(int dir, std::string path, SnapshotKind kind, FullMedium* medium)
    : dir_(dir), path_(std::move(path)), kind_(kind), medium_(medium) {}

std::string SnapshotFile::name_of(std::uint64_t number) const {
  return std::string(prefix(kind_)) + std::to_string(number);
}

std::string SnapshotFile::head_of(std::uint64_t number, std::uint64_t bytes) const {
  std::string head(magic(kind_));
  put_number(kVersion, 4, &head);
  put_number(number, 8, &head);
  put_number(bytes, 8, &head);
  return head;
}

bool SnapshotFile::write(std::uint64_t number, std::string_view payload, SnapshotMark* mark) {
  const std::string head = head_of(number, payload.size());
  const std::uint64_t hash = hash_of_both(head, payload);
  std::string tail;
  put_number(hash, kHashBytes, &tail);
  message_ = replace_file(dir_, path_, name_of(number), {head, payload, tail}, medium_);
  if (!message_.empty()) return false;
  *mark = {number, payload.size(), hash};
  return true;
}

bool SnapshotFile::read(const SnapshotMark& mark, std::string* payload) {
  const std::string name = name_of(mark.number);
  if (!read_file(dir_, name, std::numeric_limits<std::int64_t>::max(), payload)) {
    message_ = error_text(path_ + "/" + name, "a part of the state cannot be read");
    return false;
  }
  const std::string head = head_of(mark.number, mark.bytes);
  const std::string_view all = *payload;
  if (all.size() != head.size() + mark.bytes + kHashBytes || !all.starts_with(head) ||
      hash_of_both(head, all.substr(head.size(), mark.bytes)) != mark.hash ||
      number_at(all.substr(all.size() - kHashBytes), kHashBytes) != mark.hash) {
    message_ = path_ + "/" + name + ": is damaged, or of another version of hashcart";
    return false;
  }
  payload->resize(payload->size() - kHashBytes);
  payload->erase(0, head.size());
  return true;
}

void SnapshotFile::keep_only(std::uint64_t number, std::uint64_t other) const {
  for (const std::uint64_t found : numbers_of(dir_, prefix(kind_))) {
    if (found != number && found != other) ::unlinkat(dir_, name_of(found).c_str(), 0);
  }
}

bool SnapshotFile::exists() const { return !numbers_of(dir_, prefix(kind_)).empty(); }

}  // namespace hashcart::state
