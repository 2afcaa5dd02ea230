#!/usr/bin/env python3
"""`hashcart match` against the oracle: the same outcomes, records and counts, in the same order.

    compare.py HASHCART CATALOGUE.toml POSTS.ndjson...   streams, e.g. of `hashcart gen`
    compare.py HASHCART --gen SEED...                    streams that `hashcart gen` makes
    compare.py HASHCART --claims SEED...                 streams of claims that claims.py makes
    compare.py HASHCART --scenarios DIR                  <name>.ndjson and its <name>.expected

Every stream is decided with one and with three workers, and with --at-end keep and expire. A
scenario's expected lines are `outcome POST CAMPAIGN OUTCOME [PRODUCT...] [DETAIL]` and `record POST
TYPE TIME PRODUCT [ITEM:OPTION...] [ACCEPTED/REQUESTED] [left=N] [FLAG...] [WHY]`, each kind in
order; both the oracle and the program must say them (with --at-end expire). HASHCART may be `-`:
then only the oracle is asked. A scenario uses <name>.toml beside it, or the one that a line
`// catalogue FILE` in its .expected names, else the oracle's catalogue; and <name>.accounts.
The first difference is printed with what stands around it; exit 1 then.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import claims
import oracle

HERE = pathlib.Path(__file__).resolve().parent
CATALOGUE = HERE.parent.parent / "fixtures/catalogues/oracle.toml"
OUTCOMES = (
    "redelivered retracted repost campaign_closed not_a_claim ignored_author protected not_linked "
    "quote no_parent not_a_reply own_post parent_deleted parent_unknown incomplete no_product_link "
    "unresolved_short_link other_retailer ambiguous needs_item needs_variant duplicate sold_out "
    "already_pending no_pending already_confirmed confirm_late late evicted nothing_to_cancel "
    "offer intent queued cancelled pending confirmed"
).split()
CLAIMS = HERE.parent.parent / "fixtures/catalogues/oracle_claims.toml"

# (arguments of gen, for seeds in turn): a calm stream, and several that are mostly trouble.
GEN_SHAPES = (
    "--posts 6000 --intents 0.05 --rate 5",
    "--posts 5000 --intents 0.5 --rate 2 --duplicates 0.05 --deletes 0.05",
    "--posts 4000 --intents 1 --rate 1 --disorder 0.5 --duplicates 0.05 --deletes 0.1 "
    "--broken 0.01 --blank 0.01",
    "--posts 4000 --intents 0.6 --rate 3 --x-v1 0 --x-v2 1 --bluesky 0 --simple 0 --deletes 0.05",
    "--posts 4000 --intents 0.6 --rate 3 --x-v1 0 --x-v2 0 --bluesky 1 --simple 0 --deletes 0.05",
    "--posts 4000 --intents 0.6 --rate 3 --x-v1 0 --x-v2 0 --bluesky 0 --simple 1 --deletes 0.05",
)


def accounts_of(posts):
    path = pathlib.Path(posts).with_suffix(".accounts")
    return str(path) if path.exists() else None


def of_program(binary, catalogue, posts, workers, at_end):
    with tempfile.TemporaryDirectory() as scratch:
        command = [
            binary,
            "match",
            "-q",
            "-q",
            "-c",
            str(catalogue),
            "-j",
            str(workers),
            "-o",
            f"{scratch}/records",
            "--outcomes",
            f"{scratch}/outcomes",
            "--stats-file",
            f"{scratch}/stats",
            "--at-end",
            at_end,
            str(posts),
        ]
        if accounts_of(posts):
            command += ["--accounts", accounts_of(posts)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        if done.returncode != 0:
            return None, None, f"exit {done.returncode}: {done.stderr}"
        records, outcomes = [], []
        with open(f"{scratch}/records", encoding="utf-8") as file:
            for number, line in enumerate(map(json.loads, file), 1):
                if line["seq"] != number:
                    return None, None, f"record {number} says it is record {line['seq']}"
                records.append(
                    {
                        "type": line["type"],
                        "time": line["time"],
                        "intent_key": line["intent"]["key"],
                        "id": line["id"],
                        "post_id": line["post"]["id"],
                        "campaign": line["campaign"]["id"],
                        "product": line["product"]["key"],
                        "flags": line.get("flags", []),
                        "claim": line.get("claim", {}),
                        "quantity": line.get("quantity", {}),
                        "why": line.get("why", ""),
                        "offset": line["origin"]["offset"],
                    }
                )
        with open(f"{scratch}/outcomes", encoding="utf-8") as file:
            for line in map(json.loads, file):
                outcomes.append(
                    {key: line[key] for key in ("platform", "post_id", "campaign", "outcome")}
                    | {"products": line.get("products", []), "detail": detail_of(line)}
                )
        with open(f"{scratch}/stats", encoding="utf-8") as file:
            lines = json.load(file)["lines"]
        return outcomes, records, without_r(lines)


def without_r(lines):
    """Whether a control line counts as such is up to R, which is the raw scan's: the two kinds are one here. (That the
    scan changes nothing else, and R itself, have tests of their own.)"""
    lines = dict(lines)
    lines["control or untriggered"] = lines.pop("control") + lines.pop("untriggered")
    return lines


def detail_of(outcome):
    """Of a claim that is none; else it is the parent's id, and for people."""
    return outcome.get("detail", "") if outcome["outcome"] == "not_a_claim" else ""


