"""The ledger's rows on convolutions, recurrence, attention, categories and pictures; see
``test_differences``.
"""

import keras as real
import numpy as np
import pytest
import torch
from matplotlib import pyplot

import torchkeras as ours

BOTH = (ours, real)


def raises(call, errors=Exception):
    """Whether ``call`` ends in an error, of whatever library."""
    try:
        call()
    except errors:
        return True
    return False


# Convolutions and pooling.


def test_causal_separable():
    def output(keras):
        layer = keras.layers.SeparableConv1D(1, 3, padding="causal")
        return layer(torch.ones(1, 4, 2))

    assert output(ours).shape == (1, 4, 1)
    assert raises(lambda: output(real), ValueError)


def test_transposed_positions():
    orders = [((1, 1, 1), "channels_last"), ("channels_last", (1, 1, 1))]  # tf.keras 2, Keras 3
    for order in orders:
        assert ours.layers.Conv3DTranspose(1, 3, 2, "same", *order).output_padding == (1, 1, 1)
    assert raises(lambda: real.layers.Conv3DTranspose(1, 3, 2, "same", *orders[0]), ValueError)


def test_maps_of_unknown_size():
    def shape(keras):
        return keras.layers.ConvLSTM2D(2, 3)(keras.Input((None, None, None, 1))).shape

    assert shape(ours) == (None, None, None, 2)
    assert raises(lambda: shape(real), ValueError)


def test_locally_connected():
    assert ours.layers.LocallyConnected1D(2, 3)(torch.ones(1, 5, 1)).shape == (1, 3, 2)
    assert not hasattr(real.layers, "LocallyConnected1D")


def test_adaptive_output_size():
    for size in (0, -1):
        assert raises(lambda s=size: ours.layers.AdaptiveAveragePooling1D(s), ValueError)
        assert not raises(lambda s=size: real.layers.AdaptiveAveragePooling1D(s))


def test_axes_of_convolutions():
    def message(keras):
        with pytest.raises(ValueError) as caught:  # noqa: PT011, the message is what is compared
            keras.layers.Conv1D(2, 3)(torch.ones(1, 5, 5, 2))
        return str(caught.value)

    assert "expected ndim=3, found ndim=4" in message(ours)
    assert "ndim" not in message(real)


# Recurrent layers.


def adding_cell(keras):
    """A cell that no registry knows, with an optional constant."""

    class Cell(keras.layers.Layer):
        state_size = output_size = 2

        def call(self, x, states, constants=None):
            state = states[0] + x + (constants[0] if constants else 0)
            return state, [state]

    return Cell()


def test_constants_of_cells():
    def output(keras):
        layer = keras.layers.RNN(adding_cell(keras))
        return layer(torch.ones(1, 3, 2), constants=torch.ones(1, 2))

    assert output(ours).tolist() == [[6, 6]]
    assert raises(lambda: output(real))


def test_states_in_a_list():
    def output(keras):
        return keras.layers.SimpleRNN(2)([torch.ones(1, 3, 2), torch.ones(1, 2)])

    assert output(ours).shape == (1, 2)
    assert raises(lambda: output(real), ValueError)


def test_states_to_reset_to():
    def state(keras):
        layer = keras.layers.SimpleRNN(2, stateful=True)
        layer(torch.ones(1, 3, 2))
        layer.reset_states(np.ones((1, 2)))
        return layer.states[0].numpy()

    assert (state(ours) == 1).all()
    assert raises(lambda: state(real), TypeError)


def test_states_of_another_size():
    def message(keras):
        with pytest.raises((ValueError, RuntimeError)) as caught:
            keras.layers.SimpleRNN(2)(torch.ones(1, 3, 2), initial_state=torch.ones(1, 5))
        return str(caught.value)

    assert "expected tensors of shapes" in message(ours)
    assert "mat1 and mat2" in message(real)


def test_fused_kernel_asked_for():
    def made(keras):
        return keras.layers.LSTM(2, activation="relu", use_cudnn=True)

    assert raises(lambda: made(ours), ValueError)
    assert made(real)(torch.ones(1, 3, 2)).shape == (1, 2)


def test_reverse_state_order():
    def size(keras):
        cells = [keras.layers.LSTMCell(2), keras.layers.GRUCell(3)]
        return keras.layers.StackedRNNCells(cells, reverse_state_order=True).state_size

    assert size(ours) == [3, [2, 2]]
    assert raises(lambda: size(real), ValueError)


def test_cells_in_both_directions():
    def output(keras):
        layer = keras.layers.Bidirectional(keras.layers.RNN(adding_cell(keras)))
        return layer(torch.ones(1, 3, 2))

    assert output(ours).shape == (1, 4)
    assert raises(lambda: output(real), TypeError)


