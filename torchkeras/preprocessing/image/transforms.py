"""Random changes of one image, as tf.keras 2 made them: by SciPy and Pillow, on NumPy arrays.

Each ``random_*`` function draws from ``np.random``, so that ``np.random.seed`` fixes it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from torchkeras.core.checks import argument_error
from torchkeras.utils.images import array_to_img, img_to_array


def apply_affine_transform(
    x: np.ndarray,
    theta: float = 0,
    tx: float = 0,
    ty: float = 0,
    shear: float = 0,
    zx: float = 1,
    zy: float = 1,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    order: int = 1,
) -> np.ndarray:
    """Rotate, shift, shear and zoom one image about its centre, in this order.

    Args:
        x: The image.
        theta: Rotation in degrees.
        tx: Shift of the rows, in pixels.
        ty: Shift of the columns, in pixels.
        shear: Shear in degrees.
        zx: Zoom of the rows; 2 shows half as much again on either side.
        zy: Zoom of the columns.
        row_axis: Axis of the rows.
        col_axis: Axis of the columns.
        channel_axis: Axis of the channels, 0 or 2.
        fill_mode: What lies outside: ``"constant"``, ``"nearest"``, ``"reflect"`` or ``"wrap"``.
        cval: Value outside with ``fill_mode="constant"``.
        order: Of the splines between pixels, 0 to 5.

    Shape:
        x: Three axes, ``(channels, height, width)`` by default.
        output: As ``x``.

    Raises:
        ValueError: the axes aren't 0, 1 and 2, or ``x`` has other than three.
        ImportError: SciPy isn't installed.

    Source: tf.keras 2 ``apply_affine_transform``.
    """
    if sorted((row_axis, col_axis, channel_axis)) != [0, 1, 2] or channel_axis == 1:
        raise argument_error(
            "apply_affine_transform",
            "row_axis, col_axis, channel_axis",
            (row_axis, col_axis, channel_axis),
            "0, 1 and 2 in some order, the channels first or last",
        )
    if x.ndim != 3:
        raise argument_error(
            "apply_affine_transform",
            "x",
            f"of shape {x.shape}",
            "three axes",
            "Input arrays must be multi-channel 2D images.",
        )
    size = x.shape[row_axis], x.shape[col_axis]
    matrix = _matrix_about_centre(_steps(theta, tx, ty, shear, zx, zy), size)
    if matrix is None:
        return x
    if col_axis > row_axis:
        matrix = matrix[[1, 0, 2]][:, [1, 0, 2]]
    affine_transform = _ndimage().affine_transform
    channels = [
        affine_transform(
            channel, matrix[:2, :2], matrix[:2, 2], order=order, mode=fill_mode, cval=cval
        )
        for channel in np.moveaxis(x, channel_axis, 0)
    ]
    return np.moveaxis(np.stack(channels), 0, channel_axis)


def _steps(
    theta: float, tx: float, ty: float, shear: float, zx: float, zy: float
) -> list[np.ndarray]:
    """A matrix of homogeneous coordinates for each change that isn't nothing."""
    steps = []
    if theta != 0:
        sine, cosine = np.sin(np.deg2rad(theta)), np.cos(np.deg2rad(theta))
        steps.append(np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]]))
    if tx != 0 or ty != 0:
        steps.append(np.array([[1, 0, tx], [0, 1, ty], [0, 0, 1]]))
    if shear != 0:
        sine, cosine = np.sin(np.deg2rad(shear)), np.cos(np.deg2rad(shear))
        steps.append(np.array([[1, -sine, 0], [0, cosine, 0], [0, 0, 1]]))
    if zx != 1 or zy != 1:
        steps.append(np.array([[zx, 0, 0], [0, zy, 0], [0, 0, 1]]))
    return steps


def _matrix_about_centre(steps: list[np.ndarray], size: tuple[int, int]) -> np.ndarray | None:
    if not steps:
        return None
    row, column = size[0] / 2 - 0.5, size[1] / 2 - 0.5
    to_centre = np.array([[1, 0, row], [0, 1, column], [0, 0, 1]])
    from_centre = np.array([[1, 0, -row], [0, 1, -column], [0, 0, 1]])
    product = steps[0]
    for step in steps[1:]:
        product = product @ step
    return to_centre @ product @ from_centre


