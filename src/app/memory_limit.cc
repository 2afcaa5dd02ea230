#include "app/memory_limit.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "app/log.h"
#include "base/setup_error.h"

namespace hashcart::app {
namespace {

// What zstd asks of every decoder (RFC 8878, 3.1.1.1.2).
constexpr int kWindowLogMin = 23;

std::uint64_t resident_bytes() {
  unsigned long long pages = 0;
  if (std::FILE* const file = std::fopen("/proc/self/statm", "r"); file != nullptr) {
    if (std::fscanf(file, "%*u %llu", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::string shown(std::uint64_t bytes) {
  return fmt::format("{:.2f} GiB", static_cast<double>(bytes) / static_cast<double>(1U << 30U));
}

// The largest share of both limits with which it fits, in whole thousands; nothing below that.
std::string tables_that_fit(std::uint64_t room, bool has_state, catalogue::Limits limits) {
  const catalogue::Limits asked = limits;
  for (int percent = 99; percent > 0; --percent) {
    const auto part = [&](std::uint64_t count) {
      return std::max<std::uint64_t>(1000, count * static_cast<unsigned>(percent) / 100'000 * 1000);
    };
    limits.remember_posts = part(asked.remember_posts);
    limits.pending_max = part(asked.pending_max);
    if (intent::Resolver::memory_max(limits) * (has_state ? 3 : 1) <= room) {
      return fmt::format("with [limits] remember_posts = {} and pending_max = {} it fits",
                         limits.remember_posts, limits.pending_max);
    }
  }
  return "lower record_bytes_max, remember_posts and pending_max in [limits], or -j";
}

}  // namespace

void hold_to_memory(std::uint64_t bytes, bool may_reload, const catalogue::Limits& limits,
                    const pipeline::PipelineOptions& options, ingest::SourceOptions* inputs) {
  const std::uint64_t base = resident_bytes() * (may_reload ? 2 : 1);
  const pipeline::MemoryNeed need = pipeline::memory_max(options, limits);
  const std::uint64_t others = base + need.threads + need.resolver + need.snapshots;
  std::uint64_t source = ingest::memory_max(*inputs);
  while (others + source > bytes && inputs->window_log_max > kWindowLogMin) {
    --inputs->window_log_max;
    source = ingest::memory_max(*inputs);
  }
  const std::uint64_t all = others + source;
  if (all <= bytes) {
    log::info(
        fmt::format("takes {} at most{}", shown(all),
                    inputs->window_log_max < ingest::kWindowLogMax
                        ? fmt::format("; zstd windows up to {} MiB are read",
                                      1U << (static_cast<unsigned>(inputs->window_log_max) - 20U))
                        : ""));
    return;
  }
  const std::uint64_t without_tables = base + need.threads + source;
  throw base::SetupError(
      base::SetupFault::kMachine,
      fmt::format(
          "--memory: the run could take {}, and may take {}: tables {}{}, threads {} (-j {}, "
          "record_bytes_max = {}), inputs {}, catalogue {}{}; {}",
          shown(all), shown(bytes), shown(need.resolver),
          need.snapshots > 0 ? ", snapshots " + shown(need.snapshots) : "", shown(need.threads),
          options.workers, limits.record_bytes_max, shown(source), shown(base),
          may_reload ? " (twice, for a reload)" : "",
          tables_that_fit(bytes > without_tables ? bytes - without_tables : 0, need.snapshots > 0,
                          limits)));
}

}  // namespace hashcart::app
