// Loads catalogues from TOML or JSON: catalogue files -> Catalogue, or one SetupError that carries
// every fault.
//
// One syntax fault ends a file (neither form gives a way on), semantic faults of all files are
// reported together: each with file:line:column, the line, a caret under the fault and a hint.
// Unknown keys, duplicate ids, dangling names (with a did-you-mean), local times, wrong types,
// campaigns without a positive test, templates and patterns that do not parse.
//
// Control plane only: allocates, throws base::SetupError(kCatalogue).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue/catalogue.h"

namespace hashcart::catalogue {

enum class Severity : std::uint8_t { kError, kWarning };

// One fault, as data; render() makes it what `hashcart check` prints.
struct Diagnostic {
  Severity severity = Severity::kError;
  std::string code;  // "E012", "W004"; stable; fixtures/catalogues/bad has an example of each
  std::string message;
  SourcePosition where;      // line 0: the file as a whole
  std::uint32_t length = 1;  // characters to underline
  std::string label;         // beside the caret
  std::string help;          // "did you mean ...?"
};

// A code and what it stands for. A code, once released, keeps its meaning.
struct FaultCode {
  std::string_view id;       // "E012"
  std::string_view meaning;  // "no [[retailer]] has this id"
};

// Faults that only matching can see; `app` reports them (app/setup.h).
inline constexpr FaultCode kTagNeverMatches{
    "E040", "a tag that no grammar of the campaign's platforms yields"};
inline constexpr FaultCode kHitFails{"E041", "a hit that does not hit"};
inline constexpr FaultCode kMissMatches{"E042", "a miss that hits"};
inline constexpr FaultCode kHostInNoText{
    "W008", "a host whose links stand in no text: its last label is no top-level domain"};
inline constexpr FaultCode kTagSometimesDead{
    "W005", "a tag that the grammar of one of the campaign's platforms never yields"};

// Every code of a catalogue's faults, in order.
[[nodiscard]] const std::vector<FaultCode>& fault_codes();

struct CatalogueText {
  std::string file;  // for messages
  std::string text;
};

struct LoadResult {
  Catalogue catalogue;                  // meaningful only without errors
  std::vector<Diagnostic> diagnostics;  // in file and line order

  [[nodiscard]] bool ok() const noexcept;
};

// What a caller shows: a run that only needs the catalogue does not pay for warnings.
enum class Wanted : std::uint8_t {
  kAll,     // every diagnostic
  kErrors,  // whether there are errors; their hints may be fewer, and there are no warnings
};

// Parses and checks texts that are merged into one catalogue. Their order does not matter: ids are
// unique over all, and id types, retailers and campaigns come out in id order. A text with
// `[catalogue] retailers = "default"` brings the compiled-in retailers and id types along. Does not
// throw for what the texts hold.
//
// Costs time and memory in proportion to the texts, however many campaigns they hold. As long as it
// runs, its memory is about three times that of the texts, and the result's stays.
[[nodiscard]] LoadResult load_texts(const std::vector<CatalogueText>& texts,
                                    Wanted wanted = Wanted::kAll);

// Reads the files (a directory means its *.toml and *.json files in name order) and loads them.
// `default` as a path is the catalogue compiled in; a file of that name is `./default`. Throws
// SetupError(kCatalogue) when a file cannot be read.
[[nodiscard]] LoadResult load_files(const std::vector<std::string>& paths);

// The compiled-in catalogue.
[[nodiscard]] const std::vector<CatalogueText>& default_texts();

// The resolved catalogue (Catalogue::resolved) as JSON, which loads to the same catalogue.
[[nodiscard]] std::string resolved_json(const Catalogue& catalogue);

// The diagnostics as a person reads them, with source lines from the texts given; ends with a
// summary line. Safe to print on a terminal whatever the texts hold. Empty where there are none.
[[nodiscard]] std::string render(const std::vector<Diagnostic>& diagnostics,
                                 const std::vector<CatalogueText>& texts);

// The texts load_files would read, for render().
[[nodiscard]] std::vector<CatalogueText> read_texts(const std::vector<std::string>& paths);

}  // namespace hashcart::catalogue
