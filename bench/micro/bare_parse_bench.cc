// How fast our reader is beside a bare simdjson On-Demand loop that reads the same fields of the
// same lines and does nothing with them. The ratio is what `hashcart` pays for finding out the
// dialect, for checking what it reads and for making posts of it.
//
//   bare_parse_bench --benchmark_enable_random_interleaving=true --benchmark_repetitions=20
//       --benchmark_min_time=0.05 --benchmark_report_aggregates_only=true
//
// Compare the best (or the medians) of one run only. `bare_parse_bench --once bare|ours NAME` reads
// one corpus once, for `valgrind --tool=callgrind --toggle-collect='*profiled*'`.
//
// The bare loops make one pass in document order over the objects that our readers go into, know
// keys by their raw bytes, and unescape the strings that our readers unescape. They take for
// granted what our readers must find out: one dialect, keys without escapes, no key twice, the
// right types. Before anything is timed both read all lines, and must come to the same posts, ids,
// authors, texts, tags and links.
#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/gen.h"
#include "base/utf8.h"
#include "ingest/chunk.h"
#include "post/arena.h"
#include "post/html_text.h"
#include "post/post_reader.h"

namespace {

using namespace hashcart;
namespace od = simdjson::ondemand;

// What both sides must come to, over all lines.
struct Sums {
  std::uint64_t posts = 0;
  std::uint64_t ids = 0;      // hashes of ids, authors, handles and parents
  std::uint64_t texts = 0;    // hashes of decoded texts and languages
  std::uint64_t listed = 0;   // hashes of tags and links
  std::uint64_t deletes = 0;  // hashes of deleted ids

  bool operator==(const Sums&) const = default;
};

std::uint64_t hash_of(std::string_view text) noexcept {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}

// --- The bare loops ---

// raw: a key's bytes after its quote.
template <std::size_t N>
bool is(const char* raw, const char (&name)[N]) noexcept {
  return std::memcmp(raw, name, N - 1) == 0 && raw[N - 1] == '"';
}

// Calls visit(raw key, value) for each field.
template <class Visit>
bool each_field(od::object object, Visit visit) noexcept {
  for (auto field : object) {
    od::raw_json_string key;
    if (field.key().get(key) != simdjson::SUCCESS) return false;
    od::value value;
    if (field.value().get(value) != simdjson::SUCCESS) return false;
    if (!visit(key.raw(), value)) return false;
  }
  return true;
}

template <class Visit>
bool each_object(od::value value, Visit visit) noexcept {
  od::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return false;
  for (auto element : array) {
    od::object object;
    if (element.get_object().get(object) != simdjson::SUCCESS) return false;
    if (!visit(object)) return false;
  }
  return true;
}

// A string, or nothing where there is none (null).
bool get_text(od::value value, std::string_view* out) noexcept {
  const auto error = value.get_string().get(*out);
  return error == simdjson::SUCCESS || error == simdjson::INCORRECT_TYPE;
}

bool get_number(od::value value, std::uint64_t* out) noexcept {
  const auto error = value.get_uint64().get(*out);
  return error == simdjson::SUCCESS || error == simdjson::INCORRECT_TYPE;
}

bool get_bool(od::value value, bool* out) noexcept {
  const auto error = value.get_bool().get(*out);
  return error == simdjson::SUCCESS || error == simdjson::INCORRECT_TYPE;
}

template <class Visit>
bool get_object(od::value value, Visit visit) noexcept {
  od::object object;
  const auto error = value.get_object().get(object);
  if (error == simdjson::INCORRECT_TYPE) return true;
  return error == simdjson::SUCCESS && visit(object);
}

// kSummed: the fields are added up for the comparison, else only read.
template <bool kSummed>
class BareXV1 {
 public:
  bool read(od::object object, Sums* sums) noexcept { return read_status(object, sums); }

 private:
  struct Status {
    std::string_view created_at, timestamp_ms, id_str, text, full_text, lang, screen_name, user_id;
    std::string_view reply_to, reply_to_user, quoted, deleted, deleted_user;
    std::uint64_t id = 0, user = 0, reply_to_number = 0, reply_to_user_number = 0,
                  quoted_number = 0;
    bool truncated = false, is_quote = false, is_protected = false, extended = false;
    std::uint64_t listed = 0, listed_extended = 0;
  };

