"""The sink: readings become one series for each tracked face, and minutes for each camera, in Redis."""
