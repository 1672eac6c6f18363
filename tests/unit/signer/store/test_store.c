/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "base/io.h"
#include "signer/ipc/channel.h"
#include "signer/store/store.h"

#include "keystore/memory/secret.h"
#include "signer/ipc/room_fork.h"
#include "tests/unit/unit.h"

static struct directory directory;
static int gate = -1;
static struct message answer;
static uint8_t body[CHANNEL_ANSWER_MAX + 8];

static void run_store(const void *setup)
{
    store_run(setup);
}

/* The store runs in a child, as it does in a signer; this end is the gate's. */
static void run(void)
{
    struct room_hello hello;
    struct store_setup setup = { .directory = directory, .terms = { { geteuid(), getegid() }, SANDBOX_DEFAULT } };
    CU_ASSERT(presence_open(&directory, &setup.presence) == FAULT_NONE);
    CU_ASSERT(presence_enter(&setup.presence, 5000) == FAULT_NONE);
    fflush(NULL);
    int *const descriptors[] = { &setup.fd,
                                 &setup.directory.root,
                                 &setup.directory.keys,
                                 &setup.directory.certs,
                                 &setup.directory.records,
                                 &setup.directory.lock,
                                 &setup.presence.fd };
    gate = room_fork("store", descriptors, 7, run_store, &setup);
    presence_close(&setup.presence);
    room_fork_receive_hello(gate, "the store", &hello);
}

static bool start(const char *name)
{
    if (directory_create(unit_path(name), geteuid(), getegid(), &directory) != FAULT_NONE)
        return false;
    run();
    return true;
}

/* The same for a keystore that is there. */
static bool serve(const char *name)
{
    if (directory_open(unit_path(name), &directory) != FAULT_NONE)
        return false;
    run();
    return true;
}

/* The store is the only child. */
static pid_t room_pid(void)
{
    int pid = 0;
    FILE *children = fopen("/proc/thread-self/children", "re");
    CU_ASSERT(children && fscanf(children, "%d", &pid) == 1 && pid > 1);
    if (children)
        fclose(children);
    return pid;
}

/* The room's wait status once its gate is gone. */
static int stop(void)
{
    close(gate);
    directory_close(&directory);
    return unit_wait(-1);
}

static bool receive_answer(void)
{
    return io_read_exactly(gate, &answer, sizeof answer)
        && io_read_exactly(gate, body, (answer.length + (size_t)7) & ~(size_t)7);
}

static size_t encode_question(uint8_t *out, enum message_op op, const char *id, const char *content)
{
    size_t length = KEY_ID_SIZE + strlen(content);
    struct message question = { .length = (uint32_t)length, .op = (uint16_t)op, .tag = 7 };
    memset(out, 0, sizeof question + length + 8);
    memcpy(out, &question, sizeof question);
    memcpy(out + sizeof question, id, strlen(id));
    memcpy(out + sizeof question + KEY_ID_SIZE, content, strlen(content));
    return sizeof question + ((length + 7) & ~(size_t)7);
}

/* The fault that the store answers with; the body is in `body`. */
static enum fault ask(enum message_op op, const char *id, const char *content)
{
    static uint8_t question[128 * 1024];
    size_t length = encode_question(question, op, id, content);
    bool answered = io_write_all(gate, question, length) && receive_answer();
    CU_ASSERT(answered && answer.op == op && answer.tag == 7);
    return answered ? (enum fault)answer.status : FAULT_COUNT;
}

static void test_a_key_comes_and_goes(void)
{
    UNIT_NEED(start("life"));
    CU_ASSERT(ask(MESSAGE_READ, "a", "") == FAULT_KEY_UNKNOWN);
    CU_ASSERT(ask(MESSAGE_CREATE, "a", "sealed") == FAULT_NONE);
    CU_ASSERT(ask(MESSAGE_CREATE, "a", "other") == FAULT_KEY_EXISTS);
    CU_ASSERT(ask(MESSAGE_READ, "a", "") == FAULT_NONE && answer.length == 6 && memcmp(body, "sealed", 6) == 0);
    CU_ASSERT(ask(MESSAGE_SYNC, "a", "") == FAULT_NONE);
    CU_ASSERT(ask(MESSAGE_REMOVE, "a", "") == FAULT_NONE);
    CU_ASSERT(ask(MESSAGE_REMOVE, "a", "") == FAULT_KEY_UNKNOWN);
    CU_ASSERT(ask(MESSAGE_SYNC, "a", "") == FAULT_KEY_UNKNOWN);
    CU_ASSERT(ask(MESSAGE_READ, "../keystore", "") == FAULT_KEY_ID);
    CU_ASSERT_EQUAL(stop(), 0);
}