def test_bidirectional_is_a_wrapper():
    found = [isinstance(k.layers.Bidirectional(k.layers.LSTM(2)), k.layers.Wrapper) for k in BOTH]
    assert found == [True, False]


def test_structures_over_time():
    def shapes(keras):
        class Both(keras.layers.Layer):
            def call(self, x):
                return {"sum": x["a"] + x["b"], "a": x["a"]}

            def compute_output_shape(self, shapes):
                return {"sum": shapes["a"], "a": shapes["a"]}

        x = torch.ones(1, 3, 2)
        found = keras.layers.TimeDistributed(Both())({"a": x, "b": x})
        return {key: tuple(value.shape) for key, value in found.items()}

    assert shapes(ours) == {"sum": (1, 3, 2), "a": (1, 3, 2)}
    assert raises(lambda: shapes(real))


def test_fused_names():
    for name, present in (("CuDNNLSTM", "LSTM"), ("CuDNNGRU", "GRU")):
        assert getattr(ours.layers, name) is getattr(ours.layers, present)
        assert not hasattr(real.layers, name)


# Attention.


def test_causal_attention():
    x = torch.randn(1, 3, 2)
    layers = [ours.layers.Attention(causal=True), real.layers.Attention()]
    found = [
        layers[0]([x, x]),
        layers[1]([x, x], use_causal_mask=True),
    ]
    torch.testing.assert_close(*found)
    assert raises(lambda: real.layers.Attention(causal=True), ValueError)


def test_fourth_mask():
    x = torch.randn(1, 3, 4)
    mask = torch.tril(torch.ones(1, 3, 3, dtype=torch.bool))
    for keras, is_a_mask in ((ours, True), (real, False)):
        layer = keras.layers.MultiHeadAttention(1, 2, seed=1)
        wanted = layer(x, x, x, attention_mask=mask)
        try:
            found = layer(x, x, x, mask)
            is_same = torch.allclose(found, wanted)
        except (ValueError, RuntimeError):  # it was taken for a query_mask
            is_same = False
        assert is_same == is_a_mask


def test_query_mask():
    asked, carried = torch.tensor([[True, True, False]]), torch.tensor([[False, True, True]])
    for keras, is_used in ((ours, True), (real, False)):
        layer = keras.layers.MultiHeadAttention(1, 2, seed=1)
        query, value = torch.randn(2, 1, 3, 4).unbind()
        wanted = layer(query, value, query_mask=asked)
        masked = query.clone()
        masked._keras_mask = carried
        assert torch.allclose(layer(masked, value, query_mask=asked), wanted) == is_used


def test_softmax_robust_masking():
    arguments = {"num_heads": 1, "key_dim": 2, "softmax_robust_masking": True}
    x = torch.randn(1, 3, 4)
    assert ours.layers.MultiHeadAttention(**arguments)(x, x).shape == (1, 3, 4)
    assert raises(lambda: real.layers.MultiHeadAttention(**arguments), ValueError)


# Categories and texts: all but CategoryEncoding ask for TensorFlow in Keras 3.


@pytest.mark.parametrize(
    "name, argument",
    [("StringLookup", None), ("IntegerLookup", None), ("TextVectorization", None),
     ("Hashing", 3), ("HashedCrossing", 3)],
)  # fmt: skip
def test_lookups_without_tensorflow(name, argument):
    assert not raises(lambda: getattr(ours.layers, name)(argument))
    assert raises(lambda: getattr(real.layers, name)(argument), ImportError)


def test_adapting_without_tensorflow():
    values = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(torch.rand(8, 2), torch.rand(8, 1)), batch_size=4
    )
    for name, data in (("Normalization", values), ("Discretization", [0.1, 0.4, 0.8])):
        options = {"num_bins": 2} if name == "Discretization" else {}
        getattr(ours.layers, name)(**options).adapt(data)
        layer = getattr(real.layers, name)(**options)
        assert raises(lambda a=layer.adapt, d=data: a(d), ImportError)


def test_types_of_lookups():
    layer = ours.layers.StringLookup(vocabulary=["a", "b"], output_mode="multi_hot")
    symbol = layer(ours.Input((2,), dtype="string"))
    assert str(symbol.dtype) == "int64"
    assert layer(np.array([["a", "b"]], dtype=object)).dtype is torch.int64


def test_strings_in_arrays():
    layer = ours.layers.StringLookup(vocabulary=["a", "b"], invert=True)
    found = layer(torch.tensor([[1, 2]]))
    assert isinstance(found, np.ndarray)
    assert found.tolist() == [["a", "b"]]


