"""Files of other kinds as what is handed in: a suffix and the bytes."""

import io

from security.commands import command, verified
from security.entries import (
    edit,
    eject,
    entry,
    given_to,
    inspect,
    load_model,
    load_weights,
    migrate,
    report,
    table,
    verify,
)
from security.honest import base_model

import torchkeras as keras


def put(thing, work):
    """The file of another kind."""
    suffix, content = thing
    path = work / f"x{suffix}"
    path.write_bytes(content)
    return path


def opened(thing, work):
    return io.BytesIO(thing[1])


def text(thing, work):
    return thing[1].decode("latin1")


def onto(path, work):
    """The command ``migrate`` onto a model."""
    base_model().save(work / "m.keras")
    return lambda: command("migrate", "--onto", work / "m.keras", path, work / "new.keras")


def refused(call):
    """The result of ``call``, which refuses by a RuntimeError."""
    try:
        return call()
    except RuntimeError as error:
        raise ValueError(str(error)) from error


table(put, "foreign", {
    "load_model": load_model,
    "load_weights of another kind": load_weights,
    "report another kind": report,
    "KerasFileEditor of another kind": edit,
    "inspect another kind": inspect,
    "the command migrate of another kind": migrate,
    "the command migrate onto a model": onto,
    "the command eject of another kind": eject,
    "the command verify of another kind": verify,
})  # fmt: skip
table(opened, "foreign", {"load_model of an open file of another kind": load_model})
table(text, "foreign", {
    "model_from_yaml":
        given_to(lambda text: refused(lambda: keras.models.model_from_yaml(text))),
    "model_from_json of another kind": given_to(keras.models.model_from_json),
})  # fmt: skip

# --- Inputs of commands


def _with_inputs(run, *words):
    def make(content, work):
        (work / "inputs.npz").write_bytes(content)
        base_model().save(work / "m.keras")
        given = [word if isinstance(word, str) else word(work) for word in words]
        return lambda: run(*given, "--inputs", work / "inputs.npz")

    return make


entry("the command eject with inputs", "npz")(
    _with_inputs(command, "eject", lambda work: work / "m.keras", "-o", lambda work: work / "out")
)
entry("the command verify with inputs", "npz")(
    _with_inputs(verified, lambda work: work / "m.keras")
)
