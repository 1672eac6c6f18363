/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/kek/source_advice.h"

#include <errno.h>

#include "tests/unit/unit.h"

static char out[SOURCE_ADVICE];

static bool says(enum fault fault, const char *source, const char *wanted)
{
    return strstr(source_advice(fault, source, out), wanted) != NULL;
}

static void test_a_missing_credential_names_its_directory_and_how_to_make_it(void)
{
    unsetenv("CREDENTIALS_DIRECTORY");
    CU_ASSERT(says(FAULT_KEK_MISSING, "credential:kek", "$CREDENTIALS_DIRECTORY, which is (not set"));
    CU_ASSERT(says(FAULT_KEK_MISSING, "credential:kek", "systemd-creds encrypt --name=kek "));
    setenv("CREDENTIALS_DIRECTORY", "/run/credentials/signer.service", 1);
    CU_ASSERT(says(FAULT_KEK_MISSING, "credential:other", "which is /run/credentials/signer.service;"));
    CU_ASSERT(says(FAULT_KEK_MISSING, "credential:other", "LoadCredentialEncrypted=other"));
    CU_ASSERT(says(FAULT_KEK_MISSING, "credential:a/b", "without a slash"));
    CU_ASSERT(says(FAULT_KEK_MISSING, "fd:9", "descriptor is not open"));
    CU_ASSERT(source_advice(FAULT_KEK_MISSING, "/nowhere", out) == fault_advice(FAULT_KEK_MISSING));
}

static void test_a_name_of_any_length_fits(void)
{
    static char name[8192], directory[8192];
    memset(name, 'n', sizeof name - 1);
    memset(directory, 'd', sizeof directory - 1);
    memcpy(name, "credential:", 11);
    setenv("CREDENTIALS_DIRECTORY", directory, 1);
    CU_ASSERT(says(FAULT_KEK_MISSING, name, "LoadCredentialEncrypted=nnn"));
}

static void test_an_irregular_file_is_named_as_what_it_is(void)
{
    const char *path = unit_path("it");
    UNIT_NEED(symlink("elsewhere", path) == 0);
    CU_ASSERT(says(FAULT_FILE_IRREGULAR, path, "this is a symbolic link;"));
    UNIT_NEED(unlink(path) == 0 && mkdir(path, 0700) == 0);
    CU_ASSERT(says(FAULT_FILE_IRREGULAR, path, "this is a directory; name the file in it"));
    UNIT_NEED(rmdir(path) == 0 && mkfifo(path, 0600) == 0);
    CU_ASSERT(says(FAULT_FILE_IRREGULAR, path, "this is a pipe;"));
    UNIT_NEED(unlink(path) == 0 && unit_write(path, "", 0, 0600));
    CU_ASSERT(says(FAULT_FILE_IRREGULAR, path, "this is a file, and a directory is needed"));
    CU_ASSERT(says(FAULT_FILE_IRREGULAR, "/dev/null", "this is a device;"));
    CU_ASSERT(source_advice(FAULT_FILE_IRREGULAR, "/nowhere/x", out) == fault_advice(FAULT_FILE_IRREGULAR));
}

static void test_a_file_of_somebody_else_is_told_with_the_uid(void)
{
    const char *path = unit_path("theirs");
    char wanted[64];
    UNIT_NEED(unit_write(path, "", 0, 0600));
    snprintf(wanted, sizeof wanted, "another user, uid %u;", (unsigned)geteuid());
    CU_ASSERT(says(FAULT_FILE_OWNER, path, wanted));
    if (geteuid() == 0 && chown(path, 65534, 65534) == 0)
        CU_ASSERT(says(FAULT_FILE_OWNER, path, "root squashed by an NFS server"));
}

static void test_other_faults_and_errno_stay_as_they_are(void)
{
    errno = ENOSPC;
    CU_ASSERT(source_advice(FAULT_STORE_FULL, "/", out) == fault_advice(FAULT_STORE_FULL));
    (void)source_advice(FAULT_FILE_OWNER, "/nowhere/x", out);
    CU_ASSERT(errno == ENOSPC);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_missing_credential_names_its_directory_and_how_to_make_it),
        UNIT_TEST(test_a_name_of_any_length_fits),
        UNIT_TEST(test_an_irregular_file_is_named_as_what_it_is),
        UNIT_TEST(test_a_file_of_somebody_else_is_told_with_the_uid),
        UNIT_TEST(test_other_faults_and_errno_stay_as_they_are),
    };
    int result = unit_make_directory() ? UNIT_RUN("source_advice", tests) : 1;
    unit_remove_directory();
    return result;
}
