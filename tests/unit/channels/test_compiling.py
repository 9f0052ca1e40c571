"""What is written as MJML comes out whole, in HTML and in words, or is refused by its line."""

import pickle
from pathlib import Path

import pytest
import yaml

from leadflow.channels.email.compiling import MarkupInvalid, compiled
from leadflow.channels.email.rendering import rendered

EXAMPLES = Path(__file__).parents[3] / "examples" / "campaigns"
FULL = {
    "lead": {"first_name": "Zoë", "company_name": "Pumps & Sons", "attributes": {}},
    "rep": {},
    "sender": {"name": "Ann", "address": "1 Main Street"},
    "campaign": {"name": "Hello"},
    "unsubscribe_url": "https://example.com/u?a=1&b=2",
    "preferences_url": "https://example.com/p",
}
NOBODY = FULL | {"lead": {}}


def laid_out(words: str) -> str:
    return f"<mj-section><mj-column><mj-text>{words}</mj-text></mj-column></mj-section>"


def contents() -> dict[str, dict[str, str]]:
    files = (path for path in EXAMPLES.glob("*.yaml") if ".scenarios" not in path.name)
    return {
        f"{name}.{called}": content
        for path in files
        for name, campaign in yaml.safe_load(path.read_text())["campaigns"].items()
        for called, content in campaign["contents"].items()
    }


def test_every_content_of_the_examples_is_a_mail_for_whoever_gets_it() -> None:
    found = contents()
    assert len(found) > 25
    for content in found.values():
        ready = compiled(content["subject"], content.get("preheader"), content["body"])
        for values in (FULL, NOBODY):
            mail = rendered(ready, values)
            for part in (mail.subject, mail.html, mail.text):
                assert "{{" not in part
                assert "{%" not in part
                assert "qzj7x" not in part
            assert "https://example.com/" in mail.text


def test_names_blocks_and_quotes_come_out_unharmed_in_both_parts() -> None:
    body = laid_out(
        'Hello {{ lead.first_name | fallback("you & yours") }}{% if lead.company_name %} of '
        '{{ lead.company_name }}{% endif %}, <a href="{{ unsubscribe_url }}">No more</a>'
    )
    ready = compiled("Hi", None, body)
    for part in (ready.html, ready.text):
        assert '{{ lead.first_name | fallback("you & yours") }}' in part
        assert "{% if lead.company_name %} of {{ lead.company_name }}{% endif %}," in part
    mail = rendered(ready, NOBODY)
    assert "Hello you &amp; yours, <a href=" in mail.html
    assert 'href="https://example.com/u?a=1&amp;b=2"' in mail.html
    assert "Hello you & yours, No more <https://example.com/u?a=1&b=2>" in mail.text


def test_an_if_encloses_sections_columns_lines_rows_or_addresses() -> None:
    body = (
        "{% if lead.first_name %}<mj-section>{% if lead.first_name %}<mj-column>"
        "{% if lead.first_name %}<mj-text>one{% if lead.first_name %}<br>two{% endif %}</mj-text>"
        "{% endif %}<mj-table><tr><td>three</td></tr>{% if lead.first_name %}<tr><td>four</td></tr>"
        "{% endif %}</mj-table><mj-text>"
        '<a href="{% if lead.first_name %}https://a.example{% else %}https://b.example{% endif %}">'
        "five</a></mj-text></mj-column>{% endif %}</mj-section>{% endif %}" + laid_out("six")
    )
    ready = compiled("Hi", None, body)
    known, unknown = rendered(ready, FULL), rendered(ready, NOBODY)
    assert known.text.split() == [
        "one",
        "two",
        "three",
        "four",
        "five",
        "<https://a.example>",
        "six",
    ]
    assert unknown.text == "six\n"
    assert "four" in known.html
    assert "three" not in unknown.html


def test_the_words_of_a_mail_are_read_in_their_order_with_room_between() -> None:
    body = (
        "<mj-section><mj-column><mj-text>Hello,</mj-text><mj-text>two &amp; three < four</mj-text>"
        '<mj-button href="https://example.com/a?b=1&c=2">Look</mj-button>'
        '<mj-image src="https://example.com/a.png" alt="A\u00a0“pump”" /></mj-column></mj-section>'
    )
    ready = compiled("Hi", "Only in the list & beside", body)
    expected = "Hello,\n\ntwo & three < four\n\nLook <https://example.com/a?b=1&c=2>\n\nA “pump”\n"
    assert ready.text.replace("\u00a0", " ") == expected
    assert "Only in the list &amp; beside</div>" in ready.html
    assert "u{" not in ready.html


