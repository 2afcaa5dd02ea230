// hashcart bench: how fast this build is on this machine, beside the ceilings it cannot pass.
//
// Makes corpora (gen.h), checks that every way to run gives the same records, outcomes and counts,
// and only then measures: in rounds, every row once a round, so that a slow minute is everybody's.
// The best round counts. `match` rows are whole processes of this program, from start to exit;
// other rows are stages in this process. A corpus is in page cache when it is measured: it was
// just written and read.
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <sstream>
#include <utility>

#include "app/bench_stages.h"
#include "app/commands.h"
#include "app/gen_words.h"
#include "app/log.h"
#include "app/setup.h"
#include "base/setup_error.h"
#include "base/utf8.h"
#include "match/literal_set.h"
#include "match/pattern_db.h"
#include "post/post_reader.h"

namespace hashcart::app {
namespace {

using base::SetupError;
using base::SetupFault;

// ---------------------------------------------------------------- files

// A folder that goes away with all that is in it.
class Scratch {
 public:
  explicit Scratch(const std::string& parent) {
    const char* temporary = std::getenv("TMPDIR");
    path_ = (!parent.empty()        ? parent
             : temporary != nullptr ? std::string(temporary)
                                    : std::string("/tmp")) +
            "/hashcart-bench-XXXXXX";
    if (mkdtemp(path_.data()) == nullptr) {
      throw SetupError(SetupFault::kOutput,
                       path_ + ": no folder can be made there; name one with --folder");
    }
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string file(std::string_view name) const {
    return path_ + "/" + std::string(name);
  }

 private:
  std::string path_;
};

std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

// ---------------------------------------------------------------- corpora

struct Corpus {
  std::string name;  // "x-v1"
  std::string path;
  std::uint64_t bytes = 0;
  std::uint64_t posts = 0;    // one a line
  std::uint64_t matches = 0;  // that answer the benchmarks' question
};

constexpr std::string_view kXWire = "x-v1";  // as X sends it: `\/`, and \uXXXX for all but ASCII
constexpr std::string_view kBluesky = "bluesky";

GenOptions corpus_options(std::string_view name) {
  GenOptions options;
  options.x_v1 = name.starts_with("x-v1") ? 1 : 0;
  options.x_v2 = name.starts_with("x-v2") ? 1 : 0;
  options.bluesky = name == kBluesky ? 1 : 0;
  options.simple = name.starts_with("simple") ? 1 : 0;
  options.escapes = name == kXWire || name.ends_with("-escaped") ? 1 : 0;
  options.reposts = 0.65;
  return options;
}

Corpus make_corpus(const Scratch& scratch, std::string_view name, const CorpusOptions& shares) {
  Corpus corpus;
  corpus.name = name;
  corpus.path = scratch.file(corpus.name + ".ndjson");
  GenOptions options = corpus_options(name);
  options.corpus = shares;
  std::ofstream out(corpus.path, std::ios::binary | std::ios::trunc);
  std::string buffer;
  const auto flush = [&] {
    out.write(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    buffer.clear();
  };
  run_gen(
      options,
      [&](std::string_view line) {
        buffer += line;
        corpus.bytes += line.size();
        ++corpus.posts;
        if (buffer.size() >= (1U << 20U)) flush();
        return out.good();
      },
      [&](std::string_view /*id*/) { ++corpus.matches; });
  flush();
  out.close();
  if (!out) {
    throw SetupError(SetupFault::kOutput,
                     corpus.path + ": cannot be written; name another folder with --folder");
  }
  return corpus;
}

// The words of a made-up name, every combination once; in no order, so that neighbours share no
// prefix.
std::array<std::string_view, 4> made_up_words(std::uint64_t number) {
  std::array<std::string_view, 4> words;
  std::uint64_t at = number * 7919;
  for (std::string_view& word : words) {
    word = kGenSlugWords[at % kGenSlugWords.size()];
    at /= kGenSlugWords.size();
  }
  return words;
}

constexpr std::string_view kMadeUpRetailer =
    "format = 1\n[[retailer]]\nid = \"bench\"\nname = \"Bench\"\nidtype = \"sku\"\n"
    "ids = \"global\"\n";

// So many campaigns, each a tag of its own on one product. Every `every`th asks for a second step
// on the prompt of an author: of its own, or all of one.
void write_tags(const std::string& path, std::uint64_t count, std::uint64_t every,
                bool has_own_author) {
  std::ofstream out(path);
  out << kMadeUpRetailer;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string tag = fmt::format("{}", fmt::join(made_up_words(i), ""));
    out << fmt::format(
        "[[campaign]]\nid = \"bench-{}\"\ntag = \"#{}\"\naction = \"cart.add\"\n"
        "product = {{ retailer = \"bench\", id = \"item-{}\" }}\nhits = [\"#{}\"]\n",
        i, tag, i, tag);
    if (i % every == every - 1) {
      const std::uint64_t author =
          1'000'000'000 + (has_own_author ? i * 7'368'787 % 8'999'999'999 : 0);
      out << fmt::format(
          "confirm = {{ tag = \"#Confirm{}\", within = \"15m\", prompt_by = [\"x:{}\"] }}\n", tag,
          author);
    }
  }
}

void write_campaigns(const std::string& path, std::uint64_t count) {
  write_tags(path, count, 7, false);
}

void write_authors(const std::string& path, std::uint64_t count) {
  write_tags(path, count, 1, true);
}

// So many retailers, each with a host of its own.
void write_hosts(const std::string& path, std::uint64_t count) {
  constexpr std::array<std::string_view, 6> kEnds = {"com", "de", "co.uk", "shop", "net", "co.jp"};
  std::ofstream out(path);
  out << kMadeUpRetailer;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto words = made_up_words(i);
    std::string host = fmt::format("{}{}{}{}.{}", words[0], i % 3 == 0 ? "-" : "", words[1],
                                   words[2], kEnds[i % kEnds.size()]);
    std::transform(host.begin(), host.end(), host.begin(), base::ascii_lower);
    out << fmt::format(
        "[[retailer]]\nid = \"bench-{}\"\nname = \"Bench {}\"\nidtype = \"sku\"\n"
        "paths = [\"/item/{{id}}\"]\nhits = [[\"https://{}/item/a1\", \"bench-{}:US:sku:a1\"]]\n"
        "[retailer.markets.US]\nhosts = [\"{}\"]\ncanonical = \"https://{}/item/{{id}}\"\n",
        i, i, host, i, host, host);
  }
}

// ---------------------------------------------------------------- rows

struct Row {
  std::string sweep;
  std::string corpus;
  std::string setting;  // what the sweep changes: "10 %", "100000"
  std::string what;
  unsigned cpus = 1;
  std::uint64_t bytes = 0;
  double seconds = 0;        // of the best round
  double start_seconds = 0;  // of these, before the first byte is read (processes)
  std::uint64_t peak_bytes = 0;
  std::uint64_t candidates = 0;  // lines that a scan hands on

