"""Settings of what goes out, webhooks and questions to journals: where to, and for how long."""

from ipaddress import IPv4Network, IPv6Network, ip_network

from pydantic import BaseModel, Field, field_validator

Network = IPv4Network | IPv6Network


class WebhookSettings(BaseModel):
    """The part of the settings that is about webhooks out, and about journals that are read."""

    webhook_allowed_networks: str = Field(
        default="",
        description="Networks that webhooks may go to, and journals be read from, though they are "
        "private, as CIDR with commas between: 10.1.2.0/24, fd00::/8. Everything public may be "
        "reached anyway.",
    )
    webhook_connect_seconds: float = Field(
        default=5.0,
        gt=0,
        le=30,
        description="How long a webhook, or who reads a journal, waits for a connection.",
    )
    webhook_answer_seconds: float = Field(
        default=15.0,
        gt=0,
        le=60,
        description="How long a webhook, or a page of a journal, takes in all, however slowly.",
    )
    webhook_failing_days: float = Field(
        default=3.0,
        gt=0,
        description="An endpoint is disabled after so many days of nothing but failures.",
    )
    webhook_messages_kept_days: int = Field(
        default=30,
        gt=0,
        description="How long messages to endpoints, and the attempts to send them, stay in lists.",
    )

    @field_validator("webhook_allowed_networks")
    @classmethod
    def _networks(cls, value: str) -> str:
        _parsed(value)
        return value

    @property
    def webhook_networks(self) -> tuple[Network, ...]:
        """The networks that are allowed."""
        return _parsed(self.webhook_allowed_networks)


def _parsed(value: str) -> tuple[Network, ...]:
    return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
