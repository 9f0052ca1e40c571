"""Schemes that sign nothing: a token that only the sender knows goes along with each request."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import parse_qsl

from leadflow.sources.signatures.received import Received, SignatureRefused, one_matches

BEARER = "bearer "


def static_token(
    received: Received, secrets: Sequence[str], now: datetime, header: str | None
) -> None:
    """A token in a header; in ``Authorization`` as ``Bearer TOKEN`` where no header is named.

    It proves who sends, and nothing of what: whoever reads along can send another body.
    """
    if header is not None:
        one_matches(secrets, [received.header(header)])
        return
    said = received.header("Authorization")
    if not said.lower().startswith(BEARER):
        raise SignatureRefused("The header Authorization does not say Bearer TOKEN.")
    one_matches(secrets, [said[len(BEARER) :]])


def token_in_address(received: Received, secrets: Sequence[str], now: datetime) -> None:
    """A token as ``token`` in the query of the address: all that a Salesforce outbound message can
    carry. It proves no more than a token in a header does, and may stand in logs on its way."""
    query = parse_qsl(received.query, keep_blank_values=True)
    tokens = [value for name, value in query if name == "token"]
    if len(tokens) != 1:
        raise SignatureRefused("The address says no token, or more than one.")
    one_matches(secrets, tokens)
