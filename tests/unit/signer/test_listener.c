/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/listener.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "tests/unit/unit.h"

/* What it refuses ends the process, so each case is a child. */

static const char *path;
static bool to_all;

static void bind_it(void)
{
    if (listener_bind(path, to_all, geteuid(), getegid()) < 0)
        _exit(9);
}

static int exit_code(const char *name)
{
    path = unit_path(name);
    return unit_exit_of(bind_it);
}

static int listening_at(const char *name)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path, sizeof address.sun_path, "%.64s/%.32s", unit_directory, name);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CU_ASSERT(bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 5) == 0);
    return fd;
}

static bool answers(const char *name)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path, sizeof address.sun_path, "%.64s/%.32s", unit_directory, name);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool connected = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return connected;
}

static void test_a_socket_is_born_with_its_mode(void)
{
    mode_t saved = umask(0);
    to_all = false;
    CU_ASSERT(exit_code("closed") == 0 && unit_mode(unit_path("closed")) == 0600);
    umask(077);
    to_all = true;
    CU_ASSERT(exit_code("open") == 0 && unit_mode(unit_path("open")) == 0666);
    to_all = false;
    umask(saved);
}

static void test_a_bound_socket_listens(void)
{
    int fd = listener_bind(unit_path("served"), false, geteuid(), getegid());
    UNIT_NEED(fd >= 0);
    CU_ASSERT(answers("served"));
    CU_ASSERT((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    CU_ASSERT(exit_code("served") == 1 && answers("served")); /* another one is refused */
    close(fd);
    CU_ASSERT(exit_code("served") == 0); /* and takes the place of one that is gone */
}

static void test_a_stale_socket_is_replaced(void)
{
    struct stat before, after;
    close(listening_at("stale"));
    CU_ASSERT(lstat(unit_path("stale"), &before) == 0 && !answers("stale"));
    CU_ASSERT(exit_code("stale") == 0);
    CU_ASSERT(lstat(unit_path("stale"), &after) == 0 && S_ISSOCK(after.st_mode));
}

static void test_a_file_that_is_no_socket_stays(void)
{
    CU_ASSERT(unit_write(unit_path("file"), "x", 1, 0600) && mkdir(unit_path("dir"), 0700) == 0);
    CU_ASSERT(symlink("file", unit_path("link")) == 0);
    CU_ASSERT(exit_code("file") == 1 && unit_holds(unit_path("file"), "x", 1));
    CU_ASSERT(exit_code("dir") == 1 && exit_code("link") == 1);
    CU_ASSERT(exit_code("no/such/directory") == 1);
}

static void bind_too_long(void)
{
    char name[200];
    memset(name, 'a', sizeof name);
    memcpy(name, "/tmp/", 5);
    name[sizeof name - 1] = '\0';
    (void)listener_bind(name, false, 0, 0);
}

static void test_a_path_that_is_too_long_is_refused(void)
{
    CU_ASSERT(unit_exit_of(bind_too_long) == 1);
}

/* -- inherited -- */

static int passed;
static const char *count;

static void inherit(void)
{
    char pid[16];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", count, 1);
    if (passed >= 0)
        dup2(passed, 3);
    else
        close(3);
    _exit(listener_inherited() == 3 && (fcntl(3, F_GETFD) & FD_CLOEXEC) ? 42 : 43);
}

static void test_an_inherited_socket_is_taken_if_it_is_one_that_listens(void)
{
    int listening = listening_at("inherited"), pair[2];
    count = "1";
    passed = listening;
    CU_ASSERT(unit_exit_of(inherit) == 42);
    count = "2";
    CU_ASSERT(unit_exit_of(inherit) == 1);
    count = "1";
    passed = -1;
    CU_ASSERT(unit_exit_of(inherit) == 1);
    passed = open("/dev/null", O_RDWR | O_CLOEXEC);
    CU_ASSERT(unit_exit_of(inherit) == 1);
    close(passed);
    CU_ASSERT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    passed = pair[0];
    CU_ASSERT(unit_exit_of(inherit) == 1);
    close(pair[0]);
    close(pair[1]);
    close(listening);
}

static void test_a_process_that_inherits_nothing_has_no_socket(void)
{
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    CU_ASSERT(listener_inherited() == -1);
    setenv("LISTEN_PID", "1", 1); /* meant for another process */
    setenv("LISTEN_FDS", "1", 1);
    CU_ASSERT(listener_inherited() == -1);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_socket_is_born_with_its_mode),
        UNIT_TEST(test_a_bound_socket_listens),
        UNIT_TEST(test_a_stale_socket_is_replaced),
        UNIT_TEST(test_a_file_that_is_no_socket_stays),
        UNIT_TEST(test_a_path_that_is_too_long_is_refused),
        UNIT_TEST(test_an_inherited_socket_is_taken_if_it_is_one_that_listens),
        UNIT_TEST(test_a_process_that_inherits_nothing_has_no_socket),
    };
    int result = unit_make_directory() ? UNIT_RUN("listener", tests) : 1;
    unit_remove_directory();
    return result;
}
