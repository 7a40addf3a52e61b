# Configuration of the ptq regression tests; see lit.site.cfg.py.in for paths.
import os

import lit.formats

config.name = "PTQ"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test", ".py"]
config.excludes = ["lit.cfg.py", "Inputs", "CMakeLists.txt", "unit"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.ptq_obj_root, "test")
config.environment["PATH"] = os.pathsep.join(
    [os.path.join(config.ptq_obj_root, "bin"), config.llvm_tools_dir, os.environ["PATH"]]
)
config.substitutions.append(("%python", config.python))
config.substitutions.append(("%inputs", os.path.join(config.test_source_root, "Inputs")))
config.substitutions.append(("%mlir_lib_dir", os.path.join(os.path.dirname(config.llvm_tools_dir), "lib")))

# Features that tests may require.
with open("/proc/cpuinfo") as cpuinfo:
    flags = next((line.split() for line in cpuinfo if line.startswith(("flags", "Features"))), [])
for feature in ("avx2", "fma", "avx512_vnni", "avx_vnni"):
    if feature in flags:
        config.available_features.add(feature)
