#include "app/stats_report.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <string_view>

#include "intent/cart_intent.h"
#include "post/post.h"

namespace hashcart::app {
namespace {

using intent::ResolverStats;

struct LineRow {
  std::string_view name;
  std::uint64_t count;
};

std::array<LineRow, 5> line_rows(const pipeline::LineCounts& lines) {
  return {{{"blank", lines.blank},
           {"control", lines.control},
           {"untriggered", lines.untriggered},
           {"rejected", lines.rejected},
           {"triggered", lines.triggered}}};
}

}  // namespace

std::string rejects_summary(const pipeline::LineCounts& lines) {
  std::string out;
  for (std::size_t i = 0; i < lines.rejected_by.size(); ++i) {
    if (lines.rejected_by[i] == 0) continue;
    if (!out.empty()) out += ", ";
    out += fmt::format("{} {}", lines.rejected_by[i], post::kRejectReasonNames[i]);
  }
  return out;
}

std::string stats_json(const pipeline::PipelineResult& result, const ReloadCounts& reloads,
                       double seconds) {
  const pipeline::LineCounts& lines = result.totals.lines;
  const ResolverStats& resolver = result.resolver;
  std::string out;
  const auto put = std::back_inserter(out);
  fmt::format_to(put, R"({{"schema":"hashcart.stats/1","lines":{{"total":{})", lines.total);
  for (const LineRow& row : line_rows(lines))
    fmt::format_to(put, R"(,"{}":{})", row.name, row.count);
  out += "},\"rejected\":{";
  const auto put_counts = [&](const auto& names, const auto& counts) {
    bool first = true;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] == 0) continue;
      fmt::format_to(put, R"({}"{}":{})", first ? "" : ",", names[i], counts[i]);
      first = false;
    }
  };
  put_counts(post::kRejectReasonNames, lines.rejected_by);
  fmt::format_to(put, R"(}},"triggers":{{"total":{},"waiting":{}}},"outcomes":{{)",
                 resolver.triggers, resolver.waiting);
  put_counts(intent::kOutcomeNames, resolver.outcomes);
  out += "},\"records\":{";
  put_counts(intent::kRecordTypeNames, result.totals.records);
  fmt::format_to(put,
                 R"(}},"pendings":{{"opened":{},"confirmed":{},"expired":{},"retracted":{},)"
                 R"("open":{}}},"queue":{{"taken":{},"promoted":{},"retracted":{},"evicted":{},)"
                 R"("open":{}}},"clock":{{"dropped":{}}},"reloads":{{"done":{},"failed":{}}},)"
                 R"("bytes":{{"in":{},"out":{}}},)"
                 R"("seconds":{:.3f},"tables":{{)",
                 resolver.pendings_opened, resolver.pendings_confirmed, resolver.pendings_expired,
                 resolver.pendings_retracted, resolver.pendings_open, resolver.queue_taken,
                 resolver.queue_promoted, resolver.queue_retracted, resolver.queue_evicted,
                 resolver.queue_open, resolver.clock_times_dropped, reloads.done, reloads.failed,
                 result.totals.input_bytes, result.output_bytes, seconds);
  bool first = true;
  for (const intent::TableStats& table : resolver.tables) {
    fmt::format_to(put, R"({}"{}":{{"size":{},"capacity":{},"bytes":{},"evictions":{}}})",
                   first ? "" : ",", table.name, table.size, table.capacity, table.bytes,
                   table.evictions);
    first = false;
  }
  out += "}}\n";
  return out;
}

std::string stats_human(const pipeline::PipelineResult& result, double seconds) {
  const pipeline::LineCounts& lines = result.totals.lines;
  const ResolverStats& resolver = result.resolver;
  std::string out;
  const auto put = std::back_inserter(out);
  fmt::format_to(put, "lines      {:>12}  =", lines.total);
  const char* plus = " ";
  for (const LineRow& row : line_rows(lines)) {
    fmt::format_to(put, "{}{} {}", plus, row.count, row.name);
    plus = " + ";
  }
  if (lines.rejected > 0)
    fmt::format_to(put, "\nrejected   {:>12}  = {}", lines.rejected, rejects_summary(lines));
  const auto list = [&](std::string_view title, std::uint64_t total, const auto& names,
                        const auto& counts, std::uint64_t waiting) {
    fmt::format_to(put, "\n{:<10} {:>12}", title, total);
    const char* sign = "  = ";
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] == 0) continue;
      fmt::format_to(put, "{}{} {}", sign, counts[i], names[i]);
      sign = " + ";
    }
    if (waiting > 0) fmt::format_to(put, "{}{} waiting", sign, waiting);
  };
  list("triggers", resolver.triggers, intent::kOutcomeNames, resolver.outcomes, resolver.waiting);
  std::uint64_t records = 0;
  for (const std::uint64_t count : result.totals.records) records += count;
  list("records", records, intent::kRecordTypeNames, result.totals.records, 0);
  if (resolver.pendings_opened > 0) {
    fmt::format_to(put, "\npendings   {:>12}  = {} confirmed + {} expired + {} retracted + {} open",
                   resolver.pendings_opened, resolver.pendings_confirmed, resolver.pendings_expired,
                   resolver.pendings_retracted, resolver.pendings_open);
  }
  if (resolver.queue_taken > 0) {
    fmt::format_to(put, "\nqueue      {:>12}  = {} promoted + {} retracted + {} evicted + {} open",
                   resolver.queue_taken, resolver.queue_promoted, resolver.queue_retracted,
                   resolver.queue_evicted, resolver.queue_open);
  }
  for (const intent::TableStats& table : resolver.tables) {
    if (table.evictions == 0) continue;
    fmt::format_to(put, "\ntable {} is full ({} of {} entries, {} bytes): {} evicted", table.name,
                   table.size, table.capacity, table.bytes, table.evictions);
  }
  fmt::format_to(put, "\nbytes      {:>12}  read, {} written, in {:.2f} s",
                 result.totals.input_bytes, result.output_bytes, seconds);
  if (seconds > 0.01) {
    fmt::format_to(put, " ({:.1f} MB/s, {:.0f} lines/s)",
                   static_cast<double>(result.totals.input_bytes) / seconds / 1e6,
                   static_cast<double>(lines.total) / seconds);
  }
  out += '\n';
  return out;
}

}  // namespace hashcart::app