static void test_a_certificate_alone_is_a_lost_key(void)
{
    UNIT_NEED(start("lost"));
    CU_ASSERT(ask(MESSAGE_READ_CERT, "a", "") == FAULT_FILE_MISSING);
    CU_ASSERT(ask(MESSAGE_WRITE_CERT, "a", "pem") == FAULT_KEY_UNKNOWN); /* only beside its key */
    CU_ASSERT(ask(MESSAGE_CREATE, "a", "sealed") == FAULT_NONE);
    CU_ASSERT(ask(MESSAGE_WRITE_CERT, "a", "pem") == FAULT_NONE);
    CU_ASSERT(ask(MESSAGE_REMOVE, "a", "") == FAULT_NONE);
    CU_ASSERT(ask(MESSAGE_READ, "a", "") == FAULT_KEY_LOST);
    CU_ASSERT(ask(MESSAGE_CREATE, "a", "sealed") == FAULT_KEY_LOST);
    CU_ASSERT(ask(MESSAGE_REMOVE_CERT, "a", "") == FAULT_NONE);
    CU_ASSERT(ask(MESSAGE_CREATE, "a", "sealed") == FAULT_NONE);
    CU_ASSERT_EQUAL(stop(), 0);
}

static bool is_reported(const struct key_id *id)
{
    return ask(MESSAGE_LOOK, "", "") == FAULT_NONE && answer.length == sizeof(struct look_head) + KEY_ID_SIZE
        && memcmp(body + sizeof(struct look_head), id->text, KEY_ID_SIZE) == 0;
}

static void test_a_file_that_this_store_removed_is_noticed_too(void)
{
    const struct key_id id = { "a" };
    UNIT_NEED(start("removed"));
    CU_ASSERT(ask(MESSAGE_CREATE, "a", "sealed") == FAULT_NONE && ask(MESSAGE_REMOVE, "a", "") == FAULT_NONE);
    CU_ASSERT(is_reported(&id) && !is_reported(&id));
    CU_ASSERT_EQUAL(stop(), 0);
}

/* How the store answers a gate that acts as if others were there, or not. */
static enum look_presence found(bool shared)
{
    struct look_head head = { .presence = 99 };
    uint8_t question[256];
    struct look_body look = { .shared = shared };
    size_t length = encode_question(question, MESSAGE_LOOK, "", "");
    memcpy(question + sizeof(struct message), &look, sizeof look);
    if (io_write_all(gate, question, length) && receive_answer() && answer.length >= sizeof head)
        memcpy(&head, body, sizeof head);
    return (enum look_presence)head.presence;
}

static void *enter(void *context)
{
    struct presence *other = context;
    return presence_enter(other, 10000) == FAULT_NONE ? context : NULL;
}

static bool is_free(struct presence *other, enum directory_byte byte)
{
    return directory_byte_is_free(other->fd, byte);
}

static void test_a_second_is_let_in_only_once_the_gate_says_so(void)
{
    struct presence other;
    pthread_t second;
    void *entered = NULL;
    UNIT_NEED(start("second") && presence_open(&directory, &other) == FAULT_NONE);
    CU_ASSERT(found(false) == LOOK_ALONE && found(true) == LOOK_ALONE);
    UNIT_NEED(pthread_create(&second, NULL, enter, &other) == 0);
    for (int i = 0; i < 1000 && found(false) != LOOK_KNOCKED; i++)
        usleep(10000);
    CU_ASSERT(found(false) == LOOK_KNOCKED && found(false) == LOOK_KNOCKED && !is_free(&other, DIRECTORY_PRESENCE));
    CU_ASSERT(found(true) == LOOK_SHARED);
    pthread_join(second, &entered);
    CU_ASSERT(entered == &other && !other.alone);
    CU_ASSERT(found(true) == LOOK_SHARED && found(false) == LOOK_SHARED);
    presence_close(&other);
    CU_ASSERT(found(true) == LOOK_ALONE);
    CU_ASSERT_EQUAL(stop(), 0);
}

