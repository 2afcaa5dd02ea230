#!/usr/bin/env python3
"""Holds the tree to its shape: who may include whom, where each library stays, how headers look.

    tidy.py [--root DIR]                          arrows, fences, #pragma once, line lengths
    tidy.py [--root DIR] --headers [--compiler C] each header of src/ compiles alone

Prints one line per fault, "file:line: what", and exits 1 if there are any. The tables below are the
rules; src/README.md explains them. A new arrow is a decision, made here.
"""
import argparse
import concurrent.futures
import fnmatch
import os
import pathlib
import re
import subprocess
import sys
import unicodedata

COLUMNS_MAX = 100

# What a module may include besides its own headers: folders ("base/") or single headers. The
# modules stand in the order data flows.
ARROWS = {
    "base": [],
    "catalogue": ["base/"],
    "ingest": ["base/"],
    "post": ["base/", "ingest/chunk.h"],
    "match": ["base/", "catalogue/", "post/post.h", "post/telling_keys.h"],
    "intent": ["base/", "catalogue/", "match/signal.h"],
    "emit": ["base/", "catalogue/", "intent/cart_intent.h"],
    "state": ["base/", "ingest/chunk.h", "ingest/source.h", "emit/sink.h"],
    "pipeline": ["base/", "catalogue/", "ingest/", "post/", "match/", "intent/", "emit/", "state/"],
    "app": ["base/", "catalogue/", "ingest/", "post/", "match/", "intent/", "emit/", "state/",
            "pipeline/"],
}

# Library headers, and the files of src/ that may include them. What is neither here nor part of
# the standard library or the system may not be included at all.
FENCES = [
    ("toml++/*", ["catalogue/toml_document.cc"]),
    ("zstd*.h", ["ingest/*"]),
    ("zlib.h", ["ingest/*"]),
    # app parses its own records to compare them, and names the version in use.
    ("simdjson.h", ["post/*", "app/subset_match.cc", "app/command_misc.cc"]),
    ("hs.h", ["match/literal_set.cc", "match/pattern_db.*", "match/matcher.cc"]),
    ("utf8proc.h", ["match/*"]),
    ("xxhash.h", ["ingest/file_place.cc", "intent/key_hash.cc", "state/files.cc"]),
    ("sodium.h", ["emit/*"]),
    ("boost/lockfree/*", ["pipeline/link.h"]),
    ("boost/container/*", ["match/pattern_db.cc"]),
    ("boost/unordered/*", ["match/*.cc", "match/text_map.h", "intent/*"]),
    ("CLI/*", ["app/*"]),
    ("spdlog/*", ["app/log.cc"]),
    # libstdc++ 12 has no std::format. base stays with the standard library.
    ("fmt/*", [f"{module}/*.cc" for module in ARROWS if module != "base"]),
]

# The C library and the kernel's interface. C++ headers are those without a dot.
SYSTEM = re.compile(r"[a-z_]+|(sys|linux|netinet|arpa)/\w+\.h"
                    r"|(cpuid|dirent|errno|fcntl|fnmatch|glob|immintrin|malloc|poll|pthread|sched|semaphore|signal"
                    r"|stdlib|string|termios|time|unistd)\.h")

INCLUDE = re.compile(r'\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")')


def fence_of(header):
    """The files that may include a library's header, or None if no fence stands around it."""
    for pattern, files in FENCES:
        if fnmatch.fnmatchcase(header, pattern):
            return files
    return None


def include_faults(name, lines):
    """Faults of the includes of src/<name>; yields (line number, what)."""
    module = name.split("/")[0]
    if module not in ARROWS:
        yield 1, f"{module}/ is no module of the table in tools/tidy.py"
        return
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if match is None:
            continue
        system, own = match.groups()
        # A library is fenced in whichever brackets it is written.
        files = fence_of(system or own)
        if files is not None:
            if not any(fnmatch.fnmatchcase(name, file) for file in files):
                yield number, f"<{system or own}> may be included only in {', '.join(files)}"
        elif system is not None:
            if not SYSTEM.fullmatch(system):
                yield number, f"<{system}> has no fence in tools/tidy.py"
        elif "/" not in own or own.startswith(".") or "/../" in own:
            yield number, f'"{own}" is not written from src/'
        elif own.split("/")[0] != module:
            allowed = ARROWS[module]
            if own not in allowed and own.split("/")[0] + "/" not in allowed:
                listed = ", ".join(allowed) or "the standard library"
                yield number, f'{module} may not include "{own}", only {listed}'


def width(line):
    """Columns a line takes, as clang-format counts them: wide characters two, marks none."""
    if line.isascii():
        return len(line)
    columns = 0
    for c in line:
        if unicodedata.category(c) not in ("Mn", "Me", "Cf"):
            columns += 2 if unicodedata.east_asian_width(c) in "WF" else 1
    return columns


def length_faults(lines):
    """Lines that are too long; one with a URL or (part of) a raw string cannot be broken."""
    raw_end = None
    for number, line in enumerate(lines, 1):
        in_raw = raw_end is not None
        at = 0
        while True:
            if raw_end is None:
                start = re.compile(r'\bu?8?R"([^()\\\s]{0,16})\(').search(line, at)
                if start is None:
                    break
                in_raw = True
                raw_end = ")" + start[1] + '"'
                at = start.end()
            found = line.find(raw_end, at)
            if found < 0:
                break
            at = found + len(raw_end)
            raw_end = None
        columns = width(line)
        if columns > COLUMNS_MAX and not in_raw and "://" not in line:
            yield number, f"{columns} columns, more than {COLUMNS_MAX}"


def sources(root, folder):
    return sorted(path for path in (root / folder).rglob("*") if path.suffix in (".h", ".cc"))


def shape_faults(root):
    faults = []
    for folder in ("src", "tests", "bench"):
        for path in sources(root, folder):
            name = path.relative_to(root)
            try:
                lines = path.read_text(encoding="utf-8").splitlines()
            except UnicodeDecodeError as error:
                faults.append(f"{name}:1: is not UTF-8: {error}")
                continue
            found = list(length_faults(lines))
            if folder == "src":
                found += include_faults(path.relative_to(root / "src").as_posix(), lines)
            if path.suffix == ".h" and "#pragma once" not in lines:
                found.append((1, "a header without #pragma once"))
            faults += [f"{name}:{number}: {what}" for number, what in sorted(found)]
    return faults


def header_faults(root, compiler):
    """Headers that do not compile alone. The compiler is asked once per header, on every core."""

    def compile_alone(path):
        command = [*compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror",
                   '-DHASHCART_VERSION="0"',  # the one definition the build adds (src/app)
                   "-I", str(root / "src"), "-x", "c++", "-"]
        # Included, not compiled as the main file, where #pragma once warns.
        text = f'#include "{path.relative_to(root / "src").as_posix()}"\n'
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return []
        return [f"{path.relative_to(root)}:1: does not compile alone\n{done.stderr.rstrip()}"]

    headers = [path for path in sources(root, "src") if path.suffix == ".h"]
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return [fault for faults in pool.map(compile_alone, headers) for fault in faults]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--headers", action="store_true", help="compile each header alone")
    parser.add_argument("--compiler", default="g++", help="with its leading options, if any")
    options = parser.parse_args()
    if not (options.root / "src").is_dir():
        parser.error(f"{options.root} has no src/")
    if options.headers:
        faults = header_faults(options.root, options.compiler.split())
    else:
        faults = shape_faults(options.root)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
