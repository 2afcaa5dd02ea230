// hashcart match: posts in, cart-intent records out.
#include <fcntl.h>
#include <fmt/format.h>
#include <fnmatch.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "app/commands.h"
#include "app/full_disk_pause.h"
#include "app/input_setup.h"
#include "app/log.h"
#include "app/lookup_files.h"
#include "app/memory_limit.h"
#include "app/progress.h"
#include "app/reload.h"
#include "app/setup.h"
#include "app/stats_report.h"
#include "app/stop_request.h"
#include "base/input_names.h"
#include "base/setup_error.h"
#include "emit/encoder.h"
#include "emit/sink.h"
#include "emit/user_mask.h"
#include "match/signal.h"
#include "pipeline/pipeline.h"
#include "state/state_dir.h"

namespace hashcart::app {
namespace {

using base::SetupError;
using base::SetupFault;

[[noreturn]] void refuse(const std::string& message) {
  throw SetupError(SetupFault::kUsage, message);
}

// CPUs this process may use, which a container or taskset may have cut.
unsigned usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
}

std::optional<base::EventTimeMs> time_option(std::string_view flag, const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto time = base::parse_rfc3339(text);
  if (!time) {
    refuse(fmt::format("{} {}: not a time; write it like 2014-05-06T10:00:00Z, with an offset",
                       flag, text));
  }
  return time;
}

std::chrono::milliseconds flush_option(const std::string& text) {
  if (text == "auto") return std::chrono::milliseconds(50);
  if (text == "line") return std::chrono::milliseconds(0);
  const auto duration = base::parse_duration_ms(text);
  if (!duration)
    refuse(fmt::format("--flush {}: write auto, line, or a duration like 200ms", text));
  return std::chrono::milliseconds(*duration);
}

pipeline::ScanMode scan_option(const std::string& text) {
  if (text == "auto") return pipeline::ScanMode::kAuto;
  if (text == "on") return pipeline::ScanMode::kOn;
  if (text == "off") return pipeline::ScanMode::kOff;
  refuse(fmt::format("--scan {}: write auto, on or off", text));
}

std::vector<bool> campaigns_option(const std::vector<std::string>& globs,
                                   const catalogue::Catalogue& catalogue) {
  if (globs.empty()) return {};
  std::vector<bool> chosen(catalogue.campaigns.size(), false);
  for (const std::string& glob : globs) {
    bool any = false;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      if (fnmatch(glob.c_str(), catalogue.campaigns[i].id.c_str(), 0) != 0) continue;
      chosen[i] = true;
      any = true;
    }
    if (!any) {
      refuse(
          fmt::format("--campaign {}: no campaign has such an id; `hashcart catalogue list` "
                      "shows them",
                      glob));
    }
  }
  return chosen;
}

// How many rejected lines are accepted: a count, or a share of the lines.
class BadAllowance {
 public:
  BadAllowance(const std::string& text, bool strict) {
    if (strict) limited_ = true;
    if (text.empty()) return;
    limited_ = true;
    std::string_view number = text;
    if (number.ends_with('%')) {
      is_share_ = true;
      number.remove_suffix(1);
    }
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), allowed_);
    if (error != std::errc() || end != number.data() + number.size() || allowed_ < 0 ||
        (!is_share_ && allowed_ != static_cast<double>(static_cast<std::uint64_t>(allowed_)))) {
      refuse(fmt::format("--allow-bad {}: write a count like 10, or a share like 0.1%", text));
    }
  }

  [[nodiscard]] bool exceeded(const pipeline::LineCounts& lines) const {
    if (!limited_) return false;
    const double limit = is_share_ ? static_cast<double>(lines.total) * allowed_ / 100 : allowed_;
    return static_cast<double>(lines.rejected) > limit;
  }

 private:
  bool limited_ = false;
  bool is_share_ = false;
  double allowed_ = 0;
};

