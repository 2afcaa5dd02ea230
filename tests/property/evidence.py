#!/usr/bin/env python3
"""Every piece of evidence cuts the text it names out of the field it names, in that post's hashcart.post/1.

    evidence.py HASHCART SOURCE_DIR
"""
import json
import pathlib
import subprocess
import sys
import tempfile


def field_of(post, name):
    value = post
    for part in name.split("/"):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value.encode()


def check(binary, path):
    extracted = subprocess.run([binary, "extract", "-q", "-q", "--embedded", path], capture_output=True, check=True)
    posts = {}
    for post in map(json.loads, extracted.stdout.splitlines()):
        posts.setdefault(post["id"], []).append(post)
        posts.setdefault(post.get("local_id"), []).append(post)
    matched = subprocess.run([binary, "match", "-q", "-q", "--at-end", "expire", path], capture_output=True, check=True)
    pieces, bad = 0, []
    for record in map(json.loads, matched.stdout.splitlines()):
        assert record["evidence"], record
        for piece in record["evidence"]:
            pieces += 1
            if piece["field"] == "tags":
                good = any(tag["text"] == piece["text"] and "start" not in tag
                           for post in posts[piece["post_id"]] for tag in post["tags"])
            else:
                good = False
                for post in posts[piece["post_id"]]:  # an id may be delivered in more than one version
                    try:
                        cut = field_of(post, piece["field"])[piece["start"]:piece["end"]]
                    except (KeyError, IndexError):
                        continue
                    good = good or cut.decode(errors="replace") == piece["text"]
            if not good:
                bad.append(f"{path}: record {record['id']}: {piece}")
    return pieces, bad


def main():
    binary, source = sys.argv[1:3]
    pieces, bad = 0, []
    with tempfile.TemporaryDirectory() as scratch:
        stream = pathlib.Path(scratch, "gen.ndjson")
        with open(stream, "wb") as out:
            subprocess.run([binary, "gen", "--posts", "5000", "--intents", "0.4"], stdout=out, check=True)
        paths = [stream, pathlib.Path(source, "fixtures/posts/demo.ndjson"),
                 *sorted(pathlib.Path(source, "fixtures/golden").glob("*/posts.*"))]
        for path in paths:
            count, faults = check(binary, str(path))
            pieces += count
            bad += faults
    for line in bad[:20]:
        print(line)
    print(f"{pieces} pieces of evidence in {len(paths)} inputs, {len(bad)} do not cut out their text")
    return 1 if bad or pieces < 1000 else 0


if __name__ == "__main__":
    sys.exit(main())
