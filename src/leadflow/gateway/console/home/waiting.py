"""What waits for people, as rows of a table, with leads and people by name."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.assignment.team.naming import names_of_leads, names_of_people
from leadflow.gateway.api.review.to_do import ToDo
from leadflow.gateway.console.in_words import doer


def rows(session: Session, caller: Actor, items: Sequence[ToDo]) -> list[dict[str, Any]]:
    """Each thing in words, with whoever asked for it, since when it waits and by when it is due."""
    names = names_of_leads(session, caller, [item.lead_id for item in items])
    people = names_of_people(session, [item.asked_by for item in items])
    return [
        {
            "what": named(item.asks or item.what, item.lead_id, names),
            "address": item.address,
            "asked_by": people.get(item.asked_by) or doer(item.asked_by),
            "since": item.since,
            "due": item.due_at,
            "who": None,
        }
        for item in items
    ]


def named(what: str, lead_id: str | None, names: Mapping[str, str]) -> str:
    """The words with what the lead is called in place of its id."""
    return what.replace(lead_id, names[lead_id]) if lead_id and lead_id in names else what
