"""Live cameras: connections that come back by themselves, their health, clocks and turns; used by `run` and by workers."""
