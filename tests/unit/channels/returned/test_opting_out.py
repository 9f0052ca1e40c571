"""Whoever answers with nothing but the wish for no more mail is heard; what is not certain is not
guessed."""

import pytest

from leadflow.channels.email.returned.reading import read_returned
from tests.unit.channels.returned.mails import ADDRESS, answer

NO_MORE = [
    "No emails please",
    "Bitte keine Mails",
    "Keine E-Mails mehr, danke",
    "Non voglio più ricevere email",
    "Basta email",
    "Unsubscribe",
    "ABMELDEN bitte!",
    "Bitte abmelden",
    "Please remove me from your list",
    "Please remove me from your list. Thanks!",
    "desuscribir",
    "Desuscribirme por favor",
    "unsuscribe",
    "Unsubcribe",
    "UNSUBSCRIBED",
    "un-subscribe me please",
    "please un subscribe",
    "Hello,\n\nplease remove me from your mailing\nlist.\n\nThanks,\nAda",
    "Bitte nehmen Sie mich aus Ihrem Verteiler.",
    "Bitte melden Sie mich von Ihrem Newsletter ab",
    "Ich möchte mich vom Newsletter abmelden",
    "Bitte keine weiteren E-Mails",
    "Keine Mails mehr!",
    "Je souhaite me désabonner",
    "Merci de me désinscrire de votre liste",
    "desabonnez-moi svp",
    "Quiero darme de baja",
    "dar de baja",
    "Denme de baja de la lista, por favor",
    "No me envíen más correos",
    "Vorrei disiscrivermi",
    "Disiscrivetemi grazie",
    "Rimuovetemi dalla lista",
    "Per favore cancellatemi dalla vostra mailing list",
    "Cancelar a minha inscrição",
    "Descadastrar",
    "Quero descadastrar meu email",
    "Graag uitschrijven",
    "Ik wil mij afmelden",
    "Schrijf me uit aub",
    "Haal mij van de lijst",
    "Proszę o wypisanie z newslettera",
    "Nie chcę więcej maili",
    "Rezygnuję",
    "STOP",
    "stop sending me emails",
    "no more emails please",
    "I want to opt out",
    "take me off your list",
    "Please unsubscribe me.\nSent from my iPhone",
    "Stop!!!",
    "🛑 STOP 🛑",
    "Darme de baja, por favor",
    "baja",
    "Por favor, baja",
    "Me désabonner",
    "Remove",
    "Stop emailing me",
    "Do not contact me again",
    "Meld mij af",
    "Delete me from your database",
    "Please unsubscribe me.\n\n-- \nAda Lovelace\n",
    "stop\n\nOn Mon, 2 Nov 2026, Example wrote:\n> Good to have met you\n",
    "Bitte abmelden!\n\nVon: Example\nGesendet: Montag\n",
    "Cancellami",
    "Uitschrijven",
    "Proszę wypisz mnie",
    "Me désabonner\n",
]
PERHAPS = [
    "Estoy de baja",
    "Keine Mails",
    "Hi,\n\ncould you unsubscribe my colleague Ben?",
    "Please stop sending me paper catalogues.",
    "Bitte melden Sie mich von den Messe-Mails ab.",
    "Don't unsubscribe me!",
    "How do I unsubscribe?",
    "unsubscribe? no, thanks",
    "I cannot unsubscribe, why?",
    "I unsubscribed by mistake, please send me more",
]
NOT_SO = [
    "No email?",
    "Nessuna mail!",
    "Ana está de vacaciones",
    "Let us meet on Monday.",
    "The train does not stop here.",
    "I want more of this newsletter",
    "Danke, bitte mehr",
    "Hello",
    "",
    "Yes, please send me the list",
    "Please stop by on Monday",
    "We want to remove friction from sales",
    "Can you contact me",
    "Thanks!\n\nOn Mon, 2 Nov 2026, Example wrote:\n> Unsubscribe: https://a",
    "Thanks!\n\nFrom: Example <news@example.com>\nSent: Monday\n\nUnsubscribe",
]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        *((words, "surely") for words in NO_MORE),
        *((words, "perhaps") for words in PERHAPS),
        *((words, "no") for words in NOT_SO),
    ],
)
def test_an_answer_opts_out_where_its_own_first_line_says_just_that(
    words: str, expected: str
) -> None:
    found = read_returned(answer("Re: Hello", words=words))
    assert (found.kind, found.opts_out, found.sender) == ("replied", expected, ADDRESS)


@pytest.mark.parametrize(
    ("subject", "words", "expected"),
    [
        ("unsubscribe", "", "surely"),
        ("Bitte abmelden", "\nSent from my iPhone", "surely"),
        # It may be the subject of the mail that is answered.
        ("Re: Unsubscribe", "", "perhaps"),
        ("Unsubscribe", "I am Ben.", "perhaps"),
        ("Re: Stop wasting time", "How?", "no"),
    ],
)
def test_an_answer_without_words_says_it_by_its_subject(
    subject: str, words: str, expected: str
) -> None:
    assert read_returned(answer(subject, words=words)).opts_out == expected


def test_an_answer_of_a_program_opts_nobody_out() -> None:
    found = read_returned(answer("Automatic reply: Hello", words="Unsubscribe"))
    assert (found.kind, found.opts_out) == ("auto_replied", "no")


def test_an_answer_in_html_alone_is_read_too() -> None:
    page = answer("Re: Hello", words="<div>Unsubscribe</div><blockquote>Hello</blockquote>")
    assert read_returned(page.replace(b"text/plain", b"text/html")).opts_out == "surely"
