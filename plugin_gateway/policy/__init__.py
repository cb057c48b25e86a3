"""What may pass: the allow-list, the routes, the gate. Pure decisions over plain values."""
