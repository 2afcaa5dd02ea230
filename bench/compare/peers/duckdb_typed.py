"""DuckDB: read_json with exactly the columns that the question needs, typed.

    duckdb_typed.py DIALECT FILE THREADS      prints the ids of posts that match
"""
import sys

sys.path.insert(0, __file__.rsplit("/", 2)[0])
import duckdb  # noqa: E402
import question  # noqa: E402

dialect, path, threads = sys.argv[1:4]
connection = duckdb.connect()
connection.execute(f"SET threads = {threads}")


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


if dialect == "bluesky":
    columns = ("{commit: 'STRUCT(rkey VARCHAR, record STRUCT(text VARCHAR, facets STRUCT(features STRUCT(uri "
               "VARCHAR)[])[], embed STRUCT(\"external\" STRUCT(uri VARCHAR))))'}")
    ident = 'commit.rkey'
    text = 'commit.record.text'
    urls = ("list_concat(flatten(list_transform(coalesce(commit.record.facets, []), lambda x: "
            "list_transform(x.features, lambda f: f.uri))), [commit.record.embed.\"external\".uri])")
else:
    entities = "STRUCT(urls STRUCT(expanded_url VARCHAR)[])"
    columns = (f"{{id_str: 'VARCHAR', text: 'VARCHAR', entities: '{entities}', "
               f"extended_tweet: 'STRUCT(full_text VARCHAR, entities {entities})'}}")
    ident = "id_str"
    text = "coalesce(extended_tweet.full_text, text)"
    urls = ("list_transform(coalesce(extended_tweet.entities.urls, entities.urls), lambda x: x.expanded_url)")
query = f"""
SELECT {ident} FROM read_json({quoted(path)}, format = 'newline_delimited', columns = {columns})
WHERE regexp_matches({text}, {quoted(question.TAG_PATTERN)})
   OR len(list_filter({urls}, lambda u: regexp_matches(u, {quoted(question.HOST_PATTERN)}))) > 0
"""
for row in connection.execute(query).fetchall():
    print(row[0])
