"""McNemar's test: two networks on the same examples."""

from __future__ import annotations

from engine.statistics.method import Method

METHOD = Method(
    name="McNemar's test, exact, two-sided",
    answers="whether one network is right more often than another on the same examples",
    assumes="examples independent of each other; says nothing of other seeds of the same recipes",
    source="McNemar, Note on the sampling error of the difference between correlated proportions, "
    "Psychometrika 12 (1947); the exact form is a binomial test of the examples on which they differ",
)


def mcnemar(fixed: int, broken: int) -> float:
    """Return the two-sided p-value of the counts of examples that only one of two networks has right (`METHOD`)."""
    from scipy.special import bdtr

    differing = fixed + broken
    if fixed == broken:  # none at all, too
        return 1.0
    return min(1.0, 2 * float(bdtr(min(fixed, broken), differing, 0.5)))