// One file may not be two outputs at once: the streams would be torn into each other.
std::vector<std::string> outputs_of(const MatchCommand& command) {
  std::vector<std::string> outputs;
  for (const std::string* path :
       {&command.output, &command.rejects, &command.outcomes, &command.stats_file}) {
    if (!path->empty()) outputs.push_back(*path);
  }
  return outputs;
}

// What tells files apart whatever they are called: links lead to one. Empty for what opening for
// writing does not empty (a FIFO, a terminal).
std::string identity_of(const std::string& path, int standard) {
  struct stat status {};
  if ((path == "-" ? fstat(standard, &status) : stat(path.c_str(), &status)) == 0) {
    return S_ISREG(status.st_mode) ? fmt::format("{}:{}", status.st_dev, status.st_ino)
                                   : std::string();
  }
  std::error_code unknown;
  std::filesystem::path target = std::filesystem::absolute(path, unknown);
  // A link that leads nowhere yet is made where it leads to.
  constexpr int kLinksMax = 40;
  for (int i = 0; i < kLinksMax && std::filesystem::is_symlink(target, unknown); ++i) {
    target = target.parent_path() / std::filesystem::read_symlink(target, unknown);
  }
  return std::filesystem::weakly_canonical(target, unknown).string();
}

void refuse_same_output(const MatchCommand& command) {
  std::set<std::string> seen;
  for (const std::string& path : outputs_of(command)) {
    if (path == "/dev/null") continue;
    const std::string identity = identity_of(path, STDOUT_FILENO);
    if (!seen.insert(identity.empty() ? path : identity).second) {
      refuse(fmt::format("{} is named as an output twice; give each its own file", path));
    }
  }
}

// An output that is read as well would be empty before it is read, or never end.
void refuse_overwriting(const MatchCommand& command, const std::vector<std::string>& inputs) {
  std::vector<std::string> read = inputs;
  for (const std::string& catalogue : command.catalogues) read.push_back(catalogue);
  for (const std::string* path : {&command.accounts, &command.links}) {
    if (!path->empty()) read.push_back(*path);
  }
  std::set<std::string> identities;
  for (const std::string& path : read) identities.insert(identity_of(path, STDIN_FILENO));
  identities.erase("");
  for (const std::string& path : outputs_of(command)) {
    if (!identities.contains(identity_of(path, STDOUT_FILENO))) continue;
    refuse(fmt::format("{} is read and would be overwritten; name another file as output",
                       path == "-" ? "standard output: its file" : path));
  }
}

// Files that are read on while the run goes on.
ingest::FollowOptions follow_options(const MatchCommand& command) {
  // Each is held open.
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  ingest::FollowOptions out;
  out.names = std::make_shared<base::InputNames>();
  out.is_output = [outputs = outputs_of(command)](std::uint64_t device, std::uint64_t inode) {
    return std::any_of(outputs.begin(), outputs.end(), [&](const std::string& path) {
      return identity_of(path, STDOUT_FILENO) == fmt::format("{}:{}", device, inode);
    });
  };
  out.notice = [](bool is_warning, const std::string& text) {
    log::say(is_warning ? log::Level::kWarning : log::Level::kInfo, text);
  };
  return out;
}

// Equal for two masks if and only if they give equal ids.
std::string mask_word(const emit::UserMask& mask) {
  if (mask.is_raw()) return "raw";
  emit::MaskBuffer buffer;
  return std::string(mask.author(base::Platform::kOther, "hashcart.state", &buffer));
}

// Without those of patterns: what a run that follows writes itself it passes over.
std::vector<std::string> named_inputs(const MatchCommand& command) {
  std::vector<std::string> out = command.input.inputs;
  std::erase_if(out, ingest::is_pattern);
  return out;
}

