/* SPDX-License-Identifier: Apache-2.0 */
#include "base/time.h"
#include "client/connection.h"

#include <CUnit/Basic.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/deadline.h"
#include "proto/limits.h"
#include "tests/unit/fake_signer.h"

static struct signer_error error;

/* Root, or the owner of the directory. */
static const struct connection_server usual;

/* -- connecting -- */

static void no_script(struct fake_signer *fake)
{
    (void)fake;
}

static void expect_refusal(const char *where, enum signer_status status, const char *says)
{
    struct connection connection = CONNECTION_NONE;
    CU_ASSERT_EQUAL(connection_open(&connection, where, &usual, deadline_after_ms(100), &error), status);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, where));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, says));
    CU_ASSERT_EQUAL(connection.fd, -1);
}

static void test_a_missing_a_closed_and_a_forbidden_socket_are_told_apart(void)
{
    struct fake_signer fake;
    fake_start(&fake, no_script);
    expect_refusal("/tmp/no-such-socket", SIGNER_UNAVAILABLE, "there is no socket");
    CU_ASSERT_STRING_EQUAL(error.reason, "CONNECTION_REFUSED");
    if (geteuid() != 0) { /* root may open any */
        chmod(fake.path, 0);
        expect_refusal(fake.path, SIGNER_PERMISSION_DENIED, "may not open");
        chmod(fake.path, 0600);
    }
    shutdown(fake.listener, SHUT_RDWR);
    expect_refusal(fake.path, SIGNER_UNAVAILABLE, "no signer listens");
    fake_stop(&fake);
}

static void test_a_listener_that_is_full_times_out(void)
{
    struct fake_signer fake;
    struct connection held[3] = { CONNECTION_NONE, CONNECTION_NONE, CONNECTION_NONE };
    fake_start(&fake, no_script);
    listen(fake.listener, 0);
    uint64_t began = time_monotonic_ns();
    enum signer_status status = SIGNER_OK;
    for (int i = 0; i < 3 && status == SIGNER_OK; i++)
        status = connection_open(&held[i], fake.path, &usual, deadline_after_ms(100), &error);
    CU_ASSERT_EQUAL(status, SIGNER_DEADLINE_EXCEEDED);
    CU_ASSERT_STRING_EQUAL(error.reason, "TIMEOUT");
    CU_ASSERT(time_monotonic_ns() - began > 90000000);
    for (int i = 0; i < 3; i++)
        connection_close(&held[i]);
    fake_stop(&fake);
}

static void test_a_descriptor_is_not_blocking_and_not_inherited(void)
{
    struct fake_signer fake;
    struct connection connection = CONNECTION_NONE;
    fake_start(&fake, no_script);
    CU_ASSERT(connection_open(&connection, fake.path, &usual, deadline_after_ms(1000), NULL) == SIGNER_OK);
    CU_ASSERT(fcntl(connection.fd, F_GETFD) & FD_CLOEXEC);
    CU_ASSERT(fcntl(connection.fd, F_GETFL) & O_NONBLOCK);
    connection_close(&connection);
    CU_ASSERT_EQUAL(connection.fd, -1);
    connection_close(&connection);
    fake_stop(&fake);
}

/* -- descriptors that are another's by now -- */

/* What has the number now: one end of a pair of the application. Returns the other end. */
static int put_in_its_place(int fd)
{
    int pair[2];
    fake_check(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && dup2(pair[0], fd) == fd, "pair");
    close(pair[0]);
    return pair[1];
}

