import sys

import pytest
from torchkeras_shim.suggestions import elsewhere, short, suggestion, torch_way


@pytest.mark.parametrize(
    "path, said",
    [
        ("tf.log", "There is tf.math.log. In torch: torch.log."),
        ("keras.layers.relu", "There is keras.activations.relu."),
        ("tf.lite", "In torch: torch.export and ExecuTorch."),
        ("tensorflow.lite.Delegate", "In torch: torch.export and ExecuTorch."),
        ("keras.nothing_like_it", ""),
        ("tf._private", ""),
    ],
)
def test_what_to_use_instead(path, said):
    import tensorflow  # noqa: F401

    assert suggestion(path) == said


def test_the_nearest_name_is_offered_unless_the_thing_itself_is_elsewhere():
    import tensorflow as tf

    assert suggestion("tf.reduce_summ", dir(tf)) == 'Did you mean "reduce_sum"?'
    assert "Did you mean" not in suggestion("tf.log", dir(tf))


def test_torchs_own_functions_are_found_by_name():
    assert torch_way("tf.bincount") == "torch.bincount"
    assert torch_way("tf.linalg.slogdet") == "torch.slogdet"
    assert torch_way("tf.signal.windows.hann") == "torch.fft, torch.stft, or torchaudio"
    assert torch_way("tf.no_such_thing") == ""


def test_rooms_that_keras_does_not_have_are_not_offered():
    assert "torchkeras.tracer" in sys.modules
    assert elsewhere("keras.record") == ""


@pytest.mark.parametrize(
    "path, expected",
    [
        ("tensorflow.math.log", "tf.math.log"),
        ("tensorflow.keras.layers", "keras.layers"),
        ("tf_keras.layers", "keras.layers"),
        ("tensorflow.python.keras.layers", "keras.layers"),
        ("tensorflow_datasets.load", "tfds.load"),
    ],
)
def test_what_a_path_is_called(path, expected):
    assert short(path) == expected
