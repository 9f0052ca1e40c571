"""Nothing goes to people before everything is there that it takes, and each fault names its
setting."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec_key
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from leadflow.channels.email.chosen import SendingNotSet, chosen, in_words, missing
from leadflow.channels.email.resend import Resend
from leadflow.settings import Settings
from leadflow.supervisor.ports import takes_mail
from leadflow.supervisor.ready_to_send import check_sending, sending
from leadflow.supervisor.services import background, gateway, warm_worker, worker

PASSWORD, KEY = "hush-hush", "re_hush"
WHOLE: dict[str, Any] = {
    "sending": "live",
    "public_url": "https://leads.example.com",
    "sender_email": "ann@mail.acme.com",
    "sender_address": "Acme, 1 Main Street, Berlin",
    "mail_host": "smtp.acme.com",
    "mail_user": "leads",
    "mail_password": PASSWORD,
}


def of(**said: Any) -> Settings:
    return Settings(_env_file=None, **{**WHOLE, **said})


def pem(key: Any, folder: Path) -> Path:
    path = folder / "dkim.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def test_a_whole_set_of_settings_chooses_its_channel() -> None:
    assert missing(of()) == []
    with closing(chosen(of())) as channel:
        assert (channel.name, channel.resend_within) == ("smtp:smtp.acme.com", None)
    by_key = of(mail_host=None, mail_user=None, mail_password=None, resend_api_key=KEY)
    with closing(chosen(by_key)) as channel:
        assert isinstance(channel, Resend)
        assert channel.name.startswith("resend:")
        assert KEY not in channel.name
    with closing(chosen(of(sending="sandbox"))) as channel:
        assert channel.name == "sandbox"


@pytest.mark.parametrize(
    ("said", "setting"),
    [
        ({"sender_email": "leadflow@localhost"}, "LEADFLOW_SENDER_EMAIL"),
        ({"sender_email": "ann"}, "LEADFLOW_SENDER_EMAIL"),
        ({"sender_address": "(the sender's postal address)"}, "LEADFLOW_SENDER_ADDRESS"),
        ({"public_url": "http://leads.example.com"}, "LEADFLOW_PUBLIC_URL"),
        ({"public_url": "https://127.0.0.1:18200"}, "LEADFLOW_PUBLIC_URL"),
        ({"public_url": "https://[::1]:18200"}, "LEADFLOW_PUBLIC_URL"),
        ({"public_url": "https://192.168.1.9"}, "LEADFLOW_PUBLIC_URL"),
        ({"public_url": "https://localhost:8200"}, "LEADFLOW_PUBLIC_URL"),
        ({"public_url": "https://leads.localhost."}, "LEADFLOW_PUBLIC_URL"),
        ({"public_url": "https://leads"}, "LEADFLOW_PUBLIC_URL"),
        ({"public_url": "https://127.1"}, "LEADFLOW_PUBLIC_URL"),
        ({"public_url": "https://[::1"}, "LEADFLOW_PUBLIC_URL"),
        ({"public_url": "https://"}, "LEADFLOW_PUBLIC_URL"),
        ({"sender_name": "Ann\r\nBcc: eve@example.net"}, "LEADFLOW_SENDER_NAME"),
        ({"mail_host": None}, "LEADFLOW_MAIL_HOST"),
        ({"resend_api_key": KEY}, "LEADFLOW_RESEND_API_KEY"),
        (
            {"mail_host": None, "resend_api_key": KEY, "bounce_address": "back@acme.com"},
            "LEADFLOW_BOUNCE_ADDRESS",
        ),
        ({"mail_password": None}, "LEADFLOW_MAIL_PASSWORD"),
        ({"mail_security": "none"}, "LEADFLOW_MAIL_SECURITY"),
        ({"dkim_domain": "acme.com"}, "LEADFLOW_DKIM_KEY"),
        (
            {"mail_host": None, "resend_api_key": KEY, "dkim_domain": "acme.com"},
            "LEADFLOW_DKIM_DOMAIN",
        ),
    ],
)
def test_what_is_missing_is_named_and_nothing_starts(said: dict[str, Any], setting: str) -> None:
    settings = of(**said)
    [one] = missing(settings)
    assert setting in one
    with pytest.raises(SendingNotSet, match=setting):
        chosen(settings)
    with pytest.raises(SendingNotSet, match="LEADFLOW_SENDING=sandbox"):
        check_sending(settings)
    assert sending(settings).mark == "bad"
    # Whoever tries it out needs none of that.
    check_sending(of(**said, sending="sandbox"))


def test_several_faults_are_each_told_on_a_line_of_its_own(tmp_path: Path) -> None:
    key = pem(generate_private_key(65537, 2048), tmp_path)
    signed = {"dkim_key": key, "dkim_domain": "acme.com", "dkim_selector": "lf"}
    settings = of(**signed, sender_email="ann", public_url="https://localhost", sender_address="")
    # Nothing is said of the signature: of which domain it has to be, nobody knows yet.
    names = ["SENDER_EMAIL", "SENDER_ADDRESS", "PUBLIC_URL"]
    assert [one.split()[0] for one in missing(settings)] == [f"LEADFLOW_{one}" for one in names]
    with pytest.raises(SendingNotSet) as refused:
        check_sending(settings)
    assert str(refused.value).splitlines()[1:-1] == missing(settings)
    assert sending(settings).mend.splitlines() == missing(settings)
    assert missing(of(public_url="https://8.8.8.8")) == []


@pytest.mark.parametrize("domain", ["com", ".com", "com.", ""])
def test_an_ending_alone_signs_nothing(domain: str, tmp_path: Path) -> None:
    key = pem(generate_private_key(65537, 2048), tmp_path)
    [one] = missing(of(dkim_key=key, dkim_domain=domain, dkim_selector="lf"))
    assert "LEADFLOW_DKIM_DOMAIN" in one


def test_a_signature_that_mailboxes_would_not_trust_is_refused(tmp_path: Path) -> None:
    signed = {"dkim_domain": "acme.com", "dkim_selector": "lf"}
    good = pem(generate_private_key(65537, 2048), tmp_path)
    assert missing(of(**signed, dkim_key=good)) == []
    with closing(chosen(of(**signed, dkim_key=good))) as channel:
        assert channel.name == "smtp:smtp.acme.com"
    [other] = missing(of(**signed | {"dkim_domain": "else.com"}, dkim_key=good))
    assert "LEADFLOW_DKIM_DOMAIN" in other
    [gone] = missing(of(**signed, dkim_key=tmp_path / "gone.pem"))
    assert "cannot be read" in gone
    weak = generate_private_key(65537, 1024)  # noqa: S505  that is what is refused
    [short] = missing(of(**signed, dkim_key=pem(weak, tmp_path)))
    assert "2048" in short
    [curve] = missing(of(**signed, dkim_key=pem(generate_ec_key(SECP256R1()), tmp_path)))
    assert "RSA" in curve


def test_no_secret_is_shown_and_only_who_sends_has_it() -> None:
    settings = of()
    assert PASSWORD not in in_words(settings) + repr(settings) + str(sending(settings))
    assert PASSWORD in warm_worker(settings).variables.values()
    for service in (gateway(settings), background(settings), worker(settings)):
        assert PASSWORD not in service.variables.values(), service.name
        assert "LEADFLOW_MAIL_PASSWORD" in service.withheld, service.name


def test_the_local_mail_server_is_there_for_whatever_goes_to_it() -> None:
    elsewhere = "mailto://example.com"
    assert takes_mail(of(sending="sandbox", notify_url=elsewhere))
    assert takes_mail(of(notify_url=None))
    assert not takes_mail(of(notify_url=elsewhere))