static void test_a_descriptor_that_became_another_file_is_neither_used_nor_closed(void)
{
    struct fake_signer fake;
    struct connection connection = CONNECTION_NONE;
    char byte = 'a';
    fake_start(&fake, no_script);
    CU_ASSERT(connection_open(&connection, fake.path, &usual, deadline_after_ms(1000), NULL) == SIGNER_OK);
    CU_ASSERT(connection_is_own(&connection));
    int fd = connection.fd, other = put_in_its_place(fd);
    fake_check(write(other, "x", 1) == 1, "write");
    CU_ASSERT(!connection_is_own(&connection));
    CU_ASSERT_EQUAL(connection_send(&connection, (const uint8_t *)"request", 7), -1);
    CU_ASSERT_EQUAL(connection_poll(&connection, POLLOUT, deadline_after_ms(1000)), POLLOUT);
    CU_ASSERT_EQUAL(connection_fill(&connection), CONNECTION_ENDED);
    connection_shutdown(&connection);
    connection_close(&connection);
    CU_ASSERT_EQUAL(recv(other, &byte, 1, MSG_DONTWAIT), -1); /* neither the request nor an end */
    CU_ASSERT(read(fd, &byte, 1) == 1 && byte == 'x');
    close(fd);
    close(other);
    fake_stop(&fake);
}

static void test_a_descriptor_that_a_fork_inherited_is_left_if_it_became_another_file(void)
{
    struct fake_signer fake;
    struct connection connection = CONNECTION_NONE;
    fake_start(&fake, no_script);
    CU_ASSERT(connection_open(&connection, fake.path, &usual, deadline_after_ms(1000), NULL) == SIGNER_OK);
    int fd = connection.fd, other = put_in_its_place(fd);
    connection_leave(&connection);
    CU_ASSERT(connection.fd == -1 && fcntl(fd, F_GETFD) >= 0);
    close(fd);
    close(other);
    fake_stop(&fake);
}

static void test_a_descriptor_that_the_process_closed_is_an_ended_connection(void)
{
    struct fake_signer fake;
    struct connection connection = CONNECTION_NONE;
    fake_start(&fake, no_script);
    CU_ASSERT(connection_open(&connection, fake.path, &usual, deadline_after_ms(1000), NULL) == SIGNER_OK);
    close(connection.fd);
    CU_ASSERT_EQUAL(connection_send(&connection, (const uint8_t *)"x", 1), -1);
    CU_ASSERT_EQUAL(connection_fill(&connection), CONNECTION_ENDED);
    connection_close(&connection);
    fake_stop(&fake);
}

/* As in a daemon that has closed its standard streams. */
static void test_a_descriptor_is_never_a_standard_stream(void)
{
    struct fake_signer fake;
    struct connection connection = CONNECTION_NONE;
    int saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
    fake_start(&fake, no_script);
    close(STDIN_FILENO);
    CU_ASSERT(connection_open(&connection, fake.path, &usual, deadline_after_ms(1000), NULL) == SIGNER_OK);
    CU_ASSERT(connection.fd > STDERR_FILENO && (fcntl(connection.fd, F_GETFD) & FD_CLOEXEC));
    CU_ASSERT_EQUAL(fcntl(STDIN_FILENO, F_GETFD), -1);
    dup2(saved, STDIN_FILENO);
    close(saved);
    connection_close(&connection);
    fake_stop(&fake);
}

/* -- who serves -- */

enum { SOMEBODY = 31001 };

/* As if that user had begun to listen. */
static void listen_as(const struct fake_signer *fake, uid_t uid)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(setresuid(uid, uid, uid) != 0 || listen(fake->listener, 64) != 0);
    waitpid(child, &status, 0);
    fake_check(status == 0, "listen as another user");
}

static void expect_server(const struct fake_signer *fake, const struct connection_server *server, bool expected)
{
    struct connection connection = CONNECTION_NONE;
    enum signer_status status = connection_open(&connection, fake->path, server, deadline_after_ms(1000), &error);
    CU_ASSERT_EQUAL(status, expected ? SIGNER_OK : SIGNER_PERMISSION_DENIED);
    CU_ASSERT(expected || strcmp(error.reason, "SERVER_UNEXPECTED") == 0);
    CU_ASSERT(expected || strstr(error.message, fake->path));
    connection_close(&connection);
}

