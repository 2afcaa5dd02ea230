// ReloadOnHangup: SIGHUP reads the catalogue files again, and the run goes on by what they say now.
//
// The handler only posts; a thread of its own loads, checks and compiles beside the run, and offers
// the result. What cannot be loaded is said like any other setup error, and the run keeps the rules
// it has. Signals that come while it works are one more reload, whatever their number.
//
// A process that was started with SIGHUP ignored (nohup) goes on ignoring it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "pipeline/rules.h"

namespace hashcart::app {

struct ReloadCounts {
  std::uint64_t done = 0;    // loaded, if only to find that nothing had changed
  std::uint64_t failed = 0;  // the old one was kept
};

class ReloadOnHangup {
 public:
  // Loads and compiles; throws base::SetupError. Called on the reloading thread.
  using Make = std::function<std::shared_ptr<const pipeline::Rules>()>;

  // Asks are remembered from here on: before anything that takes long, so that none ends the
  // process. Once.
  static void listen();

  // sha256: of the catalogue the run begins with. feed outlives this. One at a time in a process.
  ReloadOnHangup(Make make, std::string sha256, pipeline::RulesFeed* feed);
  // Waits for a reload that is under way.
  ~ReloadOnHangup();
  ReloadOnHangup(const ReloadOnHangup&) = delete;
  ReloadOnHangup& operator=(const ReloadOnHangup&) = delete;

  // Any thread.
  [[nodiscard]] ReloadCounts counts() const noexcept { return {done_.load(), failed_.load()}; }

 private:
  void work();
  void reload();

  const Make make_;
  std::string sha256_;  // of what was offered last
  pipeline::RulesFeed& feed_;
  std::atomic<std::uint64_t> done_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<bool> ends_{false};
  std::thread thread_;
};

}  // namespace hashcart::app
