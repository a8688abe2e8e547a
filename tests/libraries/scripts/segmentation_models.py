"""segmentation-models: three architectures with a loss and a score of the library."""

import os

os.environ["SM_FRAMEWORK"] = "tf.keras"

import numpy as np
import segmentation_models as sm

draw = np.random.default_rng(0)
x = draw.uniform(size=(4, 64, 64, 3)).astype("float32")
y = (draw.uniform(size=(4, 64, 64, 1)) > 0.5).astype("float32")
for architecture in (sm.Unet, sm.FPN, sm.Linknet):
    model = architecture(
        "resnet18", encoder_weights=None, input_shape=(64, 64, 3), classes=1, activation="sigmoid"
    )
    model.compile("adam", loss=sm.losses.bce_jaccard_loss, metrics=[sm.metrics.iou_score])
    history = model.fit(x, y, batch_size=2, verbose=0).history
    assert 0 < history["iou_score"][0] < 1, history
    assert model.predict(x[:1], verbose=0).shape == (1, 64, 64, 1)
print("done")
