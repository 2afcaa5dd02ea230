#include "pipeline/resolver_stage.h"

#include <string_view>

#include "base/check.h"

namespace hashcart::pipeline {

bool ResolverStage::apply(const Batch& batch) {
  std::string_view left = batch.signals;
  for (const LineMark& mark : batch.marks) {
    const std::size_t end_left = batch.signals.size() - mark.signals_end;
    while (left.size() > end_left) {
      HASHCART_CHECK(match::decode(&left, &signal_));
      ++totals_.signals;
      resolver_.step(signal_, this);
    }
    if (options_.after_line != nullptr) options_.after_line(options_.after_line_context);
    if (limit_reached()) {
      totals_.lines.add(mark.counts);
      rejects.append(batch.rejects, 0, mark.rejects_end);
      totals_.input_bytes += batch.input_bytes;
      return false;
    }
  }
  HASHCART_CHECK(left.empty());
  totals_.lines.add(batch.counts);
  totals_.input_bytes += batch.input_bytes;
  rejects += batch.rejects;
  return true;
}

void ResolverStage::finish(bool expire_pendings) { resolver_.finish(expire_pendings, this); }

void ResolverStage::record(const intent::CartIntent& record) {
  if (limit_reached()) return;
  ++record_count_;
  ++totals_.records[static_cast<std::size_t>(record.type)];
  encoder_.append_record(record, &records);
}

void ResolverStage::outcome(const intent::Outcome& outcome) {
  if (options_.want_outcomes) encoder_.append_outcome(outcome, &outcomes);
}

}  // namespace hashcart::pipeline
