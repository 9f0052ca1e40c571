"""Verifying a request by the scheme of its source, and finding its delivery's id."""

from collections.abc import Sequence
from datetime import datetime

from leadflow.sources.accepting import LONGEST_ID
from leadflow.sources.bodies import BodyUnreadable, read_body
from leadflow.sources.definition_parts import Signature
from leadflow.sources.definitions import Source
from leadflow.sources.paths import Around, Follower, PathFailed
from leadflow.sources.signatures.received import Received, SignatureRefused
from leadflow.sources.signatures.schemes import SCHEMES
from leadflow.sources.signatures.signed_bodies import plain_hmac
from leadflow.sources.signatures.tokens import static_token
from leadflow.sources.texts import NotAValue, as_text


class NoDeliveryId(ValueError):
    """A delivery does not say its id where its source says that it does."""


def verify(source: Source, received: Received, secrets: Sequence[str], now: datetime) -> None:
    """See that a request is proved by one of these secrets.

    Raises:
        SignatureRefused: it is not.
    """
    if source.scheme is None:
        raise SignatureRefused("It keeps a journal, which is read: nothing is delivered for it.")
    scheme = SCHEMES[source.scheme]
    spoken = source.signature or Signature()
    if scheme.verify is not None:
        scheme.verify(received, secrets, now)
    elif source.scheme == "token":
        static_token(received, secrets, now, spoken.header)
    else:
        plain_hmac(
            received,
            secrets,
            now,
            header=spoken.header or "",
            digest=spoken.digest,
            encoding=spoken.encoding,
            prefix=spoken.prefix,
            time_header=spoken.time_header,
        )


def delivery_id_of(source: Source, received: Received, now: datetime) -> str | None:
    """The id that the sender gave a delivery; None where its source names none.

    Raises:
        NoDeliveryId: it is not where the source says, or is too long.
    """
    said: str | None
    if source.delivery_id is not None and source.delivery_id.path is not None:
        where = f"at {source.delivery_id.path}"
        try:
            body = read_body(received.body, source.written_as(received.body))
            found = Follower(Around(body, received.headers, now)).follow(
                source.delivery_id.path, body
            )
            said = as_text(found, None)
        except (BodyUnreadable, PathFailed, NotAValue) as error:
            raise NoDeliveryId(f"No id of the delivery can be read {where}: {error}") from error
    elif source.id_header is not None:
        where = f"in the header {source.id_header}"
        said = received.headers.get(source.id_header.lower())
        if said is None and source.delivery_id is None:
            return None  # the scheme's own header, which not every sender of it sends
    else:
        return None
    if not said or len(said) > LONGEST_ID or not said.isprintable():
        raise NoDeliveryId(
            f"There must be an id of 1 to {LONGEST_ID} printable characters {where}."
        )
    return said
