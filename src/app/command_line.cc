// The command line: flags to option structs, exceptions to exit codes.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "app/commands.h"
#include "app/log.h"
#include "app/stop_request.h"
#include "base/event_time.h"
#include "base/setup_error.h"
#include "post/post.h"

namespace hashcart::app {

int run_command_line(int argc, char** argv);

namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  hashcart demo\n"
    "  hashcart match posts.ndjson > intents.ndjson\n"
    "  zcat *.gz | hashcart match -c shop.toml --stats | jq -c '{user: .actor.id, item: "
    ".product.key}'\n"
    "  hashcart match -F firehose.json --state state -o intents.ndjson\n"
    "  hashcart explain -c shop.toml --post 101 posts.ndjson\n"
    "\n"
    "Exit codes:\n"
    "  0 done   1 the answer is no (-e, test, check, diff)   2 wrong usage   65 too many rejected "
    "lines\n"
    "  66 an input could not be opened   70 bug: the books do not balance   74 an input broke off "
    "or an\n"
    "  output failed   78 catalogue or machine refused   130/143 stopped by SIGINT/SIGTERM after "
    "draining";

log::Level level_of(const Verbosity& verbosity) {
  const int level = verbosity.verbose - verbosity.quiet;
  return level > 1     ? log::Level::kDebug
         : level == 1  ? log::Level::kInfo
         : level == 0  ? log::Level::kWarning
         : level == -1 ? log::Level::kError
                       : log::Level::kCritical;
}

void add_verbosity(CLI::App* app, Verbosity* verbosity) {
  app->add_flag("-q,--quiet", verbosity->quiet, "Say less on stderr; twice: only bugs")
      ->group("See");
  app->add_flag("-v,--verbose", verbosity->verbose, "Say more on stderr")->group("See");
}

void add_catalogues(CLI::App* app, std::vector<std::string>* paths) {
  app->add_option("-c,--catalogue", *paths,
                  "Catalogue file or directory, repeatable; `default` is the one compiled in")
      ->type_name("FILE")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group("Input");
}

std::string dialect_help() {
  std::string names = "auto";
  for (std::size_t i = 1; i < post::kDialectNames.size(); ++i) {
    names += i + 1 < post::kDialectNames.size() ? ", " : " or ";
    names += post::kDialectNames[i];
  }
  return "Force the format of all lines: " + names;
}

void add_input(CLI::App* app, InputOptions* input) {
  app->add_option("input", input->inputs, "Files, quoted globs, or - for stdin (default)")
      ->type_name("FILE")
      ->group("Input");
  app->add_option("--dialect", input->dialect, dialect_help())->type_name("NAME")->group("Input");
  app->add_option("--framing", input->framing, "auto, ndjson, sse or json: how records are cut")
      ->type_name("NAME")
      ->group("Input");
}

void add_links(CLI::App* app, std::string* path) {
  app->add_option("--links", *path,
                  "Where short links lead: lines of short URL, tab, URL; nothing is fetched")
      ->type_name("FILE")
      ->group("Input");
}

void add_users(CLI::App* app, std::string* users) {
  app->add_option("--users", *users,
                  "raw, hmac:KEYFILE or drop: how author and post ids are written")
      ->type_name("HOW")
      ->group("Output");
}

void add_match(CLI::App* root, MatchCommand* command, std::function<ExitCode()>* action) {
  CLI::App* app = root->add_subcommand("match", "Match posts, write cart-intent records");
  add_catalogues(app, &command->catalogues);
  add_input(app, &command->input);
  add_links(app, &command->links);
  app->add_option("--accounts", command->accounts,
                  "Who linked an account: lines of author id, tab, customer reference")
      ->type_name("FILE")
      ->group("Input");
  app->add_flag("-F,--follow", command->follow,
                "Read files on as they grow, are rotated, truncated or appear, until stopped")
      ->group("Input");
  app->add_option("-o,--output", command->output, "Records go here; - is stdout (default)")
      ->type_name("FILE")
      ->group("Output");
  app->add_option("--rejects", command->rejects, "Rejected lines with their reason")
      ->type_name("FILE")
      ->group("Output");
  app->add_option("--outcomes", command->outcomes, "One line per trigger: what became of it")
      ->type_name("FILE")
      ->group("Output");
  app->add_option("--state", command->state,
                  "Go on where the last run with DIR ended or was cut off; files in, files out")
      ->type_name("DIR")
      ->group("Output");
  app->add_flag("--with-text", command->with_text, "Put the post's text into its records")
      ->group("Output");
  add_users(app, &command->users);
  app->add_option("--flush", command->flush,
                  "auto, line or a duration: how long output may wait before it is written")
      ->type_name("WHEN")
      ->group("Output");
  app->add_option("--since", command->since, "Only posts at or after TIME trigger")
      ->type_name("TIME")
      ->group("Select");
  app->add_option("--until", command->until, "Only posts before TIME trigger")
      ->type_name("TIME")
      ->group("Select");
  app->add_option("--campaign", command->campaigns, "Only campaigns whose id matches; repeatable")
      ->type_name("GLOB")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group("Select");
  app->add_option("--skip", command->skip,
                  "The first N records are not written: to go on with input that is given again")
      ->type_name("N")
      ->check([](const std::string& text) {
        return text.find_first_not_of("0123456789") == std::string::npos
                   ? std::string()
                   : text + ": write a count like 10";
      })
      ->group("Output");
  app->add_option("-n,--limit", command->limit, "Stop after N records")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
      ->group("Select");
  app->add_option("--at-end", command->at_end,
                  "keep or expire: what becomes of pending intents at the end of input")
      ->type_name("WHAT")
      ->group("Select");
  app->add_flag("--validate", command->validate, "Parse and count every line, triggered or not")
      ->group("Trust");
  app->add_option("--scan", command->scan,
                  "Skip lines whose raw bytes cannot say anything: auto, on, off (same output)")
      ->type_name("MODE");
  app->add_flag("--strict", command->strict, "Exit 65 if any line is rejected")->group("Trust");
  app->add_option("--allow-bad", command->allow_bad, "Exit 65 if more lines are rejected")
      ->type_name("N|P%")
      ->group("Trust");
  app->add_option("-j,--threads", command->threads, "Worker threads (default: one per CPU)")
      ->type_name("N")
      ->check(CLI::Range(1U, 256U))
      ->group("Speed");
  app->add_option("--memory", command->memory,
                  "Refuse to start where the run could take more, e.g. 8GiB")
      ->check([](const std::string& text) {
        return text.starts_with('-') ? text + ": write a size like 8GiB" : std::string();
      })
      ->transform(CLI::AsSizeValue(false))
      ->type_name("BYTES")
      ->group("Trust");
  app->add_flag("--stats{human}", command->stats,
                "Counts on stderr at the end: --stats, --stats=human or --stats=json")
      ->group("See");
  app->add_option("--stats-file", command->stats_file, "The same as JSON, into a file")
      ->type_name("FILE")
      ->group("See");
  app->add_flag("-e,--exit-status", command->exit_status, "Exit 1 if no record was written")
      ->group("See");
  add_verbosity(app, &command->verbosity);
  app->footer(kExamples);
  app->callback([command, action] {
    log::show_from(level_of(command->verbosity));
    *action = [command] { return run_match(*command); };
  });
}

void add_explain(CLI::App* root, ExplainCommand* command, std::function<ExitCode()>* action) {
  CLI::App* app =
      root->add_subcommand("explain", "Trace one post: what fired, what nearly did, and why");
  add_catalogues(app, &command->catalogues);
  add_input(app, &command->input);
  add_links(app, &command->links);
  app->add_option("--post", command->post, "The post with this id")->type_name("ID");
  app->add_option("--line", command->line, "The record at this line, counted from 1")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  app->add_option("--text", command->text, "A post that holds just this text; reads no input")
      ->type_name("TEXT");
  app->add_option("--platform", command->platform, "Whose grammar --text is read by")
      ->type_name("NAME");
  add_users(app, &command->users);
  app->callback([command, action] { *action = [command] { return run_explain(*command); }; });
}

void add_extract(CLI::App* root, ExtractCommand* command, std::function<ExitCode()>* action) {
  CLI::App* app = root->add_subcommand(
      "extract", "One line per post: author, time, text, tags, links and their products");
  add_catalogues(app, &command->catalogues);
  add_input(app, &command->input);
  add_links(app, &command->links);
  app->add_flag("--embedded", command->embedded,
                "Also the originals of reposts, quoted posts and parents a post carries");
  add_verbosity(app, &command->verbosity);
  app->callback([command, action] {
    log::show_from(level_of(command->verbosity));
    *action = [command] { return run_extract(*command); };
  });
}

void add_link(CLI::App* root, LinkCommand* command, std::function<ExitCode()>* action) {
  CLI::App* app = root->add_subcommand("link", "One line per URL: its product, or why it has none");
  add_catalogues(app, &command->catalogues);
  add_links(app, &command->links);
  app->add_option("url", command->urls, "URLs, or - to read them from stdin, one a line")
      ->type_name("URL")
      ->required();
  app->callback([command, action] { *action = [command] { return run_link(*command); }; });
}

void add_format(CLI::App* app, std::string* format, std::vector<std::string> known,
                const char* what) {
  app->add_option("--format", *format, what)->type_name("NAME")->check(CLI::IsMember(known));
}

void add_catalogue_commands(CLI::App* root, CheckCommand* check, TestCommand* test,
                            CatalogueCommand* show, DiffCommand* diff,
                            std::function<ExitCode()>* action) {
  CLI::App* app = root->add_subcommand("check", "Check catalogue files; faults come with carets");
  app->add_option("file", check->catalogues, "Catalogue files or directories; none: the default")
      ->type_name("FILE");
  add_catalogues(app, &check->catalogues);
  app->add_flag("--deny-warnings", check->deny_warnings, "Warnings count as errors");
  add_format(app, &check->format, {"text", "json"}, "text on stderr, or one JSON line per fault");
  add_verbosity(app, &check->verbosity);
  app->callback([check, action] { *action = [check] { return run_check(*check); }; });

  app = root->add_subcommand("test", "Run the tests that stand in catalogue files");
  app->add_option("file", test->catalogues, "Catalogue files or directories; none: the default")
      ->type_name("FILE");
  add_catalogues(app, &test->catalogues);
  app->add_option("--filter", test->filter,
                  "Only tests whose name matches; the name of a hit is `campaign: hit: text`")
      ->type_name("GLOB");
  app->add_flag("--require-tests", test->require_tests, "Fail when no [[test]] block ran");
  app->add_option("--junit", test->junit, "A report in JUnit's XML; - is stdout")
      ->type_name("FILE");
  add_verbosity(app, &test->verbosity);
  app->callback([test, action] { *action = [test] { return run_test(*test); }; });

  app = root->add_subcommand("catalogue",
                             "Show what a catalogue comes to, or what differs between two");
  app->require_subcommand(1);
  CLI::App* shown = app->add_subcommand("show", "The catalogue as it is used, all files merged");
  CLI::App* listed = app->add_subcommand("list", "One line per campaign and retailer");
  for (CLI::App* sub : {shown, listed}) {
    sub->add_option("file", show->catalogues, "Catalogue files or directories; none: the default")
        ->type_name("FILE");
    add_catalogues(sub, &show->catalogues);
  }
  shown->callback([show, action] { *action = [show] { return run_catalogue(*show); }; });
  add_format(shown, &show->format, {"toml", "json"}, "toml or json; both load again");
  CLI::App* differ = app->add_subcommand(
      "diff", "What differs, and of which campaigns output can change; exit 1 if anything does");
  differ->add_option("before", diff->before, "A file, a directory or `default`")
      ->type_name("BEFORE")
      ->required();
  differ->add_option("after", diff->after, "The same")->type_name("AFTER")->required();
  add_format(differ, &diff->format, {"text", "json"}, "text, or one JSON line per change");
  differ->callback([diff, action] { *action = [diff] { return run_diff(*diff); }; });
  listed->callback([show, action] {
    show->list = true;
    *action = [show] { return run_catalogue(*show); };
  });
}

void add_gen(CLI::App* root, GenCommand* command, std::string* start,
             std::function<ExitCode()>* action) {
  GenOptions* const options = &command->options;
  CLI::App* app =
      root->add_subcommand("gen", "Write a made-up stream of posts, the same for each seed");
  app->add_option("--seed", options->seed, "Which stream")->type_name("N")->group("Stream");
  app->add_option("--posts", options->posts, "How many lines are posts")
      ->type_name("N")
      ->group("Stream");
  app->add_option("--start", *start, "Event time of the first post")
      ->type_name("TIME")
      ->group("Stream");
  app->add_option("--rate", options->rate, "Posts per second of event time")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
      ->group("Stream");
  const auto weight = [&](const char* flag, double* value, const char* what) {
    app->add_option(flag, *value, what)
        ->type_name("WEIGHT")
        ->check(CLI::NonNegativeNumber)
        ->group("Dialects, relative to each other");
  };
  weight("--x-v1", &options->x_v1, "Posts in x-v1");
  weight("--x-v2", &options->x_v2, "Posts in x-v2");
  weight("--bluesky", &options->bluesky, "Posts in bluesky");
  weight("--simple", &options->simple, "Posts in simple");
  const auto share = [&](const char* flag, double* value, const char* what) {
    app->add_option(flag, *value, what)
        ->type_name("SHARE")
        ->check(CLI::Range(0.0, 1.0))
        ->group("Shares, 0 to 1");
  };
  share("--intents", &options->intents, "Posts that begin a thread about buying");
  share("--replies", &options->replies, "Other posts that are replies");
  share("--reposts", &options->reposts, "Other posts that are reposts");
  share("--quotes", &options->quotes, "Other posts that are quotes");
  share("--confirms", &options->confirms, "Two-step purchases that are confirmed");
  share("--deletes", &options->deletes, "Posts that are deleted");
  share("--disorder", &options->disorder, "Posts delivered later than their time says");
  share("--duplicates", &options->duplicates, "Posts delivered twice");
  share("--escapes", &options->escapes, "X and simple lines written with \\u and \\/ escapes");
  share("--broken", &options->broken, "Lines of broken JSON");
  share("--blank", &options->blank, "Blank keep-alives");
  CLI::Option* corpus = app->add_flag("--corpus", command->is_corpus,
                                      "A corpus for benchmarks instead: posts only, whole payloads")
                            ->group("Corpus");
  const auto of_corpus = [corpus](CLI::Option* option) { option->needs(corpus)->group("Corpus"); };
  of_corpus(app->add_option("--size", command->corpus.bytes,
                            "How many bytes, e.g. 64MiB or 1GB; else --posts counts")
                ->transform(CLI::AsSizeValue(true))
                ->type_name("BYTES"));
  of_corpus(app->add_option("--matches", command->corpus.matches,
                            "Posts that carry a tag or a link of the benchmark's question")
                ->check(CLI::Range(0.0, 1.0))
                ->type_name("SHARE"));
  of_corpus(app->add_option("--near-misses", command->corpus.near_misses,
                            "Posts that only look so: #AmazonCarts, notamazon.com")
                ->check(CLI::Range(0.0, 1.0))
                ->type_name("SHARE"));
  of_corpus(app->add_option("--truth", command->truth, "The ids of the posts that match go here")
                ->type_name("FILE"));
  app->callback([command, options, start, action] {
    *action = [command, options, start] {
      if (!start->empty()) {
        const auto time = base::parse_rfc3339(*start);
        if (!time) {
          throw base::SetupError(
              base::SetupFault::kUsage,
              "--start " + *start + ": not a time; write it like 2024-12-02T09:00:00Z");
        }
        options->start = *time;
      }
      if (command->is_corpus) options->corpus = command->corpus;
      return run_gen_command(*command);
    };
  });
}

void add_bench(CLI::App* root, BenchCommand* command, std::function<ExitCode()>* action) {
  CLI::App* app = root->add_subcommand(
      "bench", "Measure this build on this machine, on corpora it makes, answers checked first");
  app->add_option("--size", command->bytes, "Of each corpus, e.g. 64MiB or 1GB")
      ->transform(CLI::AsSizeValue(true))
      ->type_name("BYTES");
  app->add_option("--rounds", command->rounds, "Every row once a round; the best counts")
      ->type_name("N");
  app->add_option("--sweep", command->sweeps,
                  "stages, matches, dialects, threads, chunks, campaigns, authors or hosts; "
                  "repeatable; none: all")
      ->type_name("NAME")
      ->check(CLI::IsMember(
          {"stages", "matches", "dialects", "threads", "chunks", "campaigns", "authors", "hosts"}))
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app->add_option("--made-up-max", command->made_up_max,
                  "The most campaigns, authors or hosts of the sweeps over catalogues")
      ->type_name("N");
  app->add_option("--folder", command->folder, "Where corpora stand while they are measured")
      ->type_name("DIR");
  app->add_flag("--json", command->json, "As JSON");
  app->callback([command, action] { *action = [command] { return run_bench(*command); }; });
}

void add_rest(CLI::App* root, std::string* schema, bool* version_json,
              std::function<ExitCode()>* action) {
  CLI::App* app = root->add_subcommand(
      "schema", "Print the JSON Schemas of what is written, and of catalogues");
  app->add_option("name", *schema,
                  "intent, outcome, reject, post, link, stats, diagnostic, catalogue-diff or "
                  "catalogue; none: all");
  app->callback([schema, action] { *action = [schema] { return run_schema(*schema); }; });
  app = root->add_subcommand("demo", "Run the default catalogue on built-in posts");
  app->callback([action] { *action = [] { return run_demo(); }; });
  app = root->add_subcommand("version", "Versions of this program and of what it is built on");
  app->add_flag("--json", *version_json, "As JSON");
  app->callback(
      [version_json, action] { *action = [version_json] { return run_version(*version_json); }; });
}

int run_action(const std::function<ExitCode()>& action) {
  try {
    return action();
  } catch (const base::SetupError& error) {
    log::error(error.what());
    return exit_code_of(error.fault());
  } catch (const std::bad_alloc&) {
    log::critical("out of memory");
    return kConfiguration;
  } catch (const std::exception& error) {
    log::critical(std::string("bug: ") + error.what() + "; please report this");
    return kBug;
  }
}

}  // namespace

