// --dialect and --framing, for every command that reads posts.
#pragma once

#include <cstdint>
#include <string>

#include "app/commands.h"
#include "ingest/source.h"
#include "post/post.h"

namespace hashcart::app {

// Both throw base::SetupError(kUsage) for a name that is none, listing those that are.
[[nodiscard]] post::Dialect dialect_option(const std::string& name);
[[nodiscard]] ingest::SourceOptions source_options(const InputOptions& input,
                                                   std::uint64_t record_bytes_max);
[[nodiscard]] base::Platform platform_option(const std::string& name);

}  // namespace hashcart::app
