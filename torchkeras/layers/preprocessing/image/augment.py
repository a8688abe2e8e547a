"""Image layers that apply other image layers by chance."""

from collections.abc import Iterable
from functools import partial, reduce
from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core import seeds
from torchkeras.core.checks import argument_error
from torchkeras.core.scopes import local
from torchkeras.core.typing import SeedLike, Shape, TensorLike
from torchkeras.layers.preprocessing.image.affine import (
    RandomRotation,
    RandomShear,
    RandomTranslation,
)
from torchkeras.layers.preprocessing.image.base import (
    BaseImagePreprocessingLayer,
    Boxes,
    ImageOptions,
    Transformation,
)
from torchkeras.layers.preprocessing.image.color import (
    RandomBrightness,
    RandomColorDegeneration,
    RandomContrast,
)
from torchkeras.layers.preprocessing.image.filters import RandomSharpness
from torchkeras.layers.preprocessing.image.levels import (
    AutoContrast,
    Equalization,
    RandomPosterization,
    Solarization,
)
from torchkeras.layers.preprocessing.image.recoloring import Factor, Range, rounded
from torchkeras.layers.shapes import SameShape


class Augmentation(SameShape, BaseImagePreprocessingLayer):
    """What ``RandAugment`` and ``AugMix`` share: the layers that they choose from.

    Args:
        factor: Strength of all of them, in [0, 1]; a number means (0, f).
        value_range: Lowest and highest value of a pixel.
        interpolation: "bilinear" or "nearest", where images are moved.
        seed: Integer for numbers of its own; None draws from torch's generator.
    """

    has_factor = False
    factor_bounds = (0, 1)

    def __init__(
        self,
        factor: Factor,
        value_range: Range,
        interpolation: str,
        seed: SeedLike,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(**options)
        self.value_range = value_range
        self.factor = self.factor_range(factor)
        self.interpolation = interpolation
        self.seed = seed
        self.generator = seeds.SeedGenerator(seed)

    def make_parts(self, names: tuple[str, ...]) -> None:
        """Make the layers to choose from, attributes of these names."""
        self.part_names = names
        for name in names:
            setattr(self, name, self._part(name))

    def _part(self, name: str) -> BaseImagePreprocessingLayer:
        strength = self.factor
        moving = {"interpolation": self.interpolation, "seed": self.seed}
        coloring = {"value_range": self.value_range, "seed": self.seed}
        cls, arguments = {
            "random_shear": (RandomShear, {"x_factor": strength, "y_factor": strength, **moving}),
            "random_translation": (
                RandomTranslation,
                {"height_factor": strength, "width_factor": strength, **moving},
            ),
            "random_rotation": (RandomRotation, {"factor": strength, **moving}),
            "random_brightness": (RandomBrightness, {"factor": strength, **coloring}),
            "random_color_degeneration": (
                RandomColorDegeneration,
                {"factor": strength, **coloring},
            ),
            "random_contrast": (RandomContrast, {"factor": strength, **coloring}),
            "random_sharpness": (RandomSharpness, {"factor": strength, **coloring}),
            "solarization": (
                Solarization,
                {"addition_factor": strength, "threshold_factor": strength, **coloring},
            ),
            "random_posterization": (
                RandomPosterization,
                {"factor": max(1, int(8 * strength[1])), **coloring},
            ),
            "auto_contrast": (AutoContrast, {"value_range": self.value_range}),
            "equalization": (Equalization, {"value_range": self.value_range}),
        }[name]
        return cls(
            **arguments,
            data_format=self.data_format,
            bounding_box_format=self.bounding_box_format,
            dtype=self.dtype_policy,
        )

    def check_count(self, argument: str, value: Any) -> int:
        """``value`` if it is an integer of 0 or more.

        Raises:
            ValueError: it isn't.
        """
        if not isinstance(value, int) or value < 0:
            raise argument_error(self, argument, value, "an integer, 0 or more")
        return value

    def build(self, input_shape: Shape) -> None:
        for name in self.part_names:
            getattr(self, name).build(input_shape)


class RandAugment(Augmentation):
    """Applies ``num_ops`` layers, drawn for each batch, one after another.

    Under ``torch.compile`` all layers are computed, and the drawn ones kept.

    Args:
        value_range: Lowest and highest value of a pixel.
        num_ops: How many layers are applied.
        factor: Their strength, in [0, 1]; a number means (0, f).
        interpolation: "bilinear" or "nearest", where images are moved.
        seed: Integer for numbers of its own; None draws from torch's generator.
        data_format: "channels_last", "channels_first", or None for the default.

    Raises:
        ValueError: an argument is out of range.

    Source: Keras 3 ``RandAugment``; Cubuk et al. 2020.
    """

    def __init__(
        self,
        value_range: Range = (0, 255),
        num_ops: int = 2,
        factor: Factor = 0.5,
        interpolation: str = "bilinear",
        seed: SeedLike = None,
        data_format: str | None = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(
            factor, value_range, interpolation, seed, data_format=data_format, **options
        )
        self.make_parts(_ALL)
        self.num_ops = self.check_count("num_ops", num_ops)

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: SeedLike = None
    ) -> Transformation:
        if not training:
            return None
        seed = self.generator if seed is None else seed
        # On the CPU, where they can be read without waiting for an accelerator.
        count = len(self.part_names)
        numbers = self.draw("randint", (self.num_ops,), 0, count, "cpu", torch.int32, seed)
        transforms = {
            name: getattr(self, name).get_random_transformation(data, seed=seed)
            for name in self.part_names
        }
        return {"transforms": transforms, "layer_idxes": numbers}

    def _applied(self, method: str, values: Any, transformation: dict[str, Any]) -> Any:
        """``values`` after ``method`` of each of the drawn layers."""
        transforms = transformation["transforms"]
        numbers = torch.as_tensor(transformation["layer_idxes"])
        if not (torch.compiler.is_compiling() or local.shape_run):
            names = list(transforms)
            for number in numbers.tolist():
                name = names[number]
                values = getattr(getattr(self, name), method)(values, transforms[name])
            return values
        for index in numbers.unbind():
            before = values
            for number, (name, drawn) in enumerate(transforms.items()):
                changed = getattr(getattr(self, name), method)(before, drawn)
                values = _where(index == number, changed, values)
        return values

    def transform_images(
        self, images: TensorLike, transformation: Transformation, training: bool = True
    ) -> Tensor:
        images = self.in_compute_dtype(images)
        if not training or transformation is None:
            return images
        return self._applied("transform_images", images, transformation)

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation, training: bool = True
    ) -> Boxes:
        if not training or transformation is None:
            return bounding_boxes
        return self._applied("transform_bounding_boxes", bounding_boxes, transformation)

    def transform_segmentation_masks(
        self, segmentation_masks: TensorLike, transformation: Transformation, training: bool = True
    ) -> Tensor:
        if not training or transformation is None:
            return segmentation_masks
        masks = self.in_compute_dtype(segmentation_masks)
        return self._applied("transform_segmentation_masks", masks, transformation)


