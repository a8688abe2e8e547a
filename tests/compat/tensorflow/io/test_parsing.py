import pytest
import tensorflow as tf

io, train = tf.io, tf.train


def serialized(**features):
    kinds = {int: ("int64_list", train.Int64List), float: ("float_list", train.FloatList),
             bytes: ("bytes_list", train.BytesList)}  # fmt: skip
    made = {}
    for name, values in features.items():
        kind, message = kinds[type(values[0])]
        made[name] = train.Feature(**{kind: message(value=values)})
    return train.Example(features=train.Features(feature=made)).SerializeToString()


def test_missing_features_are_errors_unless_there_is_a_default():
    data = serialized(x=[1])
    with pytest.raises(tf.errors.InvalidArgumentError, match="Feature: y is required"):
        io.parse_single_example(data, {"y": io.FixedLenFeature([], tf.int64)})
    found = io.parse_single_example(
        data,
        {
            "y": io.FixedLenFeature([2], tf.float32, default_value=0.5),
            "z": io.FixedLenFeature([2], tf.string, default_value=["a", "b"]),
            "v": io.VarLenFeature(tf.int64),
        },
    )
    assert found["y"].tolist() == [0.5, 0.5]
    assert found["z"].numpy().tolist() == [b"a", b"b"]
    assert len(found["v"].values) == 0
    with pytest.raises(ValueError, match="allow_missing"):
        io.parse_single_example(data, {"y": io.FixedLenSequenceFeature([], tf.int64)})


def test_values_of_another_number_or_type_are_errors():
    data = serialized(x=[1, 2, 3])
    for feature, words in (
        (io.FixedLenFeature([2], tf.int64), "number of values"),
        (io.FixedLenFeature([3], tf.float32), "Data types don't match"),
        (io.FixedLenFeature([3], tf.int32), "tf.int64, tf.float32 or tf.string"),
        (io.FixedLenSequenceFeature([2], tf.int64, allow_missing=True), "a multiple of 2"),
        (io.SparseFeature("x", "y", tf.float32, 4), "as many as places"),
    ):
        with pytest.raises(ValueError, match=words):
            io.parse_single_example(data, {"x": feature})
    with pytest.raises(TypeError, match="FixedLenFeature"):
        io.parse_single_example(data, {"x": tf.int64})
    with pytest.raises(ValueError, match="Could not parse"):
        io.parse_single_example(b"\xff\xff", {"x": io.VarLenFeature(tf.int64)})


@pytest.mark.parametrize(
    ("partition", "values"),
    [
        (io.RaggedFeature.RowSplits("p"), [0, 2, 2, 3]),
        (io.RaggedFeature.RowLengths("p"), [2, 0, 1]),
        (io.RaggedFeature.RowStarts("p"), [0, 2, 2]),
        (io.RaggedFeature.RowLimits("p"), [2, 2, 3]),
        (io.RaggedFeature.ValueRowIds("p"), [0, 0, 2]),
    ],
)
def test_rows_are_told_in_many_ways(partition, values):
    feature = io.RaggedFeature(tf.float32, value_key="x", partitions=[partition])
    found = io.parse_single_example(serialized(x=[1.0, 2.0, 3.0], p=values), {"r": feature})
    assert found["r"].to_list() == [[1, 2], [], [3]]


def test_rows_of_rows():
    feature = io.RaggedFeature(
        tf.int64,
        value_key="x",
        partitions=[io.RaggedFeature.RowLengths("p"), io.RaggedFeature.UniformRowLength(2)],
    )
    data = [serialized(x=[1, 2, 3, 4], p=[1, 1]), serialized(x=[5, 6], p=[0, 1])]
    found = io.parse_example(data, {"r": feature})["r"]
    assert found.to_list() == [[[[1, 2]], [[3, 4]]], [[], [[5, 6]]]]
    with pytest.raises(TypeError, match="partitions"):
        io.parse_single_example(data[0], {"x": io.RaggedFeature(tf.int64, partitions=["p"])})


def test_one_example_in_place_of_a_batch():
    found = io.parse_example(serialized(x=[3]), {"x": io.FixedLenFeature([], tf.int64)})
    assert int(found["x"]) == 3


def test_sequences_without_steps():
    data = train.SequenceExample().SerializeToString()
    features = {
        "a": io.FixedLenSequenceFeature([2], tf.float32, allow_missing=True),
        "b": io.VarLenFeature(tf.string),
        "c": io.RaggedFeature(tf.int64),
    }
    _, steps = io.parse_single_sequence_example(data, sequence_features=features)
    assert tuple(steps["a"].shape) == (0, 2)
    assert tuple(steps["b"].shape) == (0, 0)
    assert steps["c"].to_list() == []
    features["a"] = io.FixedLenSequenceFeature([2], tf.float32)
    with pytest.raises(ValueError, match="feature list"):
        io.parse_single_sequence_example(data, sequence_features=features)


def test_pipelines_parse_records(tmp_path):
    path = str(tmp_path / "f")
    with io.TFRecordWriter(path) as writer:
        for n in range(4):
            writer.write(serialized(image=[bytes([n] * 6)], label=[n]))
    wanted = {"image": io.FixedLenFeature([], tf.string), "label": io.FixedLenFeature([], tf.int64)}

    def sample(record):
        features = io.parse_single_example(record, wanted)
        return tf.reshape(io.decode_raw(features["image"], tf.uint8), (2, 3)), features["label"]

    x, y = next(iter(tf.data.TFRecordDataset(path).map(sample).batch(4)))
    assert tuple(x.shape) == (4, 2, 3)
    assert y.tolist() == x[:, 0, 0].tolist() == [0, 1, 2, 3]


def test_names_of_examples_are_as_many_as_they():
    wanted = {"a": io.FixedLenFeature([], tf.int64, 5)}
    empty = [train.Example().SerializeToString()]
    assert io.parse_example(empty, wanted, example_names=["only"])["a"].tolist() == [5]
    with pytest.raises(ValueError, match="example_names is '2 of them'"):
        io.parse_example(empty, wanted, example_names=["one", "two"])
