"""Training and evaluation of the expression net; never imported by the serving stage."""
