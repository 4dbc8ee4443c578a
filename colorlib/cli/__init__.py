"""The command line: ``colorlib colorize``, ``train``, ``evaluate`` and the others."""
