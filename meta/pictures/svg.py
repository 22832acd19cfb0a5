"""SVG as text: elements with presentation attributes only, so that a strict content policy of a page lets them through.

Ink is `currentColor`: black in a file of its own, the page's text colour inside a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

ACCENT = "#1f5fa8"
SECOND = "#b8480f"
PALE = "#8a857a"
FONT = "system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Noto Sans, Arial, sans-serif"


def element(tag: str, inner: str | None = None, **attributes: object) -> str:
    """One element; underscores in names of attributes become hyphens; `inner` is markup already."""
    return _element(tag, inner, attributes)


def _element(tag: str, inner: str | None, attributes: Mapping[str, object]) -> str:
    named = "".join(
        f" {name.rstrip('_').replace('_', '-')}={quoteattr(_number(value))}" for name, value in attributes.items()
    )
    return f"<{tag}{named}/>" if inner is None else f"<{tag}{named}>{inner}</{tag}>"


def _number(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def text(x: float, y: float, words: str, **attributes: object) -> str:
    """Text with its anchor at (x, y) and its baseline on y."""
    drawn: dict[str, object] = {"x": x, "y": y, "fill": "currentColor", **attributes}
    return _element("text", escape(words), drawn)


def line(x1: float, y1: float, x2: float, y2: float, **attributes: object) -> str:
    """A straight line of the ink."""
    return _element("line", None, {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "stroke": "currentColor", **attributes})


def picture(width: float, height: float, title: str, description: str, parts: list[str]) -> str:
    """A whole SVG with title and description for those who cannot see it."""
    return element(
        "svg",
        element("title", escape(title)) + element("desc", escape(description)) + "".join(parts),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_number(width)} {_number(height)}",
        width=width,
        height=height,
        role="img",
        font_family=FONT,
        font_size=13,
    )


def write_figure(path: Path, svg: str) -> None:
    """Write an SVG file whole or not at all. Raises OSError where the folder does not let us."""
    unfinished = path.with_name(path.name + ".part")
    try:
        unfinished.write_text(svg + "\n", encoding="utf-8")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
