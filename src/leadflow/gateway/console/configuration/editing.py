"""What is typed into an editor: checked as it is typed, tried, and sent."""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.assignment.team.naming import names_of_leads
from leadflow.configuration.differing import DiffLine, diff
from leadflow.configuration.files import Fault
from leadflow.configuration.kinds import ConfigurationKind
from leadflow.configuration.one_text import (
    TextInvalid,
    apply,
    content_of,
    text_of,
    would_apply,
)
from leadflow.configuration.service import KindApplied, take_turns
from leadflow.database.engine import Use, unit_of_work
from leadflow.drafts.refusals import NobodyToDecide
from leadflow.drafts.service import Submitted
from leadflow.drafts.service import submit as submit_change
from leadflow.drafts.trials.catalogue import TRIALS
from leadflow.drafts.trials.catalogue import try_out as try_content
from leadflow.gateway.api.submitting import author
from leadflow.gateway.console.configuration.pages import LIST, NEW, PATH, editor, key_of
from leadflow.gateway.console.configuration.texts import kind_at
from leadflow.gateway.console.forms import OnConfiguration, go_to
from leadflow.gateway.console.notices import Notice, told_on
from leadflow.gateway.console.rendering import page
from leadflow.gateway.http.limits import REPORTS, limited
from leadflow.gateway.http.versions import version_of

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form(max_length=1_000_000)]
Name = Annotated[str, Form(max_length=200)]
Why = Annotated[str, Form(max_length=2000)]
CHANGED = (
    "It has changed since the page was shown. What you typed is kept here: compare, and send it."
)
SAME = "It says what counts already; nothing has changed."
WAITS = "It does not count yet: it waits until it is approved by {}."
WRONG = "Nothing was stored: correct what is wrong below."
HX = "hx-request"


class Checked:
    """What was found in a text: its faults, or what it would change, line by line."""

    def __init__(
        self, faults: tuple[Fault, ...], would: KindApplied | None, lines: list[DiffLine]
    ) -> None:
        self.faults, self.would, self.lines = faults, would, lines


@router.get(PATH + "/{part}")
def show_part(kind: str, part: str, _caller: OnConfiguration) -> Response:
    """A form's address, loaded again, is the editor."""
    return go_to(f"{LIST}/{kind}")


@router.post(PATH + "/check")
def check(
    request: Request, kind: str, caller: OnConfiguration, text: Text = "", name: Name = ""
) -> Response:
    """Say what is wrong with a text, or what it would change; nothing is stored."""
    found = kind_at(kind, caller)
    checked = _checked(found, caller, text, name)
    if HX in request.headers and "hx-boosted" not in request.headers:
        return page(request, "configuration/checked.html", caller, checked=checked)
    return editor(request, kind, caller, name, text=text, checked=checked)


@router.post(PATH + "/try")
@limited(REPORTS)
def try_out(
    request: Request, kind: str, caller: OnConfiguration, text: Text = "", name: Name = ""
) -> Response:
    """Try a text on the leads of the past, beside what counts today; nothing is stored."""
    found = kind_at(kind, caller)
    checked, trial = _checked(found, caller, text, name), None
    leads: dict[str, str] = {}
    if not checked.faults and found.name in TRIALS:
        with unit_of_work(use=Use.BATCH) as session:
            trial = try_content(session, found.name, content_of(found, text), datetime.now(UTC))
            differing = () if trial is None else trial.differing
            leads = names_of_leads(session, caller, [one.id for one in differing if not one.who])
    said: dict[str, Any] = {"checked": checked, "trial": trial, "leads": leads}
    return editor(request, kind, caller, name, text=text, **said)


@router.post(PATH)
def submit(
    request: Request,
    kind: str,
    caller: OnConfiguration,
    text: Text = "",
    name: Name = "",
    as_shown: Annotated[str, Form(max_length=100)] = "",
    why: Why = "",
) -> Response:
    """Let a text count from now on, as long as what it replaces is as it was shown; where a policy
    asks somebody, once they have approved it."""
    found = kind_at(kind, caller)
    typed: dict[str, Any] = {"text": text, "why": why}
    try:
        with unit_of_work() as session:
            done = _submitted(session, found, caller, text, name, as_shown, why.strip() or None)
            asked = None if done.approval is None else done.approval.subject_id
            told = Notice(
                _words(done.done) if asked is None else WAITS.format(done.waits_for), True
            )
    except TextInvalid as error:
        checked, told = Checked(error.faults, None, []), Notice(WRONG)
        return editor(request, kind, caller, name, None, 422, told, **typed, checked=checked)
    except (_Elsewhere, NobodyToDecide) as error:
        checked, told = _checked(found, caller, text, name), Notice(str(error))
        return editor(request, kind, caller, name, None, 409, told, **typed, checked=checked)
    there = f"{LIST}/{kind}" if asked is None else f"{LIST}/drafts/{asked}"
    return told_on(request, there, told)


class _Elsewhere(RuntimeError):
    """What a text would replace is not what the page showed."""


def _submitted(
    session: Session,
    kind: ConfigurationKind,
    caller: Actor,
    text: str,
    name: str,
    as_shown: str,
    why: str | None,
) -> Submitted[KindApplied]:
    take_turns(session)
    now = kind.in_force(session, None)
    if version_of(text_of(kind, now, key_of(kind, name))) != as_shown:
        raise _Elsewhere(CHANGED)
    if name == NEW:
        there = {*kind.names(now)} & {*kind.names(content_of(kind, text))}
        if there:
            raise _Elsewhere(f"There is {', '.join(sorted(there))} already: edit that one.")
    by, at = author(caller), datetime.now(UTC)
    do = partial(apply, session, kind, text, by, at)
    return submit_change(session, [kind.name], do, by, at, why)


def _checked(kind: ConfigurationKind, caller: Actor, text: str, name: str) -> Checked:
    with unit_of_work() as session:
        before = text_of(kind, kind.in_force(session, None), key_of(kind, name))
        try:
            would = would_apply(session, kind, text, author(caller), datetime.now(UTC))
        except TextInvalid as error:
            return Checked(error.faults, None, [])
        session.rollback()
    return Checked((), would, diff(before, _as_kept(kind, text)))


def _as_kept(kind: ConfigurationKind, text: str) -> str:
    """A text as it is shown once it counts: without comments, in the order of the store."""
    return kind.write(content_of(kind, text))


def _words(done: KindApplied) -> str:
    if done.nothing:
        return SAME
    said: list[str] = []
    for what, names in (("New", done.stored.new), ("Changed", done.stored.changed)):
        if names:
            said.append(f"{what}: {', '.join(names)}.")
    counts = "It is kept." if done.stored.advice else "It counts from now on."
    return " ".join([counts, *said, *done.stored.advice])
