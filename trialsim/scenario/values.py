"""One scalar of a scenario file to one value, by the kind of its key; a mistake is noted and gives None."""

import re

from trialsim.problems import nearest_name
from trialsim.scenario.model import Choices, Covariate, Fixed, TruncatedNormal
from trialsim.scenario.nodes import Block, Items, Node, Scalar, reads_as
from trialsim.scenario.sheet import Sheet, clip, note, one_of, quote
from trialsim.scenario.spec import Key
from trialsim.scenario.units import (
    Quantity,
    UnitError,
    read_dose,
    read_duration,
    read_number,
    read_quantity,
    read_share,
)

type ScalarValue = str | float | bool | int | Quantity

NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}", re.ASCII)
MAX_TEXT = 10_000
SHARES_MUST_ADD_UP_WITHIN = 1e-6
_INTEGER = re.compile(r"[-+]?(?:0|[1-9]\d*)", re.ASCII)
_IS_ODD = re.compile(r":|\.(inf|nan)$", re.IGNORECASE)
_MEASURES = {"number": read_number, "share": read_share, "duration": read_duration, "dose": read_dose}
_COVARIATE_LAWS = ("{mean: 34, sd: 10, low: 18, high: 70}", "{choices: {heroin: 0.8, prescription: 0.2}}")


def read_scalar(sheet: Sheet, node: Node, key: Key, path: str) -> ScalarValue | None:
    """The value of one scalar key; notes a block or list where one value belongs, and anything out of range."""
    scalar = one_value(sheet, node, path)
    if scalar is None:
        return None
    if key.kind in ("text", "name", "word"):
        return _text(sheet, scalar, key, path)
    if key.kind == "yes/no":
        return _yes_or_no(sheet, scalar, path)
    if key.kind == "integer":
        return _integer(sheet, scalar, key, path)
    return _measure(sheet, scalar, key, path)


def one_value(sheet: Sheet, node: Node, path: str, expected: str = "one value") -> Scalar | None:
    """The node if it is a single value that is not empty; else the mistake is noted."""
    if isinstance(node, Scalar) and (node.text or not node.plain):
        return node
    found = "nothing" if isinstance(node, Scalar) else ("a list" if isinstance(node, Items) else "a block of keys")
    note(sheet, node.line, path, f"holds {found}", expected)
    return None


def read_covariate(sheet: Sheet, node: Node, key: Key, path: str) -> Covariate | None:
    """A number, a code, a share of people, `{mean, sd, low, high}` or `{choices: {value: share}}`."""
    if isinstance(node, Block):
        names = {name.text for name, _ in node.entries}
        if "choices" in names:
            return _choices(sheet, node, key, path)
        return _truncated_normal(sheet, node, key, path)
    scalar = one_value(sheet, node, path, _covariate_expected(key))
    value = None if scalar is None else covariate_value(sheet, scalar, key, path)
    return None if value is None else Fixed(value)


def covariate_value(sheet: Sheet, scalar: Scalar, key: Key, path: str) -> float | str | None:
    """One value of a covariate: a code from `key.words`, else a number within the key's range."""
    if key.words:
        return scalar.text if _is_word(sheet, scalar, key.words, path) else None
    expected = _covariate_expected(key)
    try:
        value = read_share(scalar.text) if key.high == 1.0 else read_number(scalar.text)
    except UnitError as error:
        note(sheet, scalar.line, path, _misread(scalar, error), expected)
        return None
    return value if _in_range(sheet, scalar, value, key, path) else None


def _covariate_expected(key: Key) -> str:
    if key.words:
        return f"one of {', '.join(key.words)}, or a law such as {_COVARIATE_LAWS[1]}"
    if key.high == 1.0:
        return "the share of people from 0 to 1, such as 0.7 or 401/570"
    return f"a number from {key.low:g} to {key.high:g}, or a law such as {_COVARIATE_LAWS[0]}"


