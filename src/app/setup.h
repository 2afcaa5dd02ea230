// What every command needs before it starts: the catalogue, loaded, hashed and compiled.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "catalogue/catalogue.h"
#include "catalogue/catalogue_loader.h"
#include "match/pattern_db.h"

namespace hashcart::app {

inline constexpr const char* kEngine = "hashcart/" HASHCART_VERSION;

// Loads catalogue files (none: the one compiled in). Throws base::SetupError with every fault,
// rendered as `hashcart check` shows them. Sets the SHA-256.
[[nodiscard]] std::unique_ptr<catalogue::Catalogue> load_catalogue(
    const std::vector<std::string>& paths);
// The same from texts.
[[nodiscard]] std::unique_ptr<catalogue::Catalogue> load_catalogue_texts(
    const std::vector<catalogue::CatalogueText>& texts);

// One line of `hits` or `misses`, tried.
struct ExampleResult {
  std::string entry;  // `campaign "amazon-cart-us"`
  std::string id;     // "amazon-cart-us"
  std::string text;
  bool is_hit = false;
  catalogue::SourcePosition where;
  std::uint32_t length = 1;  // characters
  std::string wrong;         // what happened and what was expected; empty: as it should be
};

// Tries every hit and miss, campaigns first. A campaign's are posts that are nothing but the text,
// on the first of its platforms that has such tags.
[[nodiscard]] std::vector<ExampleResult> run_examples(const match::PatternDb& db);

// Faults that only matching can see, as diagnostics: a tag its platforms' grammars cannot produce,
// a hit that does not hit, a miss that does.
[[nodiscard]] std::vector<catalogue::Diagnostic> check_against_grammars(const match::PatternDb& db);

// What `hashcart check` finds.
struct CheckedCatalogue {
  std::unique_ptr<catalogue::Catalogue> catalogue;
  std::unique_ptr<match::PatternDb> db;            // null where loading found errors
  std::vector<catalogue::Diagnostic> diagnostics;  // in file and line order
  bool ok = false;                                 // no errors
};
[[nodiscard]] CheckedCatalogue check_texts(const std::vector<catalogue::CatalogueText>& texts);

}  // namespace hashcart::app
