"""What a backup says of itself: when it was made, of which schema, with which key, which files."""

import hmac
import json
from dataclasses import asdict, dataclass
from hashlib import sha256

from leadflow.secret import KeyRing, derive_key

FORMAT = 1
NAME, SEAL = "manifest.json", "manifest.seal"
HINT_BYTES = 8


@dataclass(frozen=True)
class Packed:
    """One file of a backup, as it must be found again."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """``made_at`` is ISO 8601. ``schema`` is the migration of Leadflow's own database;
    ``artifacts`` the address that models were stored under; ``audit_row`` the last row of the audit
    log. ``key_hint`` tells keys apart and says nothing of the key itself; ``key_versions`` does so
    for each version of the master key that something in the backup may be encrypted with."""

    format: int
    made_at: str
    schema: str
    postgres: str
    key_hint: str
    key_versions: dict[str, str]
    model_name: str
    artifacts: str
    audit_row: int
    files: dict[str, Packed]

    @property
    def backup_id(self) -> str:
        """What this backup is called in the audit log."""
        return f"backup_{sha256(written(self)).hexdigest()[:16]}"


def key_hint(secret: bytes) -> str:
    """A short word by which one sees whether two keys are the same, and nothing else."""
    return derive_key(secret, "backup hint")[:HINT_BYTES].hex()


def hints_of_versions(ring: KeyRing) -> dict[str, str]:
    """The same for each version of the master key."""
    return {str(version): key_hint(key) for version, key in ring.keys}


def lacking(made: Manifest, ring: KeyRing) -> list[str]:
    """The versions that the backup needs and the ring does not have."""
    here = hints_of_versions(ring)
    return sorted(
        (version for version, hint in made.key_versions.items() if here.get(version) != hint),
        key=int,
    )


def written(manifest: Manifest) -> bytes:
    """As it stands in the backup."""
    return json.dumps(asdict(manifest), indent=1, sort_keys=True).encode()


def read(content: bytes) -> Manifest:
    """The same read back.

    Raises:
        ValueError, TypeError, KeyError: it is none of this format.
    """
    data = json.loads(content)
    if data["format"] != FORMAT:
        raise ValueError(f"its format {data['format']} is not {FORMAT}")
    files = {name: Packed(**one) for name, one in data.pop("files").items()}
    return Manifest(**data, files=files)


def seal(secret: bytes, content: bytes) -> str:
    """What shows that whoever made it had the key."""
    return hmac.digest(derive_key(secret, "backup seal"), content, "sha256").hex()
