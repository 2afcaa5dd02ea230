// What --stats prints: for people, or hashcart.stats/1 on one line.
#pragma once

#include <string>
#include <vector>

#include "app/reload.h"
#include "pipeline/pipeline.h"

namespace hashcart::app {

[[nodiscard]] std::string stats_json(const pipeline::PipelineResult& result,
                                     const ReloadCounts& reloads, double seconds);
[[nodiscard]] std::string stats_human(const pipeline::PipelineResult& result, double seconds);

// "2 bad_json, 1 no_id"; empty where nothing was rejected.
[[nodiscard]] std::string rejects_summary(const pipeline::LineCounts& lines);

}  // namespace hashcart::app
