// The question of question.py, answered by parsing every line with simdjson On-Demand: what a
// careful person would write first, and what finding anything faster has to be compared with.
//
//   simdjson_every_line x-v1|bluesky FILE|- THREADS TAG... -- HOST...
//
// prints the ids of posts that match.
//
// As fast as it could be made without a scan in front: one pass over the fields of a line in the
// order in which they stand, whatever is not asked for is skipped unparsed, no text is copied but
// by the parser, page-aligned buffers, and threads that read, parse and collect by themselves.
// Built with simdjson 3.0 or later; nothing of hashcart is in it.
//
// Simpler than hashcart: no replies, no time, no checks of what a line is; a tag ends at ASCII and
// at the punctuation and emoji of the corpora, not by the platform's grammar.
#include <fcntl.h>
#include <simdjson.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::size_t kBlock = 256U << 10U;

struct Question {
  std::vector<std::string> tags, hosts;  // lower case
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_folded(std::string_view text, std::string_view lower_case) {
  if (text.size() != lower_case.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (lower(text[i]) != lower_case[i]) return false;
  }
  return true;
}

// Whether the text before `at` ended a tag: no letter, digit or underscore stands there.
bool ends_tag(std::string_view text, std::size_t at) {
  if (at >= text.size()) return true;
  const auto c = static_cast<unsigned char>(text[at]);
  if (c < 0x80) {
    return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
             c == '_');
  }
  // U+2000-206F punctuation, U+3000-3003, and what lies beyond the basic plane (emoji).
  const std::string_view rest = text.substr(at);
  return c >= 0xF0 || rest.starts_with("\xE2\x80") || rest.starts_with("\xE2\x81") ||
         rest.starts_with("\xE3\x80\x80") || rest.starts_with("\xE3\x80\x81") ||
         rest.starts_with("\xE3\x80\x82");
}

bool has_tag(const Question& question, std::string_view text) {
  for (std::size_t at = text.find('#'); at != std::string_view::npos; at = text.find('#', at + 1)) {
    for (const std::string& tag : question.tags) {
      if (equal_folded(text.substr(at + 1, tag.size()), tag) && ends_tag(text, at + 1 + tag.size()))
        return true;
    }
  }
  return false;
}

bool has_host(const Question& question, std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return false;
  std::string_view host = url.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  if (host.find('@') != std::string_view::npos) return false;
  host = host.substr(0, host.find(':'));
  for (const std::string& wanted : question.hosts) {
    if (host.size() < wanted.size()) continue;
    const std::size_t before = host.size() - wanted.size();
    if ((before == 0 || host[before - 1] == '.') && equal_folded(host.substr(before), wanted))
      return true;
  }
  return false;
}

std::string_view text_of(ondemand::value value) {
  std::string_view text;
  return value.get_string().get(text) == simdjson::SUCCESS ? text : std::string_view();
}

// Keys are compared as they are written: no feed escapes them.
bool is(ondemand::raw_json_string key, std::string_view name) { return key.unsafe_is_equal(name); }

// Calls visit(key, value) for each field; whatever it leaves is skipped.
template <typename Visit>
void each_field(ondemand::value value, Visit visit) {
  ondemand::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return;
  for (auto field : object) {
    ondemand::raw_json_string key;
    ondemand::value inner;
    if (field.key().get(key) != simdjson::SUCCESS || field.value().get(inner) != simdjson::SUCCESS)
      return;
    visit(key, inner);
  }
}

template <typename Visit>
void each_element(ondemand::value value, Visit visit) {
  ondemand::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return;
  for (auto element : array) {
    ondemand::value inner;
    if (element.get(inner) != simdjson::SUCCESS) return;
    visit(inner);
  }
}

class Reader {
 public:
  Reader(const Question& question, bool is_bluesky)
      : question_(question), is_bluesky_(is_bluesky) {}

