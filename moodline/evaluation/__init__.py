"""Measures of the whole path against labelled pictures and footage; pure functions, used by `moodline evaluate`."""
