"""Sources that tell of messages that were sent, and of no leads: whoever sends them hears."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from leadflow.catalogues import Catalogue
from leadflow.settings import Settings
from leadflow.sources.mapped import Came, Mapped
from leadflow.sources.signatures.schemes import Provider

# Takes deliveries in that tell of messages: what cannot be read of each, and how many records.
Hear = Callable[[Session, Settings, Sequence[Came], datetime], Mapped]
HEARING = Catalogue[Hear]("those who hear of messages")


def install(hearing: Mapping[str, Hear]) -> None:
    """Let these take in what providers tell, by the provider's name."""
    HEARING.install(hearing)


def hear(
    session: Session, provider: Provider, settings: Settings, came: Sequence[Came], now: datetime
) -> Mapped:
    """Take in what a provider tells of messages."""
    return HEARING[provider](session, settings, came, now)
