#include "app/full_disk_pause.h"

#include <algorithm>
#include <thread>

#include "app/log.h"
#include "app/stop_request.h"

namespace hashcart::app {
namespace {

constexpr std::chrono::milliseconds kLongest{5000};
// How soon a stop request is noticed.
constexpr std::chrono::milliseconds kNap{50};

}  // namespace

bool FullDiskPause::wait(const std::string& what) {
  if (next_ == kFirst) log::warn(what + "; waiting for space");
  const auto until = std::chrono::steady_clock::now() + next_;
  while (std::chrono::steady_clock::now() < until) {
    if (StopRequest::exit_code() != kDone) return false;
    std::this_thread::sleep_for(kNap);
  }
  next_ = std::min(next_ * 2, kLongest);
  return true;
}

void FullDiskPause::is_over() {
  log::warn("there is space again; going on");
  next_ = kFirst;
}

}  // namespace hashcart::app
