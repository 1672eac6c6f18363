/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/process/notify.h"
#include "signer/process/notify_open.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/unit/unit.h"

static int manager_at(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    memcpy(address.sun_path, path, strlen(path));
    if (path[0] == '@')
        address.sun_path[0] = '\0';
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    CU_ASSERT(bind(fd, (struct sockaddr *)&address, length) == 0);
    setenv("NOTIFY_SOCKET", path, 1);
    return fd;
}

static void expect_told(const char *path)
{
    char told[64] = "";
    int manager = manager_at(path), fd = notify_open();
    CU_ASSERT(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    notify_send(fd, "READY=1");
    CU_ASSERT(recv(manager, told, sizeof told - 1, 0) == 7);
    CU_ASSERT_STRING_EQUAL(told, "READY=1");
    close(manager);
    notify_send(fd, "STOPPING=1"); /* nobody is there any more: nothing happens */
    close(fd);
}

static void test_a_manager_that_listens_is_told(void)
{
    char name[64];
    expect_told(unit_path("notify"));
    snprintf(name, sizeof name, "@signer-unit-%d", (int)getpid());
    expect_told(name);
}

static void test_a_signer_without_a_manager_goes_on(void)
{
    unsetenv("NOTIFY_SOCKET");
    CU_ASSERT(notify_open() == -1);
    notify_send(-1, "READY=1");
    static const char *const bad[] = { "", "relative", "/no/such/socket", "vsock:1:2" };
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        setenv("NOTIFY_SOCKET", bad[i], 1);
        CU_ASSERT(notify_open() == -1);
    }
    char large[200];
    memset(large, '/', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    setenv("NOTIFY_SOCKET", large, 1);
    CU_ASSERT(notify_open() == -1);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_manager_that_listens_is_told),
        UNIT_TEST(test_a_signer_without_a_manager_goes_on),
    };
    int result = unit_make_directory() ? UNIT_RUN("notify", tests) : 1;
    unit_remove_directory();
    return result;
}
