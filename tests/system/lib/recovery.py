# SPDX-License-Identifier: Apache-2.0
"""A keystore that is backed up and comes back: what the tests of backup, restore and drill have in common."""
import atexit
import collections
import functools
import glob
import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time

from . import archive, custody, sealed_key, signer_fixture as fixture
from .archive import Archive
from .signer_fixture import IS_ROOT, read_file

SIGNERCTL = os.path.join(fixture.BIN, "signerctl")
KEYS = {"alpha": "ec-p256", "beta": "ed25519"}
CERTIFIED = "alpha"
DIGEST = b"\x5a" * 32
LITTER_SECONDS = 2
ACCEPTED_SECONDS = 5  # within which a signer notices that a restore was accepted

Finding = collections.namedtuple("Finding", "finding subject reason text")
Template = collections.namedtuple("Template", "path kek public")


def user():
    """Whose keystores root makes; an ordinary user makes their own."""
    return fixture.ordinary_user().pw_name if IS_ROOT else None


def owner_uid():
    return pwd.getpwnam(user()).pw_uid if IS_ROOT else os.geteuid()


def tree(path):
    """{name: content} of every file below; directories are None, links say where they lead, sockets are not told."""
    found = {}
    for at, parts, names in os.walk(path):
        found.update({os.path.relpath(os.path.join(at, part), path): None for part in parts})
        for name in names:
            whole = os.path.join(at, name)
            if os.path.islink(whole) or os.path.isfile(whole):
                found[os.path.relpath(whole, path)] = os.readlink(whole) if os.path.islink(whole) else read_file(whole)
    return found


def without_lock(files):
    """What an archive brings back, of a tree."""
    return {name: content for name, content in files.items()
            if content is not None and name not in ("lock", "restored")}


def flipped(data, at=-1):
    """A bit that went over by accident."""
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def altered(sealed):
    """A sealed key whose payload somebody changed who knows the format."""
    return fixture.with_checksum(flipped(sealed, -40))


def certificate(directory, key, name, is_ca=False):
    """A certificate in PEM for a key that only a signer has, by a CA of plain openssl."""
    ca, ca_key = os.path.join(directory, "test-ca.pem"), os.path.join(directory, "test-ca.key")
    if not os.path.exists(ca):
        fixture.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                        "/CN=Test CA", "-keyout", ca_key, "-out", ca)
    fixture.write_file(ca + ".pub", fixture.openssl("pkey", "-pubin", "-inform", "DER", input=key.public_key))
    fixture.write_file(ca + ".ext", b"basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
                       if is_ca else b"basicConstraints=CA:FALSE\n")
    return fixture.openssl("x509", "-new", "-force_pubkey", ca + ".pub", "-subj", "/CN=" + name, "-CA", ca, "-CAkey",
                           ca_key, "-days", "30", "-extfile", ca + ".ext")


