// What `hashcart bench` times: stages of the way on a file, and whole processes.
//
// Stages run in this process, on the calling thread unless they say otherwise, and return what they
// counted, so that no figure stands without its answer. A process is this program again, from fork
// to exit.
//
// Control plane: allocates, throws base::SetupError(kInput) for a file that cannot be read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "match/pattern_db.h"

namespace hashcart::app {

struct StageResult {
  double seconds = 0;
  std::uint64_t bytes = 0;
  std::uint64_t lines = 0;       // 0 where the stage sees none
  std::uint64_t posts = 0;       // the same
  std::uint64_t candidates = 0;  // lines that a scan hands on
};

// pread of 256 KiB at a time into page-aligned memory, by so many threads: the ceiling of all that
// reads with pread.
[[nodiscard]] StageResult bench_read(const std::string& path, unsigned threads);
// Reading and cutting into lines.
[[nodiscard]] StageResult bench_frame(const std::string& path);
// Reading and the raw scan, by a catalogue's keys; nothing is parsed.
[[nodiscard]] StageResult bench_scan(const std::string& path, const match::PatternDb& db);
// Cut into lines, and every line's fields by the reader of its dialect; nothing is matched.
[[nodiscard]] StageResult bench_parse(const std::string& path);
// All of it in this process, records to nowhere: for what the command line does not offer.
[[nodiscard]] StageResult bench_pipeline(const std::string& path, const match::PatternDb& db,
                                         std::size_t chunk_bytes, unsigned workers);

// CPUs this process may use, in order.
[[nodiscard]] std::vector<int> usable_cpu_list();

// Keeps the calling thread, and threads that it starts, on the first CPU that it may use.
class OnOneCpu {
 public:
  explicit OnOneCpu(bool wanted);
  ~OnOneCpu();
  OnOneCpu(const OnOneCpu&) = delete;
  OnOneCpu& operator=(const OnOneCpu&) = delete;

 private:
  std::vector<int> before_;  // empty: nothing to undo
};

struct ProcessResult {
  int exit_code = 0;
  double seconds = 0;  // from fork to exit
  std::uint64_t peak_bytes = 0;
  std::string last_error;  // the last line on stderr
};

// Runs this program with these arguments. folder: for what it says on stderr.
[[nodiscard]] ProcessResult run_self(const std::vector<std::string>& arguments, bool one_cpu,
                                     const std::string& folder);

}  // namespace hashcart::app
