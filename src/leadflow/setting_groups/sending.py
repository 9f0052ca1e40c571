"""Settings of what campaigns send: where to, and from whom."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from leadflow.setting_groups.feedback import FeedbackSettings

# With a message's id behind it, what stands before the @ has at most 64 letters (RFC 5321).
RETURNED_TO = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,30}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"
NO_POSTAL_ADDRESS = "(the sender's postal address)"


class SendingSettings(FeedbackSettings):
    """The part of the settings that is about messages of campaigns."""

    sending: Literal["off", "sandbox", "live"] = Field(
        default="sandbox",
        description="Where messages of campaigns go: nowhere; to the local mail server, whose "
        "mails the console shows and which delivers nothing; or to people (live), by "
        "LEADFLOW_MAIL_HOST or LEADFLOW_RESEND_API_KEY.",
    )
    sender_name: str = Field(
        default="Leadflow", description="From whom messages of campaigns come."
    )
    sender_email: str = Field(
        default="leadflow@localhost", description="From which address they come."
    )
    sender_address: str = Field(
        default=NO_POSTAL_ADDRESS,
        description="What contents call sender.address: the sender's postal address.",
    )
    bounce_address: str | None = Field(
        default=None,
        pattern=RETURNED_TO,
        description="Where mail servers return what they could not deliver, with the message's id "
        "behind a plus: bounces@example.com is bounces+msg_…@example.com. Unset: to the sender.",
    )
    marketing_a_day: int = Field(
        default=2,
        ge=0,
        description="Marketing messages that a lead gets at most within 24 hours, of all campaigns "
        "together. 0: any number.",
    )
    marketing_a_week: int = Field(
        default=5, ge=0, description="The same within seven days. 0: any number."
    )
    mail_host: str | None = Field(
        default=None, description="Mail server that messages of campaigns go to when live."
    )
    mail_port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    mail_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="How it is spoken to: starttls, tls, or none for one on this machine.",
    )
    mail_user: str | None = Field(default=None, description="Whom to sign in to it as.")
    mail_password: SecretStr | None = Field(default=None, description="Their password there.")
    resend_api_key: SecretStr | None = Field(
        default=None, description="Key of Resend, which sends instead of a mail server."
    )
    dkim_key: Path | None = Field(
        default=None,
        description="File of the RSA key, in PEM, that messages are signed with (DKIM). Unset: the "
        "mail server signs, or nobody.",
    )
    dkim_domain: str | None = Field(
        default=None, description="Domain that signs: the sender's, or one that it belongs to."
    )
    dkim_selector: str | None = Field(
        default=None,
        description="Name under which the public key stands in DNS, at SELECTOR._domainkey.DOMAIN.",
    )
