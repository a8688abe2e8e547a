import torchkeras as keras


def test_experimental_names_are_the_present_optimizers():
    names = ("Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Nadam", "SGD")
    for name in (*names, "RMSprop", "Optimizer"):
        assert getattr(keras.optimizers.experimental, name) is getattr(keras.optimizers, name)
