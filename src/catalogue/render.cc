// Diagnostics as a person reads them: the message, the place, the line with a caret, a hint; a
// summary at the end.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "catalogue/catalogue_loader.h"

namespace hashcart::catalogue {
namespace {

constexpr std::size_t kShownMax =
    1000;  // nobody reads on; it bounds the text by lines x kLineCharactersMax
constexpr std::uint32_t kLineCharactersMax = 160;  // of a source line, around the fault

bool in(char32_t value, char32_t from, char32_t to) { return value >= from && value <= to; }

// Columns a terminal gives a character; Unicode 15, EastAsianWidth.txt, by block. A column off does
// no harm.
std::uint32_t columns_of(char32_t value) {
  if (in(value, 0x300, 0x36F) || in(value, 0x200B, 0x200F) || in(value, 0xFE00, 0xFE0F)) return 0;
  const bool wide =
      in(value, 0x1100, 0x115F) || in(value, 0x2E80, 0xA4CF) || in(value, 0xAC00, 0xD7A3) ||
      in(value, 0xF900, 0xFAFF) || in(value, 0xFE30, 0xFE6F) || in(value, 0xFF00, 0xFF60) ||
      in(value, 0xFFE0, 0xFFE6) || in(value, 0x1F300, 0x1FAFF) || in(value, 0x20000, 0x3FFFD);
  return wide ? 2 : 1;
}

bool is_control(char32_t value) {
  return value < 0x20 || in(value, 0x7F, 0x9F) || in(value, 0x202A, 0x202E) ||
         in(value, 0x2066, 0x2069);
}

// Appends one character in a form that cannot steer a terminal. Returns the columns it takes.
std::uint32_t append_safe(std::string_view text, std::size_t at, std::string* out) {
  const base::CodePoint point = base::decode_at(text, at);
  if (point.value == '\t') {
    *out += ' ';
    return 1;
  }
  base::append_utf8(is_control(point.value) ? base::kReplacement : point.value, out);
  return is_control(point.value) ? 1 : columns_of(point.value);
}

std::string safe(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += base::decode_at(text, at).size) {
    append_safe(text, at, &out);
  }
  return out;
}

struct Source {
  std::string_view text;
  std::vector<std::size_t> starts;  // of its lines

  explicit Source(std::string_view all) : text(all) {
    if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
    starts.push_back(0);
    for (std::size_t at = text.find('\n'); at != std::string_view::npos;
         at = text.find('\n', at + 1)) {
      starts.push_back(at + 1);
    }
  }

  [[nodiscard]] std::string_view line(std::uint32_t number) const {
    if (number == 0 || number > starts.size()) return {};
    const std::size_t start = starts[number - 1];
    std::string_view out = text.substr(start, text.find('\n', start) - start);
    if (!out.empty() && out.back() == '\r') out.remove_suffix(1);
    return out;
  }
};

// The part of a line around the fault, and the caret line below it.
struct Excerpt {
  std::string shown;
  std::string carets;
};

Excerpt excerpt(std::string_view line, const Diagnostic& fault) {
  constexpr std::uint32_t kBefore = kLineCharactersMax / 2;
  const std::uint32_t column = std::max(1U, fault.where.column);
  const std::uint32_t first = column > kBefore ? column - kBefore : 1;
  Excerpt out;
  std::uint32_t number = 1;
  std::uint32_t marked = 0;
  if (first > 1) {
    out.shown = "...";
    out.carets = "   ";
  }
  for (std::size_t at = 0; at < line.size(); at += base::decode_at(line, at).size, ++number) {
    if (number < first) continue;
    if (number >= first + kLineCharactersMax) {
      out.shown += "...";
      break;
    }
    const std::uint32_t columns = append_safe(line, at, &out.shown);
    const bool is_marked = number >= column && number - column < fault.length;
    if (number < column) out.carets.append(columns, ' ');
    if (is_marked) out.carets.append(columns, '^');
    if (is_marked) marked += columns;
  }
  if (marked == 0) out.carets += '^';  // past the end of the line
  return out;
}

std::string plural(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

class Renderer {
 public:
  explicit Renderer(const std::vector<CatalogueText>& texts) {
    for (const CatalogueText& text : texts) sources_.try_emplace(text.file, text.text);
    for (const CatalogueText& text : default_texts()) sources_.try_emplace(text.file, text.text);
  }

  void add(const Diagnostic& fault) {
    out_ += fmt::format("{}[{}]: {}\n", fault.severity == Severity::kError ? "error" : "warning",
                        fault.code, safe(fault.message));
    const std::string number = fmt::to_string(fault.where.line);
    const std::string margin(number.size() + 2, ' ');
    const auto source = sources_.find(fault.where.file);
    if (fault.where.line == 0) {
      if (!fault.where.file.empty()) out_ += fmt::format("  --> {}\n", safe(fault.where.file));
    } else {
      out_ += fmt::format("{}--> {}:{}:{}\n", margin.substr(1), safe(fault.where.file), number,
                          fault.where.column);
    }
    if (fault.where.line > 0 && source != sources_.end()) {
      const Excerpt shown = excerpt(source->second.line(fault.where.line), fault);
      out_ += fmt::format("{}|\n {} | {}\n{}| {}{}{}\n", margin, number, shown.shown, margin,
                          shown.carets, fault.label.empty() ? "" : " ", safe(fault.label));
    } else if (!fault.label.empty()) {
      out_ += fmt::format("    = {}\n", safe(fault.label));
    }
    if (!fault.help.empty()) out_ += fmt::format("{}= help: {}\n", margin, safe(fault.help));
  }

  [[nodiscard]] std::string finish(const std::vector<Diagnostic>& all) {
    std::set<std::string> files;
    std::size_t errors = 0;
    for (const Diagnostic& fault : all) {
      if (!fault.where.file.empty()) files.insert(fault.where.file);
      if (fault.severity == Severity::kError) ++errors;
    }
    if (all.size() > kShownMax) {
      out_ += fmt::format("... and {} not shown\n", plural(all.size() - kShownMax, "problem"));
    }
    out_ +=
        fmt::format("{} ({}, {}) in {}\n", plural(all.size(), "problem"), plural(errors, "error"),
                    plural(all.size() - errors, "warning"), plural(files.size(), "file"));
    return std::move(out_);
  }

 private:
  std::map<std::string, Source, std::less<>> sources_;
  std::string out_;
};

}  // namespace

std::string render(const std::vector<Diagnostic>& diagnostics,
                   const std::vector<CatalogueText>& texts) {
  if (diagnostics.empty()) return {};
  Renderer renderer(texts);
  for (std::size_t i = 0; i < std::min(diagnostics.size(), kShownMax); ++i) {
    renderer.add(diagnostics[i]);
  }
  return renderer.finish(diagnostics);
}

}  // namespace hashcart::catalogue
