/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/openssl_start.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "tests/unit/unit.h"

static void test_the_variables_of_openssl_are_gone_and_no_others(void)
{
    static const char *const gone[] = { "OPENSSL_CONF",  "OPENSSL_CONF_INCLUDE", "OPENSSL_MODULES", "OPENSSL_ENGINES",
                                        "OPENSSL_TRACE", "OPENSSL_ia32cap",      "SSL_CERT_FILE",   "SSL_CERT_DIR",
                                        "CTLOG_FILE",    "SSLKEYLOGFILE",        "RANDFILE",        "OPENSSL_" };
    static const char *const kept[] = { "SIGNER_SOCKET", "PATH", "OPENSSL", "MY_OPENSSL_CONF", "RANDFILES" };
    for (size_t i = 0; i < UNIT_COUNT(gone); i++)
        CU_ASSERT(setenv(gone[i], "/x", 1) == 0);
    for (size_t i = 0; i < UNIT_COUNT(kept); i++)
        CU_ASSERT(setenv(kept[i], "/x", 1) == 0);
    openssl_start_forget_environment();
    for (size_t i = 0; i < UNIT_COUNT(gone); i++)
        CU_ASSERT(getenv(gone[i]) == NULL);
    for (size_t i = 0; i < UNIT_COUNT(kept); i++)
        CU_ASSERT(getenv(kept[i]) != NULL);
}

static void test_an_empty_environment_is_left_empty(void)
{
    pid_t child = fork();
    if (child == 0) {
        clearenv();
        openssl_start_forget_environment();
        _exit(0);
    }
    int status = -1;
    CU_ASSERT(waitpid(child, &status, 0) == child && status == 0);
}

static void test_openssl_reads_no_configuration_afterwards(void)
{
    char path[] = "/tmp/signer-unit-XXXXXX";
    int fd = mkstemp(path);
    static const char text[] = "openssl_conf = all\n[all]\nalg_section = algorithms\n[algorithms]\n"
                               "default_properties = provider=none\n";
    UNIT_NEED(fd >= 0 && write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1);
    close(fd);
    CU_ASSERT(setenv("OPENSSL_CONF", path, 1) == 0 && openssl_start(false));
    EVP_MD *digest = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    CU_ASSERT(digest != NULL);
    EVP_MD_free(digest);
    unlink(path);
    CU_ASSERT(!openssl_start(true)); /* too late: OpenSSL has allocated */
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_the_variables_of_openssl_are_gone_and_no_others),
        UNIT_TEST(test_an_empty_environment_is_left_empty),
        UNIT_TEST(test_openssl_reads_no_configuration_afterwards),
    };
    return UNIT_RUN("openssl_start", tests);
}
