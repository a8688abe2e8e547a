"""Configurations that name code, paths or things too large."""

import base64
import marshal
import pickle

from security.attacks import attack
from security.sandbox import MODULE

ANYWHERE = ("*",)
# Where a layer isn't built yet, its size is only a number.
UNBUILT = (
    "legacy deserialize",
    "from_config of the class",
    "model_from_json of Keras 2",
    "clone_model",
)


def layer(class_name, module="keras.layers", registered_name=None, **config):
    """The dictionary of a layer in Keras 3's form."""
    return {
        "module": module,
        "class_name": class_name,
        "config": {"name": "hostile", **config},
        "registered_name": registered_name,
    }


def payload(place):
    """Code that writes a file outside of the sandbox."""

    def run(x, target=str(place.target)):
        with open(target, "w") as file:
            file.write("ran")
        return x

    return run.__code__, (str(place.target),)


def bytecode(place):
    code, defaults = payload(place)
    return base64.b64encode(marshal.dumps(code)).decode(), list(defaults)


class Reducer:
    """Runs a command when it is unpickled."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        import os

        return os.system, (self.command,)


def pickled(place):
    return pickle.dumps(Reducer(f"echo ran > {place.target}"))


# --- Lambdas: CVE-2024-3660, CVE-2025-9905, CVE-2026-12481


@attack("CVE-2024-3660 Lambda with bytecode, as Keras 3 writes it", "layer")
def lambda_of_keras_3(place):
    code, defaults = bytecode(place)
    inner = {"code": code, "defaults": defaults, "closure": None}
    return layer("Lambda", function={"class_name": "__lambda__", "config": inner}, arguments={})


@attack("CVE-2024-3660 Lambda with bytecode in a list of values", "layer")
def lambda_of_value(place):
    code, defaults = bytecode(place)
    inner = {"value": [code, defaults, None]}
    return layer("Lambda", function={"class_name": "__lambda__", "config": inner})


@attack("CVE-2025-9905 Lambda with bytecode, as Keras 2 writes it", "layer")
def lambda_of_keras_2(place):
    code, defaults = bytecode(place)
    return layer(
        "Lambda", function=[code, defaults, None], function_type="lambda", module=MODULE,
        output_shape=None, output_shape_type="raw", output_shape_module=None, arguments={},
    )  # fmt: skip


def _with_bytecode(key, kind):
    def make(place):
        code, defaults = bytecode(place)
        return layer(
            "Lambda",
            function={"module": "builtins", "class_name": "function", "config": "relu"},
            **{key: [code, defaults, None] if kind else marker(code), **kind},
        )

    return make


def marker(code):
    return {"class_name": "__lambda__", "config": {"code": code, "defaults": None, "closure": None}}


for _key in ("output_shape", "mask"):
    attack(f"CVE-2024-3660 bytecode as a Lambda's {_key}", "layer")(_with_bytecode(_key, {}))
    attack(f"CVE-2025-9905 bytecode as a Lambda's {_key}, Keras 2", "layer")(
        _with_bytecode(_key, {f"{_key}_type": "lambda"})
    )


@attack("CVE-2026-12481 Lambda with bytecode, called by no scope", "layer")
def lambda_without_scope(place):
    inner = marker(bytecode(place)[0])
    return layer("Lambda", function=inner, mask=inner, output_shape=inner, safe_mode=None)


@attack("CVE-2026-12481 Lambda with bytecode in a wrapper in a wrapper", "layer")
def lambda_in_wrappers(place):
    inner = layer("Lambda", function=marker(bytecode(place)[0]))
    return layer("TimeDistributed", layer=layer("TimeDistributed", layer=inner))


@attack("CVE-2024-3660 bytecode as an activation", "layer")
def lambda_as_activation(place):
    return layer("Dense", units=2, activation=marker(bytecode(place)[0]))


@attack("CVE-2024-3660 bytecode as an initializer", "layer")
def lambda_as_initializer(place):
    return layer("Dense", units=2, kernel_initializer=marker(bytecode(place)[0]))


@attack("CVE-2024-3660 bytecode as a text's standardization", "layer")
def lambda_as_standardization(place):
    return layer("TextVectorization", standardize=marker(bytecode(place)[0]))


# --- Pickles: CVE-2025-49655, CVE-2026-12484


@attack("CVE-2025-49655 TorchModuleWrapper with a pickle", "layer")
def pickled_module(place):
    return layer("TorchModuleWrapper", module=base64.b64encode(pickled(place)).decode())


@attack("CVE-2025-49655 TorchModuleWrapper whose safe_mode is in the configuration", "layer")
def pickled_module_safe_mode(place):
    code = base64.b64encode(pickled(place)).decode()
    return layer("TorchModuleWrapper", module=code, safe_mode=False)


@attack("CVE-2026-12484 TorchModuleWrapper with a pickle, called by no scope", "layer")
def pickled_module_without_scope(place):
    code = base64.b64encode(pickled(place)).decode()
    return layer("TorchModuleWrapper", module=code, safe_mode=None, output_shape=[None, 2])


@attack("CVE-2026-12484 TorchModuleWrapper with a pickle in a wrapper", "layer")
def pickled_module_in_wrapper(place):
    code = base64.b64encode(pickled(place)).decode()
    return layer("TimeDistributed", layer=layer("TorchModuleWrapper", module=code))


@attack("CVE-2025-49655 TorchModuleWrapper whose module is named", "layer")
def named_module(place):
    return layer("TorchModuleWrapper", module={"module": MODULE, "class_name": "Payload"})


# --- Paths: CVE-2025-12058, CVE-2026-1462


def _vocabulary(class_name, spelling, **more):
    def make(place):
        path = spelling(place)
        key = "initial_vocabulary" if class_name.startswith("Dynamic") else "vocabulary"
        return layer(class_name, **{key: path, **more})

    return make


_SPELLINGS = {
    "path": lambda place: str(place.secret),
    "relative path": lambda place: "../outside/secret.txt",
    "file address": lambda place: f"file://{place.secret}",
    "http address": lambda place: "http://127.0.0.1:9/secret",
    "bucket": lambda place: "gs://bucket/secret",
}
for _class in ("StringLookup", "IntegerLookup", "TextVectorization"):
    for _spelling, _make in _SPELLINGS.items():
        attack(f"CVE-2025-12058 {_class} with the vocabulary of a {_spelling}", "layer")(
            _vocabulary(_class, _make)
        )


@attack("CVE-2025-12058 the weights of a vocabulary by path", "layer")
def weights_by_path(place):
    return layer(
        "StringLookup", vocabulary=["a", "b"], idf_weights=str(place.secret), output_mode="tf_idf"
    )


@attack("CVE-2025-12058 DynamicLookup with the vocabulary of a path", "layer")
def dynamic_by_path(place):
    return layer("DynamicLookup", vocabulary_size=3, initial_vocabulary=str(place.secret))


@attack("CVE-2025-12058 FeatureSpace with the vocabulary of a path", "layer")
def features_by_path(place):
    feature = {
        "module": "keras.src.layers.preprocessing.feature_space", "class_name": "Feature",
        "registered_name": None,
        "config": {
            "dtype": "string", "output_mode": "int",
            "preprocessor": layer("StringLookup", vocabulary=str(place.secret)),
        },
    }  # fmt: skip
    return layer("FeatureSpace", module="keras.utils", features={"a": feature})


@attack("CVE-2026-1462 TFSMLayer", "layer")
def saved_model_layer(place):
    return layer("TFSMLayer", filepath=str(place.outside), call_endpoint="serve")


@attack("CVE-2026-1462 TFSMLayer by its inner path", "layer")
def saved_model_layer_inner(place):
    return layer("TFSMLayer", module="keras.src.export.tfsm_layer", filepath=str(place.outside))


@attack("CVE-2026-1462 JaxLayer", "layer")
def jax_layer(place):
    return layer("JaxLayer", call_fn=f"{MODULE}.payload", params={}, state={})


# --- Values that are no objects


@attack("npz a marker of an array of objects", "layer", ANYWHERE)
def array_of_objects(place):
    array = {"class_name": "__numpy__", "config": {"value": [[1]], "dtype": "object"}}
    return layer("Dense", units=2, kernel_initializer={**array})


@attack("keras#23016 a marker whose type is larger than memory", "layer")
def huge_type(place):
    array = {"class_name": "__numpy__", "config": {"value": ["a"], "dtype": "S99999999999"}}
    return layer("Dense", units=2, bias_initializer=array)


@attack("CVE-2025-1550 a tensor's type that is a function", "layer")
def typed_by_function(place):
    tensor = {"class_name": "__tensor__", "config": {"value": [1.0], "dtype": "load"}}
    return layer("Dense", units=2, bias_initializer=tensor)


@attack("markers without what belongs to them", "layer")
def empty_markers(place):
    return layer("Dense", units=2, activation={"class_name": "__lambda__", "config": {}})


@attack("nesting without end", "layer")
def nested(place):
    config = layer("Dense", units=2)
    for _ in range(300):
        config = layer("TimeDistributed", layer=config)
    return config


@attack("lists without end", "layer")
def nested_lists(place):
    value = []
    for _ in range(900):
        value = [value]
    return layer("Reshape", target_shape=value)


# --- Sizes


@attack("a layer larger than memory", "layer", UNBUILT)
def huge_layer(place):
    return {
        **layer("Dense", units=2**40),
        "build_config": {"input_shape": [None, 2**20]},
    }


@attack("a layer a little larger than memory", "layer", UNBUILT)
def large_layer(place):
    return {**layer("Dense", units=2**20), "build_config": {"input_shape": [None, 2**12]}}


@attack("an embedding larger than memory", "layer", UNBUILT)
def huge_embedding(place):
    return {
        **layer("Embedding", input_dim=2**33, output_dim=2**8),
        "build_config": {"input_shape": [None, 4]},
    }


@attack("a vocabulary of more tokens than there are", "layer", ANYWHERE)
def huge_vocabulary(place):
    return layer("StringLookup", vocabulary_size=2**50, max_tokens=2**50)


@attack("more unknown tokens than memory", "layer", ANYWHERE)
def huge_unknown(place):
    return layer("StringLookup", num_oov_indices=2**33, vocabulary=["a"])


@attack("weights of more unknown tokens than memory", "layer")
def huge_unknown_weights(place):
    weighed = {"idf_weights": [1.0], "output_mode": "tf_idf"}
    return layer("StringLookup", num_oov_indices=2**33, vocabulary=["a"], **weighed)


@attack("weights padded beyond memory", "layer")
def huge_padded_weights(place):
    weighed = {"idf_weights": [1.0], "output_mode": "tf_idf", "pad_to_max_tokens": True}
    return layer("StringLookup", max_tokens=2**33, vocabulary=["a"], **weighed)


@attack("a hash of more bins than memory", "layer", ANYWHERE)
def huge_hash(place):
    return layer("Hashing", num_bins=2**60, output_mode="one_hot")


@attack("a padding larger than memory", "layer", ANYWHERE)
def huge_padding(place):
    return layer("RepeatVector", n=2**40)


@attack("a filter bank larger than memory", "layer", UNBUILT)
def huge_filters(place):
    return {
        **layer("Conv1D", filters=2**30, kernel_size=2**20),
        "build_config": {"input_shape": [None, 4, 4]},
    }


@attack("a spectrogram larger than memory", "layer")
def huge_spectrogram(place):
    return {
        **layer("MelSpectrogram", fft_length=2**34, num_mel_bins=2**20),
        "build_config": {"input_shape": [None, 100]},
    }


# --- Names: CVE-2026-12479

_HOSTILE_NAMES = {
    "leads upwards": "../../outside/written.txt",
    "is absolute": "/tmp/torchkeras-hostile-name",
    "is code": f"x):\n    import {MODULE}\ndef f(",
    "has a null byte": "a\0b",
    "is empty": "",
    "is a word of torch": "forward",
    "is a word of Python": "__class__",
    "is very long": "x" * 100_000,
}


def _named(name):
    return lambda place: {**layer("Dense", units=2), "config": {"name": name, "units": 2}}


for _told, _text in _HOSTILE_NAMES.items():
    attack(f"CVE-2026-12479 a layer's name that {_told}", "layer", ANYWHERE)(_named(_text))


@attack("CVE-2026-12479 a name that is no text", "layer", ANYWHERE)
def name_of_dict(place):
    return {**layer("Dense", units=2), "config": {"name": {"a": 1}, "units": 2}}
