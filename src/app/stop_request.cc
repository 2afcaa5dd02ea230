#include "app/stop_request.h"

#include <atomic>
#include <csignal>

namespace hashcart::app {
namespace {

std::atomic<ingest::Source*> stopped_source{nullptr};
std::atomic<int> received{0};
static_assert(std::atomic<int>::is_always_lock_free);

void on_signal(int number) {
  received.store(number, std::memory_order_relaxed);
  if (ingest::Source* source = stopped_source.load(std::memory_order_acquire)) source->stop();
}

void install(void (*handler)(int), int flags) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

StopRequest::StopRequest(ingest::Source* source) {
  stopped_source.store(source, std::memory_order_release);  // pairs with the acquire in on_signal()
  // SA_RESETHAND: the second signal takes its default course.
  install(&on_signal, static_cast<int>(SA_RESETHAND));
}

StopRequest::~StopRequest() {
  install(SIG_DFL, 0);
  stopped_source.store(nullptr, std::memory_order_release);
}

ExitCode StopRequest::exit_code() noexcept {
  switch (received.load(std::memory_order_relaxed)) {
    case SIGINT:
      return kInterrupted;
    case SIGTERM:
      return kTerminated;
    default:
      return kDone;
  }
}

void ignore_broken_pipes() noexcept {
  struct sigaction action {};
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, nullptr);
}

}  // namespace hashcart::app
