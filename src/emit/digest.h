// Digests and ids: SHA-256 of what they name, so that anyone recomputes them.
//
//   printf 'hashcart.intent/1\nx\n<post id>\n<campaign>\n<product key>' | sha256sum | cut -c1-32
//
// Ids with control characters never get here (reject reason bad_id), so joining with "\n" is
// unambiguous. Under --users the post id is the pseudonym (user_mask.h): what is masked in a record
// is masked in what its ids are computed from.
#pragma once

#include <string>
#include <string_view>

namespace hashcart::emit {

// 64 lower-case hex digits.
[[nodiscard]] std::string sha256_hex(std::string_view text);

// intent.key: "k1_" and the first 32 hex digits of SHA-256 over these fields, joined by "\n", after
// "hashcart.intent/1". It names one purchase: all records of it share it.
// opening_id:  of the post that opened it; the first id of its edit chain.
// product_key: "amazon:US:asin:B00EXAMPL1", or empty.
[[nodiscard]] std::string intent_key(std::string_view platform, std::string_view opening_id,
                                     std::string_view campaign_id, std::string_view product_key);

// A record's id: "i1_" and the first 32 hex digits of SHA-256 over "<intent key>\n<type>", the key
// as it stands in the record, with its "k1_".
[[nodiscard]] std::string record_id(std::string_view intent_key, std::string_view type);

// The same from the fields of the key.
[[nodiscard]] std::string record_id(std::string_view platform, std::string_view opening_id,
                                    std::string_view campaign_id, std::string_view product_key,
                                    std::string_view type);

}  // namespace hashcart::emit
