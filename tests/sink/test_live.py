"""The sink and live cameras: one stream over all epochs, clocks that step back, models that change."""

from tests.sink.builders import START_MS, feed, frame, opened, recording, sink


def test_a_live_camera_keeps_one_readings_stream_over_all_its_epochs(client, reader):
    stage = sink(client)
    feed(stage, recording(1, epoch="1", mode="live")[:-1])
    feed(stage, recording(2, epoch="2", mode="live", start_ms=START_MS + 60_000))
    assert client.xlen("moodline:{shop}:readings") == 120
    assert [len(list(reader.frames("shop", name))) for name in ("1", "2")] == [60, 60]
    assert {one.track.split("-")[1] for one in reader.tracks("shop")} == {"1", "2"}


def test_a_live_clock_that_steps_back_sends_frames_to_late_and_counts_them(client, reader):
    stage = sink(client)
    feed(stage, recording(1, epoch="1", mode="live", people=1))
    feed(stage, [opened(epoch="2", mode="live"), frame(0, START_MS + 50, epoch="2", mode="live")])
    assert (stage.counters.late, reader.late("shop")) == (1, 1)


def test_a_live_camera_under_a_new_model_goes_on_and_loses_nothing(client, reader):
    stage, messages = sink(client), recording(1, mode="live", recipe="old")
    feed(stage, messages[:31])
    feed(stage, recording(1, mode="live", recipe="new")[31:])
    assert len(list(reader.frames("shop", "e1"))) == 60
