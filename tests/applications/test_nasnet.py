import numpy as np
import pytest
from keras.src.applications.nasnet import NASNet
from networks import layers_of, same_layers, with_equal_weights

import torchkeras as keras
from torchkeras.applications import building

SMALL = {"penultimate_filters": 1056, "num_blocks": 4, "stem_block_filters": 32}


def test_the_small_network_is_that_of_keras():
    """Keras refuses it on torch, though not its parts."""
    options = {"input_shape": (64, 64, 3), "classes": 6, "weights": None}
    ours = keras.applications.NASNetMobile(**options)
    theirs = NASNet(**SMALL, skip_reduction=False, filter_multiplier=2, **options)
    for found, expected in zip(layers_of(ours), layers_of(theirs), strict=True):
        assert found[1:] == expected[1:]
    assert [w.name for w in ours.weights] == [w.name for w in theirs.weights]
    x = np.random.default_rng(0).uniform(-1, 1, (1, 64, 64, 3)).astype("float32")
    with_equal_weights(ours, theirs)
    found, expected = (model.predict(x, verbose=0) for model in (ours, theirs))
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.slow
def test_the_large_network_is_that_of_keras():
    same_layers("nasnet", "NASNetLarge", include_top=False, input_shape=(96, 96, 3), pooling="max")


def test_weights_are_kept_under_the_names_of_keras(monkeypatch):
    asked = []
    monkeypatch.setattr(building, "get_file", lambda *args, **options: asked.append(args))
    model = keras.applications.NASNetMobile(include_top=False)
    assert model.output_shape == (None, 7, 7, 1056)
    name, address = asked[0]
    assert name == "nasnet_mobile_no_top.h5"
    assert address.endswith("/nasnet/NASNet-mobile-no-top.h5")
