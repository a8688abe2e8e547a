"""Conditions and loops as TensorFlow spells them. All run as the Python they are."""

import contextlib
import pprint
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchkeras_shim.composite import Composite
from torchkeras_shim.shapes import TensorShape
from torchkeras_shim.sizes import as_size
from torchkeras_shim.text import Texts

from tensorflow.strings.numbers import as_printed
from tensorflow.tensors import convert_to_tensor
from torchkeras import ops
from torchkeras.core import nested
from torchkeras.core.checks import argument_error
from torchkeras.core.scopes import name_scope as keras_name_scope
from torchkeras.core.variable import Variable
from torchkeras.layers.preprocessing.texts import as_str


def cond(
    pred: Any,
    true_fn: Callable[[], Any] | None = None,
    false_fn: Callable[[], Any] | None = None,
    name: str | None = None,
) -> Any:
    """``true_fn()`` if ``pred`` holds, else ``false_fn()``."""
    chosen = true_fn if bool(pred) else false_fn
    return None if chosen is None else chosen()


def case(
    pred_fn_pairs: Any,
    default: Callable[[], Any] | None = None,
    exclusive: bool = False,
    strict: bool = False,
    name: str = "case",
) -> Any:
    """The function beside the first condition that holds, else ``default``, called.

    Args:
        pred_fn_pairs: Pairs of a condition and a function; or a dict of them.
        default: The function for when no condition holds.
        exclusive: Whether it is an error if several hold.
        strict: Whether a list or tuple of one result is given as such, rather than the result.
        name: Accepted.

    Raises:
        ValueError: several hold though they are said to exclude each other, or none and no default.
    """
    pairs = list(pred_fn_pairs.items() if hasattr(pred_fn_pairs, "items") else pred_fn_pairs)
    holding = [action for condition, action in pairs if bool(condition)]
    if exclusive and len(holding) > 1:
        raise argument_error("tf.case", "number of true conditions", len(holding), "at most 1")
    if not holding and default is None:
        raise argument_error("tf.case", "number of true conditions", 0, "1, or a default")
    result = (holding[0] if holding else default)()
    is_single = isinstance(result, (list, tuple)) and len(result) == 1
    return result[0] if is_single and not strict else result


def switch_case(
    branch_index: Any, branch_fns: Any, default: Callable[[], Any] | None = None, name: Any = None
) -> Any:
    """The function number ``branch_index``, called; for other numbers the default or last."""
    index = int(branch_index)
    is_list = not isinstance(branch_fns, dict) and callable(branch_fns[0])
    branches = dict(enumerate(branch_fns) if is_list else branch_fns)
    return branches.get(index, default or branches[max(branches)])()


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    maximum_iterations: Any = None,
    name: str | None = None,
) -> Any:
    """``body`` applied to ``loop_vars`` for as long as ``cond`` holds of them.

    ``shape_invariants``, ``parallel_iterations`` and ``swap_memory`` change nothing here: shapes
    may change, and rounds run one after another. ``back_prop`` neither: a tape decides.

    Args:
        cond: Tells of the loop's values whether there is another round.
        body: Makes the values of the next round.
        loop_vars: Values of the first round.
        maximum_iterations: Number of rounds at most; None sets no limit.
        name: Accepted.

    Returns:
        The values of the last round, as tensors.
    """
    state, rounds = loop_vars, 0
    limit = None if maximum_iterations is None else as_size(maximum_iterations)
    while (limit is None or rounds < limit) and bool(cond(*state)):
        state = body(*state)
        state = state if isinstance(state, (list, tuple)) else (state,)
        rounds += 1
    return nested.map_structure(_as_tensor, state)


def _as_tensor(value: Any) -> Any:
    is_number = isinstance(value, (bool, int, float, complex, np.ndarray, np.generic))
    return convert_to_tensor(value) if is_number else value


def py_function(func: Callable[..., Any], inp: Any, Tout: Any, name: str | None = None) -> Any:
    """``func`` of tensors, its results as tensors of the types ``Tout``."""
    return _typed(func(*map(convert_to_tensor, inp)), Tout)


def numpy_function(
    func: Callable[..., Any], inp: Any, Tout: Any, stateful: bool = True, name: str | None = None
) -> Any:
    """``func`` of NumPy arrays, its results as tensors of the types ``Tout``.

    ``stateful`` changes nothing here: ``func`` runs at each call.
    """
    return _typed(func(*(_as_numpy(convert_to_tensor(value)) for value in inp)), Tout)


def _as_numpy(value: Any) -> Any:
    return value.numpy() if isinstance(value, Texts) else np.asarray(value)


