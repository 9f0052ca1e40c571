"""An address of its own for each mail, to which mail servers return it (VERP): whatever comes back
there says by the address alone which mail it is about."""

import re
from collections.abc import Iterable, Iterator

BETWEEN = "+"
_OURS = re.compile(rf"\{BETWEEN}(msg_[0-9a-f]{{28}})@([A-Za-z0-9.-]+)")


def return_path(address: str | None, key: str) -> str | None:
    """Where the mail of this key returns to, such as ``bounces+msg_…@example.com``; None where all
    return to their sender."""
    if address is None:
        return None
    local, at, domain = address.rpartition("@")
    return f"{local}{BETWEEN}{key}{at}{domain}"


def keys_in(addresses: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The keys of mails that these are the addresses of, each with its domain."""
    for one in addresses:
        yield from _OURS.findall(one)
