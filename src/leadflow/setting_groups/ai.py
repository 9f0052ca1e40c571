"""Settings of AI qualification: which endpoint, how much of it, and what its opinion counts."""

from decimal import Decimal
from typing import Literal

from pydantic import Field, SecretStr

from leadflow.setting_groups.feature import FeatureSettings


class AISettings(FeatureSettings):
    """The part of the settings that is about AI."""

    ai_base_url: str = Field(
        default="https://api.openai.com/v1",
        description="Any endpoint that speaks OpenAI's chat completions.",
    )
    ai_api_key: SecretStr | None = Field(
        default=None, description="Its key. Unset: AI is not asked, and everything else works."
    )
    ai_model: str = Field(default="gpt-4o-mini", description="Model asked, by its name there.")
    ai_answer_format: Literal["json_schema", "json_object", "text"] = Field(
        default="json_schema",
        description="How JSON is asked for: json_schema, json_object or text, as the endpoint can.",
    )
    ai_temperature: float | None = Field(
        default=None, ge=0, le=2, description="Unset: the model's own."
    )
    ai_timeout_seconds: float = Field(
        default=60.0, gt=0, description="Time given to the whole of one answer."
    )
    ai_retries: int = Field(
        default=2,
        ge=0,
        le=5,
        description="Requests sent again where the endpoint fails.",
    )
    ai_max_tokens: int = Field(default=1500, gt=0, description="Longest single answer, in tokens.")
    ai_price_in: Decimal = Field(
        default=Decimal(0),
        ge=0,
        description="Price of a million tokens sent. 0: money is no limit.",
    )
    ai_price_out: Decimal = Field(
        default=Decimal(0),
        ge=0,
        description="Price of a million tokens answered.",
    )
    ai_currency: str = Field(
        default="USD", pattern="^[A-Z]{3}$", description="Currency of the prices and the budget."
    )
    ai_daily_tokens: int = Field(
        default=1_000_000, ge=0, description="Most tokens a day (UTC), sent and answered."
    )
    ai_daily_cost: Decimal = Field(
        default=Decimal(5), ge=0, description="Most money a day (UTC), by the prices above."
    )
    ai_levels: str = Field(
        default="hot,warm",
        pattern="^(hot|warm|cold|unqualified)(,(hot|warm|cold|unqualified))*$",
        description="Levels worth asking about, with commas between.",
    )
    ai_leads_a_run: int = Field(default=50, gt=0, description="Most leads one run asks about.")
    ai_concurrency: int = Field(default=4, gt=0, le=32, description="Leads asked about at a time.")
    ai_retry_hours: int = Field(
        default=6, ge=0, description="Time until a lead is asked about again that got no answer."
    )
    ai_points_cap: float = Field(
        default=10.0, ge=0, le=50, description="Most points an AI opinion adds or takes away."
    )