  bool read_status(od::object object, Sums* sums) noexcept {
    Status it;
    const bool good = each_field(object, [&](const char* raw, od::value value) {
      switch (raw[0]) {
        case 'c':
          if (is(raw, "created_at")) return get_text(value, &it.created_at);
          break;
        case 'd':
          if (is(raw, "delete")) return read_delete(value, &it);
          break;
        case 'e':
          if (is(raw, "entities")) return read_entities(value, &it.listed);
          if (is(raw, "extended_tweet")) {
            it.extended = true;
            return get_object(value, [&](od::object extended) {
              return each_field(extended, [&](const char* inner, od::value field) {
                if (is(inner, "full_text")) return get_text(field, &it.full_text);
                if (is(inner, "entities")) return read_entities(field, &it.listed_extended);
                return true;
              });
            });
          }
          break;
        case 'f':
          if (is(raw, "full_text")) return get_text(value, &it.full_text);
          break;
        case 'i':
          if (is(raw, "id")) return get_number(value, &it.id);
          if (is(raw, "id_str")) return get_text(value, &it.id_str);
          if (is(raw, "in_reply_to_status_id")) return get_number(value, &it.reply_to_number);
          if (is(raw, "in_reply_to_status_id_str")) return get_text(value, &it.reply_to);
          if (is(raw, "in_reply_to_user_id")) return get_number(value, &it.reply_to_user_number);
          if (is(raw, "in_reply_to_user_id_str")) return get_text(value, &it.reply_to_user);
          if (is(raw, "is_quote_status")) return get_bool(value, &it.is_quote);
          break;
        case 'l':
          if (is(raw, "lang")) return get_text(value, &it.lang);
          break;
        case 'q':
          if (is(raw, "quoted_status_id")) return get_number(value, &it.quoted_number);
          if (is(raw, "quoted_status_id_str")) return get_text(value, &it.quoted);
          if (is(raw, "quoted_status")) return read_embedded(value, sums);
          break;
        case 'r':
          if (is(raw, "retweeted_status")) return read_embedded(value, sums);
          break;
        case 't':
          if (is(raw, "text")) return get_text(value, &it.text);
          if (is(raw, "truncated")) return get_bool(value, &it.truncated);
          if (is(raw, "timestamp_ms")) return get_text(value, &it.timestamp_ms);
          break;
        case 'u':
          if (is(raw, "user")) return read_user(value, &it);
          break;
        default:
          break;
      }
      return true;
    });
    benchmark::DoNotOptimize(it);
    if constexpr (kSummed) add(it, sums);
    return good;
  }

  bool read_embedded(od::value value, Sums* sums) noexcept {
    return get_object(value, [&](od::object object) { return read_status(object, sums); });
  }

  static bool read_user(od::value value, Status* it) noexcept {
    return get_object(value, [&](od::object user) {
      return each_field(user, [&](const char* raw, od::value field) {
        switch (raw[0]) {
          case 'i':
            if (is(raw, "id")) return get_number(field, &it->user);
            if (is(raw, "id_str")) return get_text(field, &it->user_id);
            break;
          case 's':
            if (is(raw, "screen_name")) return get_text(field, &it->screen_name);
            break;
          case 'p':
            if (is(raw, "protected")) return get_bool(field, &it->is_protected);
            break;
          default:
            break;
        }
        return true;
      });
    });
  }

  static bool read_delete(od::value value, Status* it) noexcept {
    return get_object(value, [&](od::object outer) {
      return each_field(outer, [&](const char* raw, od::value status) {
        if (!is(raw, "status")) return true;
        return get_object(status, [&](od::object object) {
          return each_field(object, [&](const char* inner, od::value field) {
            if (is(inner, "id_str")) return get_text(field, &it->deleted);
            if (is(inner, "user_id_str")) return get_text(field, &it->deleted_user);
            return true;
          });
        });
      });
    });
  }