// What else follows from a catalogue, for a run under way.
std::shared_ptr<const pipeline::Rules> make_rules(
    const MatchCommand& command, std::unique_ptr<const catalogue::Catalogue> catalogue,
    const std::vector<std::string>& link_hosts,
    const std::shared_ptr<const base::InputNames>& input_names, const emit::UserMask& mask) {
  auto out = std::make_shared<pipeline::Rules>();
  out->campaigns = campaigns_option(command.campaigns, *catalogue);
  out->db = std::make_unique<match::PatternDb>(*catalogue, link_hosts);
  out->encoder = std::make_unique<emit::RecordEncoder>(*catalogue, input_names, mask, kEngine);
  out->catalogue = std::move(catalogue);
  return out;
}

// The rules a state was made under, for what it holds. No post is judged by them.
std::unique_ptr<pipeline::Rules> rules_before(const state::StateDir& state,
                                              const emit::UserMask& mask) {
  if (!state.catalogue_before()) return nullptr;
  const state::CatalogueIdentity& before = *state.catalogue_before();
  auto out = std::make_unique<pipeline::Rules>();
  auto catalogue = load_catalogue_texts({{.file = before.name, .text = before.text}});
  catalogue->sha256 = before.sha256;
  out->encoder =
      std::make_unique<emit::RecordEncoder>(*catalogue, state.input_names(), mask, kEngine);
  out->catalogue = std::move(catalogue);
  return out;
}

std::unique_ptr<state::StateDir> open_state(const MatchCommand& command,
                                            const catalogue::Catalogue& catalogue,
                                            const emit::UserMask& mask, FullDiskPause* pause,
                                            ingest::SourceOptions* source) {
  if (command.state.empty()) return nullptr;
  if (command.limit) refuse("-n with --state: a run with a state says all there is to say");
  if (command.skip > 0) {
    refuse("--skip with --state: the state knows what is written");
  }
  if (command.users == "drop") {
    refuse("--users drop with --state: ids of two runs could not be joined; use hmac:KEYFILE");
  }
  auto out = std::make_unique<state::StateDir>(
      command.state,
      state::Identity{.catalogue = pipeline::identity_of(catalogue),
                      .users = mask_word(mask),
                      .signal_format = match::kSignalFormat},
      pause);
  if (!out->warning().empty()) log::warn(out->warning());
  if (source->follow) {
    source->follow->names = out->input_names();
    source->follow->known = out->followed();
    source->follow->forget = [state = out.get()](const std::vector<ingest::FilePlace>& gone) {
      state->forget(gone);
    };
  } else {
    source->inputs = ingest::expand_inputs(source->inputs);
    out->plan_inputs(source->inputs);
    source->starts = out->starts();
  }
  if (const auto& before = out->catalogue_before()) {
    log::warn(fmt::format("{}: passes from catalogue {} ({:.12}) to {} {} ({:.12})", command.state,
                          before->name, before->sha256, catalogue.id, catalogue.version,
                          catalogue.sha256));
  }
  return out;
}

std::optional<std::uint64_t> bytes_from_environment(const char* name) {
  const char* const text = std::getenv(name);
  if (text == nullptr) return std::nullopt;
  const std::string_view digits = text;
  std::uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bytes);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return bytes;
}

// For tests, which kill runs between checkpoints: HASHCART_STATE_EVERY=BYTES commits after so much
// input, which is cut to pieces of about that size, and HASHCART_STATE_SNAPSHOT=BYTES takes
// snapshots after so many bytes of signals. Output is the same for every value.
void commit_as_told(pipeline::PipelineOptions* options) {
  if (const auto bytes = bytes_from_environment("HASHCART_STATE_SNAPSHOT")) {
    options->snapshot_after_bytes = *bytes;
  }
  if (const auto bytes = bytes_from_environment("HASHCART_STATE_EVERY")) {
    options->commit_bytes = *bytes;
    // A chunk of a file stands for eight times its capacity.
    options->chunk_bytes = std::clamp<std::size_t>(*bytes / 8, 4U << 10U, options->chunk_bytes);
  }
}

