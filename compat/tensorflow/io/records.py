"""TFRecord files: records of bytes, one after another, each guarded by checksums."""

import gzip
import struct
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from torchkeras_shim.text import as_octets, as_path

from tensorflow.errors import DataLossError
from torchkeras.core.checks import argument_error, moment_error
from torchkeras.saving.checksums import masked_crc32c

_COMPRESSIONS = ("", "GZIP", "ZLIB")
_PIECE = 2**20


class TFRecordOptions:
    """How a TFRecord file is compressed.

    Args:
        compression_type: ``"GZIP"``, ``"ZLIB"`` or ``""``, which None stands for.
        compression_level: From 0 (none) to 9 (most); None leaves it to zlib.
        flush_mode, input_buffer_size, output_buffer_size, window_bits, compression_method,
        mem_level, compression_strategy: Change nothing here: settings of TensorFlow's buffers.

    Raises:
        ValueError: there is no such compression.
    """

    compression_type_map = {0: "", 1: "ZLIB", 2: "GZIP"}

    def __init__(
        self,
        compression_type: Any = None,
        flush_mode: Any = None,
        input_buffer_size: Any = None,
        output_buffer_size: Any = None,
        window_bits: Any = None,
        compression_level: int | None = None,
        compression_method: Any = None,
        mem_level: Any = None,
        compression_strategy: Any = None,
    ) -> None:
        self.compression_type = checked_compression("tf.io.TFRecordOptions", compression_type)
        self.flush_mode = flush_mode
        self.input_buffer_size = input_buffer_size
        self.output_buffer_size = output_buffer_size
        self.window_bits = window_bits
        self.compression_level = compression_level
        self.compression_method = compression_method
        self.mem_level = mem_level
        self.compression_strategy = compression_strategy

    @classmethod
    def get_compression_type_string(cls, options: Any) -> str:
        """The compression that options, its name or its number stand for."""
        if isinstance(options, TFRecordOptions):
            return options.compression_type
        known = cls.compression_type_map
        return known[options] if options in known else checked_compression("tf.io", options)


class TFRecordWriter:
    """Writes a TFRecord file.

    Args:
        path: The file's name.
        options: ``TFRecordOptions``, or the name of a compression.

    Example:
        >>> with TFRecordWriter(path) as writer:  # doctest: +SKIP
        ...     writer.write(example.SerializeToString())
    """

    def __init__(self, path: Any, options: Any = None) -> None:
        if not isinstance(options, TFRecordOptions):
            options = TFRecordOptions(TFRecordOptions.get_compression_type_string(options))
        self._file: BinaryIO | None = open(as_path(path), "wb")  # noqa: SIM115
        self._path = as_path(path)
        self._coder: Any = _coder(options)

    def write(self, record: Any) -> None:
        """Add a record: bytes, or a text.

        Raises:
            RuntimeError: the file is closed.
        """
        data = as_octets(record)
        length = struct.pack("<Q", len(data))
        self._put(length + _checksum(length) + data + _checksum(data))

    def _put(self, data: bytes) -> None:
        if self._file is None:
            raise moment_error(f"TFRecordWriter of {self._path!r}", "the file is closed")
        self._file.write(data if self._coder is None else self._coder.compress(data))

    def flush(self) -> None:
        """Let the file hold all that was written, as far as its compression lets it."""
        if self._file is not None:
            if self._coder is not None:
                self._file.write(self._coder.flush(zlib.Z_SYNC_FLUSH))
            self._file.flush()

    def close(self) -> None:
        """End the file; a second call changes nothing."""
        file, self._file = self._file, None
        if file is not None:
            with file:
                if self._coder is not None:
                    file.write(self._coder.flush())

    def __enter__(self) -> "TFRecordWriter":
        return self

    def __exit__(self, *exception: Any) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_file", None) is not None:
            self.close()


def read_records(path: Any, compression: Any = None) -> Iterator[bytes]:
    """The records of a TFRecord file.

    Raises:
        FileNotFoundError: there is no such file.
        tf.errors.DataLossError: the file is cut short, or its checksums don't fit.
    """
    name = as_path(path)
    with open_compressed(name, compression) as file:
        try:
            while header := file.read(12):
                yield _record(file, header, name)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataLossError(None, None, f"{name}: {error}") from error


def _record(file: Any, header: bytes, name: str) -> bytes:
    if len(header) < 12 or _checksum(header[:8]) != header[8:]:
        raise DataLossError(
            None, None, f"{name}: corrupted record: the length of a record doesn't fit its "
            "checksum. Is it a TFRecord file, of this compression?",
        )  # fmt: skip
    (length,) = struct.unpack("<Q", header[:8])
    body = _up_to(file, length + 4)
    if len(body) < length + 4:
        raise DataLossError(None, None, f"{name}: truncated record: the file ends within one.")
    data = body[:length]
    if _checksum(data) != body[length:]:
        raise DataLossError(None, None, f"{name}: corrupted record: a checksum doesn't fit.")
    return data


def _up_to(file: Any, size: int) -> bytes:
    """``size`` bytes or what there is; room is made for what is there, not for what is declared."""
    parts = []
    while size > 0 and (part := file.read(min(size, _PIECE))):
        parts.append(part)
        size -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def open_compressed(path: str, compression: Any) -> Any:
    """A file, decompressed while it is read."""
    kind = checked_compression("tf.data", compression)
    if kind == "GZIP":
        return gzip.open(path, "rb")
    return _ZlibFile(path) if kind == "ZLIB" else open(path, "rb")


class _ZlibFile:
    """A file in zlib's format, decompressed while it is read."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "rb")  # noqa: SIM115
        self._decoder = zlib.decompressobj()
        self._ready = b""

    def read(self, size: int = -1) -> bytes:
        """``size`` bytes, or all that are left."""
        while size < 0 or len(self._ready) < size:
            chunk = self._file.read(2**16)
            if not chunk:
                break
            self._ready += self._decoder.decompress(chunk)
        size = len(self._ready) if size < 0 else size
        data, self._ready = self._ready[:size], self._ready[size:]
        return data

    def __enter__(self) -> "_ZlibFile":
        return self

    def __exit__(self, *exception: Any) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.read().splitlines(keepends=True))


def checked_compression(owner: str, compression: Any) -> str:
    """The name of a compression, ``""`` for none.

    Raises:
        ValueError: there is none of this name.
    """
    if hasattr(compression, "numpy"):
        compression = as_octets(compression).decode()
    compression = "" if compression is None else compression
    if compression not in _COMPRESSIONS:
        raise argument_error(owner, "compression_type", compression, '"GZIP", "ZLIB" or ""')
    return compression


def _coder(options: TFRecordOptions) -> Any:
    if not options.compression_type:
        return None
    level = -1 if options.compression_level is None else options.compression_level
    bits = zlib.MAX_WBITS | 16 if options.compression_type == "GZIP" else zlib.MAX_WBITS
    return zlib.compressobj(level, zlib.DEFLATED, bits)


def _checksum(data: bytes) -> bytes:
    return struct.pack("<I", masked_crc32c(data))
