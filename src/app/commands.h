// The subcommands: options as the command line gave them, and what to do. Each returns an exit
// code; setup errors are thrown as base::SetupError and become one in main.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/exit_code.h"
#include "app/gen.h"

namespace hashcart::app {

// -q and -v, counted.
struct Verbosity {
  int quiet = 0;
  int verbose = 0;
};

struct InputOptions {
  std::vector<std::string> inputs;  // files, globs, "-"; empty: stdin
  std::string dialect = "auto";
  std::string framing = "auto";
};

struct MatchCommand {
  std::vector<std::string> catalogues;
  InputOptions input;
  std::string output = "-";
  std::string rejects;
  std::string outcomes;
  std::string stats;  // "", "human", "json"
  std::string stats_file;
  unsigned threads = 0;  // 0: one per CPU this process may use
  std::string flush = "auto";
  std::string since;
  std::string until;
  std::optional<std::uint64_t> limit;
  std::uint64_t skip = 0;
  std::vector<std::string> campaigns;  // globs
  bool with_text = false;
  std::string users = "raw";
  std::string accounts;
  std::string links;
  bool validate = false;
  std::string scan = "auto";
  std::optional<std::uint64_t> memory;  // bytes
  bool strict = false;
  std::string allow_bad;
  std::string at_end = "keep";
  std::string state;  // a directory; empty: none
  bool follow = false;
  bool exit_status = false;
  Verbosity verbosity;
};

struct ExplainCommand {
  std::vector<std::string> catalogues;
  InputOptions input;
  std::string post;  // id
  std::optional<std::uint64_t> line;
  std::string text;
  std::string platform = "x";
  std::string links;
  std::string users = "raw";
};

struct ExtractCommand {
  std::vector<std::string> catalogues;
  InputOptions input;
  std::string links;
  bool embedded = false;
  Verbosity verbosity;
};

struct LinkCommand {
  std::vector<std::string> catalogues;
  std::vector<std::string> urls;
  std::string links;
};

struct CheckCommand {
  std::vector<std::string> catalogues;
  bool deny_warnings = false;
  std::string format = "text";  // "text", "json"
  Verbosity verbosity;
};

struct TestCommand {
  std::vector<std::string> catalogues;
  std::string filter;  // glob on test names
  std::string junit;   // a file, or "-"; empty: no report
  bool require_tests = false;
  Verbosity verbosity;
};

struct CatalogueCommand {
  std::vector<std::string> catalogues;
  bool list = false;
  std::string format = "toml";  // of show: "toml", "json"
};

struct DiffCommand {
  std::string before;  // each a file, a directory or "default"
  std::string after;
  std::string format = "text";  // "text", "json"
};

struct BenchCommand {
  std::uint64_t bytes = 256U << 20U;  // of each corpus
  unsigned rounds = 3;
  std::vector<std::string> sweeps;  // empty: all
  std::uint64_t made_up_max =
      100'000;         // campaigns, authors or hosts, of the sweeps over catalogues
  std::string folder;  // for corpora; empty: TMPDIR, or /tmp
  bool json = false;
};

struct GenCommand {
  GenOptions options;
  bool is_corpus = false;
  CorpusOptions corpus;
  std::string truth;  // a file; empty: none
};

[[nodiscard]] ExitCode run_match(const MatchCommand& command);
[[nodiscard]] ExitCode run_explain(const ExplainCommand& command);
[[nodiscard]] ExitCode run_extract(const ExtractCommand& command);
[[nodiscard]] ExitCode run_link(const LinkCommand& command);
[[nodiscard]] ExitCode run_check(const CheckCommand& command);
[[nodiscard]] ExitCode run_test(const TestCommand& command);
[[nodiscard]] ExitCode run_catalogue(const CatalogueCommand& command);
[[nodiscard]] ExitCode run_diff(const DiffCommand& command);
[[nodiscard]] ExitCode run_bench(const BenchCommand& command);
[[nodiscard]] ExitCode run_demo();
[[nodiscard]] ExitCode run_gen_command(const GenCommand& command);
// name: "intent", "outcome", ..., or empty for all.
[[nodiscard]] ExitCode run_schema(const std::string& name);
[[nodiscard]] ExitCode run_version(bool json);

}  // namespace hashcart::app
