# Sequence to sequence with LSTM states: one training model, two inference models.
import numpy as np
from tensorflow.keras.layers import LSTM, Dense, Input, RepeatVector, TimeDistributed
from tensorflow.keras.models import Model, Sequential

rng = np.random.RandomState(11)
num_tokens, max_len, latent_dim = 8, 6, 24
digits = rng.randint(1, num_tokens, size=(200, max_len))
encoder_input_data = np.eye(num_tokens, dtype="float32")[digits]
decoder_target_data = np.eye(num_tokens, dtype="float32")[digits[:, ::-1]]
decoder_input_data = np.zeros_like(decoder_target_data)
decoder_input_data[:, 0, 0] = 1.0
decoder_input_data[:, 1:] = decoder_target_data[:, :-1]

encoder_inputs = Input(shape=(None, num_tokens))
encoder = LSTM(latent_dim, return_state=True)
encoder_outputs, state_h, state_c = encoder(encoder_inputs)
encoder_states = [state_h, state_c]
decoder_inputs = Input(shape=(None, num_tokens))
decoder_lstm = LSTM(latent_dim, return_sequences=True, return_state=True)
decoder_outputs, _, _ = decoder_lstm(decoder_inputs, initial_state=encoder_states)
decoder_dense = Dense(num_tokens, activation="softmax")
decoder_outputs = decoder_dense(decoder_outputs)
model = Model([encoder_inputs, decoder_inputs], decoder_outputs)
model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
model.fit([encoder_input_data, decoder_input_data], decoder_target_data, batch_size=50, epochs=3, validation_split=0.2)

encoder_model = Model(encoder_inputs, encoder_states)
decoder_state_input_h = Input(shape=(latent_dim,))
decoder_state_input_c = Input(shape=(latent_dim,))
decoder_states_inputs = [decoder_state_input_h, decoder_state_input_c]
decoder_outputs, state_h, state_c = decoder_lstm(decoder_inputs, initial_state=decoder_states_inputs)
decoder_model = Model([decoder_inputs] + decoder_states_inputs, [decoder_dense(decoder_outputs), state_h, state_c])


def decode_sequence(input_seq):
    states_value = encoder_model.predict(input_seq, verbose=0)
    target_seq = np.zeros((1, 1, num_tokens))
    target_seq[0, 0, 0] = 1.0
    decoded = []
    while len(decoded) < max_len:
        output_tokens, h, c = decoder_model.predict([target_seq] + states_value, verbose=0)
        sampled = np.argmax(output_tokens[0, -1, :])
        decoded.append((int(sampled), float(output_tokens.max())))
        target_seq = np.zeros((1, 1, num_tokens))
        target_seq[0, 0, sampled] = 1.0
        states_value = [h, c]
    return decoded


print(decode_sequence(encoder_input_data[:1]))

# The addition model: repeat the code, a distributed output.
model = Sequential()
model.add(LSTM(16, input_shape=(max_len, num_tokens)))
model.add(RepeatVector(max_len))
model.add(LSTM(16, return_sequences=True))
model.add(TimeDistributed(Dense(num_tokens, activation="softmax")))
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.summary()
for iteration in range(2):
    model.fit(encoder_input_data, decoder_target_data, batch_size=64, epochs=1, verbose=0)
print(model.evaluate(encoder_input_data, decoder_target_data, verbose=0))
