// --memory: a run that could take more than it may does not start.
#pragma once

#include <cstdint>

#include "catalogue/catalogue.h"
#include "ingest/source.h"
#include "pipeline/pipeline.h"

namespace hashcart::app {

// Adds up what the run could take at most: what the process has now (the catalogue, compiled, and
// what --accounts and --links hold), the same again where a reload may come, the source, the
// threads, the tables, snapshots. Lowers inputs->window_log_max as far as that helps. Throws
// base::SetupError(kMachine) where it is more than `bytes`, with what to lower, by name.
void hold_to_memory(std::uint64_t bytes, bool may_reload, const catalogue::Limits& limits,
                    const pipeline::PipelineOptions& options, ingest::SourceOptions* inputs);

}  // namespace hashcart::app
