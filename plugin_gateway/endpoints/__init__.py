"""The endpoints that the gateway serves itself: faces for clients, health and metrics for operators."""
