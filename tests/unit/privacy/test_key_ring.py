"""The secret holds versions of the master key, and a part that lasts."""

import base64
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from leadflow.privacy import cipher_in_use
from leadflow.privacy.cipher_in_use import _InUse
from leadflow.privacy.encryption import KeyVersionMissing
from leadflow.secret import (
    KeyRing,
    SecretKeyError,
    key_file,
    load_ring,
    load_secret,
    parse_ring,
    replace_ring,
)
from leadflow.settings import Settings

FIRST, LASTING = bytes(range(32)), bytes(range(32, 64))
RING = KeyRing(((1, FIRST),), LASTING)
TEXT = base64.b64encode(FIRST).decode()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home of its own, which the cipher in use looks at whenever it is asked."""
    found = Settings(home=tmp_path / "home", secret_key=None)
    monkeypatch.setattr(cipher_in_use, "get_settings", lambda: found)
    return found


def test_a_single_key_is_version_1_and_what_lasts() -> None:
    ring = parse_ring(TEXT)
    assert (ring.versions, ring.current, ring.lasting) == ((1,), 1, FIRST)


def test_a_ring_is_read_as_it_was_written_whatever_stands_between() -> None:
    two = RING.with_new_key()
    assert parse_ring(two.text()) == two
    assert parse_ring(two.text().replace(",", "\n") + "\n") == two


def test_a_new_key_is_first_read_with_then_written_with_then_alone_and_the_rest_lasts() -> None:
    read = RING.with_new_key()
    assert (read.versions, read.current, read.newest) == ((1, 2), 1, 2)
    written = read.newest_first()
    assert (written.versions, written.current) == ((2, 1), 2)
    alone = written.newest_only()
    assert (alone.versions, alone.lasting) == ((2,), LASTING)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("short", "Make one with"),
        (f"0:{TEXT}", "Make one with"),
        (f"256:{TEXT}", "Make one with"),
        (f"two:{TEXT}", "Make one with"),
        (f"{TEXT},1:{TEXT}", "version 1 twice"),
        (f"2:{TEXT}", "lasting"),
    ],
)
def test_what_is_no_ring_is_refused_and_never_repeated(text: str, says: str) -> None:
    with pytest.raises(SecretKeyError, match=says) as caught:
        parse_ring(text)
    assert TEXT not in str(caught.value)


def test_a_ring_shows_no_key_where_an_error_shows_it() -> None:
    assert repr(RING) == "KeyRing()"


def test_after_version_255_there_is_no_other() -> None:
    with pytest.raises(SecretKeyError, match="255"):
        KeyRing(((255, FIRST),), LASTING).with_new_key()


def test_the_secret_in_home_is_replaced_whole_and_only_its_owner_reads_it(
    settings: Settings,
) -> None:
    first = load_ring(settings)
    replace_ring(settings, first.with_new_key().newest_first())
    assert load_ring(settings).versions == (2, 1)
    assert load_secret(settings) == first.lasting
    assert stat.S_IMODE(key_file(settings).stat().st_mode) == 0o600
    assert [file.name for file in settings.home.iterdir()] == ["secret.key"]


def test_a_generated_secret_keeps_nothing_of_its_first_key_once_that_is_taken_out(
    settings: Settings,
) -> None:
    first = load_ring(settings)
    replace_ring(settings, first.with_new_key().newest_only())
    assert base64.b64encode(first.keys[0][1]).decode() not in key_file(settings).read_text()


def test_a_process_reads_what_is_written_with_a_key_that_came_after_it_started(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = _InUse()
    monkeypatch.setattr(cipher_in_use, "_in_use", running)
    old = running.get().encrypt("before", "name")
    replace_ring(settings, load_ring(settings).with_new_key().newest_first())
    new = _InUse().get().encrypt("after", "name")
    assert (old[0], new[0]) == (1, 2)
    # Whatever the time since it last looked.
    assert [cipher_in_use.opened(value, "name") for value in (new, old)] == ["after", "before"]
    assert cipher_in_use.get_cipher().encrypt("x", "name")[0] == 2


def test_a_process_writes_with_the_new_key_once_it_has_looked(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = _InUse()
    assert running.get().encrypt("x", "name")[0] == 1
    replace_ring(settings, load_ring(settings).with_new_key().newest_first())
    monkeypatch.setattr(cipher_in_use, "LOOK_EVERY", 0.0)
    assert running.get().encrypt("x", "name")[0] == 2


def test_a_key_that_is_not_there_is_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = _InUse()
    monkeypatch.setattr(cipher_in_use, "_in_use", running)
    old = running.get().encrypt("before", "name")
    replace_ring(settings, load_ring(settings).with_new_key().newest_only())
    running.get(look=True)
    with pytest.raises(KeyVersionMissing, match=r"version 1 .* as 1:BASE64"):
        cipher_in_use.opened(old, "name")


def test_a_process_whose_file_is_taken_away_goes_on_and_makes_no_other(
    settings: Settings,
) -> None:
    running = _InUse()
    value = running.get().encrypt("before", "name")
    key_file(settings).unlink()
    assert running.get(look=True).decrypt(value, "name") == "before"
    assert not key_file(settings).exists()


def test_a_ring_from_the_environment_is_taken_as_it_is(settings: Settings) -> None:
    two = RING.with_new_key().newest_first()
    given = settings.model_copy(update={"secret_key": SecretStr(two.text())})
    assert load_ring(given) == two
