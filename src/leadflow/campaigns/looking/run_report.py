"""What a run did in campaigns, as a page in Markdown: what it did, the figures of the busiest
campaigns with links to their pages, and the way through them as pictures. Names and numbers of
campaigns alone, nothing of a lead."""

from base64 import b64encode
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from leadflow.campaigns.counting.counts import (
    NO_MESSAGES,
    NOBODY,
    SENT,
    Messages,
    Numbers,
    counts,
    messages_of,
)
from leadflow.campaigns.drawing import counted, drawn
from leadflow.campaigns.store.service import StoredCampaign, passed, read_campaign

MOST_ROWS, MOST_PICTURES = 10, 2
# Of a picture in characters; a larger one is on the campaign's page alone.
LARGEST = 60_000
_LOOK_ALIKE = str.maketrans("|*_`[]<>\\", "¦∗‗'()‹›/")
COLUMNS = ("Campaign", "Came in", "Planned", "Sent", "Withheld", "Failed", "Uncertain", "Ended")


def report(
    session: Session, did: Sequence[str], active: Mapping[str, int], address: str, told: str = ""
) -> str:
    """The page.

    Args:
        did: what the run did, a line each.
        active: in which campaigns it did how much; the busiest are shown.
        address: what links to the gateway begin with.
        told: what else is to be said, as Markdown.
    """
    busiest = sorted(active, key=lambda name: (-active[name], name))
    campaigns = [read_campaign(session, name) for name in busiest[:MOST_ROWS]]
    parts = ["\n".join(f"- {line}" for line in did)] if did else []
    if told:
        parts.append(told)
    if campaigns:
        parts.append(f"## Since they began\n\n{_table(session, campaigns, address)}")
    if len(busiest) > MOST_ROWS:
        rest = f"{address}/console/campaigns"
        parts.append(f"{len(busiest) - MOST_ROWS:,} more are on [their page]({rest}).")
    parts += [_picture(session, one, address) for one in campaigns[:MOST_PICTURES]]
    return "\n\n".join(parts) + "\n"


def campaigns_with(session: Session, state: str) -> dict[str, int]:
    """In which campaigns how many messages are in a state."""
    found = {name: messages.of(state) for name, messages in messages_of(session).items()}
    return {name: count for name, count in found.items() if count}


def _table(session: Session, campaigns: Sequence[StoredCampaign], address: str) -> str:
    lines = [_line(COLUMNS), _line(["---", *["---:"] * 3, "---", "---:", "---:", "---"])]
    for one in campaigns:
        numbers = counts(session, one.name).get(one.name, NOBODY)
        messages = messages_of(session, one.name).get(one.name, NO_MESSAGES)
        lines.append(_line(_row(one, numbers, messages, address)))
    return "\n".join(lines)


def _row(
    one: StoredCampaign, numbers: Numbers, messages: Messages, address: str
) -> tuple[str, ...]:
    def linked(state: str) -> str:
        count = messages.of(state)
        found = f"{address}/console/messages?campaign={one.name}&state={state}"
        return f"[{count:,}]({found})" if count else "0"

    why = [f"{name.replace('_', ' ')} {count:,}" for name, count in messages.why("withheld")]
    ended = [
        f"{end.replace('_', ' ')} {count:,}"
        for end, count in sorted(numbers.ended.items(), key=lambda each: -each[1])
    ]
    return (
        f"[{_plain(one.program.campaign.name)}]({address}/console/campaigns/{one.name}) "
        f"`{one.name}`",
        f"{numbers.came_in:,}",
        linked("planned"),
        f"{messages.of(*SENT):,}",
        linked("withheld") + (f": {', '.join(why)}" if why else ""),
        linked("failed"),
        linked("uncertain"),
        ", ".join(ended) or "nobody yet",
    )


def _picture(session: Session, one: StoredCampaign, address: str) -> str:
    """How many went each way, or where that is seen."""
    svg = drawn(one.program, counted(one.program, passed(session, one.name)))
    title = f"## {_plain(one.program.campaign.name)} (`{one.name}`): who went which way"
    if len(svg) > LARGEST:
        page = f"{address}/console/campaigns/{one.name}"
        return f"{title}\n\nIt has many steps: see [its page]({page})."
    return f"{title}\n\n![{one.name}](data:image/svg+xml;base64,{b64encode(svg.encode()).decode()})"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(words: str) -> str:
    """Words that no page takes for Markdown; Prefect's shows the strokes that would say so."""
    return words.translate(_LOOK_ALIKE)
