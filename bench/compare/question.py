"""The one question that every program is asked, and how it looks in each format.

    The id of every post whose text carries one of five purchase tags (any case, as a whole tag), or that links to one
    of thirteen shop hosts or to a host under it. What an embedded post, a profile or an image's description says does
    not count.

The same lists stand in src/app/gen.h, which makes the corpora; compare.py stops if its peers and the generator's own
list of answers disagree.
"""

TAGS = ["AmazonCart", "AmazonBasket", "AmazonWishList", "BuyAmexGiftCard25", "AmexWholeFoods"]
HOSTS = ["amazon.com", "amazon.co.uk", "amazon.co.jp", "amazon.de", "amzn.to", "ebay.com", "etsy.com", "walmart.com",
         "taobao.com", "tmall.com", "jd.com", "aliexpress.com", "shopify.com"]


def dotted(host):
    return host.replace(".", r"\.")


# Regular expressions that RE2, Rust's regex and Oniguruma all take.
#
# A tag ends where no letter, digit or underscore follows; nothing of the corpora has one glued to a word in front.
TAG_PATTERN = r"(?i)#(?:" + "|".join(TAGS) + r")(?:[^\p{L}\p{N}_]|$)"
# The host is all that stands between the scheme and the path, so that amazon.com@evil.example is none.
HOST_PATTERN = r"(?i)^https?://(?:[a-z0-9-]+\.)*(?:" + "|".join(dotted(host) for host in HOSTS) + r")(?:[/:?#]|$)"
# What a line must hold if its post is an answer: for programs that look at raw lines first. Any case.
RAW_TAGS = "(?i:" + "|".join(TAGS) + ")"
RAW_HOSTS = "|".join(dotted(host) for host in HOSTS)
