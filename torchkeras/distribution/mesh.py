"""Where processes stand, and which of a tensor's axes are divided over them."""

import math
import re
from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, distributed

from torchkeras.core.checks import argument_error, moment_error
from torchkeras.distribution import processes


class DeviceMesh:
    """Devices in a grid, of which each process has one.

    Args:
        shape: Length of each axis of the grid; their product is the number of devices.
        axis_names: A name for each axis.
        devices: Names of the devices, the number in each being that of its process; None takes
            ``list_devices()``.

    Raises:
        ValueError: ``shape`` is empty, or doesn't fit the names or the devices.

    Source: Keras 3 ``distribution.DeviceMesh``; ``torch.distributed.device_mesh.DeviceMesh``.

    Example:
        >>> names = ["cpu:0", "cpu:1", "cpu:2", "cpu:3"]
        >>> keras.distribution.DeviceMesh((2, 2), ["batch", "model"], names).devices.shape
        (2, 2)
    """

    def __init__(
        self, shape: Sequence[int], axis_names: Sequence[str], devices: Any = None
    ) -> None:
        if not shape or not axis_names:
            raise argument_error(
                self,
                "shape",
                shape,
                f"a length for each of the axes {axis_names}",
                "Shape and axis_names cannot be empty.",
            )
        if len(shape) != len(axis_names):
            raise argument_error(
                self,
                "axis_names",
                axis_names,
                f"a name for each of the lengths {shape}",
                "Shape and axis_names should have same size.",
            )
        devices = np.array(processes.list_devices() if devices is None else devices)
        if math.prod(shape) != devices.size:
            raise argument_error(
                self,
                "shape",
                shape,
                f"lengths whose product is the number of devices, {devices.size}",
                "Shape does not match the number of devices; one process has one device, and "
                f"torchrun --nproc-per-node {math.prod(shape)} starts as many as there are here.",
            )
        self._shape = shape
        self._axis_names = axis_names
        self._devices = devices.reshape(tuple(shape))
        self._backend_mesh: Any = None

    @property
    def shape(self) -> Sequence[int]:
        """Length of each axis."""
        return self._shape

    @property
    def axis_names(self) -> Sequence[str]:
        """Name of each axis."""
        return self._axis_names

    @property
    def devices(self) -> np.ndarray:
        """Names of the devices in the grid."""
        return self._devices

    @property
    def backend_mesh(self) -> Any:
        """torch's mesh of the processes.

        Raises:
            RuntimeError: there isn't a process for each device.
        """
        if self._backend_mesh is None:
            self.check_processes()
            processes.start()
            from torch.distributed.device_mesh import DeviceMesh as TorchMesh  # loads slowly

            ranks = [int(name.rpartition(":")[2]) for name in self._devices.flat]
            kind = "cuda" if distributed.get_backend() == "nccl" else "cpu"
            self._backend_mesh = TorchMesh(
                kind,
                torch.tensor(ranks).reshape(tuple(self._shape)),
                mesh_dim_names=tuple(self._axis_names),
            )
        return self._backend_mesh

    def check_processes(self) -> None:
        """Raise a RuntimeError unless there is a process for each device."""
        number, size = processes.world_size(), self._devices.size
        if number != size:
            raise moment_error(
                self,
                f"it has {size} devices and this run {number} process{'es' * (number > 1)}",
                f"Start one for each device: torchrun --nproc-per-node {size} script.py",
            )

    def __deepcopy__(self, memo: dict) -> "DeviceMesh":
        return self  # process groups can't be copied

    def __repr__(self) -> str:
        return f"<{type(self).__name__} shape={self.shape}, axis_names={self.axis_names}>"


class TensorLayout:
    """By which axis of a mesh each axis of a tensor is divided.

    Args:
        axes: For each axis of the tensor the name of an axis of the mesh, or None if it stays
            whole.
        device_mesh: The mesh; None leaves it to be set later, once.

    Raises:
        ValueError: the mesh has no axis of that name.

    Source: Keras 3 ``distribution.TensorLayout``.
    """

    def __init__(self, axes: Sequence[str | None], device_mesh: DeviceMesh | None = None) -> None:
        self._axes = tuple(axes)
        self._device_mesh = device_mesh
        self._check_axes()

    def _check_axes(self) -> None:
        if self._device_mesh is None:
            return
        names = list(self._device_mesh.axis_names)
        unknown = [axis for axis in self._axes if axis is not None and axis not in names]
        if unknown:
            raise argument_error(
                self,
                "axes",
                self._axes,
                f"names among {names}, or None",
                "Invalid axis names for Layout.",
            )

    @property
    def axes(self) -> tuple[str | None, ...]:
        """Axis of the mesh for each axis of the tensor."""
        return self._axes

    @property
    def device_mesh(self) -> DeviceMesh | None:
        """The mesh."""
        return self._device_mesh

    @device_mesh.setter
    def device_mesh(self, device_mesh: DeviceMesh) -> None:
        if self._device_mesh is not None:
            raise argument_error(
                self,
                "device_mesh",
                device_mesh,
                f"nothing, since it is {self._device_mesh} already",
                "Cannot override device mesh value.",
            )
        self._device_mesh = device_mesh
        self._check_axes()

    @property
    def backend_layout(self) -> tuple[Any, list[Any]]:
        """torch's mesh and the placement on each of its axes, for a DTensor."""
        if self._device_mesh is None:
            raise moment_error(self, "it has no mesh", "Set device_mesh first.")
        axes = {name: axis for axis, name in enumerate(self._axes) if name is not None}
        return self._device_mesh.backend_mesh, placements(self._device_mesh, axes)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} axes={self.axes}, device_mesh={self.device_mesh}>"


