"""CSVLogger."""

import csv
import os
from typing import IO, Any

from torchkeras.callbacks.base import Callback
from torchkeras.distribution import is_chief


class CSVLogger(Callback):
    """Writes the logs of each epoch to a CSV file.

    Args:
        filename: The file.
        separator: Between the fields of a line.
        append: Whether to keep what an existing file holds.

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
        self._close()
        self.csv_file = open(self.filename, "a" if self.append else "w", newline="")  # noqa: SIM115
        self.keys = None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.csv_file is None:
            return
        logs = logs or {}
        if self.writer is None:
            self._start(logs)
        row = {name: _field(logs.get(name, "NA")) for name in self.keys}
        self.writer.writerow({"epoch": epoch, **row})
        self.csv_file.flush()

    def _start(self, logs: dict[str, Any]) -> None:
        self.keys = sorted(logs)
        if not any(name.startswith("val_") for name in self.keys):
            self.keys += [f"val_{name}" for name in self.keys]  # validation may begin later
        names = ["epoch", *self.keys]
        self.writer = csv.DictWriter(self.csv_file, fieldnames=names, delimiter=self.sep)
        if self.append_header:
            self.writer.writeheader()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._close()

    def _close(self) -> None:
        if self.csv_file is not None:
            self.csv_file.close()
        self.csv_file = self.writer = None


def _field(value: Any) -> Any:
    if isinstance(value, str) or not hasattr(value, "__iter__") or getattr(value, "ndim", 1) == 0:
        return value
    return f'"[{", ".join(map(str, value))}]"'