  [[nodiscard]] double gb_s() const { return rate(seconds); }
  // Without what comes before the first byte is read.
  [[nodiscard]] double streaming_gb_s() const { return rate(seconds - start_seconds); }
  [[nodiscard]] double rate(double over) const {
    return over > 0 ? static_cast<double>(bytes) / over / 1e9 : 0;
  }
};

struct Sample {
  double seconds = 0;
  double start_seconds = 0;
  std::uint64_t peak_bytes = 0;
  std::uint64_t candidates = 0;
};

struct Job {
  Row row;
  std::function<Sample()> run;
};

class Bench {
 public:
  explicit Bench(const BenchCommand& command)
      : command_(command),
        scratch_(command.folder),
        cpus_(static_cast<unsigned>(usable_cpu_list().size())) {}

  ExitCode run();

 private:
  [[nodiscard]] bool wants(std::string_view sweep) const {
    return command_.sweeps.empty() || std::find(command_.sweeps.begin(), command_.sweeps.end(),
                                                sweep) != command_.sweeps.end();
  }
  [[nodiscard]] CorpusOptions shares(double matches) const {
    CorpusOptions out;
    out.matches = matches;
    out.near_misses = matches == 0 ? 0 : 0.0005;
    out.bytes = command_.bytes;
    return out;
  }
  Corpus corpus(std::string_view name, double matches) {
    say(fmt::format("making {} ({} MB, {} % match)", name, command_.bytes / 1'000'000,
                    matches * 100));
    return make_corpus(scratch_, name, shares(matches));
  }
  static void say(const std::string& what) {
    if (isatty(STDERR_FILENO) == 1) fmt::print(stderr, "{}\n", what);
  }

