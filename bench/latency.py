#!/usr/bin/env python3
"""How long a line of a followed file takes to become a record, while posts come at a given rate.

    latency.py HASHCART [--rate N] [--seconds N] [--share P] [--lines-per-write N] [--state]

A writer appends posts of `hashcart gen` to a file at the rate given; one in a hundred (--share) is a post that is a
record by itself. `hashcart match -F` follows the file and writes to a pipe. Latency is from the moment before the
write(2) that ends a line to the moment read(2) has given its record, so it holds what the kernel and this script take.
Before anything is said of times the output is compared, byte for byte, with what a run over the whole file says.
Writer and reader are processes of their own; both share the CPUs with hashcart.
"""
import argparse
import json
import multiprocessing
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time


def offer(n):
    return json.dumps({"id": f"offer{n}", "user": f"shop{n}", "at": "2014-11-10T16:00:00Z", "platform": "weibo",
                       "text": f"https://item.taobao.com/item.htm?id=52081325{n:06d}"}) + "\n"


def make_lines(binary, count, every):
    """`count` lines, every so manieth an offer."""
    gen = subprocess.run([binary, "gen", "--seed", "1", "--posts", str(count), "--intents", "0", "--start",
                          "2014-11-10T16:00:00Z"], capture_output=True, check=True).stdout.splitlines(True)
    lines = []
    for n in range(count):
        lines.append(offer(n).encode() if n % every == every // 2 else gen[n])
    return lines


def write_at_rate(path, lines, rate, batch, sent):
    """Appends `batch` lines at a time; puts the moment before each write in `sent`."""
    out = os.open(path, os.O_WRONLY | os.O_APPEND)
    start = time.monotonic()
    for at in range(0, len(lines), batch):
        due = start + at / rate
        while (left := due - time.monotonic()) > 0:
            time.sleep(left)
        sent[at // batch] = time.monotonic()
        os.write(out, b"".join(lines[at:at + batch]))
    os.close(out)


def percentile(values, share):
    return values[min(len(values) - 1, int(len(values) * share))]


def main():
    parser = argparse.ArgumentParser(formatter_class=argparse.RawDescriptionHelpFormatter, description=__doc__)
    parser.add_argument("binary")
    parser.add_argument("--rate", type=int, default=20_000, help="posts a second")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--share", type=float, default=0.01, help="of posts that become records")
    parser.add_argument("--lines-per-write", type=int, default=20)
    parser.add_argument("--state", action="store_true", help="with --state, which syncs to disk every second")
    parser.add_argument("hashcart_args", nargs="*", help="more arguments of hashcart match, behind --")
    args = parser.parse_args()
    binary = str(pathlib.Path(args.binary).resolve())
    every = round(1 / args.share)
    lines = make_lines(binary, args.rate * args.seconds, every)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "whole").mkdir()
        (folder / "whole" / "posts").write_bytes(b"".join(lines))
        expected = subprocess.run([binary, "match", *args.hashcart_args, "posts"], cwd=folder / "whole",
                                  capture_output=True, check=True).stdout
        posts = folder / "posts"
        posts.write_bytes(b"")
        command = [binary, "match", "-F", *args.hashcart_args, "posts"]
        records = folder / "records"
        if args.state:
            records.write_bytes(b"")
            command += ["--state", "state", "-o", "records"]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE)
        time.sleep(1)
        sent = multiprocessing.Array("d", len(lines) // args.lines_per_write + 1, lock=False)
        writer = multiprocessing.Process(target=write_at_rate,
                                         args=(posts, lines, args.rate, args.lines_per_write, sent))
        writer.start()
        came = []  # (when, bytes there by then)
        output = b""
        source = os.open(records, os.O_RDONLY) if args.state else process.stdout.fileno()
        while len(output) < len(expected):
            piece = os.read(source, 1 << 20)
            if not piece and args.state:  # a file: looked at again and again
                time.sleep(0.0002)
                continue
            if not piece:
                break
            output += piece
            came.append((time.monotonic(), len(output)))
        writer.join()
        process.send_signal(signal.SIGTERM)
        process.wait()
        if output != expected:
            sys.exit("latency.py: the records are not those of the whole file")
        latencies = []
        at = 0
        end = 0
        for line in output.splitlines(True):
            end += len(line)
            while came[at][1] < end:
                at += 1
            n = int(json.loads(line)["post"]["id"].removeprefix("offer"))
            latencies.append(came[at][0] - sent[n // args.lines_per_write])
        latencies.sort()
        took = sent[(len(lines) - 1) // args.lines_per_write] - sent[0]
        print(json.dumps({"posts": len(lines), "posts_per_second": round(len(lines) / took),
                          "megabytes_per_second": round(sum(map(len, lines)) / took / 1e6, 1),
                          "records": len(latencies), "state": args.state,
                          **{f"{name}_ms": round(percentile(latencies, share) * 1000, 3)
                             for name, share in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999), ("max", 1))}}))


if __name__ == "__main__":
    main()
