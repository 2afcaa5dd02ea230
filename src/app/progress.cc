#include "app/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

namespace hashcart::app {

Progress::Progress(const ingest::Source& source, bool wanted) : source_(source) {
  if (wanted && source.total_bytes() > 0 && isatty(STDERR_FILENO) == 1) {
    thread_ = std::thread([this] { run(); });
  }
}

Progress::~Progress() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Progress::run() {
  using Clock = std::chrono::steady_clock;
  constexpr std::size_t kWidth = 30;
  const Clock::time_point start = Clock::now();
  const double total = static_cast<double>(source_.total_bytes());
  bool drawn = false;
  std::unique_lock lock(mutex_);
  // Short runs need no bar.
  while (!changed_.wait_for(lock, std::chrono::milliseconds(drawn ? 200 : 500),
                            [this] { return done_; })) {
    const double read = static_cast<double>(source_.raw_bytes_read());
    const double share = std::clamp(read / total, 0.0, 1.0);
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    const auto filled = static_cast<std::size_t>(share * kWidth);
    const double rate = read / std::max(seconds, 1e-9);
    const double left = rate > 0 ? (total - read) / rate : 0;
    fmt::print(stderr, "\r[{}{}] {:3.0f} %  {:.2f} GB/s  {:.0f} s left \x1b[K",
               std::string(filled, '='), std::string(kWidth - filled, ' '), share * 100, rate / 1e9,
               left);
    std::fflush(stderr);
    drawn = true;
  }
  if (drawn) fmt::print(stderr, "\r\x1b[K");
}

}  // namespace hashcart::app