  static bool read_entities(od::value value, std::uint64_t* listed) noexcept {
    return get_object(value, [&](od::object lists) {
      return each_field(lists, [&](const char* raw, od::value list) {
        if (is(raw, "hashtags")) {
          return each_object(list, [&](od::object tag) { return read_entity(tag, listed); });
        }
        if (is(raw, "urls")) {
          return each_object(list, [&](od::object url) { return read_entity(url, listed); });
        }
        return true;
      });
    });
  }

  static bool read_entity(od::object object, std::uint64_t* listed) noexcept {
    std::string_view text, url, expanded_url, unwound_url;
    std::array<std::uint64_t, 2> indices{};
    const bool good = each_field(object, [&](const char* raw, od::value value) {
      switch (raw[0]) {
        case 't':
          if (is(raw, "text")) return get_text(value, &text);
          break;
        case 'u':
          if (is(raw, "url")) return get_text(value, &url);
          if (is(raw, "unwound")) {
            return get_object(value, [&](od::object unwound) {
              return each_field(unwound, [&](const char* inner, od::value field) {
                return is(inner, "url") ? get_text(field, &unwound_url) : true;
              });
            });
          }
          break;
        case 'e':
          if (is(raw, "expanded_url")) return get_text(value, &expanded_url);
          break;
        case 'i': {
          if (!is(raw, "indices")) break;
          od::array array;
          if (value.get_array().get(array) != simdjson::SUCCESS) return false;
          std::size_t at = 0;
          for (auto element : array) {
            if (at == indices.size()) return false;
            if (element.get_uint64().get(indices[at++]) != simdjson::SUCCESS) return false;
          }
          return true;
        }
        default:
          break;
      }
      return true;
    });
    benchmark::DoNotOptimize(indices);
    const std::string_view best = !unwound_url.empty()    ? unwound_url
                                  : !expanded_url.empty() ? expanded_url
                                  : !url.empty()          ? url
                                                          : text;
    *listed += kSummed ? hash_of(best) : best.size();
    return good;
  }

  void add(const Status& it, Sums* sums) noexcept {
    if (!it.deleted.empty()) sums->deletes += hash_of(it.deleted) + hash_of(it.deleted_user);
    if (it.id_str.empty()) return;
    ++sums->posts;
    sums->ids += hash_of(it.id_str) + hash_of(it.user_id) * 3 + hash_of(it.screen_name) * 5 +
                 hash_of(it.reply_to) * 7 + hash_of(it.reply_to_user) * 11;
    arena_.reset(64U << 10U);
    const std::string_view text = it.full_text.empty() ? it.text : it.full_text;
    sums->texts += hash_of(post::decode_x_text(text, {}, &arena_)) + hash_of(it.lang) * 3;
    sums->listed += it.extended ? it.listed_extended : it.listed;
  }

  post::Arena arena_;
};

template <bool kSummed>
class BareBluesky {
 public:
  bool read(od::object object, Sums* sums) noexcept {
    Event it;
    const bool good = each_field(object, [&](const char* raw, od::value value) {
      switch (raw[0]) {
        case 'd':
          if (is(raw, "did")) return get_text(value, &it.did);
          break;
        case 't':
          if (is(raw, "time_us")) return get_number(value, &it.time_us);
          break;
        case 'k':
          if (is(raw, "kind")) return get_text(value, &it.kind);
          break;
        case 'c':
          if (is(raw, "commit")) {
            return get_object(value, [&](od::object commit) { return read_commit(commit, &it); });
          }
          break;
        case 'a':
          if (is(raw, "account")) {
            return get_object(value, [&](od::object account) {
              return each_field(account, [&](const char* inner, od::value field) {
                if (is(inner, "active")) return get_bool(field, &it.active);
                if (is(inner, "status")) return get_text(field, &it.status);
                return true;
              });
            });
          }
          break;
        default:
          break;
      }
      return true;
    });
    benchmark::DoNotOptimize(it);
    if constexpr (kSummed) add(it, sums);
    return good;
  }

 private:
  struct Event {
    std::string_view did, kind, operation, collection, rkey;
    std::string_view text, created_at, lang, reply_to;
    std::string_view status;
    std::uint64_t time_us = 0;
    std::uint64_t listed = 0;
    bool active = true;
  };

