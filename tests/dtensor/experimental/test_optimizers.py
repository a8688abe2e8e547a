import torchkeras


def test_optimizers_for_sharded_weights_are_the_present_ones():
    room = torchkeras.dtensor.experimental.optimizers
    for name in room.__all__:
        assert getattr(room, name) is getattr(torchkeras.optimizers, name)