def _typed(results: Any, types: Any) -> Any:
    if isinstance(types, (list, tuple)) and not types:
        return []
    if not isinstance(types, (list, tuple)):
        return convert_to_tensor(results, dtype=getattr(types, "dtype", types))
    return [
        convert_to_tensor(result, dtype=getattr(dtype, "dtype", dtype))
        for result, dtype in zip(results, types, strict=True)
    ]


def print(
    *inputs: Any,
    output_stream: Any = None,
    summarize: int | None = 3,
    sep: str = " ",
    end: str = "\n",
    name: str | None = None,
) -> None:
    """Write values, tensors as ``[1 2.5]``.

    A function that ``tf.saved_model.save`` writes leaves it out, with a warning.

    Args:
        inputs: Tensors, structures of them and anything else.
        output_stream: A stream, or ``"file://"`` and a path; the error stream if None.
        summarize: How many elements are shown at each end of a long axis; None or -1 shows all.
        sep, end: Put between the values and after them.
        name: Accepted.
    """
    if torch.compiler.is_exporting():
        warnings.warn("tf.print: the saved function prints nothing.", stacklevel=2)
        return
    text = _line(inputs, -1 if summarize is None else summarize, sep) + end
    if isinstance(output_stream, str) and output_stream.startswith("file://"):
        with open(output_stream.removeprefix("file://"), "a", encoding="utf-8") as file:
            file.write(text)
    else:
        (output_stream or sys.stderr).write(text)


def _line(inputs: tuple[Any, ...], summarize: int, sep: str) -> str:
    if len(inputs) == 1 and isinstance(inputs[0], Texts) and not inputs[0].ndim:
        return as_str(inputs[0].item())
    return sep.join(v if isinstance(v, str) else _formatted(v, summarize) for v in inputs)


def _formatted(value: Any, summarize: int) -> str:
    """A structure as Python shows it, with its tensors in their places."""
    shown: dict[str, str] = {}

    def place(leaf: Any) -> Any:
        if isinstance(leaf, Composite):
            text = _of_composite(leaf, summarize)
        elif isinstance(leaf, (Tensor, Texts, Variable)):
            text = as_printed(
                leaf if isinstance(leaf, Texts) else convert_to_tensor(leaf), summarize
            )
        else:
            return leaf
        mark = f"\0{len(shown)}\0"
        shown[mark] = text
        return _Mark(mark)

    is_shape = isinstance(value, TensorShape)
    text = repr(value) if is_shape else pprint.pformat(nested.map_structure(place, value))
    for mark, written in shown.items():
        text = text.replace(mark, written)
    return text


def _of_composite(value: Composite, summarize: int) -> str:
    if not hasattr(value, "dense_shape"):  # rows of several lengths
        return str(value.to_list())
    parts = (value.indices, value.values, value.dense_shape)
    indices, values, shape = (as_printed(part, summarize) for part in parts)
    return f"SparseTensor(indices={indices}, values={values}, shape={shape})"


class _Mark:
    """Stands for a tensor within a structure that is being written."""

    def __init__(self, mark: str) -> None:
        self._mark = mark

    def __repr__(self) -> str:
        return self._mark


def timestamp(name: str | None = None) -> Tensor:
    """Seconds since 1970, in float64."""
    return torch.tensor(time.time(), dtype=torch.float64)


def Assert(
    condition: Any, data: Any, summarize: int | None = None, name: str | None = None
) -> None:
    """Raise a ValueError that shows ``data`` unless ``condition`` holds.

    Args:
        condition: One truth value, or a tensor of which all have to hold.
        data: What the error shows.
        summarize: How many elements of each it shows; None means 3, and -1 all.
        name: Accepted.
    """
    if not bool(ops.all(condition)):
        shown = "; ".join(summarized(value, summarize) for value in data)
        raise ValueError(f"tf.Assert: assertion failed: {shown}")


def summarized(value: Any, number: int | None = None) -> str:
    """The first elements of ``value`` as text: ``number`` of them; 3 for None, all for -1."""
    found = np.asarray(value, dtype=object if isinstance(value, Texts) else None)
    flat, most = found.ravel().tolist(), 3 if number is None else number
    kept = flat if most < 0 else flat[:most]
    return ", ".join([*map(str, kept), *["..."] * (len(kept) < len(flat))])


def group(*inputs: Any, name: str | None = None) -> None:
    """Nothing: ``inputs`` have run already."""


def no_op(name: str | None = None) -> None:
    """Nothing."""


def control_dependencies(control_inputs: Any) -> contextlib.AbstractContextManager[None]:
    """Nothing: ``control_inputs`` have run already, as Python runs in order."""
    return contextlib.nullcontext()


