"""Fix what is drawn on a picture to the device it was drawn on."""
