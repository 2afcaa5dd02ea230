// hashcart demo, gen, schema, version: what needs no input of the user's.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "app/commands.h"
#include "app/demo_posts.h"
#include "app/log.h"
#include "app/setup.h"
#include "base/setup_error.h"
#include "emit/encoder.h"
#include "emit/schemas.h"
#include "emit/sink.h"
#include "emit/user_mask.h"
#include "match/literal_set.h"
#include "pipeline/pipeline.h"
#include "post/post_reader.h"

namespace hashcart::app {
namespace {

ExitCode write_out(std::string_view text) {
  const auto sink = emit::open_sink("-");
  emit::SinkStatus status = sink->write(text);
  if (status == emit::SinkStatus::kOk) status = sink->finish();
  if (status != emit::SinkStatus::kFailed) return kDone;
  log::error(sink->message());
  return kInputOutput;
}

}  // namespace

ExitCode run_demo() {
  const auto catalogue = load_catalogue({});
  const match::PatternDb db(*catalogue);
  const emit::UserMask mask = emit::UserMask::raw();
  const emit::RecordEncoder encoder(*catalogue, {"demo"}, mask, kEngine);
  pipeline::PipelineOptions options;
  options.expire_at_end = true;
  const pipeline::TextResult result = pipeline::run_text(kDemoPosts, db, encoder, options);
  if (!result.result.balanced) return kBug;
  const ExitCode code = write_out(result.records);
  const pipeline::LineCounts& lines = result.result.totals.lines;
  std::uint64_t records = 0;
  for (const std::uint64_t count : result.result.totals.records) records += count;
  fmt::print(stderr,
             "hashcart: {} lines in, {} records out; the same with your own posts: "
             "hashcart match posts.ndjson\n",
             lines.total, records);
  return code;
}

ExitCode run_gen_command(const GenCommand& command) {
  // Text that leaves in large pieces.
  struct Output {
    std::unique_ptr<emit::Sink> sink;
    std::string buffer;
    emit::SinkStatus status = emit::SinkStatus::kOk;

    void add(std::string_view text) {
      buffer += text;
      if (buffer.size() >= (256U << 10U)) flush();
    }
    void flush() {
      if (status == emit::SinkStatus::kOk && !buffer.empty()) status = sink->write(buffer);
      buffer.clear();
    }
    [[nodiscard]] bool finish() {
      flush();
      if (status == emit::SinkStatus::kOk) status = sink->finish();
      if (status != emit::SinkStatus::kFailed) return true;
      log::error(sink->message());
      return false;
    }
  };
  Output lines{emit::open_sink("-"), {}};
  Output truth;
  if (!command.truth.empty()) truth.sink = emit::open_sink(command.truth);
  run_gen(
      command.options,
      [&](std::string_view line) {
        lines.add(line);
        return lines.status == emit::SinkStatus::kOk;
      },
      [&](std::string_view id) {
        if (truth.sink == nullptr) return;
        truth.add(id);
        truth.add("\n");
      });
  const bool done = lines.finish();
  return (truth.sink == nullptr || truth.finish()) && done ? kDone : kInputOutput;
}

ExitCode run_schema(const std::string& name) {
  std::string text;
  std::string names;
  for (const emit::Schema& schema : emit::schemas()) {
    names += (names.empty() ? "" : ", ") + std::string(schema.name);
    if (name.empty() || name == schema.name) text += schema.text;
  }
  if (text.empty()) {
    throw base::SetupError(base::SetupFault::kUsage, "schema " + name + ": there is " + names);
  }
  return write_out(text);
}

ExitCode run_version(bool json) {
  const std::string_view scan = match::scan_library_version();
  const std::string_view kernel = post::json_kernel_name();
  if (json) {
    return write_out(fmt::format(
        R"({{"hashcart":"{}","compiler":"{}","scan":"{}","simdjson":"{}","kernel":"{}"}})"
        "\n",
        HASHCART_VERSION, __VERSION__, scan, post::json_library_version(), kernel));
  }
  return write_out(
      fmt::format("hashcart {}\ncompiler   gcc or clang {}\nHyperscan  {}\n"
                  "simdjson   {} (kernel {})\n",
                  HASHCART_VERSION, __VERSION__, scan, post::json_library_version(), kernel));
}

}  // namespace hashcart::app
