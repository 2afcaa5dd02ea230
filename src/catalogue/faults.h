// Faults: what a catalogue can have wrong, each with a stable code, and the list that collects
// them. Private to catalogue; the codes are public through fault_codes() (catalogue_loader.h).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue/catalogue_loader.h"
#include "catalogue/document.h"

namespace hashcart::catalogue::fault {

// A code, once released, keeps its meaning; a fault that goes leaves a gap. E: refused. W: loads
// all the same.
inline constexpr FaultCode kSyntax{"E001", "the file is not TOML (or JSON), or not UTF-8"};
inline constexpr FaultCode kFormat{
    "E002", "`format` is missing or names a format this program does not read"};
inline constexpr FaultCode kUnknownKey{"E003", "a key that has no meaning where it stands"};
inline constexpr FaultCode kWrongType{"E004", "a value of the wrong type"};
inline constexpr FaultCode kMissingKey{"E005", "a key that must be there is not"};
inline constexpr FaultCode kSetTwice{"E006",
                                     "a key of [catalogue] or [limits] is set in two files"};
inline constexpr FaultCode kDuplicateId{"E007", "two entries of one kind have the same id"};
inline constexpr FaultCode kBadId{"E008", "an id, market or action of the wrong form"};
inline constexpr FaultCode kUnknownWord{"E009", "a word that is not one of those allowed here"};
inline constexpr FaultCode kUnknownPlatform{"E010", "no platform has this name"};
inline constexpr FaultCode kUnknownIdType{"E011", "no [idtype.*] has this name"};
inline constexpr FaultCode kUnknownRetailer{"E012", "no [[retailer]] has this id"};
inline constexpr FaultCode kUnknownMarket{"E013", "the retailer has no such market"};
inline constexpr FaultCode kOutOfRange{"E014", "a number, duration or size outside its range"};
inline constexpr FaultCode kBadQuantity{"E015", "a duration or size of the wrong form"};
inline constexpr FaultCode kLocalTime{"E016", "a time without an offset"};
inline constexpr FaultCode kEmptyWindow{"E017", "`from` is after `until`"};
inline constexpr FaultCode kBadTag{"E018", "a tag that no post could hold"};
inline constexpr FaultCode kSameTag{"E019", "one campaign names the same tag twice"};
inline constexpr FaultCode kNoPositiveTest{"E020", "a campaign without a positive test"};
inline constexpr FaultCode kTrigger{
    "E021", "not exactly one of `tag`, `tags`, `on_link`, `emoji` and `claim`"};
inline constexpr FaultCode kNoMeaning{"E022", "keys that exclude each other"};
inline constexpr FaultCode kReminder{"E023", "`remind_before` is not shorter than `within`"};
inline constexpr FaultCode kBadAuthor{"E024", "an author reference of the wrong form"};
inline constexpr FaultCode kBadHost{"E025", "a host that is not a plain lower-case ASCII domain"};
inline constexpr FaultCode kHostTwice{"E026", "a host claimed twice"};
inline constexpr FaultCode kNoHosts{
    "E027", "link keys (paths, short, hits ...) of a retailer without hosts"};
inline constexpr FaultCode kBadTemplate{
    "E028",
    "a path template, canonical form or affiliate key that does "
    "not parse"};
inline constexpr FaultCode kBadPattern{"E029", "a product id pattern that does not parse"};
inline constexpr FaultCode kBadProductId{"E030",
                                         "a product id that is not of its retailer's id type"};
inline constexpr FaultCode kBadPrice{"E031", "a price or currency of the wrong form"};
inline constexpr FaultCode kBadHit{"E032",
                                   "a retailer's hit that names no product of that retailer"};
inline constexpr FaultCode kBadTest{"E033",
                                    "a [[test]] whose `expect` is not one JSON object a line"};
inline constexpr FaultCode kTestUnknown{"E034",
                                        "a [[test]] expects a campaign that does not exist"};
inline constexpr FaultCode kEmptyList{"E035", "an empty list or text where something is needed"};
inline constexpr FaultCode kEmptyCatalogue{"E036", "no campaigns and no retailers"};
inline constexpr FaultCode kSoldByTag{
    "E037", "a campaign takes links of a retailer that is sold by tag alone"};
inline constexpr FaultCode kTooMany{"E038", "more entries than the program can number"};
inline constexpr FaultCode kRepeated{"E039", "a list names the same thing twice"};
inline constexpr FaultCode kBadWord{"E043",
                                    "a word, item code or option that a comment cannot say"};
inline constexpr FaultCode kBadEmoji{"E044", "an emoji that is none"};
inline constexpr FaultCode kTagShared{"W001", "two campaigns fire on the same tag"};
inline constexpr FaultCode kDeprecatedOpen{"W002", "a deprecated campaign without `until`"};
inline constexpr FaultCode kPromptUnused{"W003",
                                         "`prompt_by` without clock = \"prompt\", or the reverse"};
inline constexpr FaultCode kNoStreamTest{"W004", "a campaign that no [[test]] expects anything of"};
inline constexpr FaultCode kShadowed{"W006", "a path template that another of its list shadows"};
inline constexpr FaultCode kTooCommon{"W007", "a tag or host too common to scan for"};

}  // namespace hashcart::catalogue::fault

namespace hashcart::catalogue {

// Names the entries of one kind, for look-up and for did-you-mean.
struct NamePlace {
  std::string name;
  std::string place;  // "shop.toml:23"; empty for words of the language
};

// The candidate a person most likely meant by `wanted`, or nullptr. Cost: O(candidates x length^2);
// callers stop asking when a file is one big mistake (FaultList::wants_advice).
[[nodiscard]] const NamePlace* nearest(std::string_view wanted,
                                       const std::vector<NamePlace>& candidates);

// `did you mean "tag"?` or empty.
[[nodiscard]] std::string did_you_mean(std::string_view wanted,
                                       const std::vector<NamePlace>& candidates);

// Collects faults of several files and puts them in file and line order.
class FaultList {
 public:
  struct Detail {
    std::string message;
    std::string label;
    std::string help;
  };

  explicit FaultList(std::vector<std::string> files, Wanted wanted = Wanted::kAll)
      : files_(std::move(files)), wanted_(wanted) {}

  // Whether warnings are kept; those added all the same are dropped.
  [[nodiscard]] bool wants_warnings() const noexcept { return wanted_ == Wanted::kAll; }

  // Hints of this file that show how to write something say that they show it in TOML.
  void mark_json(std::size_t file) { json_files_.push_back(file); }

  // mark.line 0: the file as a whole.
  void add(const FaultCode& code, std::size_t file, Mark mark, Detail detail);

  // Whether near names are still worth searching: past this many faults the file is not what it
  // claims to be.
  [[nodiscard]] bool wants_advice() const noexcept { return items_.size() < kAdviceMax; }

  [[nodiscard]] bool has_errors() const noexcept;
  [[nodiscard]] const std::string& file_name(std::size_t file) const { return files_[file]; }
  [[nodiscard]] std::string place(std::size_t file, Mark mark) const;

  // The faults in order; the list is then empty.
  [[nodiscard]] std::vector<Diagnostic> take();

 private:
  static constexpr std::size_t kAdviceMax = 500;

  struct Item {
    std::size_t file = 0;
    Diagnostic diagnostic;
  };

  std::vector<std::string> files_;
  Wanted wanted_;
  std::vector<std::size_t> json_files_;
  std::vector<Item> items_;
};

}  // namespace hashcart::catalogue
