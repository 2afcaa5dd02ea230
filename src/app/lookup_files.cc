#include "app/lookup_files.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <set>
#include <utility>

#include "base/platform.h"
#include "base/setup_error.h"
#include "base/utf8.h"

namespace hashcart::app {
namespace {

using base::SetupError;
using base::SetupFault;

[[noreturn]] void refuse(const std::string& path, std::size_t line, const std::string& message) {
  throw SetupError(SetupFault::kCatalogue, path + ':' + std::to_string(line) + ": " + message);
}

void read_pairs(const std::string& path, std::string_view what,
                const std::function<void(std::size_t, std::string, std::string)>& add) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    throw SetupError(SetupFault::kCatalogue, path + ": cannot read: " + std::strerror(errno));
  }
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const std::size_t key_start = line.find_first_not_of(" \t");
    if (key_start == std::string::npos || line[key_start] == '#') continue;
    const std::size_t key_end = line.find_first_of(" \t", key_start);
    const std::size_t value_start =
        key_end == std::string::npos ? key_end : line.find_first_not_of(" \t", key_end);
    if (value_start == std::string::npos) {
      refuse(path, number, "expected " + std::string(what) + ", with a tab or blanks between");
    }
    const std::size_t value_end = line.find_last_not_of(" \t") + 1;
    add(number, line.substr(key_start, key_end - key_start),
        line.substr(value_start, value_end - value_start));
  }
  if (in.bad()) {
    throw SetupError(SetupFault::kCatalogue, path + ": cannot read: " + std::strerror(errno));
  }
}

std::string link_key(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("?#"));
  while (url.ends_with('/')) url.remove_suffix(1);
  std::string key(url);
  for (std::size_t i = 0; i < key.size() && key[i] != '/'; ++i) key[i] = base::ascii_lower(key[i]);
  return key;
}

}  // namespace

FileAccounts::FileAccounts(const std::string& path) {
  read_pairs(path, "an author id and a customer reference",
             [&](std::size_t line, std::string author, std::string reference) {
               // Ids of Bluesky begin with "did:", so only a known platform's name is a prefix.
               if (!references_.emplace(author, std::move(reference)).second) {
                 refuse(path, line, "author " + author + " stands here twice");
               }
             });
}

std::optional<std::string_view> FileAccounts::find(base::Platform platform,
                                                   std::string_view author) const {
  std::string key(base::name(platform));
  key += ':';
  key += author;
  auto found = references_.find(key);
  if (found == references_.end()) found = references_.find(std::string(author));
  if (found == references_.end()) return std::nullopt;
  return found->second;
}

FileExpansions::FileExpansions(const std::string& path) {
  read_pairs(path, "a link and the link it stands for",
             [&](std::size_t line, const std::string& link, std::string target) {
               match::UrlParts parts;
               if (!match::split_url(target, &parts)) {
                 refuse(path, line, target + " is not an absolute http(s) URL");
               }
               targets_.insert_or_assign(link_key(link), std::move(target));
             });
}

std::string_view FileExpansions::expand(std::string_view url) const noexcept {
  const auto found = targets_.find(link_key(url));
  return found == targets_.end() ? std::string_view() : std::string_view(found->second);
}

std::vector<std::string> FileExpansions::hosts() const {
  std::set<std::string> hosts;
  for (const auto& [link, target] : targets_) hosts.insert(link.substr(0, link.find('/')));
  return {hosts.begin(), hosts.end()};
}

}  // namespace hashcart::app
