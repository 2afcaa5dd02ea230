#include "app/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <memory>
#include <utility>

namespace hashcart::app::log {
namespace {

spdlog::level::level_enum level_of(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
    case Level::kCritical:
      break;
  }
  return spdlog::level::critical;
}

}  // namespace

void start() {
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(
      std::getenv("NO_COLOR") != nullptr ? spdlog::color_mode::never
                                         : spdlog::color_mode::automatic);
  auto logger = std::make_shared<spdlog::logger>("hashcart", std::move(sink));
  logger->set_pattern("hashcart: %^%v%$");
  spdlog::set_default_logger(std::move(logger));
  show_from(Level::kWarning);
}

void show_from(Level level) { spdlog::set_level(level_of(level)); }

// As a plain text: braces in it mean nothing.
void say(Level level, std::string_view text) {
  spdlog::default_logger_raw()->log(level_of(level), spdlog::string_view_t(text));
}

}  // namespace hashcart::app::log
