"""Configurations of whole models: their calls, and what they are compiled with."""

from security.attacks import attack
from security.config_attacks import ANYWHERE, bytecode, layer, marker
from security.sandbox import MODULE, SECRET

# Where compile arguments aren't read, or only used when the model is compiled.
UNCOMPILED = (
    "model_from_json",
    "model_from_config",
    "deserialize_keras_object",
    "deserialize_keras_object in a list",
    "load_model without compile",
    "model_from_json of Keras 2",
    "Model.from_config",
    "legacy deserialize",
)


def inputs(shape=(4,)):
    return layer("InputLayer", batch_shape=[None, *shape], dtype="float32")


def sequential(*layers):
    return {
        "module": "keras", "class_name": "Sequential", "registered_name": None,
        "config": {"name": "model", "layers": [inputs(), *layers]},
    }  # fmt: skip


def functional(call, name="dense"):
    """A functional model of one Dense whose call is given."""
    first, second = inputs(), layer("Dense", units=2)
    first = {**first, "name": "input", "config": {**first["config"], "name": "input"}}
    second = {**second, "name": name, "config": {**second["config"], "name": name}}
    return {
        "module": "keras.src.models.functional", "class_name": "Functional",
        "registered_name": "Functional",
        "config": {
            "name": "model",
            "layers": [{**first, "inbound_nodes": []}, {**second, "inbound_nodes": [call]}],
            "input_layers": [["input", 0, 0]], "output_layers": [[name, 0, 0]],
        },
    }  # fmt: skip


def tensor(history):
    return {
        "class_name": "__keras_tensor__",
        "config": {"shape": [None, 4], "dtype": "float32", "keras_history": history},
    }


def call_of(kwargs=None, history=("input", 0, 0)):
    return {"args": [tensor(list(history))], "kwargs": kwargs or {}}


@attack("CVE-2025-1550 a keyword of a call that is code", "model")
def keyword_is_code(place):
    return functional(call_of({f"training=1); import {MODULE}; (": 1}))


@attack("CVE-2024-3660 an argument of a call that is bytecode", "model")
def argument_is_bytecode(place):
    return functional(call_of({"training": marker(bytecode(place)[0])}))


@attack("a call that depends on itself", "model")
def circular(place):
    return functional(call_of(history=("dense", 0, 0)))


@attack("a call of a layer that isn't there", "model")
def call_of_nothing(place):
    return functional(call_of(history=("nothing", 0, 0)))


@attack("a call numbered from the end", "model")
def negative_call(place):
    return functional(call_of(history=("input", -1, -7)))


@attack("a call of a call that is far away", "model")
def far_call(place):
    return functional(call_of(history=("input", 2**40, 0)))


@attack("CVE-2026-12479 a functional model's name that is code", "model", ANYWHERE)
def functional_names(place):
    return functional(call_of(), name=f"x):\n    import {MODULE}\n#")


@attack("a call of another generation that is no list", "model")
def odd_call(place):
    return functional("input")


def _compiled(**compile_config):
    return lambda place: {**sequential(layer("Dense", units=2)), "compile_config": compile_config}


def _named_function(module, name):
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


for _module, _name in (("os", "system"), (MODULE, "payload"), ("keras.utils", "get_file")):
    _function = _named_function(_module, _name)
    for _key, _config in {
        "loss": {"optimizer": "sgd", "loss": _function},
        "metric": {"optimizer": "sgd", "loss": "mse", "metrics": [_function]},
        "optimizer": {"optimizer": layer(_name, module=_module), "loss": "mse"},
        "schedule": {
            "optimizer": layer("SGD", "keras.optimizers", learning_rate=layer(_name, _module)),
            "loss": "mse",
        },
    }.items():
        attack(
            f"CVE-2025-1550 {_module}.{_name} as a {_key}", "model",
            UNCOMPILED,
        )(_compiled(**_config))  # fmt: skip


@attack("CVE-2025-1550 a model of the user's class, which isn't known", "model")
def unknown_model(place):
    return {
        "module": MODULE, "class_name": "Payload", "registered_name": f"{MODULE}>Payload",
        "config": {"secret": SECRET[:3]},
    }  # fmt: skip


@attack("a model whose configuration is a list", "model")
def listed_model(place):
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": [1, 2],
        "registered_name": None,
    }


@attack("a model whose layers are numbers", "model")
def numbered_model(place):
    return sequential(1, 2)  # type: ignore[arg-type]


@attack("a model whose input is larger than memory", "model", ANYWHERE)
def huge_input(place):
    model = sequential(layer("Flatten"))
    model["config"]["layers"][0]["config"]["batch_shape"] = [2**30, 2**30]
    return model


@attack("a model with a billion shared layers by number", "model", ANYWHERE)
def odd_sharing(place):
    model = sequential(layer("Dense", units=2))
    model["config"]["layers"][1]["shared_object_id"] = [1]
    return model
