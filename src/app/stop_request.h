// StopRequest: SIGINT and SIGTERM end the input; what was read is still decided and written.
//
// The handler only notes the signal and calls Source::stop(), which is async-signal-safe. A second
// signal of the same kind kills the process as usual. SIGPIPE is ignored: a closed output is a
// write error, and the sink says so.
#pragma once

#include "app/exit_code.h"
#include "ingest/source.h"

namespace hashcart::app {

class StopRequest {
 public:
  // source: outlives this; one StopRequest at a time in a process.
  explicit StopRequest(ingest::Source* source);
  ~StopRequest();
  StopRequest(const StopRequest&) = delete;
  StopRequest& operator=(const StopRequest&) = delete;

  // kDone where no signal came.
  [[nodiscard]] static ExitCode exit_code() noexcept;
};

void ignore_broken_pipes() noexcept;

}  // namespace hashcart::app
