"""Weights by the places of layers, from files of both generations.

A file of weights alone doesn't note which Keras wrote it, and the two may count layers of one class
in another order (see ``layer_order``). Names of groups tell, in most files.
"""

from typing import Any

from torchkeras.core import scopes
from torchkeras.core.notices import warn
from torchkeras.saving import hdf5, layer_order, weights

_OF_KERAS_2 = "2.12.0"
_LAYERS_OF_KERAS_2 = "_layer_checkpoint_dependencies"


def read(model: Any, root: Any, release: str | None = None, **options: Any) -> weights.Reader:
    """Find what a model takes from a file, in the order of the generation that wrote it.

    If neither the file nor its groups tell, and the order matters, it is that of Keras 3, with a
    warning; if that doesn't fit, and the other one does, the other.

    Args:
        model: The model.
        root: The group of its weights.
        release: What the file notes of the release that wrote it.
        options: Of ``weights.Reader``, which is yet to be finished.
    """
    is_told = release is not None or not isinstance(root, hdf5.Group)
    if not is_told:
        release = release_of(root)
        is_told = release is not None or _notes_names(root)
    reader = _read(model, root, release, options)
    if is_told or reader.skip_mismatch or not _depends(model):
        return reader
    if not reader.failures:
        warn(
            "load_weights: this file doesn't tell whether Keras 3 or tf.keras 2 wrote it, and they "
            "count the layers of this model in another order. It is read as one of Keras 3. If it "
            "is of tf.keras 2, save it there as .keras or .h5, which tell."
        )
        return reader
    reader.plan.undo()
    other = _read(model, root, _OF_KERAS_2, options)
    if not other.failures:
        return other
    other.plan.undo()
    return reader


def _read(model: Any, root: Any, release: str | None, options: dict[str, Any]) -> weights.Reader:
    reader = weights.Reader(**options)
    with scopes.keras_2_scope(release), layer_order.slots_of(model):
        reader.read(model, root)
    return reader


def release_of(root: hdf5.Group) -> str | None:
    """A release of tf.keras 2 where there are groups that it alone writes, else None.

    Up to 2.13 it has a name of its own for the layers of a model. Later it saves the metrics of one
    that was trained, which Keras 3 never does.
    """
    if _notes_names(root):
        return None
    told = "metrics" in root or any(_LAYERS_OF_KERAS_2 in each for each in hdf5.groups_of(root))
    return _OF_KERAS_2 if told else None


def _notes_names(root: hdf5.Group) -> bool:
    """Whether layers' names are noted, as in Keras 3.6 and later."""
    own = root.group("vars")
    return own is not None and "name" in own.attributes


def _depends(model: Any) -> bool:
    """Whether layers of one class are in another order in files of the other generation."""
    return any(
        _by_class(owner.layers) != _by_class(layer_order.layers_of_keras_2(owner))
        for owner in model._flatten_layers()
        if layer_order.is_graph_model(owner)
    )


def _by_class(layers: list[Any]) -> dict[str, list[int]]:
    """Layers with weights by the names of their classes, in the order of their numbers in files."""
    found: dict[str, list[int]] = {}
    for layer in layers:
        if layer.weights:
            found.setdefault(type(layer).__name__, []).append(id(layer))
    return found
