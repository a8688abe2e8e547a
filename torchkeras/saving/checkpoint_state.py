"""The file ``checkpoint`` in a folder of checkpoints: which there are, and which is the last."""

import os
import re
import time
from pathlib import Path

from torchkeras.saving.files import replacing

STATE = "checkpoint"
_LINE = re.compile(r'^\s*(\w+)\s*:\s*(?:"((?:[^"\\]|\\.)*)"|([\d.eE+-]+))\s*$')


class CheckpointState:
    """What the file says.

    Attributes:
        model_checkpoint_path: Path of the last checkpoint.
        all_model_checkpoint_paths: Paths of all that are kept, oldest first.
        all_model_checkpoint_timestamps: When each was written, in seconds since 1970.
        last_preserved_timestamp: When the last one was written that is kept for good.
    """

    def __init__(
        self,
        model_checkpoint_path: str = "",
        all_model_checkpoint_paths: list[str] | None = None,
        all_model_checkpoint_timestamps: list[float] | None = None,
        last_preserved_timestamp: float | None = None,
    ) -> None:
        self.model_checkpoint_path = model_checkpoint_path
        self.all_model_checkpoint_paths = all_model_checkpoint_paths or []
        self.all_model_checkpoint_timestamps = all_model_checkpoint_timestamps or []
        self.last_preserved_timestamp = last_preserved_timestamp


def write_state(
    folder: str,
    last: str,
    paths: list[str],
    timestamps: list[float] | None = None,
    preserved: float | None = None,
) -> None:
    """Write the file of ``folder``; paths within it are noted without the folder."""
    times = timestamps if timestamps is not None else [time.time()] * len(paths)
    lines = [f'model_checkpoint_path: "{_within(folder, last)}"']
    lines += [f'all_model_checkpoint_paths: "{_within(folder, path)}"' for path in paths]
    lines += [f"all_model_checkpoint_timestamps: {moment!r}" for moment in times]
    if preserved is not None:
        lines.append(f"last_preserved_timestamp: {preserved!r}")
    with replacing(Path(folder, STATE)) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _within(folder: str, path: str) -> str:
    inside = os.path.dirname(path) == folder
    name = os.path.basename(path) if inside else os.path.abspath(path)
    return name.replace("\\", "\\\\").replace('"', '\\"')


def get_checkpoint_state(
    checkpoint_dir: str | os.PathLike, latest_filename: str | None = None
) -> CheckpointState | None:
    """What the file ``checkpoint`` of a folder says, with full paths; None if there is none.

    Args:
        checkpoint_dir: The folder.
        latest_filename: Another name of the file.
    """
    folder = os.fspath(checkpoint_dir)
    file = Path(folder, latest_filename or STATE)
    if not file.is_file():
        return None
    found: dict[str, list[str]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        match = _LINE.match(line)
        if match:
            text = match[3] if match[2] is None else re.sub(r"\\(.)", r"\1", match[2])
            found.setdefault(match[1], []).append(text)
    last = found.get("model_checkpoint_path", [""])[-1]
    paths = found.get("all_model_checkpoint_paths", [])
    return CheckpointState(
        os.path.join(folder, last) if last else "",
        [os.path.join(folder, path) for path in paths],
        [float(text) for text in found.get("all_model_checkpoint_timestamps", [])],
        float(found.get("last_preserved_timestamp", ["0"])[-1]),
    )
