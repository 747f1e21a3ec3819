"""``python -m tallystick.demo``"""

import sys

from . import main

sys.exit(main(sys.argv[1:]))
