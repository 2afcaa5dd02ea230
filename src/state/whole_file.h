// Small duties of a directory whose files are written whole: one is as it was or as it is to be,
// whatever instant the machine stops at; and those with a number can be found. Private to state.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "state/full_medium.h"

namespace hashcart::state {

// Writes the parts, one behind the other, to "<name up to its dot>.tmp", and renames that: write,
// fsync, rename, fsync of the directory. path: the directory's name. medium: may be null. Empty, or
// what failed, as a sentence.
[[nodiscard]] std::string replace_file(int dir, const std::string& path, const std::string& name,
                                       std::initializer_list<std::string_view> parts,
                                       FullMedium* medium);

// All of a file, if it has no more than `bytes_max`. False: errno says why; EFBIG.
[[nodiscard]] bool read_file(int dir, const std::string& name, std::uint64_t bytes_max,
                             std::string* out);

// The numbers of the files "<before><number><behind>", rising. What cannot be read holds none.
[[nodiscard]] std::vector<std::uint64_t> numbers_of(int dir, std::string_view before,
                                                    std::string_view behind = {});

}  // namespace hashcart::state
