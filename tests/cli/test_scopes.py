import ast

import pytest

from torchkeras.cli.scopes import (
    Instance,
    OwnClass,
    OwnFunction,
    Scope,
    assigned_to_self,
    attribute_of,
    either,
    names_bound_in,
    result_of,
)


def test_attributes_and_calls_extend_a_path():
    assert attribute_of("tensorflow", "keras") == "tensorflow.keras"
    assert result_of("keras.Sequential") == "keras.Sequential()"
    assert attribute_of(None, "x") is None
    assert result_of(None) is None
    assert result_of(OwnFunction("keras.Sequential()")) == "keras.Sequential()"


def test_what_a_class_of_the_file_does_not_define_is_its_bases():
    own = OwnClass(["keras.Model"], defined={"call"}, attributes={"head": "keras.layers.Dense()"})
    model = result_of(own)
    assert attribute_of(model, "fit") == "keras.Model().fit"
    assert attribute_of(model, "call") is None
    assert attribute_of(model, "head") == "keras.layers.Dense()"
    assert attribute_of(Instance(own, is_super=True), "call") == "keras.Model().call"
    derived = Instance(OwnClass([own]))
    assert attribute_of(derived, "fit") == "keras.Model().fit"
    assert attribute_of(derived, "call") is None
    assert attribute_of(Instance(OwnClass([own]), is_super=True), "call") is None


def test_nothing_is_said_of_classes_with_bases_unknown():
    assert attribute_of(Instance(OwnClass([None])), "fit") is None
    assert attribute_of(Instance(OwnClass(["keras.Model", None])), "fit") is None
    assert attribute_of(Instance(OwnClass(["keras.Model"], is_open=True)), "fit") is None


def test_attributes_assigned_in_two_ways_are_unknown():
    own = OwnClass(["keras.Model"])
    own.remember("a", "keras.layers.Dense()")
    own.remember("a", "keras.layers.Dense()")
    assert own.assigned("a") == (True, "keras.layers.Dense()")
    own.remember("a", None)
    assert own.assigned("a") == (True, None)


def test_methods_do_not_see_the_names_of_their_class():
    module = Scope("module", names={"tf": "tensorflow"})
    inside = Scope("function", Scope("class", module, {"tf": None, "x": None}))
    assert inside.find("tf") == (True, "tensorflow")
    assert inside.find("x") == (False, None)


@pytest.mark.parametrize(
    "first, second, expected",
    [
        ("keras", "keras", "keras"),
        ("keras", "tensorflow.keras", "keras"),
        (None, "tensorflow.keras", "tensorflow.keras"),
        ("keras.Sequential()", None, None),
        (None, None, None),
    ],
)
def test_branches_meet(first, second, expected):
    assert either(first, second) == expected


def test_names_that_a_function_binds():
    text = """
import a.b, c as d
x = 1; y += 2; (z, *w) = q
for i in j: pass
with k as m: pass
try: pass
except E as e: pass
def f(): inner = 1
class G: other = 2
global p; p = 3
[n for n in range(3)]
if (o := 3): pass
match v:
    case {"k": r, **s}: pass
"""
    names = names_bound_in(ast.parse(text).body)
    assert "".join(sorted(names)) == "Gadefimorswxyz"


def test_attributes_that_methods_assign():
    (definition,) = ast.parse("class A:\n def f(me, o):\n  me.x = o.y = me.z.w = 1").body
    assert assigned_to_self(definition) == {"x"}
