#include "catalogue/faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "base/utf8.h"

namespace hashcart::catalogue {
namespace {

// Names longer than this are not typing mistakes of short ones; it also bounds the cost of one
// comparison.
constexpr std::size_t kNameBytesMax = 64;

// Edit distance where swapping two neighbours counts as one (optimal string alignment), ASCII case
// ignored.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::array<std::size_t, kNameBytesMax + 1> before{};
  std::array<std::size_t, kNameBytesMax + 1> previous{};
  std::array<std::size_t, kNameBytesMax + 1> row{};
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto same = [&](std::size_t x, std::size_t y) {
        return base::ascii_lower(a[x]) == base::ascii_lower(b[y]);
      };
      row[j] = std::min(
          {previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (same(i - 1, j - 1) ? 0U : 1U)});
      if (i > 1 && j > 1 && same(i - 1, j - 2) && same(i - 2, j - 1)) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before = previous;
    previous = row;
  }
  return previous[b.size()];
}

// Whether a hint holds a line of TOML: `key = value` or a header.
bool shows_toml(std::string_view help) {
  return help.find(" = ") != std::string_view::npos || help.find("[[") != std::string_view::npos ||
         help.find("[idtype") != std::string_view::npos;
}

}  // namespace

const NamePlace* nearest(std::string_view wanted, const std::vector<NamePlace>& candidates) {
  if (wanted.empty() || wanted.size() > kNameBytesMax) return nullptr;
  // One mistake in three characters is about what people still recognise as a slip.
  const std::size_t distance_max = std::max<std::size_t>(1, wanted.size() / 3);
  const NamePlace* best = nullptr;
  std::size_t best_distance = distance_max + 1;
  for (const NamePlace& candidate : candidates) {
    const std::string_view name = candidate.name;
    if (name.empty() || name.size() > kNameBytesMax) continue;
    const std::size_t gap =
        name.size() > wanted.size() ? name.size() - wanted.size() : wanted.size() - name.size();
    if (gap >= best_distance) continue;
    const std::size_t distance = edit_distance(wanted, name);
    if (distance < best_distance && distance < name.size()) {
      best = &candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view wanted, const std::vector<NamePlace>& candidates) {
  const NamePlace* near = nearest(wanted, candidates);
  if (near == nullptr) return {};
  if (near->place.empty()) return fmt::format("did you mean \"{}\"?", near->name);
  return fmt::format("did you mean \"{}\" ({})?", near->name, near->place);
}

void FaultList::add(const FaultCode& code, std::size_t file, Mark mark, Detail detail) {
  Diagnostic diagnostic;
  diagnostic.severity = code.id.front() == 'E' ? Severity::kError : Severity::kWarning;
  if (diagnostic.severity == Severity::kWarning && !wants_warnings()) return;
  diagnostic.code = std::string(code.id);
  diagnostic.message = std::move(detail.message);
  diagnostic.where = {file < files_.size() ? files_[file] : std::string(), mark.line, mark.column};
  diagnostic.length = mark.length;
  diagnostic.label = std::move(detail.label);
  diagnostic.help = std::move(detail.help);
  const bool is_json = std::find(json_files_.begin(), json_files_.end(), file) != json_files_.end();
  if (is_json && shows_toml(diagnostic.help)) diagnostic.help += " (as TOML writes it)";
  items_.push_back({file, std::move(diagnostic)});
}

std::string FaultList::place(std::size_t file, Mark mark) const {
  return fmt::format("{}:{}", files_[file], mark.line);
}

bool FaultList::has_errors() const noexcept {
  return std::any_of(items_.begin(), items_.end(),
                     [](const Item& item) { return item.diagnostic.severity == Severity::kError; });
}

std::vector<Diagnostic> FaultList::take() {
  std::stable_sort(items_.begin(), items_.end(), [](const Item& a, const Item& b) {
    return std::tie(a.file, a.diagnostic.where.line, a.diagnostic.where.column) <
           std::tie(b.file, b.diagnostic.where.line, b.diagnostic.where.column);
  });
  std::vector<Diagnostic> out;
  out.reserve(items_.size());
  for (Item& item : items_) out.push_back(std::move(item.diagnostic));
  items_.clear();
  return out;
}

const std::vector<FaultCode>& fault_codes() {
  static const std::vector<FaultCode> codes = {
      fault::kSyntax,
      fault::kFormat,
      fault::kUnknownKey,
      fault::kWrongType,
      fault::kMissingKey,
      fault::kSetTwice,
      fault::kDuplicateId,
      fault::kBadId,
      fault::kUnknownWord,
      fault::kUnknownPlatform,
      fault::kUnknownIdType,
      fault::kUnknownRetailer,
      fault::kUnknownMarket,
      fault::kOutOfRange,
      fault::kBadQuantity,
      fault::kLocalTime,
      fault::kEmptyWindow,
      fault::kBadTag,
      fault::kSameTag,
      fault::kNoPositiveTest,
      fault::kTrigger,
      fault::kNoMeaning,
      fault::kReminder,
      fault::kBadAuthor,
      fault::kBadHost,
      fault::kHostTwice,
      fault::kNoHosts,
      fault::kBadTemplate,
      fault::kBadPattern,
      fault::kBadProductId,
      fault::kBadPrice,
      fault::kBadHit,
      fault::kBadTest,
      fault::kTestUnknown,
      fault::kEmptyList,
      fault::kEmptyCatalogue,
      fault::kSoldByTag,
      fault::kTooMany,
      fault::kRepeated,
      kTagNeverMatches,
      kHitFails,
      kMissMatches,
      fault::kBadWord,
      fault::kBadEmoji,
      fault::kTagShared,
      fault::kDeprecatedOpen,
      fault::kPromptUnused,
      fault::kNoStreamTest,
      kTagSometimesDead,
      fault::kShadowed,
      fault::kTooCommon,
      kHostInNoText,
  };
  return codes;
}

}  // namespace hashcart::catalogue
