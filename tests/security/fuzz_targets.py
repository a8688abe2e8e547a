"""What is fuzzed: every reader of files from elsewhere, with honest files to begin with.

A reader of several files is given them as one archive, which is unpacked beforehand.
"""

import contextlib
import io
import json
import pickle
import re
import shutil
import sys
import time
import traceback
import unittest.mock
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow_files
import torch
from security.large_weights import as_if_large
from security.mutations import DAMAGED_ARCHIVE

SLOW_SECONDS = 10.0  # of CPU time; a reader that takes so long for some kilobytes hangs
MOST_SEED_BYTES = 2**16
# How torch and NumPy say that there is no memory.
_LACK = re.compile("(can't|cannot|unable to) allocate|out of memory", re.I)
# Those of the drop-in for TensorFlow, which is imported for them alone.
DROP_INS = ("records", "lines", "restoring")


class Target:
    """The readers, and honest files for each.

    Args:
        folder: Where files are put.
        names: Readers that are wanted; None is all but the drop-in's.
        more: Folder of more honest files, taken by their suffixes if they are small.
    """

    def __init__(
        self, folder: str | Path, names: list[str] | None = None, more: Path | None = None
    ) -> None:
        import torchkeras as keras
        from torchkeras.saving import snapshot

        torch.set_num_threads(1)
        self.keras = keras
        self.folder = Path(folder)
        self.more = more
        self.snapshot = snapshot
        self.model = self.small()
        self.of_tensorflow = self.folder / "tensorflow"
        tensorflow_files.extract(self.of_tensorflow)
        self.has_drop_in = bool(set(names or ()) & set(DROP_INS))
        self.seeds = {name: self.seeds_of(name) for name in names or self.readers}

    def small(self):
        """A model of three layers, with an optimizer's state."""
        model = tensorflow_files.network(self.keras)
        model.compile("adam", "mse")
        model.optimizer.build(model.trainable_variables)
        return model

    def shared(self):
        """A compiled model with a shared layer, a cell, an operation and a vocabulary."""
        keras = self.keras
        words, x = keras.Input((2,), dtype="string"), keras.Input((2, 3), name="x")
        lookup = keras.layers.StringLookup(vocabulary=["a", "b", "ä"])
        vectors = keras.layers.Embedding(5, 3)(lookup(words))
        twice = keras.layers.Dense(3)
        both = keras.layers.Concatenate()([twice(x), twice(vectors)]) * 2.0
        y = keras.layers.Dense(1)(keras.layers.GRU(2)(both))
        model = keras.Model([words, x], y)
        model.compile("adam", "mse", metrics=["mae"])
        model.optimizer.build(model.trainable_variables)
        return model

    @property
    def readers(self) -> dict[str, Callable[[bytes], None]]:
        """The readers by name."""
        return {
            "archive": self.archive,
            "weights": self.weights,
            "whole": self.whole,
            "json": self.json,
            "safetensors": self.safetensors,
            "report": self.report,
            "editor": self.editor,
            "shards": self.shards,
            "npz": self.npz,
            "pickle": self.pickle,
            "idx": self.idx,
            "state": self.state,
            "table": self.table,
            "checkpoint": self.checkpoint,
            "saved_model": self.saved_model,
        }

    @property
    def drop_ins(self) -> dict[str, Callable[[bytes], None]]:
        """Readers of the drop-in for TensorFlow, which the path must lead to."""
        return {"records": self.records, "lines": self.lines, "restoring": self.restoring}

    @property
    def documented(self) -> tuple[type[Exception], ...]:
        """What readers may raise."""
        own = (ValueError, TypeError, pickle.UnpicklingError, FileNotFoundError)
        return (*own, sys.modules["tensorflow"].errors.OpError) if self.has_drop_in else own

    # Honest files

    def seeds_of(self, name: str) -> list[bytes]:
        """Honest files for a reader."""
        makers = {
            "archive": lambda: self.saved(".keras"),
            "weights": lambda: [self.saved(".weights.h5")[0], *self.found(".weights.h5")],
            "whole": lambda: self.saved(".h5"),
            "json": self.configurations,
            "safetensors": lambda: self.saved(".safetensors")[:1],
            "report": lambda: self.saved(".keras", ".h5", ".safetensors", ".weights.h5"),
            "editor": lambda: self.saved(".keras", ".weights.h5"),
            "shards": self.sharded,
            "npz": self.arrays,
            "pickle": self.pickles,
            "idx": lambda: [b"\0\0\x08\x03\0\0\0\x02\0\0\0\x02\0\0\0\x02" + bytes(8)],
            "state": self.states,
            "table": lambda: [path.read_bytes() for path in self.of_tensorflow.rglob("*.index")],
            "checkpoint": lambda: [
                self.packed(self.of_tensorflow / kind, "w") for kind in ("adam", "older_sgd")
            ],
            "saved_model": lambda: [self.packed(self.of_tensorflow / "saved")],
            "records": self.record_files,
            "lines": lambda: [b'1,x,"a\nb",2.5\n2,"y""z",,3\n', b"[1, 2]\r\n\xff{}\n\n"],
            "restoring": lambda: [self.packed(self.of_tensorflow / "keras3", "c-1")],
        }
        return makers[name]()

    def saved(self, *suffixes: str) -> list[bytes]:
        """Models and weights in files of such names."""
        found = []
        for suffix in suffixes:
            is_model = suffix in (".keras", ".h5")
            for model in (self.small(), self.shared()):
                path = self.folder / f"seed{suffix}"
                (model.save if is_model else model.save_weights)(path)
                found.append(path.read_bytes())
            found += self.found(suffix)
        return found

    def found(self, suffix: str) -> list[bytes]:
        """Small files of such a name in the folder of more."""
        if self.more is None:
            return []
        paths = sorted(self.more.rglob(f"*{suffix}"))
        paths = [p for p in paths if suffix != ".h5" or not p.name.endswith(".weights.h5")]
        return [p.read_bytes() for p in paths if p.stat().st_size <= MOST_SEED_BYTES]

    def configurations(self) -> list[bytes]:
        own = [model.to_json().encode() for model in (self.small(), self.shared())]
        graphs = [self.of_tensorflow / "graph.json", self.of_tensorflow / "older_graph.json"]
        return own + [path.read_bytes() for path in graphs] + self.found(".json")

    def sharded(self) -> list[bytes]:
        folder = self.folder / "seed_shards"
        folder.mkdir()
        self.small().save_weights(folder / "m.weights.json", max_shard_size=6e-8)
        return [self.packed(folder)]

    def packed(self, folder: Path, prefix: str = "") -> bytes:
        """The files of a folder whose names begin with ``prefix``, as one archive."""
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file() and path.name.startswith(prefix):
                    archive.write(path, path.relative_to(folder))
        return file.getvalue()

    def arrays(self) -> list[bytes]:
        file = io.BytesIO()
        np.savez(file, x=np.arange(6.0), y=np.array([[1, 2]], dtype=object))
        return [file.getvalue()]

    def pickles(self) -> list[bytes]:
        value = {b"data": np.zeros((2, 3), "u1"), "labels": [1, 2.5, "a", (None, True)]}
        return [pickle.dumps(value, protocol) for protocol in (0, 2, 4)]

    def states(self) -> list[bytes]:
        tensors = self.snapshot.Tensors()
        state = {"a": (1, float("nan")), "b": [self.model.get_weights()], "c": {1, 2}}
        return [json.dumps(self.snapshot.encode(state, tensors)).encode()]

    def record_files(self) -> list[bytes]:
        import tensorflow as tf

        features = {
            "a": tf.train.Feature(int64_list=tf.train.Int64List(value=[1, -2])),
            "b": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"x", b""])),
            "c": tf.train.Feature(float_list=tf.train.FloatList(value=[0.5])),
        }
        example = tf.train.Example(features=tf.train.Features(feature=features))
        path = self.folder / "seed.tfrecord"
        with tf.io.TFRecordWriter(str(path)) as writer:
            for _ in range(2):
                writer.write(example.SerializeToString())
        return [path.read_bytes()]

    # Readers

    def put(self, content: bytes, suffix: str) -> Path:
        path = self.folder / f"input{suffix}"
        path.write_bytes(content)
        return path

    def unpacked(self, content: bytes) -> Path | None:
        """A folder of the files in an archive; None if there are none."""
        folder = self.folder / "unpacked"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                if sum(info.file_size for info in archive.infolist()) > 2**24:
                    return None
                archive.extractall(folder)
        except DAMAGED_ARCHIVE:
            return None
        return folder

    @contextlib.contextmanager
    def without_checksums(self):
        """Within it, checksums of checkpoints and records are right, whatever they are."""
        from torchkeras.saving import sstable, tensor_bundle

        with contextlib.ExitStack() as stack:
            patch = unittest.mock.patch.object
            stack.enter_context(patch(sstable, "masked_crc32c", lambda _: _Any()))
            stack.enter_context(patch(tensor_bundle.Bundle, "_check", lambda *_: None))
            yield

    def archive(self, content: bytes) -> None:
        with self.of_any_size(content):
            self.keras.models.load_model(self.put(content, ".keras"))

    def weights(self, content: bytes) -> None:
        with self.of_any_size(content):
            self.model.load_weights(self.put(content, ".weights.h5"))

    def of_any_size(self, content: bytes) -> contextlib.AbstractContextManager[None]:
        """Within it, the weights in every other file are read as large ones are."""
        return as_if_large() if zlib.crc32(content) % 2 else contextlib.nullcontext()

    def whole(self, content: bytes) -> None:
        self.keras.models.load_model(self.put(content, ".h5"))

    def json(self, content: bytes) -> None:
        self.keras.models.model_from_json(content.decode("utf-8", "replace"))

    def safetensors(self, content: bytes) -> None:
        self.model.load_weights(self.put(content, ".safetensors"))

    def report(self, content: bytes) -> None:
        suffix = {b"PK": ".keras", b"\x89H": ".h5"}.get(content[:2], ".safetensors")
        self.keras.saving.report(self.put(content, suffix)).to_json()

    def editor(self, content: bytes) -> None:
        suffix = ".keras" if content[:2] == b"PK" else ".weights.h5"
        with contextlib.redirect_stdout(io.StringIO()):
            editor = self.keras.saving.KerasFileEditor(self.put(content, suffix))
            editor.summary()
            editor.compare(self.model)
            editor.save(self.folder / "edited.weights.h5")

    def shards(self, content: bytes) -> None:
        folder = self.unpacked(content)
        if folder is not None:
            self.model.load_weights(folder / "m.weights.json")

    def npz(self, content: bytes) -> None:
        from torchkeras.datasets import source

        source.load_npz(self.put(content, ".npz"))

    def pickle(self, content: bytes) -> None:
        from torchkeras.datasets import source

        source.load_pickle(io.BytesIO(content))

    def idx(self, content: bytes) -> None:
        from torchkeras.datasets import source

        source.idx_array(content, "x")

    def state(self, content: bytes) -> None:
        folder = self.folder / "backup"
        if not folder.exists():
            self.snapshot.write(folder, {"a": self.model.get_weights()})
        path = folder / "snapshot-00000001"
        (path / "state-0.json").write_bytes(content)
        self.snapshot.read_part(path, 0)

    def table(self, content: bytes) -> None:
        from torchkeras.saving import sstable

        with self.without_checksums():
            sstable.read(content)

    def checkpoint(self, content: bytes) -> None:
        folder = self.unpacked(content)
        if folder is not None:
            with self.without_checksums():
                self.keras.saving.report(folder / "w")
                self.model.load_weights(folder / "w")

    def saved_model(self, content: bytes) -> None:
        folder = self.unpacked(content)
        if folder is not None:
            with self.without_checksums():
                self.keras.models.load_model(folder)

    def records(self, content: bytes) -> None:
        import tensorflow as tf
        from tensorflow.io import records

        path = str(self.put(content, ".tfrecord"))
        kinds = {"a": tf.int64, "b": tf.string, "c": tf.float32}
        form = {name: tf.io.VarLenFeature(kind) for name, kind in kinds.items()}
        form["c"] = tf.io.FixedLenFeature((), tf.float32, 0.0)
        with unittest.mock.patch.object(records, "_checksum", return_value=_Any()):
            for record in tf.data.TFRecordDataset(path):
                tf.io.parse_single_example(record, form)
                tf.train.Example.FromString(record.numpy())

    def lines(self, content: bytes) -> None:
        import tensorflow as tf

        path = str(self.put(content, ".csv"))
        for line in tf.data.TextLineDataset(path):
            tf.io.decode_csv(line, [0, "", "", 1.0])
        list(tf.data.experimental.CsvDataset(path, [tf.int32, "", "", 1.0]))

    def restoring(self, content: bytes) -> None:
        import tensorflow as tf

        folder = self.unpacked(content)
        if folder is not None:
            with self.without_checksums():
                checkpoint = tf.train.Checkpoint(model=self.model)
                checkpoint.restore(str(folder / "c-1")).expect_partial()
                tf.train.list_variables(str(folder / "c-1"))

    # Running

    def run(self, name: str, content: bytes) -> str | None:
        """What the reader did wrong with ``content``; None if nothing."""
        read = self.readers.get(name) or self.drop_ins[name]
        start = time.process_time()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                read(content)
        except Exception as error:  # noqa: BLE001 - what it is, is looked at
            if not isinstance(error, self.documented) or _lacked_memory(error):
                return "".join(traceback.format_exception(error)[-6:])
        seconds = time.process_time() - start
        return f"took {seconds:.1f} s" if seconds > SLOW_SECONDS else None


class _Any:
    """A checksum that equals any other."""

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = None


def _lacked_memory(error: BaseException | None) -> bool:
    """Whether an allocation failed, though another error may have been made of that."""
    while error is not None:
        if isinstance(error, MemoryError) or _LACK.search(str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False
