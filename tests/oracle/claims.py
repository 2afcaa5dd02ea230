"""Streams of comments for the oracle: random sentences of a small grammar, right and nearly right, with redeliveries,
edits, deletes, passes and disorder; and catalogues that vary what the one they are written for fixes.

Seeded: the same bytes for the same seed. Posts are of the simple dialect.
"""

import json
import random
import re

PLATFORMS = ("facebook", "facebook", "facebook", "instagram", "other", "x")
START = 1733130000_000  # 2024-12-02T09:00:00Z, in milliseconds

NUMBERS = (
    "2 2 3 1 10 +1 +2 +3 x2 2x ×3 3× X3 ٣ １０ 9999 10000 0 +0 -1 1000000000 99999999999999999999 007 x0"
).split(" ")
NOISE = (
    "please|thanks|!!!|…|🔥|❤️|for ann|now|(yes)|, |the|@friend|@thestorehandle|https://pics.example/?a=1|"
    "not|no|never|don't|isn’t|nope|question|questions?|?|？|next|nxt|pass|drop|blue|38|AA|A1|BB|xx|x|don|sold|want|"
    "reorder|soldAA|A11|sold-out|#sale|#AA|+|ﬁne|½|一|é"
).split("|")
CLAIMS = {  # by word: codes with options
    "sold": (("AA", ("blue", "red", "dark red", "small", "large", "38")), ("BB", ()), ("7", ())),
    "mine": (("AA", ("blue", "dark   red", "small", "38")), ("bb", ()), ("ＢＢ", ())),
    "gimme": ((None, ()),),
    "dibs": (("C1", ("green", "white")), ("C2", ())),
    "": (("A1", ()), ("a2", ()), ("Q1", ()), ("Q2", ("38", "39"))),
    "want": (("Z9", ("gold", "silver")), (None, ("gold", "silver"))),
    "order": ((None, ()),),
    "haben": ((None, ()),),
}
SIGNS = (
    "@dominos 🍕|@Dominos 🍕🍕🍕|🍕|@dominos_uk I want 🍕️ now|@dominosuk 🍕|.@dominos's 🍕!|"
    "mail@dominos 🍕|@dominos 🍔|👍|👍🏽|👍🏽👍|👎|ok 👍🏿!|🇺🇸|🇦🇺🇸🇪|🇸🇪🇺🇸|🇺🇸🇺🇸|x🇺 🇺🇸|👩‍🚀|👩🏽‍🚀|👩|🚀|"
    "👩‍🚀👩‍🚀|👩‍🚒|🏳️‍🌈|@thestorehandle #buy|#BUY @TheStoreHandle|#buy|@thestorehandle buy|"
    "@thestorehandle.x #buy|＠thestorehandle ＃buy|#GrabTicket|#grabticket now|"
    "#GrabTicket #yes|#ConfirmTicket|#confirmticket|#yes|#Yes please|#GrabTickets"
).split("|")
LINKS = (
    "https://www.amazon.com/dp/B00EXAMPL1",
    "https://www.amazon.com/dp/B00EXAMPL2",
    "https://amazon.co.uk/dp/B00EXAMPL1",
    "https://amzn.to/abc",
    "https://shop.example/1",
)


def varied(catalogue, seed):
    """The catalogue (text) with other policies, stocks and degrees of strictness."""
    rng = random.Random(f"catalogue {seed}")
    head, *campaigns = catalogue.split("[[campaign]]")
    scale = rng.choice((1, 1, 4, 40)) if seed else 1
    out = [head]
    for block in campaigns:
        two_steps = "[campaign.confirm]" in block
        block = re.sub(
            r"quantity = (\d+)", lambda match: f"quantity = {int(match[1]) * scale}", block
        )
        if seed and rng.random() < 0.5:
            block = re.sub(r"\n(duplicates|waitlist|sensitive) = .*", "", block)
            keys = ""
            if not two_steps:
                policy = rng.choice(("idempotent", "accumulate", "max 1", "max 3", "max 10"))
                keys += f'duplicates = "{policy}"\n'
                keys += rng.choice(("waitlist = true\n", "", ""))
            if not re.search(r"^quantity", block, re.M) and rng.random() < 0.5:
                keys += f"quantity = {rng.randint(1, 30)}\n"
            keys += rng.choice(("sensitive = true\n", "", "", ""))
            if rng.random() < 0.4:
                block = re.sub(r"\nwhen = .*", "", block)
                when = rng.choice(('"any"', '"reply"', '"reply", "quote"'))
                keys += f"when = [{when}]\n"
            block = block.replace("action =", keys + "action =", 1)
            if "[campaign.claim]" in block and rng.random() < 0.5:
                block = re.sub(r"\n(strict|needs_quantity|hits|misses) = .*", "", block)
                words = re.search(r"words = \[\"(\w+)", block)
                code = re.search(r"^(\w+) = \{", block, re.M)
                hit = " ".join(found[1] for found in (words, code) if found)
                block = block.replace("action =", f'hits = ["{hit} 1"]\naction =', 1)
                rule = f'[campaign.claim]\nstrict = "{rng.choice(("first", "contains", "only"))}"\n'
                rule += rng.choice(("needs_quantity = true\n", "", ""))
                block = block.replace("[campaign.claim]\n", rule, 1)
        out.append(block)
    return "[[campaign]]".join(out)