def init_scope() -> contextlib.AbstractContextManager[None]:
    """Nothing: there is no graph to step out of."""
    return contextlib.nullcontext()


def name_scope(name: str) -> keras_name_scope:
    """Prefix the paths of variables made inside with ``name``."""
    return keras_name_scope(name.strip("/").replace("/", "_"))


@contextlib.contextmanager
def device(device_name: Any) -> Iterator[None]:
    """Tensors made inside lie on this device; on the CPU if there is none such."""
    word = str(device_name).upper()
    number = word.rsplit(":", 1)[-1]
    index = int(number) if number.isdigit() else 0
    if "GPU" in word and index < torch.cuda.device_count():
        with torch.device("cuda", index):
            yield
    else:
        with (
            torch.device("cpu")
            if torch.get_default_device().type != "cpu"
            else contextlib.nullcontext()
        ):
            yield


def executing_eagerly() -> bool:
    """True: everything is."""
    return True


def inside_function() -> bool:
    """False: nothing is traced."""
    return False


class TensorArray:
    """Tensors by number, joined in the end.

    Args:
        dtype: Number type of the tensors.
        size: How many there are at first.
        dynamic_size: Whether writing may add more.
        element_shape: Shape of each, kept.
        clear_after_read, tensor_array_name, handle, flow, infer_shape,
        colocate_with_first_write_call, name: Settings of TensorFlow's graphs; accepted.
    """

    def __init__(
        self,
        dtype: Any,
        size: Any = None,
        dynamic_size: bool | None = None,
        clear_after_read: bool | None = None,
        tensor_array_name: str | None = None,
        handle: Any = None,
        flow: Any = None,
        infer_shape: bool = True,
        element_shape: Any = None,
        colocate_with_first_write_call: bool = True,
        name: str | None = None,
    ) -> None:
        self.dtype = dtype
        self.dynamic_size = bool(dynamic_size)
        self.element_shape = None if element_shape is None else TensorShape(element_shape)
        self._items: list[Tensor | None] = [None] * as_size(size or 0)

    def write(self, index: Any, value: Any, name: str | None = None) -> "TensorArray":
        """Put ``value`` at ``index``.

        Raises:
            ValueError: the index lies outside and the size is fixed.
        """
        index = as_size(index)
        if index >= len(self._items):
            if not self.dynamic_size:
                raise argument_error(
                    "TensorArray.write",
                    "index",
                    index,
                    f"below {len(self._items)}",
                    "Make it with dynamic_size=True.",
                )
            self._items += [None] * (index + 1 - len(self._items))
        self._items[index] = convert_to_tensor(value, dtype=self.dtype)
        return self

    def read(self, index: Any, name: str | None = None) -> Any:
        """What lies at ``index``."""
        return self._items[as_size(index)]

    def stack(self, name: str | None = None) -> Any:
        """All tensors along a new first axis; zeros stand for those never written."""
        written = next((item for item in self._items if item is not None), None)
        if written is None:
            return ops.zeros((len(self._items),), dtype=self.dtype)
        return ops.stack([ops.zeros_like(written) if i is None else i for i in self._items])

    def concat(self, name: str | None = None) -> Any:
        """All tensors one after another along the first axis."""
        return ops.concatenate([item for item in self._items if item is not None], axis=0)

    def gather(self, indices: Any, name: str | None = None) -> Any:
        """The tensors with these numbers along a new first axis."""
        return ops.stack([self._items[as_size(index)] for index in indices])

    def unstack(self, value: Any, name: str | None = None) -> "TensorArray":
        """Put the rows of ``value`` at 0, 1 and so on."""
        self._items = list(convert_to_tensor(value, dtype=self.dtype).unbind(0))
        return self

    def split(self, value: Any, lengths: Any, name: str | None = None) -> "TensorArray":
        """Put parts of ``value``, of these lengths along the first axis, at 0, 1 and so on."""
        value = convert_to_tensor(value, dtype=self.dtype)
        self._items = list(torch.split(value, [int(length) for length in lengths]))
        return self

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> "TensorArray":
        """Put the rows of ``value`` at ``indices``."""
        for index, row in zip(indices, convert_to_tensor(value).unbind(0), strict=True):
            self.write(index, row)
        return self

    def identity(self) -> "TensorArray":
        """Another one with the same tensors."""
        other = TensorArray(self.dtype, 0, self.dynamic_size, element_shape=self.element_shape)
        other._items = list(self._items)
        return other

    def size(self, name: str | None = None) -> Any:
        """How many there are, as an int32 tensor."""
        return ops.convert_to_tensor(len(self._items), dtype="int32")
