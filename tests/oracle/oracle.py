#!/usr/bin/env python3
"""The oracle: what `hashcart match` has to say of a stream, by one plain loop over unbounded maps.

    oracle.py CATALOGUE.toml POSTS.ndjson [--at-end expire] [--accounts FILE] > EXPECTED.ndjson

Written from the rules and not from the program: it shares no code with it, keeps all it ever saw,
searches lists where the program keeps indexes, and is slow. It prints one JSON object a line:
`{"kind":"outcome",...}` and `{"kind":"record",...}` in the order they are decided, and last
`{"kind":"lines",...}`.

What it leaves out, because no stream made for it needs it: dialects but x-v1, x-v2, bluesky and
simple; redirectors; percent-encoded links; masks; tables that overflow, but for `pending_max`;
product tags.
"""

import argparse
import hashlib
import json
import re
import sys
import tomllib
import unicodedata
from datetime import datetime, timedelta, timezone

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
PLATFORMS = (
    "x",
    "bluesky",
    "mastodon",
    "weibo",
    "instagram",
    "facebook",
    "pinterest",
    "reddit",
    "tiktok",
    "threads",
    "misskey",
    "other",
)
CLOCK_LINE_EVERY = 1 << 20


# ---------------------------------------------------------------- times


def duration(text):
    number, unit = re.fullmatch(r"(\d+)(ms|s|m|h|d)", text).groups()
    return int(number) * {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}[unit]


def to_ms(when):
    return (when - EPOCH) // timedelta(milliseconds=1)


def rfc3339(text):
    match = re.fullmatch(
        r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:?\d\d)", text
    )
    if not match:
        raise Reject("bad_time")
    day, clock, fraction, zone = match.groups()
    zone = "+0000" if zone in "Zz" else zone.replace(":", "")
    when = datetime.strptime(f"{day}T{clock}{zone}", "%Y-%m-%dT%H:%M:%S%z")
    return to_ms(when) + int(((fraction or ".0")[1:] + "000")[:3])


def x_time(text):
    return to_ms(datetime.strptime(text, "%a %b %d %H:%M:%S %z %Y"))


def snowflake(post_id):
    if not post_id.isdecimal() or int(post_id) < 29_700_000_000:
        return None
    return (int(post_id) >> 22) + 1288834974657


def written(ms):
    when = EPOCH + timedelta(milliseconds=ms)
    return when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


# ---------------------------------------------------------------- the catalogue


class Catalogue:
    def __init__(self, path):
        with open(path, "rb") as file:
            data = tomllib.load(file)
        limits = data.get("limits", {})
        self.out_of_order = duration(limits.get("out_of_order", "10s"))
        self.parent_wait = duration(limits.get("parent_wait", "2m"))
        self.remember_links = duration(limits.get("remember_links", "72h"))
        self.remember_seen = duration(limits.get("remember_seen", "24h"))
        self.clock_jump_max = duration(limits.get("clock_jump_max", "1h"))
        self.pending_max = limits.get("pending_max", 1_000_000)
        self.idtypes = data.get("idtype", {})
        self.retailers = data.get("retailer", [])
        self.campaigns = sorted(data.get("campaign", []), key=lambda campaign: campaign["id"])
        for retailer in self.retailers:
            self.read_retailer(retailer)
        self.retailer = {retailer["id"]: retailer for retailer in self.retailers}
        for campaign in self.campaigns:
            self.read_campaign(campaign)
        self.keys = self.line_keys()

    @staticmethod
    def read_retailer(retailer):
        retailer["places"] = []  # (host, market, paths)
        for market, entry in retailer.get("markets", {}).items():
            for host in entry["hosts"]:
                retailer["places"].append((host, market, retailer.get("paths", [])))
        for also in retailer.get("also", []):
            for host in also["hosts"]:
                retailer["places"].append((host, also["market"], also["paths"]))

    @staticmethod
    def read_campaign(campaign):
        campaign["tag_list"] = [campaign["tag"]] if "tag" in campaign else campaign.get("tags", [])
        under = campaign.get("under", [])
        campaign["under"] = [under] if isinstance(under, str) else under
        on = [author.split(":", 1)[0] for author in campaign["under"]] or PLATFORMS
        campaign["on"] = set(campaign.get("platforms", on))
        mention = campaign.get("mention", [])
        campaign["mention"] = [
            handle.removeprefix("@").lower()
            for handle in ([mention] if isinstance(mention, str) else mention)
        ]
        is_linked = "from" in campaign.get("product", {})
        when = campaign.get("when", ["reply" if is_linked or "claim" in campaign else "any"])
        campaign["any"], campaign["quote"] = "any" in when, "quote" in when
        policy, _, most = campaign.get("duplicates", "idempotent").partition(" ")
        campaign["policy"], campaign["most"] = policy, int(most or 0)
        if "claim" in campaign:
            campaign["grammar"] = ClaimGrammar(campaign["claim"], campaign.get("items", {}))
        for bound in ("from", "until"):
            if bound in campaign:
                campaign[bound] = to_ms(campaign[bound])
        confirm = campaign.get("confirm")
        if confirm:
            confirm["within"] = duration(confirm["within"])
            confirm["clock"] = confirm.get("clock", "open")
            confirm["remind_before"] = duration(confirm.get("remind_before", "0s"))
            by = confirm.get("prompt_by", [])
            confirm["prompt_by"] = [by] if isinstance(by, str) else by
        scopes = campaign.get("product", {}).get("from", [])
        campaign["scope"] = {}  # retailer -> its listed markets, or None for any
        for scope in scopes:
            name, _, market = scope.partition(":")
            if not market:
                campaign["scope"][name] = None
            elif campaign["scope"].get(name, ()) is not None:
                campaign["scope"].setdefault(name, set()).add(market)
        campaign["links"] = campaign.get("product", {}).get("link", ["parent"])

    def line_keys(self):
        """What makes a failing or control line count: a full key, or a key of control messages (the
        escape guard is in `counts`)."""
        keys = [
            b'"delete"',
            b'"deleted"',
            b'"limit"',
            b'"scrub_geo"',
            b'"status_withheld"',
            b'"user_withheld"',
            b'"disconnect"',
            b'"warning"',
            b'"hashcart"',
            b'"tweet_delete"',
        ]
        for retailer in self.retailers:
            hosts = [host for host, _, _ in retailer["places"]] + retailer.get("short", [])
            keys += [host.removeprefix("*.").encode() for host in hosts]
        for campaign in self.campaigns:
            confirm = campaign.get("confirm")
            for tag in campaign["tag_list"] + ([confirm["tag"]] if confirm else []):
                bare = tag.lstrip("#＃").rstrip("#＃").lower()
                for form in (bare, json.dumps(bare)[1:-1]):
                    keys += [
                        f"#{form}".encode(),
                        f'"{form}"'.encode(),
                        f"＃{form}".encode(),
                        f"\\uff03{form}".encode(),
                    ]
            if confirm:
                keys += [author.split(":", 1)[1].encode() for author in confirm["prompt_by"]]
        return keys

    def counts(self, line):
        lower = line.lower()
        return (
            any(key in lower for key in self.keys)
            or re.search(rb"\\u00(3[0-9]|4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a])", lower) is not None
        )


# ---------------------------------------------------------------- links


class Product:
    def __init__(self, retailer, market, key):
        self.retailer, self.market, self.key = retailer, market, key


