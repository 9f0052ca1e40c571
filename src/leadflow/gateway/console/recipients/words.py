"""What the pages for whoever gets mail say, in their language and with the name of the sender."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import yaml

from leadflow.campaigns.definitions.language import Language

HERE = Path(__file__).parent


def words(language: Language, sender: str) -> Mapping[str, str]:
    """The words of the pages by what they are for."""
    return {name: said.replace("{sender}", sender) for name, said in _written()[language].items()}


@lru_cache
def _written() -> Mapping[Language, Mapping[str, str]]:
    found: Mapping[Language, Mapping[str, str]] = yaml.safe_load(
        (HERE / "words.yaml").read_text("utf-8")
    )
    return found
