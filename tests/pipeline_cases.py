"""Pipelines of ``tf.data``, records and tables to compare with TensorFlow.

What TensorFlow gives is recorded in ``compat/tensorflow/data/recorded.json``. Run as a script where
TensorFlow is installed, this prints it.
"""

import base64
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

RAGGED = [[0], [1, 2, 3, 4], [5, 6, 7], [7, 8, 9, 10, 11], [13, 14, 15, 16, 19, 20], [21, 22]]
TABLE = 'a,b,c,d,e\n1,2.5,x,,1e40\n3,,y z,5,1\n"7",1,"q,r",,2\n'


def plain(value: Any) -> Any:
    """A result as JSON has it: numbers, texts and lists."""
    if hasattr(value, "to_list"):
        return plain(value.to_list())
    if hasattr(value, "dense_shape"):
        parts = (value.indices, value.values, value.dense_shape)
        return {"sparse": [plain(part) for part in parts]}
    if hasattr(value, "as_numpy_iterator"):
        return [plain(element) for element in value]
    if hasattr(value, "items"):
        return {key: plain(part) for key, part in sorted(value.items())}
    if isinstance(value, (tuple, list)):
        return [plain(part) for part in value]
    if hasattr(value, "numpy"):
        value = value.numpy()
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value.item() if isinstance(value, np.generic) else value


def shown(spec: Any) -> Any:
    """A structure of specs as JSON has it."""
    if hasattr(spec, "items"):
        return {key: shown(part) for key, part in sorted(spec.items())}
    if isinstance(spec, (tuple, list)):
        return [shown(part) for part in spec]
    if hasattr(spec, "element_spec"):
        return {"dataset": shown(spec.element_spec)}
    known = spec.shape is not None and getattr(spec.shape, "rank", 0) is not None
    shape = list(spec.shape) if known else None
    return [type(spec).__name__, shape, spec.dtype.name]


