"""CSVLogger."""

import contextlib
import csv
import os
from pathlib import Path
from typing import IO, Any

from torchkeras.callbacks.base import Callback
from torchkeras.distribution import is_chief
from torchkeras.saving.temporary import telling_of


class CSVLogger(Callback):
    """Writes the logs of each epoch to a CSV file.

    Args:
        filename: The file.
        separator: Between the fields of a line.
        append: Whether to keep what an existing file holds.

    Raises:
        OSError: the disk is full or fails; the lines of the epochs before are there.

    Source: Keras 3 ``CSVLogger``.
    """

    def __init__(
        self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False
    ) -> None:
        super().__init__()
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self.append_header = True
        self.keys: list[str] | None = None
        self.csv_file: IO[str] | None = None
        self.writer: csv.DictWriter | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        if not is_chief():
            return
        if self.append and os.path.exists(self.filename):
            self.append_header = os.path.getsize(self.filename) == 0
        self.let_go()
        progress = getattr(self.model, "_progress", None)
        goes_on = self.append or getattr(progress, "is_resumed", False)
        self.csv_file = open(self.filename, "a" if goes_on else "w", newline="")  # noqa: SIM115
        self.keys = None

    def get_state(self) -> dict[str, Any]:
        """What was written so far."""
        size = None if self.csv_file is None else self.csv_file.tell()
        return {"size": size, "keys": self.keys, "append_header": self.append_header}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on writing behind what had been written when ``get_state`` was called."""
        self.append_header, self.keys = state["append_header"], state["keys"]
        if self.csv_file is not None and state["size"] is not None:
            self.csv_file.truncate(state["size"])
            self.csv_file.seek(state["size"])
        if self.csv_file is not None and self.keys is not None:
            self._make_writer()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.csv_file is None:
            return
        size = os.fstat(self.csv_file.fileno()).st_size
        with telling_of(Path(os.path.realpath(self.filename))):
            try:
                self._write(epoch, logs or {})
            except OSError:  # half a line would be taken for an epoch
                with contextlib.suppress(OSError):
                    self.let_go()
                self.csv_file = self.writer = None
                os.truncate(self.filename, size)
                raise

    def _write(self, epoch: int, logs: dict[str, Any]) -> None:
        if self.writer is None:
            self._start(logs)
        row = {name: _field(logs.get(name, "NA")) for name in self.keys}
        self.writer.writerow({"epoch": epoch, **row})
        self.csv_file.flush()

    def _start(self, logs: dict[str, Any]) -> None:
        self.keys = sorted(logs)
        if not any(name.startswith("val_") for name in self.keys):
            self.keys += [f"val_{name}" for name in self.keys]  # validation may begin later
        self._make_writer()
        if self.append_header:
            self.writer.writeheader()

    def _make_writer(self) -> None:
        names = ["epoch", *self.keys]
        self.writer = csv.DictWriter(self.csv_file, fieldnames=names, delimiter=self.sep)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self.let_go()

    def let_go(self) -> None:
        if self.csv_file is not None:
            self.csv_file.close()
        self.csv_file = self.writer = None


def _field(value: Any) -> Any:
    if isinstance(value, str) or not hasattr(value, "__iter__") or getattr(value, "ndim", 1) == 0:
        return value
    return f'"[{", ".join(map(str, value))}]"'
