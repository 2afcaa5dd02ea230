// Amounts of money in a text: `$5`, `$5.00`, `5 €`, `5,50€`.
//
// The sign stands before the digits or, as much of Europe writes it, behind them with or without a
// blank; a point or comma and exactly two digits may follow the whole part. What looks like more of
// a number (`$1,000`, `$5k`, `$5.005`, `US$5`) is no amount: better none than a wrong one. Chirpify
// read donations so (`#donate $5 #smartyplants`); `5 dollars` is no amount.
#pragma once

#include <string_view>

#include "match/hashtag_grammar.h"

namespace hashcart::match {

// The first amount with the sign of the currency (USD, EUR, GBP or JPY), sign included in *out;
// *digits: as they stand in the text, a comma or point before the cents. Cost: linear.
[[nodiscard]] bool find_amount(std::string_view text, std::string_view currency, TextSpan* out,
                               std::string_view* digits) noexcept;

}  // namespace hashcart::match