  // A whole `match`. Throws where it fails: nothing is measured then.
  ProcessResult match(const Corpus& corpus, const std::vector<std::string>& more, bool one_cpu);
  bool check(const Corpus& corpus);
  bool check_stages(const Corpus& corpus, std::uint64_t triggered);

  Job process_job(std::string_view sweep, const Corpus& corpus, std::string what,
                  std::vector<std::string> arguments, unsigned cpus, std::string setting = {});
  Job stage_job(std::string_view sweep, const Corpus& corpus, std::string what, unsigned cpus,
                std::function<StageResult()> stage, std::string setting = {});
  Job scan_job(std::string_view sweep, const Corpus& corpus, std::string setting);
  void add_match_jobs(std::string_view sweep, const Corpus& corpus, std::vector<Job>* jobs,
                      const std::string& setting);
  void measure(std::vector<Job> jobs);

  bool sweep_stages();
  bool sweep_matches();
  bool sweep_dialects();
  bool sweep_threads();
  bool sweep_chunks();
  bool sweep_campaigns();
  bool sweep_authors();
  bool sweep_hosts();
  bool sweep_catalogues(const std::string& name, std::size_t by_default,
                        const std::vector<std::uint64_t>& counts,
                        void (*write)(const std::string& path, std::uint64_t count));

  void print_table() const;
  void print_json() const;

  const BenchCommand& command_;
  const Scratch scratch_;
  const unsigned cpus_;
  bool has_scan_flag_ = false;
  std::vector<Row> rows_;
};

ProcessResult Bench::match(const Corpus& corpus, const std::vector<std::string>& more,
                           bool one_cpu) {
  std::vector<std::string> words = {
      "match", "-q", "-o", scratch_.file("records"), "--stats-file", scratch_.file("stats")};
  words.insert(words.end(), more.begin(), more.end());
  words.push_back(corpus.path);
  ProcessResult result = run_self(words, one_cpu, scratch_.path());
  if (result.exit_code != kDone) {
    throw SetupError(SetupFault::kMachine, fmt::format("bench: match ended with {}: {}",
                                                       result.exit_code, result.last_error));
  }
  return result;
}

// "seconds" of hashcart.stats/1: from the first byte on; and the rest of it, which is the answer.
double cut_seconds(std::string* stats) {
  constexpr std::string_view kKey = "\"seconds\":";
  const std::size_t at = stats->find(kKey);
  if (at == std::string::npos) return 0;
  const std::size_t end = stats->find(',', at);
  const double seconds = std::strtod(stats->c_str() + at + kKey.size(), nullptr);
  stats->erase(at, end - at);
  return seconds;
}

// Every way to run says the same: records, outcomes and counts, byte for byte.
bool Bench::check(const Corpus& corpus) {
  say(fmt::format("checking {}", corpus.name));
  struct Answer {
    std::string records;
    std::string outcomes;
    std::string stats;
    bool operator==(const Answer&) const = default;
  };
  const auto answer = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"--outcomes", scratch_.file("outcomes")});
    static_cast<void>(match(corpus, words, false));
    Answer said = {content_of(scratch_.file("records")), content_of(scratch_.file("outcomes")),
                   content_of(scratch_.file("stats"))};
    cut_seconds(&said.stats);
    return said;
  };
  const Answer first = answer({"-j", "1"});
  std::vector<std::vector<std::string>> ways = {{"-j", "2"}, {"-j", "3"}};
  if (has_scan_flag_) {
    for (const char* scan : {"--scan=off", "--scan=on", "--scan=auto"}) {
      ways.push_back({"-j", "1", scan});
    }
    ways.push_back({"-j", "2", "--scan=off"});
  }
  for (const std::vector<std::string>& way : ways) {
    if (answer(way) == first) continue;
    log::critical(
        fmt::format("bug: match {} says something else than match -j 1 on {}; nothing is timed",
                    fmt::join(way, " "), corpus.name));
    return false;
  }
  if (first.stats.find(fmt::format("\"total\":{},", corpus.posts)) == std::string::npos) {
    log::critical(
        fmt::format("bug: match does not count the {} lines of {}", corpus.posts, corpus.name));
    return false;
  }
  constexpr std::string_view kTriggered = "\"triggered\":";
  const std::size_t at = first.stats.find(kTriggered);
  return check_stages(corpus,
                      std::strtoull(first.stats.c_str() + at + kTriggered.size(), nullptr, 10));
}

