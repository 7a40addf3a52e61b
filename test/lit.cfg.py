# Configuration of the ptq regression tests; lit.site.cfg.py.in has the paths.
import importlib.util
import os
import pathlib
import shutil

import lit.formats

config.name = "PTQ"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test", ".py"]
config.excludes = ["lit.cfg.py", "Inputs", "CMakeLists.txt"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.ptq_obj_root, "test")
config.environment["PATH"] = os.pathsep.join(
    [os.path.join(config.ptq_obj_root, "bin"), config.llvm_tools_dir, os.environ["PATH"]]
)
config.substitutions += [
    # What a stack without ptq does with the linalg that it gets from us: compile
    # standard input and run its @main. Its substitutions are made below.
    (
        "%stock-run",
        "mlir-opt --one-shot-bufferize='bufferize-function-boundaries"
        " function-boundary-type-conversion=identity-layout-map'"
        " --buffer-deallocation-pipeline --convert-bufferization-to-memref"
        " --convert-linalg-to-loops --expand-strided-metadata --lower-affine"
        " --convert-scf-to-cf --convert-to-llvm --reconcile-unrealized-casts"
        " | mlir-runner -e main --entry-point-result=void"
        " --shared-libs=%mlir_lib_dir/libmlir_runner_utils.so"
        " --shared-libs=%mlir_lib_dir/libmlir_c_runner_utils.so",
    ),
    # Stock mlir-opt that knows ptq, as an installed plugin.
    ("%plugin-opt", "mlir-opt --load-dialect-plugin=%plugin --load-pass-plugin=%plugin"),
    ("%plugin", os.path.join(config.ptq_obj_root, "installed", config.ptq_libdir, "PTQPlugin.so")),
    ("%python", config.python),
    ("%inputs", os.path.join(config.test_source_root, "Inputs")),
    ("%src_dir", config.ptq_src_root),
    ("%build_dir", config.ptq_obj_root),
    (
        "%cmake_env",
        f"CMAKE_GENERATOR=Ninja CMAKE_BUILD_TYPE=Debug CXX={config.cxx} CC={config.cc}"
        f" CMAKE_CXX_COMPILER_LAUNCHER={config.compiler_launcher} CMAKE_PREFIX_PATH=%prefix",
    ),
    (
        "%cmake",
        f"cmake -G Ninja -DCMAKE_MAKE_PROGRAM={config.ninja} -DCMAKE_BUILD_TYPE=Debug"
        f" -DCMAKE_CXX_COMPILER={config.cxx} -DCMAKE_C_COMPILER={config.cc}"
        f" -DCMAKE_CXX_COMPILER_LAUNCHER={config.compiler_launcher}",
    ),
    ("%prefix_lib", os.path.join(config.ptq_obj_root, "installed", config.ptq_libdir)),
    ("%prefix", os.path.join(config.ptq_obj_root, "installed")),
    ("%mlir_lib_dir", os.path.join(os.path.dirname(config.llvm_tools_dir), "lib")),
]

# What did not change since the last run of the tests is not compiled again.
config.environment["PTQ_CODE_CACHE"] = os.path.join(config.test_exec_root, "code-cache")

config.environment["PYTHONPATH"] = os.path.join(config.ptq_src_root, "python")

# What the machine has, for tests that require it.
with open("/proc/cpuinfo") as cpuinfo:
    flags = next((line.split() for line in cpuinfo if line.startswith(("flags", "Features"))), [])
config.available_features |= {"avx2", "fma", "avx512_vnni", "avx_vnni"} & set(flags)
for feature, program in {
    "clang-format": "clang-format-22",
    "qemu-aarch64": "qemu-aarch64",
    "chromium": "chromium",
}.items():
    if shutil.which(program):
        config.available_features.add(feature)
if config.ptq_has_onednn:
    config.available_features.add("onednn")
if config.ptq_has_onnx:
    config.available_features.add("has-onnx")
    if importlib.util.find_spec("onnx"):  # to make models with
        config.available_features.add("onnx")
if os.path.exists(os.path.join(config.ptq_src_root, ".git")) and shutil.which("git"):
    config.available_features.add("git")

# The build installs itself for tests of the ways into ptq (test/CMakeLists.txt).
def is_installed():
    build = pathlib.Path(config.ptq_obj_root)
    stamp = build / "installed.stamp"
    if not stamp.exists():
        return False
    products = [*build.glob("bin/*"), *build.glob("lib/*.*"), *build.glob("python/ptq/*.so")]
    return all(path.stat().st_mtime <= stamp.stat().st_mtime for path in products)


if is_installed():
    config.available_features.add("install")
elif not config.ptq_sanitize:
    lit_config.note("tests that require `install` need `ninja ptq-installed` first: the prefix is missing or outdated")

if config.ptq_sanitize:
    config.available_features.add("sanitizer")
    # libMLIR.so is not instrumented: it would not unpoison the blocks of an
    # allocator that our code poisons through a header of LLVM.
    config.environment["ASAN_OPTIONS"] = "allow_user_poisoning=0"
    config.environment["UBSAN_OPTIONS"] = "print_stacktrace=1"

# The TinyStories model of 260 000 parameters is not part of the project.
stories260k = os.environ.get(
    "PTQ_STORIES260K", os.path.join(config.ptq_src_root, "..", "shared", "models", "stories260K")
)
if os.path.exists(os.path.join(stories260k, "config.json")):
    config.available_features.add("stories260k")
    config.substitutions.append(("%stories260k", os.path.realpath(stories260k)))
