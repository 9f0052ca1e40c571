"""A campaign that cannot be used is refused with everything that is wrong, each with its place."""

from typing import Any

import pytest

from tests.unit.campaigns.written import BODY, campaign, laid_out, problems, program

HELLO = {"step": "hello", "send": "hello"}
DONE = {"step": "done", "end": "finished"}


def test_a_campaign_in_order_has_each_way_as_an_edge() -> None:
    made = program(
        [
            HELLO,
            {"step": "pause", "wait": "P2D"},
            {
                "step": "hears",
                "listen": {
                    "on": ["lead.did.reply"],
                    "within": "P3D",
                    "then": "done",
                    "otherwise": "which",
                },
            },
            {
                "step": "which",
                "switch": [
                    {"when": {"level": {"operator": "equals", "value": "hot"}}, "then": "done"},
                    {"then": "end"},
                ],
            },
            DONE,
        ],
        goal={"on": ["lead.converted"]},
    )
    assert [str(edge) for edge in made.edges] == [
        "hello --then--> pause",
        "pause --then--> hears",
        "hears --then--> done",
        "hears --otherwise--> which",
        "which --case_1--> done",
        "which --case_2--> finished",
        "done --end--> finished",
        "* --opted_out--> opted_out",
        "* --goal--> goal",
    ]


