"""What is divided over processes: the data, or the weights too."""

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from torchkeras.core import scopes
from torchkeras.core.checks import argument_error
from torchkeras.distribution import processes
from torchkeras.distribution.mesh import DeviceMesh, LayoutMap, TensorLayout


class Distribution:
    """Base of ``DataParallel`` and ``ModelParallel``.

    A model takes the one that is current when it is compiled, or else when it is trained.

    Args:
        device_mesh: The devices.
        batch_dim_name: The axis of the mesh over which batches are divided.
        auto_shard_dataset: Whether each process takes its part of every batch; False if each is
            given data of its own.
    """

    def __init__(
        self,
        device_mesh: DeviceMesh,
        batch_dim_name: str | None = None,
        auto_shard_dataset: bool = True,
    ) -> None:
        self._device_mesh = device_mesh
        self._batch_dim_name = batch_dim_name
        self._auto_shard_dataset = auto_shard_dataset

    @property
    def device_mesh(self) -> DeviceMesh:
        """The devices."""
        return self._device_mesh

    @property
    def batch_dim_name(self) -> str | None:
        """The axis of the mesh over which batches are divided."""
        return self._batch_dim_name

    @property
    def auto_shard_dataset(self) -> bool:
        """Whether each process takes its part of every batch."""
        return self._auto_shard_dataset

    @property
    def num_processes(self) -> int:
        """Number of processes of the run."""
        return processes.world_size()

    @property
    def batch_axis(self) -> int:
        """Number of the mesh's axis over which batches are divided."""
        return list(self._device_mesh.axis_names).index(self._batch_dim_name)

    @property
    def num_model_replicas(self) -> int:
        """Number of parts into which a batch is divided."""
        return self._device_mesh.shape[self.batch_axis]

    @property
    def data_shard_id(self) -> int:
        """Which part of a batch is this process's, from 0."""
        each = max(self.num_processes // self.num_model_replicas, 1)
        return processes.rank() // each

    def get_data_layout(self, data_shape: Sequence[int | None]) -> TensorLayout:
        """Layout of a batch: divided along its first axis."""
        axes = [self._batch_dim_name, *[None] * (len(data_shape) - 1)]
        return TensorLayout(axes, self._device_mesh)

    def get_variable_layout(self, variable: Any) -> TensorLayout:
        """Layout of a variable."""
        own = getattr(variable, "_layout", None)
        if own is not None:
            return own
        named = self.get_tensor_layout(variable.path)
        if named is not None:
            return named
        return TensorLayout([None] * len(variable.shape), self._device_mesh)

    def get_tensor_layout(self, path: str) -> TensorLayout | None:
        """Layout of what is found under ``path``; None if nothing is said about it."""
        return None

    def distribute_dataset(self, dataset: Any) -> Any:
        """``dataset`` as it is: ``fit`` divides each batch among the processes."""
        return dataset

    def distribute_tf_dataset(self, dataset: Any) -> Any:
        """``distribute_dataset``, under its older name."""
        return self.distribute_dataset(dataset)

    @contextlib.contextmanager
    def scope(self) -> Iterator[None]:
        """Make this the current distribution inside."""
        before = distribution()
        set_distribution(self)
        try:
            yield
        finally:
            set_distribution(before)


class DataParallel(Distribution):
    """Each process computes a part of every batch; all have all weights.

    It is what several processes do without any distribution, too.

    Args:
        device_mesh: The devices, along one axis; of several, batches are divided along the first.
        devices: Their names, in place of a mesh; None takes ``list_devices()``.
        auto_shard_dataset: Whether each process takes its part of every batch; False if each is
            given data of its own.

    Raises:
        ValueError: ``device_mesh`` is no mesh.

    Source: Keras 3 ``distribution.DataParallel``;
    ``torch.nn.parallel.DistributedDataParallel``.
    """

    def __init__(
        self,
        device_mesh: DeviceMesh | None = None,
        devices: Sequence[str] | None = None,
        auto_shard_dataset: bool = True,
    ) -> None:
        if device_mesh is None:
            names = np.array(devices or processes.list_devices())
            device_mesh = DeviceMesh(names.shape, ["batch"], names)
        elif not isinstance(device_mesh, DeviceMesh):
            raise argument_error(
                self,
                "device_mesh",
                device_mesh,
                "a DeviceMesh",
                "Expect `mesh` to be an instance of `DeviceMesh`.",
            )
        elif device_mesh.devices.ndim != 1:
            warnings.warn(
                "Expect the input mesh to be 1D, but received mesh.devices.ndim="
                f"{device_mesh.devices.ndim}. The first axis will be used for data-parallel "
                "sharding.",
                stacklevel=2,
            )
        super().__init__(device_mesh, device_mesh.axis_names[0], auto_shard_dataset)


class ModelParallel(Distribution):
    """Weights are divided over processes as a ``LayoutMap`` says, and batches along one axis.

    A weight divided along the axis of the batches is held as ``torch.distributed.fsdp`` holds it;
    one divided along another axis is a ``DTensor``, with which ``Dense``, ``EinsumDense`` and
    ``Embedding`` compute in parts. ``numpy()`` and files have whole weights.

    Args:
        layout_map: Layouts by the paths of variables; a variable without one is whole everywhere.
        batch_dim_name: The axis of the mesh over which batches are divided; None is the first.
        auto_shard_dataset: Whether each process takes its part of every batch; False if each is
            given data of its own.
        device_mesh: The mesh, as earlier releases wanted it beside the map, which has it.

    Raises:
        ValueError: there is no ``layout_map``, another mesh than its own, or a number of processes
            that the batches' axis doesn't divide.

    Source: Keras 3 ``distribution.ModelParallel``.
    """

    def __init__(
        self,
        *,
        layout_map: LayoutMap | None = None,
        batch_dim_name: str | None = None,
        auto_shard_dataset: bool = True,
        **older: Any,
    ) -> None:
        if not isinstance(layout_map, LayoutMap):
            raise argument_error(
                self,
                "layout_map",
                layout_map,
                "a LayoutMap",
                "You must specify a layout_map argument, and `layout_map` must be a `LayoutMap` "
                "instance.",
            )
        mesh = layout_map.device_mesh
        given = older.pop("device_mesh", None)
        if older:
            raise TypeError(f"ModelParallel: got an unexpected keyword argument {min(older)!r}.")
        if given is not None and given is not mesh:
            raise argument_error(self, "device_mesh", given, f"that of the layout_map, {mesh}")
        super().__init__(mesh, batch_dim_name or mesh.axis_names[0], auto_shard_dataset)
        self._layout_map = layout_map
        number, replicas = self.num_processes, self.num_model_replicas
        if number > replicas and number % replicas:
            raise argument_error(
                self,
                "the number of processes",
                number,
                f"a multiple of {replicas}, the length of the axis {self.batch_dim_name!r}",
                "`num_processes` must be divisible by `num_model_replicas`.",
            )

    def get_tensor_layout(self, path: str) -> TensorLayout | None:
        return self._layout_map[path]


def distribution() -> Distribution | None:
    """The current distribution.

    Source: Keras 3 ``distribution.distribution``.
    """
    return scopes.local.distribution


def set_distribution(value: Distribution | None) -> None:
    """Make ``value`` the current distribution; None means that there is none.

    Source: Keras 3 ``distribution.set_distribution``.
    """
    scopes.local.distribution = value
