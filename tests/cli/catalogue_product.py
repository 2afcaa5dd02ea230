#!/usr/bin/env python3
"""The catalogue as a product: its schema, its JSON form, diff and test reports, through the real binary.

    catalogue_product.py HASHCART SOURCE_DIR

The schema is held to the loader in both directions: sound catalogues fit it, files that are bad by their form do not,
and the keys of each of its tables are those that the loader knows (its check_keys lists).
"""
import datetime
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib
import unittest
import xml.etree.ElementTree

import jsonschema

BINARY = SOURCE = None

# Fault codes that a schema can see. The others are about names that must exist, order, sums, or texts that only
# hashcart reads.
BY_SHAPE = ("E002", "E003", "E004", "E005", "E008", "E009", "E010", "E014", "E015", "E016", "E018", "E020", "E021",
            "E022", "E024", "E025", "E028", "E031", "E035", "E039")
# Of these codes a file may hold only what a schema cannot see.
EXCEPT = {"E003_after_subtable.toml"}


def run(*args):
    return subprocess.run([BINARY, *map(str, args)], capture_output=True, text=True, encoding="utf-8", timeout=60)


def plain(value):
    """TOML as JSON: times as text."""
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def load(path):
    text = path.read_text(encoding="utf-8")
    return json.loads(text) if path.suffix == ".json" else plain(tomllib.loads(text))


class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.schema = json.loads(run("schema", "catalogue").stdout)
        jsonschema.Draft202012Validator.check_schema(cls.schema)
        cls.validator = jsonschema.Draft202012Validator(cls.schema)

    def faults(self, catalogue):
        return [f"{error.json_path}: {error.message}" for error in self.validator.iter_errors(catalogue)]

    def test_sound_catalogues_fit(self):
        for path in ("src/catalogue/default/campaigns.toml", "src/catalogue/default/retailers.toml",
                     "fixtures/catalogues/small.toml", "fixtures/catalogues/small.json",
                     "fixtures/catalogues/oracle.toml"):
            self.assertEqual(self.faults(load(SOURCE / path)), [], path)
        for name in ("default", SOURCE / "fixtures/catalogues/small.toml"):
            self.assertEqual(self.faults(json.loads(run("catalogue", "show", "--format", "json", name).stdout)), [])

    def test_bad_forms_are_refused(self):
        seen = set()
        for path in sorted((SOURCE / "fixtures/catalogues/bad").iterdir()):
            code = path.name[:4]
            if path.suffix == ".txt" or code == "E001" or ".with." in path.name:
                continue
            faults = self.faults(load(path))
            if code in BY_SHAPE and path.name not in EXCEPT:
                seen.add(code)
                self.assertNotEqual(faults, [], path.name)
            elif code.startswith("W"):
                self.assertEqual(faults, [], path.name)
        self.assertEqual(seen, set(BY_SHAPE))

    def test_every_key_is_described(self):
        for name, table in [("", self.schema), *self.schema["$defs"].items()]:
            for key, value in table.get("properties", {}).items():
                target = self.schema["$defs"].get(value.get("$ref", "").removeprefix("#/$defs/"), {})
                self.assertTrue("description" in value or "description" in target, f"{name}.{key}")

    def test_keys_are_those_of_the_loader(self):
        """Each check_keys({...}) of the loader is the keys of one table of the schema, and the reverse."""
        known = set()
        for path in (SOURCE / "src/catalogue").glob("*.cc"):
            text = path.read_text(encoding="utf-8")
            # A list that stands where it is used, or the one of campaigns, which has a name.
            for keys in re.findall(r"(?:\.check_keys\(\s*|kCampaignKeys = )\{([^}]*)\}", text):
                known.add(frozenset(re.findall(r'"([^"]+)"', keys)))
        tables = {"the file": self.schema, **self.schema["$defs"]}
        described = {frozenset(table["properties"]) - {"$schema"}: name
                     for name, table in tables.items() if "properties" in table}
        for table in tables.values():
            if "properties" in table:
                self.assertIs(table.get("additionalProperties"), False)
        for keys in known - set(described):
            nearest = max(described, key=lambda other: len(other & keys))
            self.fail(f"the loader knows {sorted(keys)}; the schema's {described[nearest]} lacks "
                      f"{sorted(keys - nearest)} and has {sorted(nearest - keys)} besides")
        self.assertEqual(set(described) - known, set())


