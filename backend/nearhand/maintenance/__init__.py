"""What was done to a device, by whom, and when."""
