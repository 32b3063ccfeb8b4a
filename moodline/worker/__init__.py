"""The workers: stages as processes of their own, between Kafka and Redis."""
