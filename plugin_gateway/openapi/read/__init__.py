"""Reading: getting the text of a document, and the files that it refers to."""