def classify(catalogue, url):
    """A Product, the retailer whose short link it is (a str), or None."""
    match = re.match(r"(?:(https?):[/\\]{2,})?([^/?#\\]*)([^?#]*)(\?[^#]*)?", url, re.IGNORECASE)
    _, authority, path, query = match.groups()
    if "@" in authority:
        return None
    host, _, port = authority.partition(":")
    if port not in ("", "80", "443"):
        return None
    host = host.lower().removesuffix(".")
    for retailer in catalogue.retailers:
        if host in retailer.get("short", []):
            return retailer["id"]
        for place, market, paths in retailer["places"]:
            if host != place and not (place.startswith("*.") and host.endswith(place[1:])):
                continue
            found = product_id(catalogue, retailer, paths, path, query or "")
            if found:
                space = "*" if retailer.get("ids") == "global" else market
                key = ":".join((retailer["id"], space, retailer["idtype"], found))
                return Product(retailer["id"], market, key)
            return None
    return None


def product_id(catalogue, retailer, paths, path, query):
    idtype = catalogue.idtypes[retailer["idtype"]]
    segments = path.split("/")[1:]
    for template in paths:
        wanted_path, _, wanted_query = template.partition("?")
        wanted = wanted_path.split("/")[1:]
        if len(segments) < len(wanted):
            continue
        found = None
        for want, have in zip(wanted, segments):
            if "{id}" in want:
                before, after = want.split("{id}")
                if (
                    not have.startswith(before)
                    or not have.endswith(after)
                    or len(have) < len(before) + len(after)
                ):
                    break
                found = have[len(before) : len(have) - len(after)]
            elif want != have and not (want == "*" and have):
                break
        else:
            if wanted_query:
                name = wanted_query.split("=")[0]
                values = [
                    pair.split("=", 1)[1]
                    for pair in query[1:].split("&")
                    if pair.startswith(name + "=")
                ]
                found = values[0] if values else None
            if found is None:
                continue
            found = {"upper": found.upper(), "lower": found.lower()}.get(idtype.get("fold"), found)
            if re.fullmatch(idtype["match"], found):
                return found
    return None


# A link in plain text: a scheme or not, a host with a known kind of ending, a path, a query. Text
# that glues letters to links is not made for the oracle.
URL = re.compile(
    r"(?<![A-Za-z0-9@$#＃_])(?:https?://)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+"
    r"(?:com|uk|jp|de|me|to|example|org|net)(?![a-z0-9-])(?::\d+)?"
    r"(?:/(?:[A-Za-z0-9!*';:=+,.$/%#\[\]_~@|&-]*[A-Za-z0-9+=_#/-])?)?"
    r"(?:\?[A-Za-z0-9!?*'@();:&=+$/%#\[\]_.,~|-]*[A-Za-z0-9_&=#/-])?",
    re.IGNORECASE,
)


# ---------------------------------------------------------------- tags


def fold(tag):
    tag = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", tag).casefold())
    return "".join(c for c in tag if c not in "\u00ad\u200b\u200c\u200d\u2060\ufe0e\ufe0f\ufeff")


def is_tag_char(c):
    return (
        unicodedata.category(c)[0] in "LM"
        or unicodedata.category(c) == "Nd"
        or c in "_\u200c\u200d・·～"
    )


def x_tags(text, urls):
    tags, consumed = [], 0
    for at, c in enumerate(text):
        if c not in "#＃" or at < consumed:
            continue
        if at > 0:
            before = text[at - 1]
            if (
                at == consumed
                or before == "&"
                or (is_tag_char(before) and before not in "\ufe0e\ufe0f")
            ):
                continue
        end = at + 1
        while (
            end < len(text)
            and is_tag_char(text[end])
            and not (end == at + 1 and text[end] in "\ufe0f\u20e3")
        ):
            end += 1
        body = text[at + 1 : end]
        if not any(unicodedata.category(b)[0] in "LM" for b in body):
            continue
        consumed = end
        if text[end : end + 3] == "://" or text[end : end + 1] in ("#", "＃"):
            continue
        if not any(start <= at < stop for start, stop in urls):
            tags.append(body)
    return tags


def bluesky_tags(text):
    tags = []
    for match in re.finditer(
        r"(?:^|(?<=\s))[#＃](?!\ufe0f)([^\s\u00ad\u2060\u200a-\u200d\u20e2]+)", text
    ):
        body = match.group(1)
        while body and unicodedata.category(body[-1])[0] == "P":
            body = body[:-1]
        if any(not c.isdigit() and unicodedata.category(c)[0] != "P" for c in body):
            tags.append(body)
    return tags


def weibo_tags(text):
    return (
        [body for body in text.split("#")[1::2] if body]
        if text.count("#") % 2 == 0
        else [body for body in text.split("#")[1:-1:2] if body]
    )


# ---------------------------------------------------------------- claims

WORD_KINDS = ("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd")
INNER = "'-_"  # within a word
MENTION = re.compile(r"(?<![A-Za-z0-9_@＠])[@＠][A-Za-z0-9_](?:[A-Za-z0-9_.@-]*[A-Za-z0-9_])?")
QUANTITY_MAX = 9_999


class Word:
    def __init__(self, text, sign):
        self.text, self.sign = fold(text), sign
        digits = re.fullmatch(r"x?(\d+)|(\d+)x", self.text)
        if sign:
            self.text = sign + self.text  # it is no code and no value
        self.number = None  # of a word that is one; 0 where no quantity is meant to be so great
        if digits:
            digits = digits[1] or digits[2]
            is_none = len(digits) > 9 or sign not in ("", "+")
            self.number = 0 if is_none else int("".join(str(unicodedata.digit(d)) for d in digits))


def words_of(text):
    """The words of a comment, whether it asks, whether it has a link."""
    text = re.sub(r"×(?=\d)|(?<=\d)×", "x", text.replace("’", "'"))
    has_link = URL.search(text) is not None
    for pattern in (URL, MENTION):
        text = pattern.sub("\n", text)

    def in_word(at):
        return at < len(text) and unicodedata.category(text[at]) in WORD_KINDS

    words, at = [], 0
    while at < len(text):
        if not in_word(at) or unicodedata.category(text[at])[0] == "M":
            at += 1
            continue
        end = at
        while in_word(end) or (end < len(text) and text[end] in INNER and in_word(end + 1)):
            end += 1
        sign = text[at - 1] if at > 0 and text[at - 1] in "+-−–" and text[at].isdigit() else ""
        words.append(Word(text[at:end], sign))
        at = end
    return words, any(mark in text for mark in "?？؟¿❓❔"), has_link


class Claim:
    def __init__(self, kind):
        self.kind = kind  # want, next, pass, or a doubt: question, negation, quantity
        self.items = []  # their codes as the catalogue writes them
        self.options = []  # of the only item: what is named of each
        self.clash = False
        self.quantity = 1


