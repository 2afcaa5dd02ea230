// Fuzz target: the raw scan changes nothing. The input is an NDJSON text; with the scan and with
// every line parsed it gives the same records, outcomes, rejects and counts, for the default
// catalogue and for one with campaigns of every kind.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "catalogue/catalogue_loader.h"
#include "emit/encoder.h"
#include "match/pattern_db.h"
#include "pipeline/pipeline.h"

namespace {

using namespace hashcart;

struct World {
  explicit World(const std::vector<catalogue::CatalogueText>& texts)
      : result(catalogue::load_texts(texts)),
        db(result.catalogue),
        encoder(result.catalogue, {"fuzz"}, emit::UserMask::raw(), "fuzz") {}

  catalogue::LoadResult result;
  match::PatternDb db;
  emit::RecordEncoder encoder;
};

std::string slurp(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void require(bool holds) {
  if (!holds) std::abort();
}

void compare(const World& world, std::string_view text) {
  pipeline::PipelineOptions options;
  options.expire_at_end = true;
  options.worker.scan = pipeline::ScanMode::kOn;
  const pipeline::TextResult scanned = pipeline::run_text(text, world.db, world.encoder, options);
  options.worker.scan = pipeline::ScanMode::kOff;
  const pipeline::TextResult parsed = pipeline::run_text(text, world.db, world.encoder, options);
  require(scanned.result.balanced && parsed.result.balanced);
  require(scanned.records == parsed.records);
  require(scanned.outcomes == parsed.outcomes);
  require(scanned.rejects == parsed.rejects);
  const pipeline::LineCounts& a = scanned.result.totals.lines;
  const pipeline::LineCounts& b = parsed.result.totals.lines;
  require(a.total == b.total && a.blank == b.blank && a.control == b.control &&
          a.untriggered == b.untriggered && a.rejected == b.rejected &&
          a.triggered == b.triggered && a.rejected_by == b.rejected_by);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const World by_default(catalogue::default_texts());
  static const World of_kinds(
      {{"kinds.toml", slurp(HASHCART_SOURCE_DIR "/fixtures/catalogues/kinds.toml")}});
  require(by_default.result.ok() && of_kinds.result.ok());
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  compare(by_default, text);
  compare(of_kinds, text);
  return 0;
}
