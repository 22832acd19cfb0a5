"""What can be run: tests, lint, slow, bench."""

import nox

nox.options.sessions = ["tests", "lint"]
nox.options.reuse_existing_virtualenvs = True


@nox.session
def tests(session: nox.Session) -> None:
    """Every test that takes seconds."""
    session.install("-e", ".[test]")
    session.run("pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, types, and which room may import which."""
    session.install("-e", ".[lint]")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("mypy")
    session.run("lint-imports")


@nox.session
def slow(session: nox.Session) -> None:
    """Tests that take minutes."""
    session.install("-e", ".[test]")
    session.run("pytest", "-m", "slow", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Speed, both sides in one run on one core; prints rates, asserts none."""
    session.install("-e", ".[test]")
    session.run("pytest", "-m", "bench", "-s", *session.posargs)


@nox.session(venv_backend="none")
def reference(session: nox.Session) -> None:
    """Pinned reference values anew, from R (Debian: r-cran-metafor, r-cran-lme4, r-cran-numderiv, r-cran-biasedurn)."""
    session.run("Rscript", "tests/meta/reference/make.R", "tests/meta/reference", external=True)


@nox.session
def sbc(session: nox.Session) -> None:
    """Simulation-based calibration of every Bayesian model anew, 200 data sets each (half an hour on two cores)."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "meta.calibration", "tests/meta/sbc", *(session.posargs or ["200"]))
