"""The tables of docs/scenario-format.md, made from the table of keys; a test holds the document to them."""

from trialsim.scenario.spec import KEYS, Key

_ACCEPTS = {
    "text": "text",
    "name": "a name: small letters, digits, `-`, `_`",
    "integer": "a whole number",
    "number": "a number",
    "share": "a share, `0.7` or `401/570`",
    "yes/no": "`true` or `false`",
    "duration": "a duration",
    "dose": "a dose",
    "quantity": "a number or a quantity with its unit",
    "block": "a block",
    "list": "a list",
    "map": "a block with names of your own",
}
_BOUNDED = ("integer", "duration", "dose")
_UNITS = {"duration": " days", "dose": " mg"}


def report_keys() -> str:
    """Markdown tables of every key of a scenario file: one for the top level, one for each block below it.

    `policies` has no table of its own: its entries are those of `arms`.
    """
    tables = [_table("Top level", KEYS, with_kind=True)]
    tables += [part for key in KEYS if key.name != "policies" for part in _blocks_below(key.name, key)]
    return "\n\n".join(tables)


def _blocks_below(path: str, key: Key) -> list[str]:
    """The tables of a block, or of the items of a list or map, and of whatever stands in them."""
    if key.kind == "list" and key.item is not None:
        return _blocks_below(f"{path}[]", key.item)
    if key.kind == "map" and key.item is not None:
        return _blocks_below(f"{path}.NAME", key.item)
    if key.kind != "block":
        return []
    inner = [part for each in key.keys for part in _blocks_below(f"{path}.{each.name}", each)]
    keys = key.keys if key.item is None else (*key.keys, key.item)
    return [_table(f"`{path}`", keys), *inner]


def _table(title: str, keys: tuple[Key, ...], with_kind: bool = False) -> str:
    lines = [f"### {title}", "", "| key | accepts | range | default | meaning |", "|---|---|---|---|---|"]
    for key in keys:
        only = f" ({key.only} only)" if with_kind and key.only else ""
        name = f"`{key.name}`{only}" if key.name else "any other"
        lines.append(f"| {name} | {_accepts(key)} | {_range(key)} | {_default(key)} | {key.meaning} |")
    return "\n".join(lines)


def _accepts(key: Key) -> str:
    if key.kind == "covariate":
        if key.words:
            return f"{_words(key)}, or shares of these"
        return "the share of people" if key.high == 1.0 else "a number, or a law"
    if key.kind == "word":
        return _words(key)
    if key.kind == "list" and key.item is not None:
        return f"a list; each: {_accepts(key.item)}"
    if key.kind == "map" and key.item is not None:
        return f"{_ACCEPTS['map']}; each: {_accepts(key.item)}"
    return f"{_ACCEPTS[key.kind]}{f', such as {_words(key)}' if key.words else ''}"


def _words(key: Key) -> str:
    return ", ".join(f"`{word}`" for word in key.words)


def _range(key: Key) -> str:
    if key.kind in ("list", "map"):
        return f"{key.low:.0f} to {key.high:.0f} entries"
    if key.kind == "share" or (key.kind == "covariate" and not key.words):
        return f"{key.low:g} to {key.high if key.kind == 'covariate' else 1:g}"
    if key.kind in _BOUNDED:
        return f"{_number(key.low)} to {_number(key.high)}{_UNITS.get(key.kind, '')}"
    return ""


def _number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value:g}"


def _default(key: Key) -> str:
    if key.required:
        return "**needed**"
    return f"`{key.default}`" if key.default else ""
