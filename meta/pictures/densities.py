"""Prior against posterior: what the evidence added, and where it added nothing."""

from __future__ import annotations

from collections.abc import Sequence

from meta.pictures.axes import round_steps
from meta.pictures.svg import PALE, SECOND, element, line, picture, text

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 520.0, 260.0, 20.0, 30.0, 210.0


def draw_densities(x: Sequence[float], prior: Sequence[float] | None, posterior: Sequence[float], label: str) -> str:
    """Two densities over the same places as SVG; `prior` None for a flat one. All densities finite and >= 0."""
    top = max([*posterior, *(prior or [])]) or 1.0
    low, high = x[0], x[-1]

    def across(value: float) -> float:
        return LEFT + (value - low) / (high - low) * (WIDTH - 2 * LEFT)

    def curve(values: Sequence[float]) -> str:
        points = (
            f"{across(at):.1f} {BOTTOM - value / top * (BOTTOM - TOP):.1f}" for at, value in zip(x, values, strict=True)
        )
        return "M" + "L".join(points)

    parts = [line(LEFT, BOTTOM, WIDTH - LEFT, BOTTOM)]
    for at in round_steps(low, high, 6):
        parts += [
            line(across(at), BOTTOM, across(at), BOTTOM + 5),
            text(across(at), BOTTOM + 19, f"{at:g}", text_anchor="middle", font_size=12),
        ]
    if prior is not None:
        parts.append(element("path", d=curve(prior), fill="none", stroke=PALE, stroke_width=2, stroke_dasharray="5 4"))
    parts.append(element("path", d=curve(posterior), fill="none", stroke=SECOND, stroke_width=2.2))
    parts += [
        text(LEFT, 16, "posterior", fill=SECOND, font_weight="600"),
        text(LEFT + 80, 16, "prior (dashed)" if prior is not None else "prior: flat", fill=PALE),
        text(WIDTH / 2, HEIGHT - 12, label, text_anchor="middle"),
    ]
    return picture(WIDTH, HEIGHT, f"Prior and posterior: {label}", "Solid: posterior. Dashed: prior.", parts)
