"""Tests of moodline.report."""