bool Bench::check_stages(const Corpus& corpus, std::uint64_t triggered) {
  const StageResult read = bench_read(corpus.path, cpus_);
  const StageResult framed = bench_frame(corpus.path);
  const StageResult parsed = bench_parse(corpus.path);
  const auto catalogue = load_catalogue({});
  const StageResult scanned = bench_scan(corpus.path, match::PatternDb(*catalogue));
  if (read.bytes == corpus.bytes && framed.bytes == corpus.bytes && parsed.bytes == corpus.bytes &&
      framed.lines == corpus.posts && parsed.posts == corpus.posts &&
      scanned.bytes == corpus.bytes && scanned.lines == corpus.posts &&
      scanned.candidates >= triggered) {
    return true;
  }
  log::critical(fmt::format("bug: a stage does not see all of {}; nothing is timed", corpus.name));
  return false;
}

Job Bench::process_job(std::string_view sweep, const Corpus& corpus, std::string what,
                       std::vector<std::string> arguments, unsigned cpus, std::string setting) {
  Job job;
  job.row = {.sweep = std::string(sweep),
             .corpus = corpus.name,
             .setting = std::move(setting),
             .what = std::move(what),
             .cpus = cpus,
             .bytes = corpus.bytes};
  job.run = [this, corpus, arguments = std::move(arguments), one = cpus == 1] {
    const ProcessResult result = match(corpus, arguments, one);
    std::string stats = content_of(scratch_.file("stats"));
    return Sample{.seconds = result.seconds,
                  .start_seconds = std::max(0.0, result.seconds - cut_seconds(&stats)),
                  .peak_bytes = result.peak_bytes};
  };
  return job;
}

Job Bench::stage_job(std::string_view sweep, const Corpus& corpus, std::string what, unsigned cpus,
                     std::function<StageResult()> stage, std::string setting) {
  Job job;
  job.row = {.sweep = std::string(sweep),
             .corpus = corpus.name,
             .setting = std::move(setting),
             .what = std::move(what),
             .cpus = cpus,
             .bytes = corpus.bytes};
  job.run = [stage = std::move(stage), one = cpus == 1] {
    const OnOneCpu pinned(one);
    return Sample{.seconds = stage().seconds};
  };
  return job;
}

// Reading and the raw scan, by the default catalogue. Its keys are made anew each time, untimed,
// and are gone when the next process is started, which would be charged with them.
Job Bench::scan_job(std::string_view sweep, const Corpus& corpus, std::string setting) {
  Job job = stage_job(sweep, corpus, "read and scan", 1, {}, std::move(setting));
  job.run = [corpus] {
    const auto catalogue = load_catalogue({});
    const match::PatternDb db(*catalogue);
    const OnOneCpu pinned(true);
    const StageResult result = bench_scan(corpus.path, db);
    return Sample{.seconds = result.seconds, .candidates = result.candidates};
  };
  return job;
}

void Bench::add_match_jobs(std::string_view sweep, const Corpus& corpus, std::vector<Job>* jobs,
                           const std::string& setting) {
  jobs->push_back(process_job(sweep, corpus, "match", {"-j", "1"}, 1, setting));
  if (has_scan_flag_) {
    jobs->push_back(
        process_job(sweep, corpus, "match --scan=off", {"-j", "1", "--scan=off"}, 1, setting));
  }
}

void Bench::measure(std::vector<Job> jobs) {
  for (unsigned round = 0; round < std::max(command_.rounds, 1U); ++round) {
    say(fmt::format("{} {}: round {} of {}", jobs.front().row.sweep, jobs.front().row.corpus,
                    round + 1, command_.rounds));
    for (Job& job : jobs) {
      const Sample sample = job.run();
      if (round > 0 && sample.seconds >= job.row.seconds) continue;
      job.row.seconds = sample.seconds;
      job.row.start_seconds = sample.start_seconds;
      job.row.peak_bytes = sample.peak_bytes;
      job.row.candidates = sample.candidates;
    }
  }
  for (Job& job : jobs) rows_.push_back(std::move(job.row));
}

// ---------------------------------------------------------------- sweeps

