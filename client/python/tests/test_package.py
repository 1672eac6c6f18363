# SPDX-License-Identifier: Apache-2.0
"""What users install: a pure wheel, built without a network, that works alone, with one version everywhere."""
import glob
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
import unittest
import zipfile

import support
import signer_client

PACKAGE = os.path.join(support.SOURCE, "client", "python")


def needs(*modules):
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    return unittest.skipIf(missing, f"missing modules: {', '.join(missing)}")


class Package(support.ClientTest):
    def test_the_version_is_that_of_the_project(self):
        with open(os.path.join(PACKAGE, "pyproject.toml"), "rb") as file:
            version = tomllib.load(file)["project"]["version"]
        cmake = support.fixture.read_file(os.path.join(support.SOURCE, "CMakeLists.txt")).decode()
        self.assertEqual({version, signer_client.__version__},
                         {re.search(r"^project\(signer VERSION (\S+)", cmake, re.M)[1]})

    @needs("pip", "setuptools", "wheel")
    def test_a_wheel_is_built_without_a_network_and_works_alone(self):
        source = shutil.copytree(PACKAGE, self.path("source"), ignore=shutil.ignore_patterns("__pycache__"))
        subprocess.run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index",
                        "--no-build-isolation", "--no-cache-dir", "--wheel-dir", self.path("wheels"), source],
                       check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=support.TIMEOUT)
        (wheel,) = glob.glob(self.path("wheels/*"))
        self.assertRegex(wheel, r"/signer_client-[0-9.]+-py3-none-any\.whl$")
        with zipfile.ZipFile(wheel) as file:
            names = set(file.namelist())
        sources = {f"signer_client/{name}" for name in os.listdir(f"{PACKAGE}/signer_client")
                   if name.endswith((".py", ".typed"))}
        self.assertEqual({name for name in names if ".dist-info/" not in name}, sources)
        program = "import signer_client, signer_client.aio; print(signer_client.__file__)"
        said = subprocess.run([sys.executable, "-P", "-c", program], env={**os.environ, "PYTHONPATH": wheel}, text=True,
                              stdout=subprocess.PIPE, check=True, cwd=self.directory).stdout
        self.assertTrue(said.startswith(wheel), said)

    @needs("mypy", "cryptography")
    def test_the_types_are_strict(self):
        done = subprocess.run([sys.executable, "-m", "mypy", "--cache-dir", self.path("cache")], cwd=PACKAGE, text=True,
                              stdout=subprocess.PIPE, timeout=4 * support.TIMEOUT)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_cryptography_is_imported_by_its_module_alone(self):
        program = "import sys, signer_client; sys.exit('cryptography' in sys.modules)"
        subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, "PYTHONPATH": PACKAGE})

    def test_the_example_of_the_page_runs(self):
        page = support.fixture.read_file(os.path.join(PACKAGE, "README.md")).decode()
        signer = self.signer(self.keystore(), vaults=1)
        programs = re.findall(r"^```python\n(.*?)^```$", page, re.M | re.S)
        self.assertGreater(len(programs), 2)
        for program in programs:
            if "cryptography" in program and importlib.util.find_spec("cryptography") is None:
                continue
            done = subprocess.run([sys.executable, "-W", "error::ResourceWarning", "-c", program], text=True,
                                  env={**os.environ, "PYTHONPATH": PACKAGE, "SIGNER_SOCKET": signer.socket},
                                  capture_output=True, cwd=self.directory, timeout=support.TIMEOUT)
            self.assertEqual((done.returncode, done.stderr), (0, ""), program)


if __name__ == "__main__":
    unittest.main()
