#include "app/bench_stages.h"

#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <thread>
#include <utility>

#include "app/setup.h"
#include "base/setup_error.h"
#include "emit/encoder.h"
#include "emit/user_mask.h"
#include "ingest/chunk.h"
#include "ingest/source.h"
#include "pipeline/pipeline.h"
#include "post/post_reader.h"

namespace hashcart::app {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBlock = 256U << 10U;
constexpr std::size_t kPage = 4096;

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

[[noreturn]] void cannot_read(const std::string& path) {
  throw base::SetupError(base::SetupFault::kInput, path + ": cannot be read");
}

struct Free {
  void operator()(void* memory) const noexcept { std::free(memory); }
};

class File {
 public:
  explicit File(const std::string& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0) cannot_read(path);
  }
  ~File() { ::close(descriptor_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

void set_cpus(const std::vector<int>& cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) CPU_SET(static_cast<std::size_t>(cpu), &set);
  static_cast<void>(sched_setaffinity(0, sizeof set, &set));
}

// Calls visit(&chunk) for every chunk of a file.
template <typename Visit>
void each_chunk(const std::string& path, Visit visit) {
  ingest::SourceOptions options;
  options.inputs = {path};
  ingest::Source source(options);
  ingest::Chunk chunk(kBlock);
  for (bool more = true; more;) {
    more = source.fill(&chunk) == ingest::FillResult::kFilled;
    visit(&chunk);
  }
  if (!source.faults().empty()) cannot_read(path);
}

class Nowhere final : public emit::Sink {
 public:
  emit::SinkStatus write(std::string_view /*bytes*/) override { return emit::SinkStatus::kOk; }
  emit::SinkStatus finish() override { return emit::SinkStatus::kOk; }
};

}  // namespace

StageResult bench_read(const std::string& path, unsigned threads) {
  const File file(path);
  std::atomic<std::uint64_t> bytes{0};
  const auto start = Clock::now();
  const auto read = [&](std::size_t first) {
    const std::unique_ptr<void, Free> buffer(std::aligned_alloc(kPage, kBlock));
    if (buffer == nullptr) return;
    std::uint64_t got_here = 0;
    for (std::size_t block = first;; block += threads) {
      const ssize_t got =
          ::pread(file.get(), buffer.get(), kBlock, static_cast<off_t>(block * kBlock));
      if (got <= 0) break;
      got_here += static_cast<std::uint64_t>(got);
    }
    bytes += got_here;
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < threads; ++i) others.emplace_back(read, i);
  read(0);
  for (std::thread& other : others) other.join();
  return {.seconds = since(start), .bytes = bytes.load()};
}

StageResult bench_frame(const std::string& path) {
  StageResult result;
  const auto start = Clock::now();
  ingest::RecordView record;
  each_chunk(path, [&](ingest::Chunk* chunk) {
    ingest::RecordCursor records(chunk);
    while (records.next(&record)) ++result.lines;
    result.bytes += chunk->input_bytes();
  });
  result.seconds = since(start);
  return result;
}

StageResult bench_scan(const std::string& path, const match::PatternDb& db) {
  StageResult result;
  const auto start = Clock::now();
  ingest::LineBlock block;
  ingest::RecordView record;
  match::FoundLines found;
  each_chunk(path, [&](ingest::Chunk* chunk) {
    for (;;) {
      const ingest::Piece piece = chunk->next(&block, &record);
      if (piece == ingest::Piece::kEnd) break;
      if (piece != ingest::Piece::kLines) cannot_read(path);
      db.raw_scan().scan(block.bytes, &found);
      result.lines += found.lines;
      result.candidates += found.candidates.size();
    }
    result.bytes += chunk->input_bytes();
  });
  result.seconds = since(start);
  return result;
}

StageResult bench_parse(const std::string& path) {
  StageResult result;
  const auto start = Clock::now();
  post::PostReader reader;
  post::ParsedRecord parsed;
  ingest::RecordView record;
  each_chunk(path, [&](ingest::Chunk* chunk) {
    ingest::RecordCursor records(chunk);
    while (records.next(&record)) {
      ++result.lines;
      if (record.bytes.empty()) continue;
      reader.read(record, &parsed);
      result.posts += parsed.kind == post::RecordKind::kPosts ? 1 : 0;
    }
    result.bytes += chunk->input_bytes();
  });
  result.seconds = since(start);
  return result;
}

StageResult bench_pipeline(const std::string& path, const match::PatternDb& db,
                           std::size_t chunk_bytes, unsigned workers) {
  ingest::SourceOptions source_options;
  source_options.inputs = {path};
  source_options.read_bytes = chunk_bytes;
  ingest::Source source(source_options);
  const emit::UserMask mask = emit::UserMask::raw();
  const emit::RecordEncoder encoder(db.catalogue(), source.input_names(), mask, kEngine);
  Nowhere nowhere;
  pipeline::PipelineOptions options;
  options.chunk_bytes = chunk_bytes;
  options.workers = workers;
  const auto start = Clock::now();
  const pipeline::PipelineResult said =
      pipeline::run(&source, db, encoder,
                    {.records = &nowhere, .outcomes = nullptr, .rejects = nullptr}, options);
  const double seconds = since(start);
  if (!source.faults().empty() || !said.balanced) cannot_read(path);
  return {.seconds = seconds, .bytes = said.totals.input_bytes, .lines = said.totals.lines.total};
}

std::vector<int> usable_cpu_list() {
  std::vector<int> cpus;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(static_cast<std::size_t>(cpu), &set)) cpus.push_back(cpu);
    }
  }
  if (cpus.empty()) cpus.push_back(0);
  return cpus;
}

OnOneCpu::OnOneCpu(bool wanted) {
  if (!wanted) return;
  before_ = usable_cpu_list();
  set_cpus({before_.front()});
}

OnOneCpu::~OnOneCpu() {
  if (!before_.empty()) set_cpus(before_);
}

ProcessResult run_self(const std::vector<std::string>& arguments, bool one_cpu,
                       const std::string& folder) {
  std::vector<std::string> words = {"hashcart"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const std::string errors = folder + "/stderr";
  const std::vector<int> cpus = usable_cpu_list();

  ProcessResult result;
  const auto start = Clock::now();
  // A child is charged with what its parent holds when it forks.
  malloc_trim(0);
  const pid_t child = fork();
  if (child < 0) {
    throw base::SetupError(base::SetupFault::kMachine, "bench: no process can be started");
  }
  if (child == 0) {
    if (one_cpu) set_cpus({cpus.front()});
    const int nothing = ::open("/dev/null", O_RDWR);
    const int said = ::open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (nothing < 0 || said < 0 || dup2(nothing, STDIN_FILENO) < 0 ||
        dup2(nothing, STDOUT_FILENO) < 0 || dup2(said, STDERR_FILENO) < 0) {
      _exit(127);
    }
    execv("/proc/self/exe", pointers.data());
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  result.seconds = since(start);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.peak_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  std::ifstream lines(errors);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) result.last_error = std::move(line);
  }
  return result;
}

}  // namespace hashcart::app
