"""Many images in one figure, by Matplotlib."""

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from torchkeras.core.checks import argument_error
from torchkeras.core.settings import standardize_data_format
from torchkeras.core.typing import TensorLike
from torchkeras.saving.files import replacing
from torchkeras.visualization.drawing import (
    Color,
    as_array,
    batch_of_images,
    draw_bounding_boxes,
    draw_segmentation_masks,
)

Range = Sequence[float]


def plot_image_gallery(
    images: TensorLike,
    y_true: TensorLike | None = None,
    y_pred: TensorLike | None = None,
    label_map: Mapping[int, str] | None = None,
    rows: int | None = None,
    cols: int | None = None,
    value_range: Range = (0, 255),
    scale: float = 2,
    path: Any = None,
    show: bool | None = None,
    transparent: bool = True,
    dpi: int = 60,
    legend_handles: Sequence[Any] | None = None,
    data_format: str | None = None,
) -> None:
    """A figure of images, with labels and predictions above them.

    Args:
        images: A batch of images.
        y_true, y_pred: Class of each image, and the one that was predicted.
        label_map: Name of each class; needed with labels.
        rows, cols: Numbers of images down and across; None finds room for all.
        value_range: Lowest and highest value of a pixel.
        scale: Height and width of an image, in inches.
        path: File to write; None shows the figure.
        show: Whether the figure is shown; None shows it if no file is written.
        transparent: Whether the file's background is.
        dpi: Pixels per inch of the file.
        legend_handles: Matplotlib's handles for a legend.
        data_format: "channels_last", "channels_first", or None for the default.

    Shape:
        images: ``(batch, height, width, channels)``, or ``(batch, channels, height, width)``.

    Raises:
        ValueError: other than 4 axes; both ``path`` and ``show``; labels without ``label_map``.
        ImportError: Matplotlib isn't installed.

    Source: Keras 3 ``plot_image_gallery``.
    """
    owner = "plot_image_gallery"
    if path is not None and show:
        raise argument_error(owner, "show", show, "either `path` to be set, or `show` to be true")
    if (y_true is not None or y_pred is not None) and label_map is None:
        raise argument_error(
            owner,
            "label_map",
            None,
            "a dict, since there are labels",
            "If `y_true` or `y_pred` are provided, a `label_map` must also be provided.",
        )
    pyplot = _pyplot()
    pixels = _in_bytes(owner, images, value_range, data_format)
    rows, cols = _grid(len(pixels), rows, cols)
    figure, axes = pyplot.subplots(
        rows,
        cols,
        figsize=(cols * scale, rows * scale),
        frameon=False,
        squeeze=False,
    )
    figure.subplots_adjust(wspace=0, hspace=0.2 if label_map else 0)
    if legend_handles is not None:
        figure.legend(handles=legend_handles, loc="lower center")
    labels = [
        (word, as_array(values).tolist())
        for word, values in (("Label", y_true), ("Pred", y_pred))
        if values is not None
    ]
    for number, axis in enumerate(axes.flat):
        axis.axis("off")
        if number >= len(pixels):
            continue
        axis.imshow(pixels[number], cmap="gray")
        axis.margins(x=0, y=0)
        title = "  ".join(
            f"{word}: {label_map.get(values[number], 'Unknown')}"
            for word, values in labels
            if number < len(values)
        )
        axis.set_title(title, fontsize=8)
    if path is not None:
        figure.set_frameon(not transparent)
        look = {"pad_inches": 0, "bbox_inches": "tight", "transparent": transparent, "dpi": dpi}
        if isinstance(path, (str, os.PathLike)) and Path(path).suffix:
            with replacing(path) as temporary:
                figure.savefig(temporary, format=Path(path).suffix[1:], **look)
        else:
            figure.savefig(path, **look)
    elif show is None or show:
        pyplot.show()
    else:
        return
    pyplot.close(figure)


