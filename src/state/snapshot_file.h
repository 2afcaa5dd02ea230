// SnapshotFile: a state of the resolver on disk, and what stands for a catalogue beside it.
//
//   snapshot.N    "hcsnapsh" version:4 number:8 length:8 payload hash:8
//   catalogue.N   the same, with "hccatalo"
//
// Numbers are little-endian; the hash (XXH3-64) covers all before it. Each is written whole
// (whole_file.h) and never changed. Whoever needs one names it by number and hash, so that no other
// can stand in its place. What no valid checkpoint names is removed.
//
// Threads: one at a time.   Memory: the payload, once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "state/full_medium.h"

namespace hashcart::state {

// Number 0: there is none.
struct SnapshotMark {
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;  // of the payload
  std::uint64_t hash = 0;

  friend bool operator==(const SnapshotMark&, const SnapshotMark&) = default;
};

enum class SnapshotKind : std::uint8_t { kResolver, kCatalogue };

class SnapshotFile {
 public:
  // dir: an open directory, which outlives this, like medium, which may be null. path: its name,
  // for messages.
  SnapshotFile(int dir, std::string path, SnapshotKind kind, FullMedium* medium = nullptr);

  // False: message() says why. *mark is set only behind the last fsync.
  [[nodiscard]] bool write(std::uint64_t number, std::string_view payload, SnapshotMark* mark);
  // False: it is not there, or not as it was written; message() says which.
  [[nodiscard]] bool read(const SnapshotMark& mark, std::string* payload);
  // All but these. What cannot be removed stays until the next time.
  void keep_only(std::uint64_t number, std::uint64_t other) const;
  [[nodiscard]] bool exists() const;

  [[nodiscard]] const std::string& message() const noexcept { return message_; }

 private:
  [[nodiscard]] std::string name_of(std::uint64_t number) const;
  [[nodiscard]] std::string head_of(std::uint64_t number, std::uint64_t bytes) const;

  const int dir_;
  const std::string path_;
  const SnapshotKind kind_;
  FullMedium* const medium_;
  std::string message_;
};

}  // namespace hashcart::state
