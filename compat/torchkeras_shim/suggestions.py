"""What to use instead of a name that isn't there: the nearest name, and torch's way."""

import importlib
import sys
from collections.abc import Iterable, Iterator
from types import ModuleType

from torchkeras.core.checks import nearest

# Subjects that torch has elsewhere, by the longest path that fits; ``tf`` is the package's name.
TORCH_WAYS = {
    "tf.Session": "everything runs at once; call the functions",
    "tf.audio": "torchaudio",
    "tf.compat.v1.Session": "everything runs at once; call the functions",
    "tf.compat.v1.placeholder": "keras.Input, or an argument of a function",
    "tf.config": "torch.cuda and torch.backends",
    "tf.contrib": "what it had is in tf.keras, or in packages of their own",
    "tf.data": "torch.utils.data.DataLoader, which fit takes as it is",
    "tf.distribute": "keras.distribution, or torchrun",
    "tf.distribute.cluster_resolver": "torchrun, which tells each process of the others",
    "tf.distribute.coordinator": "torch.distributed.rpc",
    "tf.distribute.experimental.partitioners": "torch.distributed.tensor",
    "tf.distribute.Server": "torchrun, which starts and joins the processes",
    "tf.distribute.ParameterServerStrategy": "keras.distribution, or torch.distributed.rpc",
    "tf.distribute.TPUStrategy": "torch_xla",
    "tf.estimator": "keras.Model.fit",
    "tf.experimental.BatchableExtensionType": "a NamedTuple of tensors, which tf.data knows",
    "tf.experimental.dispatch_for_api": "a class with __torch_function__",
    "tf.experimental.dispatch_for_binary_elementwise_apis": "a class with __torch_function__",
    "tf.experimental.dispatch_for_unary_elementwise_apis": "a class with __torch_function__",
    "tf.experimental.DynamicRaggedShape": "the row_splits of a tf.RaggedTensor",
    "tf.experimental.ExtensionType": "a NamedTuple of tensors, which tf.data knows",
    "tf.experimental.RowPartition": "the row_splits of a tf.RaggedTensor",
    "tf.experimental.dlpack": "torch.from_dlpack, torch.to_dlpack",
    "tf.experimental.dtensor": "torch.distributed.tensor",
    "tf.experimental.numpy": "keras.ops, or NumPy itself",
    "tf.feature_column": "keras.layers such as StringLookup, or keras.utils.FeatureSpace",
    "tf.function": "no decorator, or torch.compile",
    "tf.GradientTape": "loss.backward(), or a train_step of keras.Model",
    "tf.global_variables_initializer": "nothing; variables have their values from the start",
    "tf.graph_util": "torch.fx",
    "tf.image": "keras.ops.image, or torchvision.transforms.v2",
    "tf.io": "open, pathlib and torchvision.io",
    "tf.io.decode_proto": "the message's own class, of the package protobuf",
    "tf.lite": "torch.export and ExecuTorch",
    "tf.layers": "keras.layers",
    "tf.lookup": "keras.layers.StringLookup or IntegerLookup",
    "tf.mlir": "torch.export",
    "tf.placeholder": "keras.Input, or an argument of a function",
    "tf.profiler": "torch.profiler",
    "tf.python.client.device_lib": "tf.config.list_physical_devices(), or torch.cuda",
    "tf.python.keras": "tensorflow.keras, without python",
    "tf.quantization": "torchao",
    "tf.queue": "queue.Queue, or torch.utils.data",
    "tf.ragged": "torch.nested",
    "tf.RaggedTensor": "torch.nested",
    "tf.random": "keras.random, or torch.randn and torch.rand",
    "tf.raw_ops": "the function of the same name in tf or keras.ops",
    "tf.saved_model": "model.save, or torch.export.save",
    "tf.sets": "torch.isin and torch.unique",
    "tf.shape": "x.shape",
    "tf.signal": "torch.fft, torch.stft, or torchaudio",
    "tf.sparse": "torch.sparse_coo_tensor and torch.sparse",
    "tf.SparseTensor": "torch.sparse_coo_tensor",
    "tf.strings": "Python's own strings",
    "tf.string_split": "tf.strings.split, or Python's own strings",
    "tf.summary": "torch.utils.tensorboard.SummaryWriter",
    "tf.tpu": "torch_xla",
    "tf.to_float": "x.float()",
    "tf.to_int32": "x.int()",
    "tf.train": "torch.save and torch.load of state_dict()",
    "tf.train.AdamOptimizer": "keras.optimizers.Adam",
    "tf.train.Checkpoint": "torch.save of state_dict(), or callbacks.BackupAndRestore",
    "tf.train.CheckpointManager": "callbacks.ModelCheckpoint or BackupAndRestore",
    "tf.Variable": "keras.Variable",
    "tf.variable_scope": "keras.layers, which hold their variables",
    "tf.variables_initializer": "nothing; variables have their values from the start",
    "tf.xla": "torch.compile",
    "tfds": "torchvision.datasets, or the package datasets",
    "tfds.beam": "examples that Python yields, in _generate_examples",
    "tfds.core.BeamBasedBuilder": "tfds.core.GeneratorBasedBuilder",
    "tfds.core.lazy_imports": "import of the package itself",
    "tfds.data_source": "tfds.load, or a torch.utils.data.Dataset",
    "tfds.show_statistics": "tfds.as_dataframe(...).describe()",
    "tfds.testing": "a GeneratorBasedBuilder with examples of one's own",
    "keras.applications": "torchvision.models or timm, in a TorchModuleWrapper",
    "keras.backend.get_session": "everything runs at once; call the functions",
    "keras.estimator": "keras.Model.fit",
    "keras.experimental.export_saved_model": "model.export(path)",
    "keras.experimental.load_from_saved_model": "tf.saved_model.load, or keras.layers.TFSMLayer",
    "keras.experimental.PeepholeLSTMCell": "a cell of one's own in keras.layers.RNN",
    "keras.wrappers.scikit_learn": "scikeras or skorch",
    "keras_cv": "torchvision",
    "keras_hub": "transformers, in a TorchModuleWrapper",
    "keras_nlp": "transformers, in a TorchModuleWrapper",
    "tensorflow_addons": "keras.layers, keras.optimizers and keras.losses have most of it",
    "tensorflow_hub": "timm or transformers, in a TorchModuleWrapper",
    "tensorflow_probability": "torch.distributions",
    "tensorflow_text": "keras.layers.TextVectorization, or the package tokenizers",
}
# Where torch keeps its functions.
_TORCH_ROOMS = ("", "nn.functional", "linalg", "special", "fft", "signal.windows", "nn")

