"""The example: an order desk's API as many are, old, wide and trusted with everything, to put the gateway in front of."""
