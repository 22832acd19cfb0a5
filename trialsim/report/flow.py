"""Layout of the CONSORT flow diagram: who was screened, randomised, inducted, retained and analysed, and why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from trialsim.report.axes import wrap_text
from trialsim.report.steps import Step, arm_steps, format_counted
from trialsim.report.text import is_number

SIZE, LINE, PAD = 13.5, 18.0, 10.0
GAP, INSET, STEM, MARGIN, SIDE, WIDEST = 22.0, 38.0, 18.0, 16.0, 6.0, 470.0


@dataclass(frozen=True)
class TextLine:
    """One line of text in a box."""

    y: float
    text: str
    bold: bool


@dataclass(frozen=True)
class Box:
    """A rectangle with its lines; ``series`` colours the head of an arm."""

    x: float
    y: float
    width: float
    height: float
    lines: tuple[TextLine, ...]
    side: bool
    series: int | None = None


@dataclass(frozen=True)
class FlowFigure:
    """Boxes, connecting lines and arrows (path data) at one width."""

    ident: str
    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[str, ...]
    arrows: tuple[str, ...]
    title: str
    description: str


def total_of(flow: Mapping[str, Any], key: str, counterfactual: bool) -> float | None:
    """A count over all arms: their sum, or one arm's where every person lives under every arm; None if missing."""
    counts = [arm.get(key) for arm in flow.values()]
    known = [count for count in counts if is_number(count)]
    if not known:
        return None
    return max(known) if counterfactual else sum(known)


def flow_figure(summary: Mapping[str, Any], ident: str, width: float, columns: int) -> FlowFigure:
    """Lay out the diagram ``width`` wide with up to ``columns`` arms side by side; further arms go below."""
    flow = summary["flow"]
    arms = _ordered_arms(summary)
    columns = min(columns, len(arms))
    margin = MARGIN if len(arms) > columns else 0.0
    column = min(WIDEST, (width - margin - GAP * (columns - 1)) / columns)
    left = max(margin, (width - column * columns - GAP * (columns - 1)) / 2)
    boxes, lines, arrows = _head(flow, summary.get("mode") == "counterfactual", width)
    source, start = _trunk(width), boxes[-1].y + boxes[-1].height
    low = start
    for first in range(0, len(arms), columns):
        row, bus = arms[first : first + columns], low + GAP
        xs = [left + k * (column + GAP) for k in range(len(row))]
        stems = [x + column / 2 for x in xs]
        # Rows of arms after the first hang from a line down the left edge.
        ends = [source, *stems, *([SIDE] if len(arms) > first + columns else [])]
        lines += [f"M{source:g} {start:g}V{bus:g}", f"M{min(ends):g} {bus:g}H{max(ends):g}"]
        placed, loose, pointers, low = _arms(row, xs, column, bus + GAP, first)
        boxes += placed
        lines += loose
        arrows += [*(_arrow_down(stem, bus, bus + GAP) for stem in stems), *pointers]
        source, start = SIDE, bus
    title = "Flow of simulated people through the trial"
    return FlowFigure(ident, width, low + 4, tuple(boxes), tuple(lines), tuple(arrows), title, _describe(arms))


def _ordered_arms(summary: Mapping[str, Any]) -> list[tuple[Step | None, ...]]:
    flow, labels = summary["flow"], summary.get("arm_labels") or {}
    verb = "Simulated" if summary.get("mode") == "counterfactual" else "Randomised"
    order = [*(name for name in labels if name in flow), *(name for name in flow if name not in labels)]
    return [arm_steps(flow[name], str(labels.get(name, name)), verb) for name in order]


def _trunk(width: float) -> float:
    """Where the line from screening to allocation runs: central, or to the left where there is little room."""
    return width / 2 if width > 600 else 120.0


