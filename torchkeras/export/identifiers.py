"""Names from models as identifiers of Python source.

A name may come from a file that somebody else wrote, so it is reduced to letters, digits and
underscores before it goes anywhere near source code.
"""

import builtins
import keyword
import re
from collections.abc import Collection

from torch import nn

# What generated modules use themselves, or inherit.
_TAKEN = {"self", "torch", "nn", "F", "Tensor", "load", "load_file", "Path", "training", "forward"}
_OF_MODULES = frozenset(dir(nn.Sequential)) | frozenset(vars(nn.Module())) | _TAKEN


def identifier(text: object, otherwise: str = "x") -> str:
    """``text`` as a plain ASCII identifier that isn't a word of Python's own."""
    name = re.sub(r"\W+", "_", str(text), flags=re.ASCII).strip("_")[:60].rstrip("_")
    if not name:
        name = otherwise
    if name[0].isdigit():
        name = f"{otherwise}_{name}"
    is_word = keyword.iskeyword(name) or keyword.issoftkeyword(name)
    return f"{name}_" if is_word or hasattr(builtins, name) or name in _TAKEN else name


def attribute_name(text: object, taken: Collection[str]) -> str:
    """``text`` as the name of a module's attribute that is neither torch's nor ``taken``."""
    name = identifier(text, "layer")
    if name in _OF_MODULES:
        name = f"{name}_layer"
    return unused(name, taken)


def class_name(text: object, taken: Collection[str]) -> str:
    """``text`` as the name of a class: ``text_encoder`` -> ``TextEncoder``."""
    words = identifier(text, "model").strip("_").split("_")
    name = "".join(word[:1].upper() + word[1:] for word in words if word)
    return unused(f"{name}Model" if hasattr(builtins, name) or name in _TAKEN else name, taken)


def unused(name: str, taken: Collection[str]) -> str:
    """``name``, with a number from 2 if it is taken."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = (
            f"{name}_{number}" if name[:1].islower() or name[-1:].isdigit() else name + str(number)
        )
    return found
