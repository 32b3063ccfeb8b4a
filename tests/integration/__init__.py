"""Real workers between a real broker and a real Redis, as processes that are stopped and killed."""
