"""Every camera has its slot once and for all."""

from ingest.slots import Slots


def test_cameras_take_the_slots_in_the_order_in_which_they_come(client):
    slots = Slots(client, "moodline")
    assert [slots.slot(camera) for camera in ("door", "till", "aisle")] == [0, 1, 2]


def test_a_camera_keeps_its_slot_whoever_asks(client):
    Slots(client, "moodline").slot("door")
    Slots(client, "moodline").slot("till")
    assert Slots(client, "moodline").slot("door") == 0


def test_another_prefix_counts_for_itself(client):
    Slots(client, "one").slot("door")
    assert Slots(client, "two").slot("till") == 0