ExitCode exit_code(const MatchCommand& command, const pipeline::PipelineResult& result,
                   const ingest::Source& source, const BadAllowance& allowance) {
  if (!result.balanced) return kBug;
  if (result.cause == pipeline::StopCause::kOutputFailed) return kInputOutput;
  if (const ExitCode stopped = StopRequest::exit_code(); stopped != kDone) return stopped;
  const auto has_fault = [&](ingest::InputFaultKind kind) {
    return std::any_of(source.faults().begin(), source.faults().end(),
                       [&](const ingest::InputFault& fault) { return fault.kind == kind; });
  };
  if (has_fault(ingest::InputFaultKind::kBrokeOff)) return kInputOutput;
  if (has_fault(ingest::InputFaultKind::kCannotOpen)) return kInputNotOpened;
  if (allowance.exceeded(result.totals.lines)) return kBadRecords;
  if (command.exit_status) {
    std::uint64_t records = 0;
    for (const std::uint64_t count : result.totals.records) records += count;
    if (records == 0) return kAnswerIsNo;
  }
  return kDone;
}

}  // namespace

ExitCode run_match(const MatchCommand& command) {
  if (!command.catalogues.empty()) ReloadOnHangup::listen();
  if (command.at_end != "keep" && command.at_end != "expire") {
    refuse(fmt::format("--at-end {}: write keep or expire", command.at_end));
  }
  if (!command.stats.empty() && command.stats != "human" && command.stats != "json") {
    refuse(fmt::format("--stats={}: write human or json", command.stats));
  }
  refuse_same_output(command);
  const BadAllowance allowance(command.allow_bad, command.strict);
  pipeline::PipelineOptions options;
  options.workers = command.threads == 0 ? usable_cpus() : command.threads;
  options.flush_after = flush_option(command.flush);
  options.flush_when_dry = command.flush == "auto";
  options.limit = command.limit;
  options.skip = command.skip;
  options.expire_at_end = command.at_end == "expire";
  options.worker.reader.forced = dialect_option(command.input.dialect);
  options.worker.scan = scan_option(command.scan);
  options.worker.validate = command.validate;
  options.worker.want_rejects = !command.rejects.empty();
  options.worker.match.since = time_option("--since", command.since);
  options.worker.match.until = time_option("--until", command.until);
  options.worker.match.with_text = command.with_text;

  auto catalogue = load_catalogue(command.catalogues);
  options.worker.match.campaigns = campaigns_option(command.campaigns, *catalogue);
  std::unique_ptr<FileAccounts> accounts;
  if (!command.accounts.empty()) accounts = std::make_unique<FileAccounts>(command.accounts);
  std::unique_ptr<FileExpansions> expansions;
  if (!command.links.empty()) expansions = std::make_unique<FileExpansions>(command.links);
  options.worker.match.accounts = accounts.get();
  options.worker.match.expansions = expansions.get();
  const emit::UserMask mask = emit::UserMask::from_option(command.users);
  const std::vector<std::string> link_hosts =
      expansions == nullptr ? std::vector<std::string>{} : expansions->hosts();
  const match::PatternDb db(*catalogue, link_hosts);
  log::info(fmt::format("catalogue {} {}: {} campaigns, {} retailers", catalogue->id,
                        catalogue->version, catalogue->campaigns.size(),
                        catalogue->retailers.size()));

  ingest::SourceOptions inputs = source_options(command.input, catalogue->limits.record_bytes_max);
  if (command.follow) inputs.follow = follow_options(command);
  FullDiskPause pause;
  const auto state = open_state(command, *catalogue, mask, &pause, &inputs);
  if (state != nullptr) {
    options.state = state.get();
    if (!command.follow) options.worker.input_numbers = state->numbers();
    commit_as_told(&options);
  }
  if (command.memory) {
    hold_to_memory(*command.memory, !command.catalogues.empty(), catalogue->limits, options,
                   &inputs);
  }
  ingest::Source source(inputs);
  refuse_overwriting(command, command.follow ? named_inputs(command) : source.input_names());
  const std::shared_ptr<const base::InputNames> input_names =
      state != nullptr ? state->input_names()
      : inputs.follow  ? inputs.follow->names
                       : std::make_shared<base::InputNames>(source.input_names());
  const emit::RecordEncoder encoder(*catalogue, input_names, mask, kEngine);
  const std::unique_ptr<pipeline::Rules> before =
      state == nullptr ? nullptr : rules_before(*state, mask);
  options.rules_before = before.get();
  std::vector<std::unique_ptr<emit::Sink>> own_sinks;
  const auto open = [&](const std::string& path) -> emit::Sink* {
    if (path.empty()) return nullptr;
    return own_sinks.emplace_back(emit::open_sink(path)).get();
  };
  const auto open_kept = [&](state::OutputKind kind, const std::string& path) -> emit::Sink* {
    return path.empty() || state == nullptr ? open(path) : state->open_output(kind, path);
  };
  emit::Sink* const records = open_kept(state::OutputKind::kRecords, command.output);
  emit::Sink* const rejects = open_kept(state::OutputKind::kRejects, command.rejects);
  emit::Sink* const outcomes = open_kept(state::OutputKind::kOutcomes, command.outcomes);
  emit::Sink* const stats_file = open(command.stats_file);

  const auto start = std::chrono::steady_clock::now();
  pipeline::PipelineResult result;
  pipeline::RulesFeed feed;
  std::unique_ptr<ReloadOnHangup> reload;
  if (!command.catalogues.empty()) {
    options.rules_feed = &feed;
    reload = std::make_unique<ReloadOnHangup>(
        [&] {
          return make_rules(command, load_catalogue(command.catalogues), link_hosts, input_names,
                            mask);
        },
        catalogue->sha256, &feed);
  }
  {
    const StopRequest stop(&source);
    const Progress progress(source, command.verbosity.quiet == 0);
    result = pipeline::run(&source, db, encoder,
                           {.records = records, .outcomes = outcomes, .rejects = rejects}, options);
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  ReloadCounts reloads;
  if (reload != nullptr) reloads = reload->counts();
  reload.reset();
  for (const ingest::InputFault& fault : source.faults()) log::error(fault.message);
  if (result.has_gap) {
    log::error(fmt::format(
        "{}: what comes behind an input that could not be read is not committed; run again once it "
        "can be, or without it",
        command.state));
  }
  if (result.cause == pipeline::StopCause::kOutputFailed) log::error(result.failure);
  for (const auto& sink : {records, rejects, outcomes}) {
    if (sink == nullptr || result.cause == pipeline::StopCause::kOutputFailed) continue;
    if (sink->finish() == emit::SinkStatus::kFailed) {
      log::error(sink->message());
      result.cause = pipeline::StopCause::kOutputFailed;
    }
  }
  const pipeline::LineCounts& lines = result.totals.lines;
  if (lines.rejected > 0) {
    log::warn(fmt::format("{} of {} lines rejected: {}{}", lines.rejected, lines.total,
                          rejects_summary(lines),
                          command.rejects.empty() ? " (--rejects FILE keeps them)" : ""));
  }
  if (StopRequest::exit_code() != kDone) {
    log::warn(fmt::format(
        "stopped by a signal after {} lines, {} bytes; the output is complete up to there",
        lines.total, result.totals.input_bytes));
  }
  if (!result.balanced) {
    log::critical("bug: the books do not balance; please report this with the output of --stats");
  }
  if (!command.stats.empty() || !result.balanced) {
    const std::string text = command.stats == "json" ? stats_json(result, reloads, seconds)
                                                     : stats_human(result, seconds);
    std::fwrite(text.data(), 1, text.size(), stderr);
  }
  if (stats_file != nullptr) {
    if (stats_file->write(stats_json(result, reloads, seconds)) == emit::SinkStatus::kFailed ||
        stats_file->finish() == emit::SinkStatus::kFailed) {
      log::error(stats_file->message());
      result.cause = pipeline::StopCause::kOutputFailed;
    }
  }
  return exit_code(command, result, source, allowance);
}

}  // namespace hashcart::app
