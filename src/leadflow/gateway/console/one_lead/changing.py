"""Editing what is known of a lead in place, merging it with another, and splitting them again."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from pydantic import ValidationError

from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.leads.lead_answers import lead_version
from leadflow.gateway.api.leads.schemas import LeadOut
from leadflow.gateway.console.forms import EditingLeads, OnLead, go_to
from leadflow.gateway.console.lead import PATH, address_of, lead_page
from leadflow.gateway.console.notices import Notice, told_on
from leadflow.gateway.console.one_lead.fields import (
    FIELDS,
    LABELS_OF_FIELDS,
    TypedFields,
    as_read,
    as_typed,
)
from leadflow.gateway.console.one_lead.own_fields import (
    PREFIX,
    NotReadable,
    OwnField,
    as_said,
    own_fields,
)
from leadflow.gateway.console.one_lead.views import within
from leadflow.intake.edits import Edit
from leadflow.intake.merging import MergeRefused, SplitRefused, find_merge, merge_leads, split_leads
from leadflow.intake.senders import Sender
from leadflow.intake.standings import standing_of
from leadflow.leads.editing import LeadChanged, LeadTaken, NoBudgetToCount
from leadflow.leads.readers.numbers import NotANumber
from leadflow.leads.schemas import LeadEdit
from leadflow.leads.service import LeadMerged, LeadNotFound
from leadflow.leads.tables import Lead
from leadflow.settings import get_settings

router = APIRouter(include_in_schema=False)
CHANGED = (
    "Somebody has changed the lead meanwhile, and nothing was stored. What you typed is in the "
    "form; beneath each field that is another now stands what it is."
)
TAKEN = "Another lead has this e-mail address already. Merge the two if they are one person."
NOTHING = "You have changed nothing."
DIGITS = "write digits, with no mark between thousands, such as 20000 or 20000.50"


class Unreadable(ValueError):
    """What was typed cannot be read; the message names the fields."""


@router.post(PATH + "/edit")
def edit(
    request: Request, lead_id: str, caller: EditingLeads, form: Annotated[TypedFields, Form()]
) -> Response:
    """Store what was changed of the fields, where nobody else has changed the lead meanwhile."""
    typed = {name: str(getattr(form, name)).strip() for name in FIELDS}
    own = form.attributes()
    with unit_of_work() as session:
        lead = standing_of(session, lead_id, datetime.now(UTC)).lead
        known, others = as_typed(LeadOut.of(lead)), own_fields(session, lead, own)
    changed = [name for name in FIELDS if typed[name] != known[name]]
    of_others = [one for one in others if own.get(one.name, one.value) != one.value]
    if not changed and not of_others:
        return told_on(request, address_of(lead_id), Notice(NOTHING, at="edit"))
    typed |= {PREFIX + name: said for name, said in own.items()}

    def refused(words: str, status: int) -> Response:
        return lead_page(request, lead_id, caller, status, Notice(words, at="edit", typed=typed))

    def still(lead: Lead) -> bool:
        return lead_version(lead) == form.version

    try:
        change = Edit(lead_id, _read(changed, of_others, typed), Sender(caller), still)
        request.app.state.intake.edits.submit(change).result()
    except (Unreadable, NoBudgetToCount) as error:
        return refused(str(error), 422)
    except LeadTaken:
        return refused(TAKEN, 409)
    except LeadChanged:
        return refused(CHANGED, 409)
    words = "Stored. The lead is scored anew."
    return told_on(request, address_of(lead_id), Notice(words, True, "edit"))


def _read(changed: list[str], others: list[OwnField], typed: dict[str, str]) -> LeadEdit:
    """What changes, from what was typed.

    Raises:
        Unreadable: it cannot be read.
    """
    read: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name in changed:
        try:
            read[name] = as_read(name, typed[name])
        except NotANumber:
            wrong[name] = f"{LABELS_OF_FIELDS[name]} ({DIGITS})"
    for one in others:
        try:
            read.setdefault("attributes", {})[one.name] = as_said(one, typed[one.field])
        except NotReadable as error:
            wrong[one.field] = str(error)
    try:
        edit = LeadEdit.model_validate(read)
    except ValidationError as error:
        wrong |= dict(_named(error, others))
    if wrong:
        raise Unreadable(f"Correct and send again: {', '.join(wrong.values())}.")
    return edit


def _named(error: ValidationError, others: list[OwnField]) -> Iterator[tuple[str, str]]:
    """The fields that are wrong, as the form calls them."""
    labels = LABELS_OF_FIELDS | {one.field: one.label for one in others}
    for part in error.errors():
        place = [str(one) for one in part["loc"][:2]]
        name = ".".join(place) if place[0] == "attributes" else place[0]
        yield name, labels.get(name, "attributes")


@router.post(PATH + "/merge")
def merge(
    request: Request,
    lead_id: str,
    caller: EditingLeads,
    other: Annotated[str, Form(max_length=100)] = "",
    reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Make one lead of two: this one stays."""
    typed = {"other": other, "merge_reason": reason}

    def refused(words: str, status: int) -> Response:
        return lead_page(request, lead_id, caller, status, Notice(words, at="merge", typed=typed))

    other = other.strip()
    if not other or not reason.strip():
        return refused("Say which lead it is the same person as, and how you know.", 422)
    try:
        with unit_of_work() as session:
            if not within(session, caller, "lead.edit", other):
                return refused("The other lead is out of your reach.", 403)
            pair, scorer = (lead_id, other), request.app.state.serving.if_loaded()
            merge_leads(session, pair, reason.strip(), Sender(caller), scorer, get_settings())
    except (MergeRefused, LeadNotFound, LeadMerged) as error:
        words = f"There is no lead {other}." if isinstance(error, LeadNotFound) else str(error)
        return refused(words, 409)
    words = "They are one lead now. It can be split again below."
    return told_on(request, address_of(lead_id), Notice(words, True, "merge"))


@router.post(PATH + "/split")
def split(
    request: Request,
    lead_id: str,
    caller: EditingLeads,
    merge_id: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Make two leads of one again."""
    try:
        with unit_of_work() as session:
            if find_merge(session, merge_id).survivor_id != lead_id:
                raise SplitRefused("This merge is of another lead.")
            scorer = request.app.state.serving.if_loaded()
            split_leads(session, merge_id, Sender(caller), scorer, get_settings())
    except (SplitRefused, LookupError) as error:
        return lead_page(request, lead_id, caller, 409, Notice(str(error), at="merge"))
    return told_on(request, address_of(lead_id), Notice("They are two again.", True, "merge"))


@router.get(PATH + "/edit")
@router.get(PATH + "/merge")
@router.get(PATH + "/split")
def back(lead_id: str, caller: OnLead) -> Response:
    """Whoever loads the answer of a form again gets the page that the form is on."""
    return go_to(address_of(lead_id))
