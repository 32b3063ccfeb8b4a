"""Measurements of speed; run by `moodline bench`, never by tests."""
