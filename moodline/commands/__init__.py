"""The commands, a file each; every one imports what is heavy inside its function, so that `--help` stays quick."""
