"""The hall in a box: synthetic racks, cameras, telemetry and robots."""