def of_oracle(catalogue, posts):
    """By --at-end: outcomes, records, counts of lines."""
    out, kept, lines = oracle.run(str(catalogue), str(posts), accounts_of(posts))
    opinions = {}
    for at_end, said in (("keep", out[:kept]), ("expire", out)):
        parts = {"outcome": [], "record": []}
        for entry in said:
            parts[entry["kind"]].append(
                {key: value for key, value in entry.items() if key != "kind"}
            )
        opinions[at_end] = (parts["outcome"], parts["record"], without_r(lines))
    return opinions


def first_difference(what, expected, got):
    for at in range(max(len(expected), len(got))):
        want = expected[at] if at < len(expected) else None
        have = got[at] if at < len(got) else None
        if want == have:
            continue
        print(f"  {what} {at + 1} differs ({len(expected)} expected, {len(got)} got)")
        for before in range(max(0, at - 3), at):
            print(f"      {json.dumps(expected[before], ensure_ascii=False)}")
        print(f"    - {json.dumps(want, ensure_ascii=False)}")
        print(f"    + {json.dumps(have, ensure_ascii=False)}")
        for after in range(at + 1, at + 3):
            for sign, side in (("-", expected), ("+", got)):
                if after < len(side):
                    print(f"    {sign} {json.dumps(side[after], ensure_ascii=False)}")
        return True
    return False


def compare(binary, catalogue, posts):
    """Whether all is the same, and how much there was."""
    for at_end, expected in of_oracle(catalogue, posts).items():
        for workers in (1, 3):
            got = of_program(binary, catalogue, posts, workers, at_end)
            if got[0] is None:
                print(f"{posts}: --at-end {at_end} -j{workers}: {got[2]}")
                return False, 0
            differs = [
                first_difference(what, a, b)
                for what, a, b in zip(
                    ("outcome", "record", "lines"),
                    expected[:2] + ([expected[2]],),
                    got[:2] + ([got[2]],),
                )
            ]
            if any(differs):
                print(
                    f"{posts}: --at-end {at_end} -j{workers}: oracle (-) and program (+) disagree"
                )
                return False, 0
    return True, len(expected[0])


def spoken(outcomes, records):
    said = [
        " ".join(
            ("outcome", o["post_id"], o["campaign"], o["outcome"], *o["products"])
            + ((o["detail"],) if o["detail"] else ())
        )
        for o in outcomes
    ]
    for r in records:
        words = ["record", r["post_id"], r["type"], r["time"], r["product"]]
        if r["claim"]:
            words.append(":".join((r["claim"]["item"], *r["claim"].get("options", []))))
        if r["quantity"]:
            words.append(f"{r['quantity']['accepted']}/{r['quantity']['requested']}")
        if "left" in r["quantity"]:
            words.append(f"left={r['quantity']['left']}")
        said.append(" ".join(words + r["flags"] + [r["why"]] * bool(r["why"])))
    return said


