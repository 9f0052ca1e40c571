"""Bring leads in, find them again page by page, and edit one without overwriting anybody.

LEADFLOW_KEY=lf_… python bring_leads.py http://127.0.0.1:8000
"""

import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from typing import TypeVar

from leadflow_client import AuthenticatedClient
from leadflow_client.api.leads import change_lead, create_lead, list_leads, read_lead
from leadflow_client.models import LeadAnswer, LeadEdit, LeadIn, LeadListed, LeadView, ProblemOut
from leadflow_client.types import Response

Answer = TypeVar("Answer")
TRIES = 5


class Refused(RuntimeError):
    """The gateway has refused something; its words say what to do."""


def patiently(ask: Callable[[], Response[Answer]]) -> Response[Answer]:
    """Ask again, as often as there were too many requests, after the time that is said."""
    for _ in range(TRIES):
        answer = ask()
        if answer.status_code != 429:
            return answer
        time.sleep(int(answer.headers.get("Retry-After", "1")))
    return answer


def taken(answer: Answer | ProblemOut | None, of: type[LeadAnswer]) -> LeadAnswer:
    """What was answered, where it is what was asked for."""
    if isinstance(answer, of):
        return answer
    raise Refused(f"{answer.title}: {answer.detail}" if isinstance(answer, ProblemOut) else answer)


def bring(client: AuthenticatedClient, lead: LeadIn) -> LeadAnswer:
    """Bring one lead in, once: under a key it can be sent again where no answer comes."""
    key = str(uuid.uuid4())
    answer = patiently(
        lambda: create_lead.sync_detailed(client=client, body=lead, idempotency_key=key)
    )
    return taken(answer.parsed, LeadAnswer)


def all_from(client: AuthenticatedClient, source: str) -> Iterator[LeadListed]:
    """Every lead of a source, the best first; each page begins where the one before it ended."""
    cursor: str | None = None
    while True:
        page = list_leads.sync(
            client=client, source=[source], sort="-score", limit=2, cursor=cursor
        )
        if isinstance(page, ProblemOut) or page is None:
            raise Refused("no answer" if page is None else page.detail)
        yield from page.items
        if page.next_ is None:
            return
        cursor = page.next_


def raise_budget(client: AuthenticatedClient, lead_id: str) -> float:
    """Raise the budget by a tenth: of what was read, and again where somebody was faster."""
    for _ in range(TRIES):
        read = read_lead.sync_detailed(lead_id, client=client)
        if not isinstance(read.parsed, LeadView):
            break
        budget = round((read.parsed.lead.budget or 0) * 1.1, 2)
        answer = change_lead.sync(
            lead_id, client=client, body=LeadEdit(budget=budget), if_match=read.headers["ETag"]
        )
        if not isinstance(answer, ProblemOut):
            return budget
        if answer.status != 412:
            raise Refused(answer.detail)
    raise Refused(f"{lead_id} cannot be read, or changes all the time.")


def main(address: str) -> None:
    """Three leads of a trade fair."""
    client = AuthenticatedClient(base_url=address, token=os.environ["LEADFLOW_KEY"])
    with client:
        for name, size in (("ada", 40), ("grace", 5000), ("mary", 900)):
            lead = LeadIn(
                email=f"{name}@example.com",
                company_size=size,
                budget=10_000.0,
                currency="EUR",
                source="fair",
            )
            answer = bring(client, lead)
            sys.stdout.write(f"{answer.lead.id}: {answer.next_step}\n")
        leads = list(all_from(client, "fair"))
        sys.stdout.write(f"{len(leads)} leads of the fair\n")
        sys.stdout.write(f"budget now {raise_budget(client, leads[0].id):.2f}\n")


if __name__ == "__main__":
    main(sys.argv[1])
