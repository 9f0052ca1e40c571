"""Deliveries over the API: what came, what is dead and why; correct, retry, let go."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from leadflow.database.engine import unit_of_work
from leadflow.gateway.http.callers import ReadsDeliveries, ReadsSources, WritesSources
from leadflow.gateway.http.idempotency import Keyed
from leadflow.gateway.http.pages import Paged, PageOut
from leadflow.gateway.http.versions import IfMatch, say_version, version_of
from leadflow.sources import inbox
from leadflow.sources.inbox import Shown

router = APIRouter(tags=["webhooks"], route_class=Keyed)
DeliveryId = Annotated[str, Path(max_length=80)]
Status = Literal["received", "processed", "dead", "discarded"]


class DeliveryOut(BaseModel):
    """A delivery, without its body. ``reasons``: what of which record cannot be mapped, or why
    nothing of it was wanted."""

    id: str
    source: str
    delivery_id: str = Field(description="The sender's own id; the hash of its body if none.")
    status: Status
    received_at: datetime
    processed_at: datetime | None
    records: int | None = Field(description="How many it held; empty: not processed yet.")
    left_out: int | None = Field(description="How many more `only` did not let pass.")
    version: int | None = Field(description="The version of its source by which it was mapped.")
    reasons: list[dict[str, Any]]

    @classmethod
    def of(cls, shown: Shown) -> Self:
        """From what the inbox shows."""
        return cls.model_validate(shown, from_attributes=True)


class DeliveryWhole(DeliveryOut):
    """A delivery with its body, which may name people."""

    body: str = Field(description="As it came.")
    correction: str | None = Field(description="What is taken in instead; empty: nothing else is.")


class RetryIn(BaseModel):
    """Which are processed again: these; else all that are dead, of one source where it is named;
    or where `passed_over`, those of which `only` left something out."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[str], Field(min_length=1, max_length=1000)] | None = None
    source: str | None = None
    passed_over: bool = False


class RetriedOut(BaseModel):
    """How many are processed again."""

    deliveries: int


class CorrectionIn(BaseModel):
    """The body as it should have been."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    body: Annotated[str, Field(max_length=2**20)]


@router.get("/deliveries", response_model=PageOut[DeliveryOut], summary="What was delivered?")
def read_deliveries(
    caller: ReadsSources, paged: Paged, status: Status | None = None, source: str | None = None
) -> PageOut[DeliveryOut]:
    """By webhook, the newest first."""
    with unit_of_work() as session:
        return PageOut.of(inbox.deliveries(session, status, source, paged).of(DeliveryOut.of))


@router.get("/deliveries/{delivery}", response_model=DeliveryWhole, summary="Read a delivery")
def read_delivery(delivery: DeliveryId, request: Request, caller: ReadsDeliveries) -> DeliveryWhole:
    """With its body as it came."""
    with unit_of_work() as session:
        shown, bodies = inbox.read_delivery(session, delivery)
    say_version(request, _version(shown, bodies))
    correction = None if bodies.correction is None else _text(bodies.correction)
    return DeliveryWhole(
        **dict(DeliveryOut.of(shown)), body=_text(bodies.came), correction=correction
    )


@router.post("/deliveries/retry", response_model=RetriedOut, summary="Take deliveries in again")
def retry_deliveries(body: RetryIn, caller: WritesSources) -> RetriedOut:
    """By their source as it is now, within a minute."""
    with unit_of_work() as session:
        again = inbox.retry(
            session, body.ids, body.source, caller.id, datetime.now(UTC), body.passed_over
        )
    return RetriedOut(deliveries=again)


@router.put("/deliveries/{delivery}/body", response_model=DeliveryOut, summary="Correct one")
def correct_delivery(
    delivery: DeliveryId, body: CorrectionIn, seen: IfMatch, caller: WritesSources
) -> DeliveryOut:
    """Take a dead delivery in with another body. The one that came is kept beside it."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        seen.check(_version(*inbox.read_delivery(session, delivery)))
        inbox.correct(session, delivery, body.body.encode(), caller.id, now)
        return DeliveryOut.of(inbox.read_delivery(session, delivery)[0])


@router.post("/deliveries/{delivery}/discard", response_model=DeliveryOut, summary="Let one go")
def discard_delivery(delivery: DeliveryId, caller: WritesSources) -> DeliveryOut:
    """A dead delivery; it is kept, and can be retried."""
    with unit_of_work() as session:
        inbox.discard(session, delivery, caller.id, datetime.now(UTC))
        return DeliveryOut.of(inbox.read_delivery(session, delivery)[0])


def _text(body: bytes) -> str:
    return body.decode(errors="backslashreplace")


def _version(shown: inbox.Shown, bodies: inbox.Bodies) -> str:
    said = bodies.came if bodies.correction is None else bodies.correction
    return version_of([shown.status, shown.processed_at, sha256(said).hexdigest()])