@functools.lru_cache(None)
def template():
    """A keystore of KEYS, one with its certificate; tests have copies."""
    directory = tempfile.mkdtemp(prefix="signer-test-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    os.chmod(directory, 0o755)
    path, kek = os.path.join(directory, "ks"), os.path.join(directory, "ks.kek")
    signer = fixture.Signer(fixture.Keystore.init(path, kek, user()), os.path.join(directory, "s.sock"), "--allow",
                            f"uid={os.geteuid()},sign,admin", vaults=1)
    try:
        with signer.start().client() as client:
            public = {key: client.generate(key, algorithm).key.public_key for key, algorithm in KEYS.items()}
            client.certify(CERTIFIED, certificate(directory, client.get(CERTIFIED), CERTIFIED, is_ca=True))
    finally:
        signer.clean_up()
    return Template(path, kek, public)


class Sealed(fixture.Signer):
    """Started with --sealed instead of a KEK."""

    def __init__(self, *positional, **named):
        super().__init__(*positional, **named)
        at = self.command.index("--kek")
        self.command[at:at + 2] = ["--sealed"]


class RecoveryTest(custody.CustodyTest):
    """A keystore of two keys and its KEK; no output and no file but those that were asked for has any of the KEK."""

    def setUp(self):
        super().setUp()
        made = template()
        self.ks = fixture.Keystore(self.copy(made.path, "ks"), self.copy(made.kek, "ks.kek"))
        self.kek = read_file(self.ks.kek)
        self.public = dict(made.public)
        self.keks.append(self.kek)
        self.asked.add(self.ks.kek)
        self.first[self.ks.path] = set(self.all_records(self.ks))
        os.mkdir(self.path("backups"), 0o700)  # no KEK lies there

    def keystore(self, name="ks", user=user()):
        return super().keystore(name, user)

    def copy(self, path, name):
        subprocess.run(["cp", "-a", path, self.path(name)], check=True)
        return self.path(name)

    def give_to(self, path, uid):
        for at, parts, names in os.walk(path):
            for name in (".", *parts, *names):
                os.lchown(os.path.join(at, name), uid, uid)

    # -- signers

    def signer(self, keystore, *options, kind=fixture.Signer, start=True, vaults=1, **rest):
        self.counter += 1
        signer = kind(keystore, self.path(f"s{self.counter}.sock"), "--allow",
                      f"uid={os.geteuid()},sign,admin,operator", *options, vaults=vaults, **rest)
        self.addCleanup(signer.clean_up)
        return signer.start() if start else signer

    def ctl(self, signer, *arguments, code=0, says=()):
        done = self.run_tool("--socket", signer.socket, *arguments, code=code, program=SIGNERCTL)
        for word in (says,) if isinstance(says, str) else says:
            self.assertIn(word, done.out + done.err)
        return done

    def signs(self, signer, public=None):
        """Every key is there, is what it was, and signs."""
        public = self.public if public is None else public
        with signer.client() as client:
            self.assertEqual({key.id: key.public_key for key in client.list().keys}, public)
            for name in public:
                key = client.get(name)
                if key.algorithm.startswith("ec-p256"):
                    self.assertTrue(self.verifies(key, client.ecdsa(name, DIGEST), DIGEST), name)

    # -- the tool

    def tool(self, *arguments, code=0, says=(), **rest):
        """Runs signer-ceremony; `says` stands anywhere in what it said."""
        done = self.run_tool(*arguments, code=code, **rest)
        for word in (says,) if isinstance(says, str) else says:
            self.assertIn(word, done.out + done.err)
        return done

    def backup(self, *way, store=None, out="backup.tar", **rest):
        """The path of a backup, and what was said of it."""
        store, path = store or self.ks, os.path.join(self.path("backups"), out)
        done = self.tool("backup", "--keystore", store.path, "--out", path, *(way or ("--kek", store.kek)), **rest)
        return path, done

    def archive(self, *way, kek=None, **rest):
        """A backup, read by the format's rules."""
        path, _ = self.backup(*way, **rest)
        return Archive.read(path, kek)

    def findings(self, *arguments, code=0, **rest):
        said = json.loads(self.run_tool(*arguments, "--json", code=code, **rest).out)
        found = [Finding(f["finding"], f["subject"], f.get("reason", ""), f["text"]) for f in said["findings"]]
        for kind in ("ok", "warn", "fail"):
            self.assertEqual(said[kind], [f.finding for f in found].count(kind), said)
        return found

    def verify(self, path, *options, code=0, **rest):
        return self.findings("verify-backup", path, *options, code=code, **rest)

    def doctor(self, store, *options, code=0):
        return self.findings("doctor", "--keystore", store.path, *options, code=code)

    def assert_found(self, found, finding, reason, subject=None):
        wanted = [f for f in found if (f.finding, f.reason) == (finding, reason) and subject in (None, f.subject)]
        self.assertTrue(wanted, f"no {finding} {reason} of {subject} among {found}")

    def assert_nothing_fails(self, found):
        self.assertEqual([f for f in found if f.finding == "fail"], [])

    def restore(self, path, name, *options, code=0, says=(), user=user(), **rest):
        become = ("--user", user) if user else ()
        done = self.tool("restore", path, "--keystore", self.path(name), *become, *options, code=code, says=says,
                         **rest)
        return fixture.Keystore(self.path(name), self.ks.kek), done

    def accept(self, store, **rest):
        return self.tool("restore", "--accept", "--keystore", store.path, **rest)

    def forged(self, name="forged.tar", made=None, kek=None, **changes):
        """A file with an archive of this keystore in which something is wrong; its MAC is right."""
        made = made or self.made()
        return self.file(name, archive.rebuilt(made, kek or self.kek, **changes))

    def made(self):
        """An archive of the keystore, by the independent writer."""
        return Archive(archive.build(archive.files_of(self.ks.path), self.kek, int(time.time())))

    def whole(self, name="whole.tar"):
        return self.file(name, self.made().data)

    def opens(self, path, kek, names):
        """The PKCS#8 of each key of a keystore, by the independent reader."""
        return {name: sealed_key.Opened(read_file(os.path.join(path, "keys", name + ".key")), kek).pkcs8
                for name in names}


def litter():
    """What private signers and copies in memory have left, of any user; a directory that is served is in use."""
    names = ("/signer-ceremony-*", "/signer-restore-*", "/signer-drill-*", "/.*.restoring")
    found = {path for place in ("/run", "/dev/shm", "/tmp", "/var/tmp") for name in names
             for path in glob.glob(place + name)}
    return {path for path in found if not is_served(path)}


def left_since(before):
    """What was left since then and does not go away; it is removed. What other tests made comes and goes."""
    left = litter() - before
    end = time.monotonic() + LITTER_SECONDS
    while left and time.monotonic() < end:
        time.sleep(0.05)
        left &= litter()
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    return left


def is_served(directory):
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(os.path.join(directory, "socket")) == 0
