#!/usr/bin/env python3
"""Writes a made-up catalogue of any number of campaigns, as TOML or JSON, on stdout.

  bench/catalogues.py 100000 > large.toml
  bench/catalogues.py 100000 --format json > large.json

The same number and seed give the same catalogue in both forms; its first campaigns are those of a
smaller one. Of a hundred campaigns about 55 have one tag and one product, 15 two steps, 15 are reply
carts, 5 ask for two tags, 4 for a mention, 3 are links on sale, 3 sell by comment. Ids, tags and
hosts are unique, so nothing warns but W004 (no stream test), which --tests silences: it adds a
[[test]] for each campaign. The catalogue brings a few retailers of its own and needs no other.
"""
import argparse
import json
import random
import sys

RETAILERS = 8
ADJECTIVES = ["Amber", "Brisk", "Calm", "Dapper", "Early", "Frosty", "Golden", "Humble", "Icy",
              "Jolly", "Keen", "Lucky", "Mellow", "Nimble", "Opal", "Polar", "Quick", "Rustic",
              "Silver", "Tidy", "Urban", "Vivid", "Warm", "Young", "Zesty"]
NOUNS = ["Basket", "Candle", "Drum", "Easel", "Fiddle", "Guitar", "Hammock", "Inkwell", "Jacket",
         "Kettle", "Lantern", "Mirror", "Novel", "Oven", "Pillow", "Quilt", "Racket", "Saddle",
         "Teapot", "Umbrella", "Violin", "Wagon", "Xylophone", "Yarn", "Zither"]
ABROAD = ["Café", "Жёлтый", "りんご", "鞄", "가방", "Größe"]
PLATFORMS = ["x", "bluesky", "mastodon", "reddit", "threads"]


class Time(str):
    """An RFC 3339 time: bare in TOML, a text in JSON."""


def campaign(number, rng):
    """One [[campaign]] as a dict, keys in the order people write them."""
    name = rng.choice(ADJECTIVES) + rng.choice(NOUNS)
    if rng.random() < 0.1:
        name = rng.choice(ABROAD) + name
    tag = f"#Buy{name}{number}"
    shop = number % RETAILERS
    out = {"id": f"campaign-{number:06}", "rev": rng.randint(1, 9),
           "status": rng.choice(["stable", "stable", "experimental"])}
    if rng.random() < 0.3:
        out["platforms"] = sorted(rng.sample(PLATFORMS, rng.randint(1, 3)))
    kind = rng.random()
    product = {"retailer": f"shop{shop}", "market": rng.choice(["US", "GB"]),
               "id": f"{name.lower() if name.isascii() else 'item'}-{number}",
               "price": f"{rng.randint(1, 500)}.{rng.randint(0, 99):02}", "currency": "USD"}
    window = [Time(f"20{rng.randint(13, 25)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
                   f"T00:00:00Z"), Time(f"2031-{rng.randint(1, 12):02}-01T23:59:59Z")]
    hits = [f"I want this {tag} please", tag, f"so easy: {tag.lower()}!"][:rng.randint(1, 3)]
    if kind < 0.15:  # reply carts
        out.update({"tag": tag, "action": "cart.add", "from": window[0], "when": ["reply"],
                    "product": {"from": [f"shop{shop}:US"], "link": ["parent", "self"]},
                    "ignore_authors": [f"@Shop{shop}", f"x:{10 ** 8 + number}"], "hits": hits,
                    "misses": [f"{tag}s", f"foo{tag}"]})
    elif kind < 0.30:  # two steps
        out.update({"tag": tag, "action": "buy", "when": ["any"], "product": product,
                    "hits": hits, "misses": [f"#Confirm{tag[4:]}"],
                    "confirm": {"tag": f"#Confirm{tag[4:]}", "within": "15m", "clock": "prompt",
                                "by": "same-author", "prompt_by": [f"x:{10 ** 9 + number}"],
                                "remind_before": "5m"}})
    elif kind < 0.35:  # two tags in one post
        out.update({"tags": ["#order", tag], "action": "buy", "product": product,
                    "hits": [f"#order {tag}"], "misses": [tag, "#order"]})
    elif kind < 0.39:  # a mention and a tag
        out.update({"tag": tag, "mention": f"@Shop{shop}", "action": "order", "product": product,
                    "duplicates": "accumulate", "hits": [f"@Shop{shop} {tag}"], "misses": [tag]})
    elif kind < 0.42:  # links on sale
        out.update({"on_link": [f"shop{shop}"], "action": "offer", "from": window[0],
                    "until": window[1],
                    "hits": [f"look: https://shop{shop}.example.com/dp/thing-{number}"]})
    elif kind < 0.45:  # buying by comment
        out.update({"under": [f"x:{10 ** 9 + number}"], "action": "claim",
                    "product": {k: product[k] for k in ("retailer", "market")},
                    "hits": ["sold AA 2 blue"], "misses": ["AA sold out?"],
                    "claim": {"words": ["sold"], "strict": "first"},
                    "items": {code: {"id": f"dress-{number}-{code.lower()}", "price": "49.00",
                                     "currency": "USD", "options": [["blue", "red"]]}
                              for code in ("AA", "AB", "AC")}})
    else:  # one tag, one product
        out.update({"tag": tag, "action": "buy", "product": product, "hits": hits})
        if rng.random() < 0.5:
            out["from"], out["until"] = window
        if rng.random() < 0.5:
            out["misses"] = [f"{tag}s", tag[1:]]
    return out


