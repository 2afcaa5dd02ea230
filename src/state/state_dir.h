// StateDir: what `--state DIR` is: one run begins where the one before it ended, or was cut off.
//
//   lock                 held while a run uses the directory
//   checkpoint.0, .1     how far the runs have come (checkpoint.h)
//   signals.*.log        what the resolver was told (signal_log.h)
//
// The order of things. At the start: lock, newest valid checkpoint, outputs opened and compared
// with it, inputs looked up in it, the log replayed into a new resolver, whose output is not
// written again; then the outputs and the log are cut back to what is committed, and a checkpoint
// says that a run is under way. From then on the pipeline hands on, in the order of the input,
// outputs, signals, and now and then its place in the input; commit() makes all before it last:
// outputs, fdatasync; log, fdatasync; checkpoint. Whatever instant the process dies at, the next
// start finds a checkpoint whose outputs and log are whole up to what it says. What was written
// behind it is written again, to the same bytes, since output is a function of the input alone.
//
// The resolver's tables forget by count and by event time, but not all of them by a fixed age (a
// campaign's stock, places in line and link memory have none), so the log is kept as a whole.
//
// Threads: setup by one; append() and commit() by one (the writer).
// Errors: setup throws base::SetupError, kState unless it is said otherwise. append() and commit()
// return false, and message() says why; nothing of the directory may be used then, and nothing is
// tried again.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/source.h"
#include "state/checkpoint.h"
#include "state/files.h"
#include "state/output_file.h"
#include "state/signal_log.h"

namespace hashcart::state {

// What a run must have in common with those before it.
struct Identity {
  std::string catalogue;       // SHA-256
  std::string catalogue_name;  // for messages
  std::string users;           // how ids are masked: equal if and only if ids come out equal
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
  std::vector<std::uint64_t> counts;
  bool is_last = false;  // the run writes nothing behind it
};

class StateDir {
 public:
  // Makes the directory if there is none (not its parents), takes its lock, reads the checkpoint.
  // It may have something to say in warning().
  StateDir(std::string path, Identity identity);
  ~StateDir();
  StateDir(const StateDir&) = delete;
  StateDir& operator=(const StateDir&) = delete;

  [[nodiscard]] const std::string& warning() const noexcept { return warning_; }

  // Looks the inputs up. names: as ingest::expand_inputs() gave them. What cannot be opened is left
  // for the source to tell. Throws kUsage for what is no regular file.
  void plan_inputs(const std::vector<std::string>& names);
  // By input of this run: where to begin, and its number in signals.
  [[nodiscard]] const std::vector<ingest::InputStart>& starts() const noexcept { return starts_; }
  [[nodiscard]] const std::vector<std::uint32_t>& numbers() const noexcept { return numbers_; }
  [[nodiscard]] const std::vector<InputPlace>& places() const noexcept { return places_; }
  // By number.
  [[nodiscard]] const std::vector<std::string>& input_names() const noexcept {
    return now_.input_names;
  }

  // The sink of an output, compared with what is committed of it; it outlives this. Each kind once.
  [[nodiscard]] OutputFile* open_output(OutputKind kind, const std::string& path);

  // Replays what is committed. Then begin(), before anything is appended.
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
  // An input's beginning tells it from another one with its inode.
  static constexpr std::size_t kFingerprintBytes = 4096;

  void check_identity(const Identity& identity) const;
  [[nodiscard]] std::uint32_t number_of(const std::string& name);
  void plan_input(const std::string& name);
  static void go_on(InputFile* file, const InputFile& seen, int fd, const std::string& name);
  [[nodiscard]] bool save();

  const std::string path_;
  Descriptor dir_;
  Descriptor lock_;
  std::unique_ptr<CheckpointSlots> slots_;
  std::unique_ptr<SignalLog> log_;
  Checkpoint now_;  // as loaded; then as it will be written next
  bool is_first_run_ = true;
  std::string warning_;
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