  static bool read_commit(od::object commit, Event* it) noexcept {
    return each_field(commit, [&](const char* raw, od::value value) {
      switch (raw[0]) {
        case 'o':
          if (is(raw, "operation")) return get_text(value, &it->operation);
          break;
        case 'c':
          if (is(raw, "collection")) return get_text(value, &it->collection);
          break;
        case 'r':
          if (is(raw, "rkey")) return get_text(value, &it->rkey);
          if (is(raw, "record")) {
            if (it->collection != "app.bsky.feed.post") return true;
            return get_object(value, [&](od::object record) { return read_record(record, it); });
          }
          break;
        default:
          break;
      }
      return true;
    });
  }

  static bool read_record(od::object record, Event* it) noexcept {
    return each_field(record, [&](const char* raw, od::value value) {
      switch (raw[0]) {
        case 't':
          if (is(raw, "text")) return get_text(value, &it->text);
          if (is(raw, "tags")) {
            od::array tags;
            if (value.get_array().get(tags) != simdjson::SUCCESS) return false;
            for (auto element : tags) {
              std::string_view tag;
              if (element.get_string().get(tag) != simdjson::SUCCESS) return false;
              it->listed += kSummed ? hash_of(tag) : tag.size();
            }
            return true;
          }
          break;
        case 'c':
          if (is(raw, "createdAt")) return get_text(value, &it->created_at);
          break;
        case 'l':
          if (is(raw, "langs")) {
            od::array langs;
            if (value.get_array().get(langs) != simdjson::SUCCESS) return false;
            for (auto element : langs) {
              if (it->lang.empty() && element.get_string().get(it->lang) != simdjson::SUCCESS)
                return false;
            }
            return true;
          }
          break;
        case 'f':
          if (is(raw, "facets")) {
            return each_object(value, [&](od::object facet) { return read_facet(facet, it); });
          }
          break;
        case 'e':
          if (is(raw, "embed")) {
            return get_object(value, [&](od::object embed) { return read_embed(embed, it); });
          }
          break;
        case 'r':
          if (is(raw, "reply")) {
            return get_object(value, [&](od::object reply) {
              return each_field(reply, [&](const char* inner, od::value field) {
                if (!is(inner, "parent")) return true;
                return get_object(
                    field, [&](od::object parent) { return read_uri(parent, &it->reply_to); });
              });
            });
          }
          break;
        default:
          break;
      }
      return true;
    });
  }

  static bool read_uri(od::object object, std::string_view* uri) noexcept {
    return each_field(object, [&](const char* raw, od::value value) {
      return is(raw, "uri") ? get_text(value, uri) : true;
    });
  }

  static bool read_facet(od::object facet, Event* it) noexcept {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    const bool good = each_field(facet, [&](const char* raw, od::value value) {
      if (is(raw, "index")) {
        return get_object(value, [&](od::object index) {
          return each_field(index, [&](const char* inner, od::value field) {
            if (is(inner, "byteStart")) return get_number(field, &start);
            if (is(inner, "byteEnd")) return get_number(field, &end);
            return true;
          });
        });
      }
      if (!is(raw, "features")) return true;
      return each_object(value, [&](od::object feature) {
        std::string_view type, tag, uri;
        if (!each_field(feature, [&](const char* inner, od::value field) {
              if (is(inner, "$type")) return get_text(field, &type);
              if (is(inner, "tag")) return get_text(field, &tag);
              if (is(inner, "uri")) return get_text(field, &uri);
              return true;
            })) {
          return false;
        }
        benchmark::DoNotOptimize(type);
        const std::string_view best = tag.empty() ? uri : tag;
        it->listed += kSummed ? hash_of(best) : best.size();
        return true;
      });
    });
    benchmark::DoNotOptimize(start);
    benchmark::DoNotOptimize(end);
    return good;
  }

