"""The cameras that are to be read live: which there are, who holds each, and how they are."""
