#include "pipeline/resolver_stage.h"

#include <cstdint>
#include <numeric>
#include <string_view>

#include "base/check.h"

namespace hashcart::pipeline {
namespace {

class Silence final : public intent::ResolverOutput {
 public:
  void record(const intent::CartIntent& /*record*/) override {}
  void outcome(const intent::Outcome& /*outcome*/) override {}
};

// One list of the numbers, for both directions.
template <typename Totals, typename Visit>
void for_each_number(Totals& totals, Visit visit) {
  auto& lines = totals.lines;
  for (auto* number : {&lines.total, &lines.blank, &lines.control, &lines.untriggered,
                       &lines.rejected, &lines.triggered}) {
    visit(*number);
  }
  for (auto& number : lines.rejected_by) visit(number);
  visit(totals.input_bytes);
  visit(totals.signals);
  for (auto& number : totals.records) visit(number);
}

}  // namespace

std::vector<std::uint64_t> to_numbers(const StageTotals& totals) {
  std::vector<std::uint64_t> out;
  for_each_number(totals, [&](const std::uint64_t& number) { out.push_back(number); });
  return out;
}

bool from_numbers(std::span<const std::uint64_t> numbers, StageTotals* totals) {
  if (numbers.size() != to_numbers(*totals).size()) return false;
  std::size_t next = 0;
  for_each_number(*totals, [&](std::uint64_t& number) { number = numbers[next++]; });
  return true;
}

bool ResolverStage::apply(const Batch& batch) {
  std::string_view left = batch.signals;
  for (const LineMark& mark : batch.marks) {
    const std::size_t end_left = batch.signals.size() - mark.signals_end;
    while (left.size() > end_left) {
      HASHCART_CHECK(match::decode(&left, &signal_));
      ++totals_.signals;
      resolver_->step(signal_, this);
    }
    if (options_.after_line != nullptr) options_.after_line(options_.context);
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

bool ResolverStage::replay(std::string_view signals, std::uint32_t count) {
  Silence silence;
  std::uint32_t found = 0;
  for (; !signals.empty(); ++found) {
    if (!match::decode(&signals, &signal_)) return false;
    resolver_->step(signal_, &silence);
  }
  return found == count;
}

void ResolverStage::pass_to(const catalogue::Catalogue& catalogue,
                            const emit::RecordEncoder& encoder, std::string* snapshot) {
  resolver_->retire(catalogue, this);
  snapshot->clear();
  resolver_->save(snapshot);
  resolver_ = std::make_unique<intent::Resolver>(catalogue);
  HASHCART_CHECK(resolver_->load(*snapshot));
  encoder_ = &encoder;
}

void ResolverStage::replay_finish(bool expire_pendings) {
  Silence silence;
  resolver_->finish(expire_pendings, &silence);
}

bool ResolverStage::restore(const StageTotals& totals) {
  totals_ = totals;
  sequence_ = std::accumulate(totals.records.begin(), totals.records.end(), std::uint64_t{0});
  return resolver_->stats().records == totals.records;
}

void ResolverStage::finish(bool expire_pendings) { resolver_->finish(expire_pendings, this); }

void ResolverStage::record(const intent::CartIntent& record) {
  if (limit_reached()) return;
  ++totals_.records[static_cast<std::size_t>(record.type)];
  if (++sequence_ <= options_.skip) return;
  encoder_->append_record(record, sequence_, &records);
  see_to(records);
}

void ResolverStage::outcome(const intent::Outcome& outcome) {
  if (!options_.want_outcomes) return;
  encoder_->append_outcome(outcome, &outcomes);
  see_to(outcomes);
}

}  // namespace hashcart::pipeline