/* Else who knocks could wait for ever: the store would be alone again before each of its tries. */
static void test_a_store_does_not_become_alone_while_somebody_knocks(void)
{
    struct presence other, third;
    UNIT_NEED(start("knocks") && presence_open(&directory, &other) == FAULT_NONE
              && presence_open(&directory, &third) == FAULT_NONE);
    CU_ASSERT(directory_lock_byte(third.fd, DIRECTORY_KNOCK, F_RDLCK) == FAULT_NONE);
    CU_ASSERT(found(false) == LOOK_KNOCKED && found(true) == LOOK_SHARED && found(true) == LOOK_SHARED);
    CU_ASSERT(presence_enter(&other, 0) == FAULT_NONE && !other.alone);
    presence_close(&other);
    CU_ASSERT(found(true) == LOOK_SHARED);
    presence_close(&third);
    CU_ASSERT(found(true) == LOOK_ALONE);
    CU_ASSERT_EQUAL(stop(), 0);
}

static void test_a_changed_file_is_noticed_once(void)
{
    const struct key_id id = { "a" };
    UNIT_NEED(start("look"));
    CU_ASSERT(ask(MESSAGE_CREATE, "a", "sealed") == FAULT_NONE);
    const size_t head = sizeof(struct look_head);
    CU_ASSERT(ask(MESSAGE_LOOK, "", "") == FAULT_NONE && answer.length == head);
    CU_ASSERT(directory_remove_key(&directory, &id) == FAULT_NONE);
    CU_ASSERT(ask(MESSAGE_LOOK, "", "") == FAULT_NONE && answer.length == head + KEY_ID_SIZE
              && memcmp(body + head, id.text, KEY_ID_SIZE) == 0);
    CU_ASSERT(ask(MESSAGE_LOOK, "", "") == FAULT_NONE && answer.length == head);
    CU_ASSERT_EQUAL(stop(), 0);
}

/* A change waits for the lock while reads are answered. */
static void test_reads_pass_a_change_that_waits(void)
{
    struct directory other;
    uint8_t question[256];
    UNIT_NEED(start("busy") && directory_open(unit_path("busy"), &other) == FAULT_NONE);
    UNIT_NEED(directory_lock(&other) == FAULT_NONE);
    size_t length = encode_question(question, MESSAGE_CREATE, "a", "sealed");
    CU_ASSERT(io_write_all(gate, question, length));
    CU_ASSERT(ask(MESSAGE_READ, "b", "") == FAULT_KEY_UNKNOWN);
    directory_unlock(&other);
    CU_ASSERT(receive_answer() && answer.op == MESSAGE_CREATE && answer.status == FAULT_NONE);
    directory_close(&other);
    CU_ASSERT_EQUAL(stop(), 0);
}

#define LEFT_OVER "keys/.tmp-0123456789abcdef"

/* A store over a keystore in which a writer was stopped. */
static bool serve_left_over(const char *name)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    if (!start(name) || stop() != 0 || directory_open(unit_path(name), &directory) != FAULT_NONE)
        return false;
    int fd = openat(directory.root, LEFT_OVER, flags, 0600);
    directory_close(&directory);
    return fd >= 0 && close(fd) == 0 && serve(name);
}

/* A start that is refused, or that only checks, asks the store nothing: then it changes nothing. */
static void test_a_store_that_is_asked_nothing_sweeps_nothing(void)
{
    UNIT_NEED(serve_left_over("unasked"));
    usleep(300000);
    CU_ASSERT_EQUAL(stop(), 0);
    CU_ASSERT(unit_exists(unit_path("unasked/" LEFT_OVER)));
}

static void test_what_a_stopped_writer_left_goes_when_it_is_quiet(void)
{
    UNIT_NEED(serve_left_over("quiet"));
    CU_ASSERT(ask(MESSAGE_LOOK, "", "") == FAULT_NONE);
    for (int i = 0; i < 500 && unit_exists(unit_path("quiet/" LEFT_OVER)); i++)
        usleep(10000);
    CU_ASSERT(!unit_exists(unit_path("quiet/" LEFT_OVER)));
    CU_ASSERT_EQUAL(stop(), 0);
}

