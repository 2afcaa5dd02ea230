// SetupError: the one exception type. Thrown at start-up only, by the control plane; main prints it
// and picks the exit code by its kind. The data plane never throws.
#pragma once

#include <stdexcept>
#include <string>

namespace hashcart::base {

// Which exit code a setup failure becomes (README, "Exit codes").
enum class SetupFault {
  kUsage,      // 2: wrong flags or arguments
  kInput,      // 66: an input cannot be opened
  kOutput,     // 74: an output cannot be opened
  kCatalogue,  // 78: catalogue or configuration refused
  kState,      // 78: the state directory cannot be used, or does not fit what is asked
  kMachine,    // 78: this machine cannot run the program (CPU features, memory)
};

class SetupError : public std::runtime_error {
 public:
  // message: a sentence a person can act on, as `where: what is wrong; how to mend it`. May span
  // lines.
  SetupError(SetupFault fault, const std::string& message)
      : std::runtime_error(message), fault_(fault) {}

  [[nodiscard]] SetupFault fault() const noexcept { return fault_; }

 private:
  SetupFault fault_;
};

}  // namespace hashcart::base
