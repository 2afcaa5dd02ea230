// StateDir: what `--state DIR` is: one run begins where the one before it ended, or was cut off.
//
//   lock                 held while a run uses the directory
//   checkpoint.0, .1     how far the runs have come (checkpoint.h)
//   snapshot.*           all that the resolver knew at some checkpoint (snapshot_file.h)
//   signals.*.log        what it was told since, or from the beginning (signal_log.h)
//   catalogue.*          the catalogue that these are to be read with
//
// The order of things. At the start: lock, newest valid checkpoint, outputs opened and compared
// with it, inputs looked up in it, its snapshot loaded into a new resolver and the log behind that
// replayed, whose output is not written again; then the outputs and the log are cut back to what is
// committed, and a checkpoint says that a run is under way. From then on the pipeline hands on, in
// the order of the input, outputs, signals, and now and then its place in the input; commit() makes
// all before it last: outputs, fdatasync; log, fdatasync; checkpoint. Whatever instant the process
// dies at, the next start finds a checkpoint whose outputs and log are whole up to what it says.
// What was written behind it is written again, to the same bytes, since output is a function of the
// input alone.
//
// A commit that comes with a snapshot begins a new segment of the log: outputs, log, snapshot,
// checkpoint. What neither of the two checkpoints needs any more is removed only behind the next
// one, so that each of them, taken alone, finds its snapshot and its log.
//
// A state belongs to one catalogue at a time. Where a run comes with another one, the resolver is
// rebuilt under the catalogue that is kept here and then passes to the new one, as it does on a
// reload: one commit, with a snapshot, moves the state over.
//
// Threads: setup by one; append() and commit() by one (the writer).
// Errors: setup throws base::SetupError, kState unless it is said otherwise. append() and commit()
// return false, and message() says why; nothing of the directory may be used then, and nothing is
// tried again, but for writing to a full disk, if the caller has the patience (full_medium.h).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/input_names.h"
#include "ingest/source.h"
#include "state/checkpoint.h"
#include "state/files.h"
#include "state/full_medium.h"
#include "state/output_file.h"
#include "state/signal_log.h"

namespace hashcart::state {

// The catalogue a state belongs to.
struct CatalogueIdentity {
  std::string sha256;
  std::string name;  // for messages
  std::string text;  // from which it can be loaded again
};

// What a run begins with; users and signal format it must have in common with those before it.
struct Identity {
  CatalogueIdentity catalogue;
  std::string users;  // how ids are masked: equal if and only if ids come out equal
  std::uint32_t signal_format = 0;
};

// How far an input of this run has come; what came before is in it.
struct InputPlace {
  std::uint64_t position = 0;
  std::uint64_t unended_bytes = 0;
  ingest::Framing framing = ingest::Framing::kAuto;
  bool is_done = false;
};

// A moment between two batches.
struct Progress {
  std::vector<InputPlace> inputs;  // as plan_inputs() gave them
  // Files that are followed: how far those have come that came any further since the last one.
  std::vector<ingest::FilePlace> followed;
  std::vector<std::uint64_t> counts;
  bool is_last = false;  // the run writes nothing behind it
  std::string snapshot;  // the resolver's state; empty: none is taken
  // The catalogue the resolver has passed to, which comes with a snapshot.
  std::optional<CatalogueIdentity> catalogue;

  // Gives back what is committed, which may be large.
  void forget_committed() noexcept {
    followed.clear();
    snapshot = {};
    catalogue.reset();
  }
};

class StateDir {
 public:
  // Makes the directory if there is none (not its parents), takes its lock, reads the checkpoint.
  // It may have something to say in warning(). medium: outlives this; null: a full disk is an error
  // like any other.
  StateDir(std::string path, Identity identity, FullMedium* medium = nullptr);
  ~StateDir();
  StateDir(const StateDir&) = delete;
  StateDir& operator=(const StateDir&) = delete;

  [[nodiscard]] const std::string& warning() const noexcept { return warning_; }

  // The catalogue that the state was made under, where it is another one than this run's: what it
  // holds can be read with that one only.
  [[nodiscard]] const std::optional<CatalogueIdentity>& catalogue_before() const noexcept {
    return catalogue_before_;
  }

