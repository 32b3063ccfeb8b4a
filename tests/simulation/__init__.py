"""The whole pipeline on a simulated bus, with faults at every step."""
