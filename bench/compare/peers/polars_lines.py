"""Polars: scan_lines, a raw filter by regular expression, then JSON of what is left.

    polars_lines.py DIALECT FILE THREADS      prints the ids of posts that match
"""
import os
import sys

os.environ["POLARS_MAX_THREADS"] = sys.argv[3]
sys.path.insert(0, __file__.rsplit("/", 2)[0])
import polars as pl  # noqa: E402
import question  # noqa: E402

dialect, path = sys.argv[1:3]
if dialect == "bluesky":
    dtype = pl.Struct({"commit": pl.Struct({"rkey": pl.String, "record": pl.Struct({
        "text": pl.String,
        "facets": pl.List(pl.Struct({"features": pl.List(pl.Struct({"uri": pl.String}))})),
        "embed": pl.Struct({"external": pl.Struct({"uri": pl.String})})})})})
    commit = pl.col("post").struct.field("commit")
    ident = commit.struct.field("rkey")
    record = commit.struct.field("record")
    text = record.struct.field("text")
    card = record.struct.field("embed").struct.field("external").struct.field("uri")
    facets = record.struct.field("facets").list.eval(
        pl.element().struct.field("features").list.eval(
            pl.element().struct.field("uri").str.contains(question.HOST_PATTERN)).list.any()).list.any()
    links = facets.fill_null(False) | card.str.contains(question.HOST_PATTERN).fill_null(False)
else:
    entities = pl.Struct({"urls": pl.List(pl.Struct({"expanded_url": pl.String}))})
    dtype = pl.Struct({"id_str": pl.String, "text": pl.String, "entities": entities,
                       "extended_tweet": pl.Struct({"full_text": pl.String, "entities": entities})})
    post = pl.col("post")
    extended = post.struct.field("extended_tweet")
    ident = post.struct.field("id_str")
    text = pl.coalesce(extended.struct.field("full_text"), post.struct.field("text"))
    urls = pl.coalesce(extended.struct.field("entities").struct.field("urls"),
                       post.struct.field("entities").struct.field("urls"))
    links = urls.list.eval(
        pl.element().struct.field("expanded_url").str.contains(question.HOST_PATTERN)).list.any().fill_null(False)
raw = "(?i)" + "|".join(question.TAGS) + "|" + question.RAW_HOSTS
found = (pl.scan_lines(path, name="line")
         .filter(pl.col("line").str.contains(raw))
         .select(pl.col("line").str.json_decode(dtype).alias("post"))
         .filter(text.str.contains(question.TAG_PATTERN) | links)
         .select(ident.alias("id"))
         .collect(engine="streaming"))
for row in found["id"]:
    print(row)
