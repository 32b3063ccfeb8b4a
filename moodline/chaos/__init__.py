"""Cameras and networks that fail on purpose; used by tests and measurements of live cameras, never by a stage."""
