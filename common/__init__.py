"""What every stage shares: messages, buses, the stage contract, settings, errors, logs and the crop rule."""
