#include "match/literal_set.h"

#include <hs.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"
#include "base/setup_error.h"

namespace hashcart::match {
namespace {

constexpr std::uint32_t kEveryKind = 0xFFFF'FFFF;

struct DatabaseDeleter {
  void operator()(hs_database_t* database) const noexcept { hs_free_database(database); }
};
struct ScratchDeleter {
  void operator()(hs_scratch_t* scratch) const noexcept { hs_free_scratch(scratch); }
};
struct CompileErrorDeleter {
  void operator()(hs_compile_error_t* error) const noexcept { hs_free_compile_error(error); }
};

struct ScanState {
  std::uint32_t kinds = 0;
  bool stop_at_first = false;
};

int on_match(unsigned int id, unsigned long long /*from*/, unsigned long long /*to*/,
             unsigned int /*flags*/, void* context) {
  auto* state = static_cast<ScanState*>(context);
  state->kinds |= 1U << id;
  return state->stop_at_first ? 1 : 0;
}

}  // namespace

struct LiteralScratch::Impl {
  std::unique_ptr<hs_scratch_t, ScratchDeleter> scratch;
};

LiteralScratch::LiteralScratch() : impl_(std::make_unique<Impl>()) {}
LiteralScratch::~LiteralScratch() = default;
LiteralScratch::LiteralScratch(LiteralScratch&&) noexcept = default;
LiteralScratch& LiteralScratch::operator=(LiteralScratch&&) noexcept = default;

struct LiteralSet::Impl {
  std::unique_ptr<hs_database_t, DatabaseDeleter> database;
  std::size_t count = 0;
};

LiteralSet::LiteralSet(const std::vector<Literal>& literals) : impl_(std::make_unique<Impl>()) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  std::vector<unsigned> flags;
  std::vector<unsigned> ids;
  for (const Literal& literal : literals) {
    HASHCART_CHECK(!literal.text.empty() && literal.kind < 32);
    texts.push_back(literal.text.data());
    sizes.push_back(literal.text.size());
    flags.push_back(HS_FLAG_SINGLEMATCH | (literal.caseless ? HS_FLAG_CASELESS : 0U));
    ids.push_back(literal.kind);
  }
  impl_->count = literals.size();
  if (literals.empty()) return;
  hs_database_t* database = nullptr;
  hs_compile_error_t* error = nullptr;
  const hs_error_t result = hs_compile_lit_multi(texts.data(), flags.data(), ids.data(),
                                                 sizes.data(), static_cast<unsigned>(texts.size()),
                                                 HS_MODE_BLOCK, nullptr, &database, &error);
  const std::unique_ptr<hs_compile_error_t, CompileErrorDeleter> owned(error);
  if (result != HS_SUCCESS) {
    std::string message = "the catalogue's tags and hosts do not compile: ";
    message += error != nullptr ? error->message : "unknown reason";
    if (result == HS_ARCH_ERROR) {
      throw base::SetupError(base::SetupFault::kMachine,
                             "this CPU lacks SSSE3, which Hyperscan needs");
    }
    if (error != nullptr && error->expression >= 0) {
      message += "; it is \"" + literals[static_cast<std::size_t>(error->expression)].text + '"';
    }
    throw base::SetupError(base::SetupFault::kCatalogue, message);
  }
  impl_->database.reset(database);
}

LiteralSet::~LiteralSet() = default;
LiteralSet::LiteralSet(LiteralSet&&) noexcept = default;
LiteralSet& LiteralSet::operator=(LiteralSet&&) noexcept = default;

LiteralScratch LiteralSet::make_scratch() const {
  LiteralScratch out;
  if (impl_->database == nullptr) return out;
  hs_scratch_t* scratch = nullptr;
  if (hs_alloc_scratch(impl_->database.get(), &scratch) != HS_SUCCESS) {
    throw base::SetupError(base::SetupFault::kMachine, "no memory for a Hyperscan scratch");
  }
  out.impl_->scratch.reset(scratch);
  return out;
}

std::uint32_t LiteralSet::scan(std::string_view text, LiteralScratch* scratch,
                               bool stop_at_first) const noexcept {
  if (impl_->database == nullptr || text.empty()) return 0;
  if (text.size() > std::numeric_limits<unsigned>::max()) return kEveryKind;
  ScanState state;
  state.stop_at_first = stop_at_first;
  const hs_error_t result =
      hs_scan(impl_->database.get(), text.data(), static_cast<unsigned>(text.size()), 0,
              scratch->impl_->scratch.get(), &on_match, &state);
  if (result != HS_SUCCESS && result != HS_SCAN_TERMINATED) return kEveryKind;
  return state.kinds;
}

std::size_t LiteralSet::compiled_bytes() const noexcept {
  std::size_t bytes = 0;
  if (impl_->database == nullptr) return 0;
  if (hs_database_size(impl_->database.get(), &bytes) != HS_SUCCESS) return 0;
  return bytes;
}

std::size_t LiteralSet::literal_count() const noexcept { return impl_->count; }

std::string_view scan_library_version() noexcept { return hs_version(); }

bool scan_library_runs_here() noexcept { return hs_valid_platform() == HS_SUCCESS; }

}  // namespace hashcart::match
