"""What a page shows, as a part of its address: encrypted, for what is searched for may be personal,
and addresses are logged, kept and sent on."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from leadflow.privacy.cipher_in_use import get_cipher, opened
from leadflow.secret import SecretKeyError

Shown = TypeVar("Shown", bound=BaseModel)


class SealBroken(ValueError):
    """An address that Leadflow did not make, or not for this page."""

    def __init__(self) -> None:
        super().__init__("This address is not whole any more. Here is the list as it begins.")


def seal(shown: BaseModel) -> str:
    """What an address says after ``?q=``."""
    said = shown.model_dump_json(exclude_defaults=True)
    return urlsafe_b64encode(get_cipher().encrypt(said, _purpose(type(shown)))).decode().rstrip("=")


def unseal(kind: type[Shown], sealed: str) -> Shown:
    """What was sealed.

    Raises:
        SealBroken: it was altered, is of another page, or of an installation with another secret.
    """
    try:
        data = urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
        return kind.model_validate_json(opened(data, _purpose(kind)))
    except (ValueError, ValidationError, SecretKeyError) as error:
        raise SealBroken from error


def _purpose(kind: type[BaseModel]) -> str:
    return f"address of {kind.__name__}"
