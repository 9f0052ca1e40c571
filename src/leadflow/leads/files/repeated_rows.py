"""Several rows of one lead in one file: how many leads there are, and what happens with them."""

from collections.abc import Iterable

from features.how_many import how_many, of_number
from leadflow.leads import derive


def leads_in(rows: Iterable[tuple[str | None, str | None]]) -> int:
    """How many leads rows are of, by the id and the e-mail address of each: rows that share one of
    them are of one lead, a row without either is one of its own."""
    head: dict[tuple[str, str], int] = {}
    joined: list[int] = []

    def root(of: int) -> int:
        while joined[of] != of:
            joined[of] = joined[joined[of]]
            of = joined[of]
        return of

    for number, (key, email) in enumerate(rows):
        joined.append(number)
        said = (("key", (key or "").strip()), ("email", _address(email)))
        for name in (one for one in said if one[1]):
            joined[root(head.setdefault(name, number))] = root(number)
    return sum(joined[number] == number for number in range(len(joined)))


def repeats_told(rows: int, leads: int, which: str = "") -> str | None:
    """What people should know where rows repeat leads; None where each is of its own. ``which``
    rows were counted, such as ``looked at``; empty: all of the file."""
    more = rows - leads
    if more <= 0:
        return None
    counted = " ".join(filter(None, (how_many(rows, "row"), which)))
    return (
        f"{counted} are of {how_many(leads, 'lead')}: {how_many(more, 'row')} "
        f"{of_number(more, 'has', 'have')} the e-mail address or the id of a row before. Rows of "
        "one lead are merged in the order of the file: what a later row says counts, and where it "
        "says nothing, what was said before stays."
    )


def _address(email: str | None) -> str:
    return derive.normalise_email((email or "").strip())
