"""Giving live cameras another expression net without a restart."""
