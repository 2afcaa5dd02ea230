// Fuzz target: any bytes as a catalogue, TOML or (from a `{` on) JSON. Whatever they are, faults
// can be printed; and what loads loads again from its resolved form and from the JSON of it, to the
// same resolved form.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "catalogue/catalogue_loader.h"

namespace {

namespace catalogue = hashcart::catalogue;

void require(bool holds, const std::string& shown) {
  if (holds) return;
  std::fwrite(shown.data(), 1, shown.size(), stderr);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<catalogue::CatalogueText> texts = {
      {"fuzz.toml", std::string(data, data + size)}};
  const catalogue::LoadResult result = catalogue::load_texts(texts);
  const std::string shown = catalogue::render(result.diagnostics, texts);
  require(shown.empty() == result.diagnostics.empty(), shown);
  require(hashcart::base::is_valid_utf8(shown), shown);
  require(shown.find('\x1B') == std::string::npos, shown);
  if (!result.ok()) return 0;

  const std::vector<catalogue::CatalogueText> again = {
      {"resolved.toml", result.catalogue.resolved}};
  const catalogue::LoadResult second = catalogue::load_texts(again);
  require(second.ok(), result.catalogue.resolved + catalogue::render(second.diagnostics, again));
  require(second.catalogue.resolved == result.catalogue.resolved, second.catalogue.resolved);
  const std::string json = catalogue::resolved_json(result.catalogue);
  const catalogue::LoadResult third = catalogue::load_texts({{"resolved.json", json}});
  require(third.ok(), json + catalogue::render(third.diagnostics, {{"resolved.json", json}}));
  require(third.catalogue.resolved == result.catalogue.resolved, third.catalogue.resolved);
  return 0;
}
