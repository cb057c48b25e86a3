"""The APIs themselves: small apps that say which route a request reached, one for each way servers read paths."""
