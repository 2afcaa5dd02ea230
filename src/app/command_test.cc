// hashcart test: whether a catalogue does what its own hits, misses and [[test]] blocks expect.
#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/commands.h"
#include "app/junit.h"
#include "app/log.h"
#include "app/setup.h"
#include "app/subset_match.h"
#include "emit/encoder.h"
#include "emit/sink.h"
#include "emit/user_mask.h"
#include "match/pattern_db.h"
#include "pipeline/pipeline.h"

namespace hashcart::app {
namespace {

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

class Tester {
 public:
  // with_default: whether the examples of compiled-in files are tests too; they are where the
  // compiled-in catalogue is what is tested, and not where its retailers only come along.
  Tester(const match::PatternDb& db, std::string filter, bool with_default)
      : db_(db), filter_(std::move(filter)), with_default_(with_default) {}

  void run() {
    if (filter_.empty()) add_dead_tags();
    for (const ExampleResult& example : run_examples(db_)) {
      const std::string name =
          fmt::format("{}: {}: {}", example.id, example.is_hit ? "hit" : "miss", example.text);
      if (!is_wanted(name) || (!with_default_ && is_compiled_in(example.where.file))) continue;
      ++examples_;
      cases_.push_back({name, example.id, example.where.file, example.where.line, example.wrong});
    }
    for (const catalogue::StreamTest& test : db_.catalogue().tests) {
      if (!is_wanted(test.name)) continue;
      ++stream_tests_;
      cases_.push_back(
          {test.name, "stream test", test.where.file, test.where.line, run_stream_test(db_, test)});
    }
  }

  [[nodiscard]] const std::vector<TestCase>& cases() const { return cases_; }
  [[nodiscard]] std::size_t examples() const { return examples_; }
  [[nodiscard]] std::size_t stream_tests() const { return stream_tests_; }

 private:
  // Tags that no platform's grammar yields are faults whatever the tests say.
  void add_dead_tags() {
    for (const catalogue::Diagnostic& fault : check_against_grammars(db_)) {
      if (fault.code != catalogue::kTagNeverMatches.id) continue;
      cases_.push_back({fault.message, "tag", fault.where.file, fault.where.line, fault.label});
    }
  }

  [[nodiscard]] bool is_wanted(const std::string& name) const {
    return filter_.empty() || fnmatch(filter_.c_str(), name.c_str(), 0) == 0;
  }

  static bool is_compiled_in(std::string_view file) {
    const std::vector<catalogue::CatalogueText>& texts = catalogue::default_texts();
    return std::any_of(texts.begin(), texts.end(),
                       [&](const catalogue::CatalogueText& text) { return text.file == file; });
  }

  const match::PatternDb& db_;
  const std::string filter_;
  const bool with_default_;
  std::vector<TestCase> cases_;
  std::size_t examples_ = 0;
  std::size_t stream_tests_ = 0;
};

// False where it could not be written; the reason is then logged.
bool write_file(const std::string& path, std::string_view text) {
  const auto sink = emit::open_sink(path);
  emit::SinkStatus status = sink->write(text);
  if (status == emit::SinkStatus::kOk) status = sink->finish();
  if (status != emit::SinkStatus::kFailed) return true;
  log::error(sink->message());
  return false;
}

}  // namespace

ExitCode run_test(const TestCommand& command) {
  const auto catalogue = load_catalogue(command.catalogues);
  const match::PatternDb db(*catalogue);
  const std::vector<std::string>& paths = command.catalogues;
  const bool with_default =
      paths.empty() || std::find(paths.begin(), paths.end(), "default") != paths.end();
  Tester tester(db, command.filter, with_default);
  tester.run();
  std::size_t failed = 0;
  // A report on stdout stands there alone.
  std::FILE* const out = command.junit == "-" ? stderr : stdout;
  for (const TestCase& one : tester.cases()) {
    if (one.wrong.empty()) {
      if (command.verbosity.verbose > 0) fmt::print(out, "ok   {}\n", one.name);
      continue;
    }
    ++failed;
    fmt::print(out, "FAIL {} ({}:{})\n    {}\n", one.name, one.file, one.line, one.wrong);
  }
  if (command.verbosity.quiet == 0) {
    fmt::print(out, "{}, {} of hits and misses: {}\n", plural(tester.stream_tests(), "stream test"),
               plural(tester.examples(), "example"),
               failed == 0 ? "all passed" : plural(failed, "failure"));
  }
  if (!command.junit.empty() && !write_file(command.junit, junit_report(tester.cases()))) {
    return kInputOutput;
  }
  if (failed > 0) return kAnswerIsNo;
  return command.require_tests && tester.stream_tests() == 0 ? kAnswerIsNo : kDone;
}

}  // namespace hashcart::app
