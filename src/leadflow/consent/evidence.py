"""How sure it is that somebody wants to be written to, or does not: the kinds of evidence.

Whatever says no counts from its moment on. It is undone only by a later yes that is as strong.
"""

import re
from dataclasses import dataclass
from typing import Literal, get_args

Purpose = Literal["marketing", "service", "legal"]
Channel = Literal["email"]
Basis = Literal["consent", "contract", "legitimate_interest", "legal_obligation"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
BASES: tuple[Basis, ...] = get_args(Basis)
# An id of something kept elsewhere, which nobody can mistake for a place for names or addresses.
REFERENCE = r"[A-Za-z0-9._:/#-]{1,200}"


class ConsentInvalid(ValueError):
    """A consent event cannot be so; the message says what to send."""


@dataclass(frozen=True)
class Evidence:
    """A kind of evidence: how strong it is for a yes and for a no (0: it says no such thing), why,
    and whether people and programs may name it or only Leadflow itself, which has seen it."""

    gives: int
    withdraws: int
    why: str
    told: bool = True


EVIDENCE: dict[str, Evidence] = {
    "other_system": Evidence(
        1, 2, "Another system or a file says so. Nobody here has seen what it goes by."
    ),
    "contract": Evidence(
        1,
        0,
        "An order or a contract: a business reason to write, and not the wish to be written to.",
    ),
    "form": Evidence(
        2, 2, "A form was sent. Whoever knows the address can type it, so it undoes no firm no."
    ),
    "told_us": Evidence(
        2,
        3,
        "Said to one of us. A wish to be left alone is taken at its word; "
        "for one to be written to, only our word stands.",
    ),
    "unsubscribe": Evidence(
        0, 3, "The person unsubscribed elsewhere, and the system that took it told us."
    ),
    "reply": Evidence(
        0,
        2,
        "The person answered a mail with nothing but the wish for no more. Mail is easily written "
        "under another name, so a form that is sent later undoes it.",
        told=False,
    ),
    "complaint": Evidence(0, 3, "The person marked a mail as spam."),
    "unsubscribe_link": Evidence(
        0, 3, "The person used the link in a mail, which only that mailbox has.", told=False
    ),
    "preference_page": Evidence(
        3, 3, "The person chose on the page that a mail links, which only that mailbox has.", False
    ),
    "double_opt_in": Evidence(
        3, 0, "The person confirmed by a mail to the address that it is theirs and what they want."
    ),
    "signed_paper": Evidence(3, 3, "There is a paper that the person has signed."),
}
WEAKEST, STRONGEST = 1, 3
OWN_ACT = 3
"""From this strength on, a no is the person's own, and a form undoes it no more."""


def strength_of(kind: str, given: bool) -> int:
    """How strong this kind of evidence is for a yes, or for a no.

    Raises:
        ConsentInvalid: there is no such kind, or it says no such thing.
    """
    known = EVIDENCE.get(kind)
    if known is None:
        raise ConsentInvalid(f"There is no such kind of evidence. Send one of {_kinds(given)}.")
    found = known.gives if given else known.withdraws
    if not found:
        said = "gives no consent" if given else "withdraws none"
        raise ConsentInvalid(f"{kind} {said}. Send one of {_kinds(given)} as evidence.")
    return found


def check_basis(purpose: Purpose, given: bool, basis: Basis | None) -> None:
    """See that a yes says by which law it counts, and that what is said can be.

    Raises:
        ConsentInvalid: it cannot.
    """
    if not given:
        if purpose == "legal":
            raise ConsentInvalid(
                "What the law has us send cannot be opted out of. Withdraw marketing or service."
            )
        if basis is not None:
            raise ConsentInvalid("A withdrawal has no lawful basis. Leave lawful_basis out.")
    elif basis is None:
        raise ConsentInvalid(f"Say the lawful basis, one of {', '.join(BASES)}.")
    elif basis == "legal_obligation" and purpose != "legal":
        raise ConsentInvalid(
            f"No law obliges anybody to send {purpose} mail. Send consent, contract or "
            "legitimate_interest as lawful_basis, or legal as purpose."
        )


def check_reference(reference: str | None) -> None:
    """See that a reference names something by an id.

    Raises:
        ConsentInvalid: it may be somebody's name or address.
    """
    if reference is not None and not re.fullmatch(REFERENCE, reference):
        raise ConsentInvalid(
            "The reference is an id of what proves it, of up to 200 letters, digits and "
            ". _ : / # -. Names and addresses of people do not belong there."
        )


def _kinds(given: bool) -> str:
    fitting = (
        name
        for name, one in EVIDENCE.items()
        if one.told and (one.gives if given else one.withdraws)
    )
    return ", ".join(fitting)
