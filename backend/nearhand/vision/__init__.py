"""Pure functions on images: read labels, find tags, estimate poses, project."""
