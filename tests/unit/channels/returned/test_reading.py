"""Of mails that come back it is read for certain what they say, or said that it is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.channels.email.returned.reading import read_returned
from leadflow.channels.email.returned.said import NotCertain, NothingOfOurs
from tests.unit.channels.returned.mails import (
    ADDRESS,
    KEY,
    ORIGINAL,
    answer,
    exim,
    plain,
    qmail,
    report,
    spam_report,
    status,
)

UNKNOWN_IN_GERMAN = "Die Adresse wurde nicht gefunden: Benutzer unbekannt"
BOUNCES = {
    "Postfix, no such user": (
        report(
            f"<{ADDRESS}>: host mx said: 550 5.1.1 User unknown",
            status("failed", "5.1.1", "smtp; 550 5.1.1 <x>: Recipient address rejected"),
        ),
        "recipient",
    ),
    "Postfix, mailbox full": (
        report("", status("failed", "5.2.2", "smtp; 552 5.2.2 Over quota")),
        "mailbox_full",
    ),
    "Postfix, given up after days": (
        report("", status("failed", "4.4.1", "X-Postfix; connect to mx: Connection timed out")),
        "expired",
    ),
    "Postfix, full for days": (
        report("", status("failed", "4.2.2", "smtp; 452 4.2.2 The email account is over quota")),
        "mailbox_full",
    ),
    "Gmail, no such user": (
        report(
            "** Address not found **\n\nYour message wasn't delivered",
            status(
                "failed", "5.1.1", "smtp; 550-5.1.1 The email account does not exist. 550 5.1.1 x"
            ),
            sender="Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
            subject="Delivery Status Notification (Failure)",
            returned="message/rfc822",
        ),
        "recipient",
    ),
    "Gmail, unauthenticated": (
        report("", status("failed", "5.7.26", "smtp; 550-5.7.26 This mail is unauthenticated")),
        "policy",
    ),
    "Gmail, account disabled": (
        report("", status("failed", "5.2.1", "smtp; 550 5.2.1 The email account is disabled")),
        "recipient",
    ),
    "Exchange, not found": (
        report(
            "Your message couldn't be delivered. ada wasn't found at example.org.",
            status("failed", "5.1.10", "smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found"),
            sender="postmaster@example.onmicrosoft.com",
            subject="Undeliverable: Good to have met you",
            returned="message/rfc822",
        ),
        "recipient",
    ),
    "Exchange, only for its own": (
        report("", status("failed", "5.7.133", "smtp;550 5.7.133 SenderNotAuthenticatedForGroup")),
        "policy",
    ),
    "Exchange, in German": (
        report(
            f"Fehler bei der Nachrichtenzustellung an {ADDRESS}: Das Postfach ist voll.",
            status("failed", "5.2.2", "smtp;554 5.2.2 mailbox full; STOREDRV.Deliver.Exception"),
            subject="Unzustellbar: Schön, Sie getroffen zu haben",
            sender="postmaster@example.onmicrosoft.com",
        ),
        "mailbox_full",
    ),
    "Exim, with a status that says nothing": (
        report("", status("failed", "5.0.0", "smtp; 550 5.1.1 unknown user")),
        "recipient",
    ),
    "sendmail, in words alone": (
        report(
            "   ----- The following addresses had permanent fatal errors -----",
            status("failed", "5.0.0", "SMTP; 550 User unknown"),
            subject="Returned mail: see transcript for details",
        ),
        "recipient",
    ),
    "OpenSMTPD, with an action of its own": (
        report("", status("error", "5.0.0", "smtp; 550 Invalid recipient: user unknown")),
        "recipient",
    ),
    "policy, in words alone": (
        report("", status("failed", "5.0.0", "smtp; 550 rejected due to local policy")),
        "policy",
    ),
    "a block list": (
        report(
            "", status("failed", "5.7.1", "smtp; 554 5.7.1 Service unavailable; blocked using z")
        ),
        "policy",
    ),
    "too large": (
        report("", status("failed", "5.3.4", "smtp; 552 5.3.4 Message size exceeds fixed limit")),
        "content",
    ),
    "a virus": (report("", status("failed", "5.6.0", "smtp; 554 5.6.0 rejected")), "content"),
    "in French": (
        report(
            "Le message n'a pas pu être remis.",
            status("failed", "5.0.0", "smtp; 550 Utilisateur inconnu"),
            subject="Échec de la remise",
        ),
        "recipient",
    ),
    "in German": (
        report("", status("failed", "5.0.0", f"smtp; 550 {UNKNOWN_IN_GERMAN}")),
        "recipient",
    ),
    "in Japanese": (
        report(
            "宛先のユーザーが見つかりませんでした。宛先が見つかりません",
            status("failed", "5.0.0"),
            subject="メールを配信できませんでした",
            charset="iso-2022-jp",
        ),
        "recipient",
    ),
    "qmail, no mailbox": (
        qmail("550 sorry, no mailbox here by that name. (#5.7.17)").replace(b"5.7.17", b"5.1.1"),
        "recipient",
    ),
    "qmail, in words alone": (qmail("550 sorry, no mailbox here by that name"), "recipient"),
    "qmail, full": (qmail("552 Mailbox full"), "mailbox_full"),
    "Exim, in words alone": (exim("all hosts: retry timeout exceeded"), "expired"),
    "Exim, by code": (exim("550 5.1.1 mailbox unavailable"), "recipient"),
}


@pytest.mark.parametrize("name", BOUNCES)
def test_a_bounce_is_read_with_its_class_and_its_message(name: str) -> None:
    mail, expected = BOUNCES[name]
    found = read_returned(mail)
    assert (found.kind, found.bounce_class) == ("bounced", expected)
    assert (found.key, found.domain, set(found.to)) == (KEY, "example.com", {ADDRESS})
    assert found.at is not None
    assert found.at.isoformat() == "2026-11-02T10:00:00+01:00"


@pytest.mark.parametrize(("action", "kind"), [("delayed", "deferred"), ("delivered", "delivered")])
def test_what_is_late_or_arrived_is_no_bounce(action: str, kind: str) -> None:
    found = read_returned(report("", status(action, "4.4.7" if kind == "deferred" else "2.0.0")))
    assert (found.kind, found.key, found.bounce_class) == (kind, KEY, None)


def test_whom_a_report_names_counts_and_not_whom_the_mail_in_it_is_for() -> None:
    more = "Original-Recipient: rfc822;eve+2Bnews@example.net\n"
    named = status("failed", "5.1.1", more=more).replace(ADDRESS, "<eve@example.net>")
    found = read_returned(report("", named)).to
    assert found == {"eve@example.net", "eve+2Bnews@example.net", "eve+news@example.net"}


def test_a_report_of_spam_is_a_complaint() -> None:
    found = read_returned(spam_report("abuse"))
    assert (found.kind, found.key, set(found.to)) == ("complained", KEY, {ADDRESS})


ANSWERS = {
    "Outlook": answer("Automatic reply: Good to have met you", "Auto-Submitted: auto-generated\n"),
    "Outlook in German": answer("Automatische Antwort: Schön, Sie getroffen zu haben"),
    "in German": answer("Abwesenheitsnotiz: Re: Guten Tag"),
    "in French": answer("Réponse automatique : Bonjour"),
    "in Japanese": answer("自動応答: こんにちは"),
    "by RFC 3834": answer("Re: Hello", "Auto-Submitted: auto-replied (vacation)\n"),
    "vacation": answer("Re: Hello", "Precedence: bulk\n"),
    "from nobody": answer("Re: Hello", "Return-Path: <>\n"),
    "cPanel": answer("Re: Hello", "X-Autorespond: Hello\n"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_a_program_answers_is_no_bounce_and_no_reply(name: str) -> None:
    found = read_returned(ANSWERS[name])
    assert (found.kind, found.key, found.bounce_class) == ("auto_replied", KEY, None)


def test_what_a_person_answers_is_a_reply() -> None:
    found = read_returned(answer("Re: Good to have met you", words="Yes please! The user unknown"))
    assert (found.kind, found.key) == ("replied", KEY)


ELSEWHERE = ORIGINAL.replace("@example.com>\nDate", "@evil.test>\nDate")
OTHERS = ORIGINAL.replace("ca26b9", "ca26b8")
UNREAD = {
    "a mail of somebody": (plain("Hello", "How are you?", "From: a@b.example\n"), "neither"),
    "a bounce of another's mail": (
        report("", status("failed", "5.1.1"), original="Message-ID: <abc@example.net>\n"),
        "none of our messages",
    ),
    "of one of ours at two domains": (
        report("", status("failed", "5.1.1"), original=ORIGINAL + ELSEWHERE),
        "several of our messages",
    ),
    "of two of ours": (
        report("", status("failed", "5.1.1"), original=ORIGINAL + OTHERS),
        "several of our messages",
    ),
    "without a reason": (report("", status("failed", "5.0.0", "smtp; 550 no")), "does not say why"),
    "with two reasons": (
        report("", status("failed", "5.0.0", "smtp; 550 mailbox full, user unknown")),
        "several reasons",
    ),
    "with two codes": (
        report("", status("failed", "5.0.0", "smtp; 550 5.1.1 said 550 5.7.1")),
        "several reasons",
    ),
    "of an unknown action": (report("", status("expanded", "5.1.1")), "not of one kind"),
    "that it is no spam": (spam_report("not-spam"), "not of spam"),
    "from nobody": (plain("Hello", "How are you?"), "whom it is from"),
    "from an empty name": (plain("Hello", "How are you?", "From: \n"), "whom it is from"),
    "an answer to another": (
        plain("Re: x", "x", "From: a@b.example\nIn-Reply-To: <abc@example.net>\n"),
        "none of our messages",
    ),
}


@pytest.mark.parametrize("name", UNREAD)
def test_what_is_not_certain_is_said_so_without_an_address(name: str) -> None:
    mail, why = UNREAD[name]
    with pytest.raises(NotCertain, match=why) as refused:
        read_returned(mail)
    assert "@" not in str(refused.value)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", bytes(range(256)), b"name,email\nAda,ada@example.org\n", b"key: x\n\nfrom: me"],
)
def test_what_is_no_mail_is_nothing_of_ours(content: bytes) -> None:
    with pytest.raises(NothingOfOurs, match="no mail"):
        read_returned(content)


@given(st.binary(max_size=2000))
def test_whatever_comes_is_read_or_refused(content: bytes) -> None:
    with pytest.raises(NotCertain):
        read_returned(content)


@given(st.integers(0, 3000), st.sampled_from(sorted(BOUNCES)))
def test_a_mail_that_breaks_off_is_never_taken_for_another_message(end: int, name: str) -> None:
    try:
        found = read_returned(BOUNCES[name][0][:end])
    except NotCertain:
        return
    assert found.key == KEY


TO = b"To: news@example.com"
NAMELESS = report("", status("failed", "5.1.1"), original="Subject: Hello\n")
PATH = f"bounces+{KEY}@returns.example"


@pytest.mark.parametrize(
    "header",
    [
        f"To: {PATH}",
        f"Delivered-To: {PATH.upper().replace(KEY.upper(), KEY)}",
        f"X-Original-To: <{PATH}>",
    ],
)
def test_a_report_that_names_no_mail_is_about_that_whose_address_it_was_returned_to(
    header: str,
) -> None:
    with pytest.raises(NotCertain):
        read_returned(NAMELESS)
    found = read_returned(NAMELESS.replace(TO, header.encode()))
    assert (found.kind, found.bounce_class) == ("bounced", "recipient")
    assert (found.key, found.domain) == (KEY, "returns.example")


def test_what_a_report_brings_along_counts_before_where_it_was_returned_to() -> None:
    another = PATH.replace(KEY, "msg_" + "0" * 28)
    mail = report("", status("failed", "5.1.1")).replace(TO, f"To: {another}".encode())
    assert read_returned(mail).key == KEY
    two = f"To: {another}\nDelivered-To: {PATH}"
    with pytest.raises(NotCertain, match="several"):
        read_returned(NAMELESS.replace(TO, two.encode()))
