// The pieces of the way, each by itself: framer, reader per dialect, grammars of tags and links,
// matcher, resolver, encoder, queue. Bytes/s are of what the piece is given; items are named below.
//
// Each piece answers once before it is timed, and again in every timed round; a wrong answer ends
// the program. `allocations` counts operator new per item, once buffers have grown.
#include <benchmark/benchmark.h>
#ifdef __x86_64__
#include <x86intrin.h>
#endif

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "app/gen.h"
#include "catalogue/catalogue_loader.h"
#include "emit/encoder.h"
#include "emit/user_mask.h"
#include "ingest/chunk.h"
#include "ingest/framer.h"
#include "intent/resolver.h"
#include "match/hashtag_grammar.h"
#include "match/link_grammar.h"
#include "match/matcher.h"
#include "match/pattern_db.h"
#include "pipeline/link.h"
#include "post/counting_new.h"
#include "post/post_reader.h"

namespace {

using namespace hashcart;

void must(bool right, const char* what) {
  if (right) return;
  std::fprintf(stderr, "wrong answer of %s: not timed\n", what);
  std::exit(1);
}

// Sets `allocations`, per item: what one untimed run allocates once all buffers have grown.
template <typename Run>
void count_allocations(benchmark::State* state, std::size_t items, Run run) {
  run();
  const std::size_t before = post::testing::allocation_count();
  run();
  const std::size_t made = post::testing::allocation_count() - before;
  state->counters["allocations"] = static_cast<double>(made) / static_cast<double>(items);
}

void count(benchmark::State* state, std::size_t bytes, std::size_t items) {
  const auto rounds = static_cast<std::int64_t>(state->iterations());
  if (bytes > 0) state->SetBytesProcessed(rounds * static_cast<std::int64_t>(bytes));
  state->SetItemsProcessed(rounds * static_cast<std::int64_t>(items));
}

#ifdef __x86_64__
// The median of what a call takes, in cycles of the core whatever its clock does meanwhile: beside
// each call a chain of multiplications is timed, of three cycles each on all x86-64 of the last
// fifteen years.
template <typename Run>
double cycles_of(Run run) {
  constexpr int kRounds = 1001;
  constexpr int kMultiplications = 2000;
  const auto chain = [] {
    const std::uint64_t begin = __rdtsc();
    std::uint64_t value = begin | 1U;
    for (int i = 0; i < kMultiplications; ++i) asm volatile("imul %0, %0" : "+r"(value));
    return static_cast<double>(__rdtsc() - begin);
  };
  std::vector<double> cycles;
  for (int i = 0; i < kRounds; ++i) {
    const double before = chain();
    const std::uint64_t begin = __rdtsc();
    run();
    const auto ticks = static_cast<double>(__rdtsc() - begin);
    cycles.push_back(ticks / ((before + chain()) / 2) * kMultiplications * 3);
  }
  std::nth_element(cycles.begin(), cycles.begin() + kRounds / 2, cycles.end());
  return cycles[kRounds / 2];
}
#endif

// Lines as workers get them.
class Lines {
 public:
  explicit Lines(std::string text) : text_(std::move(text)) {
    chunk_->load_lines(text_, 0, 0);
    must(chunk_->next(&block_, &record_) == ingest::Piece::kLines && block_.bytes == text_,
         "a chunk");
    ingest::LineCursor lines(block_);
    for (ingest::RecordView record; lines.next(&record);) records_.push_back(record);
  }

  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] const ingest::LineBlock& block() const { return block_; }
  [[nodiscard]] std::size_t count() const { return records_.size(); }
  [[nodiscard]] const std::vector<ingest::RecordView>& records() const { return records_; }

 private:
  std::string text_;
  std::unique_ptr<ingest::Chunk> chunk_ = std::make_unique<ingest::Chunk>(1);
  ingest::LineBlock block_;
  ingest::RecordView record_;
  std::vector<ingest::RecordView> records_;  // in the chunk
};