class ClaimGrammar:
    def __init__(self, rule, items):
        def folded(key, default=()):
            return {fold(word.replace("’", "'")) for word in rule.get(key, default)}

        self.words = folded("words")
        self.strict = rule.get("strict", "first")
        self.needs_quantity = rule.get("needs_quantity", False)
        self.next, self.passes = folded("next", ["next"]), folded("pass", ["pass"])
        self.questions = folded("questions", ["question", "questions"])
        self.negations = folded(
            "negations",
            "not no never don't dont isn't isnt wasn't wasnt won't wont".split(),
        )
        self.negations |= self.passes  # "I pass on A1"
        self.items = items
        self.codes = {fold(code): code for code in items}

    def parse(self, text):
        """A Claim, or None where the text says nothing by this rule."""
        words, asks, has_link = words_of(text)
        said = [word.text for word in words]
        taken_back = self.parse_pass(said)
        if taken_back and not asks and not has_link:
            return taken_back
        begins = self.words or set(self.codes)
        place = next((at for at, word in enumerate(said) if word in begins), None)
        if place is None or (self.strict != "contains" and place != 0):
            return None
        claim = Claim("want")
        at = place + 1 if self.words else place
        behind = said[place + 1 : place + 2]
        if behind and behind[0] in self.next:
            claim.kind = "next"
        used = self.read_details(words, at, claim)
        if self.words:
            used.add(place)
        if claim.kind == "next":
            used.add(place + 1)
        if claim.number is None and self.needs_quantity:
            return None
        used |= {at for at, word in enumerate(said) if word in self.questions}
        if behind and behind[0] in self.negations:
            used.add(place + 1)
        if self.strict == "only" and (has_link or len(used) < len(words)):
            return None
        if asks or any(word in self.questions for word in said):
            claim.kind = "question"
        elif set(behind + said[max(0, place - 3) : place]) & self.negations:
            claim.kind = "negation"
        elif claim.number is not None and not 1 <= claim.number <= QUANTITY_MAX:
            claim.kind = "quantity"
        return claim

    def parse_pass(self, said):
        others = [word for word in said if word not in self.passes]
        if len(said) - len(others) != 1 or any(word not in self.codes for word in others):
            return None
        claim = Claim("pass")
        claim.items = list(dict.fromkeys(self.codes[word] for word in others))
        return claim

    def read_details(self, words, at, claim):
        """Codes, values and a quantity behind the word. Returns the places they take."""
        said = [word.text for word in words]
        used = {place for place in range(at, len(said)) if said[place] in self.codes}
        claim.items = list(dict.fromkeys(self.codes[said[place]] for place in sorted(used)))
        if not claim.items and len(self.items) == 1:
            claim.items = list(self.items)
        values = {}  # its words -> (option, value)
        if len(claim.items) == 1:
            options = self.items[claim.items[0]].get("options", [])
            claim.options = [None] * len(options)
            for option, names in enumerate(options):
                for name in names:
                    values[tuple(fold(part) for part in name.split(" "))] = option, name
        place = at
        while place < len(said):
            if place in used:
                place += 1
                continue
            longest = max(
                (key for key in values if tuple(said[place : place + len(key)]) == key),
                key=len,
                default=None,
            )
            if longest is None:
                place += 1
                continue
            option, name = values[longest]
            if claim.options[option] not in (None, name):
                claim.clash = True
            else:
                claim.options[option] = name
            used.update(range(place, place + len(longest)))
            place += len(longest)
        claim.number = None
        for place in range(at, len(words)):
            if place not in used and words[place].number is not None:
                claim.number = words[place].number
                claim.quantity = claim.number
                used.add(place)
                break
        return used


# ---------------------------------------------------------------- emoji and mentions


def is_tone(c):
    return 0x1F3FB <= ord(c) <= 0x1F3FF


def pictures(text):
    """The text cut into what is drawn as one picture (or one character), without variation
    selectors and skin tones."""
    out = []
    flag_half = False  # of the picture before: the first half of a flag
    joined = False
    for c in text:
        is_flag_letter = 0x1F1E6 <= ord(c) <= 0x1F1FF
        if c in "\ufe0e\ufe0f":
            continue
        if is_tone(c) and out and not joined and not out[-1].isascii():
            continue
        belongs = joined or c in "\u200d\u20e3" or 0xE0020 <= ord(c) <= 0xE007F
        if out and (belongs or (is_flag_letter and flag_half)):
            out[-1] += c
            flag_half = False
        else:
            out.append(c)
            flag_half = is_flag_letter
        joined = c == "\u200d"
    return out


def has_emoji(text, emoji):
    wanted = "".join(c for c in emoji if c not in "\ufe0e\ufe0f")
    if len(wanted) > 1:
        wanted = "".join(c for c in wanted if not is_tone(c))
    return wanted in pictures(text)


