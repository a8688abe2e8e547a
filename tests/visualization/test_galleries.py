"""Figures of many images."""

import matplotlib as mpl
import numpy as np
import pytest
import torch

from torchkeras import visualization

mpl.use("Agg")
from matplotlib import pyplot

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3)).astype("uint8")


@pytest.fixture
def figures(monkeypatch):
    """Figures that would be shown."""
    shown = []
    monkeypatch.setattr(pyplot, "show", lambda: shown.append(pyplot.gcf()))
    monkeypatch.setattr(pyplot, "close", lambda figure=None: None)
    yield shown
    monkeypatch.undo()
    pyplot.close("all")


def pictures(figure):
    """What each part of a figure shows."""
    return [np.asarray(a.images[0].get_array()) for a in figure.axes if a.images]


def test_all_images_find_room(figures):
    visualization.plot_image_gallery(IMAGES)
    np.testing.assert_array_equal(pictures(figures[0]), IMAGES)
    assert len(figures[0].axes) == 6
    visualization.plot_image_gallery(IMAGES, rows=1, cols=2, scale=3)
    assert len(pictures(figures[1])) == 2
    assert figures[1].get_size_inches().tolist() == [6, 3]
    visualization.plot_image_gallery(IMAGES, cols=5)
    assert len(figures[2].axes) == 5


def test_ranges_and_layouts_are_followed(figures):
    visualization.plot_image_gallery(
        torch.tensor(IMAGES.transpose(0, 3, 1, 2) / 127.5 - 1),
        value_range=(-1, 1),
        data_format="channels_first",
    )
    np.testing.assert_array_equal(pictures(figures[0]), IMAGES)


def test_labels_stand_above_images(figures):
    visualization.plot_image_gallery(
        IMAGES, y_true=[0, 1, 0, 1, 2], y_pred=torch.tensor([0, 0]), label_map={0: "cat", 1: "dog"}
    )
    titles = [axis.get_title() for axis in figures[0].axes]
    assert titles[:2] == ["Label: cat  Pred: cat", "Label: dog  Pred: cat"]
    assert titles[4] == "Label: Unknown"


def test_files_are_written(tmp_path):
    small, large = tmp_path / "small.png", tmp_path / "large.png"
    visualization.plot_image_gallery(IMAGES, path=small)
    visualization.plot_image_gallery(IMAGES, path=large, dpi=120, transparent=False)
    coarse, fine = pyplot.imread(small), pyplot.imread(large)
    assert fine.shape[0] > 1.5 * coarse.shape[0]
    assert coarse[..., 3].min() == 0
    assert fine[..., 3].min() == 1
    assert pyplot.get_fignums() == []


def test_a_figure_that_is_not_shown_stays_open(figures):
    visualization.plot_image_gallery(IMAGES, show=False)
    assert figures == []
    assert len(pyplot.get_fignums()) == 1


def test_boxes_are_drawn_in_two_colors_with_a_legend(figures):
    boxes = {"boxes": np.array([[[1, 1, 6, 6]]] * 5), "labels": np.zeros((5, 1))}
    visualization.plot_bounding_box_gallery(
        IMAGES / 255,
        "xyxy",
        y_true=boxes,
        y_pred={**boxes, "boxes": boxes["boxes"] + 1},
        value_range=(0, 1),
        legend=True,
        line_thickness=1,
    )
    shown = pictures(figures[0])[0]
    assert shown[1, 3].tolist() == [0, 188, 212]
    assert shown[7, 4].tolist() == [255, 235, 59]
    assert shown[0, 0].tolist() == IMAGES[0, 0, 0].tolist()
    texts = [text.get_text() for text in figures[0].legends[0].get_texts()]
    assert texts == ["Ground Truth", "Prediction"]


def test_masks_stand_beside_their_image(figures):
    masks = torch.ones(5, 8, 8, 1)
    visualization.plot_segmentation_mask_gallery(
        IMAGES, 2, y_true=masks, y_pred=masks * 0, color_mapping={1: (1, 2, 3)}, blend=False
    )
    shown = pictures(figures[0])
    assert len(shown) == 15
    np.testing.assert_array_equal(shown[0], IMAGES[0])
    assert (shown[1] == (1, 2, 3)).all()
    np.testing.assert_array_equal(shown[2], IMAGES[0])


def test_what_does_not_fit_is_refused(tmp_path):
    with pytest.raises(ValueError, match="either `path` to be set"):
        visualization.plot_image_gallery(IMAGES, path=tmp_path / "a.png", show=True)
    with pytest.raises(ValueError, match="`label_map` must also be provided"):
        visualization.plot_image_gallery(IMAGES, y_true=[0] * 5)
    with pytest.raises(ValueError, match="must be batched"):
        visualization.plot_image_gallery(IMAGES[0])
    with pytest.raises(ValueError, match="`legend` OR `legend_handles`"):
        visualization.plot_bounding_box_gallery(IMAGES, "xyxy", legend=True, legend_handles=[1])
    with pytest.raises(ValueError, match="must be batched"):
        visualization.plot_segmentation_mask_gallery(IMAGES[0], 2)