Lines corpus(std::string_view name, double matches, std::uint64_t posts) {
  app::GenOptions options;
  options.x_v1 = name.starts_with("x-v1") ? 1 : 0;
  options.x_v2 = name == "x-v2" ? 1 : 0;
  options.bluesky = name == "bluesky" ? 1 : 0;
  options.simple = name == "simple" ? 1 : 0;
  options.escapes = name == "x-v1" ? 1 : 0;
  options.reposts = 0.65;
  options.posts = posts;
  options.corpus = {.matches = matches, .near_misses = 0};
  std::string text;
  app::run_gen(options, [&](std::string_view line) {
    text += line;
    return true;
  });
  return Lines(std::move(text));
}

const Lines& corpus_of(const std::string& name) {
  static std::map<std::string, Lines> made;
  const auto found = made.find(name);
  return found != made.end() ? found->second
                             : made.emplace(name, corpus(name, 0, 4000)).first->second;
}

// Hand-made posts of a dialect that the generator does not write: the records of fixtures/posts.
Lines fixture(const std::string& name) {
  std::ifstream in(HASHCART_FIXTURES "/posts/" + name + ".ndjson");
  constexpr std::string_view kBegin = "\"record\":";
  constexpr std::string_view kEnd = ",\"expect\":";
  std::string text;
  post::PostReader reader;
  post::ParsedRecord parsed;
  for (std::string row; std::getline(in, row);) {
    const std::size_t begin = row.find(kBegin);
    const std::size_t end = row.rfind(kEnd);
    if (begin == std::string::npos || end == std::string::npos || end < begin) continue;
    const std::string record =
        row.substr(begin + kBegin.size(), end - begin - kBegin.size()) + "\n";
    if (!record.starts_with('{')) continue;
    reader.read(Lines(record).records().front(), &parsed);
    if (parsed.kind == post::RecordKind::kPosts) text += record;
  }
  must(!text.empty(), name.c_str());
  return Lines(std::move(text));
}

struct Catalogue {
  catalogue::LoadResult loaded = catalogue::load_texts(catalogue::default_texts());
  match::PatternDb db{loaded.catalogue};
};
const Catalogue& by_default() {
  static const Catalogue it;
  return it;
}

// ---------------------------------------------------------------- framing and reading

void framer(benchmark::State& state, const std::string& name) {
  const Lines& lines = corpus_of(name);
  const auto frame_all = [&] {
    ingest::Framer framer(ingest::Framing::kNdjson);
    std::string_view left = lines.text();
    std::size_t found = 0;
    while (const auto size = framer.find(left)) {
      left.remove_prefix(*size);
      ++found;
    }
    must(found == lines.count() && left.empty(), "the framer");
  };
  count_allocations(&state, lines.count(), frame_all);
  for (auto _ : state) frame_all();
  count(&state, lines.text().size(), lines.count());
}

void raw_scan(benchmark::State& state, const std::string& name) {
  const Lines lines = corpus(name, 0.002, 4000);
  const match::RawScan& scan = by_default().db.raw_scan();
  std::string scratch;
  std::vector<std::size_t> expected;  // where lines begin of which R holds, asked one by one
  for (const ingest::RecordView& record : lines.records()) {
    if (scan.holds(record.bytes, &scratch)) expected.push_back(record.offset);
  }
  match::FoundLines found;
  const auto scan_all = [&] { scan.scan(lines.block().bytes, &found); };
  const auto check = [&] {
    must(found.lines == lines.count() && found.candidates.size() == expected.size(), "the scan");
    for (std::size_t i = 0; i < expected.size(); ++i) {
      must(found.candidates[i].begin == expected[i], "the scan");
    }
  };
  count_allocations(&state, lines.count(), scan_all);
  check();
  for (auto _ : state) scan_all();
  check();
  count(&state, lines.text().size(), lines.count());
#ifdef __x86_64__
  // Of whole lines that stay in the second-level cache, as chunks do.
  constexpr std::size_t kChunk = 256U << 10U;
  const std::string_view block = lines.block().bytes.substr(0, kChunk);
  const std::string_view cached = block.substr(0, block.rfind('\n') + 1);
  state.counters["cycles_per_KiB"] =
      cycles_of([&] { scan.scan(cached, &found); }) * 1024 / static_cast<double>(cached.size());
#endif
  state.counters["handed_on"] =
      static_cast<double>(expected.size()) / static_cast<double>(lines.count());
}

