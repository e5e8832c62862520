"""Other servers that pass messages between rooms, and the load that all of them get."""
