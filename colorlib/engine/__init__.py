"""What drives a training: checkpoints, the optimizer, number formats, processes."""
