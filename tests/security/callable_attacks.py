"""Configurations that name callables, which a loader must look up and never import.

What Keras blocked by lists, release by release, is here in one table.
"""

from security.attacks import attack
from security.config_attacks import ANYWHERE, bytecode, layer, marker
from security.sandbox import MODULE

# --- By module and name: CVE-2025-1550, CVE-2025-8747, CVE-2025-9906, keras#22729, keras#23115

_NAMED = (
    ("os", "system"),
    ("posix", "system"),
    ("builtins", "exec"),
    ("builtins", "eval"),
    ("builtins", "open"),
    ("builtins", "__import__"),
    ("subprocess", "Popen"),
    ("importlib", "import_module"),
    ("pickle", "loads"),
    ("numpy", "load"),
    ("torch", "load"),
    ("torch.hub", "load"),
    ("antigravity", "geohash"),
    (MODULE, "Payload"),
    (MODULE, "payload"),
    ("keras.utils", "get_file"),
    ("keras.src.utils.file_utils", "get_file"),
    ("keras.utils", "load_img"),
    ("keras.utils", "set_random_seed"),
    ("keras.saving", "load_model"),
    ("keras.models", "load_model"),
    ("keras.src.saving.saving_api", "load_weights"),
    ("keras.config", "enable_unsafe_deserialization"),
    ("keras.src.saving.serialization_lib", "enable_unsafe_deserialization"),
    ("keras.config", "set_backend"),
    ("keras.datasets.mnist", "load_data"),
    ("keras.ops", "vectorized_map"),
    ("keras.callbacks", "CSVLogger"),
    ("keras.callbacks", "BackupAndRestore"),
    ("torchkeras.core.serialization", "load_code"),
    ("torchkeras.saving.files", "replacing"),
    ("tensorflow.io", "read_file"),
)
# These go in everywhere, the others where a file is read.
_EVERYWHERE = ("os.system", f"{MODULE}.payload", "keras.utils.get_file")


def _as_class(module, name):
    return lambda place: layer(name, module=module, fname=str(place.secret), origin="file:///x")


def _as_function(module, name):
    function = {
        "module": module, "class_name": "function", "config": name, "registered_name": name
    }  # fmt: skip
    return lambda place: layer("Lambda", function=function, arguments={"a": str(place.secret)})


def _as_activation(module, name):
    function = {
        "module": module, "class_name": "function", "config": name, "registered_name": "function"
    }  # fmt: skip
    return lambda place: layer("Dense", units=2, activation=function)


def _as_keras_2_function(module, name):
    return lambda place: layer(
        "Lambda", function=name, function_type="function", module=module, arguments={}
    )


for _module, _name in _NAMED:
    _path = f"{_module}.{_name}"
    _kind = "layer" if _path in _EVERYWHERE else "name"
    attack(f"CVE-2025-1550 {_path} as a class", _kind)(_as_class(_module, _name))
    attack(f"CVE-2025-8747 {_path} as a function", _kind)(_as_function(_module, _name))
    attack(f"CVE-2025-8747 {_path} as an activation", _kind)(_as_activation(_module, _name))
    attack(f"tf_keras#910 {_path} as a function of Keras 2", _kind)(
        _as_keras_2_function(_module, _name)
    )


@attack("CVE-2025-9906 unsafe mode is called for first", "layer")
def unsafe_first(place):
    code, _ = bytecode(place)
    enable = {
        "module": "keras.config", "class_name": "function",
        "config": "enable_unsafe_deserialization", "registered_name": None,
    }  # fmt: skip
    return layer(
        "TimeDistributed",
        layer=layer("Lambda", function=marker(code)),
        extra=layer("Lambda", function=enable, arguments={}),
        safe_mode=False,
    )


@attack("CVE-2025-9906 safe_mode is in the configuration", "layer")
def safe_mode_inside(place):
    return {
        **layer("Lambda", function=marker(bytecode(place)[0]), safe_mode=False),
        "safe_mode": 0,
    }


@attack("keras#22729 a registered name that isn't the class's", "layer", ANYWHERE)
def confused_name(place):
    return layer("Dense", registered_name=f"{MODULE}>Payload", units=2)


@attack(
    "keras#22729 a built-in class in a foreign module",
    "layer",
    ("model_from_json of Keras 2", "legacy deserialize", "load_model .hdf5 of Keras 2"),
)
def foreign_module(place):
    return layer("Dense", module=MODULE, registered_name=f"{MODULE}>Dense", units=2)


@attack("CVE-2025-1550 a module that is no text", "layer", ANYWHERE)
def odd_module(place):
    return layer("Dense", module=["os"], units=2)


@attack("CVE-2025-1550 a class name with a path", "layer")
def dotted_class(place):
    return layer("layers.core.dense.os.system", module="keras.src")


@attack("CVE-2025-1550 a private class", "layer")
def private_class(place):
    return layer("__class__", module="keras.layers")


# What Keras's list of blocked names took longest to have: they fetch, read, write or unpack.
_BLOCKED_LATE = (
    ("keras.applications.vgg16", "VGG16"),
    ("keras.applications", "ResNet50"),
    ("keras.callbacks", "ModelCheckpoint"),
    ("keras.callbacks", "RemoteMonitor"),
    ("keras.datasets.cifar10", "load_data"),
    ("keras.export", "ExportArchive"),
    ("keras.layers", "TFSMLayer"),
    ("keras.preprocessing.image", "load_img"),
    ("keras.saving", "KerasFileEditor"),
    ("keras.saving", "save_model"),
    ("keras.saving", "register_keras_serializable"),
    ("keras.src.saving.saving_lib", "DiskIOStore"),
    ("keras.src.utils.file_utils", "extract_open_archive"),
    ("keras.src.utils.python_utils", "func_load"),
    ("keras.src.utils.torch_utils", "TorchModuleWrapper"),
    ("keras.utils", "image_dataset_from_directory"),
    ("keras.utils", "plot_model"),
    ("keras.visualization", "plot_image_gallery"),
)
for _module, _name in _BLOCKED_LATE:
    _path = f"{_module}.{_name}"
    attack(f"keras#23115 {_path} as a class", "name")(_as_class(_module, _name))
    attack(f"keras#23115 {_path} as a function", "name")(_as_function(_module, _name))


# --- By a text that is looked up: CVE-2026-58659, which Lightning imported and called

_TEXTS = (f"{MODULE}.payload", f"{MODULE}>Payload", "os.system", "torch.hub.load", "eval")
_ARGUMENTS = {
    "an activation": lambda text: layer("Dense", units=2, activation=text),
    "an initializer": lambda text: layer("Dense", units=2, kernel_initializer=text),
    "a dtype": lambda text: layer("Dense", units=2, dtype=text),
    "a cell": lambda text: layer("RNN", cell=text),
    "a layer": lambda text: layer("TimeDistributed", layer=text),
    "a function": lambda text: layer("Lambda", function=text),
}
for _told, _make in _ARGUMENTS.items():
    for _text in _TEXTS:
        _kind = "layer" if _text == _TEXTS[0] else "name"
        attack(f"CVE-2026-58659 {_text} as {_told}", _kind)(
            lambda place, make=_make, text=_text: make(text)
        )
attack("CVE-2026-58659 a text that names what makes the layer", "layer", ANYWHERE)(
    lambda place: layer("Dense", units=2, _class_path=_TEXTS[0], _instantiator=_TEXTS[0])
)