bool Bench::sweep_stages() {
  for (const std::string_view name : {kXWire, kBluesky}) {
    const Corpus it = corpus(name, 0.002);
    if (!check(it)) return false;
    std::vector<Job> jobs;
    const auto stage = [&](std::string what, unsigned cpus, std::function<StageResult()> run) {
      jobs.push_back(stage_job("stages", it, std::move(what), cpus, std::move(run)));
    };
    stage("read only", 1, [it] { return bench_read(it.path, 1); });
    if (cpus_ > 1) stage("read only", cpus_, [it, this] { return bench_read(it.path, cpus_); });
    stage("read and cut into lines", 1, [it] { return bench_frame(it.path); });
    jobs.push_back(scan_job("stages", it, {}));
    stage("read and parse", 1, [it] { return bench_parse(it.path); });
    add_match_jobs("stages", it, &jobs, {});
    if (cpus_ > 1) {
      const std::string threads = std::to_string(cpus_);
      jobs.push_back(process_job("stages", it, "match", {"-j", threads}, cpus_));
      if (has_scan_flag_) {
        jobs.push_back(
            process_job("stages", it, "match --scan=off", {"-j", threads, "--scan=off"}, cpus_));
      }
    }
    measure(std::move(jobs));
  }
  return true;
}

bool Bench::sweep_matches() {
  for (const std::string_view name : {kXWire, kBluesky}) {
    for (const double share : {0.0, 0.001, 0.01, 0.1, 1.0}) {
      const Corpus it = corpus(name, share);
      if (!check(it)) return false;
      const std::string setting = fmt::format("{:g} % match", share * 100);
      std::vector<Job> jobs;
      jobs.push_back(stage_job(
          "matches", it, "read only", 1, [it] { return bench_read(it.path, 1); }, setting));
      jobs.push_back(scan_job("matches", it, setting));
      add_match_jobs("matches", it, &jobs, setting);
      measure(std::move(jobs));
    }
  }
  return true;
}

bool Bench::sweep_dialects() {
  for (const std::string_view name :
       {kXWire, std::string_view("x-v1-utf8"), std::string_view("x-v2"),
        std::string_view("x-v2-escaped"), kBluesky, std::string_view("simple"),
        std::string_view("simple-escaped")}) {
    const Corpus it = corpus(name, 0.002);
    if (!check(it)) return false;
    std::vector<Job> jobs;
    jobs.push_back(
        stage_job("dialects", it, "read only", 1, [it] { return bench_read(it.path, 1); }));
    jobs.push_back(
        stage_job("dialects", it, "read and parse", 1, [it] { return bench_parse(it.path); }));
    jobs.push_back(scan_job("dialects", it, {}));
    add_match_jobs("dialects", it, &jobs, {});
    measure(std::move(jobs));
  }
  return true;
}

bool Bench::sweep_threads() {
  std::set<unsigned> counts = {1, 2, cpus_, cpus_ * 2};
  for (unsigned count = 4; count < cpus_; count *= 2) counts.insert(count);
  for (const std::string_view name : {kXWire, kBluesky}) {
    const Corpus it = corpus(name, 0.002);
    if (!check(it)) return false;
    std::vector<Job> jobs;
    for (const unsigned count : counts) {
      const std::string setting = fmt::format("-j {}", count);
      jobs.push_back(stage_job(
          "threads", it, "read only", cpus_, [it, count] { return bench_read(it.path, count); },
          setting));
      jobs.push_back(
          process_job("threads", it, "match", {"-j", std::to_string(count)}, cpus_, setting));
    }
    measure(std::move(jobs));
  }
  return true;
}

bool Bench::sweep_chunks() {
  for (const std::string_view name : {kXWire, kBluesky}) {
    const Corpus it = corpus(name, 0.002);
    const auto catalogue = load_catalogue({});
    const match::PatternDb db(*catalogue);
    std::vector<Job> jobs;
    for (const std::size_t kib : {16U, 64U, 128U, 256U, 512U, 1024U, 4096U}) {
      const StageResult once = bench_pipeline(it.path, db, kib << 10U, 1);
      if (once.bytes != it.bytes || once.lines != it.posts) {
        log::critical(
            fmt::format("bug: with chunks of {} KiB not all of {} is read", kib, it.name));
        return false;
      }
      jobs.push_back(stage_job(
          "chunks", it, "match, in this process", 1,
          [it, kib, &db] { return bench_pipeline(it.path, db, kib << 10U, 1); },
          fmt::format("{} KiB", kib)));
    }
    measure(std::move(jobs));
  }
  return true;
}

