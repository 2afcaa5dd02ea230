// Progress: a bar on stderr, when that is a terminal and the size of the input is known.
//
// Threads: one of its own while it exists; reads the source's counter only.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "ingest/source.h"

namespace hashcart::app {

class Progress {
 public:
  // wanted: not under -q. source outlives this.
  Progress(const ingest::Source& source, bool wanted);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  void run();

  const ingest::Source& source_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace hashcart::app