class Stream:
    def __init__(self, seed, posts):
        self.rng = random.Random(f"posts {seed}")
        self.time = START
        self.next_id = 1000
        self.lines = []  # (place, line)
        self.comments = []  # the last of them
        self.openings = []  # posts that are commented on: (platform, id)
        self.noise = self.rng.choice((0.0, 0.3, 0.6))
        self.spread = self.rng.choice((0, 0, 4, 30))  # how far lines stray
        self.gap = self.rng.choice((300, 1500, 3000))
        self.authors = self.rng.choice((3, 8, 40))
        for _ in range(posts):
            self.one()

    def text(self):
        self.lines.sort(key=lambda line: line[0])
        return "".join(line + "\n" for _, line in self.lines)

    def put(self, line):
        place = len(self.lines) + self.rng.uniform(0, self.spread)
        self.lines.append((place, json.dumps(line, ensure_ascii=False)))

    def new_id(self):
        self.next_id += 1
        return str(self.next_id)

    def at(self):
        at = self.time - (self.rng.randint(0, 9000) if self.rng.random() < 0.1 else 0)
        seconds, ms = divmod(at, 1000)
        seconds -= 1733130000
        return f"2024-12-02T{9 + seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{ms:03d}Z"

    def one(self):
        rng = self.rng
        self.time += rng.randint(0, 2 * self.gap)
        chance = rng.random()
        if chance < 0.05 or len(self.openings) < 3:
            return self.opening()
        if chance < 0.13 and self.comments:
            return self.delete()
        if chance < 0.133 and self.comments:
            post = rng.choice(self.comments)
            if post["platform"] == "x":
                self.put({"data": {"user_delete": {"user": {"id": post["user"]}}}})
            return None
        if chance < 0.136:
            return self.put({"hashcart": "clock", "platform": rng.choice(PLATFORMS), "at": self.at()})
        if chance < 0.16 and self.comments:
            again = dict(rng.choice(self.comments))
            if rng.random() < 0.5:  # an edit
                again |= {"edit_of": again.get("edit_of", again["id"]), "id": self.new_id(), "at": self.at()}
                again["text"] = self.sentence()
            return self.put(again)
        return self.comment()

    def opening(self):
        platform = self.rng.choice(PLATFORMS)
        links = self.rng.sample(LINKS, self.rng.choice((0, 1, 1, 1, 1, 2)))
        post = {"id": self.new_id(), "platform": platform, "user": "shop", "at": self.at()}
        post["text"] = "New! " + " ".join(links)
        self.openings.append((platform, post["id"]))
        del self.openings[:-6]
        self.put(post)

    def delete(self):
        if self.rng.random() < 0.1 and self.openings:
            platform, post_id = self.rng.choice(self.openings)
        else:
            post = self.rng.choice(self.comments)
            platform, post_id = post["platform"], post["id"]
        if self.rng.random() < 0.05:
            post_id = str(self.next_id + 2)  # before it comes
        self.put({"id": post_id, "platform": platform, "deleted": True})

    def comment(self):
        rng = self.rng
        platform, opening = rng.choice(self.openings)
        chance = rng.random()
        post = {"id": self.new_id(), "platform": platform, "at": self.at()}
        post["user"] = f"u{rng.randint(1, self.authors)}" if chance < 0.97 else "shop"
        if chance < 0.03:
            post["user"], post["handle"] = "99", "Dominos"
        how = rng.random()
        if how < 0.85:
            post["reply_to"] = opening if how > 0.03 else str(self.next_id + rng.randint(1, 4))
            if rng.random() < 0.9:
                post["reply_to_user"] = "shop" if rng.random() < 0.97 else "u1"
        elif how < 0.9:
            post["quote_of"] = opening
        if rng.random() < 0.02:
            post["protected"] = True
        if rng.random() < 0.02:
            post["repost_of"] = opening
        post["text"] = self.sentence()
        self.comments.append(post)
        del self.comments[:-40]
        self.put(post)

    def sentence(self):
        rng = self.rng
        chance = rng.random()
        if chance < 0.2:
            words = [rng.choice(SIGNS)]
        elif chance < 0.36:
            words = [rng.choice(("pass", "pass", "Pass!", "PASS", "drop"))]
            if rng.random() < 0.3:
                words.append(rng.choice(("AA", "bb", "A1", "C1", "7", "Z9", "AA BB", "please", "AA 2", "?")))
        else:
            words = self.claim()
        while rng.random() < self.noise:
            words.insert(rng.randint(0, len(words)), rng.choice(NOISE))
        if rng.random() < 0.1:
            words = [word if "://" in word else word.upper() for word in words]
        if rng.random() < 0.05:
            words.append(rng.choice(LINKS))
        if rng.random() < 0.1:
            words.insert(0, "@shop")
        return rng.choice((" ", " ", " ", "  ", ", ")).join(words)

    def claim(self):
        rng = self.rng
        word = rng.choice(tuple(CLAIMS))
        code, values = rng.choice(CLAIMS[word])
        details = [code] if code and rng.random() < 0.95 else []
        if code is None and rng.random() < 0.02:
            details = ["AA"]
        if values:
            details += rng.sample(values, min(len(values), rng.choice((1, 1, 2, 2, 3))))
        if rng.random() < 0.05:
            details.append(rng.choice(CLAIMS[word])[0] or "")
        if rng.random() < 0.4 or word == "":
            details.append(rng.choice(NUMBERS[:14] if rng.random() < 0.8 else NUMBERS))
        if word:
            rng.shuffle(details)
            if rng.random() < 0.2:
                details.insert(0, rng.choice(("next", "next", "nxt")))
            return [word, *details]
        if len(details) == 2 and rng.random() < 0.5:  # A1+2
            details = [details[0] + details[1]] if details[1][0] == "+" else details
        if rng.random() < 0.1:
            details.insert(1, "next")
        return details