def _truncated_normal(sheet: Sheet, node: Block, key: Key, path: str) -> TruncatedNormal | None:
    if key.words or key.high == 1.0:
        note(sheet, node.line, path, "cannot have a normal law", _covariate_expected(key))
        return None
    found: dict[str, float] = {}
    for name, value in node.entries:
        inner = f"{path}.{name.text}"
        sheet.lines[inner] = name.line
        if name.text not in ("mean", "sd", "low", "high"):
            nearest = nearest_name(name.text, ("mean", "sd", "low", "high", "choices"))
            note(sheet, name.line, inner, "is no key of a law", "mean, sd, low and high, or choices", nearest)
            continue
        scalar = one_value(sheet, value, inner)
        bounds = Key(name.text, "number", "", low=1e-9 if name.text == "sd" else key.low, high=key.high)
        number = None if scalar is None else _measure(sheet, scalar, bounds, inner)
        if isinstance(number, float):
            found[name.text] = number
    missing = [name for name in ("mean", "sd", "low", "high") if name not in {n.text for n, _ in node.entries}]
    if missing:
        note(sheet, node.line, path, f"lacks {', '.join(missing)}", f"a law such as {_COVARIATE_LAWS[0]}")
    if len(found) < 4:
        return None
    law = TruncatedNormal(found["mean"], found["sd"], found["low"], found["high"])
    if law.low < law.high and law.low <= law.mean <= law.high:
        return law
    note(sheet, node.line, path, "has its mean outside low to high", "low below high, and the mean between them")
    return None


def _choices(sheet: Sheet, node: Block, key: Key, path: str) -> Choices | None:
    for name, value in node.entries:
        sheet.lines[f"{path}.{name.text}"] = name.line
        if name.text != "choices":
            note(sheet, name.line, f"{path}.{name.text}", "cannot stand beside choices", "choices alone")
        elif not isinstance(value, Block) or not value.entries:
            note(sheet, name.line, f"{path}.choices", "holds no shares", _COVARIATE_LAWS[1])
        elif key.high == 1.0:
            note(sheet, name.line, f"{path}.choices", "is a yes/no covariate", _covariate_expected(key))
        else:
            return _shares(sheet, value, key, f"{path}.choices")
    return None


def _shares(sheet: Sheet, node: Block, key: Key, path: str) -> Choices | None:
    pairs: list[tuple[float | str, float]] = []
    for name, value in node.entries:
        inner = f"{path}.{clip(name.text)}"
        sheet.lines[inner] = name.line
        choice = covariate_value(sheet, name, key, inner)
        scalar = one_value(sheet, value, inner)
        share = None if scalar is None else _measure(sheet, scalar, Key("", "share", "", high=1.0), inner)
        if choice is not None and isinstance(share, float):
            pairs.append((choice, share))
    if len(pairs) < len(node.entries):
        return None
    if len({choice for choice, _ in pairs}) < len(pairs):
        note(sheet, node.line, path, "names one value twice", "every value once")
        return None
    total = sum(share for _, share in pairs)
    if abs(total - 1.0) > SHARES_MUST_ADD_UP_WITHIN:
        note(sheet, node.line, path, f"adds up to {total:.6g}", "shares that add up to 1")
        return None
    return Choices(tuple(choice for choice, _ in pairs), tuple(share / total for _, share in pairs))


def _text(sheet: Sheet, scalar: Scalar, key: Key, path: str) -> str | None:
    reading = reads_as(scalar)
    if reading != "text":
        message = f"{quote(scalar.text)} without quotes is read as {reading} by YAML"
        note(sheet, scalar.line, path, message, f'text; in quotes: "{clip(scalar.text)}"')
        return None
    text = " ".join(scalar.text.split())
    if key.kind == "word":
        return text if _is_word(sheet, scalar, key.words, path) else None
    if key.kind == "name" and not NAME.fullmatch(text):
        note(sheet, scalar.line, path, f"{quote(text)} is no name", "small letters, digits, - and _, a letter first")
        return None
    if not text or len(text) > MAX_TEXT:
        note(sheet, scalar.line, path, "is empty" if not text else "is too long", f"1 to {MAX_TEXT} letters")
        return None
    return text


