"""Live cameras: connections that come back by themselves, their health, their clocks and their turns."""
