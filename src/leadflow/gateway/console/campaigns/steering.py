"""Pausing, resuming, stopping and launching a campaign: what will happen is said before it does."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy.orm import Session

from features.how_many import how_many, of_number
from leadflow.accounts.actors import Actor
from leadflow.assignment.team.naming import names_of_leads
from leadflow.campaigns import resuming
from leadflow.campaigns.counting.counts import NO_MESSAGES, NOBODY, counts, messages_of
from leadflow.campaigns.enrolling.entries import AHEAD
from leadflow.campaigns.first_mails import Samples, samples
from leadflow.campaigns.launch_question import no_mail, who_comes_in
from leadflow.campaigns.launching import ask_to_launch
from leadflow.campaigns.planning.late import Answer
from leadflow.campaigns.previewing import Preview, preview
from leadflow.campaigns.resuming import AnswerNeeded, Waiting
from leadflow.campaigns.store import service
from leadflow.campaigns.store.programs import programs
from leadflow.campaigns.store.service import CampaignNotSo, StoredCampaign
from leadflow.consent.may_send import Policy
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.campaigns.channels import resting
from leadflow.gateway.console.campaigns.pages import PATH, address_of, campaign_page
from leadflow.gateway.console.forms import SteeringCampaigns
from leadflow.gateway.console.notices import Notice, told_on
from leadflow.gateway.console.rendering import page
from leadflow.settings import get_settings

router = APIRouter(include_in_schema=False)
Act = Literal["pause", "resume", "stop", "launch"]
WAITS = "It is asked for: it goes live once those who decide have agreed."
DONE = {
    "pause": "It is paused: nothing is sent until it goes on.",
    "resume": "It goes on.",
    "stop": "It is stopped, for good.",
    "launch": "It is live: leads come in from now on.",
}
STAYS_PAUSED = "It stays paused: leads come into this version once it goes on."
CHANGED = "The campaign has changed since the page was shown. Look at it, and ask again."


@dataclass(frozen=True)
class Ahead:
    """What will happen, in sentences; ``asks``: what becomes of late messages has to be said; of a
    launch who would come in and who not, and what some would get first."""

    sentences: list[str]
    asks: bool = False
    audience: int | None = None
    entries: tuple[tuple[str, int], ...] = ()
    samples: Samples | None = None


@router.get(PATH + "/{act}")
def ask(request: Request, name: str, act: Act, caller: SteeringCampaigns) -> Response:
    """Say what will happen, and ask whether it is meant."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        stored = service.read_campaign(session, name)
        try:
            ahead = _ahead(session, stored, act, now)
            mails = ahead.samples.mails if ahead.samples else []
            names = names_of_leads(session, caller, [one.lead_id for one in mails])
        except CampaignNotSo as error:
            return campaign_page(request, name, caller, 409, Notice(str(error), at="state"))
    values: dict[str, Any] = {"stored": stored, "act": act, "ahead": ahead, "seen": seen(stored)}
    # A mail says who its lead is: it is shown to whoever may see the lead.
    shown = [(names[one.lead_id], one) for one in mails if one.lead_id in names]
    return page(request, "campaigns/confirm.html", caller, mails=shown, **values)


@router.post(PATH + "/{act}")
def do(
    request: Request,
    name: str,
    act: Act,
    caller: SteeringCampaigns,
    as_shown: Annotated[str, Form(max_length=100)] = "",
    late: Annotated[Answer | None, Form()] = None,
) -> Response:
    """Do it, as long as the campaign is as it was shown; sent twice, it is done once."""
    try:
        with unit_of_work() as session:
            if seen(service.read_campaign(session, name)) != as_shown:
                raise CampaignNotSo(CHANGED)
            words = _done(session, name, act, caller, datetime.now(UTC), late)
    except (CampaignNotSo, AnswerNeeded) as error:
        return campaign_page(request, name, caller, 409, Notice(str(error), at="state"))
    return told_on(request, address_of(name), Notice(words, True, "state"))


def seen(stored: StoredCampaign) -> str:
    """What a campaign was when a page showed it; another after each change."""
    of = stored.state, stored.version, stored.live_version, stored.changed_at.isoformat()
    return " ".join(map(str, of))


