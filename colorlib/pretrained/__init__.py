"""The network that colors any photograph: ImageNet's features, and the course's own method."""
