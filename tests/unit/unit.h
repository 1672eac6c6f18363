/* SPDX-License-Identifier: Apache-2.0 */
/* What every unit test needs: a table of tests, children that may die, and a directory. */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <CUnit/Basic.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define UNIT_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNIT_ASAN 1
#endif
#endif
#ifndef UNIT_ASAN
#define UNIT_ASAN 0
#endif

struct unit_test {
    const char *name;
    void (*run)(void);
};

#define UNIT_TEST(function) { #function, function }
#define UNIT_COUNT(array) (sizeof(array) / sizeof *(array))
#define UNIT_RUN(suite, tests) unit_run(suite, tests, UNIT_COUNT(tests))

/* A step without which the rest of the test makes no sense. Unlike CUnit's fatal assertions it
 * returns, so that it may stand in a forked child. */
#define UNIT_NEED(condition)                                                                                           \
    do {                                                                                                               \
        bool needed_ = (condition);                                                                                    \
        CU_ASSERT(needed_);                                                                                            \
        if (!needed_)                                                                                                  \
            return;                                                                                                    \
    } while (0)

static inline int unit_run(const char *suite, const struct unit_test *tests, size_t count)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    CU_pSuite added = CU_add_suite(suite, NULL, NULL);
    for (size_t i = 0; added && i < count; i++)
        if (!CU_add_test(added, tests[i].name, tests[i].run))
            added = NULL;
    CU_basic_set_mode(CU_BRM_NORMAL);
    bool ran = added && CU_basic_run_tests() == CUE_SUCCESS;
    bool failed = !ran || CU_get_number_of_failures() > 0;
    CU_cleanup_registry();
    return failed ? 1 : 0;
}

/* -- children -- */

static inline int unit_wait(pid_t child)
{
    int status = -1;
    return waitpid(child, &status, 0) > 0 ? status : -1;
}

static inline void unit_print_failures(void)
{
    for (CU_pFailureRecord at = CU_get_failure_list(); at; at = at->pNext)
        fprintf(stderr, "\n    in a child: %s:%u: %s", at->strFileName, at->uiLineNumber, at->strCondition);
}

/* Runs a body with assertions in a forked child; they fail here if they failed there. */
static inline void unit_child(void (*body)(void))
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        unsigned before = CU_get_number_of_failures();
        body();
        bool good = CU_get_number_of_failures() == before;
        if (!good)
            unit_print_failures();
        _exit(good ? 0 : 1);
    }
    CU_ASSERT(child > 0 && unit_wait(child) == 0);
}

static inline int unit_status_of(void (*body)(void))
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        const struct rlimit none = { 0, 0 };
        int null = open("/dev/null", O_WRONLY);
        (void)setrlimit(RLIMIT_CORE, &none);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        signal(SIGSEGV, SIG_DFL);
        signal(SIGBUS, SIG_DFL);
        body();
        fflush(NULL);
        _exit(0);
    }
    return child > 0 ? unit_wait(child) : -1;
}

/* The signal that ends a body in a silent child; 0 if none did. */
static inline int unit_signal_of(void (*body)(void))
{
    int status = unit_status_of(body);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* The code that a body exits with in a silent child, 0 if it returns; -1 if a signal ended it. */
static inline int unit_exit_of(void (*body)(void))
{
    int status = unit_status_of(body);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* -- files -- */

enum { UNIT_PATH = 256 };

static char unit_directory[64]; /* where this test's files are */

static inline bool unit_make_directory(void)
{
    snprintf(unit_directory, sizeof unit_directory, "/tmp/signer-unit-XXXXXX");
    return mkdtemp(unit_directory) != NULL && chmod(unit_directory, 0700) == 0;
}

static inline int unit_remove_one(const char *path, const struct stat *status, int kind, struct FTW *at)
{
    (void)status;
    (void)kind;
    (void)at;
    return remove(path);
}

static inline void unit_remove_directory(void)
{
    (void)nftw(unit_directory, unit_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A path in the directory, in one of eight buffers by turns. */
static inline const char *unit_path(const char *name)
{
    static char paths[8][UNIT_PATH];
    static unsigned turn;
    char *path = paths[turn++ % 8];
    snprintf(path, UNIT_PATH, "%s/%s", unit_directory, name);
    return path;
}

static inline bool unit_write(const char *path, const void *bytes, size_t length, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, bytes, length) == (ssize_t)length && fchmod(fd, mode) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

static inline bool unit_holds(const char *path, const void *bytes, size_t length)
{
    uint8_t found[4096];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, found, sizeof found);
    if (fd >= 0)
        close(fd);
    return n == (ssize_t)length && memcmp(found, bytes, length) == 0;
}

static inline unsigned unit_mode(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 ? status.st_mode & 07777 : 010000;
}

static inline bool unit_exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

/* -- bytes -- */

static inline bool unit_all(const uint8_t *bytes, size_t length, uint8_t value)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i] != value)
            return false;
    return true;
}

/* Hex digits, with white space anywhere between bytes; returns how many bytes. */
static inline size_t unit_hex(const char *text, uint8_t *out, size_t capacity)
{
    size_t length = 0;
    int used;
    for (unsigned byte; length < capacity && sscanf(text, " %2x%n", &byte, &used) == 1; text += used)
        out[length++] = (uint8_t)byte;
    return length;
}

/* A generator of its own, so that every run has the same cases. */
static inline uint32_t unit_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

#endif
