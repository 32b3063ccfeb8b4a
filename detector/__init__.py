"""The detector stage: frames in, tracked faces with crops out."""
