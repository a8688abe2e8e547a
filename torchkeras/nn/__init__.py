"""Pure torch: modules and functions that torch lacks; nothing here knows of Keras."""
