"""Sites, racks, device types, devices and their labels."""