void reader(benchmark::State& state, const Lines& lines) {
  post::PostReader reader;
  post::ParsedRecord parsed;
  const auto read_all = [&] {
    std::size_t posts = 0;
    for (const ingest::RecordView& record : lines.records()) {
      reader.read(record, &parsed);
      posts += parsed.kind == post::RecordKind::kPosts ? 1 : 0;
    }
    must(posts == lines.count(), "the reader");
  };
  count_allocations(&state, lines.count(), read_all);
  for (auto _ : state) read_all();
  count(&state, lines.text().size(), lines.count());
}

// Reader and matcher on posts of which none triggers.
void untriggered(benchmark::State& state, const std::string& name) {
  const Lines& lines = corpus_of(name);
  post::PostReader reader;
  post::ParsedRecord parsed;
  match::Matcher matcher(by_default().db, {});
  std::string signals;
  const auto match_all = [&] {
    std::uint64_t triggers = 0;
    for (const ingest::RecordView& record : lines.records()) {
      reader.read(record, &parsed);
      triggers += matcher.match(parsed, {}, &signals).triggers;
    }
    must(triggers == 0, "the matcher");
    signals.clear();
  };
  count_allocations(&state, lines.count(), match_all);
  for (auto _ : state) match_all();
  count(&state, lines.text().size(), lines.count());
}

// ---------------------------------------------------------------- grammars

struct Texts {
  std::vector<std::string> texts;
  std::vector<std::string> urls;
  std::size_t text_bytes = 0;
  std::size_t url_bytes = 0;
};

Texts texts_of(const std::string& name) {
  Texts out;
  post::PostReader reader;
  post::ParsedRecord parsed;
  const Lines lines = corpus(name, 0.3, 4000);
  for (const ingest::RecordView& record : lines.records()) {
    reader.read(record, &parsed);
    const post::Post& post = parsed.posts.front();
    out.texts.emplace_back(post.text);
    out.text_bytes += post.text.size();
    for (const post::Link& link : post.links) {
      out.urls.emplace_back(link.url);
      out.url_bytes += link.url.size();
    }
  }
  return out;
}

void hashtag_grammar(benchmark::State& state, const std::string& name, base::Platform platform) {
  const Texts texts = texts_of(name);
  std::vector<match::TextSpan> urls;
  std::vector<match::TagSpan> tags;
  const auto find = [&](std::string_view text) {
    match::find_urls(text, platform, &urls);
    match::find_tags(text, platform, urls, &tags);
    return tags.size();
  };
  // Bluesky wants a blank before the sign.
  must(find("one #two, (#three) https://example.com/#four five#") ==
           (platform == base::Platform::kBluesky ? 1U : 2U),
       "the hashtag grammar");
  const auto find_all = [&] {
    std::size_t found = 0;
    for (const std::string& text : texts.texts) found += find(text);
    return found;
  };
  const std::size_t expected = find_all();
  must(expected > 500, "the hashtag grammar");
  count_allocations(&state, texts.texts.size(), find_all);
  for (auto _ : state) must(find_all() == expected, "the hashtag grammar");
  count(&state, texts.text_bytes, texts.texts.size());
}

