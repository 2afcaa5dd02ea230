#!/usr/bin/env python3
"""The manners of the command line: exit codes, closed pipes, broken inputs, signals, flushing.

    manners.py HASHCART FIXTURES_DIR
"""
import gzip
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

import scratch

BINARY = FIXTURES = None


def post(n, text, **more):
    return json.dumps({"id": str(n), "user": more.pop("user", "ann"), "at": f"2024-05-06T10:{n % 60:02d}:00Z",
                       "text": text, **more}) + "\n"


PARENT = post(1, "new! https://www.amazon.com/dp/B00EXAMPL1", user="shop")
REPLY = post(2, "yes #AmazonCart", reply_to="1")


def run(*args, data=None, **more):
    if isinstance(data, str):
        data = data.encode()
    return subprocess.run([BINARY, *args], input=data if data is not None else b"", capture_output=True, timeout=60,
                          **more)


class Manners(scratch.ScratchTest):
    def test_a_link_to_another_output_is_that_output(self):
        os.symlink("target", self.path / "link")
        done = run("match", "-q", "-o", str(self.path / "target"), "--outcomes", str(self.path / "link"))
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertFalse((self.path / "target").exists())

    def test_skip_goes_on_with_input_that_is_given_again(self):
        def match(*more):
            done = subprocess.run([BINARY, "match", "-q", *more, str(FIXTURES / "posts" / "demo.ndjson")],
                                  capture_output=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout.splitlines(keepends=True)

        whole = match()
        self.assertGreater(len(whole), 4)
        for had in (0, 1, 3, len(whole), len(whole) + 5):
            self.assertEqual(match("--skip", str(had)), whole[had:])
        self.assertEqual(match("--skip", "2", "-n", "1"), whole[2:3])
        for bad in ("-1", "x", "1.5"):
            self.assertEqual(run("match", "--skip", bad).returncode, 2, bad)
        # What is skipped counts all the same.
        stats = [self.path / "a", self.path / "b"]
        match("--stats-file", str(stats[0]))
        match("--skip", "3", "--stats-file", str(stats[1]))
        said = [json.loads(path.read_bytes()) for path in stats]
        self.assertEqual(said[0]["records"], said[1]["records"])

    def test_stdin_to_stdout(self):
        done = run("match", data=PARENT + REPLY)
        self.assertEqual(done.returncode, 0, done.stderr)
        record = json.loads(done.stdout)
        self.assertEqual(record["type"], "intent.created")
        self.assertEqual(record["product"]["key"], "amazon:US:asin:B00EXAMPL1")
        self.assertEqual(record["origin"]["input"], "-")
        self.assertEqual(done.stderr, b"")

    def test_exit_status_flag(self):
        self.assertEqual(run("match", "-e", data=PARENT).returncode, 1)
        self.assertEqual(run("match", "-e", data=PARENT + REPLY).returncode, 0)

    def test_wrong_usage_is_2(self):
        for args in (["match", "--no-such-flag"], ["match", "--flush", "soon", "-"], ["nonsense"], [],
                     ["match", "--since", "yesterday", "-"], ["match", "--dialect", "x-v9", "-"],
                     ["match", "--allow-bad", "some", "-"], ["match", "-n", "0", "-"],
                     ["match", "--campaign", "no-such-*", "-"], ["match", "--stats=loud", "-"], ["explain", "-"]):
            done = run(*args)
            self.assertEqual(done.returncode, 2, args)
            self.assertTrue(done.stderr.startswith(b"hashcart: "), done.stderr)
            self.assertEqual(done.stdout, b"")

    def test_missing_file_is_66_and_the_others_are_read(self):
        good = self.file("good.ndjson", PARENT + REPLY)
        done = run("match", str(self.path / "none.ndjson"), good)
        self.assertEqual(done.returncode, 66)
        self.assertIn(b"none.ndjson", done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), 1)

    def test_directory_as_input_is_66(self):
        done = run("match", str(self.path))
        self.assertEqual(done.returncode, 66)
        self.assertIn(b"directory", done.stderr)

    def test_truncated_gzip_is_74_with_what_could_be_read(self):
        whole = gzip.compress((PARENT + REPLY + post(3, "x" * 100) * 2000).encode())
        done = run("match", self.file("cut.gz", whole[:-20]))
        self.assertEqual(done.returncode, 74)
        self.assertIn(b"cut.gz", done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), 1)

    def test_gzip_members_and_zstd_frames(self):
        both = gzip.compress(PARENT.encode()) + gzip.compress(REPLY.encode())
        self.assertEqual(len(run("match", data=both).stdout.splitlines()), 1)
        if subprocess.run(["sh", "-c", "command -v zstd"], capture_output=True).returncode == 0:
            frames = b"".join(subprocess.run(["zstd", "-q", "-c"], input=t.encode(), capture_output=True).stdout
                              for t in (PARENT, REPLY))
            self.assertEqual(len(run("match", self.file("frames", frames)).stdout.splitlines()), 1)

    def test_bad_lines_are_counted_and_the_stream_goes_on(self):
        lines = ["{\"broken\": #AmazonCart\n", "[" * 5000 + "#AmazonCart\n", "\"#AmazonCart\"\n", "{}\n", "\n", "\xff#AmazonCart\n"]
        data = (PARENT + "".join(lines)).encode("latin-1") + REPLY.encode()
        rejects = str(self.path / "rejects")
        done = run("match", "--rejects", rejects, "--stats=json", data=data)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(len(done.stdout.splitlines()), 1)
        stats = json.loads(done.stderr.splitlines()[-1])
        reasons = [json.loads(l)["reason"] for l in pathlib.Path(rejects).read_text().splitlines()]
        self.assertEqual(stats["lines"]["total"], 8)
        self.assertEqual(stats["lines"]["rejected"], len(reasons))
        self.assertEqual(len(reasons), 4)
        self.assertEqual(stats["lines"]["blank"], 1)
        self.assertEqual(run("match", "--strict", data=data).returncode, 65)
        self.assertEqual(run("match", "--allow-bad", "4", data=data).returncode, 0)
        self.assertEqual(run("match", "--allow-bad", "3", data=data).returncode, 65)
        self.assertEqual(run("match", "--allow-bad", "60%", data=data).returncode, 0)

    def test_a_line_of_100_megabytes_is_one_reject(self):
        big = b'{"id":"7","text":"' + b"#AmazonCart " * (100_000_000 // 12) + b'"}\n'
        done = run("match", "--stats=json", data=PARENT.encode() + big + REPLY.encode())
        self.assertEqual(done.returncode, 0)
        stats = json.loads(done.stderr.splitlines()[-1])
        self.assertEqual(stats["rejected"], {"too_long": 1})
        self.assertEqual(len(done.stdout.splitlines()), 1)

    def test_line_endings_bom_and_no_final_newline(self):
        for end in ("\n", "\r\n", "\r\r\n"):
            data = "\ufeff" + PARENT.rstrip("\n") + end + end + REPLY.rstrip("\n")
            done = run("match", data=data)
            self.assertEqual(len(done.stdout.splitlines()), 1, repr(end))
            self.assertEqual(done.stderr, b"")

    def test_full_disk_is_74(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        done = run("match", "-o", "/dev/full", data=PARENT + REPLY)
        self.assertEqual(done.returncode, 74)
        self.assertIn(b"/dev/full", done.stderr)

    def test_output_that_cannot_be_opened_is_74(self):
        done = run("match", "-o", str(self.path / "no" / "dir"), data=PARENT)
        self.assertEqual(done.returncode, 74)

    def test_one_file_for_two_outputs_is_refused(self):
        name = str(self.path / "out")
        self.assertEqual(run("match", "-o", name, "--rejects", name, data=PARENT).returncode, 2)

    def test_closed_stdout_ends_quietly(self):
        data = (PARENT + "".join(post(n, "yes #AmazonCart", reply_to="1", user=f"u{n}") for n in range(2, 20000)))
        name = self.file("many.ndjson", data)
        done = subprocess.run(["bash", "-o", "pipefail", "-c", f"'{BINARY}' match '{name}' | head -n 1"],
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, b"")
        self.assertEqual(len(done.stdout.splitlines()), 1)

    def test_limit_stops_with_exact_counts_for_every_j(self):
        data = PARENT + "".join(post(n, "yes #AmazonCart", reply_to="1", user=f"u{n}") for n in range(2, 5000))
        name = self.file("many.ndjson", data)
        seen = set()
        for j in ("1", "2", "8"):
            done = run("match", "-j", j, "-n", "100", "--stats=json", name)
            self.assertEqual(done.returncode, 0)
            self.assertEqual(len(done.stdout.splitlines()), 100)
            stats = json.loads(done.stderr.splitlines()[-1])
            seen.add((stats["lines"]["total"], stats["triggers"]["total"], done.stdout))
        self.assertEqual(len(seen), 1)
        self.assertEqual(next(iter(seen))[0], 101)

    def test_records_show_as_they_happen(self):
        for flush in ("auto", "line", "20ms"):
            process = subprocess.Popen([BINARY, "match", "--flush", flush], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE)
            process.stdin.write((PARENT + REPLY).encode())
            process.stdin.flush()
            line = process.stdout.readline()  # would hang if nothing were written before the end
            self.assertIn(b"intent.created", line)
            process.stdin.close()
            self.assertEqual(process.wait(timeout=10), 0)
            process.stdout.close()

    def test_signals_drain_and_tell(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            process = subprocess.Popen([BINARY, "match", "--stats=json"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            process.stdin.write((PARENT + REPLY).encode())
            process.stdin.flush()
            self.assertIn(b"intent.created", process.stdout.readline())
            process.send_signal(number)
            self.assertEqual(process.wait(timeout=10), code)
            stats = json.loads(process.stderr.read().splitlines()[-1])
            self.assertEqual(stats["lines"]["total"], 2)
            for stream in (process.stdin, process.stdout, process.stderr):
                stream.close()

    def test_broken_catalogue_is_78_with_every_fault_and_a_caret(self):
        name = self.file("shop.toml", 'format = 1\n[[campaign]]\nid = "a"\ntagg = "#X"\n[[campaign]]\nid = "a"\n')
        done = run("match", "-c", name, data=PARENT)
        self.assertEqual(done.returncode, 78)
        self.assertIn(b"shop.toml:4:1", done.stderr)
        self.assertIn(b"^", done.stderr)
        done = run("check", name)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(run("match", "-c", str(self.path / "none.toml"), data=PARENT).returncode, 78)

    def test_default_catalogue_passes_its_own_check_and_tests(self):
        done = run("check")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        done = run("test", "--require-tests")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_stats_takes_no_file_for_its_form(self):
        done = run("match", "--stats", self.file("p", PARENT + REPLY))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"triggers", done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), 1)

    def test_demo_needs_nothing(self):
        done = run("demo", cwd="/")
        self.assertEqual(done.returncode, 0)
        types = [json.loads(l)["type"] for l in done.stdout.splitlines()]
        for wanted in ("intent.created", "intent.pending", "intent.confirmed", "intent.expired", "offer.seen",
                       "intent.retracted"):
            self.assertIn(wanted, types)

    def test_link(self):
        done = run("link", "https://www.amazon.co.uk/gp/product/0306406152?tag=x-21", "https://amzn.to/abc",
                   "https://amazon.com.evil.example/dp/B00EXAMPL1")
        lines = [json.loads(l) for l in done.stdout.splitlines()]
        self.assertEqual(lines[0]["product"]["key"], "amazon:GB:asin:0306406152")
        self.assertEqual([l.get("why") for l in lines], [None, "short_link", "unknown_host"])

    def test_links_file_resolves_short_links(self):
        parent = post(1, "new https://amzn.to/3xYz", user="shop")
        links = self.file("links.tsv", "https://amzn.to/3xYz\thttps://www.amazon.com/dp/B00EXAMPL1\n")
        self.assertEqual(len(run("match", data=parent + REPLY).stdout.splitlines()), 0)
        self.assertEqual(len(run("match", "--links", links, data=parent + REPLY).stdout.splitlines()), 1)
        self.assertEqual(run("match", "--links", self.file("bad", "one\n"), data=parent).returncode, 78)

    def test_no_output_overwrites_what_is_read(self):
        posts = self.file("posts", PARENT + REPLY)
        os.symlink(posts, self.path / "link")
        os.link(posts, self.path / "hard")
        catalogue_text = (FIXTURES / "catalogues" / "kinds.toml").read_text()
        catalogue = self.file("shop.toml", catalogue_text)
        for arguments in (["posts", "-o", "posts"], ["./posts", "-o", "posts"], ["po*", "-o", "posts"],
                          ["posts", "-o", "link"], ["link", "--rejects", "hard"], ["posts", "--outcomes", "posts"],
                          ["posts", "--stats-file", "posts"], ["posts", "-c", "shop.toml", "-o", "shop.toml"],
                          ["posts", "-o", "new", "--outcomes", "./new"], ["posts", "-o", "../x", "--rejects", "../x"]):
            done = subprocess.run([BINARY, "match", *arguments], cwd=self.path, capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, b""), (arguments, done.stderr))
            self.assertTrue(b"another file" in done.stderr or b"its own file" in done.stderr, done.stderr)
        with open(posts, "a", encoding="utf-8") as out:  # `match posts >> posts` would never end
            done = subprocess.run([BINARY, "match", posts], stdout=out, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(pathlib.Path(posts).read_text(), PARENT + REPLY)
        self.assertEqual(pathlib.Path(catalogue).read_text(), catalogue_text)
        self.assertEqual(run("match", posts, "-o", "/dev/null", "--outcomes", "/dev/null").returncode, 0)

    def test_users_are_masked_everywhere(self):
        key = self.file("key", "0123456789abcdef0123456789abcdef")
        os.chmod(key, 0o640)
        refused = run("match", "--users", f"hmac:{key}", data=PARENT)
        self.assertEqual((refused.returncode, refused.stdout), (78, b""))
        self.assertIn(b"chmod 600", refused.stderr)
        self.assertNotIn(b"0123456789abcdef", refused.stderr)
        os.chmod(key, 0o600)
        outcomes = str(self.path / "o")
        rejects = str(self.path / "r")
        data = (PARENT + REPLY + '{"id":"9","user":"ann" #AmazonCart\n').replace('"ann"', '"ann-secret"')
        done = run("match", "--users", f"hmac:{key}", "--outcomes", outcomes, "--rejects", rejects, data=data)
        everything = done.stdout + pathlib.Path(outcomes).read_bytes() + pathlib.Path(rejects).read_bytes()
        self.assertIn(b'"u1_', done.stdout)
        self.assertNotIn(b"ann-secret", everything)
        again = run("match", "--users", f"hmac:{key}", data=data)
        self.assertEqual(done.stdout, again.stdout)
        self.assertNotEqual(run("match", "--users", "drop", data=data).stdout, again.stdout)
        self.assertEqual(run("match", "--users", "hmac:/no/such/key", data=data).returncode, 78)
        self.assertEqual(run("match", "--users", "md5", data=data).returncode, 2)

    def test_accounts_mark_customers(self):
        accounts = self.file("accounts", "other:ann\tcustomer-77\n")
        record = json.loads(run("match", "--accounts", accounts, data=PARENT + REPLY).stdout)
        self.assertEqual(record["actor"]["account"], "customer-77")

    def test_with_text_and_evidence_cut_out_what_they_name(self):
        record = json.loads(run("match", "--with-text", data=PARENT + REPLY).stdout)
        text = record["post"]["text"].encode()
        for piece in record["evidence"]:
            if piece["role"] == "open":
                self.assertEqual(text[piece["start"]:piece["end"]].decode(), piece["text"])

    def test_explain(self):
        name = self.file("posts.ndjson", PARENT + REPLY + post(3, "no #AmazonCarts", reply_to="1"))
        done = run("explain", "--post", "2", name)
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"intent of amazon-cart-us", done.stdout)
        done = run("explain", "--line", "3", name)
        self.assertIn(b"near   amazon-cart-us", done.stdout)
        self.assertIn(b"nothing fires", done.stdout)
        self.assertEqual(run("explain", "--post", "77", name).returncode, 1)
        self.assertIn(b"no_parent", run("explain", "--text", "#AmazonCart").stdout)

    def test_since_until_and_campaign_select(self):
        self.assertEqual(run("match", "--since", "2024-05-06T10:03:00Z", data=PARENT + REPLY).stdout, b"")
        self.assertEqual(run("match", "--until", "2024-05-06T10:02:00Z", data=PARENT + REPLY).stdout, b"")
        self.assertNotEqual(run("match", "--since", "2024-05-06T10:02:00Z", data=PARENT + REPLY).stdout, b"")
        moment = json.loads(REPLY)["at"]  # the first is in, the last is out
        self.assertNotEqual(run("match", "--since", moment, data=PARENT + REPLY).stdout, b"")
        self.assertEqual(run("match", "--until", moment, data=PARENT + REPLY).stdout, b"")
        self.assertEqual(run("match", "--campaign", "amex-*", data=PARENT + REPLY).stdout, b"")
        self.assertNotEqual(run("match", "--campaign", "amazon-*", data=PARENT + REPLY).stdout, b"")

    def test_schema_and_version(self):
        for name in ("intent", "outcome", "reject", "post", "link", "stats", "diagnostic", "catalogue-diff",
                     "catalogue"):
            json.loads(run("schema", name).stdout)
        self.assertEqual(run("schema", "nothing").returncode, 2)
        self.assertIn(b"Hyperscan", run("version").stdout)
        json.loads(run("version", "--json").stdout)
        self.assertIn(b"hashcart ", run("--version").stdout)


if __name__ == "__main__":
    BINARY = str(pathlib.Path(sys.argv[1]).resolve())
    FIXTURES = pathlib.Path(sys.argv[2]).resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=1)
