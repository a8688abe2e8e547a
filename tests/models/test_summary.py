import keras as real
import pytest
import torch

import torchkeras
from torchkeras.models import summary

WIDTHS = {"line_length": 90}


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch):
    """Real Keras cuts what doesn't fit the terminal."""
    monkeypatch.setenv("COLUMNS", "200")


def text_of(model, **options):
    lines = []
    model.summary(print_fn=lines.append, **{**WIDTHS, **options})
    return "\n".join(lines)


def sequential(keras):
    model = keras.Sequential(name="m")
    model.add(keras.Input((8, 8, 3)))
    model.add(keras.layers.Conv2D(4, 3, name="a_convolution_with_a_very_long_name_that_wraps"))
    model.add(keras.layers.BatchNormalization(name="norm"))
    model.add(keras.layers.Flatten(name="flat"))
    model.add(keras.layers.Dense(1000, name="head"))
    return model


def branched(keras):
    a = keras.Input((4,), name="a")
    b = keras.Input((4,), name="b")
    shared = keras.layers.Dense(3, name="shared")
    both = keras.layers.Concatenate(name="both")([shared(a), shared(b)])
    return keras.Model([a, b], keras.layers.Dense(1, name="head")(both), name="m")


def chain(keras):
    x = keras.Input((4,), name="x")
    return keras.Model(x, keras.layers.Dense(2, name="d")(x), name="m")


def nested(keras):
    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="d")], name="inner")
    x = keras.Input((4,), name="x")
    return keras.Model(x, keras.layers.ReLU(name="r")(inner(x)), name="m")


def several_outputs(keras):
    x = keras.Input((5, 4), name="x")
    y, h, c = keras.layers.LSTM(3, return_state=True, name="lstm")(x)
    return keras.Model(x, [y, h, c], name="m")


def frozen(keras):
    model = chain(keras)
    model.layers[-1].trainable = False
    return model


def unbuilt(keras):
    return keras.Sequential([keras.layers.Dense(2, name="d")], name="m")


@pytest.mark.parametrize("make", [sequential, branched, chain, several_outputs, frozen, unbuilt])
@pytest.mark.parametrize(
    "options", [{}, {"show_trainable": True}, {"line_length": 60}, {"line_length": 120}]
)
def test_text_equals_that_of_keras(make, options):
    assert text_of(make(torchkeras), **options) == text_of(make(real), **options)


def test_the_state_of_the_optimizer_is_counted():
    model = chain(torchkeras)
    model.compile("adam", "mse")
    assert "Optimizer" not in text_of(model)
    model.optimizer.build(model.trainable_variables)
    text = text_of(model)
    assert " Optimizer params: 22 (" in text  # two slots of 10, the step and the rate
    assert " Total params: 32 (" in text


@pytest.mark.parametrize("options", [{}, {"expand_nested": True}])
def test_nested_models_are_shown_as_in_keras(options):
    assert text_of(nested(torchkeras), **options) == text_of(nested(real), **options)


def test_columns_can_be_placed():
    options = {"positions": [0.5, 0.7, 1.0]}
    assert text_of(chain(torchkeras), **options) == text_of(chain(real), **options)
    in_characters = text_of(chain(torchkeras), positions=[45, 62, 90])
    assert in_characters == text_of(chain(torchkeras), **options)


@pytest.mark.parametrize("layer_range", [("norm", "flat"), ("n.*", "head"), ("head", "norm")])
def test_a_range_of_layers_can_be_shown(layer_range):
    ours = text_of(sequential(torchkeras), layer_range=layer_range)
    assert ours == text_of(sequential(real), layer_range=layer_range)


def test_functions_have_rows():
    x = torchkeras.Input((4,), name="x")
    text = text_of(torchkeras.Model(x, torch.relu(x) + x, name="m"))
    assert "relu (Relu)" in text
    assert "add (Add)" in text
    assert "relu[0][0], x[0][0]" in text


def operators(keras):
    x = keras.Input((4,), name="x")
    return keras.Model(x, (x * 2.0)[:, 1] - 1.0, name="m")


def test_operators_have_the_rows_of_keras():
    assert text_of(operators(torchkeras)) == text_of(operators(real))


def test_plain_modules_have_rows():
    class Plain(torchkeras.Model):
        def __init__(self):
            super().__init__()
            self.dense = torchkeras.layers.Dense(2, name="d")

        def call(self, x):
            return self.dense(x)

    model = Plain()
    assert "d (Dense)" in text_of(model)
    assert "0 (unbuilt)" in text_of(model)
    model(torch.zeros(1, 3))
    assert "(1, 2)" in text_of(model)


def test_it_is_printed_once(capsys):
    chain(torchkeras).summary()
    out = capsys.readouterr().out
    assert out.startswith('Model: "m"\n┏')
    assert out.endswith(" Non-trainable params: 0 (0.00 B)\n")
    assert "\x1b" not in out


def test_colours_change_no_letter():
    text = summary.render(branched(torchkeras), 100)
    coloured = summary._coloured(text)
    for code in (summary.BOLD, summary.BLUE, summary.GREEN, summary.PLAIN):
        assert code in coloured
        coloured = coloured.replace(code, "")
    assert coloured == text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"line_length": 8}, "Insufficient console width to print summary"),
        ({"layer_range": ("norm",)}, "two names of layers"),
        ({"layer_range": ("norms", "head")}, 'do not match.*Did you mean "norm"'),
    ],
)
def test_bad_options_are_explained(options, message):
    with pytest.raises(ValueError, match=message):
        text_of(sequential(torchkeras), **options)


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0.00 B"), (1023, "1023.00 B"), (1536, "1.50 KB"), (2**50, "1.00 PB")]
)
def test_sizes_have_units(size, text):
    assert summary._size(size) == text
