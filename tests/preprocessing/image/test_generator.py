import warnings

import numpy as np
import pytest
from keras.src.legacy.preprocessing.image import ImageDataGenerator as Theirs

from torchkeras.preprocessing.image import ImageDataGenerator

CONFIGURATIONS = [
    {},
    {"rotation_range": 30, "zoom_range": 0.3, "horizontal_flip": True, "rescale": 1 / 255},
    {"width_shift_range": 0.2, "height_shift_range": 0.3, "fill_mode": "constant", "cval": 9.0},
    {"width_shift_range": 3, "height_shift_range": [-2, 4], "vertical_flip": True},
    {"width_shift_range": 2.0, "shear_range": 12, "zoom_range": (0.5, 1.5), "fill_mode": "wrap"},
    {"brightness_range": (0.4, 1.4), "channel_shift_range": 20.0},
    {"samplewise_center": True, "samplewise_std_normalization": True, "dtype": "float64"},
    {"preprocessing_function": lambda x: 255 - x, "interpolation_order": 3, "rotation_range": 9},
]


@pytest.mark.parametrize("options", CONFIGURATIONS, ids=lambda options: "-".join(options) or "none")
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_equal_seeds_give_the_images_of_keras(options, data_format, pictures):
    if data_format == "channels_first":
        if "brightness_range" in options:
            pytest.skip("Keras makes pictures in the default data format")
        pictures = pictures.transpose(0, 3, 1, 2)
    sides = [
        side(data_format=data_format, **options).flow(
            pictures, np.arange(11), batch_size=4, seed=5, sample_weight=np.arange(11) / 11
        )
        for side in (ImageDataGenerator, Theirs)
    ]
    for _ in range(7):
        for ours, theirs in zip(*map(next, sides), strict=True):
            assert ours.dtype == theirs.dtype
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(
    "options",
    [
        {"featurewise_center": True, "featurewise_std_normalization": True, "rescale": 0.1},
        {"featurewise_center": True, "zca_whitening": True},
    ],
)
@pytest.mark.parametrize("augment", [False, True])
def test_measured_statistics_are_those_of_keras(options, augment, pictures):
    sides = [side(horizontal_flip=True, **options) for side in (ImageDataGenerator, Theirs)]
    for side in sides:
        side.fit(pictures, augment=augment, rounds=2, seed=1)
    ours, theirs = sides
    np.testing.assert_allclose(ours.mean, theirs.mean, rtol=1e-5)
    if "zca_whitening" in options:
        # Singular vectors of small values are rounding; what the matrix does is compared.
        x = pictures[0] - pictures.mean(axis=(0, 1, 2))
        changed = [side.standardize(x.copy()) for side in sides]
        np.testing.assert_allclose(*changed, atol=0.05 * np.abs(changed[1]).max())
    else:
        np.testing.assert_allclose(ours.std, theirs.std, rtol=1e-5)
        np.testing.assert_allclose(
            *(side.standardize(pictures[0].copy()) for side in sides), rtol=1e-4, atol=1e-4
        )


def test_the_users_images_stay_as_they_are(pictures):
    kept = pictures.copy()
    generator = ImageDataGenerator(rescale=1 / 255, featurewise_center=True, rotation_range=20)
    generator.fit(pictures)
    next(generator.flow(pictures))
    generator.standardize(pictures[0])
    np.testing.assert_array_equal(pictures, kept)


@pytest.mark.parametrize(
    ("options", "set_as_well"),
    [
        ({"zca_whitening": True}, ["featurewise_center"]),
        ({"featurewise_std_normalization": True}, ["featurewise_center"]),
        ({"samplewise_std_normalization": True}, ["samplewise_center"]),
    ],
)
def test_options_that_need_another_set_it_aloud(options, set_as_well):
    with pytest.warns(UserWarning, match="overrides setting of"):
        generator = ImageDataGenerator(**options)
    assert all(getattr(generator, name) for name in set_as_well)


def test_normalizing_by_what_was_not_measured_warns(pictures):
    generator = ImageDataGenerator(featurewise_center=True)
    with pytest.warns(UserWarning, match="hasn't been fit"):
        np.testing.assert_array_equal(generator.standardize(pictures[0]), pictures[0])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"validation_split": 1.5}, "strictly between 0 and 1"),
        ({"zoom_range": (1, 2, 3)}, "two floats"),
        ({"brightness_range": 2.0}, "two floats"),
        ({"data_format": "last"}, "data_format"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        ImageDataGenerator(**options)


def test_options_of_older_frames_warn_and_unknown_ones_raise(folder):
    import pandas

    frame = pandas.DataFrame({"filename": ["ants/0.png", "bees/1.png"], "class": ["a", "b"]})
    generator = ImageDataGenerator()
    with pytest.warns(DeprecationWarning, match="has_ext"):
        generator.flow_from_dataframe(frame, folder, has_ext=True)
    with pytest.warns(DeprecationWarning, match="raw"):
        generator.flow_from_dataframe(frame, folder, class_mode="other")
    with pytest.raises(TypeError, match="colour"):
        generator.flow_from_dataframe(frame, folder, colour="rgb")


def test_fit_wants_a_batch_of_images():
    with pytest.raises(ValueError, match="rank 4"):
        ImageDataGenerator().fit(np.zeros((4, 4, 3)))
    with pytest.warns(UserWarning, match="1, 3 or 4 channels"):
        ImageDataGenerator().fit(np.zeros((2, 4, 4, 2)))


def test_nothing_warns_without_reason(pictures):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        next(ImageDataGenerator(rotation_range=10).flow(pictures))