def random_rotation(
    x: np.ndarray,
    rg: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> np.ndarray:
    """Rotate one image by up to ``rg`` degrees either way; the rest as ``apply_affine_transform``.

    Source: tf.keras 2 ``random_rotation``.
    """
    theta = np.random.uniform(-rg, rg)
    return apply_affine_transform(
        x,
        theta=theta,
        row_axis=row_axis,
        col_axis=col_axis,
        channel_axis=channel_axis,
        fill_mode=fill_mode,
        cval=cval,
        order=interpolation_order,
    )


def random_shift(
    x: np.ndarray,
    wrg: float,
    hrg: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> np.ndarray:
    """Shift one image by up to ``wrg`` of its width and ``hrg`` of its height.

    The other arguments are those of ``apply_affine_transform``.

    Source: tf.keras 2 ``random_shift``.
    """
    tx = np.random.uniform(-hrg, hrg) * x.shape[row_axis]
    ty = np.random.uniform(-wrg, wrg) * x.shape[col_axis]
    return apply_affine_transform(
        x,
        tx=tx,
        ty=ty,
        row_axis=row_axis,
        col_axis=col_axis,
        channel_axis=channel_axis,
        fill_mode=fill_mode,
        cval=cval,
        order=interpolation_order,
    )


def random_shear(
    x: np.ndarray,
    intensity: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> np.ndarray:
    """Shear one image by up to ``intensity`` degrees; the rest as ``apply_affine_transform``.

    Source: tf.keras 2 ``random_shear``.
    """
    shear = np.random.uniform(-intensity, intensity)
    return apply_affine_transform(
        x,
        shear=shear,
        row_axis=row_axis,
        col_axis=col_axis,
        channel_axis=channel_axis,
        fill_mode=fill_mode,
        cval=cval,
        order=interpolation_order,
    )


def random_zoom(
    x: np.ndarray,
    zoom_range: Sequence[float],
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> np.ndarray:
    """Zoom rows and columns of one image, each by a factor between the two of ``zoom_range``.

    The other arguments are those of ``apply_affine_transform``.

    Raises:
        ValueError: ``zoom_range`` isn't a pair.

    Source: tf.keras 2 ``random_zoom``.
    """
    _check_pair("random_zoom", "zoom_range", zoom_range)
    zx, zy = draw_zoom(zoom_range)
    return apply_affine_transform(
        x,
        zx=zx,
        zy=zy,
        row_axis=row_axis,
        col_axis=col_axis,
        channel_axis=channel_axis,
        fill_mode=fill_mode,
        cval=cval,
        order=interpolation_order,
    )


def draw_zoom(zoom_range: Sequence[float]) -> tuple[float, float]:
    """Factors of rows and columns; nothing is drawn for a range of 1 to 1."""
    low, high = zoom_range
    if low == 1 and high == 1:
        return 1, 1
    zx, zy = np.random.uniform(low, high, 2)
    return zx, zy


def apply_channel_shift(x: np.ndarray, intensity: float, channel_axis: int = 0) -> np.ndarray:
    """Add ``intensity`` to all values and keep them between the least and greatest of the image.

    ``channel_axis`` makes no difference, since all channels are changed alike.

    Source: tf.keras 2 ``apply_channel_shift``.
    """
    return np.clip(x + intensity, np.min(x), np.max(x))


def random_channel_shift(
    x: np.ndarray, intensity_range: float, channel_axis: int = 0
) -> np.ndarray:
    """Add up to ``intensity_range`` either way, as ``apply_channel_shift``.

    ``channel_axis`` makes no difference, since all channels are changed alike.

    Source: tf.keras 2 ``random_channel_shift``.
    """
    intensity = np.random.uniform(-intensity_range, intensity_range)
    return apply_channel_shift(x, intensity, channel_axis=channel_axis)


def apply_brightness_shift(x: np.ndarray, brightness: float, scale: bool = True) -> np.ndarray:
    """Make one image brighter or darker with Pillow, which works on values 0 to 255.

    Args:
        x: The image, in the default data format.
        brightness: 0 gives black, 1 the image as it is.
        scale: Whether values are first stretched to [0, 255]. Without it, values outside that
            range are stretched, and brought back afterwards.

    Raises:
        ImportError: Pillow isn't installed.

    Source: tf.keras 2 ``apply_brightness_shift``.
    """
    least, greatest = np.min(x), np.max(x)
    is_outside = bool(least < 0 or greatest > 255)
    image = array_to_img(x, scale=is_outside or scale)
    shifted = img_to_array(_brightness(image).enhance(brightness))
    if is_outside and not scale:
        shifted = shifted / 255 * (greatest - least) + least
    return shifted


def random_brightness(
    x: np.ndarray, brightness_range: Sequence[float], scale: bool = True
) -> np.ndarray:
    """Change brightness by a factor between the two given, as ``apply_brightness_shift``.

    Raises:
        ValueError: ``brightness_range`` isn't a pair.

    Source: tf.keras 2 ``random_brightness``.
    """
    _check_pair("random_brightness", "brightness_range", brightness_range)
    low, high = brightness_range
    return apply_brightness_shift(x, np.random.uniform(low, high), scale)


def _check_pair(owner: str, argument: str, given: Any) -> None:
    if len(given) != 2:
        raise argument_error(owner, argument, given, "a tuple or list of two floats")


def _ndimage() -> Any:
    try:
        from scipy import ndimage
    except ImportError as error:
        raise ImportError(
            "Turning and shifting images needs SciPy: pip install torchkeras-compat[image]"
        ) from error
    return ndimage


def _brightness(image: Any) -> Any:
    try:
        from PIL.ImageEnhance import Brightness
    except ImportError as error:
        raise ImportError(
            "Brightness needs Pillow: pip install torchkeras-compat[image]"
        ) from error
    return Brightness(image)