def data_cases(tf: Any, folder: Path) -> dict[str, Callable[[], Any]]:
    """Datasets by what they show."""
    dataset = tf.data.Dataset
    count = dataset.range
    pairs = ([1, 2, 3], [4.0, 5.0, 6.0])

    def lists() -> Any:
        return dataset.from_generator(
            lambda: RAGGED, output_signature=tf.TensorSpec([None], tf.int64)
        )

    def length(row: Any) -> Any:
        return tf.shape(row)[0]

    def bucketed(**options: Any) -> Any:
        return lists().bucket_by_sequence_length(
            length, batch_size_of[0], batch_size_of[1], **options
        )

    batch_size_of = ([3, 5, 7], [2, 2, 2, 1])
    return {
        "range down": lambda: count(5, 0, -2),
        "range of float": lambda: count(3, output_type=tf.float32),
        "range of nothing": lambda: count(3, 0),
        "slices of a dict": lambda: dataset.from_tensor_slices({"a": pairs[0], "b": ["x"] * 3}),
        "slices of nested tuples": lambda: dataset.from_tensor_slices((pairs, pairs[0])),
        "slices of a matrix": lambda: dataset.from_tensor_slices(np.arange(6.0).reshape(3, 2)),
        "tensors": lambda: dataset.from_tensors(([1, 2], "a")),
        "lists become tuples": lambda: count(2).map(lambda x: [x, x * 2]),
        "generator of dicts": lambda: dataset.from_generator(
            lambda: iter([{"a": 1, "b": [1.0, 2.0]}]),
            output_signature={
                "a": tf.TensorSpec((), tf.int32),
                "b": tf.TensorSpec((2,), tf.float32),
            },
        ),
        "generator with arguments": lambda: dataset.from_generator(
            lambda stop: range(stop), args=[3], output_types=tf.int32, output_shapes=()
        ),
        "generator of texts": lambda: dataset.from_generator(
            lambda: iter(["a", b"b"]), output_types=tf.string
        ),
        "zip": lambda: dataset.zip((count(3), count(5, 9))),
        "zip of a dict": lambda: dataset.zip({"a": count(2), "b": (count(3), count(2))}),
        "enumerate": lambda: dataset.from_tensor_slices(["a", "b"]).enumerate(start=5),
        "concatenate": lambda: count(2).concatenate(count(5, 7)),
        "choose": lambda: dataset.choose_from_datasets(
            [count(3), count(10, 12), count(20, 25)],
            dataset.from_tensor_slices(np.array([0, 1, 2, 0, 1, 2, 1, 0])),
            stop_on_empty_dataset=False,
        ),
        "choose until one is empty": lambda: dataset.choose_from_datasets(
            [count(3), count(10, 12)], dataset.from_tensor_slices(np.array([0, 1, 1, 1, 0]))
        ),
        "counter": lambda: dataset.counter(3, 2).take(3),
        "interleave 2 of 1": lambda: count(1, 6).interleave(
            lambda x: dataset.from_tensors(x).repeat(3), cycle_length=2, block_length=1
        ),
        "interleave 3 of 2": lambda: count(1, 6).interleave(
            lambda x: dataset.from_tensors(x).repeat(3), cycle_length=3, block_length=2
        ),
        "interleave of unequal": lambda: count(1, 6).interleave(
            lambda x: count(x), cycle_length=2, block_length=2
        ),
        "flat_map": lambda: count(4).flat_map(lambda x: count(x)),
        "filter": lambda: count(6).filter(lambda x: x % 2 == 0),
        "filter pairs": lambda: dataset.from_tensor_slices(pairs).filter(lambda a, b: a > 1),
        "scan": lambda: count(5).scan(np.int64(0), lambda s, x: (s + x, s * x)),
        "take_while": lambda: count(9).take_while(lambda x: x < 4),
        "reduce": lambda: count(5).batch(2).reduce(
            (0, 0.0), lambda s, x: (s[0] + 1, s[1] + tf.cast(tf.reduce_sum(x), tf.float32))
        ),
        "unique": lambda: dataset.from_tensor_slices([1, 1, 2, 3, 2]).unique(),
        "unique texts": lambda: dataset.from_tensor_slices(["a", "b", "a"]).unique(),
        "ignore errors": lambda: dataset.from_tensor_slices([1.0, 2.0, 0.0, 4.0])
        .map(lambda x: tf.debugging.check_numerics(1 / x, "bad"))
        .ignore_errors(),
        "batch drops": lambda: count(7).batch(3, drop_remainder=True),
        "batch of dicts": lambda: dataset.from_tensor_slices({"a": pairs[0]}).batch(2),
        "batch of repeated": lambda: count(3).repeat(2).batch(4),
        "repeated batch": lambda: count(3).batch(2).repeat(2),
        "padded batch": lambda: lists().padded_batch(2),
        "padded batch to a shape": lambda: lists().padded_batch(
            4, padded_shapes=[7], padding_values=np.int64(-1), drop_remainder=True
        ),
        "padded batch of texts": lambda: lists()
        .map(lambda x: tf.strings.as_string(x))
        .padded_batch(2, padding_values="-"),
        "padded batch of pairs": lambda: lists()
        .map(lambda x: (x, tf.shape(x)[0]))
        .padded_batch(2, padded_shapes=([None], [])),
        "padded batch of dicts": lambda: lists()
        .map(lambda x: {"b": x, "a": x[:1]})
        .padded_batch(2, padded_shapes={"b": [6], "a": [2]}),
        "ragged batch": lambda: lists().ragged_batch(2),
        "sparse batch": lambda: lists().sparse_batch(3, [7]),
        "unbatch": lambda: count(5).batch(2).unbatch(),
        "unbatch of dicts": lambda: dataset.from_tensors({"a": pairs[0], "b": pairs[1]}).unbatch(),
        "rebatch": lambda: count(7).batch(3).rebatch(2),
        "rebatch in turn": lambda: count(7).batch(3).rebatch([1, 2]),
        "windows": lambda: count(7).window(3),
        "windows that overlap": lambda: count(6).window(3, shift=1, drop_remainder=True),
        "windows with gaps": lambda: count(12).window(2, shift=5, stride=2),
        "windows of pairs": lambda: dataset.from_tensor_slices(pairs)
        .window(2, shift=1)
        .flat_map(lambda a, b: dataset.zip((a.batch(2), b.batch(2)))),
        "windows of dicts": lambda: dataset.from_tensor_slices({"a": pairs[0]})
        .window(2)
        .flat_map(lambda w: w["a"].batch(2)),
        "group by window": lambda: count(10).group_by_window(
            lambda x: x % 2, lambda k, w: w.batch(3), window_size=3
        ),
        "group by window by key": lambda: count(10).group_by_window(
            lambda x: x % 2, lambda k, w: w.batch(5), window_size_func=lambda k: k + 2
        ),
        "buckets": bucketed,
        "buckets padded to bounds": lambda: bucketed(pad_to_bucket_boundary=True),
        "buckets that drop": lambda: bucketed(drop_remainder=True, padding_values=np.int64(-1)),
        "group by reducer": lambda: count(10).apply(
            tf.data.experimental.group_by_reducer(
                lambda x: x % 3,
                tf.data.experimental.Reducer(
                    lambda key: np.int64(0), lambda s, x: s + x, lambda s: s
                ),
            )
        ),
        "pad to cardinality": lambda: dataset.from_tensor_slices({"a": [1, 2]}).apply(
            tf.data.experimental.pad_to_cardinality(3)
        ),
        "take, skip, shard": lambda: count(12).skip(1).shard(3, 1).take(2),
        "at": lambda: tf.data.experimental.at(count(5), 2),
        "single element": lambda: count(5).batch(5).get_single_element(),
        "save and load": lambda: _saved(tf, folder, dataset.from_tensor_slices(
            {"a": pairs[0], "b": ["x", "y", "z"]}
        )),
        "cache in a file": lambda: _twice(lists().cache(str(folder / "cache"))),
        "snapshot": lambda: _twice(count(4).snapshot(str(folder / "snapshot"))),
        "text lines": lambda: tf.data.TextLineDataset(
            [_file(folder, "a.txt", "one\ntwo\r\n\nthree"), _file(folder, "b.txt", "four\n")]
        ),
        "text lines in turn": lambda: tf.data.TextLineDataset(
            [_file(folder, "a.txt", "one\ntwo"), _file(folder, "b.txt", "four\nfive\nsix")],
            num_parallel_reads=2,
        ),
        "fixed length records": lambda: tf.data.FixedLengthRecordDataset(
            _file(folder, "fixed", "HHaabbccF"), 2, header_bytes=2, footer_bytes=1
        ),
        "csv lines": lambda: tf.data.experimental.CsvDataset(
            _file(folder, "t.csv", TABLE), [tf.int32, [0.0], tf.string], header=True,
            select_cols=[0, 1, 2],
        ),
        "csv table": lambda: tf.data.experimental.make_csv_dataset(
            _file(folder, "t.csv", TABLE), 2, num_epochs=1, shuffle=False, label_name="a"
        ),
        "csv table without end": lambda: tf.data.experimental.make_csv_dataset(
            _file(folder, "t.csv", TABLE), 2, shuffle=False, select_columns=["c", "a"]
        ).take(3),
    }  # fmt: skip


