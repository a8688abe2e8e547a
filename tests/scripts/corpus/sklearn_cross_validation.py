# Keras models beside scikit-learn: scaling, folds, class weights, reports.
import numpy as np
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.metrics import confusion_matrix, roc_auc_score
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.preprocessing import LabelBinarizer, StandardScaler
from sklearn.utils.class_weight import compute_class_weight
from tensorflow.keras.callbacks import ReduceLROnPlateau
from tensorflow.keras.layers import Dense, Dropout, Input
from tensorflow.keras.models import Sequential
from tensorflow.keras.optimizers import Adam

iris = load_iris()
x = StandardScaler().fit_transform(iris.data)
y = LabelBinarizer().fit_transform(iris.target)
losses = []
for train, test in StratifiedKFold(3, shuffle=True, random_state=1).split(x, iris.target):
    model = Sequential([Input((4,)), Dense(10, activation="tanh"), Dense(3, activation="softmax")])
    model.compile(loss="categorical_crossentropy", optimizer=Adam(learning_rate=0.04), metrics=["accuracy"])
    model.fit(x[train], y[train], epochs=3, verbose=0, batch_size=20)
    losses.append(model.evaluate(x[test], y[test], verbose=0)[0])
print(np.mean(losses), np.std(losses))

cancer = load_breast_cancer()
x_train, x_test, y_train, y_test = train_test_split(cancer.data, cancer.target, test_size=0.25, random_state=2)
scaler = StandardScaler().fit(x_train)
weights = compute_class_weight("balanced", classes=np.unique(y_train), y=y_train)
model = Sequential()
model.add(Input(shape=(30,)))
model.add(Dense(16, activation="relu"))
model.add(Dropout(0.2))
model.add(Dense(1, activation="sigmoid"))
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
history = model.fit(scaler.transform(x_train), y_train, epochs=4, class_weight=dict(enumerate(weights)), verbose=0,
                    validation_data=(scaler.transform(x_test), y_test), callbacks=[ReduceLROnPlateau(patience=1)])
print(history.history["loss"])
scores = model.predict(scaler.transform(x_test), verbose=0).ravel()
print(roc_auc_score(y_test, scores), confusion_matrix(y_test, scores > 0.5).sum())
