"""Tests of moodline.nets."""
