// Checkpoint: how far a run has come, in two slots that are written in turn.
//
//   checkpoint.0, .1   "hcstate1" version:4 generation:8 length:8 body hash:8
//
// Numbers are little-endian; the hash (XXH3-64) covers all before it. Generation g goes to slot
// g % 2 by way of checkpoint.tmp: write, fsync, rename, fsync of the directory. So the slot before
// it is whole at every instant, and a slot is what it was or what it becomes. A slot is taken for
// valid only if every byte of it fits; a slot that is not is never taken for none.
//
// Threads: one at a time.   Errors: setup throws base::SetupError (kState).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/chunk.h"
#include "state/full_medium.h"
#include "state/signal_log.h"
#include "state/snapshot_file.h"

namespace hashcart::state {

// A file that was read, known again by what it is, not by its name. Its place is behind the last
// record that was resolved.
struct InputFile : ingest::FilePlace {
  std::uint64_t begin = 0;  // where in it the input began; not 0 for standard input only
  std::uint64_t size = 0;   // of the file behind `begin`, when a run last looked
  bool is_packed = false;
  // Of what is no file of plain lines: it was read to its end, at this size.
  bool is_done = false;
};

enum class OutputKind : std::uint8_t { kRecords = 0, kOutcomes = 1, kRejects = 2 };
inline constexpr std::size_t kOutputCount = 3;

// An output as far as it is committed.
struct OutputMark {
  OutputKind kind = OutputKind::kRecords;
  std::string name;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t length = 0;
  std::uint64_t tail_hash = 0;  // of its last bytes, kTailBytes at most
};

struct Checkpoint {
  std::uint64_t generation = 0;
  // The run that wrote it wrote nothing behind it: its outputs end here.
  bool is_clean = false;
  std::string catalogue;  // its SHA-256; signals name campaigns by their place in it
  std::string catalogue_name;
  std::string users;  // how ids are masked, as a word that does not tell the key
  // The file that holds its resolved text. The number is the epoch: it rises with each catalogue
  // the state passes to.
  SnapshotMark catalogue_text;
  // What the resolver's state is made of: the snapshot, if there is one, and behind it the log from
  // the beginning of a segment on.
  SnapshotMark snapshot;
  std::uint64_t log_first_segment = 1;
  LogPosition log;
  std::vector<std::string> input_names;  // by number, as signals have it
  std::vector<InputFile> files;
  std::vector<OutputMark> outputs;
  std::vector<std::uint64_t> counts;  // the books; what each is, is the pipeline's business
  std::uint64_t records_bytes = 0;    // written to the records, over all runs
};

// How a slot's file reads, and back. Nothing: it is no slot of this version.
[[nodiscard]] std::string encode(const Checkpoint& checkpoint);
[[nodiscard]] std::optional<Checkpoint> decode(std::string_view bytes);

class CheckpointSlots {
 public:
  // dir: an open directory, which outlives this, like medium, which may be null. path: its name,
  // for messages.
  CheckpointSlots(int dir, std::string path, FullMedium* medium = nullptr);

  struct Loaded {
    std::optional<Checkpoint> checkpoint;  // nothing: there are no slots
    std::optional<Checkpoint> before;      // the other one, if it is valid
    // The other slot cannot be read: it may have been the newer one.
    std::string warning;
  };
  // The newest valid one. Throws if there are slots and none is valid.
  [[nodiscard]] Loaded load() const;

  // False on an error; then nothing may be saved any more.
  [[nodiscard]] bool save(const Checkpoint& checkpoint);
  [[nodiscard]] const std::string& message() const noexcept { return message_; }

 private:
  const int dir_;
  const std::string path_;
  FullMedium* const medium_;
  std::string message_;
};

}  // namespace hashcart::state
