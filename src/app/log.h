// What the program says to the person who runs it, on stderr, one message after another.
//
// The only door to spdlog, which compiles all of fmt anew into every source that calls it.
//
// Threads: any, after start().   Cost: a message that is not wanted is made and dropped.
#pragma once

#include <string_view>

namespace hashcart::app::log {

enum class Level { kDebug, kInfo, kWarning, kError, kCritical };

// Once, before anything is said. Warnings and worse are shown; in colours on a terminal, unless
// NO_COLOR is set (https://no-color.org).
void start();
// From the next message on: what is of this level or worse is shown.
void show_from(Level level);

void say(Level level, std::string_view text);
inline void info(std::string_view text) { say(Level::kInfo, text); }
inline void warn(std::string_view text) { say(Level::kWarning, text); }
inline void error(std::string_view text) { say(Level::kError, text); }
// A bug, or no way to go on.
inline void critical(std::string_view text) { say(Level::kCritical, text); }

}  // namespace hashcart::app::log