void link_grammar(benchmark::State& state) {
  const Texts texts = texts_of("x-v1");
  const match::LinkTable& table = by_default().db.links();
  match::LinkScratch scratch;
  const auto is_product = [&](std::string_view url) {
    return table.classify(url, true, &scratch).why == match::LinkWhy::kNone;
  };
  must(is_product("https://www.amazon.com/dp/B00EXAMPL1") &&
           !is_product("https://notamazon.com/dp/B00EXAMPL1"),
       "the link grammar");
  const auto classify_all = [&] {
    std::size_t products = 0;
    for (const std::string& url : texts.urls) products += is_product(url) ? 1U : 0U;
    return products;
  };
  const std::size_t expected = classify_all();
  must(expected > 200 && expected < texts.urls.size(), "the link grammar");
  count_allocations(&state, texts.urls.size(), classify_all);
  for (auto _ : state) must(classify_all() == expected, "the link grammar");
  count(&state, texts.url_bytes, texts.urls.size());
}

// ---------------------------------------------------------------- resolver, encoder

// Signals of a mixed stream in which much is bought: threads of all kinds, deletes, late posts.
struct Signals {
  std::string bytes;
  std::size_t count = 0;
};

const Signals& signals() {
  static const Signals it = [] {
    app::GenOptions options;
    options.posts = 60'000;
    options.intents = 0.2;
    Signals out;
    post::PostReader reader;
    post::ParsedRecord parsed;
    match::Matcher matcher(by_default().db, {});
    std::string text;
    app::run_gen(options, [&](std::string_view line) {
      text += line;
      return true;
    });
    const Lines lines(std::move(text));
    for (const ingest::RecordView& record : lines.records()) {
      if (record.bytes.empty()) continue;
      reader.read(record, &parsed);
      if (parsed.kind == post::RecordKind::kRejected) continue;
      out.count += matcher.match(parsed, {.offset = record.offset}, &out.bytes).signals;
    }
    return out;
  }();
  return it;
}

class Counter final : public intent::ResolverOutput {
 public:
  void record(const intent::CartIntent& /*record*/) override { ++records; }
  void outcome(const intent::Outcome& /*outcome*/) override { ++outcomes; }
  std::size_t records = 0;
  std::size_t outcomes = 0;
};

// Encodes what it is given, many times over.
class Repeater final : public intent::ResolverOutput {
 public:
  static constexpr std::size_t kTimes = 16;

  explicit Repeater(const emit::RecordEncoder& encoder) : encoder_(encoder) {}

  void record(const intent::CartIntent& record) override {
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < kTimes; ++i) {
      buffer_.clear();
      encoder_.append_record(record, 1, &buffer_);
      benchmark::DoNotOptimize(buffer_.data());
    }
    seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    must(buffer_.starts_with('{') && buffer_.ends_with("}\n"), "the encoder");
    bytes += buffer_.size() * kTimes;
    records += kTimes;
  }
  void outcome(const intent::Outcome& /*outcome*/) override {}

  double seconds = 0;
  std::size_t bytes = 0;
  std::size_t records = 0;

 private:
  const emit::RecordEncoder& encoder_;
  std::string buffer_;
};

