"""ClickHouse (chdb): lines, a raw filter by multiMatchAny (Vectorscan), then JSON of what is left.

    chdb_lines.py DIALECT FILE THREADS      prints the ids of posts that match
"""
import sys

sys.path.insert(0, __file__.rsplit("/", 2)[0])
import chdb  # noqa: E402
import question  # noqa: E402

dialect, path, threads = sys.argv[1:4]


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


raw = ", ".join(quoted("(?i)" + key) for key in question.TAGS + [question.dotted(host) for host in question.HOSTS])
if dialect == "bluesky":
    ident = "JSONExtractString(line, 'commit', 'rkey')"
    text = "JSONExtractString(line, 'commit', 'record', 'text')"
    urls = ("arrayConcat(arrayMap(f -> JSONExtractString(f, 'uri'), arrayFlatten(arrayMap(x -> "
            "JSONExtractArrayRaw(x, 'features'), JSONExtractArrayRaw(line, 'commit', 'record', 'facets')))), "
            "[JSONExtractString(line, 'commit', 'record', 'embed', 'external', 'uri')])")
else:
    ident = "JSONExtractString(line, 'id_str')"
    extended = "JSONHas(line, 'extended_tweet')"
    text = (f"if({extended}, JSONExtractString(line, 'extended_tweet', 'full_text'), "
            "JSONExtractString(line, 'text'))")
    urls = (f"arrayMap(u -> JSONExtractString(u, 'expanded_url'), if({extended}, "
            "JSONExtractArrayRaw(line, 'extended_tweet', 'entities', 'urls'), "
            "JSONExtractArrayRaw(line, 'entities', 'urls')))")
query = f"""
SELECT {ident} FROM file({quoted(path)}, LineAsString, 'line String')
WHERE multiMatchAny(line, [{raw}])
  AND (match({text}, {quoted(question.TAG_PATTERN)})
       OR arrayExists(u -> match(u, {quoted(question.HOST_PATTERN)}), {urls}))
SETTINGS max_threads = {threads}
"""
print(str(chdb.query(query, "TSV")), end="")
