// What every command needs before it starts: the catalogue, loaded, hashed and compiled.
#pragma once

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

// Faults that only matching can see, as diagnostics: a tag its platforms' grammars cannot produce,
// a hit that does not hit, a miss that does.
[[nodiscard]] std::vector<catalogue::Diagnostic> check_against_grammars(const match::PatternDb& db);

}  // namespace hashcart::app
