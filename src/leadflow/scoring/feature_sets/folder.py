"""Where sets of features lie: a local folder, or any address that fsspec knows."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leadflow.settings import Settings

BUILDING = ".building"


class StoreNotReachable(RuntimeError):
    """The address of the feature store cannot be used."""


@dataclass(frozen=True)
class SetFolder:
    """The folder of one set: under another name until it is whole."""

    address: str

    def write(self, name: str, content: bytes, *, whole: bool = False) -> None:
        """A file of the set; of one that is still being made unless ``whole``."""
        files, path = _opened(self.address if whole else self.address + BUILDING)
        files.makedirs(path, exist_ok=True)
        files.pipe_file(f"{path}/{name}", content)

    def read(self, name: str, *, whole: bool = True) -> bytes:
        """A file of the set.

        Raises:
            FileNotFoundError: it is not there.
        """
        files, path = _opened(self.address if whole else self.address + BUILDING)
        content: bytes = files.cat_file(f"{path}/{name}")
        return content

    def settle(self) -> None:
        """Give the folder its own name: all its files are written."""
        files, path = _opened(self.address)
        files.mv(path + BUILDING, path, recursive=True)
        # A store of objects may have kept what lay under the other name in mind.
        files.invalidate_cache()

    def remove(self) -> None:
        """Take away whatever there is of the set, under either name."""
        files, path = _opened(self.address)
        for found in (path, path + BUILDING):
            if files.exists(found):
                files.rm(found, recursive=True)


def store_address(settings: Settings) -> str:
    """Where sets are kept."""
    return settings.feature_store or (settings.home / "features").as_posix()


def _opened(address: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    try:
        files, path = url_to_fs(address)
    except (ImportError, ValueError) as error:
        raise StoreNotReachable(
            f"LEADFLOW_FEATURE_STORE cannot be used ({type(error).__name__}): give a folder, or an "
            "address such as s3://bucket/features with its fsspec package (s3fs for s3) installed."
        ) from error
    return files, str(path).rstrip("/")


def folder_of(settings: Settings, purpose: str, set_id: str) -> SetFolder:
    """The folder of a set."""
    where = store_address(settings)
    if "://" not in where:
        where = Path(where).expanduser().resolve().as_posix()
    return SetFolder(f"{where.rstrip('/')}/{purpose}/{set_id}")
