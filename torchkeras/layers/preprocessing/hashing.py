"""Strings and integers by the hash of each, and of several features together."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.dtypes import NAMES, torch_dtype
from torchkeras.core.typing import Shape
from torchkeras.layers.base import LayerOptions
from torchkeras.layers.preprocessing.categories import Categorical
from torchkeras.layers.preprocessing.encoding import (
    MODES,
    check_sparse,
    checked_mode,
    encode,
    encoded_shape,
)
from torchkeras.layers.preprocessing.texts import (
    flat_texts,
    hash_integers,
    hashes,
    is_text,
    text_array,
)
from torchkeras.layers.signature import also_named
from torchkeras.nn import hashing
from torchkeras.tracer import KerasTensor

# The key with which TensorFlow begins hashes of crossed features.
_CROSSING_KEY = 0xDECAFCAFFE


class Hashing(Categorical):
    """Number of the bin that the hash of each string or integer falls into.

    Strings are hashed by FarmHash's ``Fingerprint64``, with a salt by SipHash; integers as their
    decimal digits; of floats, the whole part.

    Args:
        num_bins: Number of bins, 1 or more.
        mask_value: The value that alone goes to bin 0; None reserves no bin.
        salt: One or two integers that make another hash.
        output_mode: ``"int"``; ``"one_hot"``, ``"multi_hot"`` or ``"count"`` (see
            ``CategoryEncoding``).
        sparse: Whether other outputs than ``"int"`` are sparse COO tensors.
        **options: See ``LayerOptions``; ``dtype`` is by default int64 for ``"int"``.

    Raises:
        ValueError: ``num_bins`` is below 1, an unknown mode, a salt that isn't one or two integers,
            or a dtype that doesn't fit the mode.

    Source: Keras 3 ``Hashing``.

    Example:
        >>> keras.layers.Hashing(num_bins=3)([["A"], ["B"], ["C"]]).flatten()
        tensor([1, 0, 1])
    """

    def __init__(
        self,
        num_bins: int,
        mask_value: Any = None,
        salt: int | Sequence[int] | None = None,
        output_mode: str = "int",
        sparse: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        if options.get("dtype") is None:
            options["dtype"] = "int64" if output_mode == "int" else None
        super().__init__(**options)
        if num_bins is None or num_bins < 1:
            raise argument_error(self, "num_bins", num_bins, "an integer, 1 or more")
        self.output_mode = checked_mode(self, output_mode)
        if output_mode == "int" and self.compute_dtype not in ("int32", "int64"):
            raise argument_error(
                self, "dtype", self.compute_dtype, "'int32' or 'int64', since output_mode is 'int'"
            )
        check_sparse(self, sparse, output_mode)
        self.num_bins = num_bins
        self.mask_value = mask_value
        self.salt = checked_salt(self, salt)
        self.strong_hash = salt is not None
        self.sparse = sparse

    def call(self, inputs: Any) -> Tensor:
        bins = self.num_bins
        masks = self.mask_value is not None and bins > 1
        if is_text(inputs):
            array = text_array(inputs)
            texts = flat_texts(self, array)
            hashed = hashes(texts, self.salt).reshape(array.shape).to(self._chosen_device)
            mask = (
                self._masked_texts(texts).reshape(array.shape).to(self._chosen_device)
                if masks
                else None
            )
        else:
            numbers = self.tensor_of(inputs)
            mask = numbers == self.mask_value if masks else None
            hashed = hash_integers(numbers, self.salt)
        indices = hashing.bucket(hashed, bins - masks)
        if masks:
            indices = torch.where(mask, 0, indices + 1)
        if self.output_mode == "one_hot" and indices.dim() and indices.shape[-1] == 1:
            indices = indices.squeeze(-1)
        return encode(indices, self.output_mode, bins, torch_dtype(self.compute_dtype), self.sparse)

    def _masked_texts(self, texts: list[Any]) -> Tensor:
        value = self.mask_value
        if texts and isinstance(texts[0], bytes) and isinstance(value, str):
            value = value.encode()
        elif texts and isinstance(texts[0], str) and isinstance(value, bytes):
            value = value.decode()
        return torch.tensor([text == value for text in texts], dtype=torch.bool)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Shape of the output; other modes than ``"int"`` have ``num_bins`` last."""
        shape = tuple(input_shape)
        if self.output_mode == "one_hot" and shape and shape[-1] == 1:
            shape = shape[:-1] or (1,)
        return encoded_shape(shape, self.output_mode, self.num_bins)

    def compute_output_spec(self, inputs: Any) -> KerasTensor:
        """Symbolic output for a symbolic input, without recording the call."""
        shape = self.compute_output_shape(inputs.shape)
        return self.symbol(shape, self.compute_dtype, self.sparse)


