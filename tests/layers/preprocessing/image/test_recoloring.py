"""What layers of colour share, by a layer of a user's."""

import numpy as np
import pytest
import torch
from pictures import data_of, picture

import torchkeras
from torchkeras import layers
from torchkeras.layers.preprocessing.image.recoloring import (
    ColorLayer,
    for_each,
    mask_for_each,
    rounded,
)


class Tint(ColorLayer):
    """Adds a number, drawn for each image, to some of the images."""

    def get_random_transformation(self, data, training=True, seed=None):
        if not training:
            return None
        added = self.uniform(data, (1.0, 2.0), seed, self.pixel_shape(data))
        return {"added": added, "is_chosen": self.chosen(data, (0.5, 0.5), seed)}

    def recolored(self, images, transformation):
        tinted = images + for_each(transformation["added"], images)
        return torch.where(mask_for_each(transformation["is_chosen"], images), tinted, images)


def test_a_users_layer_writes_its_formula_alone():
    layer = Tint(value_range=(9, 1), seed=1, bounding_box_format="xyxy")
    assert layer.value_range == [1, 9]
    data = data_of(picture(40))
    out = layer(data, training=True)
    added = out["images"] - torch.tensor(data["images"])
    per_image = added.flatten(1)
    torch.testing.assert_close(per_image.amin(1), per_image.amax(1), rtol=0, atol=1e-4)
    taken = per_image[:, 0] > 0.5
    assert 8 < taken.sum() < 32
    assert per_image[taken].min() > 0.99
    np.testing.assert_array_equal(out["labels"], data["labels"])
    assert layer(picture(None)).shape == picture(None).shape


def test_integers_are_computed_as_floats_and_rounded():
    layer = Tint(seed=1, dtype="uint8")
    y = layer(np.full((9, 2, 2, 3), 254, "uint8"))
    assert y.dtype == torch.uint8
    assert set(y.unique().tolist()) <= {254, 255}
    assert rounded(torch.tensor([-3.0, 1.5, 300.0]), torch.uint8).tolist() == [0, 2, 255]


def test_a_layer_may_keep_integers():
    class Same(ColorLayer):
        is_random = False
        acts_always = True
        keeps_integers = True

        def recolored(self, images, transformation):
            return images

    layer = Same()
    assert layer(picture(dtype="uint8")).dtype == torch.uint8
    assert layer(torchkeras.Input((4, 4, 3), dtype="uint8")).dtype == "uint8"
    assert layer(torchkeras.Input((4, 4, 3))).dtype == "float32"
    assert not hasattr(layer, "seed")


def test_a_formula_must_be_written():
    with pytest.raises(NotImplementedError, match="has no `recolored`"):
        ColorLayer().transform_images(picture(), {})
    assert layers.AutoContrast().value_range == [0, 255]
