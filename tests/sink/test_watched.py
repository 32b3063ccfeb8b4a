import pytest
import redis

from sink.watched import read_watched


def test_reads_are_answered_in_their_order(client):
    client.set("a", "1")
    client.hset("h", mapping={"x": "2"})
    with client.pipeline() as pipe:
        pipe.watch("a", "h")
        found = read_watched(pipe, [("GET", "a"), ("HGETALL", "h"), ("HMGET", "h", "x", "y"), ("GET", "none")])
    assert found == [b"1", {b"x": b"2"}, [b"2", None], None]


def test_a_change_of_what_was_read_refuses_the_transaction(client):
    with client.pipeline() as pipe:
        pipe.watch("a")
        assert read_watched(pipe, [("GET", "a")]) == [None]
        client.set("a", "1")
        pipe.multi()
        pipe.set("b", "2")
        with pytest.raises(redis.WatchError):
            pipe.execute()


def test_after_a_read_that_is_refused_the_connection_is_where_it_should_be(client):
    client.set("a", "1")
    with client.pipeline() as pipe:
        pipe.watch("a")
        with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
            read_watched(pipe, [("GET", "a"), ("HGETALL", "a"), ("GET", "a")])
        assert pipe.get("a") == b"1"
