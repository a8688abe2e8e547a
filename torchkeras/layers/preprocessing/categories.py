"""Numbers and strings as categories: bins, codes, hashes and crosses of hashes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core import settings
from torchkeras.core.checks import argument_error, kind_error, moment_error
from torchkeras.core.configurable import generic
from torchkeras.core.dtypes import torch_dtype
from torchkeras.core.scopes import local, once_read
from torchkeras.core.typing import Shape
from torchkeras.layers.base import LayerOptions
from torchkeras.layers.preprocessing import quantiles
from torchkeras.layers.preprocessing.adapted import PreprocessingLayer
from torchkeras.layers.preprocessing.adapting import as_numbers, batches_of
from torchkeras.layers.preprocessing.base import DataLayer
from torchkeras.layers.preprocessing.encoding import (
    MODES,
    check_sparse,
    checked_mode,
    encode,
    encoded_shape,
)
from torchkeras.layers.preprocessing.older import OlderState
from torchkeras.tracer import KerasTensor
from torchkeras.tracer.shapes import empty_texts


class Categorical(DataLayer):
    """Base of layers that make categories: values go in as they are, whatever the dtype policy."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"autocast": False, **options})

    _converts_inputs = False
    _gives_text = False
    _takes_text = False  # and no numbers

    def _run_call(self, args: tuple, kwargs: dict, training: Any) -> Any:
        if not local.shape_run:
            return super()._run_call(args, kwargs, training)
        first = args[0][0] if isinstance(args[0], (list, tuple)) else args[0]
        needs_values = self._gives_text or (self.sparse and not local.recorded)
        if isinstance(first, Tensor) and not (needs_values or self._takes_text):
            return super()._run_call(args, kwargs, training)
        if local.recorded:
            raise ValueError(
                f'{type(self).__name__} "{self.name}" can\'t be lowered: torch has no tensors for '
                "texts. Take the part of the model that deals with numbers alone."
            )
        spec = self.compute_output_spec(*args, **kwargs)  # what has values alone can tell
        sizes = [first.shape[0] if size is None else size for size in spec.shape]
        if spec.dtype == "string":
            return empty_texts(sizes)
        return torch.empty(sizes, dtype=torch_dtype(spec.dtype), device=self._chosen_device)

    def tensor_of(self, value: Any) -> Tensor:
        """Numbers as a tensor where the layer is; NumPy's and Python's floats as ``floatx()``.

        Raises:
            TypeError: these are no numbers.
        """
        if isinstance(value, Tensor):
            return value
        array = as_numbers(value)
        if array.dtype.kind not in "biuf":
            given = f"a {type(value).__name__} of {array.dtype}"
            raise kind_error(self, "inputs", given, "numbers")
        if array.dtype == np.float64:
            array = array.astype(settings.floatx())
        return torch.as_tensor(array, device=self._chosen_device)

    def symbol(self, shape: Shape, dtype: str, sparse: bool = False) -> KerasTensor:
        """A symbolic output."""
        return KerasTensor(shape, dtype, sparse=sparse)


