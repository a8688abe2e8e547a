"""Names of data sets, their versions, and the names of their files."""

import functools
import re
from pathlib import Path
from typing import Any

from torchkeras.core.checks import argument_error

DEFAULT_TEMPLATE = "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}"
_PARTS = ("DATASET", "SPLIT", "FILEFORMAT", "SHARD_INDEX", "NUM_SHARDS", "SHARD_X_OF_Y")
_NAME = re.compile(
    r"(?P<name>\w+)(/(?P<config>[\w.+-]+))?(:(?P<version>(\d+|\*)(\.(\d+|\*)){2}))?"
    r"(/(?P<arguments>\w+=\w+(,\w+=[^\s,/]+)*))?"
)
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)(-\w+)?")


@functools.total_ordering
class Version:
    """Three numbers of a release: major, minor, patch.

    Args:
        version: ``"1.2.3"``, or another version.
        experiments: Accepted, as in old releases.
        tfds_version_to_prepare: Accepted.

    Source: ``tfds.core.Version``.

    Example:
        >>> Version("1.2.3") < "1.10.0"  # doctest: +SKIP
        True
    """

    def __init__(
        self, version: Any, experiments: Any = None, tfds_version_to_prepare: Any = None
    ) -> None:
        found = _VERSION.fullmatch(str(version))
        if not found:
            raise argument_error("tfds.core.Version", "version", version, '"x.y.z", three numbers')
        self.major, self.minor, self.patch = map(int, found.groups()[:3])

    @property
    def tuple(self) -> tuple[int, int, int]:
        """The three numbers."""
        return self.major, self.minor, self.patch

    @staticmethod
    def is_valid(version: Any) -> bool:
        """Whether a text is three numbers."""
        return bool(_VERSION.fullmatch(str(version)))

    def match(self, other: Any) -> bool:
        """Whether this is version ``other``, in which ``*`` stands for any number."""
        parts = str(other).split(".")
        return len(parts) == 3 and all(
            wanted in ("*", str(own)) for wanted, own in zip(parts, self.tuple, strict=True)
        )

    def __eq__(self, other: object) -> bool:
        return Version.is_valid(other) and self.tuple == Version(other).tuple

    def __lt__(self, other: Any) -> bool:
        return self.tuple < Version(other).tuple

    def __hash__(self) -> int:
        return hash(self.tuple)

    def __str__(self) -> str:
        return ".".join(map(str, self.tuple))

    def __repr__(self) -> str:
        return f"Version('{self}')"


def snake_case(name: str) -> str:
    """``my_set`` for ``MySet``."""
    return re.sub(r"(?<=.)(?=[A-Z][a-z])|(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def parsed(name: str) -> tuple[str, dict[str, Any]]:
    """Name of a data set, and what else a text such as ``"name/config:1.0.0"`` says.

    Raises:
        ValueError: it isn't of that form.
    """
    found = _NAME.fullmatch(name) if isinstance(name, str) else None
    if not found:
        raise argument_error(
            "tfds.load", "name", name, '"name", "name/config", "name:1.0.0" or "name/config:1.0.0"'
        )
    said = {key: found[key] for key in ("config", "version") if found[key] is not None}
    if Version.is_valid(said.get("config")):
        said["version"] = said.pop("config")
    for pair in filter(None, (found["arguments"] or "").split(",")):
        key, _, value = pair.partition("=")
        said[key] = _value(value)
    return snake_case(found["name"]), said


def _value(text: str) -> Any:
    constants = {"True": True, "False": False, "None": None}
    if text in constants:
        return constants[text]
    return int(text) if re.fullmatch(r"-?\d+", text) else text


def shard_name(
    template: str | None, dataset: str, split: str, form: str, index: int, number: int
) -> str:
    """Name of one file of a split.

    Raises:
        ValueError: the template has other parts than a name of a file can have.
    """
    values = {
        "DATASET": dataset,
        "SPLIT": split,
        "FILEFORMAT": form,
        "SHARD_INDEX": f"{index:05d}",
        "NUM_SHARDS": f"{number:05d}",
        "SHARD_X_OF_Y": f"{index:05d}-of-{number:05d}",
    }
    template = template or DEFAULT_TEMPLATE
    name = re.sub(r"{(\w+)}", lambda found: str(values.get(found[1], found[0])), template)
    if "{" in name or Path(name).name != name:
        raise argument_error(
            "tfds", "filepathTemplate", template, f"a file's name made of {', '.join(_PARTS)}"
        )
    return name
