#include "app/subset_match.h"

#include <simdjson.h>

namespace hashcart::app {
namespace {

namespace dom = simdjson::dom;

std::string text_of(const dom::element& element) { return simdjson::minify(element); }

// path: where we are, for the message.
std::string difference(const dom::element& expected, const dom::element& actual,
                       const std::string& path) {
  dom::object object;
  if (expected.get(object) != simdjson::SUCCESS) {
    if (text_of(expected) == text_of(actual)) return {};
    return path + " is " + text_of(actual) + ", expected " + text_of(expected);
  }
  dom::object other;
  if (actual.get(other) != simdjson::SUCCESS) return path + " is no object";
  for (const auto field : object) {
    const std::string name = (path.empty() ? "" : path + ".") + std::string(field.key);
    dom::element value;
    if (other.at_key(field.key).get(value) != simdjson::SUCCESS) return name + " is missing";
    std::string found = difference(field.value, value, name);
    if (!found.empty()) return found;
  }
  return {};
}

}  // namespace

std::string subset_difference(std::string_view expected, std::string_view actual) {
  dom::parser expected_parser;
  dom::parser actual_parser;
  dom::element expected_root;
  dom::element actual_root;
  if (const auto error = expected_parser.parse(expected).get(expected_root)) {
    return std::string("the expectation is no JSON: ") + simdjson::error_message(error);
  }
  if (const auto error = actual_parser.parse(actual).get(actual_root)) {
    return std::string("the record is no JSON: ") + simdjson::error_message(error);
  }
  return difference(expected_root, actual_root, {});
}

}  // namespace hashcart::app