  // line has SIMDJSON_PADDING readable bytes behind it.
  void read(const char* line, std::size_t size, std::string* ids) {
    ondemand::document document;
    ondemand::object object;
    if (parser_.iterate(line, size, size + simdjson::SIMDJSON_PADDING).get(document) !=
            simdjson::SUCCESS ||
        document.get_object().get(object) != simdjson::SUCCESS) {
      return;
    }
    id_ = {};
    if (is_bluesky_ ? read_bluesky(object) : read_x(object)) {
      ids->append(id_);
      *ids += '\n';
    }
  }

 private:
  bool urls_match(ondemand::value entities) {
    bool found = false;
    each_field(entities, [&](ondemand::raw_json_string key, ondemand::value list) {
      if (!is(key, "urls")) return;
      each_element(list, [&](ondemand::value entity) {
        each_field(entity, [&](ondemand::raw_json_string name, ondemand::value url) {
          if (is(name, "expanded_url")) found = has_host(question_, text_of(url)) || found;
        });
      });
    });
    return found;
  }

  bool read_x(ondemand::object object) {
    bool found = false;
    bool found_extended = false;
    bool is_extended = false;
    for (auto field : object) {
      ondemand::raw_json_string key;
      ondemand::value value;
      if (field.key().get(key) != simdjson::SUCCESS ||
          field.value().get(value) != simdjson::SUCCESS)
        break;
      if (is(key, "id_str")) {
        id_ = text_of(value);
      } else if (is(key, "text")) {
        found = has_tag(question_, text_of(value)) || found;
      } else if (is(key, "entities")) {
        found = urls_match(value) || found;
      } else if (is(key, "extended_tweet")) {
        is_extended = true;
        each_field(value, [&](ondemand::raw_json_string name, ondemand::value inner) {
          if (is(name, "full_text"))
            found_extended = has_tag(question_, text_of(inner)) || found_extended;
          if (is(name, "entities")) found_extended = urls_match(inner) || found_extended;
        });
      }
    }
    return is_extended ? found_extended : found;
  }

  bool read_bluesky(ondemand::object object) {
    bool found = false;
    for (auto field : object) {
      ondemand::raw_json_string key;
      ondemand::value value;
      if (field.key().get(key) != simdjson::SUCCESS ||
          field.value().get(value) != simdjson::SUCCESS)
        break;
      if (!is(key, "commit")) continue;
      each_field(value, [&](ondemand::raw_json_string name, ondemand::value inner) {
        if (is(name, "rkey")) id_ = text_of(inner);
        if (!is(name, "record")) return;
        each_field(inner, [&](ondemand::raw_json_string part, ondemand::value said) {
          if (is(part, "text")) {
            found = has_tag(question_, text_of(said)) || found;
          } else if (is(part, "facets")) {
            each_element(said, [&](ondemand::value facet) {
              each_field(facet, [&](ondemand::raw_json_string of_facet, ondemand::value features) {
                if (!is(of_facet, "features")) return;
                each_element(features, [&](ondemand::value feature) {
                  each_field(feature,
                             [&](ondemand::raw_json_string of_feature, ondemand::value uri) {
                               if (is(of_feature, "uri"))
                                 found = has_host(question_, text_of(uri)) || found;
                             });
                });
              });
            });
          } else if (is(part, "embed")) {
            each_field(said, [&](ondemand::raw_json_string of_embed, ondemand::value external) {
              if (!is(of_embed, "external")) return;
              each_field(external, [&](ondemand::raw_json_string of_external, ondemand::value uri) {
                if (is(of_external, "uri")) found = has_host(question_, text_of(uri)) || found;
              });
            });
          }
        });
      });
    }
    return found;
  }

  const Question& question_;
  const bool is_bluesky_;
  ondemand::parser parser_;
  std::string_view id_;
};