def _done(
    session: Session, name: str, act: Act, caller: Actor, now: datetime, late: Answer | None
) -> str:
    if act == "launch":
        if ask_to_launch(session, name, caller, now) is not None:
            return WAITS
        paused = service.read_campaign(session, name).state == "paused"
        return STAYS_PAUSED if paused else DONE[act]
    if act == "pause":
        service.pause(session, name, caller.id, now)
    elif act == "resume":
        policy = Policy.of(get_settings().marketing_without_consent)
        resuming.resume(session, name, caller.id, now, late, policy)
    else:
        left = service.stop(session, name, caller.id, now)
        return f"{DONE[act]} It ended for {how_many(left, 'lead')}."
    return DONE[act]


def _ahead(session: Session, stored: StoredCampaign, act: Act, now: datetime) -> Ahead:
    """What would happen.

    Raises:
        CampaignNotSo: it cannot be done with a campaign in this state.
    """
    name = stored.name
    in_it = counts(session, name).get(name, NOBODY).in_it
    planned = messages_of(session, name).get(name, NO_MESSAGES).of("planned")
    if act == "launch":
        service.launchable(session, name)
        program = programs(session, [(name, stored.version)])[name, stored.version]
        settings = get_settings()
        policy = Policy.of(settings.marketing_without_consent)
        shown = preview(session, program, now, policy)
        found = samples(session, program, shown, settings, now, policy)
        return replace(_launch(stored, shown, in_it), samples=found)
    needs = {"pause": ("live",), "resume": ("paused",), "stop": ("live", "paused")}[act]
    if stored.state not in needs:
        raise CampaignNotSo(f"{stored.program.campaign.name} is {stored.state}.")
    leads, messages = how_many(in_it, "lead"), how_many(planned, "planned message")
    if act == "pause":
        return Ahead(
            [
                f"Nothing more is sent: {messages} wait until it goes on.",
                f"The {leads} in it stay where they are; whoever buys or opts out leaves.",
                "Nobody comes in. It can go on at any time.",
            ]
        )
    if act == "resume":
        policy = Policy.of(get_settings().marketing_without_consent)
        waiting = resuming.look(session, name, now, "skip", policy)
        asks = resuming.asks_of_late(session, name)
        goes_on = f"The {leads} in it go on, and new ones come in."
        rests = resting(session).values()
        return Ahead([goes_on, *_late(waiting, asks), *rests], asks and bool(waiting.skipped))
    return Ahead(
        [
            f"It ends now for the {leads} in it, and {messages} are not sent.",
            "What the mail server has taken already is not called back.",
            "It cannot be started again: the same under another name can.",
        ]
    )


def _late(waiting: Waiting, asks: bool) -> list[str]:
    sent, skipped = sum(waiting.sent.values()), sum(waiting.skipped.values())
    goes = of_number(sent, "goes", "go")
    said = [f"{how_many(sent, 'message')} {goes} out in the next hours in which they may."]
    late = f"{how_many(skipped, 'message')} {of_number(skipped, 'is', 'are')}"
    if skipped and asks:
        said.append(f"{late} late. Say what becomes of that.")
    elif skipped:
        said.append(f"{late} too late by now, and skipped.")
    return said


def _launch(stored: StoredCampaign, shown: Preview, in_it: int) -> Ahead:
    campaign = stored.program.campaign
    sends = how_many(len(campaign.contents), "different mail")
    sentences = [f"It sends {sends}, for the purpose {campaign.purpose}."]
    if (words := who_comes_in(shown)) is not None:
        sentences.append(words)
    if stored.state == "paused":
        sentences.append("It is paused, and stays so: nothing goes out before somebody resumes it.")
    if in_it:
        leads = how_many(in_it, "lead")
        sentences.append(f"The {leads} in an older version go on in that one.")
    if (found := no_mail(shown)) is not None:
        reasons = "; ".join(f"{count:,}: {why.rstrip('.')}" for count, why in found[1])
        sentences.append(f"{found[0]}: {reasons}.")
    sentences.append("Where a policy asks for somebody's approval, they are asked first.")
    entries = tuple((AHEAD[entry], count) for entry, count in shown.entries.items())
    return Ahead(sentences, False, shown.audience, entries)
