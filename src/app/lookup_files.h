// The two look-up tables users bring as files: --accounts and --links.
//
// Both are text, one entry a line: a key, blanks or a tab, a value. Empty lines and lines that
// begin with '#' do not count. A line of another shape is a setup error with file and line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "match/extractor.h"
#include "match/matcher.h"

namespace hashcart::app {

// --accounts: `x:2244994945<TAB>customer-77`, or an author id without platform for any platform.
class FileAccounts final : public match::Accounts {
 public:
  explicit FileAccounts(const std::string& path);
  [[nodiscard]] std::optional<std::string_view> find(base::Platform platform,
                                                     std::string_view author) const override;

 private:
  std::unordered_map<std::string, std::string> references_;  // "x:id", or "id"
};

// --links: `https://amzn.to/3abc<TAB>https://www.amazon.com/dp/B00EXAMPL1`. A link is looked up
// without its scheme, query and fragment, its host in lower case, as shorteners read it.
class FileExpansions final : public match::LinkExpansions {
 public:
  explicit FileExpansions(const std::string& path);
  [[nodiscard]] std::string_view expand(std::string_view url) const noexcept override;
  // Of the links that are looked up, in lower case.
  [[nodiscard]] std::vector<std::string> hosts() const;

 private:
  std::unordered_map<std::string, std::string> targets_;
};

}  // namespace hashcart::app
