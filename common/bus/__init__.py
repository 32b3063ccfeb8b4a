"""Buses: how messages get from one stage to the next."""
