#include "catalogue/catalogue_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

#include "base/setup_error.h"
#include "catalogue/catalogue_builder.h"
#include "catalogue/default_catalogue.h"
#include "catalogue/document.h"
#include "catalogue/faults.h"

namespace hashcart::catalogue {
namespace {

// A catalogue of 100,000 campaigns has 50 MB; what is larger is another file.
constexpr std::size_t kFileBytesMax = std::size_t{256} << 20U;

constexpr std::string_view kDefaultPath = "default";

[[noreturn]] void fail(const std::string& path, std::string_view what) {
  throw base::SetupError(base::SetupFault::kCatalogue, fmt::format("{}: {}", path, what));
}

struct FileCloser {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

std::string read_file(const std::string& path) {
  const std::unique_ptr<std::FILE, FileCloser> file(std::fopen(path.c_str(), "rb"));
  if (!file) fail(path, fmt::format("cannot open the catalogue: {}", std::strerror(errno)));
  std::string text;
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  // A pipe has no size, and a file may grow meanwhile: the size is only where to begin.
  std::size_t room = std::size_t{64} << 10U;
  if (!error) room = std::min<std::uintmax_t>(size, kFileBytesMax) + 1;
  std::size_t got = 0;
  while (true) {
    text.resize(got + room);
    got += std::fread(text.data() + got, 1, room, file.get());
    if (got > kFileBytesMax) {
      fail(path, fmt::format("over {} MiB; no catalogue is that large", kFileBytesMax >> 20U));
    }
    if (got < text.size()) break;
    room = text.size();
  }
  text.resize(got);
  if (std::ferror(file.get()) != 0) {
    fail(path, fmt::format("cannot read the catalogue: {}", std::strerror(errno)));
  }
  return text;
}

void read_folder(const std::string& path, std::vector<CatalogueText>* out) {
  std::error_code error;
  std::vector<std::string> files;
  std::filesystem::directory_iterator entry(path, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::filesystem::path& file = entry->path();
    const bool hidden = file.filename().string().front() == '.';
    const bool is_ours = file.extension() == ".toml" || file.extension() == ".json";
    if (!hidden && is_ours) files.push_back(file.string());
  }
  if (error) fail(path, fmt::format("cannot read the folder: {}", error.message()));
  if (files.empty())
    fail(path, "the folder holds no *.toml or *.json file; name one, or another folder");
  std::sort(files.begin(), files.end());
  for (std::string& file : files) {
    std::string text = read_file(file);
    out->push_back({std::move(file), std::move(text)});
  }
}

// Which of the compiled-in texts this is, or their count.
std::size_t default_index(const CatalogueText& text) {
  const std::vector<CatalogueText>& texts = default_texts();
  std::size_t i = 0;
  while (i < texts.size() && (texts[i].file != text.file || texts[i].text != text.text)) ++i;
  return i;
}

bool wants_default_retailers(const Value& root) {
  const Entry* section = root.find("catalogue");
  const Entry* retailers = section == nullptr ? nullptr : section->value.find("retailers");
  return retailers != nullptr && retailers->value.kind == ValueKind::kString &&
         retailers->value.text() == "default";
}

}  // namespace

bool LoadResult::ok() const noexcept {
  return std::none_of(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& diagnostic) {
    return diagnostic.severity == Severity::kError;
  });
}

const std::vector<CatalogueText>& default_texts() {
  static const std::vector<CatalogueText> texts = {
      {"default/campaigns.toml", std::string(kDefaultCampaigns)},
      {"default/retailers.toml", std::string(kDefaultRetailers)},
  };
  return texts;
}

LoadResult load_texts(const std::vector<CatalogueText>& texts, Wanted wanted) {
  const std::vector<CatalogueText>& compiled_in = default_texts();
  const CatalogueText& default_retailers = compiled_in.back();

  std::vector<std::string> names;
  names.reserve(texts.size() + 1);
  for (const CatalogueText& text : texts) names.push_back(text.file);
  names.push_back(default_retailers.file);
  FaultList faults(std::move(names), wanted);

  std::vector<ParsedFile> files;
  bool wants_retailers = false;
  bool has_retailers = false;
  const auto parse = [&](const CatalogueText& text, bool is_compiled_in) {
    ParsedFile file;
    file.name = text.file;
    file.compiled_in = is_compiled_in;
    const bool is_json = looks_like_json(text.file, text.text);
    if (is_json) faults.mark_json(files.size());
    file.broken =
        !(is_json ? parse_json : parse_toml)(text.text, files.size(), &file.document, &faults);
    wants_retailers = wants_retailers || wants_default_retailers(file.root());
    files.push_back(std::move(file));
  };
  for (const CatalogueText& text : texts) {
    const std::size_t index = default_index(text);
    has_retailers = has_retailers || index + 1 == compiled_in.size();
    parse(text, index < compiled_in.size());
  }
  if (wants_retailers && !has_retailers) parse(default_retailers, true);

  LoadResult result;
  result.catalogue = build_catalogue(files, &faults);
  if (faults.wants_warnings() && !faults.has_errors()) add_warnings(files, &faults);
  result.diagnostics = faults.take();
  if (result.ok()) result.catalogue.resolved = resolved_text(result.catalogue);
  return result;
}

std::vector<CatalogueText> read_texts(const std::vector<std::string>& paths) {
  std::vector<CatalogueText> out;
  bool has_default = false;
  for (const std::string& path : paths) {
    std::error_code error;
    if (path == kDefaultPath) {
      if (has_default) continue;
      has_default = true;
      out.insert(out.end(), default_texts().begin(), default_texts().end());
    } else if (std::filesystem::is_directory(path, error)) {
      read_folder(path, &out);
    } else {
      out.push_back({path, read_file(path)});
    }
  }
  return out;
}

LoadResult load_files(const std::vector<std::string>& paths) {
  return load_texts(read_texts(paths));
}

}  // namespace hashcart::catalogue
