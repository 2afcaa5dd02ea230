// Fuzz target: the whole way from bytes to records. The input is an NDJSON text; it is worked off
// in small chunks and in one, and both must say the same, with balanced books.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "catalogue/catalogue_loader.h"
#include "emit/encoder.h"
#include "match/pattern_db.h"
#include "pipeline/pipeline.h"

namespace {

using namespace hashcart;

struct World {
  World() : result(catalogue::load_texts(catalogue::default_texts())), db(result.catalogue) {}

  catalogue::LoadResult result;
  match::PatternDb db;
};

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const World world;
  static const emit::RecordEncoder encoder(world.result.catalogue, {"fuzz"}, emit::UserMask::raw(),
                                           "fuzz");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  pipeline::PipelineOptions options;
  options.expire_at_end = true;
  const pipeline::TextResult whole = pipeline::run_text(text, world.db, encoder, options);
  options.chunk_bytes = 1;  // a page
  const pipeline::TextResult pieces = pipeline::run_text(text, world.db, encoder, options);
  require(whole.result.balanced && pieces.result.balanced);
  require(whole.records == pieces.records);
  require(whole.outcomes == pieces.outcomes);
  require(whole.rejects == pieces.rejects);
  return 0;
}
