"""What the gateway answers itself: the faces of a revision to the public, health and metrics to the operator."""
