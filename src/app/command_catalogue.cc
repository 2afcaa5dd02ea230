// hashcart check, catalogue show and list: whether a catalogue is sound, and what it says.
#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "app/commands.h"
#include "app/setup.h"
#include "emit/json_writer.h"
#include "match/pattern_db.h"

namespace hashcart::app {
namespace {

using catalogue::Diagnostic;
using catalogue::Severity;

std::vector<std::string> or_default(const std::vector<std::string>& paths) {
  return paths.empty() ? std::vector<std::string>{"default"} : paths;
}

void print(std::FILE* to, std::string_view text) { std::fwrite(text.data(), 1, text.size(), to); }

std::string plural(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// One line per fault, for editors and CI.
void print_json(const std::vector<Diagnostic>& faults) {
  for (const Diagnostic& fault : faults) {
    std::string text;
    emit::JsonObject line(&text);
    line.text("schema", "hashcart.diagnostic/1");
    line.text("severity", fault.severity == Severity::kError ? "error" : "warning");
    line.text("code", fault.code);
    line.text("message", fault.message);
    line.text_if("file", fault.where.file);
    if (fault.where.line > 0) {
      line.integer("line", fault.where.line);
      line.integer("column", fault.where.column);
      line.integer("length", fault.length);
    }
    line.text_if("label", fault.label);
    line.text_if("help", fault.help);
    line.close();
    text += '\n';
    print(stdout, text);
  }
}

}  // namespace

ExitCode run_check(const CheckCommand& command) {
  const auto texts = catalogue::read_texts(or_default(command.catalogues));
  const CheckedCatalogue checked = check_texts(texts);
  if (command.format == "json") {
    print_json(checked.diagnostics);
  } else if (!checked.diagnostics.empty()) {
    print(stderr, catalogue::render(checked.diagnostics, texts));
  }
  if (checked.db && command.verbosity.quiet == 0 && command.format != "json") {
    std::size_t hosts = 0;
    for (const catalogue::Retailer& retailer : checked.catalogue->retailers) {
      hosts += retailer.hosts.size() + retailer.short_hosts.size();
    }
    print(stdout, fmt::format("{}, {}, {}; compiled to a scan of {} KiB\n",
                              plural(checked.catalogue->campaigns.size(), "campaign"),
                              plural(checked.catalogue->retailers.size(), "retailer"),
                              plural(hosts, "host"), (checked.db->scan_bytes() + 1023) / 1024));
  }
  if (!checked.ok) return kAnswerIsNo;
  return !checked.diagnostics.empty() && command.deny_warnings ? kAnswerIsNo : kDone;
}

ExitCode run_catalogue(const CatalogueCommand& command) {
  const auto catalogue = load_catalogue(command.catalogues);
  if (!command.list && command.format == "json") {
    print(stdout, catalogue::resolved_json(*catalogue));
    return kDone;
  }
  if (!command.list) {
    fmt::print("# sha256 {}\n", catalogue->sha256);
    print(stdout, catalogue->resolved);
    return kDone;
  }
  for (const catalogue::Campaign& campaign : catalogue->campaigns) {
    std::string triggers;
    for (const std::string& tag : campaign.tags) triggers += (triggers.empty() ? "" : " ") + tag;
    for (const catalogue::RetailerIndex retailer : campaign.on_link) {
      triggers += (triggers.empty() ? "links of " : ", ") + catalogue->retailers[retailer].id;
    }
    fmt::print("campaign  {:<28} rev {:<3} {:<12} {:<14} {}\n", campaign.id, campaign.rev,
               campaign.status == catalogue::Status::kStable       ? "stable"
               : campaign.status == catalogue::Status::kDeprecated ? "deprecated"
                                                                   : "experimental",
               campaign.action, triggers);
  }
  for (const catalogue::Retailer& retailer : catalogue->retailers) {
    std::string markets;
    for (const catalogue::Market& market : retailer.markets) {
      markets += (markets.empty() ? "" : " ") + market.id;
    }
    fmt::print("retailer  {:<28} {:<8} {}\n", retailer.id, catalogue->id_types[retailer.id_type].id,
               markets);
  }
  return kDone;
}

}  // namespace hashcart::app
