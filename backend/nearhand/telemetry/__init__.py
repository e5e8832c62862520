"""Series of samples: measured quantities of devices over time."""
