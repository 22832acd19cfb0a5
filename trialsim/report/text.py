"""Numbers, durations and links as a reader meets them; the only place of the report that rounds."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard
from urllib.parse import quote

MISSING = "–"
WEEKS_PER_YEAR = 365.25 / 7
DAYS_PER_YEAR = 365.25
# One capital group each: a DOI, or a PubMed number announced as such.
_REFERENCE = re.compile(r"(?:doi:\s*|https?://(?:dx\.)?doi\.org/)?(10\.\d{4,9}/[^\s\"<>]+)|PMID:?\s*(\d{4,9})", re.I)
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Estimate:
    """One estimate as four texts: mean, 95% range, Monte Carlo error, all with their unit."""

    mean: str
    range: str
    error: str


@dataclass(frozen=True)
class Piece:
    """A stretch of text; ``href`` is empty unless the stretch is a citation."""

    text: str
    href: str = ""


def is_number(value: object) -> TypeGuard[float]:
    """True for a finite int or float; None, NaN, infinities, texts and booleans are missing values here."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_count(unit: str) -> bool:
    """True for units that count events or people, such as ``count`` and ``count per trial``."""
    return unit.startswith("count")


def format_fixed(value: float, decimals: int) -> str:
    """A number with thousands separators, a true minus sign and no negative zero."""
    text = f"{value:,.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def format_significant(value: object, digits: int = 3) -> str:
    """A number to ``digits`` significant digits without idle zeros; powers of ten outside 0.0001 to 10,000,000."""
    if not is_number(value):
        return MISSING
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if not -4 <= exponent < 7:
        return f"{format_significant(value / 10.0**exponent, digits)}×10{str(exponent).translate(_SUPERSCRIPT)}"
    text = format_fixed(value, max(0, digits - 1 - exponent))
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_count(value: object) -> str:
    """A count or a mean of counts: no decimals where whole or large, else one, two below ten."""
    if not is_number(value):
        return MISSING
    if float(value).is_integer() or abs(value) >= 1000:
        return format_fixed(value, 0)
    return format_fixed(value, 2 if abs(value) < 10 else 1)


def format_share(part: object, whole: object) -> str:
    """``part`` of ``whole`` in per cent with one decimal, or nothing where either is missing or the whole is zero."""
    if not is_number(part) or not is_number(whole) or whole == 0:
        return ""
    return f"{format_fixed(100 * part / whole, 1)}%"


def _error_decimals(error: object) -> int | None:
    """Decimals that end at the first digit of the Monte Carlo error, one at least while the error is below ten.

    None where the error is missing or zero.
    """
    if not is_number(error) or error <= 0:
        return None
    return min(6, max(int(error < 10), -math.floor(math.log10(error))))


def _format_plain(value: object, unit: str, decimals: int | None, whole: bool = False) -> str:
    """A number without its unit; ``whole`` ends of a range of counts stay whole."""
    if not is_number(value):
        return MISSING
    if unit == "proportion":
        return format_fixed(value, 1 if decimals is None else decimals)
    if decimals is None or (whole and float(value).is_integer()):
        return format_count(value) if is_count(unit) else format_significant(value)
    return format_fixed(value, decimals)


def format_error(error: object) -> str:
    """A Monte Carlo error to two significant digits, zeros kept, so that errors of like size line up."""
    if not is_number(error) or error <= 0:
        return MISSING if not is_number(error) else "0"
    decimals = 1 - math.floor(math.log10(error))
    return format_fixed(error, max(0, decimals)) if decimals < 8 else format_significant(error, 2)


def _scaled(value: object, unit: str) -> float | None:
    if not is_number(value):
        return None
    return 100 * value if unit == "proportion" else value