class Discretization(Categorical, PreprocessingLayer):
    """Number of the bin that each value lies in.

    Bin 0 lies below the first boundary, bin i from boundary i - 1 up to, and without, boundary i.

    Args:
        bin_boundaries: Ascending boundaries; one less than there are bins.
        num_bins: Number of bins whose boundaries ``adapt`` finds: quantiles of data.
        epsilon: Error of the quantiles, a fraction of the data, above 0.
        output_mode: ``"int"``; ``"one_hot"``, ``"multi_hot"`` or ``"count"`` (see
            ``CategoryEncoding``).
        sparse: Whether other outputs than ``"int"`` are sparse COO tensors.
        dtype: Type of other outputs than ``"int"``.
        name: Name; None makes one up.
        **options: See ``LayerOptions``.

    Raises:
        ValueError: not exactly one of ``bin_boundaries`` and ``num_bins`` is given, or an unknown
            ``output_mode``; in a call, there are no boundaries yet.

    Source: Keras 3 ``Discretization``; ``torch.bucketize``.

    Example:
        >>> keras.layers.Discretization([0.0, 1.0])(torch.tensor([-1.0, 0.0, 0.5, 7.0]))
        tensor([0, 1, 1, 2], dtype=torch.int32)
    """

    def __init__(
        self,
        bin_boundaries: Sequence[float] | None = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        dtype: Any = None,
        name: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(dtype=dtype, name=name, **options)
        self.output_mode = checked_mode(self, output_mode)
        check_sparse(self, sparse, output_mode)
        if (bin_boundaries is None) == (num_bins is None):
            raise argument_error(
                self,
                "bin_boundaries and num_bins",
                (bin_boundaries, num_bins),
                "one of them",
                "You need to set either `num_bins` or `bin_boundaries`, and not both.",
            )
        if num_bins is not None and num_bins < 0:
            raise argument_error(self, "num_bins", num_bins, "an integer, 0 or more")
        if not epsilon > 0:
            raise argument_error(self, "epsilon", epsilon, "a number above 0")
        self.num_bins = num_bins
        self.epsilon = epsilon
        self.sparse = sparse
        self.register_buffer("boundaries", None, persistent=False)
        self.bin_boundaries = bin_boundaries
        self.reset_state()

    @property
    def bin_boundaries(self) -> list[float] | None:
        """The boundaries in force; None before ``adapt``."""
        return self.__dict__["_bin_boundaries"]

    @bin_boundaries.setter
    def bin_boundaries(self, value: Sequence[float] | None) -> None:
        numbers = None if value is None else as_numbers(value)
        if numbers is not None and (numbers.ndim != 1 or (np.diff(numbers) < 0).any()):
            raise argument_error(self, "bin_boundaries", value, "ascending numbers")
        self.__dict__["_bin_boundaries"] = None if numbers is None else numbers.tolist()
        if numbers is not None:
            numbers = torch.as_tensor(
                numbers.astype(np.float64), dtype=torch.float32, device=self._chosen_device
            )
        self.boundaries = numbers

    @property
    def input_dtype(self) -> str:
        """Type of the values: that of the input."""
        return settings.floatx()

    @property
    def output_dtype(self) -> str:
        """Type of the output."""
        return "int32" if self.output_mode == "int" else self.compute_dtype

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Take the boundaries from data, so that the bins hold about as many values each.

        Args:
            data: An array or tensor, or batches of them: a dataset, a loader, a list of arrays, a
                generator; of a tuple, its first part is taken.
            batch_size: Accepted for tf.keras; arrays are read in one go.
            steps: Number of batches to take; None takes all.

        Raises:
            RuntimeError: the boundaries were given to the constructor.
            ValueError: there is no data.
        """
        if self.num_bins is None:
            raise moment_error(
                self,
                "Cannot adapt a Discretization layer that was given `bin_boundaries`",
                "Give `num_bins` instead.",
            )
        self.reset_state()
        for batch in batches_of(self, data, steps):
            self.update_state(batch)
        if not self.summary.shape[1]:
            raise argument_error(self, "data", data, "at least one value")
        self.finalize_state()
        self._is_adapted = True

    def update_state(self, data: Any) -> None:
        """Add the values of one batch to the summary."""
        part = quantiles.summary_of(as_numbers(data).astype(np.float32), self.epsilon)
        self.summary = quantiles.merged(part, self.summary, self.epsilon)

    def finalize_state(self) -> None:
        """Make boundaries of the summary."""
        if self.num_bins is not None:
            self.bin_boundaries = quantiles.boundaries_of(self.summary, self.num_bins)

    def reset_state(self) -> None:
        """Forget the data seen so far."""
        if self.num_bins is not None:
            self.summary = quantiles.EMPTY
        else:
            self.summary = None

    def call(self, inputs: Any) -> Tensor:
        if self.boundaries is None:
            raise moment_error(
                self, "there are no boundaries", "Pass `bin_boundaries`, or call `adapt` first."
            )
        inputs = self.tensor_of(inputs)
        boundaries = self.boundaries
        if inputs.is_floating_point():
            boundaries = boundaries.to(inputs.dtype)
        else:
            inputs = inputs.to(boundaries.dtype)
        bins = torch.bucketize(inputs, boundaries.to(inputs.device), out_int32=True, right=True)
        depth = len(self.bin_boundaries) + 1
        return encode(bins, self.output_mode, depth, torch_dtype(self.output_dtype), self.sparse)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Shape of the output; the last length is the number of bins."""
        found = self.bin_boundaries
        return encoded_shape(
            input_shape, self.output_mode, self.num_bins if found is None else len(found) + 1
        )

    def compute_output_spec(self, inputs: Any) -> KerasTensor:
        """Symbolic output for a symbolic input, without recording the call."""
        return self.symbol(self.compute_output_shape(inputs.shape), self.output_dtype, self.sparse)

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("trainable")
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "Discretization":
        """A layer made from what ``get_config`` gave; of an adapted one, with its boundaries."""
        config = dict(config)
        if config.get("num_bins") is None:
            return cls(**config)
        boundaries = config.pop("bin_boundaries", None)
        layer = cls(**config)
        layer.bin_boundaries = boundaries
        return layer

    def load_own_variables(self, store: Any) -> None:
        """Take the summary, which tf.keras 2 keeps instead of the boundaries it makes of it.

        Those in the configuration hold if there are some.
        """
        if "0" in store and self.num_bins is not None:
            summary = np.asarray(store["0"])
            if summary.ndim != 2 or len(summary) != 2:
                raise argument_error(self, "shape of the summary", summary.shape, "(2, values)")
            once_read(lambda: self._take_summary(summary))

    def _take_summary(self, summary: np.ndarray) -> None:
        self.summary = summary
        if self.bin_boundaries is None and summary.any():
            self.finalize_state()

    @property
    def older_state(self) -> OlderState | None:
        """The summary, a weight of tf.keras 2's layer."""
        return None if self.num_bins is None else OlderState(self, "summary", "0")


class CategoryEncoding(Categorical):
    """Category numbers as one-hot rows, sets or counts.

    Args:
        num_tokens: Number of categories, 1 or more; numbers outside ``[0, num_tokens)`` count
            nowhere.
        output_mode: ``"one_hot"``: a row of ``num_tokens`` with a 1 for each number;
            ``"multi_hot"``: for each sample, with a 1 for each category in it; ``"count"``: how
            often it has each.
        sparse: Whether the output is a sparse COO tensor.
        **options: See ``LayerOptions``.

    Shape:
        inputs: ``(batch, values)``, ``(batch, 1)`` or ``(batch,)``; more axes are taken, too.
        count_weights: As ``inputs``: what each number counts, for ``"count"``.
        output: ``"one_hot"``: ``(..., num_tokens)`` with a last input axis of length 1 replaced;
            else axis 1 (or the only axis) is summed up and ``num_tokens`` stands last.

    Raises:
        ValueError: ``num_tokens`` isn't 1 or more, an unknown mode, or weights in another mode
            than ``"count"``.

    Source: Keras 3 ``CategoryEncoding``.

    Example:
        >>> keras.layers.CategoryEncoding(num_tokens=4, output_mode="count")([[0, 1, 1]])
        tensor([[1., 2., 0., 0.]])
    """

    def __init__(
        self,
        num_tokens: int | None = None,
        output_mode: str = "multi_hot",
        sparse: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.output_mode = checked_mode(self, output_mode, MODES[1:])
        if num_tokens is None or num_tokens < 1:
            raise argument_error(
                self, "num_tokens", num_tokens, "an integer, 1 or more",
                "`num_tokens` must be set to use this layer; if it isn't known beforehand, use "
                "IntegerLookup.",
            )  # fmt: skip
        self.num_tokens = num_tokens
        self.sparse = sparse

    def call(self, inputs: Any, count_weights: Any = None) -> Tensor:
        dtype = torch_dtype(self.compute_dtype)
        if count_weights is not None:
            if self.output_mode != "count":
                raise argument_error(
                    self,
                    "count_weights",
                    "given",
                    f"None, since output_mode is {self.output_mode!r}",
                    "`count_weights` is not used when `output_mode` is not 'count'.",
                )
            count_weights = self.tensor_of(count_weights).to(dtype)
        inputs = self.tensor_of(inputs)
        return encode(inputs, self.output_mode, self.num_tokens, dtype, self.sparse, count_weights)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Shape of the output; the last length is ``num_tokens``."""
        return encoded_shape(input_shape, self.output_mode, self.num_tokens)

    def compute_output_spec(self, inputs: Any, count_weights: Any = None) -> KerasTensor:
        """Symbolic output for a symbolic input, without recording the call."""
        shape = self.compute_output_shape(inputs.shape)
        return self.symbol(shape, self.compute_dtype, self.sparse)
