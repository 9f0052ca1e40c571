"""The one way to a model: chat completions of any OpenAI-compatible endpoint, as CrewAI's LLM.

Heavy: import it where AI is asked, not before.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import openai
from crewai import BaseLLM
from openai.types.chat import ChatCompletion, ChatCompletionMessageParam
from pydantic import BaseModel, PrivateAttr, ValidationError

from leadflow.integrations.ai.errors import FailureKind, NotAnswered, kind_of_status
from leadflow.integrations.ai.prompts import strict_schema
from leadflow.integrations.ai.transport import Bounded, TooLong
from leadflow.settings import Settings

OPENAI = "api.openai.com"
FENCED = re.compile(r"\A\s*```(?:json)?\s*(.*?)\s*```\s*\Z", re.DOTALL)
Check = Callable[[Any], BaseModel]


def client_of(settings: Settings) -> openai.OpenAI:
    """A client of the endpoint. Requests are sent again a bounded number of times.

    Raises:
        NotAnswered: no key is set.
    """
    key = settings.ai_api_key.get_secret_value() if settings.ai_api_key else ""
    if not key:
        raise NotAnswered("refused")
    seconds = settings.ai_timeout_seconds
    return openai.OpenAI(
        api_key=key,
        base_url=settings.ai_base_url,
        timeout=seconds,
        max_retries=settings.ai_retries,
        http_client=httpx.Client(transport=Bounded(seconds), timeout=seconds),
    )


class Endpoint(BaseLLM):
    """A model that answers in one shape, has no tools, and whose every answer is checked.

    ``call`` returns the checked answer, so that what the next member reads is what held.
    """

    _client: openai.OpenAI = PrivateAttr()
    _shape: type[BaseModel] = PrivateAttr()
    _check: Check = PrivateAttr()
    _options: dict[str, Any] = PrivateAttr()

    @staticmethod
    def of(
        settings: Settings, client: openai.OpenAI, shape: type[BaseModel], check: Check
    ) -> "Endpoint":
        """The endpoint of the settings, for answers of this shape that ``check`` then passes."""
        endpoint = Endpoint(model=settings.ai_model, provider="openai")
        endpoint._client, endpoint._shape, endpoint._check = client, shape, check
        endpoint._options = _options(settings, shape)
        return endpoint

    def call(
        self,
        messages: Any,
        tools: Any = None,
        callbacks: Any = None,
        available_functions: Any = None,
        from_task: Any = None,
        from_agent: Any = None,
        response_model: Any = None,
    ) -> BaseModel:
        """Ask once; tools are never passed on.

        Raises:
            NotAnswered: with the kind of failure.
        """
        return self._check(_parsed(self._text(messages), self._shape))

    def supports_function_calling(self) -> bool:
        """A model has no hands."""
        return False

    def supports_stop_words(self) -> bool:
        """Answers are JSON and are read whole."""
        return False

    def _text(self, messages: Any) -> str:
        said = [{"role": "user", "content": messages}] if isinstance(messages, str) else messages
        plain: list[ChatCompletionMessageParam] = [
            {"role": "system", "content": one["content"]}
            if one["role"] == "system"
            else {"role": "user", "content": one["content"]}
            for one in said
        ]
        answer, failure = self._asked(plain)
        # Raised here, outside of any handler, so that no text of the endpoint travels along.
        if failure is not None or answer is None:
            raise NotAnswered(failure or "empty")
        self._count(answer)
        if not answer.choices or answer.choices[0].message is None:
            raise NotAnswered("empty")
        message = answer.choices[0].message
        if message.tool_calls:
            raise NotAnswered("tool call")
        if not isinstance(message.content, str) or not message.content.strip():
            raise NotAnswered("empty")
        return message.content

    def _asked(
        self, messages: list[ChatCompletionMessageParam]
    ) -> tuple[ChatCompletion | None, FailureKind | None]:
        try:
            answer = self._client.chat.completions.create(
                model=self.model, messages=messages, **self._options
            )
            return (answer, None) if isinstance(answer, ChatCompletion) else (None, "not JSON")
        except openai.APITimeoutError:
            return None, "timeout"
        except openai.APIStatusError as error:
            return None, kind_of_status(error.status_code)
        except openai.APIConnectionError as error:
            return None, "too long" if isinstance(error.__cause__, TooLong) else "unreachable"
        except httpx.ReadTimeout:
            return None, "timeout"
        except TooLong:
            return None, "too long"
        except (json.JSONDecodeError, UnicodeDecodeError, openai.APIResponseValidationError):
            return None, "not JSON"
        except httpx.HTTPError:
            return None, "unreachable"

    def _count(self, answer: ChatCompletion) -> None:
        if answer.usage is not None:
            self._track_token_usage_internal(
                {
                    "prompt_tokens": answer.usage.prompt_tokens or 0,
                    "completion_tokens": answer.usage.completion_tokens or 0,
                    "total_tokens": answer.usage.total_tokens or 0,
                }
            )


def _parsed(text: str, shape: type[BaseModel]) -> BaseModel:
    fenced = FENCED.match(text)
    try:
        data = json.loads(fenced.group(1) if fenced else text)
    except (ValueError, RecursionError):
        data = None
    if data is None:
        raise NotAnswered("not JSON")
    try:
        return shape.model_validate(data)
    except (ValidationError, RecursionError):
        pass
    raise NotAnswered("wrong shape")


def _options(settings: Settings, shape: type[BaseModel]) -> dict[str, Any]:
    """Parameters of a request besides its messages; ``tools`` is never among them."""
    limit = "max_completion_tokens" if OPENAI in settings.ai_base_url else "max_tokens"
    options: dict[str, Any] = {limit: settings.ai_max_tokens}
    if settings.ai_temperature is not None:
        options["temperature"] = settings.ai_temperature
    if settings.ai_answer_format == "json_object":
        options["response_format"] = {"type": "json_object"}
    elif settings.ai_answer_format == "json_schema":
        schema = {"name": shape.__name__, "strict": True, "schema": strict_schema(shape)}
        options["response_format"] = {"type": "json_schema", "json_schema": schema}
    return options
