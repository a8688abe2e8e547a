"""Objects that are made again from their attributes."""

import copy
import pickle
import weakref

from torchkeras.core.remembered import Remembered


class Part:
    __slots__ = ("__dict__", "__weakref__", "whole")


def part(text):
    made = Part()
    made.text = text
    return made


def test_an_object_that_somebody_holds_is_given_back_itself():
    held = part("first")
    assert Remembered(held).get() is held


def test_an_object_that_is_gone_is_made_again_with_its_latest_attributes():
    held = part("first")
    remembered, gone = Remembered(held), weakref.ref(held)
    held.text, held.more = "second", 2
    del held
    assert gone() is None
    again = remembered.get(whole="the whole")
    assert (type(again), again.text, again.more, again.whole) == (Part, "second", 2, "the whole")
    again.text = "third"
    assert remembered.get() is again
    del again
    assert remembered.get().text == "third"


def test_slots_are_not_remembered():
    held = part("first")
    held.whole = "the whole"
    remembered = Remembered(held)
    del held
    assert not hasattr(remembered.get(), "whole")


def test_copies_remember_for_themselves():
    held = part(["a list"])
    remembered = Remembered(held)
    for copied in (copy.deepcopy(remembered), pickle.loads(pickle.dumps(remembered))):
        assert copied.get().text == ["a list"]
        assert copied.get().text is not held.text
