"""What arithmetic says of numbers that cannot be true; who read them says where they come from."""


class Impossible(ValueError):
    """Parts that do not add up, a rate without a time, a number with more decimals than there are."""