@pytest.mark.parametrize("between", ["\n", "\n  ", " \n", "\n<!-- a note -->\n"])
def test_words_on_lines_of_their_own_do_not_run_together(between: str) -> None:
    links = f'<a href="https://a.example">one</a>{between}<a href="https://b.example">two</a>'
    words = f"<b>three</b>{between}<i>four</i>"
    body = (
        f"\n<mjml>{between}<mj-body>{between}<mj-raw><p>{words}</p></mj-raw>"
        f"<mj-section>{between}<mj-column><mj-text>{links}</mj-text>"
        f'<mj-button href="https://c.example">{words}</mj-button>'
        f"<mj-table>{between}<tr>{between}<td>{words}</td></tr></mj-table>"
        f"<mj-text><ul>{between}<li><p>{words}</p></li></ul></mj-text>"
        f"</mj-column></mj-section></mj-body></mjml>"
    )
    ready = compiled("Hi", None, body)
    assert "one <https://a.example> two <https://b.example>" in ready.text
    assert ready.text.count("three four") == 4
    for first, second in (("one</a>", "<a href"), ("three</b>", "<i>four")):
        assert f"{first}{second}" not in ready.html


def test_lines_that_are_to_stay_as_they_are_stay() -> None:
    ready = compiled("Hi", None, laid_out("<pre><b>one</b>\n<b>two</b></pre>"))
    assert "one</b>\n<b>two" in ready.html
    assert ready.text == "one\ntwo\n"


def test_nothing_is_fetched_from_elsewhere_and_notes_stay_at_home() -> None:
    ready = compiled("Hi", None, "<!-- ask Bob -->" + laid_out("Hello"))
    assert "Bob" not in ready.html
    assert "<link" not in ready.html
    assert "@import" not in ready.html


WRONG = {
    "an element that is none": (
        laid_out("a") + "\n<mj-section><mj-colum></mj-colum></mj-section>",
        2,
        "Did you mean mj-column",
    ),
    "one that is not closed": (
        "<mj-section>\n<mj-column>\n<mj-text>a</mj-column></mj-section>",
        3,
        "<mj-text> is not closed",
    ),
    "one that is open at the end": (
        "\n<mj-section>\n<mj-column></mj-column>",
        2,
        "<mj-section> is not closed",
    ),
    "an end without a beginning": (laid_out("a</p>"), 1, "ends what has not begun"),
    "words between columns": (
        "<mj-section>\n\nhello<mj-column></mj-column></mj-section>",
        3,
        "Words stand inside of mj-text",
    ),
    "a name between columns": (
        "<mj-section>\n{{ campaign.name }}<mj-column></mj-column></mj-section>",
        2,
        "Words stand inside of mj-text",
    ),
    "one in the wrong place": ("\n<mj-text>a</mj-text>", 2, "it stands in mj-column or mj-hero"),
    "HTML between sections": (laid_out("a") + "\n<p>b</p>", 2, "p is HTML"),
    "nothing to see": (laid_out(" "), 1, "nothing in it that anybody could see"),
    "a program": (laid_out("\n<script>a()</script>"), 2, "script has no place in a mail"),
    "a file of this machine": ('<mj-include path="/etc/passwd" />', 1, "There is no mj-include"),
    "an if that is torn": (
        "<mj-section><mj-column>{% if lead.region %}\n<mj-text>a{% endif %}</mj-text></mj-column>"
        "</mj-section>",
        2,
        "The if of line 1 begins inside of mj-column",
    ),
    "an if torn by quotes": (
        laid_out('<a href="{% if lead.region %}">a</a>{% endif %}'),
        1,
        "between the same",
    ),
    "braces among attributes": (
        "<mj-section {{ campaign.name }}></mj-section>",
        1,
        "between the quotes",
    ),
    "braces that do not close": (laid_out("a\n{{ campaign.name "), 2, "not understood"),
    "a name after a name of many lines": (
        "<mj-section>\n<mj-column><mj-text>{{\n\ncampaign.name }}</mj-text>\nb</mj-column>"
        "</mj-section>",
        5,
        "Words stand",
    ),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_what_would_be_lost_in_a_mail_is_refused_by_its_line(mistake: str) -> None:
    body, line, words = WRONG[mistake]
    with pytest.raises(MarkupInvalid, match="line") as refused:
        compiled("Hi", None, body)
    assert (line, True) in [(one.line, words in one.problem) for one in refused.value.faults]


def test_a_whole_document_keeps_its_own_styles() -> None:
    body = (
        "<mjml><mj-head><mj-preview>Look</mj-preview>"
        "<mj-style>.a { color: red }</mj-style></mj-head>"
        f"<mj-body>{laid_out('<span class=a>Hello</span>')}</mj-body></mjml>"
    )
    ready = compiled("Hi", None, body)
    assert '<span class="a" style="color: red' in ready.html
    assert ready.text == "Hello\n"
    assert pickle.loads(pickle.dumps(ready)) == ready  # noqa: S301


def test_a_mail_says_its_language_and_a_whole_document_its_own() -> None:
    assert '<html lang="de-AT"' in compiled("Hi", None, laid_out("Servus"), "de-AT").html
    assert '<html lang="en"' in compiled("Hi", None, laid_out('a lang="und" b')).html
    assert 'lang="und"' in compiled("Hi", None, laid_out('<i lang="und" id="a">b</i>')).html
    whole = f'<mjml lang="fr"><mj-body>{laid_out("Bonjour")}</mj-body></mjml>'
    assert '<html lang="fr"' in compiled("Hi", None, whole, "de").html
