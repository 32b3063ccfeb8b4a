"""The thesis's experiments, done again for real: each answers a question, and its page says what came out."""
