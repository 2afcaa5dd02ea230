// Makes a Catalogue of parsed files and reports whatever is wrong with what they say. Private to
// catalogue.
#pragma once

#include <string>
#include <vector>

#include "catalogue/catalogue.h"
#include "catalogue/document.h"
#include "catalogue/faults.h"

namespace hashcart::catalogue {

struct ParsedFile {
  [[nodiscard]] const Value& root() const noexcept { return document.root; }

  std::string name;
  Document document;
  bool compiled_in = false;  // its [catalogue] and [limits] give way to those of other files
  // not TOML: the root is empty, and names it may have defined are not missed
  bool broken = false;
};

// files: in the order of *faults. Fills what is sound; the result is meaningful only without errors
// in *faults.
[[nodiscard]] Catalogue build_catalogue(const std::vector<ParsedFile>& files, FaultList* faults);

// Adds the warnings that single templates, tags and hosts of sound files give. files: as above.
// (catalogue_warnings.cc)
void add_warnings(const std::vector<ParsedFile>& files, FaultList* faults);

// `resolved` of a catalogue: see catalogue_loader.h. (resolved_text.cc)
[[nodiscard]] std::string resolved_text(const Catalogue& catalogue);

}  // namespace hashcart::catalogue
