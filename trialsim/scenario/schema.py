"""The JSON Schema of scenario files (draft 2020-12), made from the table of keys; editors complete and check by it.

It describes one key at a time. What must fit together (shares, blocks, times) only the reader checks.
"""

from typing import Any

from trialsim.scenario.spec import KEYS, ROOT, Key
from trialsim.scenario.units import DAYS, MILLIGRAMS

type Schema = dict[str, Any]

_NUMBER = r"([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?"
_TIME = f"({'|'.join(DAYS)})s?"
_FRACTION: Schema = {"type": "string", "pattern": r"^[0-9]+ */ *[0-9]+$"}
_DURATION: Schema = {"type": "string", "pattern": f"^{_NUMBER} +{_TIME}$"}
_DOSE: Schema = {"type": "string", "pattern": f"^{_NUMBER} +({'|'.join(MILLIGRAMS)})$"}
_RATE: Schema = {"type": "string", "pattern": f"^{_NUMBER} +per +({_NUMBER} +)?(person-)?{_TIME}$"}
_LEVEL: Schema = {"type": "string", "pattern": f"^{_NUMBER} +ng/m[lL]$"}
_SHARE: Schema = {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, _FRACTION]}


def scenario_schema() -> Schema:
    """A JSON Schema that every valid scenario file meets."""
    schema = _block(ROOT)
    only = {kind: [key.name for key in KEYS if key.only == kind] for kind in ("trial", "cohort")}
    schema["required"] = [key.name for key in KEYS if key.required and key.only is None]
    schema["oneOf"] = [
        {
            "properties": {"kind": {"const": kind}, **dict.fromkeys(only[other], False)},
            "required": [key.name for key in KEYS if key.required and key.only == kind],
        }
        for kind, other in (("trial", "cohort"), ("cohort", "trial"))
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "trialsim scenario",
        **schema,
    }


def _schema(key: Key) -> Schema:
    schema = _KINDS[key.kind](key)
    schema["description"] = key.meaning
    if key.default:
        schema["default"] = key.default == "true" if key.kind == "yes/no" else key.default
    return schema


def _block(key: Key) -> Schema:
    return {
        "type": "object",
        "properties": {inner.name: _schema(inner) for inner in key.keys},
        "required": [inner.name for inner in key.keys if inner.required],
        "additionalProperties": _schema(key.item) if key.item else False,
    }


def _list(key: Key) -> Schema:
    assert key.item is not None
    return {"type": "array", "items": _schema(key.item), "minItems": int(key.low), "maxItems": int(key.high)}


def _map(key: Key) -> Schema:
    assert key.item is not None
    schema: Schema = {
        "type": "object",
        "additionalProperties": _schema(key.item),
        "minProperties": int(key.low),
        "maxProperties": int(key.high),
    }
    if key.words:
        schema["propertyNames"] = {"enum": list(key.words)}
    elif key.name != "sources_of":
        schema["propertyNames"] = {"pattern": "^[a-z][a-z0-9_-]{0,63}$"}
    return schema


def _text(key: Key) -> Schema:
    schema: Schema = {"type": "string", "minLength": 1}
    if key.words:
        schema["examples"] = list(key.words)
    return schema


def _covariate(key: Key) -> Schema:
    if key.words:
        return {"anyOf": [{"enum": list(key.words)}, _choices({"enum": list(key.words)})]}
    if key.high == 1.0:
        return {**_SHARE}
    number = {"type": "number", "minimum": key.low, "maximum": key.high}
    law = {
        "type": "object",
        "properties": {"mean": number, "sd": {"type": "number", "exclusiveMinimum": 0}, "low": number, "high": number},
        "required": ["mean", "sd", "low", "high"],
        "additionalProperties": False,
    }
    return {"anyOf": [number, law, _choices({"pattern": f"^-?{_NUMBER}$"})]}


def _choices(names: Schema) -> Schema:
    shares = {"type": "object", "propertyNames": names, "additionalProperties": _SHARE, "minProperties": 1}
    return {"type": "object", "properties": {"choices": shares}, "required": ["choices"], "additionalProperties": False}


_KINDS = {
    "text": _text,
    "name": lambda key: {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,63}$"},
    "word": lambda key: {"enum": list(key.words)},
    "integer": lambda key: {"type": "integer", "minimum": int(key.low), "maximum": int(key.high)},
    "number": lambda key: {"type": "number", "minimum": key.low, "maximum": key.high},
    "share": lambda key: {**_SHARE},
    "yes/no": lambda key: {"type": "boolean"},
    "duration": lambda key: {**_DURATION},
    "dose": lambda key: {**_DOSE},
    "quantity": lambda key: {"anyOf": [{"type": "number"}, _FRACTION, _DURATION, _DOSE, _RATE, _LEVEL]},
    "covariate": _covariate,
    "block": _block,
    "list": _list,
    "map": _map,
}
