"""Batches of torch's own datasets and loaders."""

from collections.abc import Iterator
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from torchkeras.data.arrays import ArrayBatches
from torchkeras.data.streams import Batches
from torchkeras.data.weights import ClassWeights


class LoaderBatches(Batches):
    """The batches of a ``torch.utils.data.DataLoader``, as it makes them."""

    def __init__(
        self,
        loader: DataLoader,
        device: torch.device | None = None,
        class_weights: ClassWeights | None = None,
    ) -> None:
        super().__init__(device, class_weights)
        self.loader = loader
        self._place: Any = None
        self._went_on = False  # whether the present pass began with workers of an earlier one
        self._is_to_go_on = False  # whether the next pass, which starts workers, is to look so
        self.batch_size = loader.batch_size
        self.steps = _number_of_batches(loader)

    def _pass(self) -> Iterator[Any]:
        loader, seed = self.loader, self.loader.generator
        self._went_on = self._is_to_go_on or self._has_workers
        if self._is_to_go_on:
            loader.generator = torch.Generator()  # for the seed of workers, drawn long ago
        self._is_to_go_on = False
        begun = map(self.finish, loader)
        loader.generator = seed
        return begun

    @property
    def _has_workers(self) -> bool:
        """Whether workers that last (``persistent_workers``) are there."""
        return getattr(self.loader, "_iterator", None) is not None

    @property
    def _keeps_its_place(self) -> bool:
        """Whether the loader can go on within a pass by itself, as torchdata's do."""
        return hasattr(self.loader, "state_dict") and hasattr(self.loader, "load_state_dict")

    def get_state(self, in_pass: bool) -> dict[str, Any]:
        state = super().get_state(in_pass)
        state["went_on"] = self._went_on if in_pass else self._has_workers
        if in_pass and self._keeps_its_place:
            state["loader"] = self.loader.state_dict()
        return state

    def set_state(self, state: dict[str, Any]) -> None:
        super().set_state(state)
        if self._has_workers:
            self.loader._iterator = None
        self._is_to_go_on = state["went_on"]
        self._place = state.get("loader")

    def resume(self, number: int, share: tuple[int, int] | None = None) -> Iterator[Any]:
        if self._place is None:
            return super().resume(number, share)
        self.loader.load_state_dict(self._place)
        return super().resume(0, share)


def _number_of_batches(loader: DataLoader) -> int | None:
    if isinstance(loader.dataset, IterableDataset) and not hasattr(loader.dataset, "__len__"):
        return None
    try:
        return len(loader)
    except (TypeError, NotImplementedError):  # a sampler or dataset of unknown length
        return None


def dataset_batches(
    dataset: Dataset,
    batch_size: int | None = None,
    shuffle: bool | str = False,
    seed: int | None = None,
    device: torch.device | None = None,
    class_weights: ClassWeights | None = None,
) -> Batches:
    """Batches of a torch ``Dataset``, whose items are samples.

    A ``TensorDataset`` is cut by index; any other is read through a ``DataLoader``.
    """
    if type(dataset) is TensorDataset and len(dataset.tensors) <= 3:
        return ArrayBatches(
            *dataset.tensors,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            device=device,
            class_weights=class_weights,
        )
    if isinstance(dataset, IterableDataset):
        return LoaderBatches(DataLoader(dataset, batch_size or 32), device, class_weights)
    generator = None
    if shuffle:
        generator = torch.Generator()
        generator.manual_seed(int(torch.randint(2**62, ())) if seed is None else seed)
    loader = DataLoader(dataset, batch_size or 32, shuffle=bool(shuffle), generator=generator)
    return LoaderBatches(loader, device, class_weights)
