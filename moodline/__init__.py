"""The composition root: the command line, the embedded run, reports, evaluation; the only package that joins stages."""
