"""The ledger: every sampled frame accounted for, from the messages themselves; used by `moodline ledger`."""
