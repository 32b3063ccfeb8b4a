"""How people deploy it: the compose files, the images, the extras, and Redis and Kafka with users and TLS."""
