import common.errors
from common.errors import MoodlineError, UserError


def subclasses(cls):
    for one in cls.__subclasses__():
        if one.__module__ == "common.errors":
            yield one
            yield from subclasses(one)


def test_every_mistake_of_a_user_has_an_exit_code_of_its_own():
    codes = [one.exit_code for one in subclasses(UserError)]
    assert len(codes) == 8
    assert len(set(codes)) == len(codes)
    assert not set(codes) & {0, MoodlineError.exit_code, common.errors.EXIT_UNHEALTHY, common.errors.EXIT_INTERRUPTED}


def test_exit_codes_are_those_of_the_documented_tree():
    for one in subclasses(UserError):
        (line,) = (text for text in common.errors.__doc__.splitlines() if one.__name__ in text)
        assert str(one.exit_code) in line.split()
