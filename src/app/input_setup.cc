#include "app/input_setup.h"

#include <unistd.h>

#include <array>
#include <string_view>
#include <utility>

#include "base/platform.h"
#include "base/setup_error.h"

namespace hashcart::app {
namespace {

constexpr std::array<std::pair<std::string_view, ingest::Framing>, 4> kFramings = {
    {{"auto", ingest::Framing::kAuto},
     {"ndjson", ingest::Framing::kNdjson},
     {"sse", ingest::Framing::kSse},
     {"json", ingest::Framing::kJson}}};

template <typename Names>
std::string joined(const Names& names, std::size_t from = 0) {
  std::string out;
  for (std::size_t i = from; i < names.size(); ++i) {
    if (!out.empty()) out += ", ";
    out += names[i];
  }
  return out;
}

}  // namespace

post::Dialect dialect_option(const std::string& name) {
  if (name == "auto") return post::Dialect::kUnknown;
  for (std::size_t i = 1; i < post::kDialectNames.size(); ++i) {
    if (post::kDialectNames[i] == name) return static_cast<post::Dialect>(i);
  }
  throw base::SetupError(base::SetupFault::kUsage, "--dialect " + name + ": there is auto, " +
                                                       joined(post::kDialectNames, 1));
}

base::Platform platform_option(const std::string& name) {
  if (const auto platform = base::platform_by_name(name)) return *platform;
  throw base::SetupError(base::SetupFault::kUsage,
                         "--platform " + name + ": there is " + joined(base::kPlatformNames));
}

ingest::SourceOptions source_options(const InputOptions& input, std::uint64_t record_bytes_max) {
  ingest::SourceOptions out;
  out.inputs = input.inputs;
  out.record_bytes_max = record_bytes_max;
  if (input.inputs.empty() && isatty(STDIN_FILENO) == 1) {
    throw base::SetupError(base::SetupFault::kUsage,
                           "no input: name files, pipe posts in, or write - to type them");
  }
  for (const auto& [name, framing] : kFramings) {
    if (name == input.framing) {
      out.framing = framing;
      return out;
    }
  }
  throw base::SetupError(base::SetupFault::kUsage,
                         "--framing " + input.framing + ": there is auto, ndjson, sse, json");
}

}  // namespace hashcart::app
