"""What a comparison of a model with Keras found."""

import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from torchkeras.cli.tables import show_table

# (rtol, atol) by the number type of fewest bits that a model computes in.
TOLERANCES = {"bfloat16": (5e-2, 5e-2), "float16": (1e-2, 1e-2)}
USUAL = (1e-4, 1e-5)
SCHEMA = 1  # of the JSON text, which docs/commands.md describes


@dataclass
class Row:
    """One call of a layer in both, or the gradient by one weight or input.

    Attributes:
        layer: Its name, after those of the layers it is within, or the path of the weight; empty
            for the model.
        kind: Its class, or ``"gradient"``.
        shape: Shape of its first output.
        difference: The largest difference of any number; infinite where the shapes differ.
        relative: The largest difference over the largest number that Keras gives.
        within: Whether every number is within the tolerance.
    """

    layer: str
    kind: str
    shape: tuple[int, ...]
    difference: float
    relative: float
    within: bool


@dataclass
class Certificate:
    """The comparison of a model.

    Attributes:
        model: The file.
        oracle: Name, version and backend of what it was compared with.
        rtol, atol: The tolerance: ``atol + rtol * |Keras's number|``; for gradients, of the largest
            number of each.
        rows: The calls, in the order in which Keras makes them; the whole model comes last, and
            after it the gradients.
        unmatched: Layers that only one of the two calls by themselves.
    """

    model: str
    oracle: str
    rtol: float
    atol: float
    rows: list[Row]
    unmatched: list[str]

    @property
    def passed(self) -> bool:
        """Whether all is within the tolerance."""
        return all(row.within for row in self.rows)

    @property
    def worst(self) -> Row | None:
        """The row that is farthest beyond the tolerance, else that of the largest difference."""
        return max(self.rows, key=lambda row: (not row.within, row.difference), default=None)

    def to_json(self) -> str:
        """The same as JSON text; a difference that is infinite is null."""
        worst = self.worst.layer if self.worst is not None else None
        told = {"schema": SCHEMA, **asdict(self), "passed": self.passed, "worst": worst}
        return json.dumps(_finite(told), indent=2)

    def show(self) -> None:
        """Print the table and a sentence."""
        rows = [
            (
                _named(row),
                row.kind,
                "x".join(map(str, row.shape)) or "()",
                f"{row.difference:.1e}",
                f"{row.relative:.1e}",
                "yes" if row.within else "NO",
            )
            for row in self.rows
        ]
        show_table(("layer", "class", "shape", "differs", "relative", "ok"), rows)
        if self.unmatched:
            print(f"Called by one of the two alone, not compared: {', '.join(self.unmatched)}.")
        wrong = [row for row in self.rows if not row.within]
        tolerance = f"atol={self.atol:g}, rtol={self.rtol:g}"
        compared = f"{len(self.rows)} arrays compared with {self.oracle}"
        if wrong:
            print(f"{compared}: {len(wrong)} beyond {tolerance}, the first is {_named(wrong[0])}.")
        else:
            print(f"{compared}: all within {tolerance}.")
        if self.worst is not None:
            print(
                f"The largest difference is {self.worst.difference:.1e}, of {_named(self.worst)}."
            )


def _named(row: Row) -> str:
    return row.layer or "(the model)"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def compared(
    name: str, kind: str, theirs: list[np.ndarray], mine: list[np.ndarray], rtol: float, atol: float
) -> Row:
    """The row of one call.

    Args:
        name, kind: Of the layer.
        theirs, mine: What it gives in Keras, and here.
        rtol, atol: The tolerance.
    """
    shape = theirs[0].shape if theirs else ()
    if [array.shape for array in theirs] != [array.shape for array in mine]:
        return Row(name, kind, tuple(shape), float("inf"), float("inf"), False)
    largest, relative, within = 0.0, 0.0, True
    for wanted, found in zip(theirs, mine, strict=True):
        if not wanted.size:
            continue
        wanted, found = wanted.astype("float64"), found.astype("float64")
        same = (wanted == found) | (np.isnan(wanted) & np.isnan(found))
        with np.errstate(invalid="ignore"):
            difference = np.where(same, 0.0, np.abs(wanted - found))
        difference = np.where(np.isnan(difference), np.inf, difference)
        scale = float(np.max(np.abs(wanted[np.isfinite(wanted)]), initial=0.0))
        largest = max(largest, float(difference.max()))
        relative = max(relative, float(difference.max()) / scale if scale else 0.0)
        sizes = scale if kind == "gradient" else np.abs(np.where(np.isfinite(wanted), wanted, 0.0))
        within = within and bool(np.all(difference <= atol + rtol * sizes))
    return Row(name, kind, tuple(shape), largest, relative, within)
