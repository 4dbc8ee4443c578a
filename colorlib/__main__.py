"""``python -m colorlib`` is the command `colorlib`."""

import sys

from .cli.parser import main

sys.exit(main())
