/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ipc/room_fork.h"

#include <sys/socket.h>

#include "base/io.h"
#include "signer/sandbox/room.h"
#include "tests/unit/unit.h"

struct setup {
    int fd, file;
    char byte;
};

/* Sends whether its descriptors are where they should be, and no others. */
static void check_descriptors(const void *of)
{
    const struct setup *setup = of;
    char found = 0, ok = setup->fd == ROOM_SOCKET && setup->file == ROOM_SOCKET + 1;
    ok = ok && pread(setup->file, &found, 1, 0) == 1 && found == setup->byte;
    for (int fd = ROOM_SOCKET + 2; fd < 64; fd++)
        ok = ok && fcntl(fd, F_GETFD) < 0;
    _exit(io_write_all(setup->fd, &ok, 1) ? 0 : 1);
}

static void test_a_room_has_its_socket_and_what_it_is_given_and_no_other_descriptor(void)
{
    struct setup setup = { .byte = 'f' };
    char ok = 0;
    CU_ASSERT(unit_write(unit_path("file"), "f", 1, 0600));
    setup.file = open(unit_path("file"), O_RDONLY | O_CLOEXEC);
    int stray = dup2(setup.file, 50), given = setup.file;
    fflush(NULL);
    int room = room_fork("test", (int *const[]){ &setup.fd, &setup.file }, 2, check_descriptors, &setup);
    CU_ASSERT(io_read_exactly(room, &ok, 1) && ok == 1 && unit_wait(-1) == 0);
    CU_ASSERT(setup.file == given && fcntl(given, F_GETFD) >= 0); /* ours is as it was */
    close(room);
    close(given);
    close(stray);
}

static void return_at_once(const void *of)
{
    (void)of;
}

static void test_a_room_that_returns_ends_with_an_error_and_its_socket_with_it(void)
{
    struct setup setup = { 0 };
    char byte;
    fflush(NULL);
    int room = room_fork("test", (int *const[]){ &setup.fd }, 1, return_at_once, &setup);
    int status = unit_wait(-1);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 1 && read(room, &byte, 1) == 0);
    close(room);
}

static void raise_term(const void *of)
{
    (void)of;
    raise(SIGTERM);
    raise(SIGINT);
    _exit(7);
}

static void test_a_room_outlives_the_signals_that_end_its_gate(void)
{
    struct setup setup = { 0 };
    fflush(NULL);
    int room = room_fork("test", (int *const[]){ &setup.fd }, 1, raise_term, &setup);
    int status = unit_wait(-1);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    close(room);
}

/* -- its first word -- */

static const struct room_hello sample = { .algorithms = 0x1234, .protections = { .seccomp = 1, .uid = 99 } };

static int ends[2];

static bool open_pair(void)
{
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0;
}

static void send_hello(struct message header, size_t length)
{
    CU_ASSERT(io_write_all(ends[1], &header, sizeof header) && io_write_all(ends[1], &sample, length));
    close(ends[1]);
}

static void test_a_rooms_hello_is_received_whole(void)
{
    struct room_hello found;
    UNIT_NEED(open_pair());
    send_hello((struct message){ .op = MESSAGE_HELLO, .length = sizeof sample }, sizeof sample);
    room_fork_receive_hello(ends[0], "a room", &found);
    CU_ASSERT(memcmp(&found, &sample, sizeof sample) == 0);
    close(ends[0]);
}

static void receive(void)
{
    struct room_hello found;
    room_fork_receive_hello(ends[0], "a room", &found);
}

static void test_a_room_that_says_something_else_first_ends_the_signer(void)
{
    static const struct message others[] = {
        { .op = MESSAGE_READY, .length = sizeof sample },
        { .op = MESSAGE_HELLO, .length = sizeof sample - 1 },
        { .op = MESSAGE_HELLO, .length = sizeof sample + 1 },
    };
    for (size_t i = 0; i < UNIT_COUNT(others); i++) {
        UNIT_NEED(open_pair());
        send_hello(others[i], sizeof sample);
        CU_ASSERT(unit_exit_of(receive) == 1);
        close(ends[0]);
    }
}

static void test_a_room_that_is_gone_before_its_whole_hello_ends_the_signer(void)
{
    UNIT_NEED(open_pair());
    close(ends[1]);
    CU_ASSERT(unit_exit_of(receive) == 1);
    close(ends[0]);
    UNIT_NEED(open_pair());
    send_hello((struct message){ .op = MESSAGE_HELLO, .length = sizeof sample }, sizeof sample - 1);
    CU_ASSERT(unit_exit_of(receive) == 1);
    close(ends[0]);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_room_has_its_socket_and_what_it_is_given_and_no_other_descriptor),
        UNIT_TEST(test_a_room_that_returns_ends_with_an_error_and_its_socket_with_it),
        UNIT_TEST(test_a_room_outlives_the_signals_that_end_its_gate),
        UNIT_TEST(test_a_rooms_hello_is_received_whole),
        UNIT_TEST(test_a_room_that_says_something_else_first_ends_the_signer),
        UNIT_TEST(test_a_room_that_is_gone_before_its_whole_hello_ends_the_signer),
    };
    int code = unit_make_directory() ? UNIT_RUN("room_fork", tests) : 1;
    unit_remove_directory();
    return code;
}
