// Reads a file, and does nothing else: the ceiling of everything that reads with pread.
//
//   read_only FILE [THREADS]
//
// 256 KiB at a time into a page-aligned buffer (copies into others are much slower on some CPUs).
// With several threads, each reads every n-th block. Prints the bytes read.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

int main(int argc, char** argv) {
  constexpr std::size_t kBlock = 256U << 10U;
  if (argc < 2) return 2;
  const int file = open(argv[1], O_RDONLY | O_CLOEXEC);
  if (file < 0) return 1;
  const unsigned threads = argc > 2 ? static_cast<unsigned>(std::atoi(argv[2])) : 1;
  std::atomic<long> total{0};
  std::vector<std::thread> readers;
  for (unsigned first = 0; first < threads; ++first) {
    readers.emplace_back([&, first] {
      void* const buffer = std::aligned_alloc(4096, kBlock);
      if (buffer == nullptr) std::abort();
      long bytes = 0;
      for (std::size_t block = first;; block += threads) {
        const ssize_t got = pread(file, buffer, kBlock, static_cast<off_t>(block * kBlock));
        if (got <= 0) break;
        bytes += got;
      }
      total += bytes;
      std::free(buffer);
    });
  }
  for (std::thread& reader : readers) reader.join();
  std::printf("%ld\n", total.load());
  return 0;
}
