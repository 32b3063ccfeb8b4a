"""What a run leaves for people to look at: one page of figures and charts, and an annotated video."""
