// Times what it takes to load catalogues, phase by phase: everything `hashcart match` does before
// the patterns are compiled.
//
//   build/release/bench/load_bench FILE...      each file is a catalogue of its own
//
// One line a phase: milliseconds, and the greatest memory of the process so far.
#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "catalogue/catalogue_builder.h"
#include "catalogue/catalogue_loader.h"
#include "catalogue/document.h"
#include "catalogue/faults.h"
#include "emit/digest.h"

namespace {

using hashcart::catalogue::CatalogueText;

long peak_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

// The time since the last mark or the start.
class Phases {
 public:
  void mark(std::string_view name) {
    const auto now = std::chrono::steady_clock::now();
    const double ms = std::chrono::duration<double, std::milli>(now - last_).count();
    fmt::print("  {:<13} {:>9.1f} ms  {:>6} MiB\n", name, ms, peak_mib());
    last_ = std::chrono::steady_clock::now();
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

void run(const std::string& path) {
  using namespace hashcart;
  fmt::print("{}\n", path);
  Phases phases;
  const std::vector<CatalogueText> texts = catalogue::read_texts({path});
  phases.mark("read");
  {
    // The phases of load_texts(), for one file that needs no other.
    catalogue::FaultList faults({path}, catalogue::Wanted::kErrors);
    std::vector<catalogue::ParsedFile> files(1);
    files[0].name = path;
    const bool is_json = catalogue::looks_like_json(path, texts[0].text);
    const bool parsed = (is_json ? catalogue::parse_json : catalogue::parse_toml)(
        texts[0].text, 0, &files[0].document, &faults);
    HASHCART_CHECK(parsed);
    phases.mark("parse");
    catalogue::Catalogue catalogue = catalogue::build_catalogue(files, &faults);
    HASHCART_CHECK(!faults.has_errors());
    phases.mark("build");
    catalogue.resolved = catalogue::resolved_text(catalogue);
    phases.mark("resolved");
    static_cast<void>(emit::sha256_hex(catalogue.resolved));
    phases.mark("sha256");
    files.clear();
    phases.mark("free values");
  }
  phases.mark("free rest");
  malloc_trim(0);
  phases.mark("(trim)");
  HASHCART_CHECK(catalogue::load_texts(texts, catalogue::Wanted::kErrors).ok());
  phases.mark("load_texts");
  HASHCART_CHECK(catalogue::load_texts(texts).ok());
  phases.mark("with warnings");
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) run(argv[i]);
  return 0;
}
