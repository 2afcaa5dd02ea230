#!/usr/bin/env python3
"""Writes src/match/tld_table.cc: the names of the top-level domains, sorted by their UTF-8 bytes.

usage: tools/tld_table.py LIST > src/match/tld_table.cc

LIST is IANA's tlds-alpha-by-domain.txt, or any list of domain suffixes one a line (the ICANN part of
the Public Suffix List, which distributions package): the last label of each line is taken. Names
in ASCII form (xn--...) are written as Unicode; the link grammar accepts every xn-- label anyway.
"""

import sys


def names(lines):
    found = set()
    for line in lines:
        line = line.strip()
        if "END ICANN DOMAINS" in line:
            break
        if not line or line.startswith(("#", "//")):
            continue
        label = line.split()[0].rsplit(".", 1)[-1].lower()
        if label.startswith("xn--"):
            label = label[4:].encode("ascii").decode("punycode")
        found.add(label)
    return sorted(found, key=lambda name: name.encode("utf-8"))


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        tlds = names(file)
    print("// Written by tools/tld_table.py from the public list of top-level domains (IANA root zone).")
    print('#include "match/tld_table.h"\n')
    print("#include <algorithm>\n#include <array>\n")
    print("namespace hashcart::match {\nnamespace {\n")
    print("// clang-format off")
    print(f"constexpr std::array<std::string_view, {len(tlds)}> kTlds = {{")
    line = ""
    for tld in tlds:
        item = f'"{tld}", '
        if len((line + item).encode("utf-8")) > 96:
            print("  " + line.rstrip())
            line = ""
        line += item
    print("  " + line.rstrip() + "\n};")
    print("// clang-format on\n")
    longest = max(len(tld.encode("utf-8")) for tld in tlds)
    print(f"static_assert(kTldBytesMax >= {longest});\n")
    print("}  // namespace\n")
    print("bool is_tld(std::string_view name) noexcept {")
    print("  return std::binary_search(kTlds.begin(), kTlds.end(), name);")
    print("}\n\n}  // namespace hashcart::match")


if __name__ == "__main__":
    main()
