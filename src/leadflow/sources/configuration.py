"""Sources of webhooks as configuration: ``sources.yaml``. Their secrets are in no file."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from leadflow import plain_yaml
from leadflow.configuration.kinds import ConfigurationKind, ContentRefused, Stored
from leadflow.configuration.versions import changes_of, contents_at
from leadflow.sources import service
from leadflow.sources.definitions import Source, SourcesInvalid, parse_sources
from leadflow.sources.tables import SourceVersion

SECTION = "sources"


def store(session: Session, content: Any, by: str, now: datetime) -> Stored:
    """Write down the sources that differ.

    Raises:
        ContentRefused: with everything that is wrong.
    """
    try:
        given, known = parse_sources(content), service.sources_now(session)
        differing = {
            name: source
            for name, source in given.items()
            if name not in known or _in_a_file(known[name].source) != _in_a_file(source)
        }
        applied = service.apply(session, differing, by, now)
    except SourcesInvalid as error:
        raise ContentRefused(error.problems) from error
    secrets = service.live_secrets_of_all(session, now)
    advice = (
        f"{name} has no secret yet, without which nothing is taken from it: leadflow sources "
        f"secret {name}"
        for name in (*applied.new, *applied.changed)
        if name not in secrets
    )
    return Stored(applied.new, applied.changed, tuple(advice))


def in_force(session: Session, at: datetime | None) -> dict[str, Any] | None:
    """The sources that counted at a moment, None for now."""
    said_then = contents_at(session, SourceVersion.source, at)
    found = {name: Source.model_validate(said).content for name, said in said_then.items()}
    return {SECTION: found} if found else None


def take_out(session: Session, names: Sequence[str], by: str, now: datetime) -> None:
    """Take nothing from these any more."""
    for name in names:
        service.remove(session, name, by, now)


def _in_a_file(source: Source) -> Any:
    """What a file says of it, where every value is a text: one that came over the API may be a
    number, which no file can tell from its digits."""
    return plain_yaml.load_texts_and_parameters(plain_yaml.dump(source.content))


CONFIGURATION = ConfigurationKind(
    SECTION,
    "source.write",
    plain_yaml.load_texts_and_parameters,
    plain_yaml.dump,
    service.take_turns,
    store,
    in_force,
    changes_of(SourceVersion.source),
    section=SECTION,
    take_out=take_out,
)
