"""Which addresses a webhook may go to: public ones, and those of networks that are allowed."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx

from leadflow.webhook_settings import Network

Address = IPv4Address | IPv6Address
# IPv4 behind a translator (RFC 6052): the last 32 bits are the address that is reached.
NAT64 = IPv6Network("64:ff9b::/96")
LONGEST_URL = 2000


class UrlRefused(ValueError):
    """A URL cannot be an endpoint's; the message says why."""


class AddressRefused(RuntimeError):
    """A webhook may not go to this address."""

    def __init__(self, address: Address) -> None:
        super().__init__(
            f"{address} is no public address. Where it is meant, name its network in "
            "LEADFLOW_WEBHOOK_ALLOWED_NETWORKS."
        )


def refuse_inward(addresses: Iterable[Address], allowed: Sequence[Network]) -> None:
    """See that each may be reached.

    Raises:
        AddressRefused: one may not.
    """
    for address in addresses:
        meant = _meant(address)
        if any(meant in network for network in allowed):
            continue
        if not meant.is_global or meant.is_multicast or meant.is_reserved:
            raise AddressRefused(address)


def check_url(url: str, allowed: Sequence[Network]) -> None:
    """See that a URL can be an endpoint's. A name is looked up when something is sent to it, not
    here: what it stands for may change.

    Raises:
        UrlRefused: it cannot.
    """
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        raise UrlRefused("This is no URL. Write it as https://host/path.") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise UrlRefused("A webhook goes to http:// or https:// and a host.")
    if parsed.userinfo:
        raise UrlRefused("Leave the user and the password out of the URL: messages are signed.")
    if parsed.fragment or len(url) > LONGEST_URL or not url.isprintable() or " " in url:
        raise UrlRefused(f"A URL has no #, no spaces, and at most {LONGEST_URL} characters.")
    try:
        literal = ip_address(parsed.host)
    except ValueError:
        return
    try:
        refuse_inward([literal], allowed)
    except AddressRefused as error:
        raise UrlRefused(str(error)) from error


def _meant(address: Address) -> Address:
    """The address that is reached: one of IPv4 may be written inside one of IPv6."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