static void test_a_server_with_another_uid_than_the_expected_is_not_talked_to(void)
{
    struct fake_signer fake;
    const struct connection_server own = { .given = true, .uid = geteuid() };
    const struct connection_server other = { .given = true, .uid = geteuid() + 1 };
    fake_start(&fake, no_script);
    expect_server(&fake, &own, true);
    expect_server(&fake, &other, false);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "expect_uid"));
    fake_stop(&fake);
}

static void test_a_server_is_root_or_the_owner_of_the_sockets_directory_unless_said_otherwise(void)
{
    struct fake_signer fake;
    fake_start(&fake, no_script);
    expect_server(&fake, &usual, true); /* the owner, or root, that this test is */
    if (geteuid() == 0) {
        const struct connection_server named = { .given = true, .uid = SOMEBODY };
        listen_as(&fake, SOMEBODY);
        expect_server(&fake, &usual, false);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "SIGNER_EXPECT_UID=31001"));
        expect_server(&fake, &named, true);
        CU_ASSERT(chown(fake.directory, SOMEBODY, (gid_t)-1) == 0);
        expect_server(&fake, &usual, true);
        listen_as(&fake, 0);
        expect_server(&fake, &usual, true);
        expect_server(&fake, &named, false); /* who names a user means no other, root included */
    }
    fake_stop(&fake);
}

/* A path without a directory is of the current one. */
static void test_a_relative_path_is_in_the_current_directory(void)
{
    struct fake_signer fake;
    char before[4096];
    fake_start(&fake, no_script);
    fake_check(getcwd(before, sizeof before) && chdir(fake.directory) == 0, "chdir");
    struct connection connection = CONNECTION_NONE;
    CU_ASSERT(connection_open(&connection, "s", &usual, deadline_after_ms(1000), &error) == SIGNER_OK);
    connection_close(&connection);
    if (geteuid() == 0) {
        listen_as(&fake, SOMEBODY);
        CU_ASSERT(connection_open(&connection, "s", &usual, deadline_after_ms(1000), &error)
                  == SIGNER_PERMISSION_DENIED);
        CU_ASSERT(chown(".", SOMEBODY, (gid_t)-1) == 0);
        CU_ASSERT(connection_open(&connection, "s", &usual, deadline_after_ms(1000), &error) == SIGNER_OK);
        connection_close(&connection);
    }
    fake_check(chdir(before) == 0, "chdir");
    fake_stop(&fake);
}

/* -- a pinned process -- */

static bool connects(const char *where)
{
    struct connection connection = CONNECTION_NONE;
    bool yes = connection_open(&connection, where, &usual, deadline_after_ms(1000), NULL) == SIGNER_OK;
    connection_close(&connection);
    return yes;
}

static void test_a_pinned_path_is_connected_to_only_where_that_process_listens(void)
{
    struct fake_signer fake;
    fake_start(&fake, no_script);
    CU_ASSERT(connection_pin(fake.path, getppid()));
    expect_refusal(fake.path, SIGNER_PERMISSION_DENIED, "another process");
    connection_unpin(fake.path);
    CU_ASSERT(connects(fake.path) && connection_pin(fake.path, getpid()) && connects(fake.path));
    connection_unpin(fake.path);
    fake_stop(&fake);
}

static void test_pinned_paths_do_not_displace_each_other_and_one_too_many_is_refused(void)
{
    struct fake_signer fake;
    char other[CONNECTION_PINS][CONNECTION_PATH_SIZE];
    fake_start(&fake, no_script);
    CU_ASSERT(connection_pin(fake.path, getppid()));
    for (int i = 0; i < CONNECTION_PINS; i++) {
        snprintf(other[i], sizeof other[i], "/tmp/other-%d", i);
        CU_ASSERT_EQUAL(connection_pin(other[i], getpid()), i + 1 < CONNECTION_PINS);
    }
    for (int i = 0; i < CONNECTION_PINS; i++)
        connection_unpin(other[i]);
    CU_ASSERT(!connects(fake.path));
    connection_unpin(fake.path);
    CU_ASSERT(connects(fake.path));
    fake_stop(&fake);
}

