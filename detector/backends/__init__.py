"""The face detectors that can stand in MediaPipe's place, each behind `detector.finder.Finder`, chosen by a setting."""
