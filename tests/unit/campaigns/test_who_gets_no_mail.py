"""Of those that would come into a campaign, whoever gets no mail is counted once, and beside the
audience, whose counts add up without them."""

from leadflow.campaigns.launch_question import _for_whom, no_mail
from leadflow.campaigns.previewing import Preview
from leadflow.consent.refusals import IN_WORDS

SHOWN = Preview(
    13, {"enrolled": 10, "was_in_it": 3}, (), withheld={"no_consent": 2, "no_address": 1}
)


def test_whoever_gets_no_mail_is_counted_once_and_said_to_be_of_those_that_come_in() -> None:
    found = no_mail(SHOWN)
    assert found is not None
    said, reasons = found
    assert said == (
        "Of the 10 that would come in, 3 get no mail as things are now, each counted once, by the "
        "first reason"
    )
    assert reasons == [(2, IN_WORDS["no_consent"]), (1, IN_WORDS["no_address"])]


def test_the_list_of_the_audience_adds_up_without_them() -> None:
    audience, _, without = _for_whom(SHOWN).partition("\n\n")
    counts = [int(line[2:].split(":")[0]) for line in audience.splitlines()[1:]]
    assert sum(counts) == 13
    assert "Of the 10 that would come in, 3 get no mail" in without


def test_where_all_of_them_get_mail_nothing_is_said() -> None:
    assert no_mail(Preview(10, {"enrolled": 10}, ())) is None
