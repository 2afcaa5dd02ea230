// Fuzz target: links, tags and folding over any bytes. The first byte picks the platform.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/platform.h"
#include "base/utf8.h"
#include "match/hashtag_grammar.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// Neither side of the cut is inside a well-formed sequence.
void require_boundary(std::string_view text, std::size_t at) {
  for (std::size_t back = 1; back <= 3 && back <= at; ++back) {
    require(hashcart::base::decode_at(text, at - back).size <= back);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace match = hashcart::match;
  if (size == 0) return 0;
  const auto platform =
      static_cast<hashcart::base::Platform>(data[0] % hashcart::base::kPlatformCount);
  const std::string text(data + 1, data + size);

  std::vector<match::TextSpan> urls;
  match::find_urls(text, platform, &urls);
  std::size_t end = 0;
  for (const match::TextSpan& url : urls) {
    require(end <= url.start && url.start < url.end && url.end <= text.size());
    require_boundary(text, url.start);
    require_boundary(text, url.end);
    end = url.end;
  }

  std::vector<match::TagSpan> tags;
  match::find_tags(text, platform, urls, &tags);
  std::string haystack;
  match::fold_text(text, platform, &haystack);
  std::string needle;
  end = 0;
  for (const match::TagSpan& tag : tags) {
    require(end <= tag.start && tag.start < tag.text_start && tag.text_start < tag.text_end &&
            tag.text_end <= tag.end && tag.end <= text.size());
    require_boundary(text, tag.start);
    require_boundary(text, tag.text_start);
    require_boundary(text, tag.text_end);
    require_boundary(text, tag.end);
    end = tag.end;
    const std::string_view body =
        std::string_view(text).substr(tag.text_start, tag.text_end - tag.text_start);
    require(hashcart::base::is_valid_utf8(body));
    match::fold_tag(body, platform, &needle);
    require(haystack.find(needle) != std::string::npos);
  }
  return 0;
}
