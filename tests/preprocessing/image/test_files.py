import numpy as np
import pandas
import pytest
from keras.src.legacy.preprocessing.image import ImageDataGenerator as Theirs

from torchkeras.preprocessing.image import ImageDataGenerator


def same(ours, theirs):
    assert isinstance(ours, tuple) == isinstance(theirs, tuple)
    ours, theirs = (side if isinstance(side, tuple) else (side,) for side in (ours, theirs))
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        if isinstance(other, list):
            same(tuple(one), tuple(other))
        else:
            assert one.dtype == other.dtype
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("class_mode", ["categorical", "binary", "sparse", "input", None])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"color_mode": "grayscale", "interpolation": "bilinear"},
        {"color_mode": "rgba", "keep_aspect_ratio": True},
        {"classes": ["cats", "ants"]},
        {"subset": "validation"},
        {"subset": "training", "shuffle": False},
    ],
    ids=lambda options: "-".join(options) or "plain",
)
def test_folders_give_the_batches_of_keras(class_mode, options, folder):
    sides = [
        side(rotation_range=20, validation_split=0.4).flow_from_directory(
            str(folder), (6, 7), class_mode=class_mode, batch_size=4, seed=3, **options
        )
        for side in (ImageDataGenerator, Theirs)
    ]
    ours, theirs = sides
    for name in ("filenames", "class_indices", "samples", "num_classes", "filepaths"):
        assert getattr(ours, name) == getattr(theirs, name)
    np.testing.assert_array_equal(ours.labels, theirs.labels)
    for _ in range(len(theirs)):
        same(*map(next, sides))


FRAME = {
    "filename": ["ants/0.png", "bees/1.png", "cats/3.png", "bees/0.png", "ants/gone.png"],
    "class": ["ant", "bee", "cat", "bee", "ant"],
    "several": [["ant", "cat"], ["bee"], ["cat"], ["bee", "ant"], ["cat"]],
    "age": [1.0, 2.0, 3.0, 4.0, 5.0],
    "size": [5, 4, 3, 2, 1],
}


@pytest.mark.filterwarnings("ignore:Found 1 invalid")
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"class_mode": "sparse", "classes": ["cat", "bee"]},
        {"class_mode": "binary", "classes": ["cat", "bee"]},
        {"y_col": "several"},
        {"y_col": "several", "classes": ["ant", "bee"]},
        {"class_mode": "raw", "y_col": "age"},
        {"class_mode": "raw", "y_col": ["age", "size"], "weight_col": "age"},
        {"class_mode": "multi_output", "y_col": ["age", "size"]},
        {"class_mode": "input"},
        {"class_mode": None, "subset": "validation"},
        {"subset": "training", "shuffle": False},
    ],
    ids=lambda options: "-".join(map(str, options)) or "plain",
)
def test_frames_give_the_batches_of_keras(options, folder):
    sides = [
        side(zoom_range=0.2, validation_split=0.3).flow_from_dataframe(
            pandas.DataFrame(FRAME),
            str(folder),
            target_size=(6, 7),
            batch_size=3,
            seed=3,
            **options,
        )
        for side in (ImageDataGenerator, Theirs)
    ]
    ours, theirs = sides
    assert ours.filenames == theirs.filenames
    for _ in range(len(theirs)):
        same(*map(next, sides))


def test_missing_files_are_left_out_aloud(folder):
    with pytest.warns(UserWarning, match="Found 1 invalid image filename"):
        flow = ImageDataGenerator().flow_from_dataframe(pandas.DataFrame(FRAME), folder)
    assert flow.samples == 4


def test_names_may_stay_unchecked(folder):
    flow = ImageDataGenerator().flow_from_dataframe(
        pandas.DataFrame(FRAME), folder, validate_filenames=False
    )
    assert flow.samples == 5


def test_bad_choices_are_named(folder):
    generator = ImageDataGenerator()
    for options in ({"color_mode": "bgr"}, {"class_mode": "many"}, {"subset": "test"}):
        with pytest.raises(ValueError, match=next(iter(options))):
            generator.flow_from_directory(folder, **options)


@pytest.mark.filterwarnings("ignore:Found 1 invalid")
def test_columns_that_do_not_fit_are_named(folder):
    def flow(**options):
        return ImageDataGenerator().flow_from_dataframe(pandas.DataFrame(FRAME), folder, **options)

    with pytest.raises(TypeError, match="age"):
        flow(y_col="age")
    with pytest.raises(TypeError, match="size"):
        flow(x_col="size")
    with pytest.raises(TypeError, match="list"):
        flow(y_col="age", class_mode="multi_output")
    with pytest.raises(ValueError, match="there must be 2 classes"):
        flow(class_mode="binary")
    with pytest.raises(TypeError, match="weight_col"):
        flow(weight_col="class")
    with pytest.warns(UserWarning, match="will be ignored"):
        flow(class_mode="raw", y_col="age", classes=["ant"])