def spec_cases(tf: Any, folder: Path) -> dict[str, Callable[[], Any]]:
    """Datasets whose description and number of elements are compared."""
    dataset = tf.data.Dataset
    count = dataset.range
    return {
        "range": lambda: count(5),
        "batch": lambda: count(5).batch(2),
        "full batches": lambda: count(5).batch(2, drop_remainder=True),
        "mapped batch": lambda: count(5).batch(2).map(lambda x: tf.cast(x, tf.float32) * 2),
        "mapped to a dict": lambda: (
            count(5).batch(2).map(lambda x: {"a": x, "b": tf.zeros((4, 2))})
        ),
        "repeat": lambda: count(5).repeat(),
        "repeat nothing": lambda: count(0).repeat(),
        "filter": lambda: count(5).filter(lambda x: x > 1),
        "windows": lambda: count(6).window(4, shift=1),
        "full windows": lambda: count(6).window(4, shift=1, drop_remainder=True),
        "spaced windows": lambda: count(6).window(2, stride=2),
        "take more": lambda: count(5).take(10),
        "skip all": lambda: count(5).skip(10),
        "shard": lambda: count(5).shard(2, 1),
        "generator": lambda: dataset.from_generator(lambda: iter([1]), output_types=tf.int32),
        "padded": lambda: dataset.from_tensor_slices([[1, 2]]).padded_batch(2, padded_shapes=[5]),
        "ragged": lambda: dataset.from_generator(
            lambda: iter(RAGGED), output_signature=tf.TensorSpec([None], tf.int32)
        ).ragged_batch(2),
        "enumerate": lambda: count(3).enumerate(),
        "zip with endless": lambda: dataset.zip((count(3), count(3).repeat())),
        "concatenate endless": lambda: count(3).concatenate(count(3).repeat()),
        "texts": lambda: dataset.from_tensor_slices(["a", "b"]),
        "csv table": lambda: tf.data.experimental.make_csv_dataset(
            _file(folder, "t.csv", TABLE), 2, shuffle=False, label_name="a"
        ),
    }


