"""Tests of the detector stage."""
