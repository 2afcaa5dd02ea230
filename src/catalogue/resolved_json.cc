// The resolved catalogue as JSON. It is made from the resolved TOML, key by key, so what is written
// there is written here too and both load to the same catalogue.
#include <string>

#include "base/check.h"
#include "catalogue/catalogue_loader.h"
#include "catalogue/document.h"
#include "catalogue/faults.h"

namespace hashcart::catalogue {

std::string resolved_json(const Catalogue& catalogue) {
  FaultList faults({"resolved"});
  Document document;
  HASHCART_CHECK(parse_toml(catalogue.resolved, 0, &document, &faults));
  return tall_json(document.root);
}

}  // namespace hashcart::catalogue
