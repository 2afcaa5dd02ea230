// Every fault code has a file in fixtures/catalogues/bad, and beside it the message it must give,
// to the letter. UPDATE_GOLDEN=1 writes the messages anew; read them as someone who has to mend the
// file.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "app/setup.h"
#include "catalogue/catalogue_loader.h"

namespace hashcart::app {
namespace {

using catalogue::CatalogueText;
using catalogue::Diagnostic;
using catalogue::FaultCode;

const std::string kBad = HASHCART_SOURCE_DIR "/fixtures/catalogues/bad/";

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::set<std::string> codes(const CheckedCatalogue& checked) {
  std::set<std::string> out;
  for (const Diagnostic& fault : checked.diagnostics) out.insert(fault.code);
  return out;
}

// File names, `E001_bare_tag.toml`; those `.with.toml` are read along with the file of their name.
std::vector<std::string> bad_names() {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(kBad)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() != ".txt" && name.find(".with.") == std::string::npos) {
      out.push_back(name);
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string stem(const std::string& name) { return name.substr(0, name.find('.')); }

std::vector<CatalogueText> bad_texts(const std::string& name) {
  std::vector<CatalogueText> out = {{name, slurp(kBad + name)}};
  const std::string second = stem(name) + ".with.toml";
  if (std::filesystem::exists(kBad + second)) out.push_back({second, slurp(kBad + second)});
  return out;
}

// Line numbers of the compiled-in files move with every retailer added, so goldens leave them out.
std::string without_default_lines(std::string text) {
  const std::string_view name = "default/retailers.toml:";
  for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at)) {
    at += name.size();
    text.erase(at, text.find_first_not_of("0123456789", at) - at);
  }
  return text;
}

class BadCatalogue : public testing::TestWithParam<std::string> {};

TEST_P(BadCatalogue, IsReportedAsWritten) {
  const std::vector<CatalogueText> texts = bad_texts(GetParam());
  const CheckedCatalogue checked = check_texts(texts);
  const std::string got = without_default_lines(catalogue::render(checked.diagnostics, texts));
  const std::string path = kBad + stem(GetParam()) + ".txt";
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << got;
  EXPECT_EQ(got, slurp(path));
  // The name of a fixture says which fault it is about.
  const std::string code = GetParam().substr(0, 4);
  if (code.find_first_not_of("EW0123456789") == std::string::npos) {
    EXPECT_EQ(codes(checked).count(code), 1U) << got;
    EXPECT_EQ(checked.ok, code.front() == 'W') << got;
  }
}

INSTANTIATE_TEST_SUITE_P(Fixtures, BadCatalogue, testing::ValuesIn(bad_names()),
                         [](const testing::TestParamInfo<std::string>& row) {
                           return stem(row.param);
                         });

TEST(BadCatalogues, EveryCodeHasAFixtureOfItsName) {
  std::set<std::string> named;
  for (const std::string& name : bad_names()) named.insert(name.substr(0, 4));
  std::set<std::string_view> known;
  for (const FaultCode& code : catalogue::fault_codes()) {
    EXPECT_EQ(named.count(std::string(code.id)), 1U) << code.id;
    known.insert(code.id);
  }
  for (const std::string& name : bad_names()) {
    for (const std::string& code : codes(check_texts(bad_texts(name)))) {
      EXPECT_EQ(known.count(code), 1U) << name << " gives " << code;
    }
  }
}

TEST(BadCatalogues, TheDefaultCatalogueHasNoFaultsAndNoWarnings) {
  const CheckedCatalogue checked = check_texts(catalogue::default_texts());
  EXPECT_TRUE(checked.ok);
  EXPECT_TRUE(checked.diagnostics.empty())
      << catalogue::render(checked.diagnostics, catalogue::default_texts());
}

}  // namespace
}  // namespace hashcart::app