def run_scenario(binary, posts):
    """How many of the two disagree with what is expected."""
    lines = posts.with_suffix(".expected").read_text(encoding="utf-8").splitlines()
    named = [line.split()[2] for line in lines if line.startswith("// catalogue ")]
    catalogue = posts.parent / named[0] if named else posts.with_suffix(".toml")
    catalogue = catalogue if catalogue.exists() else CATALOGUE
    expected = [line for line in lines if line and not line.startswith("//")]
    expected.sort(key=lambda line: not line.startswith("outcome"))
    bad = 0
    for name in ("oracle",) if binary == "-" else ("oracle", "program"):
        got = (
            of_oracle(catalogue, posts)["expire"]
            if name == "oracle"
            else of_program(binary, catalogue, posts, 1, "expire")
        )
        if got[0] is None:
            print(f"FAIL {posts.stem}: {got[2]}")
            bad += 1
            continue
        said = spoken(*got[:2])
        if said != expected:
            bad += 1
            print(f"FAIL {posts.stem}: the {name}")
            for line in sorted(set(expected + said), key=(expected + said).index):
                sign = (
                    " " if line in expected and line in said else "-" if line in expected else "+"
                )
                print(f"  {sign} {line}")
    return bad


def run_scenarios(binary, folder):
    scenarios = sorted(pathlib.Path(folder).glob("*.ndjson"))
    bad = sum(run_scenario(binary, posts) for posts in scenarios)
    covered = set()
    for posts in scenarios:
        for line in posts.with_suffix(".expected").read_text(encoding="utf-8").splitlines():
            words = line.split()
            if words[:1] == ["outcome"]:
                covered.add(words[3])
    missing = [name for name in OUTCOMES if name not in covered]
    print(f"{len(scenarios)} scenarios with", end=" ")
    print(f"{len(covered)} of {len(OUTCOMES)} outcomes, {bad} failures")
    if missing:
        print(f"no scenario has {', '.join(missing)}")
    return 1 if bad or missing or not scenarios else 0


def run_generated(binary, seeds):
    with tempfile.TemporaryDirectory() as scratch:
        decided = 0
        for seed in seeds:
            for number, shape in enumerate(GEN_SHAPES):
                posts = pathlib.Path(scratch, f"seed{seed}-{number}.ndjson")
                with open(posts, "wb") as file:
                    subprocess.run(
                        [binary, "gen", "--seed", seed, *shape.split()], stdout=file, check=True
                    )
                same, count = compare(binary, CATALOGUE, posts)
                if not same:
                    print(f"made by: hashcart gen --seed {seed} {shape}")
                    return 1
                decided += count
                posts.unlink()
        print(f"{len(seeds) * len(GEN_SHAPES)} streams, {decided} outcomes, all as the oracle says")
    return 0


def run_claims(binary, seeds, posts=3000):
    """As run_generated(), for comments; seed 0 is the catalogue as it stands."""
    with tempfile.TemporaryDirectory() as scratch:
        decided = 0
        text = CLAIMS.read_text(encoding="utf-8")
        for seed in map(int, seeds):
            stream = pathlib.Path(scratch, f"claims{seed}.ndjson")
            stream.write_text(claims.Stream(seed, posts).text(), encoding="utf-8")
            catalogue = stream.with_suffix(".toml")
            catalogue.write_text(claims.varied(text, seed), encoding="utf-8")
            stream.with_suffix(".accounts").write_text("u1\tcustomer-1\nother:u2\tcustomer-2\n")
            same, count = compare(binary, catalogue, stream)
            if not same:
                print(f"made by: claims.Stream({seed}, {posts}) and claims.varied(..., {seed})")
                return 1
            decided += count
        print(f"{len(seeds)} streams of claims, {decided} outcomes, all as the oracle says")
    return 0


def main():
    if len(sys.argv) < 4:
        print(__doc__)
        return 2
    binary, rest = sys.argv[1], sys.argv[2:]
    if rest[0] == "--scenarios":
        return run_scenarios(binary, rest[1])
    if rest[0] == "--claims":
        return run_claims(binary, rest[1:])
    if rest[0] == "--gen":
        return run_generated(binary, rest[1:])
    for posts in rest[1:]:
        same, count = compare(binary, rest[0], posts)
        if not same:
            return 1
        print(f"{posts}: {count} outcomes, all as the oracle says")
    return 0


if __name__ == "__main__":
    sys.exit(main())
