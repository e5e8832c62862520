"""Labels: the printed identity of a device, and the tags beside it."""
