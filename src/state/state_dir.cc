#include "state/state_dir.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "base/setup_error.h"

namespace hashcart::state {
namespace {

using base::SetupError;
using base::SetupFault;

constexpr mode_t kDirMode = 0700;

bool is_plain(const InputFile& file) noexcept {
  return !file.is_packed && file.framing == ingest::Framing::kNdjson;
}

}  // namespace

StateDir::StateDir(std::string path, Identity identity, FullMedium* medium)
    : path_(std::move(path)), medium_(medium) {
  if (::mkdir(path_.c_str(), kDirMode) != 0 && errno != EEXIST) {
    refuse(error_text(path_, "cannot be made"));
  }
  dir_ = open_at(AT_FDCWD, path_, O_RDONLY | O_DIRECTORY);
  if (!dir_.is_open()) refuse(error_text(path_, "cannot be used as a state directory"));
  lock_ = open_at(dir_.get(), "lock", O_RDWR | O_CREAT | O_NOFOLLOW);
  if (!lock_.is_open()) refuse(error_text(path_ + "/lock", "cannot be opened"));
  int locked = 0;
  do {
    locked = ::flock(lock_.get(), LOCK_EX | LOCK_NB);
  } while (locked != 0 && errno == EINTR);
  if (locked != 0) {
    if (errno == EWOULDBLOCK) {
      refuse(path_ + ": in use by another hashcart; wait for it, or name another directory");
    }
    refuse(error_text(path_ + "/lock", "cannot be locked"));
  }
  slots_ = std::make_unique<CheckpointSlots>(dir_.get(), path_, medium_);
  log_ = std::make_unique<SignalLog>(dir_.get(), path_, identity.signal_format,
                                     SignalLog::kSegmentBytes, medium_);
  snapshots_ = std::make_unique<SnapshotFile>(dir_.get(), path_, SnapshotKind::kResolver, medium_);
  catalogues_ =
      std::make_unique<SnapshotFile>(dir_.get(), path_, SnapshotKind::kCatalogue, medium_);
  CheckpointSlots::Loaded loaded = slots_->load();
  if (loaded.checkpoint) {
    adopt(std::move(loaded));
    if (now_.users != identity.users) {
      refuse(path_ +
             ": made with another --users, so ids would not join; give the same, or an empty "
             "directory");
    }
    find_catalogue(identity.catalogue);
  } else if (log_->exists() || snapshots_->exists()) {
    refuse(path_ +
           ": holds signals and no checkpoint, so it is not known what was read. Restore it from a "
           "copy, or begin anew with an empty directory and new outputs");
  } else if (!pass_to(identity.catalogue)) {
    refuse(message_);
  }
  for (const std::string& name : now_.input_names) static_cast<void>(names_->add(name));
  now_.users = std::move(identity.users);
  records_bytes_before_ = now_.records_bytes;
}

StateDir::~StateDir() = default;

void StateDir::adopt(CheckpointSlots::Loaded loaded) {
  now_ = std::move(*loaded.checkpoint);
  warning_ = std::move(loaded.warning);
  if (now_.snapshot.number != 0 && !snapshots_->read(now_.snapshot, &snapshot_)) {
    if (!loaded.before || loaded.before->snapshot == now_.snapshot) {
      refuse(snapshots_->message() +
             "; the state is lost. Restore the directory from a copy, or begin anew with an empty "
             "one and new outputs");
    }
    warning_ = snapshots_->message();
    now_ = std::move(*loaded.before);
    if (now_.snapshot.number == 0) {
      snapshot_.clear();
    } else if (!snapshots_->read(now_.snapshot, &snapshot_)) {
      refuse(snapshots_->message() + "; and " + warning_ +
             "; the state is lost. Restore the directory from a copy, or begin anew with an empty "
             "one and new outputs");
    }
  }
  if (!warning_.empty()) {
    // What the other one said is not known; it may have been that a run was under way.
    now_.is_clean = false;
    warning_ += "; going on from the checkpoint before it";
  }
  snapshot_bytes_ = snapshot_.size();
  before_ = needs();
}

void StateDir::find_catalogue(const CatalogueIdentity& wanted) {
  if (now_.catalogue == wanted.sha256) return;
  CatalogueIdentity before{.sha256 = now_.catalogue, .name = now_.catalogue_name, .text = {}};
  if (!catalogues_->read(now_.catalogue_text, &before.text)) {
    refuse(fmt::format(
        "{}; it is the catalogue this state was made under, {}, and what is pending can be read "
        "with that one only: run with it, or begin anew with an empty directory and new outputs",
        catalogues_->message(), before.name));
  }
  catalogue_before_ = std::move(before);
}

// ------------------------------------------------------------------------------------------ inputs

void StateDir::plan_inputs(const std::vector<std::string>& names) {
  for (const std::string& name : names) plan_input(name);
}

void StateDir::plan_input(const std::string& name) {
  numbers_.push_back(names_->number_of(name));
  // What is not looked at here must not be read either: it would not be known as read.
  ingest::InputStart& start =
      starts_.emplace_back(ingest::InputStart{.device = ~0ULL, .inode = ~0ULL});
  places_.emplace_back();
  file_of_.push_back(kNoFile);
  const bool is_stdin = name == "-";
  const Descriptor own = is_stdin ? Descriptor() : open_at(AT_FDCWD, name, O_RDONLY | O_NONBLOCK);
  const int fd = is_stdin ? STDIN_FILENO : own.get();
  struct stat status {};
  if (fd < 0 || fstat(fd, &status) != 0 || S_ISDIR(status.st_mode)) return;
  if (!S_ISREG(status.st_mode)) {
    throw SetupError(
        SetupFault::kUsage,
        fmt::format("{}: with --state every input is a regular file, by name or as standard input: "
                    "what went through a pipe cannot be read again",
                    is_stdin ? "standard input" : name));
  }
  InputFile seen;
  seen.device = status.st_dev;
  seen.inode = status.st_ino;
  seen.begin =
      is_stdin ? static_cast<std::uint64_t>(std::max<off_t>(0, ::lseek(fd, 0, SEEK_CUR))) : 0;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  seen.size = size - std::min(size, seen.begin);
  std::string head;
  if (!read_at(fd, seen.begin, std::min<std::uint64_t>(seen.size, ingest::kFingerprintBytes),
               &head)) {
    throw SetupError(SetupFault::kInput, error_text(name, "cannot be read"));
  }
  seen.is_packed = ingest::is_packed_start(head);
  start.device = seen.device;
  start.inode = seen.inode;
  // The file that was read before, by what it is and how it begins.
  const auto found = std::find_if(now_.files.begin(), now_.files.end(), [&](const InputFile& file) {
    return file.device == seen.device && file.inode == seen.inode && file.begin == seen.begin;
  });
  const auto at = static_cast<std::size_t>(found - now_.files.begin());
  if (found == now_.files.end()) {
    now_.files.push_back(seen);
  } else if (std::find(file_of_.begin(), file_of_.end(), at) != file_of_.end()) {
    start.is_done = true;  // named twice
    return;
  } else if (ingest::begins_like(*found, head)) {
    go_on(&*found, seen, fd, name);
  } else {
    *found = seen;  // its inode was another's, which is gone
  }
  InputFile& file = now_.files[at];
  file.size = seen.size;
  file.fingerprint_bytes = head.size();
  file.fingerprint = ingest::fingerprint_of(head);
  file.name = numbers_.back();
  file_of_.back() = at;
  start.position = file.position;
  start.framing = file.framing;
  start.is_done = is_plain(file) ? file.position == file.size : file.is_done;
  places_.back() = {.position = file.position,
                    .unended_bytes = file.unended_bytes,
                    .framing = file.framing,
                    .is_done = file.is_done};
}

// A file may have grown. What it ended with was taken for a record then; if it has gone on since,
// that is read again, as a whole.
void StateDir::go_on(InputFile* file, const InputFile& seen, int fd, const std::string& name) {
  if (seen.size < file->size) {
    refuse(fmt::format(
        "{}: has become shorter since it was read ({} bytes, then {}); a file may only grow",
        name == "-" ? "standard input" : name, seen.size, file->size));
  }
  if (seen.size == file->size) return;
  file->is_done = false;
  if (file->unended_bytes == 0) return;
  if (!is_plain(*file)) {
    file->position -= file->unended_bytes;
    file->unended_bytes = 0;
    return;
  }
  std::string next;
  if (!read_at(fd, seen.begin + file->position, 2, &next)) return;
  file->position = ingest::behind_unended(*file, next);
  file->unended_bytes = 0;
}

// ----------------------------------------------------------------------------------------- outputs

OutputFile* StateDir::open_output(OutputKind kind, const std::string& path) {
  const auto mark = std::find_if(now_.outputs.begin(), now_.outputs.end(),
                                 [&](const OutputMark& output) { return output.kind == kind; });
  const bool is_known = mark != now_.outputs.end();
  // Whether it must be what the run before was writing to.
  const bool is_bound = is_known && !now_.is_clean;
  Output& output = outputs_[static_cast<std::size_t>(kind)];
  // What the run before did not come to commit may stand in it all the same.
  const bool may_be_gone = is_bound && mark->length == 0 && mark->name == path;
  output.file = std::make_unique<OutputFile>(path, !is_bound || may_be_gone, medium_);
  const OutputFile& file = *output.file;
  for (const Output& other : outputs_) {
    if (other.file != nullptr && other.file != output.file && !file.was_missing() &&
        other.file->device() == file.device() && other.file->inode() == file.inode()) {
      throw SetupError(SetupFault::kUsage, file.name() + ": is the same file as " +
                                               other.file->name() + "; give each its own");
    }
  }
  const bool is_same = is_known && !file.was_missing() && mark->device == file.device() &&
                       mark->inode == file.inode();
  if (is_bound && !is_same && !(may_be_gone && file.was_missing())) {
    refuse(fmt::format(
        "{}: the last run was cut off while it wrote {} to {}; run again with that file in its "
        "place, so that it can be ended",
        file.name(), mark->length, mark->name));
  }
  const bool is_new = !is_same || (now_.is_clean && file.size_at_start() == 0);
  if (is_new) {
    if (file.size_at_start() > 0) {
      refuse(fmt::format(
          "{}: holds {} bytes that this state knows nothing of; move it away, or name another file",
          file.name(), file.size_at_start()));
    }
    return output.file.get();
  }
  if (file.size_at_start() < mark->length) {
    refuse(fmt::format("{}: is shorter ({} bytes) than what is committed of it ({}); restore it{}",
                       file.name(), file.size_at_start(), mark->length,
                       path == "-" ? ", and continue it with -o FILE or >>, not with >" : ""));
  }
  if (now_.is_clean && file.size_at_start() > mark->length) {
    refuse(fmt::format(
        "{}: {} bytes were written to it by something else since the last run; move it away, or "
        "name another file",
        file.name(), file.size_at_start() - mark->length));
  }
  std::uint64_t hash = 0;
  if (!file.hash_before(mark->length, &hash)) {
    refuse(error_text(file.name(), "cannot be read, to compare it with what is committed"));
  }
  if (hash != mark->tail_hash) {
    refuse(fmt::format(
        "{}: was changed: what stands before byte {} is not what was written there; restore it",
        file.name(), mark->length));
  }
  output.committed = mark->length;
  return output.file.get();
}

// ---------------------------------------------------------------------------------------- the run

void StateDir::replay(const SignalLog::Visit& visit) const {
  log_->read(now_.log_first_segment, now_.log, visit);
}

void StateDir::begin(std::span<const std::uint64_t> counts) {
  if (!now_.is_clean) {
    for (const OutputMark& mark : now_.outputs) {
      if (outputs_[static_cast<std::size_t>(mark.kind)].file == nullptr) {
        refuse(fmt::format(
            "{}: the last run was cut off while it wrote to it; run again with it as an output",
            mark.name));
      }
    }
  }
  log_->start(now_.log);
  for (const Output& output : outputs_) {
    if (output.file != nullptr) output.file->start(output.committed);
  }
  if (const Output& records = outputs_[0]; records.file != nullptr) {
    records_bytes_before_ -= std::min(records_bytes_before_, records.committed);
  }
  now_.counts.assign(counts.begin(), counts.end());
  now_.is_clean = false;
  if (!save()) refuse(message_);
}

bool StateDir::append(EntryKind kind, std::uint32_t count, std::string_view payload) {
  if (log_->append(kind, count, payload)) return true;
  message_ = log_->message();
  return false;
}

bool StateDir::commit(const Progress& progress) {
  HASHCART_CHECK(progress.inputs.size() == file_of_.size());
  for (std::size_t i = 0; i < file_of_.size(); ++i) {
    if (file_of_[i] == kNoFile) continue;
    InputFile& file = now_.files[file_of_[i]];
    const InputPlace& place = progress.inputs[i];
    file.position = place.position;
    file.unended_bytes = place.unended_bytes;
    file.framing = place.framing;
    file.is_done = place.is_done;
  }
  for (const ingest::FilePlace& place : progress.followed) note_followed(place);
  now_.counts = progress.counts;
  now_.is_clean = progress.is_last;
  HASHCART_CHECK(!progress.catalogue || !progress.snapshot.empty());
  return (progress.snapshot.empty() || take(progress.snapshot)) &&
         (!progress.catalogue || pass_to(*progress.catalogue)) && save();
}

// A file that is followed is the only one there is with its inode. The one told last stands last.
void StateDir::note_followed(const ingest::FilePlace& place) {
  HASHCART_CHECK(file_of_.empty());
  forget({place});
  InputFile& file = now_.files.emplace_back();
  static_cast<ingest::FilePlace&>(file) = place;
  file.size = place.position;
  file.is_packed = false;
  file.is_done = false;
}

void StateDir::forget(const std::vector<ingest::FilePlace>& places) {
  for (const ingest::FilePlace& place : places) {
    std::erase_if(now_.files,
                  [&](const InputFile& file) { return file.is_beside(place) && file.begin == 0; });
  }
}

std::vector<ingest::FilePlace> StateDir::followed() const {
  std::vector<ingest::FilePlace> out;
  for (const InputFile& file : now_.files) {
    if (file.begin == 0 && !file.is_packed) out.push_back(file);
  }
  return out;
}

// Everything of the log before it must be there first: a snapshot stands for what was told.
bool StateDir::take(std::string_view snapshot) {
  if (!log_->sync()) {
    message_ = log_->message();
    return false;
  }
  if (!snapshots_->write(now_.generation + 1, snapshot, &now_.snapshot)) {
    message_ = snapshots_->message();
    return false;
  }
  now_.log_first_segment = log_->begin_segment();
  return true;
}

// It is named by the next checkpoint; until then the one before is.
bool StateDir::pass_to(const CatalogueIdentity& catalogue) {
  if (!catalogues_->write(now_.catalogue_text.number + 1, catalogue.text, &now_.catalogue_text)) {
    message_ = catalogues_->message();
    return false;
  }
  now_.catalogue = catalogue.sha256;
  now_.catalogue_name = catalogue.name;
  return true;
}

std::uint64_t StateDir::records_bytes() const noexcept {
  const Output& records = outputs_[0];
  return records_bytes_before_ + (records.file == nullptr ? 0 : records.file->length());
}

bool StateDir::save() {
  now_.outputs.clear();
  for (std::size_t kind = 0; kind < outputs_.size(); ++kind) {
    OutputFile* const file = outputs_[kind].file.get();
    if (file == nullptr) continue;
    if (!file->sync()) {
      message_ = file->message();
      return false;
    }
    now_.outputs.push_back({.kind = static_cast<OutputKind>(kind),
                            .name = file->name(),
                            .device = file->device(),
                            .inode = file->inode(),
                            .length = file->length(),
                            .tail_hash = file->tail_hash()});
  }
  if (!log_->sync()) {
    message_ = log_->message();
    return false;
  }
  for (auto number = static_cast<std::uint32_t>(now_.input_names.size()); number < names_->size();
       ++number) {
    now_.input_names.push_back((*names_)[number]);
  }
  now_.log = log_->position();
  now_.records_bytes = records_bytes();
  ++now_.generation;
  if (!slots_->save(now_)) {
    message_ = slots_->message();
    return false;
  }
  remove_unneeded();
  return true;
}

void StateDir::remove_unneeded() {
  const Needs now = needs();
  if (tidied_for_ != before_) {
    snapshots_->keep_only(before_.snapshot, now.snapshot);
    catalogues_->keep_only(before_.catalogue, now.catalogue);
    log_->remove_before(before_.first_segment);
    tidied_for_ = before_;
  }
  before_ = now;
}

}  // namespace hashcart::state
