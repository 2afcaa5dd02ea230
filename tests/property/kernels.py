#!/usr/bin/env python3
"""Same input, same bytes, whichever of simdjson's kernels a CPU gets: over the fixtures, real posts, and lines of both
with bytes changed, cut and swollen, all parsed and validated.

    kernels.py HASHCART SOURCE_DIR [--seed N] [--lines N]     (real posts: $HASHCART_SHARED, or SOURCE_DIR/../shared)
"""
import argparse
import collections
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

KERNELS = ("fallback", "westmere", "haswell", "icelake")
SPICE = [b'"', b"\\", b"{", b"}", b"[", b"]", b":", b",", b"\x00", b"\x1f", b"\x7f", b"\\u0000", b"\\ud800", b"\\udc00\\ud800",
         b"\\u00", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xff", b"\xef\xbb\xbf", b"1e400", b"-0", b"-", b"0x1", b"01",
         b"1.", b".5", b"1e", b"9223372036854775808", b"18446744073709551616", b"nul", b"null", b"true", b"tru", b"NaN", b" ", b"\t",
         b"\r", b"//", b"/**/", b"[" * 1100, b'{"a":' * 1100, b"\\", b"\\\\" * 33, b'"' * 65, b"," * 64, b"#AmazonCart",
         b" " * 63, b"a" * 64]


def kernel_of(binary, kernel):
    said = subprocess.run([binary, "version"], env=os.environ | {"SIMDJSON_FORCE_IMPLEMENTATION": kernel},
                          capture_output=True, text=True).stdout
    return said.split("(kernel ")[-1].split(")")[0]


def supported(kernel):
    flags = pathlib.Path("/proc/cpuinfo").read_text().split()
    need = {"westmere": ["sse4_2", "pclmulqdq"], "haswell": ["avx2", "pclmulqdq", "bmi1"],
            "icelake": ["avx512f", "avx512bw", "avx512_vbmi2", "pclmulqdq"]}
    return all(flag in flags for flag in need.get(kernel, []))


def lines_of(source):
    shared = pathlib.Path(os.environ.get("HASHCART_SHARED", pathlib.Path(source).resolve().parent / "shared")) / "data" / "posts"
    files = [p for folder in (pathlib.Path(source) / "fixtures", shared) for p in sorted(folder.rglob("*"))
             if p.is_file() and p.suffix in (".ndjson", ".json", ".jsonl")]
    lines = [line for path in files for line in path.read_bytes().splitlines() if line.startswith(b"{") and len(line) < 20_000]
    return lines, len(files)


def changed(line, chance):
    line = bytearray(line)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(line) + 1)
        what = chance.random()
        if what < 0.5:
            line[at:at] = chance.choice(SPICE)
        elif what < 0.7:
            line[at:at + len(spice)] = (spice := chance.choice(SPICE))
        elif what < 0.85 and at < len(line):
            line[at] ^= 1 << chance.randrange(8)
        else:
            del line[at:at + chance.randrange(1, 40)]
        if not line:
            break
    return bytes(line).replace(b"\n", b" ")


def run(binary, kernel, path, scratch):
    out = [f"{scratch}/{name}" for name in ("records", "outcomes", "rejects", "stats")]
    subprocess.run([binary, "match", "-qq", "--framing=ndjson", "--validate", "--scan=off", "-o", out[0], "--outcomes", out[1], "--rejects",
                    out[2], "--stats-file", out[3], path], env=os.environ | {"SIMDJSON_FORCE_IMPLEMENTATION": kernel},
                   check=True, timeout=300)
    stats = json.loads(pathlib.Path(out[3]).read_text())
    del stats["seconds"]
    return [pathlib.Path(path).read_bytes() for path in out[:3]], stats


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("source")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lines", type=int, default=30_000)
    args = parser.parse_args()
    lines, files = lines_of(args.source)
    chance = random.Random(args.seed)
    everything = lines + [changed(chance.choice(lines), chance) for _ in range(args.lines)]
    kernels = [kernel for kernel in KERNELS if supported(kernel)]
    for kernel in kernels:
        if kernel_of(args.binary, kernel) != kernel:
            sys.exit(f"kernels.py: asked for {kernel}, got {kernel_of(args.binary, kernel)}")
    if len(kernels) < 3:
        sys.exit(f"kernels.py: this CPU has only {kernels}")
    with tempfile.TemporaryDirectory() as scratch:
        path = f"{scratch}/lines"
        pathlib.Path(path).write_bytes(b"\n".join(everything) + b"\n")
        base = run(args.binary, kernels[0], path, scratch)
        differ = [kernel for kernel in kernels[1:] if run(args.binary, kernel, path, scratch) != base]
        reasons = collections.Counter(json.loads(line)["reason"] for line in base[0][2].splitlines())
    print(f"{len(everything)} lines ({files} files, seed {args.seed}) under {', '.join(kernels)}: "
          f"{len(base[0][0].splitlines())} records, {sum(reasons.values())} rejects {dict(reasons)}; differ: {differ or 'none'}")
    # A comparison of nothing would pass as well.
    return 1 if differ or len(reasons) < 8 or not base[0][0] else 0


if __name__ == "__main__":
    sys.exit(main())