def placements(mesh: DeviceMesh, axes: dict[str, int]) -> list[Any]:
    """How a tensor lies on each axis of ``mesh``, given which of its axes is divided by which."""
    from torch.distributed.tensor import Replicate, Shard  # loads slowly

    return [Shard(axes[name]) if name in axes else Replicate() for name in mesh.axis_names]


class LayoutMap(MutableMapping):
    """Layouts by the path of a variable: keys are regular expressions for whole paths.

    Args:
        device_mesh: The mesh of layouts that are given as plain tuples.

    Source: Keras 3 ``distribution.LayoutMap``.

    Example:
        >>> mesh = keras.distribution.DeviceMesh((2,), ["model"], ["cpu:0", "cpu:1"])
        >>> layouts = keras.distribution.LayoutMap(mesh)
        >>> layouts[".*dense.*kernel"] = (None, "model")
        >>> layouts["my_model/dense_1/kernel"].axes
        (None, 'model')
    """

    def __init__(self, device_mesh: DeviceMesh | None) -> None:
        self._device_mesh = device_mesh
        self._layouts: dict[str, TensorLayout] = {}

    @property
    def device_mesh(self) -> DeviceMesh | None:
        """The mesh of layouts that are given as plain tuples."""
        return self._device_mesh

    def __getitem__(self, key: str) -> TensorLayout | None:
        """The layout of ``key``, or of the expression that matches it; None if there is none.

        Raises:
            ValueError: several expressions match.
        """
        if key in self._layouts:
            return self._layouts[key]
        matching = [pattern for pattern in self._layouts if re.fullmatch(pattern, key)]
        if len(matching) > 1:
            raise argument_error(
                self,
                "key",
                key,
                "a path that one expression matches",
                f"Path '{key}' matches multiple layout specification keys: {matching}.",
            )
        return self._layouts[matching[0]] if matching else None

    def __setitem__(self, key: str, layout: Any) -> None:
        if key in self._layouts:
            raise argument_error(
                self,
                "key",
                key,
                "a new one",
                f"{key} already exist in the LayoutMap with value {self._layouts[key]}.",
            )
        if isinstance(layout, (tuple, list)):
            layout = TensorLayout(layout)
        if not isinstance(layout, TensorLayout):
            raise argument_error(
                self,
                "layout",
                layout,
                "a TensorLayout, or a tuple of axis names and None",
                f"{layout} should be a TensorLayout type, got {type(layout)}",
            )
        if layout.device_mesh is None and self._device_mesh is not None:
            layout.device_mesh = self._device_mesh
        self._layouts[key] = layout

    def __delitem__(self, key: str) -> None:
        del self._layouts[key]

    def __len__(self) -> int:
        return len(self._layouts)

    def __iter__(self) -> Iterator[str]:
        return iter(self._layouts)


def distribute_tensor(tensor: Any, layout: TensorLayout) -> Any:
    """``tensor`` divided over the processes as ``layout`` says.

    Args:
        tensor: A tensor, the same in all processes; or divided already. A symbolic one, and any in
            a run of one process, is given back as it is.
        layout: Its layout.

    Returns:
        A ``torch.distributed.tensor.DTensor``.

    Source: Keras 3 ``distribution.distribute_tensor``; ``torch.distributed.tensor``.
    """
    if not isinstance(tensor, Tensor) or processes.world_size() == 1:
        return tensor
    from torch.distributed.tensor import DTensor, Replicate  # loads slowly

    mesh, wanted = layout.backend_layout
    if not isinstance(tensor, DTensor):
        tensor = DTensor.from_local(tensor, mesh, [Replicate()] * mesh.ndim, run_check=False)
    return tensor.redistribute(mesh, wanted)
