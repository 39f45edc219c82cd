"""V1 to V14: what is known beforehand, against the figures that come out."""
