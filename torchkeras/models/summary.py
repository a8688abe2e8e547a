"""The table that ``Model.summary()`` prints: layers, shapes, numbers of weights."""

import math
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from torch import nn

from torchkeras.callbacks.console import say
from torchkeras.core import nested
from torchkeras.core.checks import argument_error, nearest
from torchkeras.core.dtypes import torch_dtype
from torchkeras.core.naming import LocalNames, printable, to_snake_case
from torchkeras.saving import operations
from torchkeras.tracer import Call
from torchkeras.tracer.graph import attach_mask, operation_of
from torchkeras.tracer.symbolic import operation_name

WIDTH, WIDTH_WITH_CONNECTIONS, WIDTH_OF_TRAINABLE = 88, 108, 12
BOLD, BLUE, GREEN, PLAIN = "\x1b[1m", "\x1b[38;5;33m", "\x1b[38;5;34m", "\x1b[0m"
UNITS = ("B", "KB", "MB", "GB", "TB", "PB")


class Row(NamedTuple):
    """What a line of the table says of a layer, or of a function on symbolic tensors."""

    name: str
    kind: str
    shape: str
    params: str
    connected_to: str
    trainable: str


class Column(NamedTuple):
    """Heading, alignment (as of ``str.ljust``) and text by row."""

    heading: str
    align: Callable[[str, int], str]
    text: Callable[[Row], str]


def print_summary(
    model: Any,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    print_fn: Callable[[str], Any] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
) -> None:
    """Print a table of the layers of ``model`` and how many weights it has.

    Args:
        model: The model.
        line_length: Width in characters; None fits the terminal.
        positions: Ends of the columns, as fractions of the width or in characters.
        print_fn: Called with the whole text; None prints it on the chief process.
        expand_nested: Whether the layers of nested models are shown below them.
        show_trainable: Whether a column says if a layer is trained.
        layer_range: Names, or patterns of them, of the first and last layer to show.

    Raises:
        ValueError: a column without room, or a ``layer_range`` that names no layers.

    Source: Keras 3 ``summary_utils.print_summary``.
    """
    text = render(model, line_length, positions, expand_nested, show_trainable, layer_range)
    if print_fn is None:
        is_terminal = getattr(sys.stdout, "isatty", lambda: False)()
        say(_coloured(text) if is_terminal else text, line_break=False)
    else:
        print_fn(text)


def render(
    model: Any,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
) -> str:
    """The text that ``print_summary`` prints."""
    reader = Reader(model, expand_nested)
    columns = [
        Column("Layer (type)", str.ljust, lambda row: f"{row.name} ({row.kind})"),
        Column("Output Shape", str.ljust, lambda row: row.shape),
        Column("Param #", str.rjust, lambda row: row.params),
    ]
    length, ends = WIDTH, [0.45, 0.80, 1.0]
    if not reader.is_chain:
        columns.append(Column("Connected to", str.ljust, lambda row: row.connected_to))
        length, ends = WIDTH_WITH_CONNECTIONS, [0.3, 0.56, 0.74, 1.0]
    ends = list(positions or ends)
    if show_trainable:
        columns.append(Column("Trainable", str.center, lambda row: row.trainable))
        length += WIDTH_OF_TRAINABLE
        ends = [end * 0.9 for end in ends] + [ends[-1]]
    length = line_length or min(length, shutil.get_terminal_size().columns - 4)
    table = _table(columns, reader.rows(layer_range), _widths(ends, length))
    return printable("\n".join([f'Model: "{model.name}"', *table, *_totals(model), ""]))


