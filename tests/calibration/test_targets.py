"""The table of targets: every row's role, every evidence row used once, mistakes named."""

import pytest

from trialsim.calibration.populations import read_populations
from trialsim.calibration.prior import TABLES_OWN, read_prior
from trialsim.calibration.targets import COLUMNS, list_components, read_targets
from trialsim.parameters import read_parameters
from trialsim.problems import InputError

HEADER = ",".join(COLUMNS)
SOUND = "a,X:BOT,induction,xbot,xr_naltrexone,inducted,7,,,lee-2018-x-bot-ctn-0051-1,,,,fit,"


def test_no_evidence_row_has_two_roles() -> None:
    targets = read_targets()
    fitted = [target.row.row for target in targets]
    assert len(set(fitted)) == len(fitted)
    prior = read_prior(read_parameters(calibrated=False))
    # A parameter that keeps the table's limits is informed by other rows than the targets.
    kept = [entry for name, entry in prior.entries.items() if prior.reasons[name] == TABLES_OWN]
    assert len(kept) > 20
    assert {row for entry in kept for row in entry.source_rows} & set(fitted) == set()


def test_the_relapse_of_xbot_and_all_that_is_held_out_is_not_fitted() -> None:
    targets = {target.name: target for target in read_targets()}
    assert {
        name for name, target in targets.items() if name.startswith("xbot-relapse") and target.role == "fit"
    } == set()
    assert sum(target.role == "held out" for target in targets.values()) >= 15


def test_every_target_has_a_scenario_and_an_arm() -> None:
    components = list_components(read_targets())
    assert {part.population for part in components} == set(read_populations(components).scenarios)


def test_numbers_from_memory_are_never_fitted() -> None:
    assert {target.row.verified for target in read_targets()} <= {"yes", "article"}
    text = f"{HEADER}\na,Comer 2006,continuation,krupitsky-2011,placebo,retained,8,,,comer-2006-7,,,,fit,\n"
    with pytest.raises(InputError, match="memory"):
        read_targets(text)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (SOUND.replace("induction", "inductoin"), "not known"),
        (SOUND.replace(",fit,", ",fitted,"), "not known"),
        (SOUND.replace("lee-2018-x-bot-ctn-0051-1", "lee-2018-x-bot-ctn-0051-77"), "no row"),
        (
            SOUND.replace("7,,,lee-2018-x-bot-ctn-0051-1,,,,", "7,,,lee-2018-x-bot-ctn-0051-1,,300,283,"),
            "no usable counts",
        ),
        (f"{SOUND}\n{SOUND}", "two targets"),
    ],
)
def test_a_mistake_is_named(row: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_targets(f"{HEADER}\n{row}\n")
    assert message in " ".join(problem.message for problem in caught.value.problems)


def test_an_unknown_column_is_named() -> None:
    with pytest.raises(InputError) as caught:
        read_targets(f"{HEADER},colour\n{SOUND},red\n")
    assert caught.value.problems[0].key == "colour"


def test_a_ratio_may_name_the_other_arm() -> None:
    row = "a,Kimber 2015,rate ratio,agonist-cohort,methadone,death rate,on 0-28,on 28- of buprenorphine,"
    (target,) = read_targets(f"{HEADER}\n{row},kimber-2015-1,,,,fit,\n")
    assert target.over is not None
    assert (target.component.arm, target.component.at) == ("methadone", "on 0-28")
    assert (target.over.arm, target.over.at) == ("buprenorphine", "on 28-")
    assert target.overlap == "NSW"
