"""Contrast of the style sheet's colours (WCAG 2.2, 1.4.3 and 1.4.11), in light and dark."""

import re
from importlib.resources import files

import pytest

STYLE = files("trialsim.report").joinpath("templates", "style.css").read_text(encoding="utf-8")
BLOCKS = re.findall(r":root \{(.*?)\}", STYLE, re.S)
THEMES = [dict(re.findall(r"--([a-z0-9]+): (#[0-9a-f]{6})", block)) for block in BLOCKS]


def luminance(colour: str) -> float:
    """Relative luminance of an sRGB colour, as WCAG defines it."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_black_on_white_is_21_to_1() -> None:
    assert contrast("#000000", "#ffffff") == 21.0


def test_light_and_dark_name_the_same_colours() -> None:
    assert len(THEMES) == 2
    assert THEMES[0].keys() == THEMES[1].keys()


@pytest.mark.parametrize("theme", THEMES, ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "panel"])
def test_texts_and_lines_can_be_told_from_their_ground(theme: dict[str, str], ground: str) -> None:
    texts = {name: contrast(theme[name], theme[ground]) for name in ("ink", "soft", "link", "hit", "miss")}
    lines = {name: contrast(theme[name], theme[ground]) for name in theme if re.fullmatch(r"s\d", name)}
    assert {name: ratio for name, ratio in texts.items() if ratio < 4.5} == {}
    assert {name: ratio for name, ratio in lines.items() if ratio < 3.0} == {}
    assert len(lines) == 6