bool Bench::sweep_campaigns() {
  return sweep_catalogues("campaigns", load_catalogue({})->campaigns.size(),
                          {0, 1'000, 10'000, 100'000}, write_campaigns);
}

bool Bench::sweep_authors() {
  std::size_t authors = 0;
  const auto by_default = load_catalogue({});
  for (const catalogue::Campaign& campaign : by_default->campaigns) {
    if (campaign.confirm) authors += campaign.confirm->prompt_by.size();
  }
  return sweep_catalogues("authors", authors, {0, 100, 1'000, 10'000}, write_authors);
}

bool Bench::sweep_hosts() {
  std::size_t hosts = 0;
  const auto by_default = load_catalogue({});
  for (const catalogue::Retailer& retailer : by_default->retailers) {
    hosts += retailer.hosts.size() + retailer.short_hosts.size();
  }
  return sweep_catalogues("hosts", hosts, {0, 300, 1'000, 2'000}, write_hosts);
}

// by_default: how many the default catalogue has.
bool Bench::sweep_catalogues(const std::string& name, std::size_t by_default,
                             const std::vector<std::uint64_t>& counts,
                             void (*write)(const std::string& path, std::uint64_t count)) {
  for (const std::string_view corpus_name : {kXWire, kBluesky}) {
    const Corpus it = corpus(corpus_name, 0.002);
    if (!check(it)) return false;
    std::vector<Job> jobs;
    std::string first;
    for (const std::uint64_t count : counts) {
      if (count > command_.made_up_max) continue;
      const std::string file = scratch_.file(fmt::format("{}-{}.toml", name, count));
      std::vector<std::string> words = {"-j", "1"};
      if (count > 0) {
        write(file, count);
        words.insert(words.end(), {"-c", "default", "-c", file});
      }
      // What is made up stands in no post, so the records say the same but for the catalogue's
      // hash: their number is compared.
      static_cast<void>(match(it, words, false));
      const std::string records = content_of(scratch_.file("records"));
      const std::string lines = std::to_string(std::count(records.begin(), records.end(), '\n'));
      if (first.empty()) first = lines;
      if (lines != first) {
        log::critical(
            fmt::format("bug: {} records with {} more {}, {} without", lines, count, name, first));
        return false;
      }
      jobs.push_back(
          process_job(name, it, "match", words, 1, fmt::format("{} {}", count + by_default, name)));
    }
    measure(std::move(jobs));
  }
  return true;
}

ExitCode Bench::run() {
  {
    // Whether this build has the flag.
    Corpus nothing;
    nothing.path = "/dev/null";
    has_scan_flag_ =
        run_self({"match", "-q", "-q", "--scan=off", nothing.path}, false, scratch_.path())
            .exit_code == kDone;
  }
  const std::vector<std::pair<std::string_view, bool (Bench::*)()>> sweeps = {
      {"stages", &Bench::sweep_stages},     {"matches", &Bench::sweep_matches},
      {"dialects", &Bench::sweep_dialects}, {"threads", &Bench::sweep_threads},
      {"chunks", &Bench::sweep_chunks},     {"campaigns", &Bench::sweep_campaigns},
      {"authors", &Bench::sweep_authors},   {"hosts", &Bench::sweep_hosts}};
  for (const auto& [name, sweep] : sweeps) {
    if (wants(name) && !(this->*sweep)()) return kBug;
  }
  if (command_.json) {
    print_json();
  } else {
    print_table();
  }
  return kDone;
}

// ---------------------------------------------------------------- what is printed

std::string cpu_model() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("model name")) continue;
    const std::size_t colon = line.find(':');
    return colon == std::string::npos ? line
                                      : line.substr(line.find_first_not_of(" \t", colon + 1));
  }
  return "unknown";
}

std::string kernel_release() {
  utsname name{};
  return uname(&name) == 0 ? name.release : "unknown";
}

// The row that others of the same sweep, corpus and setting are compared with.
const Row* find_row(const std::vector<Row>& rows, const Row& like, std::string_view what,
                    unsigned cpus) {
  for (const Row& row : rows) {
    if (row.sweep == like.sweep && row.corpus == like.corpus && row.what == what &&
        row.cpus == cpus &&
        (row.setting == like.setting || like.sweep == "campaigns" || like.sweep == "authors" ||
         like.sweep == "hosts")) {
      return &row;
    }
  }
  return nullptr;
}

