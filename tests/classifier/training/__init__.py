"""Tests of the training of the expression net."""
