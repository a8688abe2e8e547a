"""Drawings of models by Graphviz."""

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from torchkeras.callbacks.console import say
from torchkeras.core import nested
from torchkeras.core.checks import argument_error, moment_error
from torchkeras.core.naming import printable
from torchkeras.models import Functional, Sequential
from torchkeras.models.summary import Reader, kind_of
from torchkeras.saving.files import replacing
from torchkeras.tracer import Call
from torchkeras.tracer.graph import operation_of


class Content(NamedTuple):
    """What the box of a layer says."""

    show_shapes: bool
    show_dtype: bool
    show_layer_names: bool
    show_layer_activations: bool
    show_trainable: bool


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    layer_range: Sequence[str] | None = None,
    **unknown: Any,
) -> Any:
    """A model as a ``pydot.Dot`` graph, a box for each layer.

    Args:
        model: A built model. One that is neither functional nor sequential is a single box.
        show_shapes: Whether boxes tell the shapes of inputs and outputs.
        show_dtype: Whether boxes tell the dtype of the output.
        show_layer_names: Whether boxes tell the name of the layer beside its class.
        rankdir: ``"TB"`` from top to bottom, ``"LR"`` from left to right.
        expand_nested: Whether nested models are drawn layer by layer, in frames.
        dpi: Resolution in dots per inch.
        subgraph: Whether to give a ``pydot.Cluster``, a frame within another graph.
        show_layer_activations: Whether boxes tell the activation.
        show_trainable: Whether boxes tell if the layer is trained.
        splines: How Graphviz draws lines.
        layer_range: Names, or patterns of them, of the first and last layer to draw (tf.keras).

    Raises:
        RuntimeError: the model isn't built.
        ValueError: ``layer_range`` isn't two names of layers, or an argument is unknown.
        ImportError: pydot isn't installed.

    Source: Keras 3 ``model_to_dot``.
    """
    if not model.built:
        raise _not_built(model)
    if unknown:
        raise argument_error("model_to_dot", "an argument", min(unknown), "none so named")
    pydot = _pydot()
    if subgraph:
        dot = _frame(pydot, model.name)
    else:
        dot = pydot.Dot()
        for name, value in {
            "rankdir": rankdir,
            "concentrate": True,
            "dpi": dpi,
            "splines": splines,
        }.items():
            dot.set(name, value)
        dot.set_node_defaults(shape="record")
    content = Content(
        show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable
    )
    _Drawing(pydot, content, expand_nested, rankdir).draw(model, dot, layer_range)
    return dot


def plot_model(
    model: Any,
    to_file: str | os.PathLike[str] = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    layer_range: Sequence[str] | None = None,
    **unknown: Any,
) -> Any:
    """Write a drawing of a model to a file.

    Args:
        to_file: The file; its suffix is the format, ``png`` if it has none.
        model, show_shapes, show_dtype, show_layer_names, rankdir, expand_nested, dpi,
            show_layer_activations, show_trainable, splines, layer_range: As in ``model_to_dot``.

    Returns:
        In a notebook, the image; else None.

    Raises:
        RuntimeError: the model isn't built.
        ImportError: pydot or Graphviz isn't installed (in a notebook, it only says so).

    Source: Keras 3 ``plot_model``.
    """
    if not model.built:
        raise _not_built(model)
    try:
        dot = model_to_dot(
            model,
            show_shapes,
            show_dtype,
            show_layer_names,
            rankdir,
            expand_nested,
            dpi,
            show_layer_activations=show_layer_activations,
            show_trainable=show_trainable,
            splines=splines,
            layer_range=layer_range,
            **unknown,
        )
        suffix = Path(to_file).suffix[1:] or "png"
        _write(dot, os.fspath(to_file), suffix)
    except ImportError as error:
        if "IPython.core.magics.namespace" not in sys.modules:
            raise
        say(str(error))
        return None
    if suffix == "pdf" or "IPython" not in sys.modules:
        return None
    return sys.modules["IPython"].display.Image(filename=os.fspath(to_file))


class _NotBuilt(RuntimeError, ValueError):
    """The wrong moment; Keras raises a ValueError."""


def _not_built(model: Any) -> Exception:
    error = moment_error(
        model, "This model has not yet been built", "Call `build()`, or the model on a batch."
    )
    return _NotBuilt(str(error))


def _pydot() -> Any:
    try:
        import pydot
    except ImportError as error:
        raise ImportError(
            "You must install pydot (`pip install pydot`) for plot_model and model_to_dot to work."
        ) from error
    return pydot


def _write(dot: Any, file: str, suffix: str) -> None:
    if suffix in ("dot", "gv"):
        with replacing(file) as temporary:
            temporary.write_text(dot.to_string(), encoding="utf-8")
        return
    try:
        content = dot.create(format=suffix)
    except (FileNotFoundError, OSError) as error:
        if not isinstance(error, FileNotFoundError) and "dot" not in str(error):
            raise
        raise ImportError(
            "You must install graphviz (see https://graphviz.org/download/) for `plot_model` to "
            "work; a file that ends in .dot needs pydot alone."
        ) from error
    with replacing(file) as temporary:
        temporary.write_bytes(content)


