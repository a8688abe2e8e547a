import numpy as np
import pytest
import torch
from PIL import Image

from torchkeras.utils import image_dataset_from_directory, text_dataset_from_directory


@pytest.fixture
def pictures(tmp_path):
    """Two classes of four flat gray images whose value is their number."""
    for c, name in enumerate(["cats", "dogs"]):
        (tmp_path / name).mkdir()
        for i in range(4):
            Image.new("RGB", (8, 6), (c * 4 + i,) * 3).save(tmp_path / name / f"{i}.png")
    (tmp_path / "readme.txt").write_text("no image")
    return tmp_path


def test_folders_are_classes(pictures, capsys):
    loader = image_dataset_from_directory(pictures, shuffle=False, image_size=(4, 5), batch_size=3)
    assert capsys.readouterr().out == "Found 8 files belonging to 2 classes.\n"
    assert loader.class_names == ["cats", "dogs"]
    assert [path.rsplit("/", 2)[1:] for path in loader.file_paths[:1]] == [["cats", "0.png"]]
    batches = list(loader)
    assert [tuple(images.shape) for images, _ in batches] == [(3, 4, 5, 3)] * 2 + [(2, 4, 5, 3)]
    assert torch.cat([labels for _, labels in batches]).tolist() == [0] * 4 + [1] * 4
    assert batches[0][1].dtype == torch.int32
    assert torch.cat([images[:, 0, 0, 0] for images, _ in batches]).tolist() == list(range(8))


@pytest.mark.parametrize(
    ("label_mode", "expected"),
    [("categorical", [0.0, 1.0]), ("binary", [1.0]), ("int", 1)],
)
def test_labels_take_the_form_asked_for(pictures, label_mode, expected):
    loader = image_dataset_from_directory(
        pictures, label_mode=label_mode, shuffle=False, verbose=False
    )
    [(_, labels)] = loader
    assert labels[-1].tolist() == expected


def test_labels_can_be_given_or_left_out(pictures):
    loader = image_dataset_from_directory(pictures, labels=[5, 6] * 4, shuffle=False)
    [(_, labels)] = loader
    assert labels.tolist() == [5, 6] * 4
    assert loader.class_names == ["5", "6"]
    [images] = image_dataset_from_directory(pictures, labels=None, image_size=3)
    assert images.shape == (8, 3, 3, 3)


def test_order_is_by_seed_and_new_in_each_epoch(pictures):
    def values(loader):
        return torch.cat([images[:, 0, 0, 0] for images, _ in loader]).tolist()

    loader = image_dataset_from_directory(pictures, seed=3)
    first, second = values(loader), values(loader)
    assert first != second
    assert values(image_dataset_from_directory(pictures, seed=3)) == first


def test_parts_do_not_overlap(pictures, capsys):
    split = {"validation_split": 0.25, "seed": 1}
    training, validation = image_dataset_from_directory(pictures, subset="both", **split)
    assert len(training.file_paths), len(validation.file_paths) == (6, 2)
    assert not set(training.file_paths) & set(validation.file_paths)
    alone = image_dataset_from_directory(pictures, subset="validation", **split)
    assert alone.file_paths == validation.file_paths
    assert "Using 6 files for training.\nUsing 2 files for validation.\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("color_mode", "data_format", "shape"),
    [("grayscale", None, (8, 4, 4, 1)), ("rgba", "channels_first", (8, 4, 4, 4))],
)
def test_colours_and_layouts(pictures, color_mode, data_format, shape):
    loader = image_dataset_from_directory(
        pictures, color_mode=color_mode, data_format=data_format, image_size=(4, 4)
    )
    [(images, _)] = loader
    assert images.shape == shape


def test_aspect_ratios_can_be_kept(tmp_path):
    wide = np.zeros((2, 4, 3), "uint8")
    wide[:, 1:3] = 200
    Image.fromarray(wide).save(tmp_path / "a.png")
    [cropped] = image_dataset_from_directory(
        tmp_path, labels=None, image_size=(2, 2), crop_to_aspect_ratio=True
    )
    assert cropped.min() == 200
    [padded] = image_dataset_from_directory(
        tmp_path, labels=None, image_size=(4, 4), pad_to_aspect_ratio=True
    )
    assert padded[0, 0].max() == 0
    assert padded[0, 1, 1].min() == 200


def test_texts_are_arrays_of_strings(tmp_path):
    for name in ("bad", "good"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(f"very {name} ☺")
    loader = text_dataset_from_directory(tmp_path, shuffle=False, max_length=6)
    [(texts, labels)] = loader
    assert texts.tolist() == ["very b", "very g"]
    assert texts.dtype == object
    assert labels.tolist() == [0, 1]
    [texts] = text_dataset_from_directory(tmp_path, labels=None, shuffle=False)
    assert texts[0] == "very bad ☺"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"label_mode": "vector"}, "label_mode is 'vector'"),
        ({"labels": "guess"}, "labels is 'guess'"),
        ({"labels": [1, 2]}, "Expected the lengths of `labels` to match"),
        ({"class_names": ["cats", "mice"]}, "`class_names` passed did not match"),
        ({"class_names": ["cats"], "label_mode": "binary"}, "exactly 2 class_names"),
        ({"class_names": ["a"], "labels": None}, "You can only pass `class_names`"),
        ({"color_mode": "rbg"}, "color_mode is 'rbg'.*Did you mean \"rgb\""),
        ({"image_size": (1, 2, 3)}, "image_size"),
        ({"interpolation": "lanczos3"}, "interpolation is 'lanczos3'"),
        ({"validation_split": 2.0, "subset": "training"}, "a fraction between 0 and 1"),
        ({"validation_split": 0.5}, "If `subset` is set, `validation_split` must be set"),
        ({"validation_split": 0.5, "subset": "training"}, "provide a `seed`"),
        ({"format": "csv"}, "format is 'csv'"),
    ],
)
def test_bad_arguments_are_explained(pictures, arguments, message):
    with pytest.raises(ValueError, match=message):
        image_dataset_from_directory(pictures, **arguments)


def test_an_empty_folder_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="No images found"):
        image_dataset_from_directory(tmp_path)
