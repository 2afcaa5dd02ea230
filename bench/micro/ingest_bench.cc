// How fast blocks of lines come out of Source and Chunk, beside the bare reads they are made of.
//
//   ingest_bench FILE [ROUNDS]      FILE: a regular file of NDJSON, best in the page cache
//
// Prints GB/s, the best of ROUNDS that take turns. Each way must see all bytes of the file; a way
// that does not ends the program. Nothing is done with the bytes but that the first of each 64 KiB
// is looked at.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "ingest/page_memory.h"
#include "ingest/source.h"

namespace {

using namespace hashcart;

constexpr std::uint64_t kRange = 2U << 20U;

unsigned touch(const char* data, std::size_t size) {
  unsigned sum = 0;
  for (std::size_t at = 0; at < size; at += 64U << 10U) {
    sum += static_cast<unsigned char>(data[at]);
  }
  return sum;
}

volatile unsigned sink = 0;

// Runs `work` on so many threads and adds up what they return.
std::uint64_t on_threads(unsigned count, const std::function<std::uint64_t(unsigned)>& work) {
  std::atomic<std::uint64_t> bytes{0};
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < count; ++i) threads.emplace_back([&, i] { bytes += work(i); });
  bytes += work(0);
  for (std::thread& thread : threads) thread.join();
  return bytes;
}

// Every thread reads its share of the ranges.
std::uint64_t bare_pread(int file, std::uint64_t size, std::size_t block, unsigned threads) {
  return on_threads(threads, [&](unsigned self) {
    const ingest::PageMemory memory(block);
    std::uint64_t bytes = 0;
    for (std::uint64_t begin = self * kRange; begin < size; begin += threads * kRange) {
      const std::uint64_t end = std::min(begin + kRange, size);
      for (std::uint64_t at = begin; at < end;) {
        const ssize_t got = pread(file, memory.data(), std::min<std::uint64_t>(block, end - at),
                                  static_cast<off_t>(at));
        if (got <= 0) std::abort();
        sink = sink + touch(memory.data(), static_cast<std::size_t>(got));
        bytes += static_cast<std::uint64_t>(got);
        at += static_cast<std::uint64_t>(got);
      }
    }
    return bytes;
  });
}

// Sees every cache line, as a scan would: without that, mapped pages cost nothing.
std::uint64_t mapped(int file, std::uint64_t size, unsigned threads) {
  return on_threads(threads, [&](unsigned self) {
    std::uint64_t bytes = 0;
    unsigned sum = 0;
    for (std::uint64_t begin = self * kRange; begin < size; begin += threads * kRange) {
      const std::uint64_t length = std::min(kRange, size - begin);
      void* const window =
          mmap(nullptr, length, PROT_READ, MAP_SHARED, file, static_cast<off_t>(begin));
      if (window == MAP_FAILED) std::abort();
      madvise(window, length, MADV_HUGEPAGE);
      for (std::uint64_t at = 0; at < length; at += 64) {
        sum += static_cast<const unsigned char*>(window)[at];
      }
      munmap(window, length);
      bytes += length;
    }
    sink = sink + sum;
    return bytes;
  });
}

// The same work as mapped(), on a buffer.
std::uint64_t pread_and_see(int file, std::uint64_t size, std::size_t block, unsigned threads) {
  return on_threads(threads, [&](unsigned self) {
    const ingest::PageMemory memory(block);
    std::uint64_t bytes = 0;
    unsigned sum = 0;
    for (std::uint64_t begin = self * kRange; begin < size; begin += threads * kRange) {
      const std::uint64_t end = std::min(begin + kRange, size);
      for (std::uint64_t at = begin; at < end;) {
        const ssize_t got = pread(file, memory.data(), std::min<std::uint64_t>(block, end - at),
                                  static_cast<off_t>(at));
        if (got <= 0) std::abort();
        for (ssize_t k = 0; k < got; k += 64) {
          sum += static_cast<unsigned char>(memory.data()[k]);
        }
        bytes += static_cast<std::uint64_t>(got);
        at += static_cast<std::uint64_t>(got);
      }
    }
    sink = sink + sum;
    return bytes;
  });
}

// Threads take turns at the source; what they take they pull alone.
std::uint64_t source_and_chunk(const std::string& path, std::size_t block, unsigned threads) {
  ingest::Source source({.inputs = {path}, .read_bytes = block});
  std::atomic_flag turn = ATOMIC_FLAG_INIT;
  const std::uint64_t bytes = on_threads(threads, [&](unsigned) {
    ingest::Chunk chunk(block);
    ingest::LineBlock lines;
    ingest::RecordView record;
    std::uint64_t sum = 0;
    for (ingest::FillResult filled = ingest::FillResult::kFilled;
         filled == ingest::FillResult::kFilled;) {
      while (turn.test_and_set(std::memory_order_acquire)) std::this_thread::yield();
      filled = source.fill(&chunk);
      turn.clear(std::memory_order_release);
      while (chunk.next(&lines, &record) != ingest::Piece::kEnd) {
        sink = sink + touch(lines.bytes.data(), lines.bytes.size());
      }
      sum += chunk.input_bytes();
    }
    return sum;
  });
  if (bytes != source.bytes_read()) std::abort();
  return bytes;
}

struct Way {
  std::string name;
  std::function<std::uint64_t()> run;
  double best = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "ingest_bench FILE [ROUNDS]\n");
    return 64;
  }
  const std::string path = argv[1];
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (file < 0 || fstat(file, &status) != 0) {
    std::perror(path.c_str());
    return 66;
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  std::vector<Way> ways;
  for (const unsigned threads : {1U, 2U}) {
    for (const std::size_t block : {128U << 10U, 256U << 10U, 512U << 10U}) {
      const std::string suffix =
          std::to_string(block >> 10U) + " KiB, " + std::to_string(threads) + " threads";
      ways.push_back(
          {"pread           " + suffix, [=] { return bare_pread(file, size, block, threads); }});
      ways.push_back(
          {"Source + Chunk  " + suffix, [=] { return source_and_chunk(path, block, threads); }});
    }
    const std::string suffix = std::to_string(threads) + " threads";
    ways.push_back({"every cache line seen, pread 256 KiB, " + suffix,
                    [=] { return pread_and_see(file, size, 256U << 10U, threads); }});
    ways.push_back({"every cache line seen, mmap 2 MiB,    " + suffix,
                    [=] { return mapped(file, size, threads); }});
  }
  for (int round = 0; round < rounds; ++round) {
    for (Way& way : ways) {
      const auto start = std::chrono::steady_clock::now();
      if (way.run() != size) {
        std::fprintf(stderr, "%s: not all bytes were seen\n", way.name.c_str());
        return 1;
      }
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
      way.best = std::max(way.best, static_cast<double>(size) / took.count() / 1e9);
    }
  }
  for (const Way& way : ways) std::printf("%-52s %6.2f GB/s\n", way.name.c_str(), way.best);
  close(file);
  return 0;
}
