// hashcart extract and hashcart link: what the grammars see, without campaigns. One JSON line per
// post (hashcart.post/1) or URL (hashcart.link/1).
#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <string>
#include <string_view>

#include "app/commands.h"
#include "app/input_setup.h"
#include "app/log.h"
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
  if (product.market < retailer.markets.size()) {
    out.text("market", retailer.markets[product.market].id);
  }
  out.text("id_type", catalogue.id_types[retailer.id_type].id);
  out.text("id", product.id);
  out.text("key", match::product_key(catalogue, product));
  if (with_canonical) out.text_if("canonical", match::canonical_url(catalogue, product));
  out.text_if("affiliate", product.affiliate);
  out.close();
}

std::string_view name(post::Role role) noexcept {
  switch (role) {
    case post::Role::kMain:
      break;
    case post::Role::kRepostOf:
      return "repost_of";
    case post::Role::kQuoteOf:
      return "quote_of";
    case post::Role::kReplyTo:
      return "reply_to";
    case post::Role::kIncluded:
      return "included";
  }
  return "";
}

void put_flags(const post::Post& post, emit::JsonObject* line) {
  const bool is_claimed = post.has_time && !post.time_is_platforms;
  if (!is_claimed && !post.is_edit && !post.author_protected && !post.is_quote && !post.is_repost &&
      !post.truncated) {
    return;
  }
  emit::JsonArray flags = line->array("flags");
  if (is_claimed) flags.text("claimed_time");
  if (post.is_edit) flags.text("edit");
  if (post.author_protected) flags.text("protected");
  if (post.is_quote) flags.text("quote");
  if (post.is_repost) flags.text("repost");
  if (post.truncated) flags.text("truncated");
  flags.close();
}

void put_range(std::uint32_t start, std::uint32_t end, emit::JsonObject* entry) {
  if (start == end) return;
  entry->integer("start", start);
  entry->integer("end", end);
}

void put_links(const post::Post& post, const catalogue::Catalogue& catalogue,
               match::Extractor* extractor, emit::JsonObject* line) {
  emit::JsonArray listed = line->array("links");
  const std::vector<match::FoundLink>& links = extractor->links(post);
  for (std::size_t i = 0; i < extractor->link_count(); ++i) {
    const match::FoundLink& link = links[i];
    emit::JsonObject entry = listed.object();
    entry.text("url", link.url);
    if (link.in_text) {
      put_range(link.start, link.end, &entry);
    } else {
      put_range(post.links[i].start, post.links[i].end, &entry);
    }
    if (link.why == match::LinkWhy::kNone) {
      put_product(catalogue, {link.retailer, link.market, link.id, link.affiliate}, false, &entry);
    } else {
      entry.text("why", match::name(link.why));
    }
    entry.close();
  }
  listed.close();
}

void put_product_tags(const post::Post& post, const match::PatternDb& db, emit::JsonObject* line) {
  if (post.product_tags.empty()) return;
  const catalogue::Catalogue& catalogue = db.catalogue();
  emit::JsonArray listed = line->array("product_tags");
  for (const post::ProductTag& tag : post.product_tags) {
    emit::JsonObject entry = listed.object();
    entry.text("id", tag.id);
    entry.text_if("name", tag.name);
    entry.text_if("price", tag.price);
    if (const auto product = db.tagged_product(post.platform, tag.id)) {
      put_product(catalogue, *product, false, &entry);
    }
    entry.close();
  }
  listed.close();
}

// within: id of the post it stands in, of an embedded one.
void put_post(const post::Post& post, std::string_view within, const match::PatternDb& db,
              match::Extractor* extractor, std::string* out) {
  emit::JsonObject line(out);
  line.text("schema", "hashcart.post/1");
  line.text("dialect", post::name(post.dialect));
  line.text("platform", base::name(post.platform));
  line.text_if("role", name(post.role));
  line.text_if("within", within);
  line.text("id", post.id);
  line.text_if("local_id", post.local_id);
  if (post.is_edit) line.text_if("edit_of", post.chain_id);
  if (post.has_time) line.text("time", base::format_rfc3339(post.time));
  put_flags(post, &line);
  if (!post.author_id.empty() || !post.author_handle.empty()) {
    emit::JsonObject author = line.object("author");
    author.text_if("id", post.author_id);
    author.text_if("handle", post.author_handle);
    author.close();
  }
  line.text_if("reply_to", post.reply_to);
  line.text_if("reply_to_author", post.reply_to_author);
  line.text_if("repost_of", post.repost_of);
  line.text_if("quote_of", post.quote_of);
  line.text_if("lang", post.lang);
  line.text("text", post.text);
  emit::JsonArray tags = line.array("tags");
  for (const match::FoundTag& tag : extractor->tags(post)) {
    emit::JsonObject entry = tags.object();
    entry.text("text", tag.text);
    put_range(tag.start, tag.end, &entry);
    entry.close();
  }
  tags.close();
  put_links(post, db.catalogue(), extractor, &line);
  put_product_tags(post, db, &line);
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
    log::error(sink_->message());
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
  ingest::RecordView record;
  Output output;
  std::uint64_t refused = 0;
  bool wanted = true;
  const StopRequest stop(&source);
  for (bool more = true; more && wanted;) {
    more = source.fill(&chunk) != ingest::FillResult::kEnd;
    ingest::RecordCursor records(&chunk);
    while (wanted && records.next(&record)) {
      if (record.fault != ingest::RecordFault::kNone) {
        ++refused;
        continue;
      }
      if (record.bytes.find_first_not_of(" \t\r\n") == std::string_view::npos) continue;
      reader.read(record, &parsed);
      if (parsed.kind == post::RecordKind::kRejected) ++refused;
      if (parsed.kind != post::RecordKind::kPosts) continue;
      std::size_t main_post = 0;
      for (std::size_t p = 0; p < parsed.post_count; ++p) {
        const post::Post& post = parsed.posts[p];
        if (post.role == post::Role::kMain) {
          main_post = p;
        } else if (!command.embedded) {
          continue;
        }
        const std::string_view within =
            p == main_post ? std::string_view() : parsed.posts[main_post].id;
        put_post(post, within, db, &extractor, &output.text);
      }
      wanted = output.flush_if_full();
    }
    // What a slow input has given is shown at once.
    wanted = wanted && output.flush();
  }
  for (const ingest::InputFault& fault : source.faults()) log::error(fault.message);
  if (refused > 0)
    log::warn(fmt::format("{} lines are no posts of a dialect this program reads", refused));
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
