"""Tests of moodline."""