def _is_word(sheet: Sheet, scalar: Scalar, words: tuple[str, ...], path: str) -> bool:
    if scalar.text in words:
        return True
    nearest = nearest_name(scalar.text, words)
    note(sheet, scalar.line, path, f"{quote(scalar.text)} is not known", one_of(words), nearest)
    return False


def _yes_or_no(sheet: Sheet, scalar: Scalar, path: str) -> bool | None:
    if scalar.plain and scalar.text in ("true", "false"):
        return scalar.text == "true"
    nearest = "true" if scalar.text.casefold() in ("yes", "on", "y", "true", "1") else ""
    nearest = "false" if scalar.text.casefold() in ("no", "off", "n", "false", "0") else nearest
    note(sheet, scalar.line, path, f"{quote(scalar.text)} is not accepted", "true or false, without quotes", nearest)
    return None


def _integer(sheet: Sheet, scalar: Scalar, key: Key, path: str) -> int | None:
    expected = f"a whole number from {key.low:.0f} to {key.high:.0f}"
    if not (scalar.plain and _INTEGER.fullmatch(scalar.text)):
        note(sheet, scalar.line, path, f"{_odd_number(scalar)}", expected)
        return None
    # int() itself refuses thousands of digits; 20 are more than any range here allows.
    value = int(scalar.text) if len(scalar.text) <= 20 else 10**20
    if not key.low <= value <= key.high:
        note(sheet, scalar.line, path, f"{quote(scalar.text)} is out of range", expected)
        return None
    return value


def _measure(sheet: Sheet, scalar: Scalar, key: Key, path: str) -> float | Quantity | None:
    try:
        value = read_quantity(scalar.text) if key.kind == "quantity" else _MEASURES[key.kind](scalar.text)
    except UnitError as error:
        note(sheet, scalar.line, path, _misread(scalar, error), error.expected, error.nearest)
        return None
    if not scalar.plain and key.kind in ("number", "share"):
        note(sheet, scalar.line, path, f"{quote(scalar.text)} stands in quotes", "a number without quotes")
        return None
    if isinstance(value, Quantity):
        return value
    return value if _in_range(sheet, scalar, value, key, path) else None


def _misread(scalar: Scalar, error: UnitError) -> str:
    """Why a quantity cannot be read, naming YAML's own reading where that is the surprise."""
    reading = reads_as(scalar)
    surprising = reading in ("a date", "yes or no", "nothing") or (
        reading == "a number" and _IS_ODD.search(scalar.text)
    )
    return _odd_number(scalar) if surprising else f"{quote(scalar.text)} {error}"


def _odd_number(scalar: Scalar) -> str:
    if not scalar.plain:
        return f"{quote(scalar.text)} stands in quotes"
    reading = reads_as(scalar)
    if reading == "a number" and ":" in scalar.text:
        return f"{quote(scalar.text)} is read as a number to the base 60 by YAML"
    if reading == "a number" and scalar.text.casefold().lstrip("+-") in (".inf", ".nan"):
        return f"{quote(scalar.text)} is not finite"
    return f"{quote(scalar.text)} is {'no whole number' if reading in ('text', 'a number') else reading}"


def _in_range(sheet: Sheet, scalar: Scalar, value: float, key: Key, path: str) -> bool:
    if key.low <= value <= key.high:
        return True
    unit = {"duration": " days", "dose": " mg"}.get(key.kind, "")
    note(sheet, scalar.line, path, f"{quote(scalar.text)} is out of range", f"{key.low:g} to {key.high:g}{unit}")
    return False
