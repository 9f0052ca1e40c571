"""What is asked of many leads at once: which, and what is to be done with them."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from leadflow.exports.schemas import Format
from leadflow.search.schemas import LeadQuestion


class Assign(BaseModel):
    """Give them to a salesperson; ``why``: in the words of whoever gives them."""

    kind: Literal["assign"]
    rep_id: str
    why: str


class Tag(BaseModel):
    """Put tags on them."""

    kind: Literal["tag"]
    names: list[str]


class Enrol(BaseModel):
    """Let them come into a campaign."""

    kind: Literal["enrol"]
    campaign: str


class Export(BaseModel):
    """Write them into a file, with these columns of the list."""

    kind: Literal["export"]
    format: Format
    columns: list[str]
    why: str = ""


Act = Annotated[Assign | Tag | Enrol | Export, Field(discriminator="kind")]


class Asked(BaseModel):
    """``lead_ids``: those that were chosen one by one; empty: all that the question finds."""

    act: Act
    lead_ids: list[str] = []
    question: LeadQuestion = LeadQuestion()