# Rooms of torchkeras that Keras doesn't have.
_OWN_ROOMS = ("core", "nn", "tracer", "data", "training", "cli")


def missing_name(where: str, name: str, options: Iterable[str]) -> str:
    """The wording for a name that is not there."""
    said = suggestion(f"{where}.{name}", options)
    return f"{short(where)} has no {name!r} on torch. {said}".rstrip()


def suggestion(path: str, options: Iterable[str] = ()) -> str:
    """What to say after "there is no ``path``": sentences, or nothing.

    Args:
        path: The missing name with the namespace it was looked for in (``tf.log``).
        options: The names which that namespace has.
    """
    name = path.rpartition(".")[2]
    place, way = elsewhere(path), torch_way(path)
    if place:
        near = f"There is {place}."
    else:  # a whole subject isn't another one misspelt
        near = "" if short(path) in TORCH_WAYS else nearest(name, options)
    return " ".join(filter(None, (near, f"In torch: {way}." if way else "")))


def torch_way(path: str) -> str:
    """How torch does what ``path`` is for; empty if nothing is known."""
    path = short(path)
    for subject in sorted(TORCH_WAYS, key=len, reverse=True):
        if path == subject or path.startswith(f"{subject}."):
            return TORCH_WAYS[subject]
    name = path.rpartition(".")[2]
    if not path.startswith("tf.") or name.startswith("_"):
        return ""
    for room in _TORCH_ROOMS:
        place = ".".join(filter(None, ("torch", room)))
        if callable(getattr(importlib.import_module(place), name, None)):
            return f"{place}.{name}"
    return ""


def elsewhere(path: str) -> str:
    """``tf.math.log`` for ``tf.log``: a thing of this name in another namespace; empty if none."""
    root, name = short(path).split(".")[0], path.rpartition(".")[2]
    if name.startswith("_"):
        return ""
    by_root = sorted(_namespaces(), key=lambda pair: pair[0].split(".")[0] != root)
    for shown, namespace in by_root:
        thing = vars(namespace).get(name)
        home = getattr(thing, "__module__", None) or ""
        if callable(thing) and home.startswith(namespace.__name__):
            return f"{shown}.{name}"
    return ""


def short(path: str) -> str:
    """``tf.math`` for ``tensorflow.math``; the path of Keras from ``keras`` on."""
    for root in ("tensorflow.compat.v1.keras", "tensorflow.python.keras", "tensorflow.keras"):
        path = path.replace(root, "keras", 1) if path.startswith(root) else path
    path = path.replace("tf_keras", "keras", 1) if path.startswith("tf_keras") else path
    if path.split(".")[0] == "tensorflow_datasets":
        return path.replace("tensorflow_datasets", "tfds", 1)
    return path.replace("tensorflow", "tf", 1) if path.split(".")[0] == "tensorflow" else path


def _namespaces() -> Iterator[tuple[str, ModuleType]]:
    """The loaded namespaces of the drop-in and of Keras, under the names that scripts use."""
    for package, shown in (("tensorflow", "tf"), ("torchkeras", "keras")):
        namespace = sys.modules.get(package)
        for name, value in sorted(vars(namespace).items()) if namespace else ():
            is_public = package == "tensorflow" or name not in _OWN_ROOMS
            if isinstance(value, ModuleType) and is_public and value.__name__.endswith(f".{name}"):
                yield f"{shown}.{name}", value
