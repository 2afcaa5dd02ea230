// hashcart extract and hashcart link: what the grammars see, without campaigns. One JSON line per
// post (hashcart.post/1) or URL (hashcart.link/1).
#include <spdlog/spdlog.h>

#include <iostream>
#include <memory>
#include <string>
#include <string_view>

#include "app/commands.h"
#include "app/input_setup.h"
#include "app/lookup_files.h"
#include "app/setup.h"
#include "app/stop_request.h"
#include "emit/json_writer.h"
#include "emit/sink.h"
#include "ingest/source.h"
#include "match/extractor.h"
#include "match/pattern_db.h"
#include "post/post_reader.h"

namespace hashcart::app {
namespace {

constexpr std::size_t kOutBytes = 64U << 10U;

void put_product(const catalogue::Catalogue& catalogue, const match::ProductRef& product,
                 bool with_canonical, emit::JsonObject* parent) {
  const catalogue::Retailer& retailer = catalogue.retailers[product.retailer];
  emit::JsonObject out = parent->object("product");
  out.text("retailer", retailer.id);
  out.text("market", retailer.markets[product.market].id);
  out.text("id_type", catalogue.id_types[retailer.id_type].id);
  out.text("id", product.id);
  out.text("key", match::product_key(catalogue, product));
  if (with_canonical) out.text_if("canonical", match::canonical_url(catalogue, product));
  out.text_if("affiliate", product.affiliate);
  out.close();
}

void put_post(const post::Post& post, const catalogue::Catalogue& catalogue,
              match::Extractor* extractor, std::string* out) {
  emit::JsonObject line(out);
  line.text("schema", "hashcart.post/1");
  line.text("dialect", post::name(post.dialect));
  line.text("platform", base::name(post.platform));
  line.text("id", post.id);
  line.text_if("local_id", post.local_id);
  if (post.has_time) line.text("time", base::format_rfc3339(post.time));
  if (!post.author_id.empty() || !post.author_handle.empty()) {
    emit::JsonObject author = line.object("author");
    author.text_if("id", post.author_id);
    author.text_if("handle", post.author_handle);
    author.close();
  }
  line.text_if("reply_to", post.reply_to);
  line.text_if("repost_of", post.repost_of);
  line.text_if("quote_of", post.quote_of);
  line.text("text", post.text);
  emit::JsonArray tags = line.array("tags");
  for (const match::FoundTag& tag : extractor->tags(post)) {
    emit::JsonObject entry = tags.object();
    entry.text("text", tag.text);
    if (tag.start != tag.end) {
      entry.integer("start", tag.start);
      entry.integer("end", tag.end);
    }
    entry.close();
  }
  tags.close();
  emit::JsonArray listed = line.array("links");
  const std::vector<match::FoundLink>& links = extractor->links(post);
  for (std::size_t i = 0; i < extractor->link_count(); ++i) {
    const match::FoundLink& link = links[i];
    emit::JsonObject entry = listed.object();
    entry.text("url", link.url);
    if (link.why == match::LinkWhy::kNone) {
      put_product(catalogue, {link.retailer, link.market, link.id, link.affiliate}, false, &entry);
    }
    entry.close();
  }
  listed.close();
  line.close();
  out->push_back('\n');
}

// Standard output in blocks; false once the reader is gone or the disk is full.
class Output {
 public:
  [[nodiscard]] bool flush() {
    if (status_ == emit::SinkStatus::kOk && !text.empty()) status_ = sink_->write(text);
    text.clear();
    return status_ == emit::SinkStatus::kOk;
  }
  [[nodiscard]] bool flush_if_full() { return text.size() < kOutBytes || flush(); }

  [[nodiscard]] ExitCode finish() {
    if (flush()) status_ = sink_->finish();
    if (status_ != emit::SinkStatus::kFailed) return kDone;
    spdlog::error("{}", sink_->message());
    return kInputOutput;
  }

  std::string text;

