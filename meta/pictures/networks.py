"""Pictures of a network: which treatments were compared how often, and how probable each rank is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from meta.pictures.svg import ACCENT, PALE, SECOND, element, line, picture, text

SIZE, RADIUS = 520.0, 170.0


def draw_network(people: Mapping[str, float], studies: Mapping[tuple[str, str], int]) -> str:
    """Treatments on a circle as SVG: area by people, width of a line by studies that compare its two ends.

    `people`: participants (or person-years) by treatment, 0 or NaN where unknown. `studies`: count by pair.
    """
    places = {name: _corner(number, len(people)) for number, name in enumerate(people)}
    most = max([x for x in people.values() if math.isfinite(x)] or [1.0]) or 1.0
    parts = []
    for (one, other), count in studies.items():
        (x1, y1), (x2, y2) = places[one], places[other]
        parts.append(line(x1, y1, x2, y2, stroke=PALE, stroke_width=1.0 + 1.2 * count))
        parts.append(text((x1 + x2) / 2 + 6, (y1 + y2) / 2 - 5, str(count), font_size=12))
    for name, size in people.items():
        x, y = places[name]
        share = size / most if math.isfinite(size) else 0.0
        parts.append(element("circle", cx=x, cy=y, r=6.0 + 16.0 * math.sqrt(share), fill=ACCENT))
        anchor = "middle" if abs(x - SIZE / 2) < 20 else "start" if x > SIZE / 2 else "end"
        shift = 0.0 if anchor == "middle" else math.copysign(28.0, x - SIZE / 2)
        lift = math.copysign(36.0, y - SIZE / 2) if anchor == "middle" else 4.0
        parts.append(text(x + shift, y + lift, name, text_anchor=anchor, font_weight="600"))
    pairs = "; ".join(f"{one} against {other}: {count}" for (one, other), count in studies.items())
    return picture(SIZE + 240, SIZE, "Network of comparisons", f"Studies by pair. {pairs}.", [_shifted(parts)])


def _corner(number: int, count: int) -> tuple[float, float]:
    angle = 2 * math.pi * number / count - math.pi / 2
    return round(SIZE / 2 + RADIUS * math.cos(angle), 1), round(SIZE / 2 + RADIUS * math.sin(angle), 1)


def _shifted(parts: list[str]) -> str:
    """Room for long names on both sides."""
    return element("g", "".join(parts), transform="translate(120 0)")


def draw_rankogram(treatments: Sequence[str], shares: Sequence[Sequence[float]]) -> str:
    """One panel a treatment as SVG: bars are the probabilities of rank 1 (best), 2, ...

    `shares[i][r]`: probability that treatment i has rank r + 1; every row adds up to 1.
    """
    width, height, wide = 200.0, 150.0, min(4, len(treatments))
    parts = []
    for number, (name, row) in enumerate(zip(treatments, shares, strict=True)):
        left, top = (number % wide) * width, (number // wide) * (height + 40.0)
        step = (width - 40) / len(row)
        bars = [text(left + 20, top + 16, name[:26], font_weight="600")]
        for rank, share in enumerate(row):
            x, tall = left + 20 + rank * step, share * (height - 50)
            base = top + height
            bars.append(element("rect", x=x + 2, y=base - tall, width=step - 4, height=tall, fill=SECOND))
            bars.append(text(x + step / 2, base + 15, str(rank + 1), text_anchor="middle", font_size=11))
            bars.append(text(x + step / 2, base - tall - 4, f"{100 * share:.0f}", text_anchor="middle", font_size=10))
        parts += [*bars, line(left + 20, top + height, left + width - 20, top + height)]
    rows = -(-len(treatments) // wide)
    words = "; ".join(
        f"{name}: best with probability {row[0]:.0%}" for name, row in zip(treatments, shares, strict=True)
    )
    return picture(wide * width, rows * (height + 40.0), "Probability of each rank (%)", words, parts)
