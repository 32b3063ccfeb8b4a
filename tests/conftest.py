"""Settings of all tests: generated cases have no deadline, because a busy machine must not fail a test."""

from hypothesis import settings

settings.register_profile("moodline", deadline=None)
settings.load_profile("moodline")
