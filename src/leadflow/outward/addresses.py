"""Which addresses may be reached: public ones, and those of networks that are allowed."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from socket import inet_aton

import httpx

from leadflow.setting_groups.webhook import Network

Address = IPv4Address | IPv6Address
# IPv4 behind a translator (RFC 6052): the last 32 bits are the address that is reached.
NAT64 = IPv6Network("64:ff9b::/96")
LONGEST_URL = 2000


class UrlRefused(ValueError):
    """A URL cannot be asked; the message says why."""


class AddressRefused(RuntimeError):
    """This address may not be reached."""

    def __init__(self, address: Address) -> None:
        super().__init__(
            f"{address} is no public address. Where it is meant, name its network in "
            "LEADFLOW_WEBHOOK_ALLOWED_NETWORKS."
        )


class PlainRefused(RuntimeError):
    """Without TLS only allowed networks may be reached."""

    def __init__(self) -> None:
        super().__init__(
            "http:// is for hosts in networks of LEADFLOW_WEBHOOK_ALLOWED_NETWORKS. Write https://."
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


def refuse_outside(addresses: Iterable[Address], allowed: Sequence[Network]) -> None:
    """See that each is of an allowed network.

    Raises:
        PlainRefused: one is not.
    """
    for address in addresses:
        if not any(_meant(address) in network for network in allowed):
            raise PlainRefused


def check_url(url: str, allowed: Sequence[Network]) -> None:
    """See that a URL can be reached. A name is looked up when it is asked, not here: what it stands
    for may change.

    Raises:
        UrlRefused: it cannot.
    """
    parsed = check_form(url)
    literal = _literal(parsed.host)
    if literal is None:
        return
    try:
        refuse_inward([literal], allowed)
    except AddressRefused as error:
        raise UrlRefused(str(error)) from error


def _literal(host: str) -> Address | None:
    """The address that a host is without being looked up; None for a name. Resolvers take numbers
    in many forms for one: 2130706433 and 0x7f.1 are 127.0.0.1."""
    if host == "localhost" or host.endswith(".localhost"):
        return IPv4Address("127.0.0.1")
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(inet_aton(host))
    except OSError:
        return None


def check_form(url: str) -> httpx.URL:
    """The URL, taken apart.

    Raises:
        UrlRefused: it is none that can be asked.
    """
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        raise UrlRefused("This is no URL. Write it as https://host/path.") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise UrlRefused("A URL begins with http:// or https://, and names a host.")
    if parsed.port is not None and not 1 <= parsed.port <= 65535:
        raise UrlRefused("A port is a number from 1 to 65535.")
    if parsed.userinfo:
        raise UrlRefused("Leave the user and the password out of the URL.")
    if parsed.fragment or len(url) > LONGEST_URL or not url.isprintable() or " " in url:
        raise UrlRefused(f"A URL has no #, no spaces, and at most {LONGEST_URL} characters.")
    return parsed


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
