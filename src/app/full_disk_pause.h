// FullDiskPause: a run with a state waits while a disk is full, and says so.
//
// It tries again after a tenth of a second, then twice as long, up to every five seconds. A stop
// request ends the waiting, and the run with it (74); what is committed stands, as always.
#pragma once

#include <chrono>
#include <string>

#include "state/full_medium.h"

namespace hashcart::app {

class FullDiskPause final : public state::FullMedium {
 public:
  [[nodiscard]] bool wait(const std::string& what) override;
  void is_over() override;

 private:
  static constexpr std::chrono::milliseconds kFirst{100};

  std::chrono::milliseconds next_ = kFirst;
};

}  // namespace hashcart::app
