#!/usr/bin/env python3
"""Validates NDJSON of this program against its schemas, with a validator that is not ours.

    validate_records.py SCHEMA_DIR FILE...

SCHEMA_DIR holds intent.json, outcome.json, ... Each line's "schema" picks its schema and must be
the line's first key. Also checked, since a schema cannot say it: ids are what their fields hash to.
"""
import hashlib
import json
import pathlib
import sys

import jsonschema


def load_validators(folder):
    validators = {}
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        validator = jsonschema.validators.validator_for(schema)
        validator.check_schema(schema)
        validators[f"hashcart.{path.stem}/1"] = validator(schema)
    return validators


def short_hash(prefix, *fields):
    return prefix + hashlib.sha256("\n".join(fields).encode()).hexdigest()[:32]


def id_faults(record):
    """Of an intent record. Its key names the first post of an edit chain, which it need not hold."""
    if record["id"] != short_hash("i1_", record["intent"]["key"], record["type"]):
        yield "id is not what intent.key and type hash to"


def line_faults(line, validators):
    try:
        record = json.loads(line)
    except ValueError as error:
        yield f"no JSON: {error}"
        return
    if next(iter(record), None) != "schema":
        yield "schema is not the first key"
        return
    validator = validators.get(record["schema"])
    if validator is None:
        yield f"unknown schema {record['schema']}"
        return
    faults = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(record)]
    yield from faults
    if not faults and record["schema"] == "hashcart.intent/1":
        yield from id_faults(record)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    validators = load_validators(sys.argv[1])
    bad = count = 0
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8", newline="\n") as lines:
            for number, line in enumerate(lines, 1):
                count += 1
                faults = list(line_faults(line, validators))
                bad += bool(faults)
                for fault in faults:
                    print(f"{path}:{number}: {fault}")
    print(f"{count} records, {bad} invalid")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