int run_command_line(int argc, char** argv) {
  log::start();
  ignore_broken_pipes();
  CLI::App app(
      "hashcart finds, in a stream of social posts, who has just said they want to buy what.",
      "hashcart");
  app.set_help_flag("-h,--help", "Show this help");
  app.set_version_flag("--version", "hashcart " HASHCART_VERSION);
  app.footer(kExamples);
  app.require_subcommand(0, 1);
  std::function<ExitCode()> action;
  MatchCommand match;
  ExplainCommand explain;
  ExtractCommand extract;
  LinkCommand link;
  CheckCommand check;
  TestCommand test;
  CatalogueCommand catalogue;
  DiffCommand diff;
  BenchCommand bench;
  GenCommand gen;
  std::string gen_start;
  std::string schema;
  bool version_json = false;
  add_match(&app, &match, &action);
  add_explain(&app, &explain, &action);
  add_extract(&app, &extract, &action);
  add_link(&app, &link, &action);
  add_catalogue_commands(&app, &check, &test, &catalogue, &diff, &action);
  add_gen(&app, &gen, &gen_start, &action);
  add_bench(&app, &bench, &action);
  add_rest(&app, &schema, &version_json, &action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForVersion& version) {
    return app.exit(version);
  } catch (const CLI::ParseError& error) {
    log::error(error.what());
    std::fputs("hashcart: `hashcart --help` and `hashcart match --help` list what there is\n",
               stderr);
    return kUsage;
  }
  if (!action) {
    if (isatty(STDOUT_FILENO) == 1) {
      std::fputs(app.help().c_str(), stdout);
      return kDone;
    }
    log::error("say what to do: `hashcart match FILE...`, or `hashcart --help`");
    return kUsage;
  }
  return run_action(action);
}

}  // namespace hashcart::app
