"""The figures of a campaign's messages as tables for the terminal."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from leadflow.campaigns.counting.counts import Messages
    from leadflow.campaigns.feedback.domains import ByDomain

# Every state once, so that a line adds up to all messages of its step.
STATES = {
    "Planned": ("planned",),
    "Claimed": ("claimed",),
    "Sent": ("accepted", "delivered", "bounced"),
    "Withheld": ("withheld",),
    "Failed": ("failed",),
    "Uncertain": ("uncertain",),
    "Cancelled": ("cancelled",),
}


def became(messages: "Messages") -> Table:
    """Of each step that sends, what became of its messages."""
    table = Table("Messages of", *STATES, box=None)
    for step in sorted({step for step, _, _ in messages.by}):
        table.add_row(step, *(f"{messages.of(*of, step=step):,}" for of in STATES.values()))
    return table


def withheld(messages: "Messages") -> list[str]:
    """Why messages were withheld, the most frequent reason first."""
    from leadflow.consent.refusals import IN_WORDS

    limit = "The campaign has sent as many messages as it may in all."
    said = {**IN_WORDS, "limit": limit}
    return [f"{count:,} withheld: {said.get(why, why)}" for why, count in messages.why("withheld")]


def came_back(by_step: Mapping[str, Mapping[str, int]]) -> Table:
    """Of each step that sends, what came back."""
    from leadflow.campaigns.feedback.figures import BY_MACHINE, bounced_of

    columns = ("Sent by", "Sent", "Delivered", "Bounced", "Complaints", "Opened", "Clicked")
    table = Table(*columns, "Opted out", box=None)
    for step, found in sorted(by_step.items()):
        seen = [
            f"{found.get(kind, 0):,} + {found.get(f'{kind}{BY_MACHINE}', 0):,}"
            for kind in ("opened", "clicked")
        ]
        counts = (
            found.get("sent", 0),
            found.get("delivered", 0),
            bounced_of(found),
            found.get("complained", 0),
        )
        out = f"{found.get('unsubscribed', 0):,}"
        table.add_row(step, *(f"{one:,}" for one in counts), *seen, out)
    return table


def by_domain(found: "Sequence[ByDomain]") -> Table:
    """Who opens and follows links, people and machines, by the domain of their addresses."""
    table = Table("Mail domain", "Leads", "Opened", "Clicked", "Machines", box=None)
    for one in found:
        table.add_row(
            escape(one.domain or "other domains"),
            f"{one.leads:,}",
            f"{one.opened:,} + {one.opened_by_machine:,}",
            f"{one.clicked:,} + {one.clicked_by_machine:,}",
            f"{one.by_machine:.0%}",
        )
    return table