class Product(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.dir.name)

    def tearDown(self):
        self.dir.cleanup()

    def file(self, name, text):
        path = self.path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def lines(self, schema, *args):
        """The JSON lines a command writes, each held to its schema."""
        validator = jsonschema.Draft202012Validator(json.loads(run("schema", schema).stdout))
        lines = [json.loads(line) for line in run(*args).stdout.splitlines()]
        for line in lines:
            self.assertEqual([error.message for error in validator.iter_errors(line)], [], line)
            self.assertEqual(next(iter(line)), "schema")
        return lines

    def test_show_loads_again_to_the_same_hash(self):
        for name in ("default", SOURCE / "fixtures/catalogues/small.toml"):
            toml = run("catalogue", "show", name).stdout
            for again in (self.file("a.toml", toml),
                          self.file("a.json", run("catalogue", "show", "--format=json", name).stdout)):
                self.assertEqual(run("catalogue", "show", again).stdout, toml)
                self.assertEqual(run("catalogue", "diff", name, again).returncode, 0)

    def test_check_as_json(self):
        bad = SOURCE / "fixtures/catalogues/bad"
        for path in sorted(bad.iterdir()):
            if path.suffix == ".txt" or ".with." in path.name:
                continue
            lines = self.lines("diagnostic", "check", "--format", "json", path)
            shown = run("check", path)
            self.assertEqual(len(lines), min(1000, len(re.findall(r"^(?:error|warning)\[", shown.stderr, re.M))))
            self.assertEqual(shown.returncode, 1 if any(l["severity"] == "error" for l in lines) else 0, path)
        warned = bad / "W006_shadowed.toml"
        self.assertEqual(run("check", "--format", "json", warned).returncode, 0)
        self.assertEqual(run("check", "--format", "json", "--deny-warnings", warned).returncode, 1)
        self.assertEqual(run("check", "--format", "json").stdout, "")

    def test_diff(self):
        small = (SOURCE / "fixtures/catalogues/small.toml").read_text(encoding="utf-8")
        before = self.file("before.toml", small)
        after = self.file("after.toml", small.replace('tag = "#ShopCart"', 'tag = "#ShopBasket"')
                          .replace('hits = ["#ShopCart"]', 'hits = ["#ShopBasket"]')
                          .replace('id = "both"', 'id = "two"').replace('"/p/{id}", ', ""))
        done = run("catalogue", "diff", before, after)
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertEqual(done.stdout.splitlines(), [
            'changed retailer "shop": output can change of offers, shop-cart',
            '  paths: - "/p/{id}"',
            'removed campaign "both": output can change',
            'changed campaign "shop-cart": output can change; rev not bumped',
            '  tag: "#ShopCart" -> "#ShopBasket"',
            '  hits: - "#ShopCart"  (no output)',
            '  hits: + "#ShopBasket"  (no output)',
            'added campaign "two": output can change',
            "4 changes; output can change of both, offers, shop-cart, two",
            "rev not bumped: shop-cart"])
        lines = self.lines("catalogue-diff", "catalogue", "diff", "--format=json", before, after)
        self.assertEqual([line["change"] for line in lines], ["changed", "removed", "changed", "added"])
        self.assertEqual(lines[2]["keys"][0],
                         {"key": "tag", "before": "#ShopCart", "after": "#ShopBasket", "output": True})
        self.assertEqual(run("catalogue", "diff", before, before).stdout, "")
        self.assertEqual(run("catalogue", "diff", "default", "default").returncode, 0)
        self.assertEqual(run("catalogue", "diff", before, self.path / "none.toml").returncode, 78)
        self.assertEqual(run("catalogue", "diff", before).returncode, 2)
        self.assertEqual(run("catalogue", "diff", before, after, "--format", "xml").returncode, 2)

    CART = """format = 1
[catalogue]
id = "t"
retailers = "default"
[[campaign]]
id = "cart"
tag = "#Cart"
action = "cart.add"
product = { from = ["amazon:US"] }
hits = ["#Cart", "want <this> & #Carts"]
misses = ["#Cart!"]
[[test]]
name = "a reply takes the link"
posts = '''
{"id":"1","user":"a","at":"2024-05-06T10:00:00Z","text":"https://www.amazon.com/dp/B00EXAMPL1"}
{"id":"2","user":"b","at":"2024-05-06T10:01:00Z","reply_to":"1","text":"yes #Cart"}
'''
expect = '{"campaign":{"id":"cart"}}'
[[test]]
name = "it promises too much"
posts = '{"id":"1","user":"a","at":"2024-05-06T10:00:00Z","text":"#Cart"}'
expect = '{"campaign":{"id":"cart"}}'
"""

    def test_every_hit_miss_and_block_is_a_test(self):
        name = self.file("cart.toml", self.CART)
        report = self.path / "report.xml"
        done = run("test", "-v", "--junit", report, name)
        self.assertEqual(done.returncode, 1)
        self.assertEqual([line for line in done.stdout.splitlines() if line.startswith(("ok ", "FAIL"))], [
            "ok   cart: hit: #Cart",
            f"FAIL cart: hit: want <this> & #Carts ({name}:10)",
            f"FAIL cart: miss: #Cart! ({name}:11)",
            "ok   a reply takes the link",
            f"FAIL it promises too much ({name}:19)"])
        self.assertIn("does not fire: on x its text holds #Carts", done.stdout)
        self.assertIn("fires: on x its text holds #Cart\n", done.stdout)
        self.assertIn("no_parent", done.stdout)  # the outcome says why
        self.assertIn("2 stream tests, 3 examples of hits and misses: 3 failures", done.stdout)
        root = xml.etree.ElementTree.parse(report).getroot()
        self.assertEqual((root.tag, root.get("tests"), root.get("failures")), ("testsuites", "5", "3"))
        cases = root.findall("testsuite/testcase")
        self.assertEqual([(case.get("line"), case.find("failure") is None) for case in cases],
                         [("10", True), ("10", False), ("11", False), ("12", True), ("19", False)])
        self.assertEqual(cases[1].get("name"), "cart: hit: want <this> & #Carts")
        self.assertEqual({case.get("file") for case in cases}, {name})
        self.assertEqual(run("test", "--junit", "-", name).stdout, report.read_text(encoding="utf-8"))

    def test_filter_picks_among_all(self):
        name = self.file("cart.toml", self.CART)
        for glob, ran in (("cart: hit: #Cart", "0 stream tests, 1 example of"), ("cart: miss:*", "1 example of"),
                          ("a reply*", "1 stream test, 0 examples")):
            self.assertIn(ran, run("test", "--filter", glob, name).stdout)
        self.assertEqual(run("test", "--filter", "a reply*", name).returncode, 0)
        self.assertEqual(run("test", "--require-tests", "--filter", "cart: hit: #Cart", name).returncode, 1)

    def test_reports_that_cannot_be_written_are_74(self):
        self.assertEqual(run("test", "--junit", self.path / "no" / "dir.xml").returncode, 74)

    def test_wrong_usage(self):
        for args in (["check", "--format", "yaml"], ["catalogue", "show", "--format", "text"], ["catalogue"],
                     ["catalogue", "diff"], ["test", "--junit"]):
            self.assertEqual(run(*args).returncode, 2, args)


if __name__ == "__main__":
    BINARY = str(pathlib.Path(sys.argv[1]).resolve())
    SOURCE = pathlib.Path(sys.argv[2]).resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=1)
