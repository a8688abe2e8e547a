import keras as real
import numpy as np
import pytest
import torch

import torchkeras as keras
from torchkeras.saving.tensorflow_images import FUNCTIONS

ROW = torch.tensor([0.0, 1.0, 4.0, 9.0]).reshape(1, 1, 4, 1)
IMAGE = torch.arange(8.0).reshape(1, 2, 4, 1)
BYTES = torch.tensor([0, 100, 200, 255], dtype=torch.uint8).reshape(1, 1, 4, 1)


# What TensorFlow 2.21 gave; test_saved_model.py has a graph of the others.
@pytest.mark.parametrize(
    ("function", "args", "options", "expected"),
    [
        ("image.resize_bilinear", [ROW, [1, 6]], {}, [0, 0.666667, 2, 4, 7.333333, 9]),
        ("image.resize_bilinear", [ROW, [1, 6]], {"align_corners": True},
         [0, 0.6, 1.6, 3.4, 6, 9]),
        ("image.resize_nearest_neighbor", [ROW, [1, 6]], {}, [0, 0, 1, 4, 4, 9]),
        ("image.per_image_standardization", [ROW], {}, [-1.0, -0.714286, 0.142857, 1.571429]),
        ("image.central_crop", [IMAGE], {"central_fraction": 0.5}, [1, 2, 5, 6]),
        ("image.resize_with_crop_or_pad", [ROW, 1, 2], {}, [1, 4]),
        ("image.pad_to_bounding_box", [ROW[:, :, :2], 0, 1, 1, 4], {}, [0, 0, 1, 0]),
        ("image.resize", [BYTES, [1, 2]], {}, [50, 227.5]),
        ("image.resize", [IMAGE, [2, 2]], {"preserve_aspect_ratio": True}, [2.5, 4.5]),
        ("image.adjust_brightness", [BYTES, 0.2], {}, [51, 151, 251, 255]),
        ("image.convert_image_dtype", [BYTES, "float32"], {}, [0, 0.392157, 0.784314, 1]),
    ],
)  # fmt: skip
def test_functions_do_as_in_tensorflow(function, args, options, expected):
    found = FUNCTIONS[function](*args, **options)
    np.testing.assert_allclose(np.asarray(found).ravel(), expected, rtol=1e-5, atol=1e-6)


def test_whole_numbers_stay_whole():
    assert FUNCTIONS["image.adjust_contrast"](BYTES, 2.0).dtype == torch.uint8
    assert FUNCTIONS["image.resize"](BYTES, [1, 2], method="nearest").dtype == torch.uint8
    assert FUNCTIONS["image.convert_image_dtype"](ROW, "float32") is ROW


@pytest.mark.parametrize(
    ("function", "options"),
    [
        ("image.ssim", {"img1": ROW, "img2": ROW, "max_val": 1.0, "return_index_map": True}),
        ("image.crop_and_resize", {"image": ROW, "method": "nearest"}),
        ("image.resize_images", {"images": ROW, "size": [1, 1], "method": 2}),
        ("image.convert_image_dtype", {"image": BYTES, "dtype": "int32"}),
    ],
)
def test_options_that_cannot_be_said_are_refused(function, options):
    with pytest.raises(ValueError, match="expected those that keras.ops has"):
        FUNCTIONS[function](**options)


@pytest.mark.parametrize("size", [[2**40, 1], [-1, 1]])
@pytest.mark.parametrize("function", ["image.resize_bilinear", "image.resize"])
def test_sizes_without_bounds_are_refused(function, size):
    with pytest.raises(ValueError, match="expected a number up to 16384"):
        FUNCTIONS[function](IMAGE, size, **({"method": "bicubic"} if "bi" not in function else {}))


@pytest.mark.parametrize("method", ["image.resize_bilinear", "image.resize"])
def test_resized_images_may_be_written_for_keras(tmp_path, method):
    x = keras.Input((4, 6, 1))
    options = {"method": "bicubic"} if method == "image.resize" else {}
    model = keras.Model(x, FUNCTIONS[method](x, [3, 8], **options))
    model.save(tmp_path / "x.keras")
    image = np.random.default_rng(0).normal(size=(2, 4, 6, 1)).astype("float32")
    found = real.models.load_model(tmp_path / "x.keras").predict(image, verbose=0)
    np.testing.assert_allclose(found, model.predict(image, verbose=0), atol=1e-5)
