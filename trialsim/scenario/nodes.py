"""YAML text to a plain tree of nodes with line numbers, and nothing else: no types, no tags, no aliases.

Scalars stay text. What a text means is decided by the key that holds it, so that none of YAML 1.1's guesses (`no` is
false, 1:30 is 90, a date is an object) can change a scenario. Size, depth and number of nodes are limited, so that a
hostile file is refused in a fraction of a second.
"""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

import yaml

from trialsim.scenario.sheet import Sheet, clip, note, quote, refuse

MAX_BYTES = 256 * 1024
MAX_DEPTH = 12
MAX_NODES = 20_000
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
_TAGS = {"bool": "yes or no", "int": "a number", "float": "a number", "timestamp": "a date", "null": "nothing"}


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value as text; `plain` is false if it stood in quotes or in a block."""

    text: str
    plain: bool
    line: int


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple["Node", ...]
    line: int


@dataclass(frozen=True, slots=True)
class Block:
    """Keys and values in the order of the file; every key occurs once."""

    entries: tuple[tuple[Scalar, "Node"], ...]
    line: int


type Node = Scalar | Items | Block


@dataclass(slots=True)
class _Open:
    """A block or list that has not ended yet."""

    is_block: bool
    line: int
    children: list[Node]


def read_bytes(sheet: Sheet, path: Path, limit: int = MAX_BYTES) -> bytes:
    """The content of a regular file of at most `limit` bytes; raises InputError."""
    expected = "a readable scenario file"
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        raise refuse(sheet, None, "", "no such file", expected) from None
    except PermissionError:
        raise refuse(sheet, None, "", "no permission to read this file", expected) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise refuse(sheet, None, "", f"cannot be opened ({reason})", expected) from None
    try:
        return _read_regular(sheet, descriptor, limit, expected)
    except OSError as error:
        raise refuse(sheet, None, "", f"cannot be read ({error.strerror})", expected) from None
    finally:
        os.close(descriptor)


def _read_regular(sheet: Sheet, descriptor: int, limit: int, expected: str) -> bytes:
    status = os.fstat(descriptor)
    if stat.S_ISDIR(status.st_mode):
        raise refuse(sheet, None, "", "is a directory", expected)
    if not stat.S_ISREG(status.st_mode):
        raise refuse(sheet, None, "", "is no regular file", expected)
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        content = b"" if status.st_size > limit else file.read(limit + 1)
    if status.st_size > limit or len(content) > limit:
        raise refuse(sheet, None, "", "is too large", f"at most {limit // 1024:,} KB")
    return content


def decode(sheet: Sheet, content: bytes) -> str:
    """Bytes as UTF-8 text (a byte order mark is dropped); raises InputError with the line of the first bad byte."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refuse(sheet, line, "", "is not UTF-8 text", "a text file saved as UTF-8") from None
    if not text.strip():
        raise refuse(sheet, None, "", "is empty", "a scenario with at least name, kind, population and arms")
    return text


def read_nodes(sheet: Sheet, text: str) -> Node:
    """The tree of one YAML document. Duplicate keys are noted; whatever cannot be read raises InputError."""
    try:
        return _build(sheet, text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = f"is no valid YAML: {clip(error.problem or error.context or 'unreadable', 100)}"
        raise refuse(
            sheet, mark.line + 1 if mark else None, "", message, "keys and values, such as 'seed: 51'"
        ) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise refuse(sheet, line, "", "holds characters that no text file should hold", "plain text") from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # PyYAML lets ValueError out of impossible escapes such as "\UFFFFFFFF" and of huge version numbers.
        raise refuse(sheet, None, "", f"is no valid YAML: {clip(str(error), 100)}") from None


def reads_as(scalar: Scalar) -> str:
    """What a common YAML reader makes of an unquoted text: "text", "a number", "a date", "yes or no", "nothing"."""
    if not scalar.plain:
        return "text"
    resolvers = yaml.SafeLoader.yaml_implicit_resolvers
    for tag, pattern in resolvers.get(scalar.text[:1], []):
        if pattern.match(scalar.text):
            return _TAGS.get(tag.rpartition(":")[2], "text")
    return "text"


def _build(sheet: Sheet, text: str) -> Node:
    stack: list[_Open] = []
    root: Node | None = None
    for count, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
        line = event.start_mark.line + 1 if event.start_mark else 1
        _refuse_features(sheet, event, line, root)
        node: Node | None = None
        if isinstance(event, yaml.ScalarEvent):
            node = _scalar(sheet, event, line)
        elif isinstance(event, yaml.CollectionStartEvent):
            stack.append(_Open(isinstance(event, yaml.MappingStartEvent), line, []))
        elif isinstance(event, yaml.CollectionEndEvent):
            node = _close(sheet, stack.pop())
        if len(stack) > MAX_DEPTH or count > MAX_NODES:
            raise refuse(sheet, line, "", "is nested too deeply" if len(stack) > MAX_DEPTH else "holds too many values")
        if node is not None and stack:
            stack[-1].children.append(node)
        elif node is not None:
            root = node
    if root is None:
        raise refuse(sheet, None, "", "is empty", "a scenario with at least name, kind, population and arms")
    return root


def _refuse_features(sheet: Sheet, event: yaml.Event, line: int, root: Node | None) -> None:
    if isinstance(event, yaml.DocumentStartEvent) and root is not None:
        raise refuse(sheet, line, "", "holds a second YAML document", "one scenario a file")
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
        raise refuse(sheet, line, "", "uses a YAML anchor or alias (& or *)", "every value written out, or in quotes")
    tag = getattr(event, "tag", None)
    if tag is not None:
        raise refuse(sheet, line, "", f"uses the YAML tag {quote(tag)}", "values without tags (!)")


def _scalar(sheet: Sheet, event: yaml.ScalarEvent, line: int) -> Scalar:
    if _UNPRINTABLE.search(event.value):
        note(sheet, line, "", "holds control characters", "printable text")
    return Scalar(event.value, event.style is None, line)


def _close(sheet: Sheet, done: _Open) -> Node:
    if not done.is_block:
        return Items(tuple(done.children), done.line)
    entries: dict[str, tuple[Scalar, Node]] = {}
    for key, value in zip(done.children[::2], done.children[1::2], strict=True):
        if not isinstance(key, Scalar):
            note(sheet, key.line, "", "has a list or block as a key", "a plain word as key")
        elif key.text in entries:
            first = entries[key.text][0].line
            note(sheet, key.line, clip(key.text), "is given twice", f"one entry; the first stands on line {first}")
        else:
            entries[key.text] = (key, value)
    return Block(tuple(entries.values()), done.line)
