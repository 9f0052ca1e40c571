"""How a training ended, in six lines at most: what was learned, how well it ranks, what may know
the outcome, what is proposed, who is asked, and what to do next."""

from leadflow.scoring.learning.challenger import Learned


def headline(learned: Learned) -> str:
    """What is proposed and why, in one line: the first of the report."""
    return learned.report.partition("\n")[0].lstrip("# ").strip()


def lines_of_the_asked(learned: Learned, approval_id: str) -> tuple[str, ...]:
    """People are asked about it: how to answer as is proposed."""
    proposed = headline(learned)
    answer = "approve" if proposed.startswith("Proposed: approve.") else "reject"
    return (
        *learned.found,
        f"{proposed}.",
        f"Version {learned.version} waits for people: approval {approval_id}. Its report: "
        f"leadflow approvals show {approval_id}",
        f"Next: leadflow approvals decide {approval_id} {answer} --as USERNAME --reason WHY",
    )


def lines_of_the_kept(learned: Learned) -> tuple[str, ...]:
    """Nobody is asked yet, for nothing can be told yet."""
    return (
        *learned.found,
        f"{headline(learned)}.",
        f"Nobody is asked yet: version {learned.version} scores in the shadow, and people are "
        "asked once it can be told.",
        f"Next: nothing. To ask people now all the same: leadflow models promote {learned.version}",
    )


def lines_without_a_question(
    title: str, why: str, found: tuple[str, ...], approval_id: str | None
) -> tuple[str, ...]:
    """Nothing was learned that there is anything to decide about."""
    if approval_id is not None:
        asked = f"Nobody is asked anew: approval {approval_id} waits."
        following = f"Next: decide that one. Its report: leadflow approvals show {approval_id}"
    elif found:
        asked = "Nobody is asked."
        following = "Next: nothing. Which versions there are: leadflow models list"
    else:
        asked = "Nobody is asked: the expert rubric or the model that serves goes on scoring."
        following = (
            "Next: bring in leads whose end is known (leadflow import FILE), then: leadflow train"
        )
    return (*found, f"{title}. {why}", asked, following)