/* -- frames -- */

static struct connection connection;
static int peer;

static void make_pair(void)
{
    int pair[2];
    struct stat is;
    fake_check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0, "socketpair");
    fake_check(fstat(pair[0], &is) == 0, "fstat");
    connection = (struct connection){ .fd = pair[0], .device = is.st_dev, .inode = is.st_ino };
    peer = pair[1];
}

static void drop_pair(void)
{
    connection_close(&connection);
    if (peer >= 0)
        close(peer);
}

static void write_peer(const void *bytes, size_t length)
{
    CU_ASSERT_EQUAL(write(peer, bytes, length), (ssize_t)length);
}

static void test_a_frame_that_comes_in_pieces_is_whole_at_its_last_byte(void)
{
    struct slice frame;
    make_pair();
    CU_ASSERT(connection_fill(&connection) == CONNECTION_IDLE);
    write_peer("\0\0\0\3ab", 6);
    CU_ASSERT(connection_fill(&connection) == CONNECTION_BYTES);
    CU_ASSERT(connection_next(&connection, &frame) == FRAME_NEED_MORE);
    write_peer("c\0\0\0\1d\0\0", 8);
    CU_ASSERT(connection_fill(&connection) == CONNECTION_BYTES);
    CU_ASSERT(connection_next(&connection, &frame) == FRAME_WHOLE);
    CU_ASSERT(frame.length == 3 && memcmp(frame.data, "abc", 3) == 0);
    CU_ASSERT(connection_next(&connection, &frame) == FRAME_WHOLE);
    CU_ASSERT(frame.length == 1 && frame.data[0] == 'd');
    CU_ASSERT(connection_next(&connection, &frame) == FRAME_NEED_MORE);
    write_peer("\0\1e", 3);
    CU_ASSERT(connection_fill(&connection) == CONNECTION_BYTES);
    CU_ASSERT(connection_next(&connection, &frame) == FRAME_WHOLE);
    CU_ASSERT(frame.length == 1 && frame.data[0] == 'e');
    drop_pair();
}

static void test_a_length_over_the_bound_is_refused_before_memory_is_taken(void)
{
    struct slice frame;
    make_pair();
    write_peer("\xff\xff\xff\xff", 4);
    CU_ASSERT(connection_fill(&connection) == CONNECTION_BYTES);
    CU_ASSERT(connection_next(&connection, &frame) == FRAME_BROKEN);
    drop_pair();
    make_pair();
    write_peer("\0\x0f\xff\xff", 4); /* within the bound, but it has not arrived */
    CU_ASSERT(connection_fill(&connection) == CONNECTION_BYTES);
    CU_ASSERT(connection_next(&connection, &frame) == FRAME_NEED_MORE);
    CU_ASSERT(connection.capacity <= 16 * 1024);
    drop_pair();
    make_pair();
    write_peer("\0\0\0\0", 4);
    CU_ASSERT(connection_fill(&connection) == CONNECTION_BYTES);
    CU_ASSERT(connection_next(&connection, &frame) == FRAME_BROKEN);
    drop_pair();
}

static void *write_largest(void *unused)
{
    (void)unused;
    uint8_t *bytes = calloc(1, FRAME_PREFIX + RESPONSE_MAX);
    frame_prefix(bytes, RESPONSE_MAX);
    bytes[FRAME_PREFIX + RESPONSE_MAX - 1] = 7;
    fake_write_all(peer, bytes, FRAME_PREFIX + RESPONSE_MAX);
    free(bytes);
    return NULL;
}

