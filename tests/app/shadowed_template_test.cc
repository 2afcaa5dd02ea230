// W006 says of a template that it changes nothing. Held to that: random lists of templates over a
// few words, and what it says is shadowed is taken out; every URL must give what it gave before.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue/catalogue_loader.h"
#include "match/link_grammar.h"

namespace hashcart::app {
namespace {

using catalogue::Diagnostic;
using catalogue::LoadResult;

std::string list_text(const std::vector<std::string>& paths) {
  std::string text =
      "format = 1\n[idtype.n]\nmatch = '[0-9]{1,3}'\n[[retailer]]\nid = \"s\"\nidtype = \"n\"\n"
      "ids = \"global\"\npaths = [\n";
  for (const std::string& path : paths) text += "\"" + path + "\",\n";
  return text + "]\n[retailer.markets]\nUS = { hosts = [\"s.example.com\"] }\n";
}

class Maker {
 public:
  explicit Maker(unsigned seed) : random_(seed) {}

  std::string path_template() {
    const std::size_t parts = 1 + random_() % 3;
    const std::size_t id_at = random_() % (parts + 1);  // parts: in the query
    std::string out;
    for (std::size_t i = 0; i < parts; ++i) {
      out += '/';
      out += i == id_at ? pick({"{id}", "{id}", "{id}.htm", "a-{id}", "*-{id}", "{id}-*"})
                        : pick({"a", "b", "*", "**"});
    }
    if (id_at == parts) return out + pick({"?id={id}", "?v=1&id={id}", "?id={id}&v=1", "#id={id}"});
    return out + pick({"", "", "", "?v=1"});
  }

  std::string url() {
    std::string out = "https://s.example.com";
    for (std::size_t i = random_() % 5; i > 0; --i) {
      out += '/';
      out += pick({"a", "b", "A", "1", "22", "a-1", "1.htm", "a-1.htm", "1-a", "", "4444"});
    }
    out += pick({"", "?v=1", "?id=7", "?id=7&v=1", "?v=1&id=x", "?v=2&id=7"});
    return out + pick({"", "", "#id=5", "#id=x"});
  }

 private:
  std::string pick(const std::vector<std::string>& words) {
    return words[random_() % words.size()];
  }

  std::mt19937 random_;
};

std::string verdict(const LoadResult& loaded, const match::LinkTable& table,
                    const std::string& url) {
  match::LinkScratch scratch;
  const match::LinkVerdict found = table.classify(url, false, &scratch);
  if (found.why != match::LinkWhy::kNone) return "none";
  return match::product_key(loaded.catalogue, found.product);
}

TEST(ShadowedTemplate, ChangesNothingWhenItIsTakenOut) {
  std::size_t shadowed = 0;
  std::size_t products = 0;
  for (unsigned seed = 0; seed < 3'000; ++seed) {
    Maker maker(seed);
    std::vector<std::string> paths;
    for (int i = 0; i < 5; ++i) paths.push_back(maker.path_template());
    const LoadResult before = catalogue::load_texts({{"a.toml", list_text(paths)}});
    if (!before.ok()) continue;  // the same template twice
    constexpr std::uint32_t kFirstLine = 9;
    std::vector<std::string> kept;
    for (std::uint32_t i = 0; i < paths.size(); ++i) {
      bool is_shadowed = false;
      for (const Diagnostic& fault : before.diagnostics) {
        is_shadowed = is_shadowed || (fault.code == "W006" && fault.where.line == kFirstLine + i);
      }
      if (!is_shadowed) kept.push_back(paths[i]);
    }
    if (kept.size() == paths.size()) continue;
    shadowed += paths.size() - kept.size();
    const LoadResult after = catalogue::load_texts({{"a.toml", list_text(kept)}});
    ASSERT_TRUE(after.ok());
    const match::LinkTable one(before.catalogue);
    const match::LinkTable two(after.catalogue);
    for (int i = 0; i < 200; ++i) {
      const std::string url = maker.url();
      const std::string expected = verdict(before, one, url);
      products += expected == "none" ? 0U : 1U;
      ASSERT_EQ(verdict(after, two, url), expected) << url << '\n' << list_text(paths);
    }
  }
  EXPECT_GT(shadowed, 100U);  // the warning is given at all
  EXPECT_GT(products, 1'000U);
}

}  // namespace
}  // namespace hashcart::app
