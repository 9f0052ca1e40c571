"""Webhooks: verified, kept, answered; what they say is worked on after the answer."""

import logging
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from leadflow.gateway.api.webhooks.deliveries import Deliveries
from leadflow.gateway.http.problem import TITLES, Problem
from leadflow.gateway.http.schemas import ProblemOut
from leadflow.settings import get_settings
from leadflow.sources.accepting import Accepted, Arrival
from leadflow.sources.definitions import Source
from leadflow.sources.signatures.received import Received, SignatureRefused
from leadflow.sources.verifying import NoDeliveryId, delivery_id_of

logger = logging.getLogger(__name__)
# What Salesforce takes for an answer; anything else it sends again for a day.
SOAP_ACK = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack>'
    "</notificationsResponse></soapenv:Body></soapenv:Envelope>"
)
Handler = Callable[[Request, str], Awaitable[Response]]


class AcceptedOut(BaseModel):
    """A delivery that is kept."""

    status: str = Field(description="accepted; or known: it was delivered before.")
    delivery_id: str = Field(description="The sender's own id; the keyed hash of its body if none.")


class RawRoute(APIRoute):
    """A route that is handed the request as it came: of its body nothing may be read before its
    signature is."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of this route, as FastAPI asks for it."""
        endpoint: Handler = self.endpoint

        async def handle(request: Request) -> Response:
            return await endpoint(request, request.path_params["source"])

        return handle


router = APIRouter(tags=["webhooks"], route_class=RawRoute)


@router.post(
    "/webhooks/{source}",
    status_code=202,
    response_model=AcceptedOut,
    summary="Take a delivery of a CRM or another source",
    responses={
        200: {"model": AcceptedOut, "description": "It was delivered before"},
        401: {"model": ProblemOut, "description": "It is not proved to be the source's"},
        409: {"model": ProblemOut, "description": "Another delivery has its id"},
    },
)
async def take_delivery(request: Request, source: str) -> Response:
    """Verified by the source's own scheme (docs/webhooks.md), kept as it came, and answered once
    that is on the disk. The same delivery sent again is kept once; another body under its id is
    409. What it says is mapped and taken in a moment later."""
    deliveries: Deliveries = request.app.state.deliveries
    known = await deliveries.sources.find(source)
    if known is None:
        said = "There is no such source. See what there is: leadflow sources list."
        raise Problem(404, *TITLES[404], said)
    now = datetime.now(UTC)
    received = Received(
        request.method, _address(request), dict(request.headers.items()), await request.body()
    )
    try:
        known.verify(received, now)
    except SignatureRefused as error:
        logger.warning("a delivery of %s is refused: %s", source, error)
        raise Problem(
            401,
            "signature-refused",
            "The delivery is not proved to be this source's",
            "Its signature, its time or its secret is not right. The log of the gateway says "
            "which; docs/webhooks.md says what to set where.",
        ) from None
    definition = known.stored.source
    arrival = Arrival(
        source,
        _delivery_id(definition, received, now),
        received.body,
        {name: received.headers[name] for name in _kept(definition) if name in received.headers},
    )
    return _answer(definition, await deliveries.inbox.do(arrival))


def _delivery_id(definition: Source, received: Received, now: datetime) -> str | None:
    try:
        return delivery_id_of(definition, received, now)
    except NoDeliveryId as error:
        raise Problem(400, *TITLES[400], str(error)) from error


def _kept(definition: Source) -> list[str]:
    return [name.lower() for name in definition.keep_headers]


def _address(request: Request) -> str:
    """The address as the sender called it: what stands before the path is ours to know."""
    path = request.scope["raw_path"].decode("latin-1")
    query = request.scope["query_string"].decode("latin-1")
    return f"{get_settings().address}{path}{'?' if query else ''}{query}"


def _answer(definition: Source, accepted: Accepted) -> Response:
    if accepted.became == "another":
        raise Problem(
            409,
            *TITLES[409],
            f"Another delivery, with another body, has the id {accepted.delivery_id}. Send each "
            "under an id of its own.",
        )
    if definition.scheme == "salesforce":
        return Response(SOAP_ACK, 200, media_type="text/xml")
    if definition.scheme == "twilio":
        return Response(status_code=204)
    out = AcceptedOut(status=accepted.became, delivery_id=accepted.delivery_id)
    status = 202 if accepted.became == "accepted" else 200
    return Response(out.model_dump_json(), status, media_type="application/json")