static void test_the_largest_frame_is_received_whole(void)
{
    struct slice frame = { 0 };
    pthread_t writer;
    make_pair();
    pthread_create(&writer, NULL, write_largest, NULL);
    while (connection_next(&connection, &frame) == FRAME_NEED_MORE) {
        connection_poll(&connection, POLLIN, deadline_after_ms(1000));
        if (connection_fill(&connection) == CONNECTION_ENDED)
            break;
        CU_ASSERT(connection.capacity <= 16 * 1024 || connection.capacity <= 2 * connection.length
                  || connection.length * 2 >= connection.capacity - 16 * 1024);
    }
    CU_ASSERT_EQUAL(frame.length, RESPONSE_MAX);
    CU_ASSERT(frame.length == RESPONSE_MAX && frame.data[RESPONSE_MAX - 1] == 7);
    pthread_join(writer, NULL);
    drop_pair();
}

/* -- a peer that is gone -- */

static void test_a_peer_that_is_gone_is_told_and_raises_no_signal(void)
{
    signal(SIGPIPE, SIG_DFL); /* raised, it would end the test */
    make_pair();
    close(peer);
    peer = -1;
    CU_ASSERT(connection_send(&connection, (const uint8_t *)"x", 1) == -1);
    CU_ASSERT(connection_poll(&connection, POLLIN, deadline_after_ms(1000)) == POLLIN);
    CU_ASSERT(connection_fill(&connection) == CONNECTION_ENDED);
    drop_pair();
}

static void test_a_send_takes_what_fits_and_then_nothing(void)
{
    static const uint8_t block[65536];
    ssize_t sent, all = 0;
    make_pair();
    while ((sent = connection_send(&connection, block, sizeof block)) > 0)
        all += sent;
    CU_ASSERT(sent == 0 && all > 0);
    uint64_t began = time_monotonic_ns();
    CU_ASSERT(connection_poll(&connection, POLLOUT, deadline_after_ms(50)) == 0);
    CU_ASSERT(time_monotonic_ns() - began >= 50000000);
    drop_pair();
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("connection", NULL, NULL);
    CU_ADD_TEST(suite, test_a_missing_a_closed_and_a_forbidden_socket_are_told_apart);
    CU_ADD_TEST(suite, test_a_listener_that_is_full_times_out);
    CU_ADD_TEST(suite, test_a_descriptor_is_not_blocking_and_not_inherited);
    CU_ADD_TEST(suite, test_a_descriptor_that_became_another_file_is_neither_used_nor_closed);
    CU_ADD_TEST(suite, test_a_descriptor_that_a_fork_inherited_is_left_if_it_became_another_file);
    CU_ADD_TEST(suite, test_a_descriptor_that_the_process_closed_is_an_ended_connection);
    CU_ADD_TEST(suite, test_a_descriptor_is_never_a_standard_stream);
    CU_ADD_TEST(suite, test_a_server_with_another_uid_than_the_expected_is_not_talked_to);
    CU_ADD_TEST(suite, test_a_server_is_root_or_the_owner_of_the_sockets_directory_unless_said_otherwise);
    CU_ADD_TEST(suite, test_a_relative_path_is_in_the_current_directory);
    CU_ADD_TEST(suite, test_a_pinned_path_is_connected_to_only_where_that_process_listens);
    CU_ADD_TEST(suite, test_pinned_paths_do_not_displace_each_other_and_one_too_many_is_refused);
    CU_ADD_TEST(suite, test_a_frame_that_comes_in_pieces_is_whole_at_its_last_byte);
    CU_ADD_TEST(suite, test_a_length_over_the_bound_is_refused_before_memory_is_taken);
    CU_ADD_TEST(suite, test_the_largest_frame_is_received_whole);
    CU_ADD_TEST(suite, test_a_peer_that_is_gone_is_told_and_raises_no_signal);
    CU_ADD_TEST(suite, test_a_send_takes_what_fits_and_then_nothing);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 0;
}