def _head(flow: Mapping[str, Any], counterfactual: bool, width: float) -> tuple[list[Box], list[str], list[str]]:
    """Screened, not randomised (to the side) and randomised, above all arms."""
    screened, randomised = (total_of(flow, key, counterfactual) for key in ("screened", "randomised"))
    box_width = min(260.0, width * 0.6 - 4)
    trunk = _trunk(width)
    x = trunk - box_width / 2
    boxes: list[Box] = []
    lines: list[str] = []
    arrows: list[str] = []
    y = 2.0
    if screened is not None:
        top = _box(Step(format_counted("Screened", screened)), x, y, box_width)
        boxes.append(top)
        y = top.y + top.height
        out = screened - randomised if randomised is not None else 0.0
        side_x = trunk + 20.0
        side = _box(
            Step(format_counted("Not randomised", out), (), True), side_x, y + GAP / 2, min(240.0, width - side_x)
        )
        after = side.y + side.height + GAP / 2
        arrows += [_arrow_down(trunk, y, after), _arrow_right(trunk, side_x, side.y + side.height / 2)]
        boxes.append(side)
        y = after
    name = "Copied into every arm" if counterfactual else "Randomised"
    boxes.append(_box(Step(format_counted(name, randomised)), x, y, box_width))
    return boxes, lines, arrows


def _arms(
    row: Sequence[tuple[Step | None, ...]], xs: list[float], width: float, y: float, first: int
) -> tuple[list[Box], list[str], list[str], float]:
    """Arms side by side, each step on one height; returns boxes, stems, arrows and the lowest edge."""
    columns: list[list[Box]] = [[] for _ in row]
    for steps in zip(*row, strict=True):
        placed = [_placed(step, x, y, width) for step, x in zip(steps, xs, strict=True)]
        height = max((box.height for box in placed if box), default=-GAP)
        for column, box in zip(columns, placed, strict=True):
            column += [replace(box, height=height)] if box else []
        y += height + GAP
    columns = [[replace(boxes[0], series=first + k), *boxes[1:]] for k, boxes in enumerate(columns)]
    joined = [_joined(boxes) for boxes in columns]
    lines = [line for loose, _ in joined for line in loose]
    return [box for boxes in columns for box in boxes], lines, [arrow for _, ends in joined for arrow in ends], y - GAP


def _placed(step: Step | None, x: float, y: float, width: float) -> Box | None:
    inset = INSET if step and step.side else 0.0
    return _box(step, x + inset, y, width - inset) if step else None


def _joined(boxes: Sequence[Box]) -> tuple[list[str], list[str]]:
    """The stem of one arm: arrows down its main boxes and to its side boxes, and a loose end where it ends aside."""
    stem = boxes[0].x + STEM
    low = boxes[0].y + boxes[0].height
    arrows, end = [], low
    for box in boxes[1:]:
        middle = box.y + box.height / 2
        arrows.append(_arrow_right(stem, box.x, middle) if box.side else _arrow_down(stem, low, box.y))
        low, end = (low, middle) if box.side else (box.y + box.height, 0.0)
    return ([f"M{stem:g} {low:g}V{end:g}"] if end > low else []), arrows


def _box(step: Step, x: float, y: float, width: float) -> Box:
    texts = [(line, True) for line in wrap_text(step.heading, width - 2 * PAD, SIZE * 1.06)]
    texts += [(line, False) for item in step.items for line in wrap_text(item, width - 2 * PAD, SIZE)]
    lines = tuple(TextLine(round(y + PAD + 11.5 + LINE * k, 1), text, bold) for k, (text, bold) in enumerate(texts))
    return Box(x, y, width, 2 * PAD + LINE * len(texts) - 3, lines, step.side)


def _arrow_down(x: float, start: float, end: float) -> str:
    return f"M{x:g} {start:g}V{end:g}m-4 -7l4 7l4 -7"


def _arrow_right(start: float, end: float, y: float) -> str:
    return f"M{start:g} {y:g}H{end:g}m-7 -4l7 4l-7 4"


def _describe(arms: Sequence[tuple[Step | None, ...]]) -> str:
    return " ".join(". ".join([step.heading, *step.items]) + "." for steps in arms for step in steps if step)
