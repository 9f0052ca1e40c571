"""What states, ends and reasons of campaigns are called on pages."""

from leadflow.consent.refusals import IN_WORDS

STATES = {
    "draft": "draft: nobody comes in yet",
    "live": "live",
    "paused": "paused: nothing is sent, everybody stays where they are",
    "stopped": "stopped, for good",
    "archived": "put away, for good",
}
TYPES = {
    "welcome_series": "welcome series",
    "educational": "educational",
    "product_demo": "product demo",
    "case_study": "case study",
    "trial_nurture": "trial nurture",
    "re_engagement": "re-engagement",
    "upsell": "upsell",
    "win_back": "win-back",
}
MESSAGES = {
    "planned": "planned",
    "claimed": "being sent",
    "accepted": "sent",
    "delivered": "delivered",
    "bounced": "came back",
    "withheld": "withheld",
    "cancelled": "cancelled",
    "failed": "failed",
    "uncertain": "uncertain",
}
MEANS = {
    "planned": "It waits until it is due.",
    "claimed": "It is being handed to the mail server right now.",
    "accepted": "The mail server has taken it.",
    "delivered": "It is in the mailbox.",
    "bounced": "It came back.",
    "withheld": "The lead may not be written to.",
    "cancelled": "The lead left the campaign before it was sent, or it was too late.",
    "failed": "It was not sent, and will not be.",
    "uncertain": "The connection broke off before the mail server answered: it may have arrived or "
    "not. It is never sent again by itself.",
}
ENDS = {
    "goal": "reached the goal",
    "finished": "went through to the end",
    "opted_out": "opted out",
    "opted_out_elsewhere": "had opted out before, or elsewhere",
    "merged": "became one with another lead",
    "taken_out": "taken out by somebody",
    "stopped": "in it when the campaign was stopped",
    "deleted": "deleted since",
    "migrated": "left as the others were moved to another version",
}
# Where there is room for a few words only.
WITHHELD = {
    "no_consent": "no consent is known",
    "opted_out": "they opted out",
    "no_address": "no e-mail address is known",
    "hard_bounce": "the address does not exist",
    "complaint": "they marked our mail as spam",
    "asked_by_person": "they asked us not to write",
    "merged": "now another lead",
    "erased": "they wanted to be forgotten",
    "limit": "the campaign has sent all that it may",
}
LIMIT = "The campaign has sent as many messages as it may in all."
PUT_OFF = {
    "daily": "its campaign had sent as many as it may in a day",
    "frame": "its campaign had sent as many as it may in such a time",
    "lead_day": "the lead had got as many mails as it may in a day",
    "lead_week": "the lead had got as many mails as it may in a week",
}
FAULTS = {
    "recipient": "The address does not exist.",
    "mailbox_full": "The mailbox is full, and stayed so.",
    "policy": "The other side's mail server does not take our mail.",
    "content": "The mail could not be written, or was refused for what it says.",
    "unclear": "It was refused, and nobody said why for certain.",
    "needs_smtputf8": "The address is in letters that the mail server does not take.",
    "transient": "The mail server could not be reached, time and again.",
    "credentials": "The mail server does not accept our sign-in.",
    "expired": "The mail server could not reach theirs for days.",
}
SAYS = {
    "given": "agreed",
    "withdrawn": "opted out",
    "unknown": "nothing is known",
}


def called(end: str) -> str:
    """How it ended, in words."""
    return ENDS.get(end, end.replace("_", " "))


def because(state: str, why: str | None) -> str:
    """Why a message is in its state, in a sentence."""
    if not why:
        return ""
    if state == "withheld":
        return LIMIT if why == "limit" else IN_WORDS.get(why, why)
    fault, _, said = why.partition(": ")
    if fault not in FAULTS:
        return why
    return f"{FAULTS[fault]} It was said: {said}" if said else FAULTS[fault]
