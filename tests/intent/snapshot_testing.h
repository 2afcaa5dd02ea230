// What holds of any bytes that are loaded as a snapshot, for the tests and the fuzz target.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "intent/resolver.h"
#include "intent/simulator/scenario.h"
#include "intent/snapshot_archive.h"

namespace hashcart::intent::testing {

class Silence final : public ResolverOutput {
 public:
  void record(const CartIntent& /*record*/) override {}
  void outcome(const Outcome& /*outcome*/) override {}
};

inline std::string saved(const Resolver& resolver) {
  std::string out;
  resolver.save(&out);
  return out;
}

// The part of every snapshot under a catalogue that does not depend on what happened.
inline std::string snapshot_head(const catalogue::Catalogue& catalogue) {
  std::string out;
  SnapshotWriter writer(&out);
  writer.number(1U);
  const CatalogueNames names = names_of(catalogue);
  names_fields(writer, names);
  return out;
}

// Loads bytes that need not be a snapshot, and has whatever loads live through a scenario. Empty,
// or what is wrong with that. *was_loaded: whether they were taken.
inline std::string fault_of_loading(const simulator::Scenario& scenario, std::string_view bytes,
                                    bool* was_loaded) {
  auto resolver = std::make_unique<Resolver>(scenario.catalogue);
  *was_loaded = resolver->load(bytes);
  if (!*was_loaded) return {};
  const std::string first = saved(*resolver);
  // Names of another catalogue are not kept; where they are ours, nothing may change.
  if (bytes.starts_with(snapshot_head(scenario.catalogue)) && first != bytes) {
    return "is saved otherwise than it was loaded";
  }
  Resolver again(scenario.catalogue);
  if (!again.load(first)) return "what it saves cannot be loaded";
  if (saved(again) != first) return "saves otherwise the second time";
  Silence silence;
  for (const match::Signal& signal : scenario.steps) resolver->step(signal, &silence);
  resolver->finish(true, &silence);
  if (!resolver->stats().balanced()) return "the books do not balance behind it";
  Resolver last(scenario.catalogue);
  return last.load(saved(*resolver)) ? std::string() : "what it comes to cannot be loaded";
}

}  // namespace hashcart::intent::testing
