import torchkeras
from torchkeras.saving import legacy


def test_the_functions_are_those_of_saving():
    room = torchkeras.legacy.saving
    assert room.serialize_keras_object is legacy.serialize_keras_object
    assert room.deserialize_keras_object is legacy.deserialize_keras_object