def catalogue(count, seed, with_tests):
    out = {"format": 1, "catalogue": {"id": "made-up", "version": f"{count}-{seed}"},
           "limits": {"out_of_order": "10s"},
           "idtype": {"sku": {"match": "[a-z0-9-]{1,64}"}}}
    out["retailer"] = [
        {"id": f"shop{i}", "name": f"Shop No. {i}", "idtype": "sku", "paths": ["/dp/{id}"],
         "hits": [[f"https://shop{i}.example.com/dp/thing-1", f"shop{i}:US:sku:thing-1"]],
         "markets": {"US": {"hosts": [f"shop{i}.example.com"],
                            "canonical": f"https://shop{i}.example.com/dp/{{id}}"},
                     "GB": {"hosts": [f"shop{i}.example.org"]}}} for i in range(RETAILERS)]
    rng = random.Random(seed)
    out["campaign"] = [campaign(i, random.Random(rng.random())) for i in range(count)]
    if with_tests:
        out["test"] = [
            {"name": f"test of {one['id']}", "posts": f'{{"id":"{i}","user":"7","text":"none"}}\n',
             "expect": f'{{"type":"intent.created","campaign":{{"id":"{one["id"]}"}}}}\n'}
            for i, one in enumerate(out["campaign"])]
    return out


def toml(value):
    """A value on one line."""
    if isinstance(value, Time):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {toml(v)}" for k, v in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)  # texts and numbers: TOML's form is JSON's


def write_table(name, table, put, array=False):
    """A table under its header; of its keys, the tables that people give a header last."""
    put(f"\n[[{name}]]\n" if array else f"\n[{name}]\n")
    later = ("markets", "confirm", "claim", "items")
    for key, value in table.items():
        if key not in later:
            put(f"{key} = {toml(value)}\n")
    for key in later:
        if key in table:
            write_table(f"{name}.{key}", table[key], put)


def write_toml(out, put):
    put("format = 1\n")
    for name in ("catalogue", "limits"):
        write_table(name, out[name], put)
    for name, table in out["idtype"].items():
        write_table(f"idtype.{name}", table, put)
    for kind in ("retailer", "campaign", "test"):
        for table in out.get(kind, []):
            write_table(kind, table, put, array=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int, help="number of campaigns")
    parser.add_argument("--format", choices=["toml", "json"], default="toml")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tests", action="store_true", help="a [[test]] for each campaign")
    args = parser.parse_args()
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    out = catalogue(args.count, args.seed, args.tests)
    if args.format == "json":
        json.dump(out, sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
    else:
        write_toml(out, sys.stdout.write)


if __name__ == "__main__":
    main()