class Reader:
    """Finds out what there is to say of the layers of a model and of the calls between them.

    Args:
        model: The model.
        expand_nested: Whether ``rows`` go into nested models.

    Attributes:
        operations: Layers and, as ``Call``, functions on symbolic tensors, in order.
        graph: The calls; None if the layers are simply listed.
        is_chain: Whether each takes what the one before makes.
    """

    def __init__(self, model: Any, expand_nested: bool) -> None:
        self.expand_nested = expand_nested
        graph = getattr(model, "_traced_graph", None)
        is_graph = graph is not None and not hasattr(type(model), "add")  # not a Sequential
        self.graph = graph if is_graph else None
        self.operations = list(model.layers)
        self.names: dict[int, str] = {}
        if is_graph:
            self.operations = [one for one in graph.operations if not _is_hidden(one)]
            self._name_functions()
        self.is_chain = not is_graph or self._has_one_path()

    def _name_functions(self) -> None:
        names = LocalNames()
        for operation in self.operations:
            if not isinstance(operation, Call):
                names(_name(operation))
        for operation in self.operations:
            if isinstance(operation, Call):
                self.names[id(operation)] = names(to_snake_case(kind_of(operation)))

    def _has_one_path(self) -> bool:
        calls = [call for call in self.graph.calls if not _is_hidden(operation_of(call))]
        if len({id(operation_of(call)) for call in calls}) < len(calls):
            return False
        previous = None
        for call in calls:
            sources = [source for source, _ in self.sources(call)]
            if sources != ([] if previous is None else [previous]):
                return False
            previous = call
        return True

    @staticmethod
    def source_of(tensor: Any) -> tuple[Call, int]:
        """The call that made a symbolic tensor, and which of its outputs it is."""
        while tensor.call.operation is attach_mask:
            tensor = tensor.call.args[0]
        return tensor.call, tensor.position

    def sources(self, call: Call) -> list[tuple[Call, int]]:
        """``source_of`` each input of ``call``."""
        return [self.source_of(tensor) for tensor in call.inputs]

    def name_of(self, operation: Any) -> str:
        """Name of a layer; of a function, its own with a counter."""
        return self.names.get(id(operation)) or _name(operation)

    def rows(self, layer_range: Sequence[str] | None) -> list[Row]:
        """Rows of the table, of all layers or from one to another."""
        return [row for one in self.within(layer_range) for row in self._rows_of(one, 0)]

    def within(self, layer_range: Sequence[str] | None, where: str = "summary") -> list[Any]:
        """The operations from one layer to another, both included.

        Args:
            layer_range: Names, or patterns of them, of the first and the last; None takes all.
            where: Who asks, for the error.

        Raises:
            ValueError: it isn't two names of layers.
        """
        if layer_range is None:
            return self.operations
        if len(layer_range) != 2 or not all(isinstance(name, str) for name in layer_range):
            raise argument_error(where, "layer_range", layer_range, "two names of layers")
        names = [self.name_of(one) for one in self.operations]
        ends = []
        for pattern in layer_range:
            found = [index for index, name in enumerate(names) if re.match(pattern, name)]
            if not found:
                raise argument_error(
                    where,
                    "layer_range",
                    layer_range,
                    "names of layers",
                    "Passed layer_names do not match the layer names in the model. "
                    + nearest(pattern, names),
                )
            ends.append(found)
        if min(ends[0]) > max(ends[1]):
            ends.reverse()
        return self.operations[min(ends[0]) : max(ends[1]) + 1]

    def _rows_of(self, operation: Any, level: int) -> Iterable[Row]:
        prefix = "   " * level + "└ " if level else ""
        yield Row(
            name=prefix + self.name_of(operation),
            kind=kind_of(operation),
            shape=_shape(operation),
            params=_params(operation),
            connected_to=self._connections(operation),
            trainable=_trainable(operation),
        )
        if self.expand_nested:
            for layer in getattr(operation, "layers", None) or ():
                yield from self._rows_of(layer, level + 1)

    def _connections(self, operation: Any) -> str:
        if self.is_chain:
            return ""
        parts = []
        for call in self.graph.calls_of(operation):
            for source, position in self.sources(call):
                called = operation_of(source)
                number = source.index if hasattr(called, "_inbound_calls") else 0
                parts.append(f"{self.name_of(called)}[{number}][{position}]")
        return ", ".join(parts) or "-"


def _is_hidden(operation: Any) -> bool:
    return isinstance(operation, Call) and operation.operation is attach_mask


def _name(operation: Any) -> str:
    return getattr(operation, "name", None) or type(operation).__name__.lower()


def kind_of(operation: Any) -> str:
    """Name of the class; of a function, that of Keras's operation, or its own in that form."""
    if not isinstance(operation, Call):
        return type(operation).__name__
    try:
        return operations.to_keras(operation.operation, operation.args, operation.kwargs).class_name
    except (TypeError, ValueError):  # Keras has none
        words = operation_name(operation.operation).strip("_").split("_")
        return "".join(word[:1].upper() + word[1:] for word in words)


def _calls_of(operation: Any) -> list[Call]:
    calls = getattr(operation, "_inbound_calls", None)
    return calls.living() if calls else []


def _shape(operation: Any) -> str:
    calls = [operation] if isinstance(operation, Call) else _calls_of(operation)
    if calls:
        return _shown_shapes([Shape(symbol.shape) for symbol in calls[-1].flat_outputs])
    arguments = getattr(operation, "_build_arguments", None)
    if not arguments:
        return "?"
    try:
        return _shown_shapes(_as_shapes(operation.compute_output_shape(**arguments)))
    except (NotImplementedError, TypeError, ValueError, RuntimeError):
        return "?"  # user code whose shapes can't be told without data


class Shape:
    """One shape, shown as Keras shows it: ``(None, 3)``."""

    def __init__(self, sizes: Iterable[int | None]) -> None:
        self.sizes = tuple(sizes)

    def __repr__(self) -> str:
        return f"({', '.join(map(str, self.sizes))})"


def _as_shapes(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_shapes(item) for key, item in value.items()}
    if all(size is None or isinstance(size, int) for size in value):
        return Shape(value)
    return type(value)(_as_shapes(item) for item in value)


def _shown_shapes(shapes: Any) -> str:
    flat = nested.flatten(shapes)
    return repr(flat[0]) if len(flat) == 1 else repr(shapes).replace("'", "")


