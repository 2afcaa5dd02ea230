#include "emit/schemas.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "base/platform.h"
#include "intent/cart_intent.h"
#include "post/post.h"

namespace hashcart::emit {
namespace {

using nlohmann::json;

json schema(std::string_view name) {
  for (const Schema& schema : schemas()) {
    if (schema.name == name) return json::parse(schema.text);
  }
  ADD_FAILURE() << "no schema " << name;
  return {};
}

// names[from..] as a JSON array.
template <typename Names>
json list(const Names& names, std::size_t from = 0) {
  json out = json::array();
  for (std::size_t i = from; i < names.size(); ++i) out.push_back(std::string(names[i]));
  return out;
}

TEST(Schemas, EachIsOneDocumentThatNamesItself) {
  ASSERT_EQ(schemas().size(), 9U);
  for (const Schema& schema : schemas()) {
    const json parsed = json::parse(schema.text);
    const std::string id = "hashcart." + std::string(schema.name) + "/1";
    EXPECT_EQ(parsed["title"], id);
    if (schema.name != "catalogue") {  // read, not written: it says `format`
      EXPECT_EQ(parsed["properties"]["schema"]["const"], id);
      EXPECT_EQ(parsed["required"][0], "schema");
    }
    EXPECT_EQ(parsed["additionalProperties"], false);
    EXPECT_TRUE(schema.text.ends_with("}\n"));
  }
}

// The closed lists stand in the code; what the schemas say must be the same.
TEST(Schemas, ClosedListsAreThoseOfTheCode) {
  const json types = list(intent::kRecordTypeNames);
  const json outcomes = list(intent::kOutcomeNames);
  const json reasons = list(post::kRejectReasonNames, 1);  // without "none"
  const json dialects = list(post::kDialectNames, 1);      // without "unknown"
  const json platforms = list(base::kPlatformNames);
  EXPECT_EQ(schema("intent")["properties"]["type"]["enum"], types);
  EXPECT_EQ(schema("intent")["$defs"]["platform"]["enum"], platforms);
  EXPECT_EQ(schema("outcome")["properties"]["outcome"]["enum"], outcomes);
  EXPECT_EQ(schema("outcome")["$defs"]["platform"]["enum"], platforms);
  EXPECT_EQ(schema("reject")["properties"]["reason"]["enum"], reasons);
  EXPECT_EQ(schema("post")["properties"]["dialect"]["enum"], dialects);
  EXPECT_EQ(schema("post")["properties"]["platform"]["enum"], platforms);
  EXPECT_EQ(schema("catalogue")["$defs"]["platform"]["enum"], platforms);
  const json stats = schema("stats")["properties"];
  EXPECT_EQ(stats["rejected"]["propertyNames"]["enum"], reasons);
  EXPECT_EQ(stats["outcomes"]["propertyNames"]["enum"], outcomes);
  EXPECT_EQ(stats["records"]["propertyNames"]["enum"], types);
}

}  // namespace
}  // namespace hashcart::emit