  // Of what the generator writes: external.uri and record.uri.
  static bool read_embed(od::object embed, Event* it) noexcept {
    return each_field(embed, [&](const char* raw, od::value value) {
      std::string_view uri;
      if (is(raw, "external")) {
        if (!get_object(value, [&](od::object inner) { return read_uri(inner, &uri); }))
          return false;
        it->listed += kSummed ? hash_of(uri) : uri.size();
      } else if (is(raw, "record")) {
        if (!get_object(value, [&](od::object inner) { return read_uri(inner, &uri); }))
          return false;
        benchmark::DoNotOptimize(uri);
      }
      return true;
    });
  }

  void add(const Event& it, Sums* sums) {
    if (!it.active && it.status == "deleted") sums->deletes += hash_of({}) + hash_of(it.did);
    if (it.collection != "app.bsky.feed.post") return;
    id_.assign("at://").append(it.did).append("/app.bsky.feed.post/").append(it.rkey);
    if (it.operation == "delete") {
      sums->deletes += hash_of(id_) + hash_of(it.did);
      return;
    }
    ++sums->posts;
    sums->ids += hash_of(id_) + hash_of(it.did) * 3 + hash_of({}) * 5 + hash_of(it.reply_to) * 7;
    std::string_view parent = it.reply_to;
    if (!parent.empty()) {
      parent.remove_prefix(5);
      parent = parent.substr(0, parent.find('/'));
    }
    sums->ids += hash_of(parent) * 11;
    sums->texts += hash_of(it.text) + hash_of(it.lang) * 3;
    sums->listed += it.listed;
  }

  std::string id_;
};

// --- Ours ---

void add(const post::ParsedRecord& parsed, Sums* sums) noexcept {
  for (std::size_t i = 0; i < parsed.post_count; ++i) {
    const post::Post& post = parsed.posts[i];
    ++sums->posts;
    sums->ids += hash_of(post.id) + hash_of(post.author_id) * 3 + hash_of(post.author_handle) * 5 +
                 hash_of(post.reply_to) * 7 + hash_of(post.reply_to_author) * 11;
    sums->texts += hash_of(post.text) + hash_of(post.lang) * 3;
    for (const post::Tag& tag : post.tags) sums->listed += hash_of(tag.text);
    for (const post::Link& link : post.links) sums->listed += hash_of(link.url);
  }
  for (const post::Delete& gone : parsed.deletes) {
    sums->deletes += hash_of(gone.post_id) + hash_of(gone.author_id);
  }
}

// --- The corpora ---

struct Corpus {
  std::string name;
  bool is_bluesky = false;
  std::string stream;
  std::unique_ptr<ingest::Chunk> chunk = std::make_unique<ingest::Chunk>(1);
  std::vector<ingest::RecordView> records;  // in the chunk

  // Once the stream is whole.
  void cut() {
    chunk->load_lines(stream, 0, 0);
    ingest::RecordCursor cursor(chunk.get());
    for (ingest::RecordView record; cursor.next(&record);) records.push_back(record);
  }