def checked_salt(owner: Any, salt: Any) -> list[int] | None:
    """The two keys of a salted hash; None for none.

    Raises:
        ValueError: it isn't one or two integers.
    """
    if salt is None:
        return None
    if isinstance(salt, int):
        return [salt, salt]
    if isinstance(salt, (tuple, list)) and len(salt) == 2:
        return list(salt)
    raise argument_error(owner, "salt", salt, "an integer, or a tuple of 2 integers")


class HashedCrossing(Categorical):
    """Number of the bin that the hash of several features' values together falls into.

    Args:
        num_bins: Number of bins, 1 or more.
        output_mode: ``"int"`` or ``"one_hot"``.
        sparse: Whether ``"one_hot"`` gives a sparse COO tensor.
        name: Name; None makes one up.
        dtype: Type of the output; None is int64 for ``"int"``.
        **options: See ``LayerOptions``.

    Shape:
        inputs: Two or more of ``(batch,)``, ``(batch, 1)`` or ``()`` each: integers or strings.
        output: As an input; ``"one_hot"``: ``(batch, num_bins)``.

    Raises:
        ValueError: an unknown mode, fewer than two inputs, or shapes that differ or aren't those
            above.
        TypeError: an input is neither of integers nor of strings.

    Source: Keras 3 ``HashedCrossing``; TensorFlow's ``tf.sparse.cross_hashed``.

    Example:
        >>> layer = keras.layers.HashedCrossing(num_bins=5)
        >>> layer([["A", "B", "A"], [101, 101, 101]])
        tensor([1, 4, 1])
    """

    def __init__(
        self,
        num_bins: int,
        output_mode: str = "int",
        sparse: bool = False,
        name: str | None = None,
        dtype: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        if dtype is None and output_mode == "int":
            dtype = "int64"
        super().__init__(name=name, dtype=dtype, **options)
        self.output_mode = checked_mode(self, output_mode, MODES[:2])
        if num_bins < 1:
            raise argument_error(self, "num_bins", num_bins, "an integer, 1 or more")
        self.num_bins = num_bins
        self.sparse = sparse

    def call(self, inputs: Any) -> Tensor:
        self._check_count(inputs)
        parts = [text_array(part) if is_text(part) else self.tensor_of(part) for part in inputs]
        self._check_parts(parts)
        hashed = torch.tensor(_CROSSING_KEY, device=self._chosen_device)
        for part in parts:
            if isinstance(part, Tensor):
                own = part.to(torch.int64)
            else:
                own = hashes(flat_texts(self, part)).reshape(part.shape).to(self._chosen_device)
            hashed = hashing.combined(hashed.to(own.device), own)
        bins = hashing.bucket(hashed, self.num_bins)
        dtype = torch_dtype(self.compute_dtype)
        return encode(bins, self.output_mode, self.num_bins, dtype, self.sparse)

    def _check_count(self, inputs: Any) -> None:
        if not isinstance(inputs, (list, tuple)) or len(inputs) < 2:
            raise argument_error(
                self,
                "inputs",
                f"a {type(inputs).__name__}",
                "a list of at least two inputs",
                "`HashedCrossing` should be called on a list or tuple of features.",
            )

    def _check_parts(self, parts: list[Any]) -> None:
        shapes = [tuple(part.shape) for part in parts]
        first = shapes[0]
        is_feature = len(first) < 2 or (len(first) == 2 and first[-1] == 1)
        if not is_feature or any(shape != first for shape in shapes):
            raise argument_error(
                self,
                "input shapes",
                shapes,
                "equal shapes, each `()`, `(batch_size)` or `(batch_size, 1)`",
                "All `HashedCrossing` inputs should have equal shape.",
            )
        for part in parts:
            dtype = NAMES[part.dtype] if isinstance(part, Tensor) else "string"
            if not dtype.startswith(("int", "uint", "string")):
                raise kind_error(self, "inputs", dtype, "integers or strings")

    @also_named(input_shapes="input_shape")
    def compute_output_shape(self, input_shape: Sequence[Shape]) -> Shape:
        """Shape of the output; of ``"one_hot"``, ``num_bins`` is the last length."""
        shapes = [tuple(shape) for shape in input_shape]
        if len(shapes) < 2 or len({shape[-1:] for shape in shapes}) > 1:
            raise argument_error(self, "input shapes", shapes, "two or more equal shapes")
        return encoded_shape(shapes[0], self.output_mode, self.num_bins)

    def compute_output_spec(self, inputs: Any) -> KerasTensor:
        """Symbolic output for symbolic inputs, without recording the call."""
        self._check_count(inputs)
        shape = self.compute_output_shape([part.shape for part in inputs])
        return self.symbol(shape, self.compute_dtype, self.sparse)
