# Runs each test of each GoogleTest program below this folder of the build.
import os

import lit.formats

config.name = "PTQ-Unit"
config.suffixes = []
config.test_source_root = os.path.join(config.ptq_obj_root, "test", "unit")
config.test_exec_root = config.test_source_root
config.test_format = lit.formats.GoogleTest(".", "Tests")