def _params(operation: Any) -> str:
    if isinstance(operation, Call):
        return "0"
    if not hasattr(operation, "count_params"):
        return f"{sum(p.numel() for p in operation.parameters()):,}"
    return f"{operation.count_params():,}" if operation.built else "0 (unbuilt)"


def _trainable(operation: Any) -> str:
    if isinstance(operation, Call) or not getattr(operation, "weights", None):
        return "-"
    return "Y" if operation.trainable else "N"


def _totals(model: nn.Module) -> list[str]:
    optimizer = getattr(model, "optimizer", None)
    groups = {
        "Trainable params": model.trainable_weights,
        "Non-trainable params": model.non_trainable_weights,
    }
    if getattr(model, "compiled", False) and getattr(optimizer, "built", False):
        groups["Optimizer params"] = optimizer.variables
    counted = {name: _count(weights) for name, weights in groups.items()}
    total = tuple(map(sum, zip(*counted.values(), strict=True)))
    lines = {"Total params": total, **counted}
    return [f" {name}: {n:,} ({_size(size)})" for name, (n, size) in lines.items()]


def _count(weights: Iterable[Any]) -> tuple[int, int]:
    """Number of values, and of bytes, in ``weights``."""
    unique = {id(weight): weight for weight in weights}.values()
    counts = [(math.prod(weight.shape), torch_dtype(weight.dtype).itemsize) for weight in unique]
    return sum(n for n, _ in counts), sum(n * size for n, size in counts)


def _size(size: float) -> str:
    for unit in UNITS[:-1]:
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} {UNITS[-1]}"


def _widths(ends: Sequence[float], length: int) -> list[int]:
    """Room for the text of each column, in a table ``length`` wide with lines between them."""
    if ends[-1] <= 1:
        ends = [int(end * length) for end in ends]
    widths = [int(end - start) for start, end in zip([0, *ends], ends, strict=False)]
    if min(widths) < 4:
        raise argument_error(
            "summary",
            "line_length",
            length,
            "room for every column",
            "Insufficient console width to print summary.",
        )
    excess = sum(widths) + 3 * len(widths) + 1 - length  # a line and a blank on either side
    for index in range(len(widths)):
        share = max(round(excess / (len(widths) - index)), 0)
        widths[index] = max(widths[index] - share, 1)
        excess -= share
    return widths


def _table(columns: Sequence[Column], rows: Sequence[Row], widths: Sequence[int]) -> list[str]:
    def rule(left: str, line: str, cross: str, right: str) -> str:
        return left + cross.join(line * (width + 2) for width in widths) + right

    def lines_of(texts: Iterable[str], bar: str) -> list[str]:
        cells = [_wrap(text, width) for text, width in zip(texts, widths, strict=True)]
        height = max(map(len, cells))
        filled = [cell + [""] * (height - len(cell)) for cell in cells]
        return [
            bar
            + bar.join(
                f" {column.align(text, width)} "
                for column, text, width in zip(columns, line, widths, strict=True)
            )
            + bar
            for line in zip(*filled, strict=True)
        ]

    text = [rule("┏", "━", "┳", "┓")]
    text += lines_of([column.heading for column in columns], "┃")
    text.append(rule("┡", "━", "╇", "┩"))
    for index, row in enumerate(rows):
        text += [rule("├", "─", "┼", "┤")] if index else []
        text += lines_of([column.text(row) for column in columns], "│")
    text.append(rule("└", "─", "┴", "┘"))
    return text


def _wrap(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width``, broken at blanks, long words cut short."""
    lines = [""]
    for word in re.findall(r"\s*\S+\s*", text) or [""]:
        if lines[-1] and len(lines[-1]) + len(word.rstrip()) > width:
            lines.append("")
        lines[-1] += word
    stripped = [line.rstrip() for line in lines]
    return [line if len(line) <= width else line[: width - 1] + "…" for line in stripped]


def _coloured(text: str) -> str:
    """``text`` with numbers in green, classes in blue, and headings in bold."""
    lines = []
    for line in text.split("\n"):
        if line.startswith("│"):
            line = re.sub(r"(?<=\()([A-Z]\w*)(?=\))", rf"{BLUE}\1{PLAIN}", line)
            line = re.sub(r"(?<![\w.;\[])(\d[\d,]*|None)(?![\w;])", rf"{GREEN}\1{PLAIN}", line)
        elif line.startswith(" "):
            line = re.sub(r"^([^:]+:) ([\d,]+)", rf"{BOLD}\1{PLAIN} {GREEN}\2{PLAIN}", line)
        elif line.startswith("┃"):
            line = re.sub(r"([^┃ ][^┃]*[^┃ ])", rf"{BOLD}\1{PLAIN}", line)
        elif line.startswith("Model"):
            line = f"{BOLD}{line}{PLAIN}"
        lines.append(line)
    return "\n".join(lines)
