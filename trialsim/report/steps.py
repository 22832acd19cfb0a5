"""The steps of the CONSORT flow: an arm's counts as boxes to draw, and as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trialsim.report.tables import Cell, Group, Row, Table, number
from trialsim.report.text import MISSING, format_fixed, format_share, is_number


@dataclass(frozen=True)
class Step:
    """One box of an arm's column: a heading and lines under it; ``side`` boxes leave the main stem."""

    heading: str
    items: tuple[str, ...] = ()
    side: bool = False


def format_people(count: object) -> str:
    """A mean number of people: whole, or with one decimal throughout, so that boxes can be added up by eye."""
    if not is_number(count):
        return MISSING
    return format_fixed(count, 0 if abs(count - round(count)) < 1e-9 else 1)


def _reasons(reasons: object) -> tuple[str, ...]:
    """``reason: count`` lines, the most frequent first; ties by name."""
    if not isinstance(reasons, Mapping):
        return ()
    ordered = sorted(reasons.items(), key=lambda item: (-item[1] if is_number(item[1]) else 0.0, item[0]))
    return tuple(f"{str(reason).replace('_', ' ')}: {format_people(count)}" for reason, count in ordered)


def format_counted(heading: str, count: object, whole: object = None) -> str:
    """A heading with its count and, where ``whole`` is known, the count's share of it."""
    share = format_share(count, whole)
    return f"{heading}: {format_people(count)}{f' ({share})' if share else ''}"


def _sum_reasons(reasons: object) -> float | None:
    counts = [n for n in reasons.values() if is_number(n)] if isinstance(reasons, Mapping) else []
    return sum(counts) if counts else None


def arm_steps(arm: Mapping[str, Any], label: str, verb: str) -> tuple[Step | None, ...]:
    """An arm's boxes from allocation to analysis; a step whose number is missing is None, so that arms stay aligned."""
    whole = arm.get("randomised")
    not_inducted, stopped = arm.get("not_inducted"), arm.get("discontinued")
    ends = (("Lost to follow-up", "lost_to_follow_up"), ("Died", "died"))
    lost = [format_counted(name, arm[key]) for name, key in ends if is_number(arm.get(key))]
    return (
        Step(label, (format_counted(verb, whole),)),
        _side("Not inducted", _sum_reasons(not_inducted), _reasons(not_inducted)),
        _main("Inducted", arm.get("inducted"), whole),
        _side("Discontinued", _sum_reasons(stopped), _reasons(stopped)),
        _side("Relapsed while in treatment", arm.get("relapsed_while_in_treatment")),
        _main("Retained to the end", arm.get("retained"), whole),
        Step(lost[0], tuple(lost[1:]), True) if lost else None,
        _main("Analysed", arm.get("analysed"), whole),
    )


def _main(heading: str, count: object, whole: object) -> Step | None:
    return Step(format_counted(heading, count, whole)) if is_number(count) else None


def _side(heading: str, count: object, items: tuple[str, ...] = ()) -> Step | None:
    return Step(format_counted(heading, count), items, True) if is_number(count) else None


def flow_table(summary: Mapping[str, Any]) -> Table:
    """The diagram as numbers: one group an arm, one row a count or reason, with its share of the randomised."""
    labels = summary.get("arm_labels") or {}
    groups = tuple(Group(labels.get(name, name), tuple(_flow_rows(arm))) for name, arm in summary["flow"].items())
    return Table("The flow diagram as numbers: means over replicates", ("", "People", "Of those randomised"), groups)


def _flow_rows(arm: Mapping[str, Any]) -> list[Row]:
    whole = arm.get("randomised")
    pairs = [pair for key, value in arm.items() for pair in _flow_counts(str(key), value)]
    return [Row(Cell(name), (number(format_people(n)), number(format_share(n, whole) or "–"))) for name, n in pairs]


def _flow_counts(key: str, value: object) -> list[tuple[str, object]]:
    """A count under its name in words, or one count a reason."""
    name = key.replace("_", " ").capitalize()
    if isinstance(value, Mapping):
        return [(f"{name}: {str(reason).replace('_', ' ')}", count) for reason, count in value.items()]
    return [(name, value)]


def waits_table(waits: Sequence[Mapping[str, Any]]) -> Table | None:
    """Queues: for each resource how many waited in a trial, and how long; None where nothing was short."""
    if not waits:
        return None
    rows = tuple(
        Row(
            Cell(str(wait.get("resource")).replace("_", " ").capitalize()),
            (
                number(format_people(wait.get("waits_per_trial"))),
                number(format_people(wait.get("mean_days"))),
                number(format_people(wait.get("longest_days"))),
            ),
        )
        for wait in waits
    )
    columns = ("Waiting for", "Waits a trial", "Mean wait (days)", "Longest wait (days)")
    return Table("Waiting for beds and slots", columns, (Group("", rows),))
