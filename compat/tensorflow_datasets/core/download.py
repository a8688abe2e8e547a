"""``tfds.download``: files from the net and from archives, for builders of one's own."""

import dataclasses
import enum
import hashlib
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from torchkeras.core.checks import argument_error, moment_error
from torchkeras.utils.archives import open_tar, unpack
from torchkeras.utils.files import get_file


class GenerateMode(enum.Enum):
    """What becomes of a data set that is there already."""

    REUSE_DATASET_IF_EXISTS = "reuse_dataset_if_exists"
    REUSE_CACHE_IF_EXISTS = "reuse_cache_if_exists"
    FORCE_REDOWNLOAD = "force_redownload"

    @property
    def overwrite_dataset(self) -> bool:
        """Whether a data set that is there is made anew."""
        return self is not GenerateMode.REUSE_DATASET_IF_EXISTS

    @property
    def overwrite_download(self) -> bool:
        """Whether files that are there are downloaded anew."""
        return self is GenerateMode.FORCE_REDOWNLOAD


@dataclasses.dataclass
class DownloadConfig:
    """How a data set is made.

    Args:
        extract_dir: Where archives are unpacked; None is beside the downloads.
        manual_dir: Where files lie that one has to get oneself.
        download_mode: What becomes of what is there.
        max_examples_per_split: How many examples are written at most.
        num_shards: Number of files of a split; None chooses.
        ignore_duplicates: Whether only the first example of a key is kept.
        compute_stats, register_checksums, force_checksums_validation, beam_runner, beam_options,
            try_download_gcs, verify_ssl, override_max_simultaneous_downloads, min_shard_size,
            max_shard_size, nondeterministic_order: Accepted.

    Source: ``tfds.download.DownloadConfig``.
    """

    extract_dir: Any = None
    manual_dir: Any = None
    download_mode: GenerateMode = GenerateMode.REUSE_DATASET_IF_EXISTS
    compute_stats: Any = None
    max_examples_per_split: int | None = None
    register_checksums: bool = False
    force_checksums_validation: bool = False
    beam_runner: Any = None
    beam_options: Any = None
    try_download_gcs: bool = True
    verify_ssl: bool = True
    override_max_simultaneous_downloads: int | None = None
    num_shards: int | None = None
    min_shard_size: int = 2**26
    max_shard_size: int = 2**30
    ignore_duplicates: bool = False
    nondeterministic_order: bool = False

    def __post_init__(self) -> None:
        if self.download_mode is not None:
            self.download_mode = GenerateMode(self.download_mode)

    def replace(self, **changes: Any) -> "DownloadConfig":
        """The same with some values changed."""
        return dataclasses.replace(self, **changes)


class DownloadManager:
    """Gets and unpacks files.

    Args:
        download_dir: Where files go.
        config: How.
        manual_instructions: How to get what can't be downloaded.

    Source: ``tfds.download.DownloadManager``.
    """

    def __init__(
        self,
        *,
        download_dir: Any,
        config: DownloadConfig | None = None,
        manual_instructions: str = "",
    ) -> None:
        self._config = config or DownloadConfig()
        self._folder = Path(download_dir).expanduser()
        self._instructions = manual_instructions

    @property
    def download_dir(self) -> Path:
        """Where files go."""
        return self._folder

    @property
    def manual_dir(self) -> Path:
        """Where files lie that one has to get oneself.

        Raises:
            RuntimeError: the folder isn't there.
        """
        folder = Path(self._config.manual_dir or self._folder / "manual").expanduser()
        if not folder.is_dir():
            raise moment_error(
                "tfds", f"the folder of files to get by hand, {folder}, isn't there",
                self._instructions or "Put the files there.",
            )  # fmt: skip
        return folder

    def download(self, url_or_urls: Any) -> Any:
        """Paths of files, in the structure of their addresses."""
        return _each(self._download, url_or_urls)

    def extract(self, path_or_paths: Any) -> Any:
        """Folders of unpacked archives, in the structure of their paths."""
        return _each(self._extract, path_or_paths)

    def download_and_extract(self, url_or_urls: Any) -> Any:
        """Folders of unpacked archives, in the structure of their addresses."""
        return _each(lambda url: self._extract(self._download(url)), url_or_urls)

    def download_kaggle_data(self, competition_or_dataset: str) -> Path:
        """Where to put files of Kaggle: a folder of ``manual_dir``.

        Raises:
            RuntimeError: the folder isn't there.
        """
        folder = self.manual_dir / competition_or_dataset.replace("/", "_")
        if not folder.is_dir():
            raise moment_error(
                "tfds", f"the folder {folder} isn't there",
                f"Put the unpacked files of `kaggle download {competition_or_dataset}` there.",
            )  # fmt: skip
        return folder

    def iter_archive(self, resource: Any) -> Iterator[tuple[str, Any]]:
        """Names and open files of an archive, one after another; nothing is unpacked."""
        path = Path(resource)
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for info in archive.infolist():
                    if not info.is_dir():
                        with archive.open(info) as file:
                            yield info.filename, file
        else:
            with open(path, "rb") as opened:
                archive = open_tar(opened)
                if archive is None:
                    raise argument_error("tfds", "an archive", str(path), "a tar or zip file")
                for info in archive:
                    if info.isfile():
                        yield info.name, archive.extractfile(info)

    def _download(self, url: Any) -> Path:
        address = str(getattr(url, "url", url))
        name = address.rstrip("/").rpartition("/")[2].partition("?")[0] or "file"
        folder = hashlib.sha256(address.encode()).hexdigest()[:16]
        path = get_file(
            name,
            address,
            cache_dir=self._folder,
            cache_subdir=folder,
            force_download=self._config.download_mode.overwrite_download,
        )
        return Path(path)

    def _extract(self, path: Any) -> Path:
        path = Path(getattr(path, "path", path))
        folder = self._config.extract_dir or self._folder / "extracted"
        digest = hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:16]
        target = Path(folder).expanduser() / f"{path.name}.{digest}"
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            if not unpack(path, target):
                raise argument_error("tfds", "an archive", str(path), "a tar or zip file")
        return target


def _each(function: Callable[[Any], Any], structure: Any) -> Any:
    if isinstance(structure, Mapping):
        return {key: _each(function, part) for key, part in structure.items()}
    if isinstance(structure, (list, tuple)):
        return type(structure)(_each(function, part) for part in structure)
    return function(structure)
