// Fuzz target: claims, emoji and mentions over any bytes. What they find lies in the text, and the
// scan of the text, folded for words, proposes whatever they find. The first byte picks the
// platform.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "catalogue/catalogue_loader.h"
#include "match/mention_grammar.h"
#include "match/pattern_db.h"

namespace {

using namespace hashcart;

struct World {
  World() : result(catalogue::load_texts({{"kinds.toml", slurp()}})), db(result.catalogue) {}

  static std::string slurp() {
    std::ifstream file(HASHCART_SOURCE_DIR "/fixtures/catalogues/kinds.toml", std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  catalogue::LoadResult result;
  match::PatternDb db;
};

void require(bool holds) {
  if (!holds) std::abort();
}

void require_inside(const match::TextSpan& span, const std::string& text) {
  require(span.start < span.end && span.end <= text.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const World world;
  static match::LiteralScratch scratch = world.db.text_literals().make_scratch();
  require(world.result.ok());
  if (size == 0) return 0;
  const auto platform = static_cast<base::Platform>(data[0] % base::kPlatformCount);
  const std::string text(data + 1, data + size);

  std::string folded;
  match::fold_text(text, platform, &folded);
  const std::uint32_t proposed = world.db.text_literals().scan(folded, &scratch) |
                                 world.db.text_literals().scan(text, &scratch);

  std::vector<match::TextSpan> urls;
  match::find_urls(text, platform, &urls);
  match::Words words;
  match::find_words(text, urls, &words);
  std::uint32_t last = 0;
  for (const match::Word& word : words.words) {
    require(last <= word.start && word.start < word.end && word.end <= text.size());
    require(word.folded_start <= word.folded_end && word.folded_end <= words.folded.size());
    last = word.end;
  }
  match::Claim claim;
  std::vector<match::TextSpan> parts;
  match::TextSpan span;
  for (const catalogue::Campaign& campaign : world.result.catalogue.campaigns) {
    for (const std::string& handle : campaign.mentions) {
      if (match::find_mention(text, platform, handle, &span)) require_inside(span, text);
    }
    if (!campaign.emoji.empty() &&
        match::find_emoji(text, match::bare_emoji(campaign.emoji), &span)) {
      require_inside(span, text);
      require((proposed & match::kEmojiKind) != 0);
    }
    if (!campaign.claim) continue;
    const match::ClaimGrammar grammar(campaign);
    if (!grammar.parse(words, &claim, &parts)) continue;
    require((proposed & match::kWordKind) != 0);
    require(claim.kind != match::ClaimKind::kNone && !parts.empty());
    require(claim.kind == match::ClaimKind::kNotAClaim ||
            (claim.quantity >= 1 && claim.quantity <= match::kQuantityMax));
    for (const std::uint16_t item : claim.items) require(item < campaign.items.size());
    last = 0;
    for (const match::TextSpan& part : parts) {
      require_inside(part, text);
      require(last <= part.start);
      last = part.end;
    }
  }
  return 0;
}
