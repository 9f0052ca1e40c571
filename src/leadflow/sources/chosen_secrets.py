"""What can be the secret of a source: as its scheme writes it, or as a journal takes it."""

from leadflow.sources.definitions import Source
from leadflow.sources.signatures.schemes import SCHEMES, new_secret


class SecretRefused(ValueError):
    """A secret cannot be one of this source; the message says why."""


def choose(source: Source, secret: str | None) -> str:
    """The secret that a source gets: this one, or a new one of our own where none is given.

    Raises:
        SecretRefused: it cannot be one of this source.
    """
    if source.scheme is None:
        return _of_a_journal(secret)
    chosen = new_secret(source.scheme) if secret is None else _long_enough(secret)
    try:
        SCHEMES[source.scheme].check_secret(chosen)
    except ValueError as error:
        raise SecretRefused(str(error)) from error
    return chosen


def _of_a_journal(secret: str | None) -> str:
    if secret is None:
        raise SecretRefused("Who keeps the journal makes its secret: give that one (--given).")
    chosen = _long_enough(secret)
    if not (chosen.isascii() and chosen.isprintable()):
        raise SecretRefused("It is sent in a header: only letters, digits and signs of ASCII.")
    return chosen


def _long_enough(secret: str) -> str:
    if len(secret.strip()) < 8:
        raise SecretRefused("A secret has at least 8 characters.")
    return secret.strip()
