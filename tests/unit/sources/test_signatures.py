"""A request is taken if it is the sender's, and no other is."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from leadflow.sources.signatures.received import Received, SignatureRefused
from leadflow.sources.signatures.schemes import SCHEMES, new_secret
from leadflow.sources.signatures.signed_bodies import hubspot, twilio
from leadflow.sources.verifying import verify
from tests.examples import LONG
from tests.senders import SENDERS, STANDARD, Sender, body_of

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
CONTENT = {"id": "7", "email": "ada@example.com"}
MUTATIONS = 10_000 if LONG else 500
HEADERS_OF_TIME = (
    "webhook-timestamp",
    "svix-timestamp",
    "x-hubspot-request-timestamp",
    "x-time",
)
HEADERS_OF_SIGNATURE = (
    "webhook-signature",
    "svix-signature",
    "x-hubspot-signature-v3",
    "x-bottlecrm-signature",
    "x-twilio-signature",
    "x-signature",
    "authorization",
)


def sent(name: str, now: datetime = NOW) -> Received:
    return SENDERS[name].send(body_of(name, CONTENT), now)


def is_taken(sender: Sender, received: Received, *secrets: str, now: datetime = NOW) -> bool:
    try:
        verify(sender.source, received, secrets or (sender.secret,), now)
    except SignatureRefused:
        return False
    return True


@pytest.mark.parametrize("name", SENDERS)
def test_what_the_sender_signs_is_taken(name: str) -> None:
    assert is_taken(SENDERS[name], sent(name))


def test_every_scheme_is_tried() -> None:
    assert {one.source.scheme for one in SENDERS.values()} == set(SCHEMES)


@pytest.mark.parametrize("name", SENDERS)
def test_two_secrets_are_live_while_one_is_rotated(name: str) -> None:
    sender = SENDERS[name]
    assert sender.source.scheme is not None
    other = new_secret(sender.source.scheme)
    assert is_taken(sender, sent(name), other, sender.secret)
    assert is_taken(sender, sent(name), sender.secret, other)
    assert not is_taken(sender, sent(name), other)


@pytest.mark.parametrize("name", [name for name, one in SENDERS.items() if "time" in one.covers])
@pytest.mark.parametrize(
    ("away", "taken"),
    [
        (timedelta(minutes=-4, seconds=-59), True),
        (timedelta(minutes=4, seconds=59), True),
        (timedelta(minutes=-5, seconds=-2), False),
        (timedelta(minutes=5, seconds=2), False),
    ],
)
def test_what_is_signed_at_another_time_is_refused(name: str, away: timedelta, taken: bool) -> None:
    assert is_taken(SENDERS[name], sent(name, NOW + away)) is taken


@pytest.mark.parametrize("name", SENDERS)
def test_no_mutation_of_what_is_covered_is_taken(name: str) -> None:
    sender, dice = SENDERS[name], random.Random(name)
    received, taken = sent(name), []
    for _ in range(MUTATIONS):
        other = mutated(received, sender.covers, dice)
        if other != received and is_taken(sender, other):
            taken.append(other)
    assert taken == []


def mutated(received: Received, covers: frozenset[str], dice: random.Random) -> Received:
    """The request with one of the parts that are covered changed somewhere."""
    part = dice.choice(sorted(covers))
    if part == "body":
        return replace(received, body=_changed(received.body, dice))
    if part == "address":
        url = _changed(received.url.encode(), dice).decode("latin-1")
        return replace(received, url=url)
    if part == "token":
        start, mark, token = received.url.partition("token=")
        changed = _changed(token.encode(), dice).decode("latin-1")
        return replace(received, url=start + mark + changed)
    if part == "method":
        return replace(received, method=dice.choice(["GET", "PUT", "post", ""]))
    names = {"time": HEADERS_OF_TIME, "signature": HEADERS_OF_SIGNATURE}.get(
        part, ("webhook-id", "svix-id")
    )
    own = [name for name in names if name in received.headers] or ["x-bottlecrm-signature"]
    headers = dict(received.headers)
    name = dice.choice(own)
    if dice.random() < 0.02:
        del headers[name]
    else:
        start, mark, own_part = headers[name].rpartition("Bearer ")
        headers[name] = start + mark + _changed(own_part.encode(), dice).decode("latin-1")
    return replace(received, headers=headers)


def _changed(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data) + 1)
    kind = dice.randrange(4)
    if kind == 0:
        return data[:at] + bytes([dice.randrange(256)]) + data[at + 1 :]
    if kind == 1:
        return data[:at] + data[at + 1 :]
    if kind == 2:
        return data[:at] + bytes([dice.randrange(33, 127)]) + data[at:]
    return data[: len(data) - dice.randrange(1, len(data) + 1)]


def test_the_signature_is_the_one_that_the_library_verifies() -> None:
    now = datetime.now(UTC)
    received = SENDERS["standard_webhooks"].send(b'{"id": 1}', now)
    Webhook(STANDARD).verify(received.body, dict(received.headers))
    assert is_taken(SENDERS["standard_webhooks"], received, now=now)


def test_one_of_several_signatures_is_enough() -> None:
    received = sent("standard_webhooks")
    several = "v1,bm90IGl0 v2,other " + received.headers["webhook-signature"]
    headers = {**received.headers, "webhook-signature": several}
    assert is_taken(SENDERS["standard_webhooks"], replace(received, headers=headers))


def test_twilio_signs_as_its_documents_show() -> None:
    fields = (
        b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309"
        b"&To=%2B18005551212"
    )
    received = Received(
        "POST",
        "https://mycompany.com/myapp.php?foo=1&bar=2",
        {
            "content-type": "application/x-www-form-urlencoded",
            "x-twilio-signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
        },
        fields,
    )
    twilio(received, ["12345"], NOW)


def test_hubspot_signs_the_address_decoded() -> None:
    sender = SENDERS["hubspot"]
    plain = sender.send(b"[]", NOW)
    encoded = replace(plain, url=plain.url.replace("/webhooks", "%2Fwebhooks"))
    hubspot(encoded, ["x", sender.secret], NOW)


@pytest.mark.parametrize("name", SENDERS)
def test_without_its_headers_nothing_is_taken(name: str) -> None:
    bare = replace(sent(name), headers={}, url="https://leads.example.com/webhooks/crm")
    assert not is_taken(SENDERS[name], bare)


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_a_secret_of_our_own_is_one_of_its_scheme(scheme: str) -> None:
    SCHEMES[scheme].check_secret(new_secret(scheme))  # type: ignore[index, arg-type]


def test_a_secret_that_is_no_base64_is_refused() -> None:
    with pytest.raises(ValueError, match="whsec_"):
        SCHEMES["resend"].check_secret("not base 64!")