  template <typename Visit>
  void each_record(Visit visit) const {
    for (const ingest::RecordView& record : records) visit(record);
  }
};

template <class Bare>
Sums read_bare(const Corpus& corpus, od::parser* parser, Bare* bare) {
  Sums sums;
  corpus.each_record([&](const ingest::RecordView& record) {
    od::document document;
    od::object object;
    if (parser->iterate(record.bytes.data(), record.bytes.size(),
                        record.bytes.size() + simdjson::SIMDJSON_PADDING)
                .get(document) != simdjson::SUCCESS ||
        document.get_object().get(object) != simdjson::SUCCESS || !bare->read(object, &sums)) {
      std::fprintf(stderr, "a line that the bare loop cannot read\n");
      std::exit(1);
    }
  });
  return sums;
}

template <bool kSummed>
Sums read_bare(const Corpus& corpus, od::parser* parser) {
  if (corpus.is_bluesky) {
    BareBluesky<kSummed> bare;
    return read_bare(corpus, parser, &bare);
  }
  BareXV1<kSummed> bare;
  return read_bare(corpus, parser, &bare);
}

template <bool kSummed>
Sums read_ours(const Corpus& corpus, post::PostReader* reader, post::ParsedRecord* parsed) {
  Sums sums;
  corpus.each_record([&](const ingest::RecordView& record) {
    reader->read(record, parsed);
    if constexpr (kSummed) {
      add(*parsed, &sums);
    } else {
      benchmark::DoNotOptimize(parsed->post_count);
    }
  });
  return sums;
}

Corpus make_corpus(const char* name, double x_v1, double bluesky, double escapes,
                   std::uint64_t posts) {
  Corpus corpus;
  corpus.name = name;
  corpus.is_bluesky = bluesky > 0;
  app::GenOptions options;
  options.posts = posts;
  options.x_v1 = x_v1;
  options.x_v2 = 0;
  options.bluesky = bluesky;
  options.simple = 0;
  options.escapes = escapes;
  options.broken = 0;
  options.blank = 0;
  app::run_gen(options, [&](std::string_view line) {
    corpus.stream += line;
    return true;
  });
  corpus.cut();
  return corpus;
}

// Both sides must read the same.
void check(const Corpus& corpus) {
  od::parser parser;
  post::PostReader reader;
  post::ParsedRecord parsed;
  const Sums bare = read_bare<true>(corpus, &parser);
  const Sums ours = read_ours<true>(corpus, &reader, &parsed);
  if (bare == ours && bare.posts > 0 && bare.deletes > 0 && bare.listed > 0) return;
  std::fprintf(
      stderr,
      "%s: the sums differ; not timed\n"
      "  posts %zu %zu\n  ids %zx %zx\n  texts %zx %zx\n  listed %zx %zx\n  deletes %zx %zx\n",
      corpus.name.c_str(), bare.posts, ours.posts, bare.ids, ours.ids, bare.texts, ours.texts,
      bare.listed, ours.listed, bare.deletes, ours.deletes);
  std::exit(1);
}

const std::vector<Corpus>& corpora() {
  static const std::vector<Corpus> all = [] {
    std::vector<Corpus> made;
    made.push_back(make_corpus("x-v1", 1, 0, 0, 6'000));
    made.push_back(make_corpus("x-v1-escaped", 1, 0, 1, 6'000));
    made.push_back(make_corpus("bluesky", 0, 1, 0, 20'000));
    for (const Corpus& corpus : made) check(corpus);
    return made;
  }();
  return all;
}

void count_bytes(benchmark::State& state, const Corpus& corpus) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(corpus.stream.size()));
}

void bare(benchmark::State& state, const Corpus& corpus) {
  od::parser parser;
  for (auto _ : state) benchmark::DoNotOptimize(read_bare<false>(corpus, &parser));
  count_bytes(state, corpus);
}

void ours(benchmark::State& state, const Corpus& corpus) {
  post::PostReader reader;
  post::ParsedRecord parsed;
  for (auto _ : state) benchmark::DoNotOptimize(read_ours<false>(corpus, &reader, &parsed));
  count_bytes(state, corpus);
}

// One reading, under a name that a profiler can be told to collect in.
[[gnu::noinline]] Sums profiled(std::string_view side, const Corpus& corpus, od::parser* parser,
                                post::PostReader* reader, post::ParsedRecord* parsed) {
  return side == "bare" ? read_bare<false>(corpus, parser)
                        : read_ours<false>(corpus, reader, parsed);
}

int read_once(std::string_view side, std::string_view name) {
  for (const Corpus& corpus : corpora()) {
    if (corpus.name != name) continue;
    od::parser parser;
    post::PostReader reader;
    post::ParsedRecord parsed;
    benchmark::DoNotOptimize(profiled(side, corpus, &parser, &reader, &parsed));
    std::printf("%s: %zu bytes\n", corpus.name.c_str(), corpus.stream.size());
    return 0;
  }
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::string_view(argv[1]) == "--once") return read_once(argv[2], argv[3]);
  for (const Corpus& corpus : corpora()) {  // made and checked before the clock starts
    benchmark::RegisterBenchmark(("bare/" + corpus.name).c_str(), bare, std::cref(corpus))
        ->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark(("ours/" + corpus.name).c_str(), ours, std::cref(corpus))
        ->Unit(benchmark::kMillisecond);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
