"""The one loop over the data, and what is collected on the way."""
