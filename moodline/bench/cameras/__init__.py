"""Measurements of live cameras, which are servers on this machine that fail on command; run by `moodline bench`."""