def io_cases(tf: Any, folder: Path) -> dict[str, Callable[[], Any]]:
    """What ``tf.io``, ``tf.train``, ``tf.audio`` and ``tf.lookup`` give."""
    io = tf.io
    first, second = _example(tf, 0), _example(tf, 2)
    features = {
        "fixed": io.FixedLenFeature([2], tf.int64),
        "default": io.FixedLenFeature([], tf.string, default_value="-"),
        "many": io.VarLenFeature(tf.float32),
        "sequence": io.FixedLenSequenceFeature([2], tf.float32, allow_missing=True),
        "texts": io.RaggedFeature(tf.string),
        "sparse": io.SparseFeature("places", "many_of", tf.float32, 9),
        "rows": io.RaggedFeature(
            tf.float32, value_key="floats", partitions=[io.RaggedFeature.RowLengths("lengths")]
        ),
    }
    features["sequence"] = io.FixedLenSequenceFeature([], tf.int64, allow_missing=True)
    steps = _sequence_example(tf)
    known = tf.lookup.KeyValueTensorInitializer(["a", "b"], tf.constant([0, 1], tf.int64))
    sound = np.array([[0.0, 0.5], [1.0, -1.0], [1.5, -1.5], [1e-5, 0.33333]], np.float32)
    return {
        "example": lambda: first.SerializeToString(deterministic=True),
        "example as text": lambda: str(tf.train.Feature(
            bytes_list=tf.train.BytesList(value=[b"x\xff\"\n'\\", b""])
        )) + str(tf.train.FloatList(value=[0.1, 1.0, 1e30, -0.0, 1e-5, 123456.7, 1 / 3, 1e6])),
        "sequence example": lambda: steps.SerializeToString(deterministic=True),
        "parse one": lambda: io.parse_single_example(first.SerializeToString(), features),
        "parse several": lambda: io.parse_example(
            [first.SerializeToString(), second.SerializeToString()], features
        ),
        "parse one sequence": lambda: io.parse_single_sequence_example(
            steps.SerializeToString(),
            {"fixed": features["fixed"]},
            {
                "numbers": io.FixedLenSequenceFeature([2], tf.float32),
                "words": io.VarLenFeature(tf.string),
                "rows": io.RaggedFeature(tf.string, value_key="lines"),
            },
        ),
        "parse sequences": lambda: io.parse_sequence_example(
            [steps.SerializeToString()] * 2,
            {"fixed": features["fixed"]},
            {
                "numbers": io.FixedLenSequenceFeature([2], tf.float32),
                "words": io.VarLenFeature(tf.string),
            },
        ),
        "serialized tensor": lambda: io.serialize_tensor(np.array([[1, 2], [3, 4]], np.int32)),
        "serialized texts": lambda: io.serialize_tensor(["a", "bcd"]),
        "serialized bools": lambda: io.serialize_tensor(np.array([True, False])),
        "serialized nothing": lambda: io.serialize_tensor(np.zeros((2, 0), np.float32)),
        "serialized halves": lambda: io.serialize_tensor(tf.cast([1, 2], tf.bfloat16)),
        "serialized sparse": lambda: io.serialize_sparse(
            tf.SparseTensor([[0, 1]], [5], [1, 3])
        ),
        "raw numbers": lambda: io.decode_raw([b"\x01\x00\x02\x00", b"\x00\x01\xff\xff"], tf.int16),
        "raw numbers, top first": lambda: io.decode_raw(b"\x01\x00", tf.int16, little_endian=False),
        "raw numbers of one length": lambda: io.decode_raw(
            [b"\x01", b"\x01\x02\x03"], tf.uint8, fixed_length=2
        ),
        "base 64": lambda: io.encode_base64(["\u00fc?>", "ab"]),
        "from base 64": lambda: io.decode_base64(["w7w_Pg", "YWI"]),
        "csv fields": lambda: io.decode_csv(
            ["1,2.5,x", '3,,"a,b"', "NA, 7 ,"], [[7], [0.5], ["-"]], na_value="NA"
        ),
        "csv fields by number": lambda: io.decode_csv("1;2;3", [[0], [0]], ";", select_cols=[0, 2]),
        "wav": lambda: tf.audio.encode_wav(sound, 8000),
        "wav samples": lambda: tf.audio.decode_wav(tf.audio.encode_wav(sound, 8000), 1, 6),
        "vocabulary": lambda: tf.lookup.StaticVocabularyTable(known, 3).lookup(
            tf.constant(["a", "zz", "yy", "xx"])
        ),
        "vocabulary of numbers": lambda: tf.lookup.StaticVocabularyTable(
            tf.lookup.KeyValueTensorInitializer(
                tf.constant([5, 6], tf.int64), tf.constant([0, 1], tf.int64)
            ),
            2,
        ).lookup(tf.constant([5, 9, 10, 11], tf.int64)),
        "table of a file": lambda: tf.lookup.StaticHashTable(
            tf.lookup.TextFileInitializer(
                _file(folder, "words", "x 5\ny 6\nz 7\n"), tf.string, 0, tf.int64, 1, delimiter=" "
            ),
            -1,
        ).lookup(tf.constant([["x", "q"], ["z", "y"]])),
    }  # fmt: skip