def format_estimate(cell: Mapping[str, Any], unit: str = "", difference: bool = False) -> Estimate:
    """The keys mean, low, high and mcse of ``cell`` as texts; proportions in per cent, their differences in points.

    Decimals follow the Monte Carlo error, so that few digits shown are noise.
    """
    unit = unit or str(cell.get("unit") or "")
    mean, low, high, error = (_scaled(cell.get(key), unit) for key in ("mean", "low", "high", "mcse"))
    decimals = _error_decimals(error)
    ends = [_format_plain(end, unit, decimals, whole=is_count(unit)) for end in (low, high)]
    suffix = ("" if difference else "%") if unit == "proportion" else ""
    points = " points" if unit == "proportion" else ""
    tail = points if difference else suffix
    return Estimate(
        mean=_with_suffix(_signed(_format_plain(mean, unit, decimals), mean, difference), tail),
        range=MISSING if MISSING in ends else f"{ends[0]} to {ends[1]}{tail}",
        error=_with_suffix(format_error(error), points),
    )


def _signed(text: str, value: float | None, difference: bool) -> str:
    return f"+{text}" if difference and value is not None and value > 0 and text.strip("0.") else text


def _with_suffix(text: str, suffix: str) -> str:
    return text if text == MISSING else text + suffix


def format_value(value: object, unit: str) -> str:
    """One number with its unit: per cent for proportions, a count, or three significant digits."""
    if not is_number(value):
        return MISSING
    if unit == "proportion":
        return f"{format_fixed(100 * value, 1)}%"
    return format_count(value) if is_count(unit) else format_significant(value)


def format_days(days: object) -> str:
    """A duration in the largest unit that fits it exactly: years of 365.25 days, weeks, else days."""
    if not is_number(days):
        return MISSING
    years = days / DAYS_PER_YEAR
    if days >= DAYS_PER_YEAR and abs(years - round(years)) < 0.01:
        return f"{round(years)} year{'' if round(years) == 1 else 's'}"
    if days >= 7 and float(days / 7).is_integer():
        return f"{round(days / 7)} week{'' if days == 7 else 's'}"
    return f"{format_significant(days, 4)} day{'' if days == 1 else 's'}"


def format_span(start: float, end: object) -> str:
    """An interval of days in few characters: ``0–2 wk``, ``13 wk–1 y``, ``10–20 d``; an open end as ``> 1 y``."""
    if not is_number(end):
        return f"> {' '.join(_short_duration(start))}"
    (first, sign), (last, last_sign) = _short_duration(start), _short_duration(end)
    same = sign == last_sign or start == 0
    return f"{first}–{last} {last_sign}" if same else f"{first} {sign}–{last} {last_sign}"


def _short_duration(days: float) -> tuple[str, str]:
    """Number and sign of a duration in the largest unit that it nearly fills a whole number of times."""
    for length, sign in ((DAYS_PER_YEAR, "y"), (7.0, "wk")):
        count = days / length
        if round(count) >= 1 and abs(count - round(count)) < 0.1:
            return str(round(count)), sign
    return format_significant(days, 4), "d"


def split_references(text: str) -> tuple[Piece, ...]:
    """``text`` cut into plain stretches and citations; DOIs lead to doi.org, PubMed numbers to PubMed, nothing else."""
    pieces: list[Piece] = []
    end = 0
    for match in _REFERENCE.finditer(text):
        doi = _trim_doi(match.group(1)) if match.group(1) else ""
        stop = match.start(1) + len(doi) if doi else match.end()
        href = f"https://doi.org/{quote(doi, safe='/')}" if doi else f"https://pubmed.ncbi.nlm.nih.gov/{match.group(2)}"
        pieces += [Piece(text[end : match.start()]), Piece(f"doi:{doi}" if doi else match.group(0), href)]
        end = stop
    return tuple(piece for piece in (*pieces, Piece(text[end:])) if piece.text)


def _trim_doi(doi: str) -> str:
    """A DOI may hold brackets (Lancet) yet seldom ends in punctuation: drop what belongs to the sentence around it."""
    doi = doi.rstrip(".,;:'")
    while doi.endswith((")", "]")) and doi.count("(") + doi.count("[") < doi.count(")") + doi.count("]"):
        doi = doi[:-1].rstrip(".,;:'")
    return doi


def as_sentence(text: str) -> str:
    """``text`` with a capital letter, unless it starts with a name from the code."""
    return text if "_" in text.split(" ")[0] else text[:1].upper() + text[1:]


def join_words(words: list[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
