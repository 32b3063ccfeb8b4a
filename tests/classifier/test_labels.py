from classifier.labels import FER2013_LABELS, FER2013_TO_LABELS, FERPLUS_LABELS, FERPLUS_TO_LABELS, LABELS


def test_both_heads_are_brought_into_the_order_of_the_readings():
    assert tuple(FER2013_LABELS[column] for column in FER2013_TO_LABELS) == LABELS
    assert tuple(FERPLUS_LABELS[column] for column in FERPLUS_TO_LABELS) == LABELS


def test_only_contempt_is_left_out():
    assert set(FERPLUS_LABELS) - set(LABELS) == {"contempt"}
    assert set(FER2013_LABELS) == set(LABELS)
