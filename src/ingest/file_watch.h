// FileWatch: what happens to files and directories, as inotify tells it. Private to ingest.
//
// It may fail at any place (no inotify, no watches left, a file system that does not tell), so
// whoever uses it looks for himself too, now and then, and asks is_complete() how often.
//
// Threads: one.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "ingest/file_input.h"

namespace hashcart::ingest {

class FileWatch {
 public:
  enum class What : std::uint8_t {
    kGrown,      // a file was written to
    kChanged,    // something else happened to it
    kAppeared,   // a name in a directory
    kMovedFrom,  // a name in a directory is another one now; both have one cookie
    kMovedTo,
    kLost,  // the watch is gone
    kAll,   // nobody knows: too much happened
  };
  struct Event {
    What what = What::kAll;
    int watch = -1;
    std::uint32_t cookie = 0;
    std::string name;  // in a directory
  };

  FileWatch();

  // The watch, or -1. A file is watched by what it is, not by its name.
  [[nodiscard]] int add_file(int fd);
  [[nodiscard]] int add_directory(const std::string& path);
  void remove(int watch) noexcept;
  // Whether nothing was refused so far.
  [[nodiscard]] bool is_complete() const noexcept { return is_complete_; }

  // Waits until something happened, the descriptor `wake` can be read, or so long.
  void wait(int wake, std::chrono::milliseconds timeout) const;
  // What happened; does not block.
  [[nodiscard]] const std::vector<Event>& take();

 private:
  [[nodiscard]] int add(const std::string& path, std::uint32_t mask);

  FileDescriptor inotify_;
  bool is_complete_ = true;
  std::vector<Event> events_;
};

}  // namespace hashcart::ingest