LISTENS = {"on": ["lead.did.reply"], "within": "P3D", "then": "done", "otherwise": "done"}
WRONG: dict[str, tuple[list[dict[str, Any]], dict[str, Any], str, str]] = {
    "a way back": (
        [HELLO, {"step": "pause", "wait": "P2D", "then": "hello"}],
        {},
        "steps[1].then",
        "ways lead forward only",
    ),
    "a step that nobody comes to": (
        [{**HELLO, "then": "done"}, {"step": "pause", "wait": "P2D"}, DONE],
        {},
        "steps[1]",
        "No way leads to this step",
    ),
    "a step that is not there": (
        [{**HELLO, "then": "don"}, DONE],
        {},
        "steps[0].then",
        "Did you mean done",
    ),
    "a name twice": ([HELLO, {"step": "hello", "wait": "P2D"}], {}, "steps[0].step", "this name"),
    "listening without an end": (
        [{"step": "hears", "listen": {k: v for k, v in LISTENS.items() if k != "within"}}, DONE],
        {},
        "steps[0].listen.within",
        "A `listen` needs `within`",
    ),
    "an event that never happens": (
        [{"step": "hears", "listen": {**LISTENS, "on": ["lead.boughtt"]}}, DONE],
        {},
        "steps[0].listen.on[0]",
        "Nothing of this name happens",
    ),
    "an unknown field": (
        [
            {
                "step": "which",
                "switch": [
                    {"when": {"levle": {"operator": "exists"}}, "then": "done"},
                    {"then": "done"},
                ],
            },
            DONE,
        ],
        {},
        "steps[0].switch[0].when.levle",
        "There is no field 'levle'",
    ),
    "a switch without a way for the rest": (
        [
            {
                "step": "which",
                "switch": [
                    {"when": {"level": {"operator": "exists"}}, "then": "done"},
                    {"when": {"level": {"operator": "exists"}}, "then": "done"},
                ],
            },
            DONE,
        ],
        {},
        "steps[0]",
        "the last has none",
    ),
    "two things in a step": (
        [{**HELLO, "wait": "P2D"}, DONE],
        {},
        "steps[0]",
        "not send and wait",
    ),
    "a wait for what is no date": (
        [
            {
                "step": "pause",
                "wait": {"until": {"field": "level", "at": "09:00"}, "otherwise": "done"},
            },
            DONE,
        ],
        {},
        "steps[0].wait.until.field",
        "no date to wait for",
    ),
    "a wait for a date that may be missing": (
        [{"step": "pause", "wait": {"until": {"field": "attributes.ends", "at": "09:00"}}}, DONE],
        {},
        "steps[0].wait",
        "`otherwise` goes with `until.field`",
    ),
    "a wait of days as people say them": (
        [{"step": "pause", "wait": "2 days"}],
        {},
        "steps[0].wait",
        "P2D for two days",
    ),
    "an end with a name of ours": (
        [HELLO, {"step": "done", "end": "opted_out"}],
        {},
        "steps[1].end",
        "every campaign has",
    ),
    "actions that there are not": (
        [HELLO, {"step": "tagged", "do": {"tagg": ["a"]}}],
        {},
        "steps[1].do.tagg",
        "Did you mean tag",
    ),
    "a typo within a step": (
        [{"step": "hears", "listen": {**LISTENS, "withn": "P3D"}}, DONE],
        {},
        "steps[0].listen.withn",
        "Did you mean within",
    ),
    "one where a list is meant": (
        [{"step": "hears", "listen": {**LISTENS, "on": "lead.lost"}}, DONE],
        {},
        "steps[0].listen.on",
        "Write a list here",
    ),
    "an hour as people say it": (
        [{"step": "pause", "wait": {"until": {"weekdays": ["tue"], "at": "9am"}}}],
        {},
        "steps[0].wait.until.at",
        "Write an hour such as",
    ),
    "a day that there is not": (
        [{"step": "pause", "wait": {"until": {"date": "2026-02-30", "at": "09:00"}}}],
        {},
        "steps[0].wait.until.date",
        "There is no such day",
    ),
    "hours that overlap": (
        [HELLO],
        {"open_hours": {"mon": ["09:00-12:00", "11:00-13:00"]}},
        "open_hours",
        "the hours overlap",
    ),
    "hours that leave none": (
        [HELLO],
        {
            "open_hours": {"mon": ["09:00-12:00"]},
            "quiet_hours": {"start": "08:00", "end": "14:00"},
        },
        "open_hours",
        "no hour left",
    ),
    "a language that is none of ours": (
        [HELLO],
        {"language": "sv-SE"},
        "language",
        "en, de, fr, es, it, pt, nl or pl",
    ),
    "a name of blanks": ([HELLO], {"name": "   "}, "name", "there are blanks alone"),
    "a name that is read backwards": ([HELLO], {"name": "Fair\u202egnol"}, "name", "U+202E"),
    "a name over lines": ([HELLO], {"name": "Fair\nLyon"}, "name", "U+000A"),
    "a step called as an end": (
        [HELLO | {"step": "goal"}],
        {},
        "steps[0].step",
        "goal is what an end is called",
    ),
    "a step called as whoever was taken out": (
        [HELLO | {"step": "taken_out"}],
        {},
        "steps[0].step",
        "taken_out is what an end is called",
    ),
    "a switch of one case": (
        [{"step": "s", "switch": [{"then": "end"}]}],
        {},
        "steps[0].switch",
        "Write at least 2 cases",
    ),
    "an hour without quotes": (
        [HELLO],
        {"quiet_hours": {"start": 8, "end": "20:00"}},
        "quiet_hours.start",
        'Write an hour in quotes, such as "08:00"',
    ),
    "words in place of names": ([HELLO], {"limits": "two"}, "limits", "as name: value"),
    "a language by its name": ([HELLO], {"language": "German"}, "language", "such as de-AT"),
    "a zone that is none": ([HELLO], {"zone": "Berlin"}, "zone", "one is Europe/Berlin"),
    "reentry by half": (
        [HELLO],
        {"reentry": {"gap": "P90D"}},
        "reentry",
        "say nothing where `allow` is never",
    ),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_mistake_is_told_at_its_place(mistake: str) -> None:
    steps, others, place, words = WRONG[mistake]
    found = problems(campaign(steps, **others))
    assert words in found.get(place, f"nothing at {place}: {found}")


NO_WAY_OUT = "tells everybody how to get no more"
CONTENTS = {
    "a variable that nobody fills": ("Hello {{ lead.nickname }}", "Nobody fills lead.nickname"),
    "one that can be missing": ("Hello {{ lead.first_name }}", "is not known of every lead"),
    "a link without a scheme": ('<a href="example.com/a">a</a>', "has no scheme"),
    "a link by a scheme that runs": (
        '<a href="javascript:alert(1)">a</a>',
        "javascript is no scheme",
    ),
    "braces that do not close": ("Hello {{ lead.first_name", "is not closed before a <"),
    "a loop": ("{% for a in lead %}x{% endfor %}", "a for has no place here"),
    "a call": ("{{ lead.first_name.upper() }}", "a call has no place here"),
    "what lies under names": ("{{ lead.__class__ }}", "Nobody fills lead.__class__"),
    "a filter that is none": ("{{ lead.first_name | attr('x') }}", "There is no filter attr"),
    "nothing to get out by": ("Hello", NO_WAY_OUT),
    "a way out that is only shown": ("{{ unsubscribe_url }}", NO_WAY_OUT),
    "a way out for some": (
        '{% if lead.first_name %}<a href="{{ unsubscribe_url }}">Out</a>{% endif %}',
        NO_WAY_OUT,
    ),
    "a way out without words": ('<a href="{{ unsubscribe_url }}"> </a>', NO_WAY_OUT),
    "a way out that is hidden": (
        '<span style="display: none"><a href="{{ unsubscribe_url }}">Out</a></span>',
        NO_WAY_OUT,
    ),
    "one brace": ("Hello {lead.first_name}", "two braces each side"),
    "braces of another program": ("Hello *|FNAME|*", "two braces each side"),
    "a link with a blank": ('<a href="https://exam ple.com">a</a>', "has a blank in it"),
    "a blank behind braces": (
        '<a href="https://example.com/{{ campaign.name }} a">a</a>',
        "has a blank in it",
    ),
    "braces in place of an address": (
        '<a href="{{ campaign.name }}/{{ campaign.name }}">a</a>',
        "is no address that Leadflow fills",
    ),
    "a link to nowhere": ('<a href="">a</a>', "leads nowhere"),
    "a fallback of nothing": (
        "{{ lead.first_name | fallback('') }}",
        "says nothing. Write the words in quotes",
    ),
    "a fallback that is left out": (
        "{{ lead.first_name | fallback }}",
        "fallback needs the words",
    ),
    "an if that is not closed": ("{% if lead.first_name %}Hello", "write {% endif %} below"),
    "an end of nothing": ("Hello{% endfor %}", "endfor %} says nothing here"),
    "a sign of a program": ("{{ lead.first_name ? }}", "has no place between braces"),
    "empty braces": ("{{ }}", "stands nothing"),
}


@pytest.mark.parametrize("mistake", CONTENTS)
def test_a_content_that_would_go_out_wrong_is_refused(mistake: str) -> None:
    text, words = CONTENTS[mistake]
    tail = "" if words == NO_WAY_OUT else BODY
    written = campaign([HELLO], contents={"hello": {"subject": "a", "body": text + tail}})
    assert words in problems(written)["contents.hello.body"]


@pytest.mark.parametrize(
    "text",
    [
        'Hello {{ lead.first_name | fallback("there") }}',
        "{% if lead.first_name %}Hello {{ lead.first_name | title }}{% else %}Hello{% endif %}",
        "{{ campaign.name }}",
        '{{ lead.attributes.plan | fallback("your plan") }}',
        "{% if not lead.first_name %}Hello{% else %}Hello {{ lead.first_name }}{% endif %}",
        '<a href="mailto:a@example.com">a</a><a href="https://example.com/?a=1">b</a>',
        """<a href="https://a.example/{{ lead.first_name | fallback('x') | urlencode }}">a</a>""",
        '<a href="https://a.example/{{ lead.first_name | fallback("x y") | urlencode }}">a</a>',
        '<a href="https://example.com/{% if lead.region %}here{% else %}there{% endif %}">a</a>',
    ],
)
def test_a_content_that_says_something_to_everybody_is_taken(text: str) -> None:
    written = campaign([HELLO], contents={"hello": {"subject": "a", "body": laid_out(text) + BODY}})
    assert problems(written) == {}


def test_names_are_held_against_those_there_are() -> None:
    text = '{{ lead.attributes.plna | fallback("x") }}' + BODY
    written = campaign(
        [
            {"step": "hears", "listen": {**LISTENS, "on": ["lead.did.repli"]}},
            HELLO | {"step": "done"},
        ],
        contents={"hello": {"subject": "a", "body": text}},
    )
    found = problems(
        written, {"attributes.": {"plan": "text"}, "events.": {"reply": ""}, "segments": {}}
    )
    assert "Did you mean reply" in found["steps[0].listen.on[0]"]
    assert "Did you mean plan" in found["contents.hello.body"]


def test_a_content_that_nobody_sends_and_one_that_is_not_there_are_told() -> None:
    written = campaign([HELLO], contents={"helo": {"subject": "a", "body": BODY}})
    found = problems(written)
    assert "Did you mean helo" in found["steps[0].send"]
    assert "No step sends this" in found["contents.helo"]


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("de", "de"),
        ("DE", "de"),
        ("de-AT", "de-AT"),
        ("de_at", "de-AT"),
        ("pt-Latn-BR", "pt-Latn-BR"),
    ],
)
def test_a_language_may_say_its_country(said: str, written: str) -> None:
    assert program([HELLO], language=said).campaign.language == written