 private:
  std::unique_ptr<emit::Sink> sink_ = emit::open_sink("-");
  emit::SinkStatus status_ = emit::SinkStatus::kOk;
};

std::unique_ptr<FileExpansions> expansions_option(const std::string& path) {
  return path.empty() ? nullptr : std::make_unique<FileExpansions>(path);
}

void put_link(std::string_view url, const match::LinkTable& table,
              const catalogue::Catalogue& catalogue, const FileExpansions* expansions,
              match::LinkScratch* scratch, std::string* out) {
  match::LinkVerdict verdict = table.classify(url, false, scratch);
  if (verdict.why == match::LinkWhy::kNotAUrl) {
    // A person leaves the scheme out: `hashcart link amazon.com/dp/B00EXAMPL1`.
    const match::LinkVerdict bare = table.classify(url, true, scratch);
    if (bare.why == match::LinkWhy::kNone || bare.why == match::LinkWhy::kShortLink) verdict = bare;
  }
  if (verdict.why != match::LinkWhy::kNone && expansions != nullptr) {
    const std::string_view target = expansions->expand(url);
    if (!target.empty()) verdict = table.classify(target, false, scratch);
  }
  emit::JsonObject line(out);
  line.text("schema", "hashcart.link/1");
  line.text("url", url);
  if (verdict.why == match::LinkWhy::kNone) {
    put_product(catalogue, verdict.product, true, &line);
  } else {
    line.text("why", match::name(verdict.why));
  }
  line.close();
  out->push_back('\n');
}

}  // namespace

ExitCode run_extract(const ExtractCommand& command) {
  const auto catalogue = load_catalogue(command.catalogues);
  const auto expansions = expansions_option(command.links);
  const match::PatternDb db(*catalogue);
  match::Extractor extractor(db, expansions.get());
  ingest::Source source(source_options(command.input, catalogue->limits.record_bytes_max));
  post::PostReader reader({.forced = dialect_option(command.input.dialect)});
  post::ParsedRecord parsed;
  ingest::Chunk chunk(256U << 10U);
  Output output;
  std::uint64_t refused = 0;
  bool wanted = true;
  const StopRequest stop(&source);
  for (bool more = true; more && wanted;) {
    more = source.fill(&chunk) != ingest::FillResult::kEnd;
    for (std::size_t i = 0; i < chunk.size() && wanted; ++i) {
      const ingest::RecordView record = chunk.record(i);
      if (record.fault != ingest::RecordFault::kNone) {
        ++refused;
        continue;
      }
      if (record.bytes.find_first_not_of(" \t\r\n") == std::string_view::npos) continue;
      reader.read(record, &parsed);
      if (parsed.kind == post::RecordKind::kRejected) ++refused;
      if (parsed.kind != post::RecordKind::kPosts) continue;
      for (std::size_t p = 0; p < parsed.post_count; ++p) {
        const post::Post& post = parsed.posts[p];
        if (post.role != post::Role::kMain && !command.embedded) continue;
        put_post(post, *catalogue, &extractor, &output.text);
      }
      wanted = output.flush_if_full();
    }
    // What a slow input has given is shown at once.
    wanted = wanted && output.flush();
  }
  for (const ingest::InputFault& fault : source.faults()) spdlog::error("{}", fault.message);
  if (refused > 0) spdlog::warn("{} lines are no posts of a dialect this program reads", refused);
  if (const ExitCode code = output.finish(); code != kDone) return code;
  if (StopRequest::exit_code() != kDone) return StopRequest::exit_code();
  for (const ingest::InputFault& fault : source.faults()) {
    if (fault.kind == ingest::InputFaultKind::kBrokeOff) return kInputOutput;
  }
  return source.faults().empty() ? kDone : kInputNotOpened;
}

ExitCode run_link(const LinkCommand& command) {
  const auto catalogue = load_catalogue(command.catalogues);
  const auto expansions = expansions_option(command.links);
  const match::LinkTable table(*catalogue);
  match::LinkScratch scratch;
  Output output;
  bool wanted = true;
  for (const std::string& argument : command.urls) {
    if (argument != "-") {
      put_link(argument, table, *catalogue, expansions.get(), &scratch, &output.text);
      continue;
    }
    std::string line;
    while (wanted && std::getline(std::cin, line)) {
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (line.empty()) continue;
      put_link(line, table, *catalogue, expansions.get(), &scratch, &output.text);
      wanted = std::cin.rdbuf()->in_avail() > 0 ? output.flush_if_full() : output.flush();
    }
  }
  return output.finish();
}

}  // namespace hashcart::app
