#!/usr/bin/env python3
"""Streams made to be expensive: what they cost grows with their length, not with its square.

    attacks.py HASHCART                 each attack at its full size; were it quadratic, it would not end in time
    attacks.py HASHCART --time [NAME]   CPU seconds at a quarter of that size and at the full size

What is to come out is counted.
"""
import json
import pathlib
import resource
import subprocess
import sys
import tempfile
import time
import unittest

import scratch

BINARY = None
TIMEOUT_S = 90
CATALOGUE = """
format = 1
[catalogue]
id = "attacks"
version = "1"
retailers = "default"
[limits]
clock_jump_max = "3000h"
[[retailer]]
id = "shop"
name = "Shop"
idtype = "sku"
ids = "global"
[[campaign]]
id = "cart"
tag = "#Cart"
action = "cart.add"
when = ["reply"]
product = { from = ["amazon:US"], link = ["parent"] }
hits = ["#cart"]
[[campaign]]
id = "offer"
on_link = ["etsy"]
action = "offer"
hits = ["see https://www.etsy.com/listing/123456789/a-cup"]
[[campaign]]
id = "buy"
tag = "#Buy"
action = "order"
product = { retailer = "shop", id = "mug" }
hits = ["#buy"]
[campaign.confirm]
tag = "#Yes"
within = "15m"
[[campaign]]
id = "sale"
action = "cart.add"
product = { retailer = "shop" }
duplicates = "accumulate"
waitlist = true
hits = ["sold AA", "sold BB", "pass"]
[campaign.claim]
words = ["sold"]
[campaign.items]
AA = { id = "dress", quantity = COUNT }
BB = { id = "scarf" }
"""
START = 1_735_689_600  # 2025-01-01T00:00:00Z


def at(milliseconds):
    seconds, rest = divmod(milliseconds, 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(START + seconds)) + f".{rest:03}Z"


def post(ident, user, when, text, **more):
    return json.dumps({"id": ident, "user": user, "at": at(when), "text": text} | more) + "\n"


# Each gives its lines.

def tags_of_one_post(count):
    yield post("p", "shop", 0, "https://www.amazon.com/dp/B00EXAMPL1")
    yield post("r", "ann", 1, "#a " * count + "#Cart", reply_to="p")


def buying_tags_of_one_post(count):
    yield post("p", "shop", 0, "https://www.amazon.com/dp/B00EXAMPL1")
    yield post("r", "ann", 1, "#Cart " * count, reply_to="p")


def links_of_one_post(count):
    yield post("p", "shop", 0, " ".join(f"amazon.com/dp/B{n:09}" for n in range(count)))
    yield post("r", "ann", 1, "#Cart", reply_to="p")


def offers_of_one_post(count):
    yield post("p", "shop", 0, " ".join(f"etsy.com/listing/{n + 100_000_000}" for n in range(count)))


