"""Reading: where the text of a document comes from, and what it refers to beside it."""
