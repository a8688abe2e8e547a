import torchkeras as keras


def test_legacy_names_are_the_present_optimizers():
    for name in ("Adadelta", "Adagrad", "Adam", "Adamax", "Ftrl", "Nadam", "RMSprop", "SGD"):
        assert getattr(keras.optimizers.legacy, name) is getattr(keras.optimizers, name)
    assert keras.optimizers.legacy.Optimizer is keras.optimizers.Optimizer
