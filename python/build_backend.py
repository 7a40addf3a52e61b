# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""PEP 517 backend: CMake makes the package, this file makes it a wheel.

Where scikit-build-core is installed, it does the work instead. Else, of
`pip install . --config-settings NAME=VALUE`, `build-dir` names a folder that is
kept, to build less the next time, and all others become definitions of CMake,
such as PTQ_DIR. The variable CMAKE_ARGS holds more of its arguments.
"""

import base64
import hashlib
import os
import pathlib
import shlex
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile

HERE = pathlib.Path(__file__).parent

try:
    from scikit_build_core import build as _skbuild
except ImportError:
    _skbuild = None


def _project():
    """The table [project]; Python 3.9 and 3.10 have no reader of TOML."""
    text = (HERE / "pyproject.toml").read_text().split("[project]")[1].split("\n[")[0]
    table = dict(line.split(" = ", 1) for line in text.strip().splitlines())
    return {key: value.strip('"') for key, value in table.items()}


def _tag():
    version = f"cp{sys.version_info.major}{sys.version_info.minor}"
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    return f"{version}-{version}-{platform}"


def _build(folder, destination, settings):
    """Configures, builds and installs the package to `destination`."""
    definitions = [f"-D{key}={value}" for key, value in settings.items()]
    configure = ["cmake", "-S", str(HERE), "-B", str(folder), f"-DPython3_EXECUTABLE={sys.executable}"]
    if subprocess.run(["ninja", "--version"], capture_output=True, check=False).returncode == 0:
        configure += ["-G", "Ninja"]
    configure += definitions + shlex.split(os.environ.get("CMAKE_ARGS", ""))
    for command in (
        configure,
        ["cmake", "--build", str(folder), "--target", "ptq-python"],
        ["cmake", "--install", str(folder), "--component", "python", "--prefix", str(destination)],
    ):
        subprocess.run(command, check=True, stdout=sys.stderr)


def _metadata():
    project = _project()
    metadata = (
        f"Metadata-Version: 2.1\nName: ptq\nVersion: {project['version']}\nSummary: {project['description']}\n"
        f"License: Apache-2.0 WITH LLVM-exception\nRequires-Python: {project['requires-python']}\nRequires-Dist: numpy\n"
    )
    wheel = f"Wheel-Version: 1.0\nGenerator: ptq\nRoot-Is-Purelib: false\nTag: {_tag()}\n"
    return {"METADATA": metadata.encode(), "WHEEL": wheel.encode(), "top_level.txt": b"ptq\n"}


def _write_wheel(path, files):
    """Writes `files`, contents by name, and the record of them."""
    record = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:

        def write(name, content):
            entry = zipfile.ZipInfo(name)  # no time: the same files, the same wheel
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)

        for name, content in sorted(files.items()):
            write(name, content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            record.append(f"{name},sha256={digest},{len(content)}\n")
        name = _info_name() + "/RECORD"
        write(name, ("".join(record) + f"{name},,\n").encode())


def _info_name():
    return f"ptq-{_project()['version']}.dist-info"


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    if _skbuild:
        return _skbuild.prepare_metadata_for_build_wheel(metadata_directory, config_settings)
    folder = pathlib.Path(metadata_directory, _info_name())
    folder.mkdir()
    for name, content in _metadata().items():
        (folder / name).write_bytes(content)
    return folder.name


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    if _skbuild:
        return _skbuild.build_wheel(wheel_directory, config_settings, metadata_directory)
    settings = dict(config_settings or {})
    with tempfile.TemporaryDirectory(prefix="ptq-build-") as name:
        folder = settings.pop("build-dir", None) or pathlib.Path(name, "build")
        destination = pathlib.Path(name, "install")
        _build(folder, destination, settings)
        files = {
            str(path.relative_to(destination)): path.read_bytes() for path in destination.rglob("*") if path.is_file()
        }
    if not any(name.startswith("ptq/_ptq.") for name in files):
        raise RuntimeError(f"expects ptq/_ptq in what CMake installed, but got {sorted(files)}")
    files.update({f"{_info_name()}/{key}": value for key, value in _metadata().items()})
    wheel = f"ptq-{_project()['version']}-{_tag()}.whl"
    _write_wheel(pathlib.Path(wheel_directory, wheel), files)
    return wheel


def build_sdist(sdist_directory, config_settings=None):
    """The sources of the package alone: to build them takes an installed ptq."""
    if _skbuild:
        return _skbuild.build_sdist(sdist_directory, config_settings)
    root = f"ptq-{_project()['version']}"
    with tempfile.TemporaryDirectory() as name:
        info = pathlib.Path(name, "PKG-INFO")
        info.write_bytes(_metadata()["METADATA"])
        with tarfile.open(pathlib.Path(sdist_directory, f"{root}.tar.gz"), "w:gz") as archive:
            archive.add(info, f"{root}/PKG-INFO")
            for part in ("CMakeLists.txt", "build_backend.py", "pyproject.toml", "ptq", "src"):
                archive.add(HERE / part, f"{root}/{part}", filter=_without_caches)
    return f"{root}.tar.gz"


def _without_caches(entry):
    return None if "__pycache__" in entry.name else entry
