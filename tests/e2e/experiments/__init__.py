"""V1 to V9: what is known beforehand, against the figures that come out."""
