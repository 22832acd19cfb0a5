"""Node tree to plain data by the table of keys: blocks to dicts, lists to lists, scalars to values of their kind.

A key that is missing or wrong is noted and left out of the data; `sheet.lines` tells a wrong key from a missing one.
"""

from typing import Any

from trialsim.problems import nearest_name
from trialsim.scenario.nodes import Block, Items, Node, Scalar, reads_as
from trialsim.scenario.sheet import MAX_PROBLEMS, Sheet, clip, note, one_of, quote
from trialsim.scenario.spec import Key
from trialsim.scenario.values import NAME, read_covariate, read_scalar

type Data = dict[str, Any]


def read_value(sheet: Sheet, node: Node, key: Key, path: str) -> Any:
    """The value behind a key, whatever its kind; None if it is wrong."""
    if key.kind == "block":
        return read_block(sheet, node, key, path)
    if key.kind == "list":
        return _list(sheet, node, key, path)
    if key.kind == "map":
        return _map(sheet, node, key, path)
    if key.kind == "covariate":
        return read_covariate(sheet, node, key, path)
    return read_scalar(sheet, node, key, path)


def read_block(sheet: Sheet, node: Node, key: Key, path: str) -> Data | None:
    """A dict of the block's keys; defaults are filled in, unknown and missing keys noted."""
    if not isinstance(node, Block):
        note(sheet, node.line, path, f"holds {_kind(node)}", f"a block with the keys {one_of(_key_names(key), '')}")
        return None
    known = {inner.name: inner for inner in key.keys}
    data: Data = {}
    for name, value in node.entries:
        inner = _join(path, name.text)
        sheet.lines[inner] = name.line
        spec = known.get(name.text) or (key.item if key.open_keys else None)
        if spec is None:
            _unknown_key(sheet, name, key, inner)
            continue
        found = read_value(sheet, value, spec, inner)
        if found is not None:
            data[name.text] = found
    _fill_missing(sheet, node, key, path, data)
    return data


def _fill_missing(sheet: Sheet, node: Block, key: Key, path: str, data: Data) -> None:
    given = {name.text for name, _ in node.entries}
    unknown = [name.text for name, _ in node.entries if name.text not in _key_names(key)]
    misspelt = {nearest_name(name, _key_names(key)) for name in unknown[:MAX_PROBLEMS]}
    missing = [inner.name for inner in key.keys if inner.required and inner.name not in given]
    for name in [name for name in missing if name not in misspelt]:
        note(sheet, node.line, _join(path, name), "is missing", _meaning(key, name))
    for inner in key.keys:
        if inner.default and inner.name not in given:
            data[inner.name] = read_scalar(sheet, Scalar(inner.default, True, node.line), inner, path)


def _unknown_key(sheet: Sheet, name: Scalar, key: Key, path: str) -> None:
    if len(sheet.problems) >= MAX_PROBLEMS:  # names need not be compared for mistakes that nobody will see
        return
    reading = reads_as(name)
    message = (
        "is no known key" if reading == "text" else f"is no known key ({quote(name.text)} means {reading} in YAML)"
    )
    note(sheet, name.line, path, message, one_of(_key_names(key)), nearest_name(name.text, _key_names(key)))


def _list(sheet: Sheet, node: Node, key: Key, path: str) -> list[Any] | None:
    assert key.item is not None
    if not isinstance(node, Items):
        note(sheet, node.line, path, f"holds {_kind(node)}", "a list: lines that start with -, or [a, b]")
        return None
    if not key.low <= len(node.items) <= key.high:
        note(sheet, node.line, path, f"has {len(node.items)} entries", f"{key.low:g} to {key.high:g} entries")
        return None
    values = []
    for number, item in enumerate(node.items, start=1):
        inner = f"{path}.{number}"
        sheet.lines[inner] = item.line
        values.append(read_value(sheet, item, key.item, inner))
    return values


def _map(sheet: Sheet, node: Node, key: Key, path: str) -> Data | None:
    assert key.item is not None
    if not isinstance(node, Block):
        note(sheet, node.line, path, f"holds {_kind(node)}", "a block of names, each with its value")
        return None
    if not key.low <= len(node.entries) <= key.high:
        note(sheet, node.line, path, f"has {len(node.entries)} entries", f"{key.low:g} to {key.high:g} entries")
        return None
    values: Data = {}
    for name, value in node.entries:
        inner = _join(path, name.text)
        sheet.lines[inner] = name.line
        if _valid_name(sheet, name, key, inner):
            values[name.text] = read_value(sheet, value, key.item, inner)
    return values


def _valid_name(sheet: Sheet, name: Scalar, key: Key, path: str) -> bool:
    if key.words and name.text not in key.words:
        note(sheet, name.line, path, "is not known", one_of(key.words), nearest_name(name.text, key.words))
        return False
    if key.name == "sources_of":  # its names are key paths; they are checked against the file
        return True
    reading = reads_as(name)
    if reading != "text":
        note(sheet, name.line, path, f"is read as {reading} by YAML", f'another name, or "{clip(name.text)}" in quotes')
        return False
    if not NAME.fullmatch(name.text):
        note(sheet, name.line, path, "is no name", "small letters, digits, - and _, a letter first")
        return False
    return True


def _join(path: str, name: str) -> str:
    return f"{path}.{clip(name)}" if path else clip(name)


def _key_names(key: Key) -> list[str]:
    return [inner.name for inner in key.keys]


def _meaning(key: Key, name: str) -> str:
    return next(inner.meaning for inner in key.keys if inner.name == name)


def _kind(node: Node) -> str:
    if isinstance(node, Items):
        return "a list"
    if isinstance(node, Block):
        return "a block of keys"
    return quote(node.text) if node.text else "nothing"
