"""Personal data is unreadable without the key, and cannot be moved or altered unnoticed."""

import base64
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from leadflow.privacy.encryption import Cipher
from leadflow.secret import KeyRing, SecretKeyError, load_secret
from leadflow.settings import Settings


def cipher_of(key: bytes) -> Cipher:
    return Cipher(KeyRing(((1, key),), key))


CIPHER = cipher_of(b"k" * 32)


def test_what_is_encrypted_is_read_back_and_never_looks_the_same_twice() -> None:
    first, second = (CIPHER.encrypt("grace@example.com", "email") for _ in range(2))
    assert first != second
    assert b"grace" not in first
    assert CIPHER.decrypt(first, "email") == "grace@example.com"


def test_a_value_does_not_open_as_another_field_with_another_key_or_altered() -> None:
    data = CIPHER.encrypt("ada@example.com", "email")
    altered = data[:-1] + bytes([data[-1] ^ 1])
    for cipher, content, field in (
        (CIPHER, data, "phone"),
        (cipher_of(b"x" * 32), data, "email"),
        (CIPHER, altered, "email"),
    ):
        with pytest.raises(SecretKeyError, match="LEADFLOW_SECRET_KEY"):
            cipher.decrypt(content, field)


def test_blind_indexes_are_equal_for_equal_values_of_one_field_under_one_key() -> None:
    index = CIPHER.blind_index("ada@example.com", "email")
    assert index == CIPHER.blind_index("ada@example.com", "email")
    assert index != CIPHER.blind_index("ada@example.com", "phone")
    assert index != cipher_of(b"x" * 32).blind_index("ada@example.com", "email")


def test_a_generated_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", secret_key=None)
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load_secret(settings), range(8)))
    assert len(keys) == 1
    path = settings.home / "secret.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in settings.home.iterdir()] == ["secret.key"]


def test_a_configured_key_is_used_and_a_malformed_one_says_how_to_make_one() -> None:
    key = os.urandom(32)
    good = Settings(secret_key=SecretStr(base64.b64encode(key).decode()))
    assert load_secret(good) == key
    for text in ("short", base64.b64encode(b"short").decode()):
        with pytest.raises(SecretKeyError, match="Make one with"):
            load_secret(Settings(secret_key=SecretStr(text)))
