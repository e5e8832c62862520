"""Live support: participants, annotations, chat and signals."""
