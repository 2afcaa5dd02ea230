// The quick reader of TOML held to toml++: whatever it takes, toml++ takes too, with the same
// values at the same places; and it takes what catalogues are written in.
#include "catalogue/document.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "catalogue/catalogue_loader.h"
#include "catalogue/faults.h"

namespace hashcart::catalogue {
namespace {

void append(const Mark& mark, std::string* out) {
  *out += '@' + std::to_string(mark.line) + ':' + std::to_string(mark.column) + '+' +
          std::to_string(mark.length);
}

// Everything a value says.
void append(const Value& value, std::string* out) {
  append(value.mark, out);
  *out += ' ' + std::to_string(static_cast<int>(value.kind)) + (value.truth ? 't' : 'f') +
          (value.is_json ? 'j' : ' ') + std::to_string(value.number()) + ' ';
  *out += value.text();
  for (const Value& item : value.items()) {
    *out += "\n- ";
    append(item, out);
  }
  for (const Entry& entry : value.entries()) {
    *out += "\n. ";
    *out += entry.key;
    append(entry.key_mark, out);
    *out += " = ";
    append(entry.value, out);
  }
  *out += "\n<";
}

std::string dump(const Value& value) {
  std::string out;
  append(value, &out);
  return out;
}

// Whether the quick reader takes the text. Where it does, it must agree with toml++.
bool is_plain(const std::string& text) {
  Document quick;
  if (!read_plain_toml(text, &quick)) {
    EXPECT_EQ(dump(quick.root), dump(Value()));
    return false;
  }
  Document full;
  FaultList faults({"text.toml"});
  const bool sound = parse_toml_by_library(text, 0, &full, &faults);
  const std::vector<Diagnostic> told = faults.take();
  EXPECT_TRUE(sound) << text << "\n" << (told.empty() ? "" : told.front().message);
  EXPECT_EQ(dump(quick.root), dump(full.root)) << text;
  return true;
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream out;
  out << file.rdbuf();
  return out.str();
}

// All TOML files of the repository.
std::vector<std::string> files() {
  std::vector<std::string> out;
  for (const char* folder : {"/fixtures", "/src", "/tests"}) {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(std::string(HASHCART_SOURCE_DIR) + folder)) {
      if (entry.path().extension() == ".toml") out.push_back(read(entry.path()));
    }
  }
  return out;
}

TEST(PlainToml, TakesWhatIsCompiledIn) {
  for (const CatalogueText& text : default_texts()) EXPECT_TRUE(is_plain(text.text)) << text.file;
}

TEST(PlainToml, TakesEveryResolvedCatalogue) {
  const LoadResult loaded = load_texts(default_texts());
  ASSERT_TRUE(loaded.ok());
  EXPECT_TRUE(is_plain(loaded.catalogue.resolved));
}

TEST(PlainToml, AgreesOnEveryFile) {
  std::size_t taken = 0;
  const std::vector<std::string> all = files();
  for (const std::string& text : all) taken += is_plain(text) ? 1U : 0U;
  EXPECT_GT(all.size(), 50U);
  EXPECT_GT(taken, all.size() / 2);
}

const std::string kLines = "first = 1\nsecond = 2\n";

struct Row {
  const char* text;  // after kLines
  bool taken;
};

TEST(PlainToml, TakesWhatItSaysAndNoMore) {
  const std::vector<Row> rows = {
      {"", true},
      {"a = 1", true},
      {"a = -1", true},
      {"a = 0", true},
      {"a = -0", true},
      {"a = 01", false},
      {"a = +1", false},
      {"a = 1_000", false},
      {"a = 0x1F", false},
      {"a = 1.5", false},
      {"a = 1e5", false},
      {"a = inf", false},
      {"a = 123456789012345678", true},
      {"a = 1234567890123456789", false},
      {"a = true # yes", true},
      {"a = false", true},
      {"a = True", false},
      {"a = truer", false},
      {"a = true false", false},
      {"a = 1 2", false},
      {"a =", false},
      {"a", false},
      {"= 1", false},
      {"a = 1\nb = 2", true},
      {"a = 1\na = 2", false},
      {"a = 1\r\nb = [\r\n  1, # one\r\n  2\r\n]\r", true},
      {"a = 1\rb = 2", false},
      {"\"a b\" = 1\n'c\"d' = 2\nk\xC3\xA9y = 3", false},
      {"\"a b\" = 1\n'c\"d' = 2\n\"k\xC3\xA9y\" = 3", true},
      {"\"\" = 1", false},
      {"\"a\\u0041\" = 1", false},
      {"a.b = 1", false},
      {"a = \"b\\tc\\u00e9\\U0001F355\\\"\\\\\\b\\f\\r\\n\"", true},
      {"a = \"\\u0000\"", true},
      {"a = \"\\ud800\"", false},
      {"a = \"\\U00110000\"", false},
      {"a = \"\\u00g0\"", false},
      {"a = \"\\e\"", false},
      {"a = \"\\", false},
      {"a = \"\\u00", false},
      {"a = \"open", false},
      {"a = 'open", false},
      {"a = \"tab\there\"\nb = 'tab\there'", true},
      {"a = \"bell\x07\"", false},
      {"a = \"del\x7F\"", false},
      {"a = 'del\x7F'", false},
      {"# del \x7F", false},
      {"# bell \x07", false},
      {"# tab\t\xE2\x80\xA8 wide \xF0\x9F\x8D\x95", true},
      {"a = \"bad \xFF\"", false},
      {"a = \"cut \xE2\x80\"", false},
      {"a = \"\xF0\x9F\x8D\x95\" # \xE3\x81\x82\nb = [\"\xE3\x81\x82\", \"b\"]", true},
      {"a = '''\nlong\n\"text\" ''\n'''", true},
      {"a = '''one line'''", true},
      {"a = '''quote''''", false},
      {"a = '''never", false},
      {"a = \"\"\"\nlong 'text' \xE3\x81\x82 \"\n\"\"\" # end", true},
      {"a = \"\"\"esc\\n\"\"\"", false},
      {"a = '''\r\nx'''", false},
      {"a = ''", true},
      {"a = \"\"", true},
      {"a = ''\"\"", false},
      {"a = [ ]", true},
      {"a = [\n  # nothing\n]", true},
      {"a = [1, 2,]", true},
      {"a = [1,, 2]", false},
      {"a = [, 1]", false},
      {"a = [1 2]", false},
      {"a = [1, \"b\", [true], { c = 1 }]", true},
      {"a = [1\n  , 2 # two\n\n] # end", true},
      {"a = [[\"u\", \"k\"],\n     [\"v\", \"l\"]]", true},
      {"a = [[[[\n1]]]]", true},
      {"a = [[[[[[[[[[[1]]]]]]]]]]]", false},
      {"a = {}", true},
      {"a = { }", true},
      {"a = { b = 1, c = { d = [1] }, \"e\" = '' }", true},
      {"a = { b = 1, }", false},
      {"a = { b = 1, b = 2 }", false},
      {"a = { b = 1\n}", false},
      {"a = { b = [\n1\n] }", true},
      {"a = { b.c = 1 }", false},
      {"a = 2014-05-05T00:00:00Z", true},
      {"a = 2014-05-05T23:59:59.123456789-09:30", true},
      {"a = 2014-05-05T00:00:00.0000000001Z", false},
      {"a = 2014-05-05T00:00:60Z", false},
      {"a = 2014-05-05T24:00:00Z", false},
      {"a = 2014-05-05T00:00:00+24:00", false},
      {"a = 2014-02-30T00:00:00Z", false},
      {"a = 2013-02-29T00:00:00Z", false},
      {"a = 2012-02-29T00:00:00Z", true},
      {"a = 2014-05-05T00:00:00", false},
      {"a = 2014-05-05 00:00:00Z", false},
      {"a = 2014-05-05t00:00:00z", false},
      {"a = 2014-05-05", false},
      {"a = 0000-01-01T00:00:00Z", false},
      {"a = 12:00:00", false},
      {"[a]\nb = 1\n[c.d]\ne = 1\n[c.f]", true},
      {"[ a . \"b\" ] # x\nb = 1", true},
      {"[a]\n[a]", false},
      {"[a.b]\n[a]", false},
      {"[a]\nb = 1\n[a.b]", false},
      {"a = 1\n[a]", false},
      {"a = [1]\n[[a]]", false},
      {"a = {}\n[a.b]", false},
      {"[[a]]\n[a]", false},
      {"[a]\n[[a]]", false},
      {"[[a]] # alone \xE3\x81\x82", true},
      {"[[a]] # two\n[[a]]\nb = 1\n[a.c]\nd = 1\n[[a.e]]\n[[a.e]]\nf = 1\n[[a]]\nb = 2\n[a.c]",
       true},
      {"[[a]]\nb = 1\n[[c]]\n[a.d]\ne = 1\n[[a]]\n[c.d]", true},
      {"[[a]]\n[a.b]\n[a.b]", false},
      {"[[a.b]]\n[a.c]\n[[a.b]]", true},
      {"[a.b.c.d]", true},
      {"[a.b.c.d.e]", false},
      {"[ [a]]", false},
      {"[[a] ]", false},
      {"[a", false},
      {"[]", false},
      {"[a]]", false},
      {"[a] b = 1", false},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(is_plain(kLines + row.text + "\n"), row.taken) << row.text;
    // Without the last line's end, or on the first line, toml++ has places of its own.
    EXPECT_FALSE(is_plain(kLines + row.text + " ")) << row.text;
    EXPECT_FALSE(is_plain(std::string("\xEF\xBB\xBF") + row.text + "\n")) << row.text;
    static_cast<void>(is_plain(std::string(row.text) + "\n"));
    static_cast<void>(is_plain(std::string("\t") + row.text + "\t\n\n"));
    static_cast<void>(is_plain(std::string("[t]\n") + row.text + "\n[u]\n"));
  }
}

TEST(PlainToml, ManyKeysOfOneTableAreStillOnce) {
  std::string text = "first = 1\n[t]\n";
  for (int i = 0; i < 2'000; ++i) text += "key-" + std::to_string(i) + " = 1\n";
  EXPECT_TRUE(is_plain(text));
  EXPECT_FALSE(is_plain(text + "key-7 = 2\n"));
  EXPECT_FALSE(is_plain(text + "key-1999 = 2\n"));
}

// Files with a few bytes changed: mostly no TOML any more, and some of another meaning.
TEST(PlainToml, AgreesOnDamagedFiles) {
  const std::string signs = "\"'#[]{}=.,\\ \t\n\r-+:0129TZaet_\x7F\x01\xC3\xA9";
  std::mt19937 random(1);
  const auto below = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  std::size_t taken = 0;
  for (const std::string& text : files()) {
    if (text.size() < 20) continue;
    for (int round = 0; round < 150; ++round) {
      const std::size_t start = below(text.size());
      // A stretch from a line's start, so that small texts of every kind come up.
      const std::size_t line = text.rfind('\n', start);
      std::string part = text.substr(line == std::string::npos ? 0 : line + 1, 20 + below(600));
      part += '\n';
      for (std::size_t changes = 1 + below(3); changes > 0 && !part.empty(); --changes) {
        const std::size_t at = below(part.size());
        switch (below(4)) {
          case 0:
            part[at] = signs[below(signs.size())];
            break;
          case 1:
            part.insert(at, 1, signs[below(signs.size())]);
            break;
          case 2:
            part.erase(at, 1 + below(3));
            break;
          default:
            part.insert(at, part.substr(below(part.size()), below(30)));
            break;
        }
      }
      taken += is_plain(part) ? 1U : 0U;
    }
  }
  EXPECT_GT(taken, 500U);
}

}  // namespace
}  // namespace hashcart::catalogue