static void test_what_a_stopped_writer_left_goes_before_the_first_change(void)
{
    UNIT_NEED(serve_left_over("changed"));
    CU_ASSERT(ask(MESSAGE_CREATE, "a", "sealed") == FAULT_NONE);
    CU_ASSERT(!unit_exists(unit_path("changed/" LEFT_OVER)));
    CU_ASSERT_EQUAL(stop(), 0);
}

/* One batch whose answers together are larger than the store's buffer for them. */
static void test_a_batch_of_any_kind_stays_within_the_buffer(void)
{
    enum { LARGE = 31, SMALL = 16000, QUESTION = sizeof(struct message) + KEY_ID_SIZE };
    static char pem[DIRECTORY_CERTIFICATE_MAX + 1];
    static uint8_t batch[(LARGE + SMALL) * QUESTION + 64];
    UNIT_NEED(start("batch"));
    memset(pem, 'x', DIRECTORY_CERTIFICATE_MAX);
    CU_ASSERT(ask(MESSAGE_CREATE, "a", "sealed") == FAULT_NONE);
    CU_ASSERT(ask(MESSAGE_WRITE_CERT, "a", pem) == FAULT_NONE);
    for (int i = 0; i < LARGE + SMALL; i++)
        (void)encode_question(batch + (size_t)i * QUESTION, i < LARGE ? MESSAGE_READ_CERT : MESSAGE_REMOVE,
                              i < LARGE ? "a" : "NONE", "");
    pid_t room = room_pid();
    UNIT_NEED(room > 1);
    kill(room, SIGSTOP); /* until there is as much for it to read at once as the socket holds */
    pid_t writer = fork();
    if (writer == 0) /* beside the reader: both directions are larger than a socket's buffer */
        _exit(io_write_all(gate, batch, (LARGE + SMALL) * QUESTION) ? 0 : 1);
    usleep(200 * 1000);
    kill(room, SIGCONT);
    for (int i = 0; i < LARGE + SMALL; i++)
        UNIT_NEED(receive_answer() && answer.status == (i < LARGE ? FAULT_NONE : FAULT_KEY_ID));
    CU_ASSERT_EQUAL(unit_wait(writer), 0);
    CU_ASSERT_EQUAL(stop(), 0);
}

static void test_what_is_no_message_ends_the_room(void)
{
    struct message question = { .length = UINT32_MAX, .op = MESSAGE_READ };
    UNIT_NEED(start("broken"));
    CU_ASSERT(io_write_all(gate, &question, sizeof question));
    CU_ASSERT(!receive_answer());
    stop();
    UNIT_NEED(start("unknown"));
    uint8_t unknown[256];
    size_t length = encode_question(unknown, MESSAGE_SIGN, "a", "");
    CU_ASSERT(io_write_all(gate, unknown, length) && !receive_answer());
    CU_ASSERT(stop() != 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_key_comes_and_goes),
        UNIT_TEST(test_a_certificate_alone_is_a_lost_key),
        UNIT_TEST(test_a_changed_file_is_noticed_once),
        UNIT_TEST(test_a_file_that_this_store_removed_is_noticed_too),
        UNIT_TEST(test_a_second_is_let_in_only_once_the_gate_says_so),
        UNIT_TEST(test_a_store_does_not_become_alone_while_somebody_knocks),
        UNIT_TEST(test_reads_pass_a_change_that_waits),
        UNIT_TEST(test_a_store_that_is_asked_nothing_sweeps_nothing),
        UNIT_TEST(test_what_a_stopped_writer_left_goes_when_it_is_quiet),
        UNIT_TEST(test_what_a_stopped_writer_left_goes_before_the_first_change),
        UNIT_TEST(test_a_batch_of_any_kind_stays_within_the_buffer),
        UNIT_TEST(test_what_is_no_message_ends_the_room),
    };
    signal(SIGPIPE, SIG_IGN);
    return secret_start() && unit_make_directory() ? UNIT_RUN("store", tests) : 1;
}
