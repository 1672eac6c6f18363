# SPDX-License-Identifier: Apache-2.0
"""Programs of users: a daemon with a key of the signer, and an openssl.cnf for the provider."""
import os
import subprocess

from . import signer_fixture as fixture

LIB = os.path.realpath(os.environ.get("LIB", os.path.join(os.path.dirname(fixture.BUILT), "lib")))

CONFIGURATION = """
openssl_conf = openssl_init
[openssl_init]
providers = provider_list
[provider_list]
default = default_provider
signer = signer_provider
[default_provider]
activate = 1
[signer_provider]
module = {module}
activate = 1
{settings}
"""


def configuration(test, settings=""):
    """An openssl.cnf with the provider, and these lines in its section."""
    test.counter += 1
    return test.file(f"openssl-{test.counter}.cnf",
                     CONFIGURATION.format(module=f"{LIB}/signer.so", settings=settings).encode())


def openssl_environment(configuration_path, **variables):
    """What a program needs that has its settings from the file alone, and from these variables."""
    rest = {name: value for name, value in os.environ.items() if not name.startswith("SIGNER_")}
    return {**rest, "OPENSSL_CONF": configuration_path, **variables}


class Caller:
    """A program with a key of the signer: every call is one line to it and one line of its answer."""

    def __init__(self, test, way, settings="", **variables):
        self.process = subprocess.Popen(
            [f"{fixture.TOOLS}/key_caller", way, "signer://ca" if way == "provider" else "ca"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True,
            env=openssl_environment(configuration(test, settings), **variables))
        test.addCleanup(self.end)

    def end(self):
        self.process.communicate()

    def read(self):
        return self.process.stdout.readline().rstrip("\n")

    def ask(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return self.read()
