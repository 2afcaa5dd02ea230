#include "app/reload.h"

#include <fmt/format.h>
#include <semaphore.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "app/log.h"
#include "base/setup_error.h"

namespace hashcart::app {
namespace {

sem_t asked;  // posted by the handler

void on_hangup(int /*number*/) {
  const int error = errno;  // whom a signal handler interrupts must not see ours
  sem_post(&asked);
  errno = error;
}

bool is_ignored() {
  struct sigaction now {};
  return sigaction(SIGHUP, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

void install(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGHUP, &action, nullptr);
}

}  // namespace

ReloadOnHangup::ReloadOnHangup(Make make, std::string sha256, pipeline::RulesFeed* feed)
    : make_(std::move(make)), sha256_(std::move(sha256)), feed_(*feed) {
  thread_ = std::thread([this] { work(); });
}

void ReloadOnHangup::listen() {
  sem_init(&asked, 0, 0);
  if (!is_ignored()) install(&on_hangup);
}

ReloadOnHangup::~ReloadOnHangup() {
  // A late one must neither end the process nor ask for anything.
  if (!is_ignored()) install(SIG_IGN);
  ends_.store(true);
  sem_post(&asked);
  thread_.join();
}

void ReloadOnHangup::work() {
  for (;;) {
    while (sem_wait(&asked) != 0) {
    }
    while (sem_trywait(&asked) == 0) {
    }
    if (ends_.load()) return;
    reload();
  }
}

void ReloadOnHangup::reload() {
  try {
    const std::shared_ptr<const pipeline::Rules> rules = make_();
    const catalogue::Catalogue& catalogue = *rules->catalogue;
    if (catalogue.sha256 == sha256_) {
      log::info("reload: the catalogue is as it was");
    } else {
      sha256_ = catalogue.sha256;
      feed_.offer(rules);
      log::warn(
          fmt::format("reload: catalogue {} {} ({:.12}) from here on: {} campaigns, {} retailers",
                      catalogue.id, catalogue.version, catalogue.sha256, catalogue.campaigns.size(),
                      catalogue.retailers.size()));
    }
    done_.fetch_add(1);
  } catch (const base::SetupError& error) {
    failed_.fetch_add(1);
    log::error(fmt::format("{}\nreload: the catalogue stays as it is", error.what()));
  }
}

}  // namespace hashcart::app