void Bench::print_table() const {
  fmt::print("hashcart {}, {} {}\n{}, {} CPUs, Linux {}\nHyperscan {}, simdjson {} (kernel {})\n",
             HASHCART_VERSION, "compiler", __VERSION__, cpu_model(), cpus_, kernel_release(),
             match::scan_library_version(), post::json_library_version(), post::json_kernel_name());
  fmt::print(
      "corpora of {} MB in page cache, 0.2 % of posts match where nothing else is said; best of {} "
      "rounds\n"
      "GB/s of whole processes, from start to exit; streaming is without what comes before the "
      "first byte\n",
      command_.bytes / 1'000'000, std::max(command_.rounds, 1U));
  if (!has_scan_flag_) fmt::print("this build has no --scan: there is one way to match\n");
  std::string group;
  for (const Row& row : rows_) {
    const std::string here = row.sweep + " / " + row.corpus;
    if (here != group) {
      fmt::print("\n{:<46} {:>4} {:>7} {:>9} {:>8} {:>10} {:>8} {:>8}\n", here, "CPUs", "GB/s",
                 "streaming", "of read", "of no scan", "start s", "peak MB");
      group = here;
    }
    const Row* read = find_row(rows_, row, "read only", row.cpus);
    const Row* parsed = find_row(rows_, row, "match --scan=off", row.cpus);
    const bool is_process = row.peak_bytes > 0;
    const auto only = [](bool wanted, const std::string& text) { return wanted ? text : ""; };
    const auto ratio = [&](const Row* to) {
      return only(to != nullptr && to != &row, fmt::format("{:.2f}", row.gb_s() / to->gb_s()));
    };
    fmt::print("{:<46} {:>4} {:>7.3f} {:>9} {:>8} {:>10} {:>8} {:>8}{}\n",
               row.setting.empty() ? row.what : row.what + ", " + row.setting, row.cpus, row.gb_s(),
               only(is_process, fmt::format("{:.3f}", row.streaming_gb_s())),
               read != nullptr ? ratio(read) : "",
               parsed != nullptr && row.what == "match" ? ratio(parsed) : "",
               only(is_process, fmt::format("{:.3f}", row.start_seconds)),
               only(is_process, fmt::format("{:.1f}", static_cast<double>(row.peak_bytes) / 1e6)),
               only(row.candidates > 0, fmt::format("  {} lines handed on", row.candidates)));
  }
}

void Bench::print_json() const {
  const auto quoted = [](std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return out + '"';
  };
  const std::time_t now = std::time(nullptr);
  std::string out = fmt::format(
      R"({{"schema":"hashcart.bench/1","date":{},"machine":{{"cpu":{},"cores":{},"kernel":{},)"
      R"("compiler":{},"hashcart":{},"hyperscan":{},"simdjson":{},"simdjson_kernel":{}}},)"
      R"("bytes":{},"rounds":{},"scan_flag":{},"rows":[)",
      quoted(base::format_rfc3339(std::int64_t{now} * 1000)), quoted(cpu_model()), cpus_,
      quoted(kernel_release()), quoted(__VERSION__), quoted(HASHCART_VERSION),
      quoted(match::scan_library_version()), quoted(post::json_library_version()),
      quoted(post::json_kernel_name()), command_.bytes, std::max(command_.rounds, 1U),
      has_scan_flag_);
  bool first = true;
  for (const Row& row : rows_) {
    fmt::format_to(std::back_inserter(out),
                   R"({}{{"sweep":{},"corpus":{},"setting":{},"what":{},"cpus":{},"bytes":{},)"
                   R"("seconds":{:.6f},"start_seconds":{:.6f},"peak_bytes":{},"candidates":{},)"
                   R"("gb_s":{:.4f}}})",
                   first ? "" : ",\n", quoted(row.sweep), quoted(row.corpus), quoted(row.setting),
                   quoted(row.what), row.cpus, row.bytes, row.seconds, row.start_seconds,
                   row.peak_bytes, row.candidates, row.gb_s());
    first = false;
  }
  fmt::print("{}]}}\n", out);
}

}  // namespace

ExitCode run_bench(const BenchCommand& command) { return Bench(command).run(); }

}  // namespace hashcart::app