class _Drawing:
    """Adds the boxes and lines of a model to a graph."""

    def __init__(self, pydot: Any, content: Content, expand_nested: bool, rankdir: str) -> None:
        self.pydot = pydot
        self.content = content
        self.expand_nested = expand_nested
        self.rankdir = rankdir

    def draw(self, model: Any, dot: Any, layer_range: Sequence[str] | None = None) -> None:
        if not isinstance(model, (Functional, Sequential)):
            dot.add_node(self._box(model, model.name))
            return
        reader = Reader(model, expand_nested=False)
        reader.operations = reader.within(layer_range, "model_to_dot")
        for operation in reader.operations:
            if self._is_opened(operation):
                frame = _frame(self.pydot, operation.name)
                self.draw(operation, frame)
                dot.add_subgraph(frame)
            else:
                dot.add_node(self._box(operation, reader.name_of(operation)))
        for source, target in self._lines(reader):
            self._connect(dot, source, target)

    def _is_opened(self, operation: Any) -> bool:
        return self.expand_nested and isinstance(operation, (Functional, Sequential))

    def _lines(self, reader: Reader) -> list[tuple[Any, Any]]:
        """Pairs of operations, of which one takes what the other makes."""
        if reader.graph is None:
            pairs = zip(reader.operations, reader.operations[1:], strict=False)
            return [(self._last(a, 0), self._first(b, 0)) for a, b in pairs]
        lines = []
        drawn = {id(operation) for operation in reader.operations}
        for operation in reader.operations:
            for call in reader.graph.calls_of(operation):
                for index, (source, position) in enumerate(reader.sources(call)):
                    if id(operation_of(source)) in drawn:
                        start = self._last(operation_of(source), position)
                        lines.append((start, self._first(operation, index)))
        return lines

    def _last(self, operation: Any, position: int) -> Any:
        """The innermost operation that makes output number ``position``."""
        while self._is_opened(operation):
            if isinstance(operation, Sequential):
                operation = operation.layers[-1]
            else:
                reader = Reader(operation, expand_nested=False)
                source, position = reader.source_of(operation.outputs[position])
                operation = operation_of(source)
        return operation

    def _first(self, operation: Any, index: int) -> Any:
        """The innermost operation that takes input number ``index``."""
        while self._is_opened(operation):
            if isinstance(operation, Sequential):
                operation = operation.layers[0]
            else:
                operation = operation_of(operation.inputs[index].call)
        return operation

    def _connect(self, dot: Any, source: Any, target: Any) -> None:
        start, end = str(id(source)), str(id(target))
        if not dot.get_edge(start, end):
            dot.add_edge(self.pydot.Edge(start, end, penwidth="2"))

    def _box(self, operation: Any, name: str) -> Any:
        box = self.pydot.Node(str(id(operation)), label=label(operation, name, self.content))
        for option, value in {"fontname": "Helvetica", "border": "0", "margin": "0"}.items():
            box.set(option, value)
        return box


def label(operation: Any, name: str, content: Content) -> str:
    """The box of a layer, as a table in Graphviz's HTML."""
    cells = _cells(operation, content)
    span = max(len(cells), 1)
    kind = _escape(kind_of(operation))
    title = f"<b>{_escape(name)}</b> ({kind})" if content.show_layer_names else f"<b>{kind}</b>"
    rows = [_cell(title, "black", span, 16, "white")]
    activation = getattr(operation, "activation", None)
    if content.show_layer_activations and activation is not None:
        text = getattr(activation, "name", None) or getattr(activation, "__name__", activation)
        rows.append(_cell(f"Activation: <b>{_escape(str(text))}</b>", "white", span))
    if cells:
        rows.append("".join(cells))
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<<table border="0" cellborder="1" bgcolor="black" cellpadding="10">{body}</table>>'


def _cells(operation: Any, content: Content) -> list[str]:
    cells = []
    inputs, outputs = _symbols(operation)
    if content.show_shapes:
        if kind_of(operation) != "InputLayer":
            cells.append(_cell(f"Input shape: <b>{_shapes(inputs)}</b>", "white"))
        cells.append(_cell(f"Output shape: <b>{_shapes(outputs)}</b>", "white"))
    if content.show_dtype:
        dtypes = nested.map_leaves(lambda symbol: symbol.dtype, outputs)
        cells.append(_cell(f"Output dtype: <b>{dtypes or '?'}</b>", "white"))
    if content.show_trainable and getattr(operation, "weights", None):
        is_trained = operation.trainable
        text, colour = (
            ("Trainable", "forestgreen") if is_trained else ("Non-trainable", "firebrick")
        )
        cells.append(_cell(f"<b>{text}</b>", colour, colour="white"))
    return cells


def _cell(text: str, background: str, span: int = 1, size: int = 14, colour: str = "") -> str:
    colour = f' color="{colour}"' if colour else ""
    span_text = f' colspan="{span}"' if span > 1 else ""
    font = f'<font point-size="{size}"{colour}>{text}</font>'
    return f'<td bgcolor="{background}"{span_text}>{font}</td>'


def _frame(pydot: Any, name: str) -> Any:
    """A frame around a nested model; its name ends no text of Graphviz, whatever it is."""
    frame = pydot.Cluster(style="dashed", graph_name=re.sub(r'["\\\0-\x1f]', "_", name))
    label = printable(name).replace("\\", r"\\").replace('"', r"\"")
    frame.set("label", name if re.fullmatch(r"\w+", name) else f'"{label}"')
    frame.set("labeljust", "l")
    return frame


def _escape(text: str) -> str:
    """``text`` as it stands in HTML; the module ``html`` would cost 9 ms of every import."""
    text = printable(text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _symbols(operation: Any) -> tuple[Any, Any]:
    """Symbolic inputs and outputs, None where there are none."""
    if isinstance(operation, Call):
        inputs = operation.inputs
        return (inputs[0] if len(inputs) == 1 else inputs), operation.outputs
    try:
        return operation.input, operation.output
    except (AttributeError, RuntimeError):
        return None, None


def _shapes(symbols: Any) -> str:
    if symbols is None:
        return "?"
    shapes = nested.map_leaves(lambda symbol: tuple(symbol.shape), symbols)
    if isinstance(shapes, dict):
        return ", ".join(f"{key}: {shape}" for key, shape in shapes.items())
    return str(shapes)
