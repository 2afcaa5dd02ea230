#!/usr/bin/env python3
"""Makes the corpora of the benchmarks: `hashcart gen --corpus`, by name.

    bench/corpora.py --hashcart build/release/hashcart --folder corpora --size 1GB x-v1 bluesky

writes corpora/x-v1.ndjson and corpora/x-v1.ids: one post a line, and the ids of those that answer the question of
compare/question.py. One seed makes the same bytes everywhere, so a file that is there and was made by the same words
(.made) is not made again.
"""
import argparse
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
DEFAULT_FOLDER = pathlib.Path.home() / ".cache" / "hashcart-bench" / "corpora"

# Of dialects, all others are off. About 5.7 kB a line on X in its wire form (`\/` and `\uXXXX`), 0.8 kB on Bluesky.
DIALECTS = ("x-v1", "x-v2", "bluesky", "simple")
CORPORA = {
    "x-v1": ("x-v1", ["--escapes", "1", "--reposts", "0.65"]),
    "x-v1-utf8": ("x-v1", ["--escapes", "0", "--reposts", "0.65"]),
    "x-v2": ("x-v2", ["--escapes", "0"]),
    "bluesky": ("bluesky", []),
    "simple": ("simple", ["--escapes", "0"]),
}


class Corpus:
    """A corpus on disk. `dialect` is what reads it: x-v1 for x-v1-utf8."""

    def __init__(self, name, folder):
        self.name = name
        self.dialect = CORPORA[name][0]
        self.path = folder / f"{name}.ndjson"
        self.truth = folder / f"{name}.ids"

    def ids(self):
        return self.truth.read_text().split()


def parse_size(text):
    units = {"kib": 2**10, "mib": 2**20, "gib": 2**30, "kb": 10**3, "mb": 10**6, "gb": 10**9, "b": 1}
    lower = text.lower()
    for unit, factor in units.items():
        if lower.endswith(unit):
            return int(float(lower[:-len(unit)]) * factor)
    return int(text)


def make(hashcart, name, folder, size, matches=0.002, near_misses=0.0005, seed=1):
    """Returns the corpus, made if it is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    corpus = Corpus(name, folder)
    words = ["gen", "--corpus", "--seed", str(seed), "--size", str(size), "--matches", str(matches), "--near-misses",
             str(near_misses)]
    for dialect in DIALECTS:
        words += [f"--{dialect}", "1" if dialect == corpus.dialect else "0"]
    words += CORPORA[name][1]
    made = folder / f"{name}.made"
    version = subprocess.run([hashcart, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    # The generator's own bytes decide too: its first 64 kB stand for them.
    head = subprocess.run([hashcart, *words[:5], "64000", *words[6:]], capture_output=True, check=True).stdout
    description = f"{version} {' '.join(words)} {hash_of(head)}\n"
    if made.exists() and made.read_text() == description and corpus.path.exists():
        return corpus
    made.unlink(missing_ok=True)
    with open(corpus.path, "wb") as out:
        subprocess.run([hashcart, *words, "--truth", str(corpus.truth)], stdout=out, check=True)
    made.write_text(description)
    return corpus


def hash_of(data):
    import hashlib
    return hashlib.sha256(data).hexdigest()[:16]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=["x-v1", "bluesky"], help=", ".join(CORPORA))
    parser.add_argument("--hashcart", default=str(HERE.parent / "build" / "release" / "hashcart"))
    parser.add_argument("--folder", type=pathlib.Path, default=DEFAULT_FOLDER)
    parser.add_argument("--size", type=parse_size, default="1GB")
    parser.add_argument("--matches", type=float, default=0.002, help="share of posts that answer the question")
    parser.add_argument("--near-misses", type=float, default=0.0005)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for name in options.names:
        if name not in CORPORA:
            parser.error(f"{name}: there are {', '.join(CORPORA)}")
        corpus = make(options.hashcart, name, options.folder, options.size, options.matches, options.near_misses,
                      options.seed)
        print(f"{corpus.path}: {corpus.path.stat().st_size} bytes, {len(corpus.ids())} posts match")


if __name__ == "__main__":
    sys.exit(main())
