"""The report of a loss as a document: its JSON, its view for people, its page."""
