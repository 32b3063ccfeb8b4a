"""The one tree of errors, and the exit code that each ends a command with; used everywhere.

    MoodlineError            1   something inside Moodline is wrong
    └── UserError            -   a sentence that names what to change; printed without a traceback
        ├── UsageError       2   an option or argument makes no sense
        ├── SettingsError    3   a setting is unknown or has a bad value
        ├── SourceError      4   a video is missing, empty, or cannot be read
        ├── OutputError      5   a report or a file cannot be written
        ├── StoreError       6   Redis cannot be reached or refuses
        ├── ModelError       7   a model file is missing, damaged, or of another kind
        ├── DataError        8   a data set given to train or evaluate is not as documented
        └── BrokerError     10   Kafka cannot be reached or refuses

`doctor` and `ledger` end with 9 when they found something wrong; Ctrl-C ends a command with 130, as shells
expect; but a run of live cameras, which has no other end, and a worker that ends in good order with 0.
"""

from typing import ClassVar

EXIT_OK = 0
EXIT_INTERNAL = 1
EXIT_USAGE = 2
EXIT_SETTINGS = 3
EXIT_SOURCE = 4
EXIT_OUTPUT = 5
EXIT_STORE = 6
EXIT_MODEL = 7
EXIT_DATA = 8
EXIT_UNHEALTHY = 9
EXIT_BROKER = 10
EXIT_INTERRUPTED = 130


class MoodlineError(Exception):
    """The base of all errors that Moodline raises itself."""

    exit_code: ClassVar[int] = EXIT_INTERNAL


class UserError(MoodlineError):
    """An error whose message is one clear sentence for the person at the keyboard."""


class UsageError(UserError):
    """Options or arguments that do not fit together."""

    exit_code = EXIT_USAGE


class SettingsError(UserError):
    """An unknown setting, or a value that its setting does not allow."""

    exit_code = EXIT_SETTINGS


class SourceError(UserError):
    """A video that is missing, empty, or cannot be decoded."""

    exit_code = EXIT_SOURCE


class OutputError(UserError):
    """A place that cannot be written."""

    exit_code = EXIT_OUTPUT


class StoreError(UserError):
    """A Redis that is not there, or refuses what it is asked."""

    exit_code = EXIT_STORE


class ModelError(UserError):
    """A model file that is missing, damaged, or belongs to another net."""

    exit_code = EXIT_MODEL


class DataError(UserError):
    """A data set that is missing or not in the documented form."""

    exit_code = EXIT_DATA


class BrokerError(UserError):
    """A Kafka broker that is not there, or refuses what it is asked."""

    exit_code = EXIT_BROKER