def plot_bounding_box_gallery(
    images: TensorLike,
    bounding_box_format: str,
    y_true: Mapping[str, Any] | None = None,
    y_pred: Mapping[str, Any] | None = None,
    value_range: Range = (0, 255),
    true_color: Color = (0, 188, 212),
    pred_color: Color = (255, 235, 59),
    line_thickness: int = 2,
    font_scale: float = 1.0,
    text_thickness: int | None = None,
    class_mapping: Mapping[int, str] | None = None,
    ground_truth_mapping: Mapping[int, str] | None = None,
    prediction_mapping: Mapping[int, str] | None = None,
    legend: bool = False,
    legend_handles: Sequence[Any] | None = None,
    rows: int | None = None,
    cols: int | None = None,
    data_format: str | None = None,
    **kwargs: Any,
) -> None:
    """A figure of images with their boxes and those that were predicted.

    Args:
        images, value_range, rows, cols, legend_handles, data_format: As in ``plot_image_gallery``.
        bounding_box_format: How boxes are written (see ``keras.utils.bounding_boxes``).
        y_true, y_pred: Boxes, as ``draw_bounding_boxes`` takes them.
        true_color, pred_color: Their colours, three numbers in [0, 255].
        line_thickness, font_scale, text_thickness: As in ``draw_bounding_boxes``.
        class_mapping: Name of each class.
        ground_truth_mapping, prediction_mapping: Names for one of the two only.
        legend: Whether a legend tells the colours.
        **kwargs: Other arguments of ``plot_image_gallery``.

    Raises:
        ValueError: other than 4 axes; both ``legend`` and ``legend_handles``.
        ImportError: Matplotlib isn't installed.

    Source: Keras 3 ``plot_bounding_box_gallery``.
    """
    owner = "plot_bounding_box_gallery"
    if legend and legend_handles:
        raise argument_error(
            owner, "legend", legend, "`legend` OR `legend_handles`, not both of them"
        )
    drawn = _in_bytes(owner, images, value_range, data_format)
    for boxes, color, names in (
        (y_true, true_color, ground_truth_mapping),
        (y_pred, pred_color, prediction_mapping),
    ):
        if boxes is not None:
            drawn = draw_bounding_boxes(
                drawn,
                boxes,
                bounding_box_format,
                names or class_mapping,
                color,
                line_thickness,
                text_thickness,
                font_scale,
                "channels_last",
            )
    if legend:
        patches = _patches()
        legend_handles = [
            patches.Patch(color=np.asarray(color) / 255.0, label=label)
            for color, label in ((true_color, "Ground Truth"), (pred_color, "Prediction"))
        ]
    plot_image_gallery(
        drawn,
        rows=rows,
        cols=cols,
        legend_handles=legend_handles,
        data_format="channels_last",
        **kwargs,
    )


def plot_segmentation_mask_gallery(
    images: TensorLike,
    num_classes: int | None,
    value_range: Range = (0, 255),
    y_true: TensorLike | None = None,
    y_pred: TensorLike | None = None,
    color_mapping: Mapping[int, Color] | None = None,
    blend: bool = True,
    alpha: float = 0.8,
    ignore_index: int = -1,
    data_format: str | None = None,
    **kwargs: Any,
) -> None:
    """A figure with a row for each image: as it is, under its mask, under the predicted mask.

    Args:
        images, value_range, data_format: As in ``plot_image_gallery``.
        num_classes, color_mapping, blend, alpha, ignore_index: As in ``draw_segmentation_masks``.
        y_true, y_pred: Masks, whole numbers of any type.
        **kwargs: Other arguments of ``plot_image_gallery``.

    Raises:
        ValueError: other than 4 axes.
        ImportError: Matplotlib isn't installed.

    Source: Keras 3 ``plot_segmentation_mask_gallery``.
    """
    owner = "plot_segmentation_mask_gallery"
    is_first = standardize_data_format(data_format) == "channels_first"
    plain = _in_bytes(owner, images, value_range, data_format)
    columns = [plain]
    for masks in (y_true, y_pred):
        if masks is None:
            continue
        masks = as_array(masks).astype("int32")
        masks = masks.transpose(0, 2, 3, 1) if is_first and masks.ndim == 4 else masks
        columns.append(
            draw_segmentation_masks(
                plain,
                masks,
                num_classes,
                color_mapping,
                alpha,
                blend,
                ignore_index,
                "channels_last",
            )
        )
    shown = np.stack(columns, 1).reshape(-1, *plain.shape[1:])
    plot_image_gallery(
        shown, rows=len(plain), cols=len(columns), data_format="channels_last", **kwargs
    )


def _grid(count: int, rows: int | None, cols: int | None) -> tuple[int, int]:
    """Rows and columns; those not given make room for all."""
    if rows is None:
        rows = math.ceil(math.sqrt(count)) if cols is None else math.ceil(count / cols)
    rows = max(rows, 1)
    return rows, max(cols or math.ceil(count / rows), 1)


def _in_bytes(
    owner: str, images: TensorLike, value_range: Range, data_format: str | None
) -> np.ndarray:
    """Images with channels last and values in [0, 255]."""
    is_first = standardize_data_format(data_format) == "channels_first"
    low, high = value_range
    pixels = batch_of_images(owner, images, is_first).astype("float32")
    return np.clip(np.round((pixels - low) / (high - low) * 255, 3), 0, 255).astype("uint8")


def _pyplot() -> Any:
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise _missing() from error
    return pyplot


def _patches() -> Any:
    try:
        from matplotlib import patches
    except ImportError as error:
        raise _missing() from error
    return patches


def _missing() -> ImportError:
    return ImportError("Galleries need Matplotlib: pip install torchkeras-compat[plot].")