// Items are signals: how many one resolver works off in a second, whatever the posts they are of.
void resolver(benchmark::State& state) {
  const Signals& stream = signals();
  must(stream.count > 10'000, "the stream");
  std::size_t records = 0;
  match::Signal signal;
  std::size_t allocated = 0;
  for (auto _ : state) {
    state.PauseTiming();
    auto resolver = std::make_unique<intent::Resolver>(by_default().loaded.catalogue);
    Counter said;
    std::string_view left = stream.bytes;
    std::size_t stepped = 0;
    const std::size_t before = post::testing::allocation_count();
    state.ResumeTiming();
    while (match::decode(&left, &signal)) {
      resolver->step(signal, &said);
      ++stepped;
    }
    state.PauseTiming();
    allocated += post::testing::allocation_count() - before;
    resolver->finish(true, &said);
    must(stepped == stream.count && resolver->stats().balanced() &&
             said.outcomes == resolver->stats().triggers && said.records > 1000 &&
             (records == 0 || said.records == records),
         "the resolver");
    records = said.records;
    resolver.reset();
    state.ResumeTiming();
  }
  count(&state, stream.bytes.size(), stream.count);
  state.counters["allocations"] =
      static_cast<double>(allocated) /
      (static_cast<double>(state.iterations()) * static_cast<double>(stream.count));
  state.counters["records"] = static_cast<double>(records);
}

// Items are records.
void encoder(benchmark::State& state) {
  const emit::RecordEncoder encoder(by_default().loaded.catalogue, {"bench"}, emit::UserMask::raw(),
                                    "bench");
  std::size_t bytes = 0;
  std::size_t records = 0;
  for (auto _ : state) {
    intent::Resolver resolver(by_default().loaded.catalogue);
    Repeater said(encoder);
    match::Signal signal;
    std::string_view left = signals().bytes;
    while (match::decode(&left, &signal)) resolver.step(signal, &said);
    state.SetIterationTime(said.seconds);
    bytes = said.bytes;
    records = said.records;
  }
  count(&state, bytes, records);
}

// ---------------------------------------------------------------- queue

// One thread to another, a million handles; items are handles.
void queue(benchmark::State& state) {
  constexpr std::uint64_t kHandles = 1'000'000;
  for (auto _ : state) {
    pipeline::Link link(static_cast<std::size_t>(state.range(0)));
    std::thread producer([&] {
      for (std::uint64_t i = 0; i < kHandles; ++i) link.push(static_cast<pipeline::Handle>(i));
      link.close();
    });
    std::uint64_t got = 0;
    bool in_order = true;
    for (pipeline::Handle handle = 0; link.pop(&handle); ++got) {
      in_order = in_order && handle == static_cast<pipeline::Handle>(got);
    }
    producer.join();
    must(got == kHandles && in_order, "the queue");
  }
  count(&state, 0, kHandles);
}
BENCHMARK(queue)->Arg(3)->Arg(64)->UseRealTime()->Unit(benchmark::kMillisecond);

void register_all() {
  const auto ms = [](benchmark::internal::Benchmark* it) { it->Unit(benchmark::kMillisecond); };
  for (const char* name : {"x-v1", "x-v1-utf8", "bluesky"}) {
    const std::string label(name);
    ms(benchmark::RegisterBenchmark(("framer/" + label).c_str(),
                                    [label](benchmark::State& state) { framer(state, label); }));
    ms(benchmark::RegisterBenchmark(("raw_scan/" + label).c_str(),
                                    [label](benchmark::State& state) { raw_scan(state, label); }));
  }
  for (const char* name : {"x-v1", "x-v1-utf8", "x-v2", "bluesky", "simple"}) {
    const std::string label(name);
    ms(benchmark::RegisterBenchmark(("reader/" + label).c_str(), [label](benchmark::State& state) {
      reader(state, corpus_of(label));
    }));
  }
  for (const char* name : {"facebook", "gnip", "instagram", "mastodon", "pinterest", "reddit",
                           "threads", "tiktok", "weibo"}) {
    const std::string label(name);
    ms(benchmark::RegisterBenchmark(
        ("reader/" + label + " (fixtures)").c_str(),
        [label](benchmark::State& state) { reader(state, fixture(label)); }));
  }
  for (const char* name : {"x-v1", "x-v2", "bluesky", "simple"}) {
    const std::string label(name);
    ms(benchmark::RegisterBenchmark(
        ("untriggered/" + label).c_str(),
        [label](benchmark::State& state) { untriggered(state, label); }));
  }
  ms(benchmark::RegisterBenchmark("hashtag_grammar/x", [](benchmark::State& state) {
    hashtag_grammar(state, "x-v1", base::Platform::kX);
  }));
  ms(benchmark::RegisterBenchmark("hashtag_grammar/bluesky", [](benchmark::State& state) {
    hashtag_grammar(state, "bluesky", base::Platform::kBluesky);
  }));
  ms(benchmark::RegisterBenchmark("link_grammar", link_grammar));
  ms(benchmark::RegisterBenchmark("resolver", resolver));
  ms(benchmark::RegisterBenchmark("encoder", encoder)->UseManualTime());
}

}  // namespace

int main(int argc, char** argv) {
  register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
