#!/usr/bin/env python3
"""--memory: what a run may take at most is more than it takes, whatever ids and texts a stream is made of.

    memory.py HASHCART
"""
import json
import pathlib
import re
import resource
import subprocess
import sys
import unittest

import scratch

BINARY = None
CAPACITY = 4000
ID_BYTES_MAX = 512  # longer ones are rejected (bad_id)
CATALOGUE = f"""
format = 1
[catalogue]
id = "memory"
version = "1"
retailers = "default"
[limits]
remember_posts = {CAPACITY}
pending_max = {CAPACITY}
record_bytes_max = "256 KiB"
[[campaign]]
id = "cart"
rev = 1
tag = "#Cart"
action = "cart.add"
when = ["reply"]
product = {{ from = ["amazon:US"], link = ["parent", "self"] }}
hits = ["#cart"]
[[campaign]]
id = "buy"
rev = 1
tag = "#Buy"
action = "order"
product = {{ retailer = "amazon", market = "US", id = "B00EXAMPL1" }}
hits = ["#buy"]
[campaign.confirm]
tag = "#Yes"
within = "15m"
"""


def stream(count, id_bytes, text_bytes):
    """Parents, replies that wait, replies with a link, pendings and their confirms: each with ids of its own."""
    text = "x" * text_bytes
    for n in range(count):
        def ident(kind):
            return f"{kind}{n}-".ljust(id_bytes, "i")
        at = f"2025-01-01T00:{n // 60_000 % 60:02}:{n // 1000 % 60:02}.{n % 1000:03}Z"
        link = " https://www.amazon.com/dp/B00EXAMPL1"
        for post in ({"id": ident("p"), "user": ident("s"), "text": text + link},
                     {"id": ident("w"), "user": ident("a"), "text": text + " #Cart", "reply_to": ident("gone")},
                     {"id": ident("r"), "user": ident("b"), "text": text + " #Cart", "reply_to": ident("p")},
                     {"id": ident("o"), "user": ident("c"), "text": text + " #Buy"},
                     {"id": ident("q"), "user": ident("d"), "text": text + " #Buy"},
                     {"id": ident("y"), "user": ident("d"), "text": text + " #Yes"}):
            yield json.dumps(post | {"at": at, "platform": "other"}) + "\n"


class Memory(scratch.ScratchTest):
    def peak(self, lines, *more):
        """Bytes that were resident at most, and the statistics."""
        code = ("import resource, subprocess, sys\n"
                "done = subprocess.run(sys.argv[1:], stdin=sys.stdin, stdout=subprocess.DEVNULL)\n"
                "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, done.returncode)")
        stats = self.path / "stats"
        command = [BINARY, "match", "-q", "-c", self.catalogue, "--with-text", "--stats-file", str(stats), *more]
        process = subprocess.Popen([sys.executable, "-c", code, *command], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
        for line in lines:
            process.stdin.write(line)
        out, _ = process.communicate()
        kilobytes, returned = map(int, out.split())
        self.assertEqual(returned, 0)
        return kilobytes * 1024, json.loads(stats.read_text())

    def setUp(self):
        super().setUp()
        self.catalogue = self.file("memory.toml", CATALOGUE)

    def tables_at_most(self):
        done = subprocess.run([BINARY, "match", "-c", self.catalogue, "--memory", "1MiB"], input=b"",
                              capture_output=True)
        self.assertEqual(done.returncode, 78, done.stderr)
        return float(re.search(rb"tables ([0-9.]+) GiB", done.stderr)[1]) * 2**30

    def test_tables_take_what_is_said_at_most(self):
        limit = self.tables_at_most()
        empty, _ = self.peak(["\n"])
        for id_bytes, text_bytes in ((20, 20), (ID_BYTES_MAX, 100), (20, 5000), (200, 1000)):
            with self.subTest(id_bytes=id_bytes, text_bytes=text_bytes):
                lines = list(stream(CAPACITY * 3 // 2, id_bytes, text_bytes))
                once, stats = self.peak(lines)
                tables = stats["tables"]
                self.assertGreater(tables["intents"]["evictions"], 0)
                for name, table in tables.items():
                    self.assertLessEqual(table["size"], CAPACITY)
                    self.assertLessEqual(table["bytes"], max(4 << 20, CAPACITY * 4096), name)
                self.assertLess(once - empty, limit)
                # More of the same takes no more.
                more, _ = self.peak(lines + list(stream(CAPACITY * 3, id_bytes + 1, text_bytes)))
                print(f"ids of {id_bytes}, texts of {text_bytes}: {(once - empty) / 2**20:.0f} MiB, "
                      f"then {(more - empty) / 2**20:.0f} of {limit / 2**20:.0f}", file=sys.stderr)
                self.assertLess(more, once * 1.15 + (8 << 20))

    def test_what_is_long_leaves_room_by_leaving_first(self):
        # Entries that hold far more than 4 KiB on average: fewer of them, and each one that left is told.
        _, stats = self.peak(stream(CAPACITY, 20, 60_000))
        tables = stats["tables"]
        self.assertLess(tables["pending"]["size"], CAPACITY // 4)
        self.assertGreater(stats["pendings"]["expired"], CAPACITY // 2)
        self.assertEqual(stats["pendings"]["opened"], stats["pendings"]["confirmed"] + stats["pendings"]["expired"]
                         + stats["pendings"]["retracted"] + stats["pendings"]["open"])

    def test_it_refuses_and_tells_what_would_do(self):
        command = [BINARY, "match", "--memory", "8GiB"]
        done = subprocess.run(command, input="", capture_output=True, text=True)
        self.assertEqual(done.returncode, 78, done.stderr)
        fits = re.search(r"with \[limits\] remember_posts = (\d+) and pending_max = (\d+) it fits", done.stderr)
        self.assertIsNotNone(fits, done.stderr)
        catalogue = self.file("c.toml", 'format = 1\n[catalogue]\nid = "c"\nversion = "1"\nretailers = "default"\n'
                                        f"[limits]\nremember_posts = {fits[1]}\npending_max = {fits[2]}\n")
        done = subprocess.run([*command, "-c", catalogue, "-v"], input="", capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("at most", done.stderr)
        # What decompresses is held to it as well.
        # RFC 8878: a frame with a window of 2 GiB, and one raw block of three bytes.
        frame = bytes.fromhex("28b52ffd 00 a8 190000") + b"{}\n"
        self.assertEqual(subprocess.run([BINARY, "match"], input=frame, capture_output=True).returncode, 0)
        done = subprocess.run([*command, "-c", catalogue], input=frame, capture_output=True)
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertIn(b"asks for a larger zstd window than is allowed (--memory)", done.stderr)
        for wrong in ("lots", "-1", "8QB"):
            done = subprocess.run([BINARY, "match", "--memory", wrong], input=b"", capture_output=True)
            self.assertEqual(done.returncode, 2, wrong)


if __name__ == "__main__":
    BINARY = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
