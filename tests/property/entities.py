#!/usr/bin/env python3
"""X's own entity lists as an oracle for our hashtag grammar: the tags `extract` finds in the text alone (the lists are taken
out of the payload first) are those X listed, for at least 99.9 % of the posts whose text is whole.

    entities.py HASHCART SOURCE_DIR      (posts: $HASHCART_SHARED, or SOURCE_DIR/../shared)
Every post that disagrees is printed. A known reason stands in REASONS.
"""
import json
import os
import pathlib
import subprocess
import sys
import unicodedata

# id of the post -> why X's list and the grammar differ.
REASONS = {
    "331224971219189760": "the list names tags of another text: the published sample is altered",
    "331224971248537600": "the list names a tag of another text: the published sample is altered",
}


def posts_of_line(line):
    """(id, text, listed tags) of the main posts of a line, and the line without its lists."""
    found = []
    if "data" in line:
        data = line["data"] if isinstance(line["data"], list) else [line["data"]]
        for post in data:
            if not isinstance(post, dict) or "text" not in post:
                continue
            note = post.get("note_tweet")
            entities = (note or post).get("entities")
            text = (note or post)["text"]
            if entities is None or text.endswith("…"):
                continue  # v2 gives the lists only where the reader asked for them
            found.append((post.get("id"), text, [t["tag"] for t in entities.pop("hashtags", [])]))
            (post.get("entities") or {}).pop("hashtags", None)
    elif "id_str" in line and ("text" in line or "full_text" in line):
        body = line.get("extended_tweet") or line
        text = body.get("full_text") or body.get("text") or ""
        entities = body.get("entities") or {}
        listed = [t["text"] for t in entities.pop("hashtags", [])]
        (line.get("entities") or {}).pop("hashtags", None)
        is_whole = not (line.get("truncated") and "extended_tweet" not in line) and not text.endswith("…")
        if is_whole and "retweeted_status" not in line:
            found.append((line["id_str"], text, listed))
    return found


def decoded(text):
    """X's JSON escapes these three once, and nothing else."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def main():
    binary, source = sys.argv[1:3]
    shared = pathlib.Path(os.environ.get("HASHCART_SHARED", pathlib.Path(source).parent / "shared"))
    folder = shared / "data" / "posts"
    if not folder.is_dir():
        print("SKIPPED: no shared data")
        return 0
    wanted, lines = {}, []
    for path in sorted([*folder.glob("x_v1/**/*"), *folder.glob("x_v2/**/*")]):
        if not path.is_file() or path.suffix not in (".json", ".ndjson", ".jsonl"):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        records = []
        try:
            whole = json.loads(text)
            records = whole if isinstance(whole, list) else [whole]
        except ValueError:
            for line in text.splitlines():
                try:
                    records.append(json.loads(line))
                except ValueError:
                    pass
        for record in records:
            if not isinstance(record, dict):
                continue
            found = posts_of_line(record)
            if found:
                lines.append(json.dumps(record, ensure_ascii=False))
            for post_id, text, listed in found:
                wanted.setdefault((post_id, decoded(text)), listed)
    done = subprocess.run([binary, "extract", "-q", "-q", "-"], input="\n".join(lines).encode("utf-8", "surrogatepass"),
                          capture_output=True)
    assert done.returncode == 0, done.stderr
    compared = tagged = bad = 0
    for record in map(json.loads, done.stdout.splitlines()):
        text = record["text"]
        listed = wanted.pop((record["id"], text), None)
        if listed is None:
            continue
        compared += 1
        tagged += bool(listed)
        ours = [unicodedata.normalize("NFC", t["text"]) for t in record["tags"]]
        if ours != [unicodedata.normalize("NFC", t) for t in listed]:
            bad += 1
            print(f"{record['id']}: X {listed}, ours {ours}: {REASONS.get(record['id'], 'NO REASON KNOWN')}\n    {text!r}")
    agree = 1 - bad / max(1, compared)
    print(f"{compared} posts compared, {tagged} with tags, {bad} differ: {agree:.4%} agree")
    if compared < 1000 or tagged < 200:
        print("too few posts compared: the data or this script has changed")
        return 1
    return 0 if agree >= 0.999 else 1


if __name__ == "__main__":
    sys.exit(main())
