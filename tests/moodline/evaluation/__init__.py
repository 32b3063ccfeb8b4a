"""Tests of moodline/evaluation."""
