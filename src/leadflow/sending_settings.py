"""Settings of what campaigns send: where to, and from whom."""

from typing import Literal

from pydantic import BaseModel, Field


class SendingSettings(BaseModel):
    """The part of the settings that is about messages of campaigns."""

    sending: Literal["off", "sandbox"] = Field(
        default="sandbox",
        description="Where messages of campaigns go: nowhere, or to the local mail server, whose "
        "mails the console shows and which delivers nothing.",
    )
    sender_name: str = Field(
        default="Leadflow", description="From whom messages of campaigns come."
    )
    sender_email: str = Field(
        default="leadflow@localhost", description="From which address they come."
    )
    sender_address: str = Field(
        default="(the sender's postal address)",
        description="What contents call sender.address: the sender's postal address.",
    )