def test_sparse_results():
    def encoded(keras):
        layer = keras.layers.CategoryEncoding(3, "multi_hot", sparse=True)
        return layer(torch.tensor([[0, 1]]))

    assert encoded(ours).is_sparse
    assert raises(lambda: encoded(real), ValueError)


def test_ragged_texts():
    layer = ours.layers.TextVectorization(vocabulary=["a", "b"], ragged=True)
    found = layer(np.array(["a", "b a"], dtype=object))
    assert found.is_nested
    assert [row.tolist() for row in found.unbind()] == [[2], [3, 2]]


def test_shapes_of_texts():
    layer = ours.layers.TextVectorization(vocabulary=["a", "b"], output_mode="multi_hot")
    assert layer(ours.Input((1,), dtype="string")).shape == (None, 3)
    assert layer(np.array([["a"], ["b a"]], dtype=object)).shape == (2, 3)


def test_categories_on_three_axes():
    for keras, shape in ((ours, (None, 4, 3)), (real, (None, 3, 3))):
        layer = keras.layers.CategoryEncoding(3, "multi_hot")
        assert layer(keras.Input((3, 4), dtype="int64")).shape == shape
        assert layer(torch.zeros(2, 3, 4, dtype=torch.int64)).shape == (2, 4, 3)


def test_adapt_first():
    for name in ("StringLookup", "IntegerLookup"):
        with pytest.raises(RuntimeError, match="adapt"):
            getattr(ours.layers, name)()(np.array([[1]]))


def test_vocabulary_files(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("a\nb\n", encoding="utf-8")
    layer = ours.layers.StringLookup(vocabulary=str(path))
    assert layer.get_vocabulary()[-1] == "b"
    config = {**layer.get_config(), "vocabulary": str(path)}
    assert raises(lambda: ours.layers.StringLookup.from_config(config), ValueError)


# Pictures.

PICTURE = np.full((1, 2, 2, 3), 10, "uint8")
CLASSES = np.array([[[0, 1], [2, 2]]])[..., None]


def test_drawing_without_opencv():
    def drawn(keras):
        boxes = {"boxes": np.array([[[1.0, 1.0, 5.0, 5.0]]]), "labels": np.array([[1]])}
        picture = np.zeros((1, 8, 8, 3), "uint8")
        return keras.visualization.draw_bounding_boxes(picture, boxes, "xyxy")

    assert drawn(ours).max() > 0
    assert raises(lambda: drawn(real), ImportError)


def test_colors_of_masks():
    def drawn(keras, **options):
        return keras.visualization.draw_segmentation_masks(PICTURE, CLASSES, **options)

    colors = {0: (0, 0, 0), 1: (100, 100, 100)}
    for options in ({"color_mapping": {**colors, 2: (9, 9, 9)}}, {"color_mapping": colors}):
        count = {} if len(options["color_mapping"]) == 3 else {"num_classes": 3}
        assert drawn(ours, **options, **count).shape == (1, 2, 2, 3)
        assert raises(lambda o=options, c=count: drawn(real, **o, **c))
    kinds = [str(drawn(k, num_classes=3, blend=False).dtype) for k in BOTH]
    assert kinds == ["uint8", "torch.float32"]


@pytest.fixture
def shown(monkeypatch):
    """Calls a function and gives the pictures in the figure it shows."""
    pyplot.switch_backend("agg")
    pictures = []

    def look(*_, **__):
        found = [image.get_array() for axis in pyplot.gcf().axes for image in axis.images]
        pictures.append([np.asarray(picture) for picture in found])

    monkeypatch.setattr(pyplot, "show", look)

    def call(function, *arguments, **options):
        pictures.clear()
        function(*arguments, **options)
        pyplot.close("all")
        return pictures[0]

    return call


def test_rows_of_galleries(shown):
    x = np.random.default_rng(0).random((5, 4, 4, 3))
    counts = [
        len(shown(k.visualization.plot_image_gallery, x, rows=2, value_range=(0, 1))) for k in BOTH
    ]
    assert counts == [5, 4]


def test_layouts_of_galleries(shown):
    x = np.random.default_rng(0).random((1, 3, 4, 6))
    options = {"rows": 1, "value_range": (0, 1), "data_format": "channels_first"}
    shapes = [shown(k.visualization.plot_image_gallery, x, **options)[0].shape for k in BOTH]
    assert shapes == [(4, 6, 3), (6, 3, 4)]


# What a layer knows.


def test_later_calls():
    def known(keras):
        layer = keras.layers.Dense(2)
        first = layer(keras.Input((3,)))
        layer(keras.Input((3,)))  # whose output nobody holds
        assert layer.output is first
        return len(layer._inbound_nodes if keras is real else layer.inbound_nodes)

    assert [known(keras) for keras in BOTH] == [1, 2]