def _where(condition: Tensor, first: Any, second: Any) -> Any:
    """``first`` or ``second``: tensors, or dicts of them."""
    if isinstance(first, dict):
        return {key: _where(condition, first[key], second[key]) for key in first}
    return torch.where(condition.to(first.device), first, second)


class AugMix(Augmentation):
    """Blends images with several of their variants, each made by a chain of layers.

    Which layers a chain has is drawn for each batch. Under ``torch.compile`` all layers are
    computed for all chains at once, and the drawn ones kept.

    Args:
        value_range: Lowest and highest value of a pixel, to which results are clipped.
        num_chains: Number of variants.
        chain_depth: Length of a chain; any of its places may stay empty.
        factor: Strength of the layers, in [0, 1]; a number means (0, f).
        alpha: Parameter of the distributions that weights are drawn from, positive.
        all_ops: Whether brightness, colour, contrast and sharpness are changed, too.
        interpolation: "bilinear" or "nearest", where images are moved.
        seed: Integer for numbers of its own; None draws from torch's generator.
        data_format: "channels_last", "channels_first", or None for the default.

    Raises:
        ValueError: an argument is out of range.

    Source: Keras 3 ``AugMix``; Hendrycks et al. 2020.
    """

    def __init__(
        self,
        value_range: Range = (0, 255),
        num_chains: int = 3,
        chain_depth: int = 3,
        factor: Factor = 0.3,
        alpha: float = 1.0,
        all_ops: bool = True,
        interpolation: str = "bilinear",
        seed: SeedLike = None,
        data_format: str | None = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(
            factor, value_range, interpolation, seed, data_format=data_format, **options
        )
        self.make_parts(_MOVING_AND_LEVELS + (_COLORS if all_ops else ()))
        self.num_chains = self.check_count("num_chains", num_chains)
        self.chain_depth = self.check_count("chain_depth", chain_depth)
        if not isinstance(alpha, (int, float)) or alpha <= 0:
            raise argument_error(self, "alpha", alpha, "a positive number")
        self.alpha = alpha
        self.all_ops = all_ops

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: SeedLike = None
    ) -> Transformation:
        if not training:
            return None
        seed = self.generator if seed is None else seed
        device = self.batch_of(data).device
        alpha = torch.full((self.num_chains,), float(self.alpha), device=device)
        parts = seeds.draw_by("gamma", alpha, seed)
        share = seeds.draw_by("dirichlet", torch.full((2,), float(self.alpha), device=device), seed)
        return {
            "chain_mixing_weights": parts / parts.sum(),
            "weight_sample": share[0],
            "chain_transforms": self._chains(data, seed),
        }

    def _chains(self, data: Any, seed: SeedLike) -> list[list[dict[str, Any]]] | dict[str, Any]:
        """The layers of each chain; the last number leaves a place empty.

        Where numbers can't be read, all layers for all chains and the numbers of the drawn ones.
        """
        shape, count = (self.num_chains, self.chain_depth), len(self.part_names)
        numbers = self.draw("randint", shape, 0, count + 1, "cpu", torch.int32, seed)
        if torch.compiler.is_compiling() or local.shape_run:
            images = self.as_tensor(data["images"] if isinstance(data, dict) else data)
            copies = self._for_each_chain(images)
            transforms = [
                {name: self._drawn(name, copies, seed) for name in self.part_names}
                for _ in range(self.chain_depth)
            ]
            return {"transforms": transforms, "layer_idxes": numbers}
        return [
            [self._drawn(self.part_names[n], data, seed) for n in chain if n < count]
            for chain in numbers.tolist()
        ]

    def _for_each_chain(self, values: Tensor) -> Tensor:
        """A copy of a batch or a single image for each chain, one after another."""
        batch = values if values.dim() == 4 else values.unsqueeze(0)
        return batch.repeat(self.num_chains, 1, 1, 1)

    def _drawn(self, name: str, data: Any, seed: SeedLike) -> dict[str, Any]:
        drawn = getattr(self, name).get_random_transformation(data, seed=seed)
        return {"layer_name": name, "transformation": drawn}

    def _variants(self, method: str, values: Tensor, chains: Any) -> Iterable[Tensor]:
        """The results of all chains."""
        if isinstance(chains, dict):
            variants = self._for_each_chain(values)
            size = variants.shape[0] // max(self.num_chains, 1)
            numbers = chains["layer_idxes"].to(values.device).T  # (depth, chains)
            for drawn, steps in zip(numbers, chains["transforms"], strict=True):
                before, drawn = variants, drawn.unsqueeze(1).expand(-1, size).reshape(-1, 1, 1, 1)
                for number, name in enumerate(self.part_names):
                    changed = self._step_of_all(method, before, steps[name])
                    variants = torch.where(drawn == number, changed, variants)
            return variants.view(self.num_chains, *values.shape)
        return (reduce(partial(self._step, method), chain, values) for chain in chains)

    def _step_of_all(self, method: str, values: Tensor, step: dict[str, Any]) -> Tensor:
        if step["layer_name"] != "equalization":
            return self._step(method, values, step)
        # It looks at a whole batch at a time.
        batches = values.chunk(max(self.num_chains, 1))
        return torch.cat([self._step(method, batch, step) for batch in batches])

    def _step(self, method: str, values: Tensor, step: dict[str, Any]) -> Tensor:
        return getattr(getattr(self, step["layer_name"]), method)(values, step["transformation"])

    def _blended(self, method: str, values: Tensor, transformation: dict[str, Any]) -> Tensor:
        """``values`` mixed with the results of all chains."""
        dtype = values.dtype if values.is_floating_point() else torch.float32
        weights, share = [
            torch.as_tensor(transformation[key], device=values.device).to(dtype)
            for key in ("chain_mixing_weights", "weight_sample")
        ]
        total = torch.zeros_like(values, dtype=dtype)
        variants = self._variants(method, values, transformation["chain_transforms"])
        for weight, variant in zip(weights, variants, strict=True):
            total = total + variant * weight
        return torch.lerp(total, values.to(dtype), share)

    def transform_images(
        self, images: TensorLike, transformation: Transformation, training: bool = True
    ) -> Tensor:
        images = self.in_compute_dtype(images)
        if not training or transformation is None:
            return images
        blended = self._blended("transform_images", images, transformation)
        blended = blended.clamp_(*self.value_range)
        return blended if images.is_floating_point() else rounded(blended, images.dtype)

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation, training: bool = True
    ) -> Boxes:
        return bounding_boxes

    def transform_segmentation_masks(
        self, segmentation_masks: TensorLike, transformation: Transformation, training: bool = True
    ) -> Tensor:
        if not training or transformation is None:
            return segmentation_masks
        masks = self.as_tensor(segmentation_masks)
        return self._blended("transform_segmentation_masks", masks, transformation)


# Keras numbers the layers in these orders.
_ALL = (
    "random_shear",
    "random_translation",
    "random_rotation",
    "random_brightness",
    "random_color_degeneration",
    "random_contrast",
    "random_sharpness",
    "random_posterization",
    "solarization",
    "auto_contrast",
    "equalization",
)
_MOVING_AND_LEVELS = (
    "random_shear",
    "random_translation",
    "random_rotation",
    "random_posterization",
    "solarization",
    "auto_contrast",
    "equalization",
)
_COLORS = (
    "random_brightness",
    "random_color_degeneration",
    "random_contrast",
    "random_sharpness",
)
