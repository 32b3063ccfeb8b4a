"""Ingest: recordings in, sampled frames out."""
