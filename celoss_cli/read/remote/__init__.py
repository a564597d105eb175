"""Files that are no files of this machine: objects in stores, and what web servers answer."""
