import numpy as np
import pytest

import torchkeras as keras
from torchkeras.applications import building


def test_blocks_are_left_out_more_often_later_in_the_network():
    model = keras.applications.ResNetRS200(weights=None, include_top=False)
    rates = {
        layer.name.partition("_")[0]: layer.rate
        for layer in model.layers
        if isinstance(layer, keras.layers.Dropout)
    }
    assert list(rates) == [f"BlockGroup{number}" for number in (2, 3, 4, 5)]
    np.testing.assert_allclose(list(rates.values()), [0.04, 0.06, 0.08, 0.1])


def test_weights_are_chosen_by_the_size_they_were_trained_on(monkeypatch):
    asked = []
    monkeypatch.setattr(building, "get_file", lambda name, *args, **options: asked.append(name))
    keras.applications.ResNetRS50()
    keras.applications.ResNetRS101(include_top=False, weights="imagenet-i160")
    assert asked == ["resnet-rs-50-i160.h5", "resnet-rs-101-i160_notop.h5"]
    with pytest.raises(ValueError, match=r"imagenet-i99.*imagenet-i160"):
        keras.applications.ResNetRS50(weights="imagenet-i99")
    with pytest.raises(ValueError, match="classes"):
        keras.applications.ResNetRS101(weights="imagenet-i192", classes=5)
