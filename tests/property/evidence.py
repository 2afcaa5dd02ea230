#!/usr/bin/env python3
"""Every piece of evidence cuts the text it names out of the field it names, in that post's hashcart.post/1.

    evidence.py HASHCART SOURCE_DIR

The streams are of `hashcart gen`, of tests/oracle/claims.py (comments, emoji, mentions, "pass"), and the fixtures. A
field is looked up by its path, so that of a product tag (`product_tags/0/id`) is as good as that of a link.
"""
import collections
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "oracle"))
import claims  # noqa: E402

ROLES = ("open", "confirm", "parent", "self", "pass")  # each must have been seen
CLAIM_STREAMS = 6


def field_of(post, name):
    value = post
    for part in name.split("/"):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value.encode()


def check(binary, path, catalogue=None):
    """The pieces by role and by kind of field, and complaints."""
    options = ["-c", catalogue] if catalogue else []
    extracted = subprocess.run([binary, "extract", "-q", "-q", "--embedded", *options, path],
                               capture_output=True, check=True)
    posts = {}
    for post in map(json.loads, extracted.stdout.splitlines()):
        posts.setdefault(post["id"], []).append(post)
        posts.setdefault(post.get("local_id"), []).append(post)
    matched = subprocess.run([binary, "match", "-q", "-q", "--at-end", "expire", *options, path],
                             capture_output=True, check=True)
    pieces, bad = collections.Counter(), []
    for record in map(json.loads, matched.stdout.splitlines()):
        assert record["evidence"], record
        if record.get("why") == "passed" and record["evidence"][-1]["role"] != "pass":
            bad.append(f"{path}: record {record['id']} was passed, and does not show where")
        for piece in record["evidence"]:
            pieces[piece["role"]] += 1
            pieces[piece["field"].split("/")[0]] += 1
            if not piece["text"]:
                bad.append(f"{path}: record {record['id']}: {piece} shows nothing")
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
    pieces, bad = collections.Counter(), []
    with tempfile.TemporaryDirectory() as scratch:
        stream = pathlib.Path(scratch, "gen.ndjson")
        with open(stream, "wb") as out:
            subprocess.run([binary, "gen", "--posts", "5000", "--intents", "0.4"], stdout=out, check=True)
        inputs = [(path, None) for path in (stream, pathlib.Path(source, "fixtures/posts/demo.ndjson"),
                                            *sorted(pathlib.Path(source, "fixtures/golden").glob("*/posts.*")))]
        text = pathlib.Path(source, "fixtures/catalogues/oracle_claims.toml").read_text(encoding="utf-8")
        for seed in range(CLAIM_STREAMS):
            comments = pathlib.Path(scratch, f"claims{seed}.ndjson")
            comments.write_text(claims.Stream(seed, 2000).text(), encoding="utf-8")
            comments.with_suffix(".toml").write_text(claims.varied(text, seed), encoding="utf-8")
            inputs.append((comments, str(comments.with_suffix(".toml"))))
        for path, catalogue in inputs:
            count, faults = check(binary, str(path), catalogue)
            pieces += count
            bad += faults
    for line in bad[:20]:
        print(line)
    total = sum(pieces[role] for role in ROLES)
    print(f"{total} pieces of evidence in {len(inputs)} inputs, {len(bad)} do not cut out their text")
    print(", ".join(f"{name} {count}" for name, count in sorted(pieces.items())))
    return 1 if bad or total < 1000 or not all(pieces[role] for role in ROLES) else 0


if __name__ == "__main__":
    sys.exit(main())
