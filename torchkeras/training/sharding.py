"""Dividing the weights of a model over processes, as a distribution says.

A layer whose weights are divided gets them whole while it is called, and hooks put that in and
out: those of ``torch.distributed.fsdp`` where the weights are divided along the axis of the
batches, else ``_Whole``, or ``_InParts`` for layers that torch can compute in parts.
"""

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from torch import Tensor, nn

from torchkeras import optimizers
from torchkeras.core.checks import argument_error
from torchkeras.core.configurable import is_builtin
from torchkeras.core.variable import Variable
from torchkeras.distribution import Distribution, Sharding, is_divided, stored_axis
from torchkeras.distribution.sharding import replicated, whole
from torchkeras.layers.base import Layer
from torchkeras.layers.dense import Dense, EinsumDense
from torchkeras.layers.embedding import Embedding
from torchkeras.tracer.graph import attach_mask

Place: TypeAlias = tuple[nn.Module, str]  # a module and the name of its parameter

_IN_PARTS = (Dense, EinsumDense, Embedding)


def shard(model: Any, distribution: Distribution | None) -> bool:
    """Divide the weights of ``model``, once; whether they are.

    Args:
        model: The model, built, with the same weights in all processes.
        distribution: How; None leaves all as it is.

    Raises:
        ValueError: a layout has another number of axes than its variable.
    """
    if any(is_divided(parameter) for parameter in model.parameters()):
        return True
    axes = {} if distribution is None else _divided_axes(model, distribution)
    if not axes:
        return False
    batch_name = distribution.batch_dim_name
    mesh, batch_axis = distribution.device_mesh.backend_mesh, distribution.batch_axis
    only_batches = {name for found in axes.values() for name in found} == {batch_name}
    if only_batches:
        mesh, batch_axis = mesh[batch_name], 0
    sharding = Sharding(mesh, batch_axis)
    units = list(_units(model))
    if only_batches and not model.overrides_train_step:
        handed_over = [_fully_shard(*unit, axes, mesh, batch_name) for unit in units]
        units = [unit for unit, done in zip(units, handed_over, strict=True) if not done]
    _replace(model, axes, mesh)
    for layer, variables in units:
        _let_gather(layer, variables, sharding)
    for variable in model.weights:
        variable.sharding = sharding
    for optimizer in _optimizers(model):
        _shard_slots(optimizer, sharding)
    return True


def _divided_axes(model: Any, distribution: Distribution) -> dict[int, dict[str, int]]:
    """For each parameter (by id) that is divided: axis of the mesh -> axis of the parameter."""
    found = {}
    for variable in model.weights:
        if variable.key not in variable.module._parameters:
            continue
        layout = distribution.get_variable_layout(variable)
        if len(layout.axes) != variable.ndim:
            raise argument_error(
                distribution, f"the layout of {variable.path!r}", layout.axes,
                f"a name or None for each axis of {variable.shape}",
            )  # fmt: skip
        parameter = variable.parameter
        axes = {
            name: stored_axis(variable.layout, tuple(parameter.shape), axis)
            for axis, name in enumerate(layout.axes)
            if name is not None
        }
        if axes:
            found[id(parameter)] = axes
    return found


def _units(model: Any) -> Iterator[tuple[Layer, list[Variable]]]:
    """Layers and the variables that they need whole when they are called.

    A built-in layer may use the weights of those inside without calling them; models and layers of
    the user's call theirs.
    """
    stack, seen = [model], set()
    while stack:
        layer = stack.pop()
        if id(layer) in seen:
            continue
        seen.add(id(layer))
        calls_others = hasattr(layer, "train_step") or not is_builtin(type(layer))
        yield layer, layer._own_variables() if calls_others else layer.weights
        if calls_others:
            stack.extend(layer._layers)


def _fully_shard(
    layer: Layer, variables: list[Variable], axes: dict[int, Any], mesh: Any, batch_name: str
) -> bool:
    """Hand ``layer`` to torch's FSDP if any of its weights is divided; whether it was done.

    FSDP divides the other weights of the layer, too.
    """
    from torch.distributed.fsdp import fully_shard  # loads slowly
    from torch.distributed.tensor import Shard

    own = {id(v.parameter) for v in variables if v.key in v.module._parameters}
    if not any(key in axes for key in own):
        return False
    others = {p for p in layer.parameters() if id(p) not in own or is_divided(p)}
    kind = type(layer)
    fully_shard(
        layer,
        mesh=mesh,
        reshard_after_forward=True,
        shard_placement_fn=lambda p: Shard(axes.get(id(p), {}).get(batch_name, 0)),
        ignored_params=others,
    )
    layer.__class__ = kind  # it does its work by hooks; the layer stays what it was
    return True


