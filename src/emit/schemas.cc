#include "emit/schemas.h"

#include <array>

#include "emit/schema_texts.h"

namespace hashcart::emit {

std::span<const Schema> schemas() noexcept {
  static const std::array<Schema, 9> kSchemas = {{{"intent", kIntentSchema},
                                                  {"outcome", kOutcomeSchema},
                                                  {"reject", kRejectSchema},
                                                  {"post", kPostSchema},
                                                  {"link", kLinkSchema},
                                                  {"stats", kStatsSchema},
                                                  {"diagnostic", kDiagnosticSchema},
                                                  {"catalogue-diff", kCatalogueDiffSchema},
                                                  {"catalogue", kCatalogueSchema}}};
  return kSchemas;
}

}  // namespace hashcart::emit
