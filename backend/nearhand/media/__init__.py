"""Stills: pictures from the field, checked and kept by content."""
