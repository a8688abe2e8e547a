"""Where Keras's data sets lie, and reading them without running anything they hold."""

import errno
import io
import math
import os
import pickle
import struct
import tokenize
import zipfile
import zlib
from typing import IO, Any

import numpy as np

from torchkeras.core.checks import argument_error
from torchkeras.datasets import opcodes
from torchkeras.utils.files import get_file

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
PLAIN = {int, float, bool, str, bytes, type(None)}  # what lists hold that needs no finishing
MAX_RATIO = 200  # of unpacked to packed bytes of an array
FREE_BYTES = 1 << 28  # unpacked bytes that need no explanation
# How reading tells that the bytes aren't what they should be.
_SIGNS_OF_DAMAGE = (
    zipfile.BadZipFile, zlib.error, EOFError, LookupError, AttributeError, ArithmeticError,
    MemoryError, RuntimeError, SyntaxError, SystemError, ValueError, TypeError, struct.error,
    tokenize.TokenError,
)  # fmt: skip
Pair = tuple[np.ndarray, np.ndarray]


def fetch(path: str, name: str, file_hash: str, cache_dir: str | None = None) -> str:
    """Path of the file ``name`` of Keras's collection.

    Args:
        path: Name it has in the cache ``datasets``, or path of a file elsewhere.
        name: Its name at the source.
        file_hash: Its SHA-256 or MD5.
        cache_dir: Root of the cache; None is Keras's.
    """
    folder, file = os.path.split(path)
    where = os.path.expanduser(folder) if folder else "datasets"
    return get_file(
        file, ORIGIN + name, file_hash=file_hash, cache_subdir=where, cache_dir=cache_dir
    )


def shuffled_split(x: np.ndarray, y: np.ndarray, test_split: float, seed: int) -> tuple[Pair, Pair]:
    """Training and test part of ``x`` and ``y`` after shuffling, as Keras does it."""
    if not 0 <= test_split < 1:
        raise argument_error(
            "load_data", "test_split", test_split, "0 or more and below 1", "Invalid `test_split`."
        )
    order = np.arange(len(x))
    np.random.RandomState(seed).shuffle(order)
    x, y = x[order], y[order]
    cut = int(len(x) * (1 - test_split))
    return (x[:cut], y[:cut]), (x[cut:], y[cut:])


def load_npz(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Arrays of an ``.npz`` file; lists of numbers in object arrays are admitted, no code is run.

    Raises:
        pickle.UnpicklingError: the file holds other objects.
    """
    arrays = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if info.filename.endswith(".npy"):
                    with archive.open(info) as file:
                        arrays[info.filename.removesuffix(".npy")] = _read_npy(file, info)
    except (*_SIGNS_OF_DAMAGE, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # no place in a file
            raise
        raise ValueError(f"load_data: {os.fspath(path)!r} is damaged ({error}).") from error
    return arrays


def _read_npy(file: IO[bytes], info: zipfile.ZipInfo) -> np.ndarray:
    if info.file_size > max(FREE_BYTES, MAX_RATIO * info.compress_size):
        raise ValueError(f"{info.filename} unpacks to {info.file_size} bytes")
    version = np.lib.format.read_magic(file)
    read_header = (
        np.lib.format.read_array_header_1_0
        if version == (1, 0)
        else np.lib.format.read_array_header_2_0
    )
    shape, is_fortran, dtype = read_header(file)
    if dtype.hasobject:
        return load_pickle(file)
    size = math.prod(shape) * dtype.itemsize
    if not 0 <= size <= info.file_size:
        raise ValueError(f"{info.filename} declares {size} bytes and holds {info.file_size}")
    array = np.frombuffer(file.read(size), dtype=dtype, count=math.prod(shape))
    return array.reshape(shape, order="F" if is_fortran else "C").copy()


def load_pickle(file: IO[bytes]) -> Any:
    """What a pickle of containers, numbers, texts and arrays holds.

    Raises:
        pickle.UnpicklingError: it holds anything else, or is damaged.
    """
    try:
        content = file.read()
        opcodes.check(content)
        return _finished(DataUnpickler(io.BytesIO(content), encoding="bytes").load())
    except _SIGNS_OF_DAMAGE as error:
        raise pickle.UnpicklingError(f"A data set is damaged ({error}).") from error


class DataUnpickler(pickle.Unpickler):
    """Reads data, and notes arrays as they are described instead of letting NumPy build them."""

    def find_class(self, module: str, name: str) -> Any:
        known = {
            ("numpy", "ndarray"): "ndarray",
            ("numpy", "dtype"): _Dtype,
            ("numpy.core.multiarray", "_reconstruct"): _Array,
            ("numpy._core.multiarray", "_reconstruct"): _Array,
            ("_codecs", "encode"): _encode,
        }
        if (module, name) not in known:
            raise pickle.UnpicklingError(
                f"Refusing to deserialize `{module}.{name}` while loading a Keras dataset: data "
                "sets hold numbers and lists. The file may be corrupted or malicious."
            )
        return known[module, name]

    def persistent_load(self, key: Any) -> Any:
        raise pickle.UnpicklingError("A data set refers to objects outside of its file.")


def _encode(text: str, encoding: str) -> bytes:
    return text.encode("latin1" if encoding == "latin1" else "ascii")


class _Dtype:
    def __init__(self, code: Any, *flags: Any) -> None:
        self.code = code.decode() if isinstance(code, bytes) else str(code)
        self.order = "|"

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        order = state[1]
        self.order = order.decode() if isinstance(order, bytes) else str(order)

    def finish(self) -> np.dtype:
        if self.code[:1] not in tuple("biufO") or self.order not in tuple("<>=|"):
            raise pickle.UnpicklingError(
                f"A data set has arrays of {self.code!r}; expected numbers"
            )
        return np.dtype(self.code).newbyteorder(self.order)


class _Array:
    """An array as its pickle describes it."""

    def __init__(self, *arguments: Any) -> None:
        self.state: tuple[Any, ...] = ()

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.state = state

    def finish(self) -> np.ndarray:
        _, shape, dtype, is_fortran, content = self.state
        dtype = dtype.finish()
        if dtype.hasobject:
            array = np.empty(len(content), dtype=object)
            for index, item in enumerate(content):
                array[index] = _finished(item)
            return array.reshape(shape)
        array = np.frombuffer(content, dtype=dtype)
        return array.reshape(shape, order="F" if is_fortran else "C").copy()


def _finished(value: Any) -> Any:
    """``value`` with its arrays built and its byte keys as text."""
    if isinstance(value, (_Array, _Dtype)):
        return value.finish()
    if isinstance(value, dict):
        return {k.decode() if isinstance(k, bytes) else k: _finished(v) for k, v in value.items()}
    if isinstance(value, list) and not set(map(type, value)) <= PLAIN:
        return [_finished(item) for item in value]
    return value


def idx_array(content: bytes, name: str) -> np.ndarray:
    """The uint8 array of an IDX file, as MNIST's.

    Raises:
        ValueError: the bytes are no such file.
    """
    rank = content[3] if len(content) > 3 and content[:3] == b"\0\0\x08" else 0
    start = 4 + 4 * rank
    is_whole = rank > 0 and len(content) >= start
    shape = np.frombuffer(content, ">u4", rank, offset=4).tolist() if is_whole else []
    if not is_whole or len(content) - start != math.prod(shape):
        raise argument_error("load_data", name, f"{len(content)} bytes", "an IDX file of uint8")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
