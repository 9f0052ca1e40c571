"""Links that are tracked lead where they led, and others stay as they are."""

import re

from leadflow.channels.email.compiling import compiled
from leadflow.channels.email.tracking import tracked

BODY = """<mj-section><mj-column>
<mj-text>See <a href="https://example.com/a?x=1&amp;y=2">one</a>,
<a href="mailto:ada@example.org">write</a>, <a href="tel:+4930123">call</a>,
<a href="https://example.com/{{ lead.attributes.id | fallback("x") }}">yours</a>,
<a href="{{ unsubscribe_url }}">no more</a></mj-text>
<mj-button href="https://example.com/b">Two</mj-button>
</mj-column></mj-section>"""


def test_links_become_ours_and_say_nothing_of_where_they_lead() -> None:
    content = compiled("Hello", None, BODY)
    found = tracked(content, "all")
    assert found.targets == ("https://example.com/a?x=1&y=2", "https://example.com/b")
    links = re.findall(r'href="([^"]*)"', found.content.html)
    assert [one for one in links if one.startswith("http")] == [
        "https://example.com/{{ lead.attributes.id | fallback("
    ]
    assert "{{ unsubscribe_url }}" in links
    assert "mailto:ada@example.org" in links
    assert [one for one in links if "tracked" in one] == [
        "{{ tracked.link_1 }}",
        "{{ tracked.link_2 }}",
        "{{ tracked.trap }}",
    ]
    assert found.content.html.index("tracked.open") < found.content.html.index("</body>")
    assert found.content.text == content.text


def test_without_tracking_a_content_stays_as_it_is_and_clicks_need_no_picture() -> None:
    content = compiled("Hello", None, BODY)
    assert tracked(content, "off").content == content
    assert "tracked.open" not in tracked(content, "clicks").content.html
    assert tracked(content, "clicks").targets == tracked(content, "all").targets
