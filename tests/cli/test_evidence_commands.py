"""`trialsim evidence`: each command as a user and as a machine meets it, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

from trialsim.cli import main

ROWS = (
    ("Aronson 1948", 4, 123, 11, 139),
    ("Ferguson 1949", 6, 306, 29, 303),
    ("Rosenthal 1960", 3, 231, 11, 220),
    ("Hart 1977", 62, 13598, 248, 12867),
    ("Frimodt-Moller 1973", 33, 5069, 47, 5808),
    ("Stein 1953", 180, 1541, 372, 1451),
    ("Vandiviere 1973", 8, 2545, 10, 629),
    ("TPT Madras 1980", 505, 88391, 499, 88391),
    ("Coetzee 1968", 29, 7499, 45, 7277),
    ("Rosenthal 1961", 17, 1716, 65, 1665),
    ("Comstock 1974", 186, 50634, 141, 27338),
    ("Comstock 1969", 5, 2498, 3, 2341),
    ("Comstock 1976", 27, 16913, 29, 17854),
)


@pytest.fixture
def bcg(tmp_path: Path) -> Path:
    """The BCG vaccine trials (Colditz 1994), as the long format wants them."""
    lines = ["study,treatment,events,n,citation"]
    for study, e1, n1, e0, n0 in ROWS:
        lines += [f"{study},vaccine,{e1},{n1},10.1001/jama.1994.03510330076038"]
        lines += [f"{study},control,{e0},{n0},10.1001/jama.1994.03510330076038"]
    path = tmp_path / "bcg.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def ask(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict[str, Any]]:
    code = main(["evidence", *map(str, arguments), "--json"])
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return code, found


def pool(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, object]:
    code, found = ask(capsys, "pool", *arguments)
    assert code == 0, found
    return found


def test_the_pool_of_the_issue(bcg: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = pool(capsys, bcg, "--measure", "log_risk_ratio", "--method", "exact", "--tau-prior", "half-normal(0.5)")
    assert round(float(str(found["estimate"])), 4) == -0.7103
    assert round(float(str(found["se"])), 3) == 0.187
    keys = "estimate se ci_low ci_high level tau tau2 i2 q prediction_low prediction_high studies back_transformed"
    assert set(keys.split()) <= set(found)
    reml = pool(capsys, bcg, "--measure", "log_risk_ratio", "--method", "reml")
    assert [round(float(str(reml[key])), 4) for key in ("estimate", "se", "tau2")] == [-0.7145, 0.1798, 0.3132]


@pytest.mark.parametrize("method", ["inverse-variance", "mantel-haenszel", "peto", "dl", "pm", "reml", "ml", "exact"])
def test_every_method_answers(bcg: Path, capsys: pytest.CaptureFixture[str], method: str) -> None:
    found = pool(capsys, bcg, "--measure", "log_odds_ratio", "--method", method)
    assert found["method"] == method
    assert -1.0 < float(str(found["estimate"])) < -0.3


def test_subsets_and_references_turn_and_choose(bcg: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = pool(capsys, bcg, "--measure", "log_odds_ratio", "--subset", 'study in ("Hart 1977", "Stein 1953")')
    studies = chosen["studies"]
    assert isinstance(studies, list)
    assert len(studies) == 2
    one = pool(capsys, bcg, "--measure", "log_odds_ratio", "--method", "dl")
    turned = pool(capsys, bcg, "--measure", "log_odds_ratio", "--method", "dl", "--reference", "vaccine")
    assert turned["estimate"] == pytest.approx(-float(str(one["estimate"])))


@pytest.mark.parametrize(
    ("arguments", "key", "said"),
    [
        (["--measure", "log_odds"], "measure", "log_odds_ratio"),
        ([], "--measure", "missing"),
        (["--measure", "log_odds_ratio", "--method", "remi"], "method", "reml"),
        (["--measure", "log_odds_ratio", "--model", "poisson"], "model", "does not model"),
        (
            ["--measure", "log_odds_ratio", "--method", "reml", "--tau-prior", "half-normal(1)"],
            "--tau-prior",
            "no prior",
        ),
        (["--measure", "log_odds_ratio", "--tau-prior", "half-normal(-1)"], "tau_prior", "not positive"),
        (["--measure", "log_odds_ratio", "--hartung-knapp"], "hartung-knapp", "needs no"),
        (["--measure", "log_odds_ratio", "--method", "reml", "--guard"], "guard", "guards"),
        (["--measure", "log_odds_ratio", "--level", "95"], "level", "no level"),
        (["--measure", "log_odds_ratio", "--reference", "placebo"], "reference", "no treatment"),
        (["--measure", "log_odds_ratio", "--subset", "year > 1"], "subset", "no column"),
        (["--measure", "log_odds_ratio", "--prediction", "z", "--method", "dl"], "prediction", "unknown"),
        (["--measure", "log_rate"], "scale", "binary data"),
    ],
)
def test_what_does_not_fit_is_an_error_and_never_another_model(
    bcg: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], key: str, said: str
) -> None:
    code, found = ask(capsys, "pool", bcg, *arguments)
    assert code == 2
    errors = found["error"]
    assert isinstance(errors, list)
    assert errors[0]["key"] == key
    assert said in json.dumps(errors[0])


def test_unknown_options_and_sets_are_errors(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evidence", "pool", "A1", "--methd", "reml"]) == 2
    assert main(["evidence", "pool", "A11"]) == 2
    shown = capsys.readouterr().err
    assert "A1" in shown


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("study,treatment,events,n\nA,drug,12,10\n", "more events"),
        ("study,treatment,events,n\nA,drug,0,10\nA,control,0,9\nB,drug,0,10\nB,control,0,9\n", "zero cells everywhere"),
        ("study,treatment,events,n\n", "without rows"),
        ("study,treatment,events,n\nA,drug,1,10\nA,control,2,9\nA,control,2,9\n", "already"),
    ],
)
def test_bad_evidence_is_one_screen(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    assert main(["evidence", "pool", str(path), "--measure", "log_odds_ratio"]) == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert len(shown.splitlines()) <= 24


def test_one_study_and_zero_cells_are_answered_with_a_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "few.csv"
    path.write_text("study,treatment,events,n\nA,drug,1,10\nA,control,4,9\n")
    found = pool(capsys, path, "--measure", "log_odds_ratio")
    assert "one study" in json.dumps(found["warnings"])
    path.write_text("study,treatment,events,n\nA,drug,0,10\nA,control,4,9\nB,drug,0,12\nB,control,0,11\n")
    exact = pool(capsys, path, "--measure", "log_odds_ratio", "--model", "binomial")
    studies = exact["studies"]
    assert isinstance(studies, list)
    assert len(studies) == 2
    corrected = pool(capsys, path, "--measure", "log_odds_ratio", "--method", "dl", "--continuity", "0.5")
    assert "corrected by 0.5" in json.dumps(corrected["warnings"])


def test_lists_checks_and_tables_on_a_terminal(bcg: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for arguments in (
        ["list"],
        ["check", bcg],
        ["check", "A1"],
        ["pool", "B1"],
        ["pool", bcg, "--measure", "log_odds_ratio"],
    ):
        assert main(["evidence", *map(str, arguments)]) == 0
    shown = capsys.readouterr().out
    for words in (
        "Sets:",
        "no faults",
        "Overdose deaths in agonist treatment",
        "Prior of tau",
        "rate per 1,000 person-years",
    ):
        assert words.lower() in shown.lower()
    figure = tmp_path / "forest.svg"
    assert main(["evidence", "pool", "A6", "--figure", str(figure), "--quiet"]) == 0
    assert figure.read_text().startswith("<svg")


def test_a_network_is_pooled_and_ranked_only_with_a_direction(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.csv"
    rows = [
        "study,treatment,comparator,estimate,se,scale",
        "1,b,a,0.5,0.2,log_odds_ratio",
        "2,c,a,0.2,0.2,log_odds_ratio",
    ]
    path.write_text("\n".join([*rows, "3,c,b,-0.4,0.25,log_odds_ratio"]) + "\n")
    code, found = ask(capsys, "network", path, "--measure", "log_odds_ratio", "--reference", "a")
    assert (code, found["ranking"]) == (0, None)
    code, found = ask(capsys, "network", path, "--measure", "log_odds_ratio", "--reference", "a", "--benefit", "higher")
    ranking = found["ranking"]
    assert isinstance(ranking, dict)
    assert max(ranking["treatments"], key=lambda name: ranking["treatments"][name]["score"]) == "b"
    assert main(["evidence", "network", str(path), "--measure", "log_odds_ratio"]) == 0
    assert "name the direction" in capsys.readouterr().out
    path.write_text("\n".join([*rows[:2], "2,d,c,0.2,0.2,log_odds_ratio"]) + "\n")
    code, found = ask(capsys, "network", path, "--measure", "log_odds_ratio")
    assert code == 2
    assert "2 pieces" in json.dumps(found)


def test_the_report_is_written_whole_with_draws_that_belong_to_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = ask(capsys, "report", "B3", "C2", "--out", tmp_path / "out", "--docs", tmp_path / "docs")
    assert (code, found["sets"]) == (0, ["B3", "C2"])
    page = (tmp_path / "out" / "evidence.html").read_text()
    assert "default-src 'none'" in page
    assert "What it does not say" in page
    assert page.count("<svg") >= 4
    assert "https://doi.org/" in page
    from meta.predictive import read_draws

    draws = read_draws(tmp_path / "out" / "predictive-draws.csv")
    assert draws.names == ("B3", "C2")
    assert draws.values.shape == (1000, 2)
    assert (draws.values[:, 1] < 1).all()
    assert (tmp_path / "docs" / "evidence" / "C2.svg").exists()
    again = tmp_path / "again"
    ask(capsys, "report", "B3", "C2", "--out", again)
    for name in ("evidence.html", "predictive-draws.csv", "predictive-draws.json"):
        assert (again / name).read_bytes() == (tmp_path / "out" / name).read_bytes()


@pytest.mark.slow
def test_three_opinions_agree(bcg: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = ask(capsys, "compare", bcg, "--measure", "log_risk_ratio")
    assert (code, found["agrees"]) == (0, True)
    code, _ = ask(capsys, "compare", bcg, "--measure", "log_risk_ratio", "--tolerance", "0")
    assert code == 1


@pytest.mark.parametrize("option", [["--trial-effects"], ["--robust", "4"]])
def test_parts_of_a_sampled_model_need_sampling(option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evidence", "pool", "A1", *option]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "--method bayes" in shown.err


@pytest.mark.slow
def test_arms_of_one_trial_share_its_effect(capsys: pytest.CaptureFixture[str]) -> None:
    """A1 holds two arms of Sullivan 2017: with an effect of the trial they are no longer taken as independent."""
    code, plain = ask(capsys, "pool", "A1")
    assert code == 0
    code, shared = ask(capsys, "pool", "A1", "--method", "bayes", "--trial-effects")
    assert code == 0
    assert any("taken as independent" in text for text in plain["warnings"])
    assert not any("taken as independent" in text for text in shared["warnings"])
    assert "tau_trial" in shared["priors"]
    # One trial fewer to learn from: the interval may not be narrower by more than its Monte Carlo error.
    assert shared["ci_high"] - shared["ci_low"] > plain["ci_high"] - plain["ci_low"] - 0.1
