"""What the drop-ins ``tensorflow``, ``keras`` and ``tf_keras`` share."""
