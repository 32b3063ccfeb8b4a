"""The tests of Moodline."""
