# SPDX-License-Identifier: Apache-2.0
"""docs/containers.md: what a signer says to volumes, namespaces and secrets as container platforms make them."""
import os
import shutil
import subprocess
import unittest

from lib import signer_fixture as fixture

UID, GROUP = 31041, 31042


@unittest.skipUnless(fixture.IS_ROOT, "needs root to make volumes of others")
class Containers(fixture.SignerTest):
    def run_as(self, *command, mount="", uid=UID, **rest):
        """As a uid without a name, with a group and without capabilities; `mount` is done in a namespace before."""
        become = ["setpriv", "--reuid", str(uid), "--regid", str(uid), "--groups", str(GROUP), "--bounding-set", "-all",
                  "--no-new-privs", *command]
        if mount:
            become = ["unshare", "--mount", "--propagation", "private", "sh", "-c", mount + ' && exec "$@"', "sh",
                      *become]
        done = subprocess.run(become, capture_output=True, text=True, timeout=180, stdin=subprocess.DEVNULL, **rest)
        return done.returncode, done.stdout + done.stderr

    def check(self, keystore, kek, **rest):
        return self.run_as(fixture.SIGNER, "--keystore", keystore, "--kek", kek, "--vaults", "1", "--check", **rest)

    def volume(self, mode, group=0):
        os.mkdir(self.path("volume"))
        os.chown(self.path("volume"), 0, group)
        os.chmod(self.path("volume"), mode)
        return self.path("volume")

    def made(self, volume):
        """The keystore in a subdirectory of the volume, and its KEK elsewhere."""
        os.mkdir(self.path("secret"))
        os.chown(self.path("secret"), UID, UID)
        store, kek = os.path.join(volume, "ks"), self.path("secret/kek")
        self.assert_works(self.run_as(fixture.CEREMONY, "init", "--keystore", store, "--kek", kek))
        return store, kek

    def assert_works(self, done):
        self.assertEqual(done[0], 0, done[1])

    def assert_refused(self, done, reason):
        self.assertEqual(done[0], 1, done[1])
        self.assertIn(reason, done[1])

    def test_a_subdirectory_of_a_volume_that_everybody_may_write_works_and_its_root_does_not(self):
        volume = self.volume(0o777)
        self.assert_works(self.check(*self.made(volume)))
        shutil.rmtree(os.path.join(volume, "ks"))
        self.assert_refused(self.run_as(fixture.CEREMONY, "init", "--keystore", volume, "--kek",
                                        self.path("secret/two")), "FILE_OWNER")

    def test_a_volume_of_a_group_works_until_the_group_gets_rights_to_the_files(self):
        store, kek = self.made(self.volume(0o2770, GROUP))
        self.assert_works(self.check(store, kek))
        subprocess.run(["chgrp", "-R", str(GROUP), store], check=True)
        self.assert_works(self.check(store, kek))
        subprocess.run(["chmod", "-R", "g+rwX", store], check=True)
        self.assert_refused(self.check(store, kek), "FILE_MODE")

    def test_a_secret_that_is_a_link_or_a_groups_is_refused_and_its_descriptor_is_taken(self):
        store, kek = self.made(self.volume(0o777))
        os.symlink("kek", self.path("secret/link"))
        self.assert_refused(self.check(store, self.path("secret/link")), "FILE_IRREGULAR")
        with open(self.path("secret/link"), "rb") as file:
            self.assert_works(self.check(store, f"fd:{file.fileno()}", pass_fds=[file.fileno()]))
        os.chmod(kek, 0o440)
        self.assert_refused(self.check(store, kek), "FILE_MODE")

    @unittest.skipIf(fixture.is_sanitized(), "a sanitizer reads /proc")
    def test_a_read_only_root_without_proc_and_shared_memory_is_enough(self):
        volume = self.volume(0o777)
        store, kek = self.made(volume)
        self.assert_works(self.check(store, kek, mount=(
            f"mount --bind {volume} {volume} && mount -o remount,bind,ro / && mount -o remount,bind,rw {volume} && "
            "mount -t tmpfs -o ro none /dev/shm && mount -t tmpfs -o ro none /proc")))

    def test_the_overflow_uid_is_nobody_even_where_it_is_named(self):
        store = self.keystore(user=fixture.ordinary_user().pw_name)
        signer = self.signer(store, "--allow", "uid=65534,sign")
        done = self.run_as(os.path.join(fixture.BIN, "signerctl"), "--socket", signer.socket, "health", uid=65534)
        self.assert_refused(done, "UID_NOT_ALLOWED")


if __name__ == "__main__":
    unittest.main()
