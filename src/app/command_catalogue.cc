// hashcart check, test, catalogue: what a catalogue says, whether it is sound, and whether it does
// what its own tests expect.
#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "app/commands.h"
#include "app/setup.h"
#include "app/subset_match.h"
#include "base/setup_error.h"
#include "emit/encoder.h"
#include "emit/user_mask.h"
#include "match/pattern_db.h"
#include "pipeline/pipeline.h"

namespace hashcart::app {
namespace {

using catalogue::Diagnostic;
using catalogue::Severity;

std::vector<std::string> or_default(const std::vector<std::string>& paths) {
  return paths.empty() ? std::vector<std::string>{"default"} : paths;
}

void print(std::FILE* to, std::string_view text) { std::fwrite(text.data(), 1, text.size(), to); }

std::string plural(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// The lines of an NDJSON text, blank ones left out.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) out.push_back(line);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

// Runs one [[test]] block. Empty, or what is wrong.
std::string run_stream_test(const match::PatternDb& db, const catalogue::StreamTest& test) {
  const emit::UserMask mask = emit::UserMask::raw();
  const emit::RecordEncoder encoder(db.catalogue(), {"test"}, mask, kEngine);
  pipeline::PipelineOptions options;
  options.expire_at_end = true;
  options.worker.validate = true;
  const pipeline::TextResult result = pipeline::run_text(test.posts, db, encoder, options);
  if (!result.result.balanced) return "the books do not balance: a bug of hashcart";
  if (result.result.totals.lines.rejected > 0) {
    return fmt::format("a post was rejected: {}", result.rejects);
  }
  const std::vector<std::string_view> expected = lines_of(test.expect);
  const std::vector<std::string_view> records = lines_of(result.records);
  for (std::size_t i = 0; i < std::max(expected.size(), records.size()); ++i) {
    if (i >= records.size()) {
      return fmt::format("expected a record more:\n      {}\n    outcomes were:\n{}", expected[i],
                         result.outcomes);
    }
    if (i >= expected.size()) return fmt::format("a record too many:\n      {}", records[i]);
    const std::string difference = subset_difference(expected[i], records[i]);
    if (!difference.empty()) {
      return fmt::format("record {}: {}\n      expected {}\n      got      {}", i + 1, difference,
                         expected[i], records[i]);
    }
  }
  return {};
}

}  // namespace

ExitCode run_check(const CheckCommand& command) {
  const std::vector<std::string> paths = or_default(command.catalogues);
  catalogue::LoadResult result = catalogue::load_files(paths);
  std::string compiled;
  if (result.ok()) {
    const match::PatternDb db(result.catalogue);
    for (Diagnostic& more : check_against_grammars(db)) {
      result.diagnostics.push_back(std::move(more));
    }
    std::size_t hosts = 0;
    for (const catalogue::Retailer& retailer : result.catalogue.retailers) {
      hosts += retailer.hosts.size() + retailer.short_hosts.size();
    }
    compiled = fmt::format(
        "{}, {}, {}; compiled to {} KiB\n", plural(result.catalogue.campaigns.size(), "campaign"),
        plural(result.catalogue.retailers.size(), "retailer"), plural(hosts, "host"),
        (db.text_literals().compiled_bytes() + 1023) / 1024);
  }
  if (!result.diagnostics.empty()) {
    print(stderr, catalogue::render(result.diagnostics, catalogue::read_texts(paths)));
  }
  if (command.verbosity.quiet == 0) print(stdout, compiled);
  const bool warned =
      std::any_of(result.diagnostics.begin(), result.diagnostics.end(),
                  [](const Diagnostic& fault) { return fault.severity == Severity::kWarning; });
  if (!result.ok()) return kAnswerIsNo;
  return warned && command.deny_warnings ? kAnswerIsNo : kDone;
}

ExitCode run_test(const TestCommand& command) {
  const auto catalogue = load_catalogue(command.catalogues);
  const match::PatternDb db(*catalogue);
  std::size_t failed = 0;
  const std::vector<Diagnostic> faults = check_against_grammars(db);
  std::set<std::string> faulty;
  if (command.filter.empty()) {
    for (const Diagnostic& fault : faults) {
      fmt::print("FAIL {}:{}: {}\n", fault.where.file, fault.where.line, fault.message);
      ++failed;
    }
  }
  std::size_t examples = 0;
  for (const catalogue::Campaign& campaign : catalogue->campaigns) {
    examples += campaign.hits.size() + campaign.misses.size();
  }
  for (const catalogue::Retailer& retailer : catalogue->retailers) {
    examples += retailer.hits.size() + retailer.misses.size();
  }
  std::size_t ran = 0;
  for (const catalogue::StreamTest& test : catalogue->tests) {
    if (!command.filter.empty() && fnmatch(command.filter.c_str(), test.name.c_str(), 0) != 0) {
      continue;
    }
    ++ran;
    const std::string wrong = run_stream_test(db, test);
    if (wrong.empty()) {
      if (command.verbosity.verbose > 0) fmt::print("ok   {}\n", test.name);
      continue;
    }
    ++failed;
    fmt::print("FAIL {} ({}:{})\n    {}\n", test.name, test.where.file, test.where.line, wrong);
  }
  if (command.verbosity.quiet == 0) {
    fmt::print("{}, {} of hits and misses: {}\n", plural(ran, "stream test"),
               plural(examples, "example"), failed == 0 ? "all passed" : plural(failed, "failure"));
  }
  if (failed > 0) return kAnswerIsNo;
  return command.require_tests && ran == 0 ? kAnswerIsNo : kDone;
}

ExitCode run_catalogue(const CatalogueCommand& command) {
  const auto catalogue = load_catalogue(command.catalogues);
  if (!command.list) {
    fmt::print("# sha256 {}\n", catalogue->sha256);
    print(stdout, catalogue->resolved);
    return kDone;
  }
  for (const catalogue::Campaign& campaign : catalogue->campaigns) {
    std::string triggers;
    for (const std::string& tag : campaign.tags) triggers += (triggers.empty() ? "" : " ") + tag;
    for (const catalogue::RetailerIndex retailer : campaign.on_link) {
      triggers += (triggers.empty() ? "links of " : ", ") + catalogue->retailers[retailer].id;
    }
    fmt::print("campaign  {:<28} rev {:<3} {:<12} {:<14} {}\n", campaign.id, campaign.rev,
               campaign.status == catalogue::Status::kStable       ? "stable"
               : campaign.status == catalogue::Status::kDeprecated ? "deprecated"
                                                                   : "experimental",
               campaign.action, triggers);
  }
  for (const catalogue::Retailer& retailer : catalogue->retailers) {
    std::string markets;
    for (const catalogue::Market& market : retailer.markets) {
      markets += (markets.empty() ? "" : " ") + market.id;
    }
    fmt::print("retailer  {:<28} {:<8} {}\n", retailer.id, catalogue->id_types[retailer.id_type].id,
               markets);
  }
  return kDone;
}

}  // namespace hashcart::app
