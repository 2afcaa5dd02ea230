// Exit codes: one per cause, the same for every command (sysexits where they fit).
#pragma once

#include "base/setup_error.h"

namespace hashcart::app {

enum ExitCode : int {
  kDone = 0,
  kAnswerIsNo = 1,  // -e and nothing matched, tests failed, check found errors
  kUsage = 2,       // wrong flags or arguments
  // more rejected lines than allowed; the output is complete for the good ones
  kBadRecords = 65,
  kInputNotOpened = 66,  // the other inputs were read
  kBug = 70,             // the books do not balance
  kInputOutput = 74,     // an input ended early, or an output failed
  kConfiguration = 78,   // catalogue or state refused, or this machine cannot run the program
  kInterrupted = 130,    // SIGINT, after draining
  kTerminated = 143,     // SIGTERM, after draining
};

[[nodiscard]] constexpr ExitCode exit_code_of(base::SetupFault fault) noexcept {
  switch (fault) {
    case base::SetupFault::kUsage:
      return kUsage;
    case base::SetupFault::kInput:
      return kInputNotOpened;
    case base::SetupFault::kOutput:
      return kInputOutput;
    case base::SetupFault::kCatalogue:
    case base::SetupFault::kState:
    case base::SetupFault::kMachine:
      return kConfiguration;
  }
  return kBug;
}

}  // namespace hashcart::app