def _replace(model: Any, axes: dict[int, dict[str, int]], mesh: Any) -> None:
    """Put DTensors in the place of parameters; those without a layout are whole everywhere."""
    from torch.distributed.tensor import Replicate, Shard, distribute_tensor  # loads slowly

    made: dict[int, nn.Parameter] = {}
    names = mesh.mesh_dim_names
    for module in model.modules():
        for key, parameter in module._parameters.items():
            if parameter is None or is_divided(parameter):
                continue
            if id(parameter) not in made:
                found = axes.get(id(parameter), {})
                places = [Shard(found[n]) if n in found else Replicate() for n in names]
                divided = distribute_tensor(parameter.detach(), mesh, places)
                made[id(parameter)] = nn.Parameter(divided, parameter.requires_grad)
                made[id(made[id(parameter)])] = parameter  # keeps both alive, and their ids unique
            module._parameters[key] = made[id(parameter)]


def _let_gather(layer: Layer, variables: list[Variable], sharding: Sharding) -> None:
    """Have ``layer`` find whole weights while it is called, or compute with its parts of them."""
    places = [(v.module, v.key) for v in variables if v.key in v.module._parameters]
    if not places:
        return
    kind = _InParts if _computes_in_parts(layer, places, sharding) else _Whole
    hooks = kind(places, sharding)
    layer.register_forward_pre_hook(hooks.before, with_kwargs=True)
    layer.register_forward_hook(hooks.after, always_call=True)


def _computes_in_parts(layer: Layer, places: list[Place], sharding: Sharding) -> bool:
    """Whether torch has rules for this layer's weights divided along one axis of the mesh."""
    if type(layer) not in _IN_PARTS or getattr(layer, "mask_zero", False):
        return False
    stored = [module._parameters[key] for module, key in places]
    return (
        layer.activity_regularizer is None
        and sharding.mesh.ndim == 2
        and all(key in ("weight", "bias") for _, key in places)
        and all(one.placements[sharding.batch_axis].is_replicate() for one in stored)
        and any(one.placements[1 - sharding.batch_axis].is_shard() for one in stored)
    )


class _Whole:
    """Puts gathered weights in place before a call, and the divided ones back after it."""

    def __init__(self, places: list[Place], sharding: Sharding) -> None:
        self.places = places
        self.sharding = sharding
        self.kept: list[list[Any]] = []  # of the calls that haven't ended, outermost first

    def before(self, layer: Any, args: tuple, kwargs: dict) -> None:
        kept = []
        for module, key in self.places:
            stored = module._parameters[key]
            if is_divided(stored):
                kept.append((module, key, stored))
                module._parameters[key] = self.sharding.gathered(stored)
        self.kept.append(kept)

    def after(self, layer: Any, args: tuple, output: Any) -> None:
        for module, key, stored in self.kept.pop():
            module._parameters[key] = stored


class _InParts(_Whole):
    """Lets a call compute with DTensors, each process with its part of the weights."""

    def __init__(self, places: list[Place], sharding: Sharding) -> None:
        super().__init__(places, sharding)
        self.mesh = sharding.mesh[sharding.mesh.mesh_dim_names[1 - sharding.batch_axis]]

    def before(self, layer: Any, args: tuple, kwargs: dict) -> Any:
        if not args or type(args[0]) is not Tensor:
            super().before(layer, args, kwargs)
            return None
        self.kept.append([(m, key, m._parameters[key]) for m, key in self.places])
        for module, key, stored in self.kept[-1]:
            module._parameters[key] = self.sharding.part(stored, self.mesh)
        x = attach_mask(replicated(args[0], self.mesh), getattr(args[0], "_keras_mask", None))
        return (x, *args[1:]), kwargs

    def after(self, layer: Any, args: tuple, output: Any) -> Any:
        super().after(layer, args, output)
        if not is_divided(output):
            return None
        return attach_mask(whole(output), getattr(output, "_keras_mask", None))


def _optimizers(model: Any) -> Iterable[Any]:
    found = {id(v): v for v in model.__dict__.values() if isinstance(v, optimizers.Optimizer)}
    return found.values()


def _shard_slots(optimizer: Any, sharding: Sharding) -> None:
    """Divide what a built optimizer remembers as its parameters are."""
    if not optimizer.built:
        return
    for variable, slots in zip(optimizer._trainable_variables, optimizer._slots, strict=True):
        parameter = variable.parameter
        for slot in slots.values():
            if is_divided(parameter) and slot.parameter.shape == parameter.shape:
                divided = sharding.scattered(slot.parameter, parameter)
                slot.module._buffers[slot.key] = divided
                slot.sharding = sharding
    optimizer.param_groups[0]["params"] = [v.parameter for v in optimizer._trainable_variables]
    optimizer._linked = {}
    optimizer._refer_state()
