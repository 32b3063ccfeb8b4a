"""The classifier stage: face crops in, apparent-expression probabilities out."""
