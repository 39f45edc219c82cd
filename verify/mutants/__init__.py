"""Would the unit tests notice a fault? Planted ones, one at a time, tell."""