def replies_to_many_links(count):
    yield post("p", "shop", 0, " ".join(f"amazon.com/dp/B{n:09}" for n in range(count)))
    for n in range(count):
        yield post(f"r{n}", f"u{n}", n // 100, "#Cart", reply_to="p")


def replies_to_one_of_many_links(count):
    text = " ".join(f"etsy.com/listing/{n + 100_000_000}" for n in range(count)) + " amazon.com/dp/B00EXAMPL1"
    yield post("p", "shop", 0, text)
    for n in range(count):
        yield post(f"r{n}", f"u{n}", n // 100, "#Cart", reply_to="p")


def replies_before_their_parent(count):
    for n in range(count):
        yield post(f"r{n}", f"u{n}", n // 1000, "#Cart", reply_to="p")
    yield post("p", "shop", count // 1000, "https://www.amazon.com/dp/B00EXAMPL1")


def replies_out_of_reach_of_their_parent(count):
    for n in range(count):
        yield post(f"r{n}", f"u{n}", 1_000_000_000 + n // 1000, "#Cart", reply_to="p")
    for n in range(count):
        yield post("p", "shop", n, "https://www.amazon.com/dp/B00EXAMPL1")


def pendings_of_one_author(count):
    for n in range(count):
        yield post(f"b{n}", "ann", n // 100, "#Buy")
    yield post("y", "ann", count // 100 + 1, "#Yes")


def pendings_of_many(count):
    for n in range(count):
        yield post(f"b{n}", f"u{n}", n // 100, "#Buy")
    for n in range(count):
        yield post(f"y{n}", f"u{n}", (count + n) // 100, "#Yes")


def a_line_that_moves_up(count):
    for n in range(2 * count):
        yield post(f"s{n}", f"u{n}", n // 100, "sold AA", reply_to="q")
    for n in range(count):
        yield json.dumps({"id": f"s{n}", "user": f"u{n}", "at": at((2 * count + n) // 100), "deleted": True}) + "\n"


def passes_that_fit_nothing(count):
    for n in range(count):
        yield post(f"s{n}", "ann", n // 100, "sold BB", reply_to="q")
    for n in range(count):
        yield post(f"p{n}", "ann", (count + n) // 100, "pass", reply_to="other")


def passes_one_after_another(count):
    for n in range(count):
        yield post(f"s{n}", "ann", n // 100, "sold BB", reply_to="q")
    for n in range(count):
        yield post(f"p{n}", "ann", (count + n) // 100, "pass", reply_to="q")


# The full size, and the outcomes to come of it.
ATTACKS = {
    tags_of_one_post: (1_000_000, lambda n: {"intent": 1}),
    buying_tags_of_one_post: (1_000_000, lambda n: {"intent": 1}),
    links_of_one_post: (200_000, lambda n: {"ambiguous": 1}),
    offers_of_one_post: (200_000, lambda n: {"offer": 1}),
    replies_to_many_links: (100_000, lambda n: {"ambiguous": n}),
    replies_to_one_of_many_links: (100_000, lambda n: {"offer": 1, "intent": n}),
    replies_before_their_parent: (100_000, lambda n: {"intent": n}),
    replies_out_of_reach_of_their_parent: (100_000, lambda n: {"parent_unknown": n}),
    pendings_of_one_author: (1_000_000, lambda n: {"pending": 1, "already_pending": n - 1, "confirmed": 1}),
    pendings_of_many: (200_000, lambda n: {"pending": n, "confirmed": n}),
    a_line_that_moves_up: (100_000, lambda n: {"intent": n, "queued": n}),
    passes_that_fit_nothing: (100_000, lambda n: {"intent": n, "nothing_to_cancel": n}),
    passes_one_after_another: (100_000, lambda n: {"intent": n, "cancelled": n}),
}


def run(binary, folder, attack, count):
    """CPU seconds, and how many of which outcomes."""
    catalogue, posts, stats = folder / "catalogue.toml", folder / "posts.ndjson", folder / "stats.json"
    catalogue.write_text(CATALOGUE.replace("COUNT", str(count)))
    with open(posts, "w") as out:
        out.writelines(attack(count))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([binary, "match", "-q", "-c", str(catalogue), "--stats-file", str(stats), "-o", str(folder / "records"),
                    "--outcomes", str(folder / "outcomes"), str(posts)], timeout=TIMEOUT_S, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    outcomes = {code: count for code, count in json.loads(stats.read_text())["outcomes"].items() if count > 0}
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, outcomes


class Attacks(scratch.ScratchTest):
    def test_none_costs_more_than_its_length(self):
        for attack, (count, outcomes) in ATTACKS.items():
            with self.subTest(attack.__name__):
                self.assertEqual(run(BINARY, self.path, attack, count)[1], outcomes(count))

    def test_of_very_many_products_the_first_few_are_named(self):
        outcomes = self.path / "outcomes"
        run(BINARY, self.path, links_of_one_post, 1000)
        products = json.loads(outcomes.read_text())["products"]
        self.assertEqual(products, [f"amazon:US:asin:B{n:09}" for n in range(16)])


def show_times(binary, word):
    print(f"{'attack':40} {'CPU seconds for':>16} a quarter   the whole")
    for attack, (count, _) in ATTACKS.items():
        if word in attack.__name__:
            with tempfile.TemporaryDirectory() as folder:
                quarter, whole = (run(binary, pathlib.Path(folder), attack, size)[0] for size in (count // 4, count))
            print(f"{attack.__name__:40} {count:>16,} {quarter:9.2f} {whole:11.2f}", flush=True)


if __name__ == "__main__":
    BINARY = sys.argv.pop(1)
    if sys.argv[1:2] == ["--time"]:
        show_times(BINARY, "".join(sys.argv[2:3]))
    else:
        unittest.main()