def _example(tf: Any, extra: int) -> Any:
    train = tf.train

    def numbers(*values: int) -> Any:
        return train.Feature(int64_list=train.Int64List(value=values))

    def floats(*values: float) -> Any:
        return train.Feature(float_list=train.FloatList(value=values))

    def texts(*values: bytes) -> Any:
        return train.Feature(bytes_list=train.BytesList(value=values))

    feature = {
        "fixed": numbers(1, -300),
        "many": floats(*[0.5 * n for n in range(3 + extra)]),
        "floats": floats(*[0.25 * n for n in range(3 + extra)]),
        "lengths": numbers(1, 2 + extra),
        "texts": texts(*[b"\xff%d" % n for n in range(1 + extra)]),
        "places": numbers(*[4 - n for n in range(2 + extra)]),
        "many_of": floats(*[1.5 + n for n in range(2 + extra)]),
        "sequence": numbers(*range(4 * extra)),
    }
    if extra:
        feature["default"] = texts(b"here")
    return train.Example(features=train.Features(feature=feature))


def _sequence_example(tf: Any) -> Any:
    train = tf.train
    words = [[b"a"], [b"b", b"c"], []]
    lists = {
        "numbers": [train.Feature(float_list=train.FloatList(value=[n, n + 0.5])) for n in (0, 1)],
        "words": [train.Feature(bytes_list=train.BytesList(value=part)) for part in words],
    }
    lists["lines"] = lists["words"]
    return train.SequenceExample(
        context=train.Features(
            feature={"fixed": train.Feature(int64_list=train.Int64List(value=[8, 9]))}
        ),
        feature_lists=train.FeatureLists(
            feature_list={name: train.FeatureList(feature=part) for name, part in lists.items()}
        ),
    )


def _file(folder: Path, name: str, content: str) -> str:
    path = folder / name
    path.write_bytes(content.encode())
    return str(path)


def _twice(dataset: Any) -> Any:
    return [plain(dataset), plain(dataset)]


def _saved(tf: Any, folder: Path, dataset: Any) -> Any:
    dataset.save(str(folder / "saved"))
    return tf.data.Dataset.load(str(folder / "saved"))


def results(tf: Any, folder: Path) -> dict[str, Any]:
    """What all cases give, by group and name."""
    return {
        "data": {name: plain(case()) for name, case in data_cases(tf, folder).items()},
        "spec": {
            name: [shown(case().element_spec), int(case().cardinality())]
            for name, case in spec_cases(tf, folder).items()
        },
        "io": {name: plain(case()) for name, case in io_cases(tf, folder).items()},
    }


def records(tf: Any, folder: Path) -> dict[str, str]:
    """Files that ``TFRecordWriter`` writes, in base 64."""
    written = {}
    for kind in ("", "GZIP", "ZLIB"):
        path = folder / f"records{kind}"
        with tf.io.TFRecordWriter(str(path), kind) as writer:
            for record in (b"", b"a", b"bc" * 700):
                writer.write(record)
        written[kind] = base64.b64encode(path.read_bytes()).decode()
    return written


if __name__ == "__main__":
    import tensorflow

    with tempfile.TemporaryDirectory() as temporary:
        found = results(tensorflow, Path(temporary))
        found["records"] = records(tensorflow, Path(temporary))
    print(json.dumps(found, indent=1))
