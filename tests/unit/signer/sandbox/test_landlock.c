/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/sandbox/landlock.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "tests/unit/unit.h"

enum { OUT_OF_THE_WAY = 32 }; /* of the numbers that a room's descriptors have */

static int root;

static void make_keystore(void)
{
    UNIT_NEED(unit_make_directory() && mkdir(unit_path("ks"), 0700) == 0);
    int fd = open(unit_path("ks"), O_RDONLY | O_DIRECTORY);
    root = fcntl(fd, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
    close(fd);
    UNIT_NEED(root >= 0 && mkdirat(root, "keys", 0700) == 0 && mkdirat(root, "certs", 0700) == 0
              && mkdirat(root, "records", 0700) == 0);
    close(openat(root, "keystore", O_CREAT | O_WRONLY, 0600));
    close(open(unit_path("beside"), O_CREAT | O_WRONLY, 0600));
}

static void stand_at(int number, const char *name)
{
    int fd = openat(root, name, O_RDONLY | O_DIRECTORY);
    UNIT_NEED(fd >= 0 && dup2(fd, number) == number);
    if (fd != number)
        close(fd);
}

static bool restrict_to(enum room room)
{
    stand_at(ROOM_ROOT, ".");
    stand_at(ROOM_KEYS, "keys");
    stand_at(ROOM_CERTS, "certs");
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && landlock_restrict(room, landlock_abi());
}

static bool is_refused(int at, const char *name, int flags)
{
    return openat(at, name, flags, 0600) < 0 && errno == EACCES;
}

static void store(void)
{
    UNIT_NEED(restrict_to(ROOM_STORE));
    CU_ASSERT(openat(ROOM_KEYS, "a.key", O_CREAT | O_EXCL | O_RDWR, 0600) >= 0);
    CU_ASSERT(openat(ROOM_KEYS, "a.key", O_RDONLY) >= 0 && openat(ROOM_ROOT, "keystore", O_RDONLY) >= 0);
    CU_ASSERT(renameat2(ROOM_KEYS, "a.key", ROOM_KEYS, "b.key", 1) == 0);
    CU_ASSERT(linkat(ROOM_KEYS, "b.key", ROOM_KEYS, "c.key", 0) == 0);
    CU_ASSERT(unlinkat(ROOM_KEYS, "c.key", 0) == 0);
    CU_ASSERT(is_refused(ROOM_ROOT, "keystore", O_WRONLY) && is_refused(ROOM_ROOT, "new", O_CREAT | O_RDWR));
    CU_ASSERT(unlinkat(ROOM_ROOT, "keystore", 0) < 0 && errno == EACCES);
    CU_ASSERT(is_refused(ROOM_KEYS, "/etc/passwd", O_RDONLY));
    CU_ASSERT(is_refused(ROOM_KEYS, "../../beside", O_RDONLY) && is_refused(ROOM_KEYS, "../..", O_RDONLY));
    CU_ASSERT(symlinkat("/etc/passwd", ROOM_KEYS, "link") < 0 && mkdirat(ROOM_KEYS, "d", 0700) < 0);
}

static void nothing(enum room room)
{
    UNIT_NEED(restrict_to(room));
    CU_ASSERT(is_refused(ROOM_KEYS, "b.key", O_RDONLY) && is_refused(AT_FDCWD, "/etc/passwd", O_RDONLY));
    CU_ASSERT(is_refused(AT_FDCWD, "/", O_RDONLY) && is_refused(AT_FDCWD, "/dev/null", O_RDWR));
}

static void gate(void)
{
    nothing(ROOM_GATE);
}

static void vault(void)
{
    nothing(ROOM_VAULT);
}

static void network(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = fcntl(socket(AF_INET, SOCK_STREAM, 0), F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
    UNIT_NEED(restrict_to(ROOM_STORE));
    if (landlock_abi() < 4)
        return;
    CU_ASSERT(bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 && errno == EACCES);
    address.sin_port = htons(1);
    CU_ASSERT(connect(fd, (const struct sockaddr *)&address, sizeof address) < 0 && errno == EACCES);
}

static void test_each_room_has_its_rights_to_files_and_no_more(void)
{
    if (landlock_abi() == 0) {
        puts("this kernel has no Landlock");
        return;
    }
    make_keystore();
    unit_child(store);
    unit_child(gate);
    unit_child(vault);
    unit_child(network);
    unit_remove_directory();
}

int main(void)
{
    static const struct unit_test tests[] = { UNIT_TEST(test_each_room_has_its_rights_to_files_and_no_more) };
    return UNIT_RUN("landlock", tests);
}
