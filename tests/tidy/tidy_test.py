#!/usr/bin/env python3
"""tools/tidy.py finds what it is there to find: each case is a small tree with one fault, or none."""
import importlib.util
import pathlib
import sys
import tempfile
import unittest

TIDY = pathlib.Path(__file__).resolve().parents[2] / "tools" / "tidy.py"


def load_tidy(path):
    spec = importlib.util.spec_from_file_location("tidy", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Tidy(unittest.TestCase):
    def faults(self, files, compiler=None):
        """The faults of a tree of {path: text}; with a compiler, those of its headers alone."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in files.items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            if compiler is not None:
                return tidy.header_faults(root, compiler)
            return tidy.shape_faults(root)

    def assert_clean(self, name, line):
        self.assertEqual(self.faults({name: line + "\n"}), [])

    def assert_fault(self, name, line, part):
        faults = self.faults({name: "\n" + line + "\n"})
        self.assertEqual(len(faults), 1, faults)
        self.assertTrue(faults[0].startswith(name + ":2: "), faults)
        self.assertIn(part, faults[0])

    def test_arrows_of_the_table_are_allowed(self):
        for name, header in [("base/a.cc", "base/utf8.h"), ("catalogue/a.cc", "base/utf8.h"),
                             ("post/a.cc", "ingest/chunk.h"), ("match/a.cc", "post/post.h"),
                             ("match/a.cc", "catalogue/catalogue.h"),
                             ("intent/a.cc", "match/signal.h"),
                             ("emit/a.cc", "intent/cart_intent.h"),
                             ("pipeline/a.cc", "ingest/source.h"),
                             ("app/a.cc", "pipeline/pipeline.h")]:
            self.assert_clean("src/" + name, f'#include "{header}"')

    def test_other_arrows_are_not(self):
        for name, header in [("base/a.cc", "catalogue/catalogue.h"),
                             ("catalogue/a.cc", "post/post.h"), ("ingest/a.cc", "post/post.h"),
                             ("post/a.cc", "ingest/source.h"), ("post/a.cc", "match/signal.h"),
                             ("match/a.cc", "post/post_reader.h"), ("match/a.cc", "ingest/chunk.h"),
                             ("intent/a.cc", "match/matcher.h"), ("intent/a.cc", "post/post.h"),
                             ("emit/a.cc", "intent/resolver.h"), ("emit/a.cc", "match/signal.h"),
                             ("pipeline/a.cc", "app/setup.h")]:
            self.assert_fault("src/" + name, f'#include "{header}"', "may not include")

    def test_libraries_stay_inside_their_fences(self):
        for name, header in [("catalogue/toml_document.cc", "toml++/toml.h"),
                             ("ingest/a.cc", "zlib.h"), ("ingest/a.cc", "zstd.h"),
                             ("post/dialect.h", "simdjson.h"), ("match/literal_set.cc", "hs.h"),
                             ("match/a.cc", "utf8proc.h"), ("intent/key_hash.cc", "xxhash.h"),
                             ("emit/a.cc", "sodium.h"), ("app/a.cc", "CLI/CLI.hpp"),
                             ("pipeline/link.h", "boost/lockfree/spsc_queue.hpp"),
                             ("app/log.cc", "spdlog/spdlog.h"), ("emit/a.cc", "fmt/format.h")]:
            self.assert_clean("src/" + name, f"#pragma once\n#include <{header}>")
        for name, header in [("catalogue/loader.cc", "toml++/toml.h"), ("post/a.cc", "zlib.h"),
                             ("emit/a.cc", "zstd.h"), ("match/a.cc", "simdjson.h"),
                             ("match/tag_fold.cc", "hs.h"), ("post/a.cc", "utf8proc.h"),
                             ("intent/a.cc", "xxhash.h"), ("intent/a.cc", "sodium.h"),
                             ("pipeline/a.cc", "boost/lockfree/queue.hpp"),
                             ("pipeline/a.cc", "CLI/CLI.hpp"), ("app/a.cc", "spdlog/spdlog.h"),
                             ("base/a.cc", "fmt/format.h")]:
            self.assert_fault("src/" + name, f"#include <{header}>", "may be included only in")
            self.assert_fault("src/" + name, f'# include "{header}"', "may be included only in")
        self.assertEqual(len(self.faults({"src/emit/a.h": "#pragma once\n#include <fmt/core.h>\n"})),
                         1)  # only sources may

    def test_unknown_libraries_are_faults(self):
        self.assert_fault("src/app/a.cc", "#include <boost/url.hpp>", "has no fence")
        self.assert_fault("src/app/a.cc", "#include <curl/curl.h>", "has no fence")
        for header in ["vector", "string_view", "sys/mman.h", "unistd.h"]:
            self.assert_clean("src/base/a.cc", f"#include <{header}>")

    def test_own_headers_are_written_from_src(self):
        self.assert_fault("src/app/a.cc", '#include "setup.h"', "not written from src/")
        self.assert_fault("src/app/a.cc", '#include "../base/utf8.h"', "not written from src/")

    def test_new_folders_need_a_row(self):
        faults = self.faults({"src/util/a.cc": "\n"})
        self.assertEqual(faults, ["src/util/a.cc:1: util/ is no module of the table in "
                                  "tools/tidy.py"])

    def test_headers_have_pragma_once(self):
        self.assertEqual(self.faults({"src/base/a.h": "int f();\n"}),
                         ["src/base/a.h:1: a header without #pragma once"])
        self.assertEqual(self.faults({"src/base/a.h": "#pragma once\nint f();\n"}), [])

    def test_lines_are_short(self):
        self.assert_clean("tests/base/a.cc", "// " + "x" * 97)
        self.assert_fault("tests/base/a.cc", "// " + "x" * 98, "101 columns")
        self.assert_clean("bench/a.cc", "// " + "é" * 97)
        self.assert_fault("bench/a.cc", "// " + "日" * 49, "101 columns")
        self.assert_clean("src/base/a.cc", "// https://example.com/" + "x" * 100)

    def test_raw_strings_may_be_long(self):
        long = "x" * 120
        self.assert_clean("tests/base/a.cc", f'auto a = R"({long})";')
        self.assert_clean("tests/base/a.cc", f'auto a = R"x(\n{long} )"\n{long})x";')
        self.assert_fault("tests/base/a.cc", f'auto a = "{long}";', "columns")
        faults = self.faults({"tests/base/a.cc": f'auto a = R"(\n)";\n// {long}\n'})
        self.assertEqual(len(faults), 1)

    def test_headers_compile_alone(self):
        files = {"src/base/good.h": "#pragma once\n#include <string>\nstd::string f();\n",
                 "src/base/bad.h": "#pragma once\nstd::string f();\n"}
        faults = self.faults(files, ["g++"])
        self.assertEqual(len(faults), 1, faults)
        self.assertTrue(faults[0].startswith("src/base/bad.h:1: does not compile alone"), faults)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    tidy = load_tidy(TIDY)
    unittest.main()