  // Looks the inputs up. names: as ingest::expand_inputs() gave them. What cannot be opened is left
  // for the source to tell. Throws kUsage for what is no regular file.
  void plan_inputs(const std::vector<std::string>& names);
  // By input of this run: where to begin, and its number in signals.
  [[nodiscard]] const std::vector<ingest::InputStart>& starts() const noexcept { return starts_; }
  [[nodiscard]] const std::vector<std::uint32_t>& numbers() const noexcept { return numbers_; }
  [[nodiscard]] const std::vector<InputPlace>& places() const noexcept { return places_; }
  // By number. Whoever finds inputs while the run goes on adds their names.
  [[nodiscard]] const std::shared_ptr<base::InputNames>& input_names() const noexcept {
    return names_;
  }
  // What runs before this one read of files that can be followed on, the one that was read last at
  // the end; instead of plan_inputs().
  [[nodiscard]] std::vector<ingest::FilePlace> followed() const;

  // They are gone for good. In setup.
  void forget(const std::vector<ingest::FilePlace>& places);

  // The sink of an output, compared with what is committed of it; it outlives this. Each kind once.
  [[nodiscard]] OutputFile* open_output(OutputKind kind, const std::string& path);

  // The resolver's state at the snapshot; empty: there is none. Once.
  [[nodiscard]] std::string take_snapshot() noexcept { return std::move(snapshot_); }
  // Bytes of that, also after it was taken.
  [[nodiscard]] std::uint64_t snapshot_bytes() const noexcept { return snapshot_bytes_; }
  // Replays what is committed behind the snapshot. Then begin(), before anything is appended.
  void replay(const SignalLog::Visit& visit) const;
  // The books at the checkpoint; empty: there was none.
  [[nodiscard]] const std::vector<std::uint64_t>& counts() const noexcept { return now_.counts; }
  // Throws kOutput if an output fails. counts: the books as they are now.
  void begin(std::span<const std::uint64_t> counts);

  [[nodiscard]] bool append(EntryKind kind, std::uint32_t count, std::string_view payload);
  [[nodiscard]] bool commit(const Progress& progress);
  [[nodiscard]] const std::string& message() const noexcept { return message_; }
  // Written to the records, over all runs.
  [[nodiscard]] std::uint64_t records_bytes() const noexcept;

 private:
  static constexpr std::size_t kNoFile = static_cast<std::size_t>(-1);

  void plan_input(const std::string& name);
  static void go_on(InputFile* file, const InputFile& seen, int fd, const std::string& name);
  // Makes the checkpoint the state goes on from: its snapshot is there.
  void adopt(CheckpointSlots::Loaded loaded);
  void note_followed(const ingest::FilePlace& place);
  [[nodiscard]] bool take(std::string_view snapshot);
  [[nodiscard]] bool pass_to(const CatalogueIdentity& catalogue);
  void find_catalogue(const CatalogueIdentity& wanted);
  [[nodiscard]] bool save();
  // Behind a checkpoint: removes what neither it nor the one before it needs.
  void remove_unneeded();

  const std::string path_;
  FullMedium* const medium_;
  Descriptor dir_;
  Descriptor lock_;
  std::unique_ptr<CheckpointSlots> slots_;
  std::unique_ptr<SignalLog> log_;
  std::unique_ptr<SnapshotFile> snapshots_;
  std::unique_ptr<SnapshotFile> catalogues_;
  std::string snapshot_;  // until it is taken
  std::uint64_t snapshot_bytes_ = 0;
  std::optional<CatalogueIdentity> catalogue_before_;
  Checkpoint now_;  // as loaded; then as it will be written next
  // What the checkpoint before it needs; and how much of that is known to be all there is.
  struct Needs {
    std::uint64_t snapshot = 0;
    std::uint64_t first_segment = 1;
    std::uint64_t catalogue = 0;

    friend bool operator==(const Needs&, const Needs&) = default;
  };
  [[nodiscard]] Needs needs() const noexcept {
    return {now_.snapshot.number, now_.log_first_segment, now_.catalogue_text.number};
  }
  Needs before_;
  std::optional<Needs> tidied_for_;
  std::string warning_;
  std::shared_ptr<base::InputNames> names_ = std::make_shared<base::InputNames>();
  std::vector<ingest::InputStart> starts_;
  std::vector<std::uint32_t> numbers_;
  std::vector<InputPlace> places_;
  std::vector<std::size_t> file_of_;  // by input of this run: its place in now_.files, or kNoFile
  struct Output {
    std::unique_ptr<OutputFile> file;
    std::uint64_t committed = 0;
  };
  std::array<Output, kOutputCount> outputs_;
  std::uint64_t records_bytes_before_ = 0;  // less what the records file held then
  std::string message_;
};

}  // namespace hashcart::state