def has_mention(text, platform, handle):
    inner = {
        "x": r"[A-Za-z0-9_]+",
        "weibo": r"[\w-]+",
    }.get(platform, r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")
    host = r"(?:@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)?"
    if platform in ("mastodon", "misskey"):
        inner += host
    for match in re.finditer(r"(?<![\w@＠])[@＠](" + inner + ")", text):
        found = match[1].lower()
        if found == handle or ("@" not in found and found == handle.split("@")[0] != ""):
            return True
    return False


# ---------------------------------------------------------------- posts


class Reject(Exception):
    pass


class Post:
    """What a line says of a post; the fields every dialect fills."""

    def __init__(self, platform, role="main"):
        self.platform, self.role = platform, role
        self.id = self.chain = self.author = self.handle = self.reply_to = self.reply_author = (
            self.quote_of
        ) = ""
        self.time = None
        self.is_repost = self.is_quote = self.protected = self.truncated = False
        self.text = ""
        # (value, start, end) in characters of text; start == end: not in it.
        self.tags, self.links = [], []
        self.tags_are_listed = False

    def find_tags(self):
        urls = [match.span() for match in URL.finditer(self.text)]
        if self.platform == "bluesky":
            # Facets and `tags` say what a tag is; the text only where there are none of them.
            found = () if self.tags and self.tags_are_listed else bluesky_tags(self.text)
        elif self.platform == "weibo":
            found = weibo_tags(self.text)
        else:
            found = x_tags(self.text, urls)
        return {fold(tag) for tag in found} | {fold(tag) for tag, _, _ in self.tags}

    def find_links(self, catalogue):
        """Its products, in order, and the retailers of its short links."""
        urls = [url for url, _, _ in self.links]
        for match in URL.finditer(self.text):
            if not any(start < match.end() and match.start() < end for _, start, end in self.links):
                urls.append(match.group())
        products, short = [], set()
        for url in urls:
            found = classify(catalogue, url)
            if isinstance(found, str):
                short.add(found)
            elif found:
                products.append(found)
        return products, short


def unescape_html(text):
    """X escapes three characters. Returns the text and, for each position in it as written, the
    one in the result."""
    out, places, at = [], [], 0
    while at < len(text):
        for name, c in (("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")):
            if text.startswith(name, at):
                places += [len(out)] * len(name)
                out.append(c)
                at += len(name)
                break
        else:
            places.append(len(out))
            out.append(text[at])
            at += 1
    places.append(len(out))
    return "".join(out), places


def x_entities(post, text, entities):
    post.text, places = unescape_html(text)
    for tag in entities.get("hashtags", []):
        post.tags.append((tag.get("text") or tag.get("tag"), 0, 0))
    for url in entities.get("urls", []):
        start, end = url["indices"] if "indices" in url else (url["start"], url["end"])
        start, end = places[min(start, len(text))], places[min(end, len(text))]
        if post.text[start:end] != url["url"]:
            start = end = 0
        target = (
            url.get("unwound_url")
            or url.get("unwound", {}).get("url")
            or url.get("expanded_url")
            or url["url"]
        )
        post.links.append((target, start, end))


def read_x_v1(status, role="main"):
    """The post, and those embedded in it, in document order."""
    post = Post("x", role)
    post.id = post.chain = status["id_str"]
    if "timestamp_ms" in status:
        post.time = int(status["timestamp_ms"])
    else:
        post.time = x_time(status["created_at"])
        fine = snowflake(post.id)
        if fine is not None and abs(fine - post.time) <= 1000:
            post.time = fine
    post.author, post.handle = status["user"]["id_str"], status["user"]["screen_name"]
    post.protected = status["user"].get("protected", False)
    post.reply_to = status.get("in_reply_to_status_id_str") or ""
    post.reply_author = status.get("in_reply_to_user_id_str") or ""
    extended = status.get("extended_tweet")
    whole = extended["full_text"] if extended else status.get("full_text")
    post.truncated = status.get("truncated", False) and whole is None
    x_entities(
        post,
        whole if whole is not None else status["text"],
        (extended if extended else status).get("entities", {}),
    )
    inside = []
    for key, value in status.items():
        if key == "retweeted_status":
            post.is_repost = True
            inside += read_x_v1(value, "repost" if role == "main" else "included")
        elif key == "quoted_status":
            post.is_quote = True
            quoted = read_x_v1(value, "quote" if role == "main" else "included")
            post.quote_of = quoted[0].id
            inside += quoted
    post.quote_of = status.get("quoted_status_id_str") or post.quote_of
    post.is_quote = post.is_quote or status.get("is_quote_status", False) or post.quote_of != ""
    return [post] + inside


def read_tweet(tweet, users, role="main"):
    post = Post("x", role)
    post.id = tweet["id"]
    post.chain = (tweet.get("edit_history_tweet_ids") or [post.id])[0]
    post.time = rfc3339(tweet["created_at"]) if "created_at" in tweet else snowflake(post.id)
    post.author = tweet.get("author_id", "")
    user = users.get(post.author, {})
    post.handle, post.protected = user.get("username", ""), user.get("protected", False)
    for reference in tweet.get("referenced_tweets", []):
        if reference["type"] == "replied_to":
            post.reply_to = reference["id"]
        elif reference["type"] == "quoted":
            post.quote_of, post.is_quote = reference["id"], True
        else:
            post.is_repost = True
    post.reply_author = tweet.get("in_reply_to_user_id", "")
    x_entities(post, tweet["text"], tweet.get("entities", {}))
    return post


def read_x_v2(line):
    includes = line.get("includes", {})
    users = {user["id"]: user for user in includes.get("users", [])}
    tweets = {tweet["id"]: tweet for tweet in includes.get("tweets", [])}
    main = line["data"]
    posts = [read_tweet(main, users)]
    references = {
        reference["type"]: reference["id"] for reference in main.get("referenced_tweets", [])
    }
    named = set()
    for kind, role in (("replied_to", "reply"), ("quoted", "quote"), ("retweeted", "repost")):
        if references.get(kind) in tweets:
            named.add(references[kind])
            posts.append(read_tweet(tweets[references[kind]], users, role))
    return posts + [
        read_tweet(tweet, users, "included")
        for post_id, tweet in tweets.items()
        if post_id not in named
    ]


def read_bluesky(event):
    commit = event["commit"]
    post = Post("bluesky")
    post.tags_are_listed = True
    post.id = post.chain = f"at://{event['did']}/app.bsky.feed.post/{commit['rkey']}"
    post.time = event["time_us"] // 1000
    post.author = event["did"]
    record = commit["record"]
    post.text = record["text"]
    raw = post.text.encode()

    def place(byte):
        return len(raw[:byte].decode(errors="ignore"))

    for key, value in record.items():  # links count in document order
        if key == "embed":
            if "external" in value:
                post.links.append((value["external"]["uri"], 0, 0))
            quoted = value.get("record", {}).get("uri", "")
            if "/app.bsky.feed.post/" in quoted:
                post.quote_of, post.is_quote = quoted, True
        for facet in value if key == "facets" else ():
            start, end = place(facet["index"]["byteStart"]), place(facet["index"]["byteEnd"])
            for feature in facet["features"]:
                if feature["$type"].endswith("#tag"):
                    post.tags.append((feature["tag"], start, end))
                elif feature["$type"].endswith("#link"):
                    post.links.append((feature["uri"], start, end))
    post.reply_to = record.get("reply", {}).get("parent", {}).get("uri", "")
    post.reply_author = post.reply_to.split("/")[2] if post.reply_to else ""
    return [post]


def read_simple(line):
    post = Post(line.get("platform", "other"))
    post.id = str(line["id"])
    post.chain = line.get("edit_of", post.id)
    post.time = rfc3339(line["at"])
    post.author = line.get("user", "")
    post.handle = line.get("handle", post.author)
    post.text = line.get("text", "")
    post.reply_to, post.reply_author = line.get("reply_to", ""), line.get("reply_to_user", "")
    post.quote_of = line.get("quote_of", "")
    post.is_repost, post.is_quote = bool(line.get("repost_of")), bool(post.quote_of)
    post.protected, post.truncated = line.get("protected", False), line.get("truncated", False)
    post.links = [(url, 0, 0) for url in line.get("urls", [])]
    post.tags = [(tag.removeprefix("#").removeprefix("＃"), 0, 0) for tag in line.get("tags", [])]
    return [post]


def no_repeated_keys(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise Reject("duplicate_key")
    return dict(pairs)


def read_line(raw):
    """('posts', [a post and those embedded in it]) or
    ('control', [('delete' or 'account' or 'tick', platform, id or time)])."""
    try:
        text = raw.decode()
        line = json.loads(text, object_pairs_hook=no_repeated_keys)
    except ValueError as error:
        raise Reject("bad_json") from error
    if re.search(r"[\ud800-\udfff]", json.dumps(line, ensure_ascii=False)):
        raise Reject("bad_string")
    if "hashcart" in line:
        return "control", [("tick", line.get("platform", "other"), rfc3339(line["at"]))]
    if "did" in line and "time_us" in line:
        commit = line.get("commit", {})
        if line["kind"] == "account" and line["account"].get("status") == "deleted":
            return "control", [("account", "bluesky", line["did"])]
        if commit.get("collection") != "app.bsky.feed.post":
            return "control", []
        if commit["operation"] == "delete":
            return "control", [
                ("delete", "bluesky", f"at://{line['did']}/app.bsky.feed.post/{commit['rkey']}")
            ]
        return "posts", read_bluesky(line)
    if "delete" in line:
        return "control", [("delete", "x", line["delete"]["status"]["id_str"])]
    if "data" in line:
        data = line["data"]
        if "delete" in data:
            return "control", [("delete", "x", data["delete"]["tweet"]["id"])]
        if "user_delete" in data:
            return "control", [("account", "x", data["user_delete"]["user"]["id"])]
        return "posts", read_x_v2(line)
    if "id_str" in line:
        return "posts", read_x_v1(line)
    if len(line) == 1:
        return "control", []
    if line.get("deleted"):
        return "control", [("delete", line.get("platform", "other"), str(line["id"]))]
    if "id" not in line:
        raise Reject("no_id")
    return "posts", read_simple(line)


# ---------------------------------------------------------------- the rules


class Platform:
    """The clock of a platform and what falls due on it."""

    def __init__(self):
        self.greatest = None
        self.held = None  # (time, author)


class Pending:
    """A two-step purchase of one author, from its opening until long after its end."""

    def __init__(self, campaign, post, deadline):
        self.campaign, self.post, self.deadline = campaign, post, deadline
        self.state = "open"  # confirmed, expired, retracted, evicted
        self.reminded = False
        self.closed_at = None


class Want:
    """What a post asks for, once it is known which product that is."""

    def __init__(self, key, parent_id="", market="", claim=None):
        self.key, self.parent_id, self.market, self.claim = key, parent_id, market, claim
        self.code = claim.items[0] if claim and claim.items else None
        self.options = tuple(claim.options) if self.code else ()
        self.pieces = claim.quantity if claim else 1


class Intent:
    """One that a delete or a "pass" may take back; also a place in line."""

    def __init__(self, post, campaign, want, at):
        self.platform, self.author = post.platform, post.author
        self.campaign, self.opening, self.product = campaign, post.chain, want.key
        self.posts = [post.id, post.chain]  # opening and confirming posts
        self.time, self.at = post.time, at
        self.pending = None
        self.post, self.last_post, self.offset = post, post.id, post.offset
        self.parent_id = want.parent_id
        self.want = want
        self.pieces = want.pieces  # what an author's `max` allows of them
        self.accepted = 0
        self.in_line = False


class Waiting:
    def __init__(self, post, campaign, parent, due, claim):
        self.post, self.campaign, self.parent, self.due = post, campaign, parent, due
        self.claim = claim


class Oracle:
    def __init__(self, catalogue, linked=()):
        self.catalogue = catalogue
        self.linked = linked  # "platform:author"
        self.taken = {}  # stock: (campaign, item's code or "") -> pieces
        self.line = []  # those who wait for what is sold out, in order
        self.out = []
        self.platforms = {name: Platform() for name in PLATFORMS}
        self.memory = {}  # (platform, id) -> parent as dict
        self.seen = {}  # (platform, chain id) -> clock
        self.deleted = {}  # (platform, id) -> clock
        self.accounts = {}  # (platform, author) -> clock
        # idempotent: (platform, author, campaign, parent, item, options) -> (clock, Intent)
        self.accepted = {}
        self.bought = {}  # max: (platform, author, campaign) -> (clock of the last, [Intent])
        self.pendings = {}  # (platform, author, campaign) -> Pending, the last one of its kind
        self.still_open = []  # those that are open, oldest first
        self.prompts = []  # read before what they answer: (platform, opening id, campaign, time)
        self.intents = []
        self.waiting = []
        self.lines = dict.fromkeys(
            ("total", "blank", "control", "untriggered", "rejected", "triggered"), 0
        )

    # ---- what it says

    def outcome(self, post, campaign, code, products=(), detail=""):
        self.out.append(
            {
                "kind": "outcome",
                "platform": post.platform,
                "post_id": post.id,
                "campaign": campaign["id"],
                "outcome": code,
                "products": list(products),
                "detail": detail,
            }
        )

    def record(self, kind, intent, time, post_id, offset=None, why=""):
        campaign, want, post = intent.campaign, intent.want, intent.post
        key = "k1_" + digest(
            "hashcart.intent/1", intent.platform, intent.opening, campaign["id"], intent.product
        )
        stock = self.stock_of(intent)
        quantity = {}
        if kind != "offer.seen" and ("claim" in campaign or campaign["most"] or stock):
            quantity = {"requested": want.pieces, "accepted": intent.accepted}
            if stock and kind in ("intent.created", "intent.pending", "intent.queued"):
                quantity["left"] = self.left(stock)
        markets = campaign["scope"].get(intent.product.split(":")[0])
        flags = {
            "market_mismatch": want.market and markets and want.market not in markets,
            "partial": quantity and not intent.in_line and intent.accepted < want.pieces,
            "protected": post.protected,
            "sensitive": campaign.get("sensitive")
            or self.catalogue.retailer[intent.product.split(":")[0]].get("sensitive"),
        }
        claim = {"item": want.code} if want.code else {}
        if want.options:
            claim["options"] = list(want.options)
        self.out.append(
            {
                "kind": "record",
                "type": kind,
                "time": written(time),
                "intent_key": key,
                "id": "i1_" + digest(key, kind),
                "post_id": post_id,
                "campaign": campaign["id"],
                "product": intent.product,
                "flags": [name for name, is_set in flags.items() if is_set],
                "claim": claim,
                "quantity": quantity,
                "why": why,
                "offset": str(intent.offset if offset is None else offset),
            }
        )

    # ---- stock

    def stock_of(self, intent):
        """The stock an intent takes of; None where none is kept."""
        campaign, code = intent.campaign, intent.want.code
        if code and "quantity" in campaign["items"][code]:
            return campaign["id"], code, campaign["items"][code]["quantity"]
        return (campaign["id"], "", campaign["quantity"]) if "quantity" in campaign else None

    def left(self, stock):
        return stock[2] - self.taken.get(stock, 0)

    def take(self, intent):
        """As many pieces as may be had."""
        stock = self.stock_of(intent)
        intent.accepted = min(intent.pieces, self.left(stock)) if stock else intent.pieces
        if stock:
            self.taken[stock] = self.taken.get(stock, 0) + intent.accepted

    def give_back(self, intent):
        stock = self.stock_of(intent)
        if stock and not intent.in_line:
            self.taken[stock] -= intent.accepted

    def take_back(self, intent, time, post_id, offset, why=""):
        """Ends an intent or a place in line, and says so."""
        self.intents.remove(intent)
        for _, bought in self.bought.values():
            if intent in bought:
                bought.remove(intent)
        if why == "passed":  # what was passed may be claimed again
            self.accepted = {key: at for key, at in self.accepted.items() if at[1] is not intent}
        if intent.in_line:
            self.line.remove(intent)
        else:
            self.give_back(intent)
        self.record("intent.retracted", intent, time, post_id, offset, why)

    def promote(self, freed, time, offset):
        """Whoever is first in line gets what an intent gave back."""
        stock = self.stock_of(freed)
        for intent in self.line[:]:
            if stock:
                if self.stock_of(intent) != stock or self.left(stock) == 0:
                    continue
            elif intent.campaign is not freed.campaign or intent.product != freed.product:
                continue
            self.line.remove(intent)
            intent.in_line = False
            self.take(intent)
            self.intents.remove(intent)  # it is the last now
            self.intents.append(intent)
            intent.at = self.now(intent.platform)
            intent.time = max(intent.time, time)
            intent.offset = offset
            self.record("intent.created", intent, intent.time, intent.last_post)
            if not stock:
                return

    # ---- time

    def observe(self, clock, time, author):
        if clock.held and clock.held[1] != author:
            held, clock.held = clock.held[0], None
            if abs(time - held) <= self.catalogue.clock_jump_max:
                clock.greatest = max(x for x in (clock.greatest, time, held) if x is not None)
                return
        if clock.greatest is not None and time <= clock.greatest + self.catalogue.clock_jump_max:
            clock.greatest = max(clock.greatest, time)
        elif not clock.held:
            clock.held = (time, author)

    def watermark(self, platform):
        greatest = self.platforms[platform].greatest
        return None if greatest is None else greatest - self.catalogue.out_of_order

    def is_due(self, platform, due):
        mark = self.watermark(platform)
        return mark is not None and mark >= due

    def now(self, platform):
        return self.platforms[platform].greatest

    def fresh(self, platform, stamp):
        """Whether what was noted at `stamp` is still remembered."""
        now = self.now(platform)
        return stamp is None or now is None or now - stamp <= self.catalogue.remember_seen

    def fire_timers(self, platform):
        while True:
            due = []
            for pending in self.still_open:
                if pending.post.platform != platform:
                    continue
                key = f"{pending.post.chain}\n{pending.campaign['id']}"
                before = pending.campaign["confirm"]["remind_before"]
                if before and not pending.reminded:
                    due.append((pending.deadline - before, key, "remind", pending))
                due.append((pending.deadline, key, "expire", pending))
            for waiting in self.waiting:
                if waiting.post.platform == platform:
                    due.append(
                        (
                            waiting.due,
                            f"{waiting.post.chain}\n{waiting.campaign['id']}",
                            "give up",
                            waiting,
                        )
                    )
            due = [entry for entry in due if self.is_due(platform, entry[0])]
            if not due:
                return
            _, _, what, subject = min(due, key=lambda entry: entry[:2])
            if what == "remind":
                self.remind(subject)
            elif what == "expire":
                self.expire(subject)
            else:
                self.waiting.remove(subject)
                self.decide(subject.post, subject.campaign, None, subject.claim)

    def remind(self, pending):
        pending.reminded = True
        time = pending.deadline - pending.campaign["confirm"]["remind_before"]
        self.record("intent.reminder", pending.intent, time, pending.post.id)

    def close(self, pending, how):
        pending.state, pending.closed_at = how, self.now(pending.post.platform)
        if pending in self.still_open:
            self.still_open.remove(pending)

    def expire(self, pending, why="expired"):
        self.close(pending, why)
        self.give_back(pending.intent)
        self.record(
            "intent.expired",
            pending.intent,
            pending.deadline,
            pending.post.id,
            why="evicted" if why == "evicted" else "",
        )

    # ---- one line

    def step(self, raw, offset):
        self.lines["total"] += 1
        if not raw.strip(b" \t\r\n"):
            self.lines["blank"] += 1
            return
        last = offset + len(raw) - 1
        is_clock_line = (
            offset % CLOCK_LINE_EVERY == 0 or last // CLOCK_LINE_EVERY != offset // CLOCK_LINE_EVERY
        )
        try:
            kind, what = read_line(raw)
        except Reject:
            self.lines["rejected" if self.catalogue.counts(raw) else "untriggered"] += 1
            return
        if kind == "control":
            self.lines["control" if self.catalogue.counts(raw) else "untriggered"] += 1
            for event in what:
                self.control(*event, offset)
            return
        post, embedded = what[0], what[1:]
        post.offset = offset
        post.products, post.short = post.find_links(self.catalogue)
        triggers = self.triggers(post, embedded)
        if triggers and not post.author:
            self.lines["rejected"] += 1
            return
        prompts = [
            campaign
            for campaign in self.catalogue.campaigns
            if post.reply_to
            and "confirm" in campaign
            and f"{post.platform}:{post.author}" in campaign["confirm"]["prompt_by"]
            and post.platform in campaign["on"]
        ]
        for inner in embedded:
            inner.products, inner.short = inner.find_links(self.catalogue)
        feeds = [inner for inner in embedded if inner.products or inner.short]
        self.lines["triggered" if triggers else "untriggered"] += 1
        if triggers or prompts or post.products or post.short or feeds:
            self.post(post, embedded, triggers, prompts)
        elif is_clock_line and post.time is not None:
            self.observe(self.platforms[post.platform], post.time, post.author)
            self.fire_timers(post.platform)

    def triggers(self, post, embedded):
        tags = post.find_tags()

        def has(tag):
            bare = tag[1:]
            return fold(bare[:-1] if bare[-1:] in ("#", "＃") else bare) in tags

        parent_author = post.reply_author
        for inner in embedded:
            if post.reply_to and (inner.role == "reply" or inner.id == post.reply_to):
                parent_author = parent_author or inner.author

        def fits(campaign):
            return (
                not campaign["mention"]
                or any(has_mention(post.text, post.platform, who) for who in campaign["mention"])
            ) and (
                not campaign["under"]
                or (post.reply_to and f"{post.platform}:{parent_author}" in campaign["under"])
            )

        found = []  # (campaign, role, Claim or None)
        for campaign in self.catalogue.campaigns:
            if post.platform not in campaign["on"]:
                continue
            confirm, claim = campaign.get("confirm"), None
            if "claim" in campaign:
                claim = campaign["grammar"].parse(post.text)
                opens = claim is not None
            elif "emoji" in campaign:
                opens = has_emoji(post.text, campaign["emoji"])
            else:
                opens = campaign["tag_list"] and all(has(tag) for tag in campaign["tag_list"])
            if opens and fits(campaign):
                found.append((campaign, "open", claim))
            elif confirm and has(confirm["tag"]):
                found.append((campaign, "confirm", None))
            elif any(product.retailer in campaign.get("on_link", []) for product in post.products):
                found.append((campaign, "offer", None))
        return found

    # ---- deletes and ticks

    def control(self, kind, platform, what, offset):
        if kind == "tick":
            clock = self.platforms[platform]
            clock.greatest = what if clock.greatest is None else max(clock.greatest, what)
        self.fire_timers(platform)
        if kind == "tick":
            return
        is_account = kind == "account"
        (self.accounts if is_account else self.deleted)[platform, what] = self.now(platform)
        if not is_account:
            self.memory.pop((platform, what), None)
        for waiting in self.waiting[:]:
            if waiting.post.platform != platform:
                continue
            if (
                waiting.post.author == what
                if is_account
                else what in (waiting.post.id, waiting.post.chain)
            ):
                self.waiting.remove(waiting)
                self.outcome(waiting.post, waiting.campaign, "retracted")
            elif not is_account and waiting.parent == what:
                self.waiting.remove(waiting)
                self.outcome(waiting.post, waiting.campaign, "parent_deleted")
        # Places in line first: who is gone moves up no more.
        for intent in sorted(self.intents, key=lambda intent: not intent.in_line):
            mine = intent.author == what if is_account else what in intent.posts
            pending = intent.pending
            is_open = intent.in_line or (pending is not None and pending.state == "open")
            if (
                intent.platform != platform
                or not mine
                or not (is_open or self.fresh(platform, intent.at))
            ):
                continue
            if pending and pending.state in ("expired", "evicted"):
                self.intents.remove(intent)
                continue
            if pending:
                self.close(pending, "retracted")
            is_freed = not intent.in_line
            self.take_back(intent, intent.time, intent.last_post, offset)
            if is_freed:
                self.promote(intent, intent.time, offset)

    def was_deleted(self, platform, post_id):
        key = (platform, post_id)
        return key in self.deleted and self.fresh(platform, self.deleted[key])

    # ---- posts

    def post(self, post, embedded, triggers, prompts):
        if post.time is not None:
            self.observe(self.platforms[post.platform], post.time, post.author)
        self.fire_timers(post.platform)
        gone = (
            self.was_deleted(post.platform, post.id)
            or self.was_deleted(post.platform, post.chain)
            or (
                (post.platform, post.author) in self.accounts
                and self.fresh(post.platform, self.accounts[post.platform, post.author])
            )
        )
        self.learn(post, embedded, gone)
        for campaign in prompts:
            self.prompt(post, campaign)
        if not triggers:
            return
        known = (post.platform, post.chain) in self.seen and self.fresh(
            post.platform, self.seen[post.platform, post.chain]
        )
        if not known:
            self.seen[post.platform, post.chain] = self.now(post.platform)
        for campaign, role, claim in triggers:
            if known:
                self.outcome(post, campaign, "redelivered")
            elif gone:
                self.outcome(post, campaign, "retracted")
            else:
                self.trigger(post, embedded, campaign, role, claim)

    def learn(self, post, embedded, gone):
        """Link memory, and the replies that waited for what it just learned. What was deleted stays
        so, and a repost's text is not its author's."""
        learned = []
        if (post.products or post.short) and not gone and not post.is_repost:
            for name in dict.fromkeys((post.id, post.chain)):
                self.memory[post.platform, name] = post
                learned.append(name)
        for inner in embedded:
            if (inner.products or inner.short) and not self.was_deleted(inner.platform, inner.id):
                self.memory.setdefault((inner.platform, inner.id), inner)
                learned.append(inner.id)
        for name in learned:
            for waiting in self.waiting[:]:
                if waiting.post.platform == post.platform and waiting.parent == name:
                    parent = self.recall(waiting.post, name)
                    if parent:
                        self.waiting.remove(waiting)
                        self.decide(waiting.post, waiting.campaign, parent, waiting.claim)

    def recall(self, post, parent_id):
        parent = self.memory.get((post.platform, parent_id))
        if (
            parent
            and parent.time is not None
            and abs(post.time - parent.time) > self.catalogue.remember_links
        ):
            return None
        return parent

    def prompt(self, post, campaign):
        confirm = campaign["confirm"]
        if confirm["clock"] != "prompt":
            return
        for pending in self.pendings.values():
            if (
                pending.campaign is campaign
                and pending.post.platform == post.platform
                and post.reply_to in (pending.post.id, pending.post.chain)
            ):
                if pending.state == "open" and post.time < pending.deadline:
                    pending.deadline = max(post.time, pending.post.time) + confirm["within"]
                return
        self.prompts.append((post.platform, post.reply_to, campaign["id"], post.time))

    def trigger(self, post, embedded, campaign, role, claim):
        key = (post.platform, post.author, campaign["id"])
        pending = self.pendings.get(key)
        is_open = pending is not None and pending.state == "open"
        is_pass = claim is not None and claim.kind == "pass"
        if post.is_repost:
            return self.outcome(post, campaign, "repost")
        outside = ("from" in campaign and post.time < campaign["from"]) or (
            "until" in campaign and post.time > campaign["until"]
        )
        if outside and not (role == "confirm" and is_open) and not is_pass:
            return self.outcome(post, campaign, "campaign_closed")
        if claim and claim.kind in ("question", "negation", "quantity"):
            return self.outcome(post, campaign, "not_a_claim", detail=claim.kind)
        if self.ignores(campaign, post):
            return self.outcome(post, campaign, "ignored_author")
        if post.protected and campaign.get("protected_authors") != "accept":
            return self.outcome(post, campaign, "protected")
        if campaign.get("require_linked") and not self.is_linked(post):
            return self.outcome(post, campaign, "not_linked")
        if role == "offer":
            products = distinct(p for p in post.products if p.retailer in campaign["on_link"])
            for product in products:
                offer = Intent(post, campaign, Want(product.key), None)
                self.record("offer.seen", offer, post.time, post.id)
            return self.outcome(post, campaign, "offer", [product.key for product in products])
        if role == "confirm":
            return self.confirm(post, campaign, pending)
        if is_pass:
            return self.pass_on(post, campaign, claim)
        if campaign["scope"]:
            return self.reply(post, embedded, campaign, claim)
        # A product that the campaign names itself is the same under every post.
        parent_id = post.reply_to if "items" in campaign else ""
        if not campaign["any"]:
            parent_id, _ = self.parent_of(post, embedded, campaign)
            if parent_id is None:
                return
        if "items" in campaign:
            if not self.names_one(post, campaign, claim):
                return
            product = item_key(self.catalogue, campaign, claim.items[0])
        else:
            product = fixed_key(self.catalogue, campaign)
        want = Want(product, parent_id, claim=claim)
        if "confirm" in campaign:
            return self.open(post, campaign, want, is_open)
        self.accept(post, campaign, want)

    def is_linked(self, post):
        return post.author in self.linked or f"{post.platform}:{post.author}" in self.linked

    # ---- claims

    def names_one(self, post, campaign, claim):
        """Whether a claim says which item it wants, in which of its forms."""
        if len(claim.items) > 1:
            products = [item_key(self.catalogue, campaign, code) for code in claim.items]
            self.outcome(post, campaign, "ambiguous", products)
        elif not claim.items:
            self.outcome(post, campaign, "needs_item")
        elif claim.clash or None in claim.options:
            product = item_key(self.catalogue, campaign, claim.items[0])
            self.outcome(post, campaign, "needs_variant", [product])
        else:
            return True
        return False

    def pass_on(self, post, campaign, claim):
        mine = [
            intent
            for intent in self.intents
            if (intent.platform, intent.author) == (post.platform, post.author)
            and intent.campaign is campaign
            and (intent.in_line or self.fresh(post.platform, intent.at))
            and (not post.reply_to or intent.post.reply_to == post.reply_to)
            and (not claim.items or intent.want.code in claim.items)
        ]
        if not mine:
            return self.outcome(post, campaign, "nothing_to_cancel")
        intent = mine[-1]
        is_freed = not intent.in_line
        self.take_back(intent, post.time, post.id, post.offset, "passed")
        if is_freed:
            self.promote(intent, post.time, post.offset)
        self.outcome(post, campaign, "cancelled", [intent.product])

    @staticmethod
    def ignores(campaign, post):
        names = set(campaign.get("ignore_authors", [])) | set(
            campaign.get("confirm", {}).get("prompt_by", [])
        )
        handle = "@" + post.handle.removeprefix("@").lower()
        return f"{post.platform}:{post.author}" in names or handle in {
            name.lower() for name in names
        }

    # ---- two steps

    def open(self, post, campaign, want, is_open):
        intent = Intent(post, campaign, want, self.now(post.platform))
        stock = self.stock_of(intent)
        if stock and self.left(stock) == 0:
            return self.outcome(post, campaign, "sold_out", [want.key])
        if is_open:
            return self.outcome(post, campaign, "already_pending")
        confirm = campaign["confirm"]
        pending = Pending(campaign, post, post.time + confirm["within"])
        pending.intent, intent.pending = intent, pending
        for platform, opening, name, time in self.prompts:
            if (
                (platform, name) == (post.platform, campaign["id"])
                and opening in (post.id, post.chain)
                and time < pending.deadline
            ):
                pending.deadline = max(time, post.time) + confirm["within"]
        if len(self.still_open) >= self.catalogue.pending_max:
            self.expire(self.still_open[0], "evicted")
        self.pendings[post.platform, post.author, campaign["id"]] = pending
        self.still_open.append(pending)
        self.intents.append(intent)
        self.take(intent)
        self.record("intent.pending", intent, post.time, post.id)
        self.outcome(post, campaign, "pending", [want.key])

    def confirm(self, post, campaign, pending):
        if (
            pending is None
            or post.time < pending.post.time
            or pending.state == "retracted"
            or (pending.state != "open" and not self.fresh(post.platform, pending.closed_at))
        ):
            return self.outcome(post, campaign, "no_pending")
        in_time = post.time < pending.deadline
        if pending.state == "open" and in_time:
            self.close(pending, "confirmed")
            intent = pending.intent
            self.record("intent.confirmed", intent, post.time, post.id, post.offset)
            intent.posts += [post.id, post.chain]
            intent.time, intent.at = post.time, self.now(post.platform)
            intent.last_post, intent.offset = post.id, post.offset
            return self.outcome(post, campaign, "confirmed", [intent.product])
        code = {
            "open": ("", "confirm_late"),
            "expired": ("late", "confirm_late"),
            "confirmed": ("already_confirmed", "no_pending"),
            "evicted": ("evicted", "confirm_late"),
        }[pending.state]
        self.outcome(post, campaign, code[0] if in_time else code[1])

    # ---- replies

    def parent_of(self, post, embedded, campaign):
        """(id, post or None) of the post that is answered. An id of None: there is none that will
        do, and the outcome has been said."""
        nothing = None, None
        parent_id, parent = post.reply_to, None
        if not parent_id and not campaign["any"]:
            if post.is_quote and not campaign["quote"]:
                self.outcome(post, campaign, "quote")
                return nothing
            if not post.is_quote:
                code = "not_a_reply" if post.products or post.short else "no_parent"
                self.outcome(post, campaign, code)
                return nothing
        role = "reply"
        if not parent_id:
            parent_id, role = (post.quote_of if campaign["quote"] else ""), "quote"
        for inner in embedded:
            if inner.role == role or inner.id == parent_id:
                parent = inner
                break
        if not parent:
            parent = self.recall(post, parent_id)
        payload_author = post.reply_author if role == "reply" else ""
        if post.author in (payload_author, parent.author if parent else ""):
            self.outcome(post, campaign, "own_post")
            return nothing
        if self.was_deleted(post.platform, parent_id):
            self.outcome(post, campaign, "parent_deleted")
            return nothing
        return parent_id, parent

    def reply(self, post, embedded, campaign, claim):
        parent_id, parent = self.parent_of(post, embedded, campaign)
        if parent_id is None:
            return
        post.parent_id = parent_id
        if not parent_id:
            return self.decide(post, campaign, None, claim, "no_parent")
        if not parent:
            due = post.time + self.catalogue.parent_wait
            if not self.is_due(post.platform, due):
                self.waiting.append(Waiting(post, campaign, parent_id, due, claim))
                return
        self.decide(post, campaign, parent, claim)

    def decide(self, post, campaign, parent, claim, otherwise="parent_unknown"):
        def own_link():
            return self.candidates(campaign, post.products) if "self" in campaign["links"] else []

        if parent is None:
            mine = own_link()
            if not mine:
                return self.outcome(post, campaign, otherwise)
            return self.choose(post, campaign, mine, claim)
        if parent.author == post.author:
            return self.outcome(post, campaign, "own_post")
        found = self.candidates(campaign, parent.products)
        if not found:
            if not parent.products and not parent.short and not parent.truncated:
                mine = own_link()
                if not mine:
                    return self.outcome(post, campaign, "no_product_link")
                return self.choose(post, campaign, mine, claim)
            if parent.truncated:
                return self.outcome(post, campaign, "incomplete")
            if any(name in campaign["scope"] for name in parent.short):
                return self.outcome(post, campaign, "unresolved_short_link")
            return self.outcome(post, campaign, "other_retailer")
        self.choose(post, campaign, found, claim)

    @staticmethod
    def candidates(campaign, products):
        refuse = campaign.get("other_markets") == "refuse"

        def fits(product):
            if product.retailer not in campaign["scope"]:
                return False
            markets = campaign["scope"][product.retailer]
            return not refuse or markets is None or product.market in markets

        return distinct(product for product in products if fits(product))

    def choose(self, post, campaign, products, claim):
        if len(products) > 1:
            return self.outcome(post, campaign, "ambiguous", [product.key for product in products[:16]])
        want = Want(products[0].key, post.parent_id, products[0].market, claim)
        self.accept(post, campaign, want)

    def accept(self, post, campaign, want):
        intent = Intent(post, campaign, want, self.now(post.platform))
        who = (post.platform, post.author, campaign["id"])
        key = (*who, want.parent_id, want.code, want.options)
        if campaign["policy"] == "idempotent":
            if key in self.accepted and self.fresh(post.platform, self.accepted[key][0]):
                return self.outcome(post, campaign, "duplicate", [want.key])
        elif campaign["policy"] == "max":
            if who in self.bought and not self.fresh(post.platform, self.bought[who][0]):
                del self.bought[who]
            bought = sum(
                other.pieces if other.in_line else other.accepted
                for other in self.bought.get(who, (None, []))[1]
            )
            if bought >= campaign["most"]:
                return self.outcome(post, campaign, "duplicate", [want.key])
            intent.pieces = min(intent.pieces, campaign["most"] - bought)
        stock = self.stock_of(intent)
        stands_in_line = want.claim is not None and want.claim.kind == "next"
        if stock:
            intent.in_line = self.left(stock) == 0
            if intent.in_line and not stands_in_line and not campaign.get("waitlist"):
                return self.outcome(post, campaign, "sold_out", [want.key])
        elif stands_in_line:
            intent.in_line = any(
                other.campaign is campaign
                and other.product == want.key
                and not other.in_line
                and self.fresh(other.platform, other.at)
                for other in self.intents
            )
        now = self.now(post.platform)
        self.accepted[key] = now, intent
        self.bought[who] = now, self.bought.get(who, (now, []))[1] + [intent]
        self.intents.append(intent)
        if intent.in_line:
            if len(self.line) >= self.catalogue.pending_max:
                gone = self.line.pop(0)
                self.intents.remove(gone)
                self.record("intent.expired", gone, gone.time, gone.last_post, why="evicted")
            self.line.append(intent)
            self.record("intent.queued", intent, post.time, post.id)
            return self.outcome(post, campaign, "queued", [want.key])
        self.take(intent)
        self.record("intent.created", intent, post.time, post.id)
        self.outcome(post, campaign, "intent", [want.key])

    # ---- the end

    def finish(self):
        """Returns how much had been said before open pendings were closed (--at-end expire)."""

        def in_order(subjects, due):
            return sorted(subjects, key=lambda s: (due(s), f"{s.post.chain}\n{s.campaign['id']}"))

        for waiting in in_order(self.waiting, lambda w: w.due):
            self.decide(waiting.post, waiting.campaign, None, waiting.claim)
        self.waiting.clear()
        kept = len(self.out)
        for pending in in_order(self.still_open, lambda p: p.deadline):
            if pending.campaign["confirm"]["remind_before"] and not pending.reminded:
                self.remind(pending)
            self.expire(pending)
        return kept


def digest(*fields):
    return hashlib.sha256("\n".join(fields).encode()).hexdigest()[:32]


def distinct(products):
    found = {}
    for product in products:
        found.setdefault(product.key, product)
    return list(found.values())


def fixed_key(catalogue, campaign, product_id=None):
    product = campaign["product"]
    retailer = catalogue.retailer[product["retailer"]]
    space = "*" if retailer.get("ids") == "global" else product.get("market", "*")
    product_id = product["id"] if product_id is None else product_id
    return ":".join((product["retailer"], space, retailer["idtype"], product_id))


def item_key(catalogue, campaign, code):
    return fixed_key(catalogue, campaign, campaign["items"][code]["id"])


def read_accounts(path):
    """Lines of author and customer reference; the author may have the platform before it."""
    with open(path, encoding="utf-8") as file:
        return {line.split("\t")[0] for line in file if line.strip()}


def run(catalogue_path, posts_path, accounts_path=None):
    """All that is said with --at-end expire, in order; how much of it is said with keep; the
    counts of lines."""
    linked = read_accounts(accounts_path) if accounts_path else ()
    oracle = Oracle(Catalogue(catalogue_path), linked)
    offset = 0
    with open(posts_path, "rb") as file:
        for raw in file:
            oracle.step(raw, offset)
            offset += len(raw)
    kept = oracle.finish()
    return oracle.out, kept, oracle.lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("catalogue")
    parser.add_argument("posts")
    parser.add_argument("--at-end", choices=("keep", "expire"), default="keep")
    parser.add_argument("--accounts")
    arguments = parser.parse_args()
    out, kept, lines = run(arguments.catalogue, arguments.posts, arguments.accounts)
    for entry in out if arguments.at_end == "expire" else out[:kept]:
        print(json.dumps(entry, ensure_ascii=False))
    print(json.dumps({"kind": "lines", **lines}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
