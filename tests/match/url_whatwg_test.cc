// Splitting URLs: held to the rows of WPT's urltestdata and to Boost.URL, with which it shares no
// code.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "match/grammar_testing.h"
#include "match/link_grammar.h"
#include "match/redirectors.h"

namespace hashcart::match {
namespace {

std::string decoded(std::string_view text) {
  std::string out;
  percent_decode(text, &out);
  return out;
}

// A lone surrogate is legal in the rows and not in JSON as nlohmann-json reads it; a URL parser
// makes it U+FFFD.
std::string without_lone_surrogates(const std::string& json) {
  const auto surrogate_at = [&](std::size_t at, char low, char high) {
    if (json.compare(at, 2, "\\u") != 0 || at + 6 > json.size()) return false;
    const char d = base::ascii_lower(json[at + 2]);
    const char kind = base::ascii_lower(json[at + 3]);
    return d == 'd' && kind >= low && kind <= high;
  };
  std::string out;
  for (std::size_t at = 0; at < json.size();) {
    if (json.compare(at, 2, "\\\\") == 0) {
      out += "\\\\";
      at += 2;
    } else if (surrogate_at(at, '8', 'b') && surrogate_at(at + 6, 'c', 'f')) {
      out += json.substr(at, 12);
      at += 12;
    } else if (surrogate_at(at, '8', 'f')) {
      out += "\\ufffd";
      at += 6;
    } else {
      out += json[at++];
    }
  }
  return out;
}

std::vector<nlohmann::json> read_wpt(const std::string& name) {
  std::ifstream file(testing::shared_path() / "data" / "conformance" / "wpt" / name);
  std::stringstream text;
  text << file.rdbuf();
  std::vector<nlohmann::json> rows;
  if (text.str().empty()) return rows;
  for (const nlohmann::json& row : nlohmann::json::parse(without_lone_surrogates(text.str()))) {
    if (row.is_object() && row.contains("input")) rows.push_back(row);
  }
  return rows;
}

std::string text_of(const nlohmann::json& row, const char* key) {
  return row.contains(key) && row[key].is_string() ? row[key].get<std::string>() : std::string();
}

// Whether the row's input means the same without its base.
bool is_absolute(const std::string& input, const std::string& base) {
  std::string clean;
  clean_url(input, &clean);
  UrlParts parts;
  const std::size_t colon = clean.find(':');
  if (colon == std::string::npos) return false;
  const auto lower = [](std::string text) {
    for (char& c : text) c = base::ascii_lower(c);
    return text;
  };
  const std::string scheme = lower(clean.substr(0, colon));
  if (scheme != "http" && scheme != "https") return false;
  const bool same = lower(base.substr(0, base.find(':'))) == scheme;
  std::string base_host;
  const bool base_http = lower(base.substr(0, 4)) == "http";
  if (base_http && !(split_url(base, &parts) && normalise_host(parts.host, &base_host))) {
    return false;  // rows about a base that does not parse
  }
  return !same || clean.compare(colon + 1, 2, "//") == 0;
}

struct Tally {
  int both = 0;  // valid on both sides, and compared
  int equal = 0;
  int only_theirs = 0;  // valid for them; for us no plain domain name
  int only_ours = 0;
  int neither = 0;
};

void compare(const nlohmann::json& row, Tally* tally) {
  const std::string input = row["input"];
  std::string url;
  clean_url(input, &url);
  UrlParts parts;
  std::string host;
  const bool ours = split_url(url, &parts) && normalise_host(parts.host, &host);
  const bool theirs = !row.value("failure", false);
  if (!ours || !theirs) {
    ++(ours ? tally->only_ours : theirs ? tally->only_theirs : tally->neither);
    // What we take and they refuse may only be a label that is not valid Punycode: no retailer has
    // one.
    if (ours) {
      EXPECT_NE(host.find("xn--"), std::string::npos) << input;
    }
    if (theirs && !ours) {
      const std::string name = text_of(row, "hostname");
      const bool plain =
          !name.empty() && name != "." &&
          name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-.") == std::string::npos;
      EXPECT_TRUE(!plain || !base::is_ascii(decoded(parts.host)) ||
                  name.find("..") != std::string::npos || name.size() > 60)
          << input << " has a plain host that we refuse";
    }
    return;
  }
  ++tally->both;
  std::string their_host = text_of(row, "hostname");
  if (!their_host.empty() && their_host.back() == '.') their_host.pop_back();
  std::string path;
  normalise_path(parts.path, &path);
  std::string port(parts.port);
  while (port.size() > 1 && port.front() == '0') port.erase(0, 1);
  if (port == (text_of(row, "protocol") == "https:" ? "443" : "80")) port.clear();
  const std::string their_path = text_of(row, "pathname");
  const std::string search = text_of(row, "search");
  const std::string hash = text_of(row, "hash");
  const auto slashes = [](const std::string& text) {
    return std::count(text.begin(), text.end(), '/');
  };

  const bool equal =
      host == their_host && port == text_of(row, "port") && decoded(path) == decoded(their_path) &&
      slashes(path) == slashes(their_path) &&
      decoded(parts.query) == decoded(search.substr(search.empty() ? 0 : 1)) &&
      decoded(parts.fragment) == decoded(hash.substr(hash.empty() ? 0 : 1)) &&
      (parts.has_userinfo || (text_of(row, "username") + text_of(row, "password")).empty());
  EXPECT_TRUE(equal) << input << "\n  host " << host << " / " << their_host << "\n  path " << path
                     << " / " << their_path << "\n  query " << parts.query << " / " << search
                     << "\n  fragment " << parts.fragment << " / " << hash;
  if (equal) ++tally->equal;
}

TEST(UrlWhatwg, AgreesWithTheRowsOfWpt) {
  bool found = false;
  for (const char* name :
       {"urltestdata.json", "ada_extra_urltestdata.json", "ada_long_urltestdata.json"}) {
    Tally tally;
    for (const nlohmann::json& row : read_wpt(name)) {
      found = true;
      if (is_absolute(row["input"], text_of(row, "base"))) compare(row, &tally);
    }
    std::printf(
        "conformance: wpt/%s %d/%d (no domain name for us %d, refused by them %d, by both %d)\n",
        name, tally.equal, tally.both, tally.only_theirs, tally.only_ours, tally.neither);
  }
  if (!found) GTEST_SKIP() << "no shared data";
}

// Boost.URL reads RFC 3986, so it refuses much of what posts hold; what it accepts it must split as
// we do.
void compare_with_boost(const std::string& url, Tally* tally) {
  const auto theirs = boost::urls::parse_uri(url);
  if (!theirs || !theirs->has_authority()) return;
  UrlParts parts;
  const bool ours = split_url(url, &parts);
  if (!ours) return;  // another scheme, or a port that is no number under 65536
  // Where this version accepts what RFC 3986 forbids (`a@b@c`) or cuts `1.2.3.4.5` short, it is no
  // oracle.
  std::string host;
  if (parts.userinfo.find('@') != std::string_view::npos || !normalise_host(parts.host, &host))
    return;
  const auto text = [](const auto& view) { return std::string(view.data(), view.size()); };
  if (theirs->encoded_host().empty()) return;  // `http:///x`: browsers take x for the host
  ++tally->both;
  const bool equal =
      text(theirs->scheme()) == parts.scheme && text(theirs->encoded_host()) == parts.host &&
      theirs->has_userinfo() == parts.has_userinfo &&
      text(theirs->encoded_userinfo()) == parts.userinfo && text(theirs->port()) == parts.port &&
      text(theirs->encoded_path()) == parts.path && text(theirs->encoded_query()) == parts.query &&
      text(theirs->encoded_fragment()) == parts.fragment;
  EXPECT_TRUE(equal) << url;
  if (equal) ++tally->equal;
}

TEST(UrlWhatwg, AgreesWithBoostUrl) {
  Tally tally;
  for (const char* url :
       {"http://a.example", "https://a.example/", "http://u@a.example:80/b/../c?d=e&f#g/h?i",
        "http://a.example?b", "http://a.example#b?c", "http://a.example:/b",
        "http://%41.example/%2F", "http://a.example:8080/x", "http://u:p:q@a.example/@",
        "HTTP://A.EXAMPLE/?a?b#"}) {
    compare_with_boost(url, &tally);
  }
  EXPECT_GE(tally.both, 9);
  for (const char* name : {"urltestdata.json", "ada_extra_urltestdata.json"}) {
    for (const nlohmann::json& row : read_wpt(name)) compare_with_boost(row["input"], &tally);
  }
  for (const nlohmann::json& row :
       testing::read_rows(testing::shared_path() / "data" / "product_urls.jsonl")) {
    compare_with_boost(row["url"], &tally);
  }
  std::printf("conformance: Boost.URL %d/%d\n", tally.equal, tally.both);
}

TEST(UrlWhatwg, ResolvesDotSegments) {
  const struct {
    std::string path;
    std::string expect;
  } rows[] = {
      {"", "/"},          {"/", "/"},           {"/a", "/a"},          {"/a/", "/a/"},
      {"/a/b/..", "/a/"}, {"/a/b/../", "/a/"},  {"/a/b/../c", "/a/c"}, {"/..", "/"},
      {"/../..", "/"},    {"/.", "/"},          {"/a/.", "/a/"},       {"/./a", "/a"},
      {"/a/%2e", "/a/"},  {"/a/%2E.", "/"},     {"/a/...", "/a/..."},  {"/a//b", "/a//b"},
      {"//..", "/"},      {"\\a\\..\\b", "/b"}, {"/a/.%2e/..", "/"},   {"/%2e%2e%2e", "/%2e%2e%2e"},
  };
  for (const auto& row : rows) {
    std::string path;
    normalise_path(row.path, &path);
    EXPECT_EQ(path, row.expect) << row.path;
  }
}

}  // namespace
}  // namespace hashcart::match