// Lines that begin in [begin, end) of the file; end < 0: all that comes.
void read_lines(int file, bool can_seek, off_t begin, off_t end, Reader* reader, std::string* ids) {
  std::size_t room = 4 * kBlock;  // grows for a longer line; new bytes land on a page
  auto* buffer = static_cast<char*>(std::aligned_alloc(4096, room));
  if (buffer == nullptr) std::abort();
  constexpr std::size_t kFront = 2 * kBlock;
  std::size_t front = kFront;  // new bytes go here; what is left of a line stands before it
  std::size_t kept = 0;
  off_t at = begin;
  // The line that `begin` cuts belongs to the reader before, unless a line begins there.
  bool skip_first = false;
  if (begin > 0) {
    char before = 0;
    skip_first = pread(file, &before, 1, begin - 1) == 1 && before != '\n';
  }
  off_t line_at = begin;  // of the first kept byte
  for (bool more = true; more;) {
    const ssize_t got =
        can_seek ? pread(file, buffer + front, kBlock, at) : ::read(file, buffer + front, kBlock);
    if (got < 0) std::abort();
    more = got > 0;
    at += got;
    const char* first = buffer + front - kept;
    char* last = buffer + front + got;
    if (!more && kept > 0) *last++ = '\n';
    while (first < last) {
      const auto* newline = static_cast<const char*>(
          std::memchr(first, '\n', static_cast<std::size_t>(last - first)));
      if (newline == nullptr) break;
      if (end >= 0 && line_at >= end) {
        std::free(buffer);
        return;
      }
      if (!skip_first && newline > first)
        reader->read(first, static_cast<std::size_t>(newline - first), ids);
      skip_first = false;
      line_at += newline + 1 - first;
      first = newline + 1;
    }
    kept = static_cast<std::size_t>(last - first);
    if (kept > front || front + kBlock + simdjson::SIMDJSON_PADDING > room) {
      room = 2 * (kept + kFront + 2 * kBlock);
      room -= room % 4096;
      auto* larger = static_cast<char*>(std::aligned_alloc(4096, room));
      if (larger == nullptr) std::abort();
      const std::size_t new_front = (kept / 4096 + 1) * 4096;
      std::memcpy(larger + new_front - kept, first, kept);
      std::free(buffer);
      buffer = larger;
      front = new_front;
    } else {
      std::memmove(buffer + front - kept, first, kept);
    }
  }
  std::free(buffer);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) return 2;
  const bool is_bluesky = std::strcmp(argv[1], "bluesky") == 0;
  const bool is_stdin = std::strcmp(argv[2], "-") == 0;
  const auto threads = is_stdin ? 1U : static_cast<unsigned>(std::atoi(argv[3]));
  Question question;
  bool is_host = false;
  for (int i = 4; i < argc; ++i) {
    std::string word = argv[i];
    if (word == "--") {
      is_host = true;
      continue;
    }
    for (char& c : word) c = lower(c);
    (is_host ? question.hosts : question.tags).push_back(std::move(word));
  }
  const int file = is_stdin ? STDIN_FILENO : open(argv[2], O_RDONLY | O_CLOEXEC);
  if (file < 0) return 1;
  std::vector<std::string> ids(threads);
  if (is_stdin) {
    Reader reader(question, is_bluesky);
    read_lines(file, false, 0, -1, &reader, &ids[0]);
  } else {
    struct stat status {};
    if (fstat(file, &status) != 0) return 1;
    const off_t part = status.st_size / static_cast<off_t>(threads) + 1;
    std::vector<std::thread> workers;
    for (unsigned i = 0; i < threads; ++i) {
      workers.emplace_back([&, i] {
        Reader reader(question, is_bluesky);
        read_lines(file, true, part * i, part * (i + 1), &reader, &ids[i]);
      });
    }
    for (std::thread& worker : workers) worker.join();
  }
  for (const std::string& some : ids) std::fwrite(some.data(), 1, some.size(), stdout);
  return 0;
}
