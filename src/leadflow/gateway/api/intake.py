"""The gathered use cases of the intake: each works on the requests that arrived together."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from leadflow.gateway.http.gathering import Gathering, rounds_of
from leadflow.intake.edits import Edit, edit_leads
from leadflow.intake.events.batches import EventBatch, EventBatchTaken, take_event_batches
from leadflow.intake.events.of_lead import EventsTaken, EventsTold, take_events
from leadflow.intake.leads import LeadSent, LeadTaken, take_leads
from leadflow.intake.outcomes import OutcomeTaken, OutcomeTold, take_outcomes
from leadflow.intake.overrides import OverrideAsked, OverrideTaken, set_overrides
from leadflow.intake.standings import LeadStanding
from leadflow.intake.units import together
from leadflow.scoring.serving.process_scorer import ServingScorer
from leadflow.settings import get_settings

if TYPE_CHECKING:
    from models.scores import Scorer

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")
Scoring = Callable[[Session, Sequence[Asked], "Scorer | None", Any], list[Answered | Exception]]
# Batches at a time. Each needs the interpreter most of its time, so that more only take turns.
THREADS = 2


class Intake:
    """The gathered use cases of one process. Facts about a lead (events, outcomes, edits) and new
    leads gather apart, so that a long list of events holds up no lead. Made in the event loop that
    it is asked from."""

    def __init__(self, serving: ServingScorer) -> None:
        self._serving, self._between = serving, rounds_of(asyncio.get_running_loop())
        self._executor = ThreadPoolExecutor(THREADS, "intake")
        self.leads: Gathering[LeadSent, LeadTaken] = self._gathering(take_leads)
        self.events: Gathering[EventsTold, EventsTaken] = self._gathering(take_events)
        self.event_batches: Gathering[EventBatch, EventBatchTaken] = self._gathering(
            take_event_batches
        )
        self.edits: Gathering[Edit, LeadStanding] = self._gathering(edit_leads)
        self.overrides: Gathering[OverrideAsked, OverrideTaken] = self._gathering(set_overrides)
        self.outcomes: Gathering[OutcomeTold, OutcomeTaken] = self._gathering(
            lambda session, told, _, settings: take_outcomes(session, told, settings)
        )

    def _gathering(self, take: "Scoring[Asked, Answered]") -> "Gathering[Asked, Answered]":
        def work(asked: Sequence[Asked]) -> list[Answered | Exception]:
            scorer, settings = self._serving.if_loaded(), get_settings()
            return together(lambda session, part: take(session, part, scorer, settings), asked)

        return Gathering(work, self._executor, between=self._between)

    def stop(self) -> None:
        """End, once what has been asked is answered."""
        self._executor.shutdown()


async def intake_of(request: Request) -> Intake:
    """The intake of this process. Not in a thread of its own: there is nothing to wait for."""
    intake: Intake = request.app.state.intake
    return intake


IntakeOf = Annotated[Intake, Depends(intake_of)]
