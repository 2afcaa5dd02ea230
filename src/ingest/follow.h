// Follower: files that are read on as they grow, whatever happens to them. Private to ingest.
//
// A name stands for the file at it now and for those that stood there before:
//   moved away (rotation)       the old file is read to its end, then the new one; the old one is
//                               read on until the next rotation, for writers that are slow to
//                               reopen, or until it is deleted and was quiet for a minute
//   moved away twice            between two looks: inotify tells where each file went, if perhaps
//                               a moment late; it is read until it was quiet for a minute. Where
//                               no run looked, or not all was told, files called so that are not
//                               read are warned of
//   truncated (copytruncate)    seen by its size, or by other first bytes: from the beginning; if
//                               only its end was cut off, from behind what is left
//   deleted, made anew          like moved away; the inode cannot be another's while it is open
//   not there yet               waited for, like the files that come to match a pattern
// A file is read once, whatever names it has. Before what comes by name it is compared with what
// earlier runs, or this one, know of it: device, inode and first bytes.
//
// Only whole records are handed out. A last line without its end waits for it; it is a record when
// its file is done with, and cut short if it was truncated away.
//
// The files there at the start are read one after another, those of a pattern by when they were
// last written to; from then on all in turn. inotify tells what to look at; whether it does or not,
// everything is looked at every second, or ten times a second where a watch was refused. A file
// that cannot be read is tried again as often.
//
// Threads: one.   Memory: a descriptor for each file, and what of a record has not ended.
// Errors: the constructor throws base::SetupError: kUsage for what cannot be followed, kInput where
// a file that an earlier run read in part cannot be read.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ingest/chunk.h"
#include "ingest/file_input.h"
#include "ingest/file_watch.h"
#include "ingest/input_stream.h"
#include "ingest/source.h"

namespace hashcart::ingest {

class Follower {
 public:
  // options: with `follow`; outlives this, like the ledger. wake: can be read once stop() was
  // called.
  Follower(const SourceOptions& options, int wake, Ledger* ledger);
  ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  // As Source::fill(). Ends only at a stop.
  [[nodiscard]] FillResult fill(Chunk* chunk);

 private:
  using Clock = std::chrono::steady_clock;
  struct File;
  struct Path;
  struct Moved;

  // Names.
  Path& add_path(const std::string& name, bool is_found);
  void look();
  void look_at(Path* path);
  static bool look_whether_away(Path* path);
  [[nodiscard]] bool is_new(const std::string& name, struct stat* status) const;
  void look_for_matches();
  void adopt_moved(Path* path);
  struct Opened {
    FileDescriptor file;
    struct stat status {};
  };
  [[nodiscard]] std::optional<Opened> open_at(Path* path, const std::string& name);
  File* adopt(Path* path, Opened opened);
  File* open_for(Path* path, const std::string& name);
  void find_moved_away(Path* path);
  void open_moved_away(Path* path, const std::vector<FilePlace>& known, const FilePlace& last,
                       bool* is_there);
  void warn_of_unread(Path* path) const;
  struct Away;
  [[nodiscard]] static std::optional<std::vector<Away>> look_for_moved(
      const Path& path, const std::vector<FilePlace>& known, const FilePlace& last);
  void take_known(File* file);
  void forget_what_is_gone();
  void watch_directories();
  void take_events();
  [[nodiscard]] bool take_event_of_directory(const FileWatch::Event& event);
  void note_name(const FileWatch::Event& event, const std::string& directory);
  [[nodiscard]] static bool stands_at(const Path& path, const std::string& directory,
                                      const std::string& name);
  [[nodiscard]] bool is_looked_for(const std::string& directory, const std::string& name) const;
  void look_around();
  [[nodiscard]] File* by_inode(std::uint64_t device, std::uint64_t inode) const noexcept;

  // Files.
  [[nodiscard]] File* next_ready() noexcept;
  // Nothing: there was nothing to hand out.
  [[nodiscard]] std::optional<FillResult> serve(File* file, Chunk* chunk);
  [[nodiscard]] FillResult stop();
  [[nodiscard]] bool begin(File* file);
  [[nodiscard]] bool is_cut_off(File* file, std::uint64_t* size);
  // Both: whether the chunk holds what was left.
  [[nodiscard]] bool restart(File* file, std::uint64_t size, Chunk* chunk);
  [[nodiscard]] bool end(File* file, Chunk* chunk);
  [[nodiscard]] bool behind_last_line(const File& file, std::uint64_t size,
                                      std::uint64_t* place) const;
  void rest(File* file);
  void cannot_read(File* file, int error);
  [[nodiscard]] static FilePlace place_of(const File& file, std::uint64_t position,
                                          std::uint64_t unended);
  void set_place(File* file, std::uint64_t position, std::uint64_t unended, Chunk* chunk);
  void remove(File* file);
  [[nodiscard]] bool read_head(File* file, std::uint64_t size);
  void say_of(Path* path, bool is_warning, const std::string& what) const;
  void notice(bool is_warning, const std::string& text) const;
  void notice_once(File* file, const std::string& text) const;

  const SourceOptions& options_;
  const FollowOptions& follow_;
  const int wake_;
  Ledger& ledger_;
  FileWatch watch_;
  std::vector<std::string> patterns_;
  std::vector<std::unique_ptr<Path>> paths_;
  std::unordered_map<std::string, Path*> path_by_name_;
  std::vector<std::unique_ptr<File>> files_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, File*> file_by_inode_;  // and device, first
  std::unordered_map<int, File*> file_by_watch_;
  std::deque<File*> untold_;  // whose place is to be handed out
  std::deque<File*> first_;   // those there at the start, which come first
  std::size_t turn_ = 0;
  std::vector<FilePlace> known_;
  const std::size_t files_max_;
  bool is_starting_ = true;
  std::unordered_map<std::string, int> directories_;  // their watches
  std::vector<Moved> moved_;
  Clock::time_point events_taken_at_;  // all renames told of until then are known
  bool wants_look_ = false;
  bool may_have_missed_ = false;  // moves that were not told of
  bool is_dry_told_ = true;       // by the last chunk
  Clock::time_point next_look_;
};

}  // namespace hashcart::ingest
