"""The Python field client: a camera, a window, no browser."""
