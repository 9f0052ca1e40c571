"""What is known of a lead stands in its mail as words, and nothing goes out with a gap in it."""

from typing import Any

import pytest

from leadflow.channels.email.compiling import compiled
from leadflow.channels.email.rendering import NotRendered, Rendered, rendered


def mail(words: str, subject: str = "Hi", **values: Any) -> Rendered:
    body = f"<mj-section><mj-column><mj-text>{words}</mj-text></mj-column></mj-section>"
    return rendered(compiled(subject, None, body), values)


def test_what_stands_in_a_field_is_no_markup_and_no_template() -> None:
    name = '<b onclick="a()">{{ rep.email }}'
    written = mail("{{ lead.first_name }}", "To {{ lead.first_name }}", lead={"first_name": name})
    assert "&lt;b onclick=&#34;a()&#34;&gt;{{ rep.email }}" in written.html
    assert written.text == f"{name}\n"
    assert written.subject == f"To {name}"


def test_a_subject_stays_one_line() -> None:
    lead = {"first_name": "Ann\r\nBcc: all@example.com"}
    assert mail("a", "To {{ lead.first_name }}", lead=lead).subject == (
        "To Ann Bcc: all@example.com"
    )


@pytest.mark.parametrize(
    "missing", [{}, {"lead": {}}, {"lead": {"first_name": None}}, {"lead": {"first_name": " "}}]
)
def test_who_has_no_name_is_greeted_with_the_words_for_that(missing: dict[str, Any]) -> None:
    assert (
        mail('Hello {{ lead.first_name | fallback("there") }}', **missing).text == "Hello there\n"
    )


@pytest.mark.parametrize("missing", [{}, {"unsubscribe_url": None}, {"unsubscribe_url": ""}])
def test_a_mail_without_an_address_that_it_needs_is_not_written(missing: dict[str, Any]) -> None:
    with pytest.raises(NotRendered, match="no value"):
        mail('<a href="{{ unsubscribe_url }}">No more</a>', **missing)


def test_a_mail_with_an_empty_subject_is_not_written() -> None:
    with pytest.raises(NotRendered, match="subject is empty"):
        mail("a", "{% if lead.first_name %}Hello{% endif %}")


def test_names_are_those_of_values_never_of_the_program() -> None:
    words = '{{ lead.attributes.items | fallback("none") }}'
    assert mail(words, lead={"attributes": {}}).text == "none\n"
    assert mail(words, lead={"attributes": {"items": "3 pumps"}}).text == "3 pumps\n"
