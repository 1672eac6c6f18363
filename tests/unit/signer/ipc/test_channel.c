/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io.h"
#include "signer/ipc/channel.h"

#include <sys/socket.h>

#include "keystore/fault.h"
#include "tests/unit/unit.h"

static uint8_t in[CHANNEL_IN_SIZE] __attribute__((aligned(16))), out[CHANNEL_OUT_SIZE] __attribute__((aligned(16)));
static struct channel channel;
static int gate;

static bool open_pair(void)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    channel = (struct channel){ .fd = ends[0], .in = in, .out = out };
    gate = ends[1];
    return true;
}

static void close_pair(void)
{
    close(channel.fd);
    close(gate);
}

static size_t padded(size_t length)
{
    return (length + 7) & ~(size_t)7;
}

static size_t make(uint8_t *to, uint16_t op, uint64_t tag, size_t length, uint8_t fill)
{
    struct message message = { .length = (uint32_t)length, .op = op, .tag = tag };
    memcpy(to, &message, sizeof message);
    memset(to + sizeof message, 0, padded(length));
    memset(to + sizeof message, fill, length);
    return sizeof message + padded(length);
}

static bool expect(uint16_t op, uint64_t tag, size_t length, uint8_t fill)
{
    bool broken = true;
    const struct message *message = channel_next(&channel, &broken);
    return message && !broken && message->op == op && message->tag == tag && message->length == length
        && unit_all((const uint8_t *)(message + 1), length, fill);
}

static bool is_empty(void)
{
    bool broken = true;
    return channel_next(&channel, &broken) == NULL && !broken;
}

static void test_a_batch_of_messages_is_read_at_once(void)
{
    static const size_t lengths[] = { 0, 1, 7, 8, 9, 1000 };
    uint8_t bytes[4096];
    size_t size = 0;
    UNIT_NEED(open_pair());
    for (size_t i = 0; i < UNIT_COUNT(lengths); i++)
        size += make(bytes + size, MESSAGE_SIGN, i, lengths[i], (uint8_t)(i + 1));
    CU_ASSERT(io_write_all(gate, bytes, size) && channel_fill(&channel));
    for (size_t i = 0; i < UNIT_COUNT(lengths); i++)
        CU_ASSERT(expect(MESSAGE_SIGN, i, lengths[i], (uint8_t)(i + 1)));
    CU_ASSERT(is_empty());
    close_pair();
}

static void test_a_part_of_a_message_waits_for_the_rest(void)
{
    uint8_t bytes[512];
    UNIT_NEED(open_pair());
    size_t first = make(bytes, MESSAGE_LOAD, 1, 20, 1), size = first + make(bytes + first, MESSAGE_READ, 2, 90, 2);
    CU_ASSERT(io_write_all(gate, bytes, first + 100) && channel_fill(&channel));
    CU_ASSERT(expect(MESSAGE_LOAD, 1, 20, 1) && is_empty());
    CU_ASSERT(io_write_all(gate, bytes + first + 100, size - first - 100) && channel_fill(&channel));
    CU_ASSERT(expect(MESSAGE_READ, 2, 90, 2) && is_empty());
    close_pair();
}

static void write_slowly(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (write(gate, bytes + i, 1) != 1)
            _exit(1);
    _exit(0);
}

static void test_a_message_that_comes_byte_by_byte_is_taken_whole(void)
{
    uint8_t bytes[256];
    UNIT_NEED(open_pair());
    size_t size = make(bytes, MESSAGE_SIGN, 3, 33, 9);
    pid_t child = fork();
    if (child == 0)
        write_slowly(bytes, size);
    CU_ASSERT(channel_fill(&channel) && expect(MESSAGE_SIGN, 3, 33, 9) && is_empty());
    CU_ASSERT(unit_wait(child) == 0);
    close_pair();
}

static void test_a_message_of_impossible_length_is_broken(void)
{
    static const uint32_t lengths[] = { MESSAGE_BODY_MAX + 1, UINT32_MAX - 7, UINT32_MAX };
    for (size_t i = 0; i < UNIT_COUNT(lengths); i++) {
        struct message message = { .length = lengths[i], .op = MESSAGE_SIGN };
        bool broken = false;
        UNIT_NEED(open_pair());
        CU_ASSERT(io_write_all(gate, &message, sizeof message) && channel_fill(&channel));
        CU_ASSERT(channel_next(&channel, &broken) == NULL && broken);
        close_pair();
    }
}

static void test_a_message_with_the_largest_body_is_taken_whole(void)
{
    static uint8_t bytes[sizeof(struct message) + MESSAGE_BODY_MAX + 8];
    UNIT_NEED(open_pair());
    size_t size = make(bytes, MESSAGE_SIGN, 1, MESSAGE_BODY_MAX, 5);
    pid_t child = fork();
    if (child == 0)
        _exit(io_write_all(gate, bytes, size) && io_write_all(gate, bytes, size) ? 0 : 1);
    for (int i = 0; i < 2; i++) {
        bool broken = false;
        const struct message *message = channel_next(&channel, &broken);
        while (!message && !broken && channel_fill(&channel))
            message = channel_next(&channel, &broken);
        UNIT_NEED(message != NULL && message->length == MESSAGE_BODY_MAX);
        CU_ASSERT(unit_all((const uint8_t *)(message + 1), MESSAGE_BODY_MAX, 5));
    }
    CU_ASSERT(unit_wait(child) == 0);
    close_pair();
}

/* -- answers -- */

static void test_answers_go_out_in_one_batch(void)
{
    struct message question = { .op = MESSAGE_LOAD, .tag = 77 }, answer;
    uint8_t key[KEY_FINGERPRINT_SIZE], body[16];
    UNIT_NEED(open_pair());
    memset(key, 4, sizeof key);
    memset(out, 0xff, sizeof out); /* what stood there before must not get out as padding */
    uint8_t *at = channel_reserve(&channel, 100);
    UNIT_NEED(at != NULL);
    memcpy(at, "abcde", 5);
    channel_answer(&channel, &question, FAULT_KEY_NEWER, 5, key);
    UNIT_NEED(channel_reserve(&channel, 0) != NULL);
    channel_answer(&channel, &question, FAULT_NONE, 0, NULL);
    CU_ASSERT(recv(gate, body, 1, MSG_DONTWAIT) == -1);
    CU_ASSERT(channel_flush(&channel) && channel.out_used == 0);
    UNIT_NEED(io_read_exactly(gate, &answer, sizeof answer) && io_read_exactly(gate, body, 8));
    CU_ASSERT(answer.op == MESSAGE_LOAD && answer.tag == 77 && answer.status == FAULT_KEY_NEWER);
    CU_ASSERT(answer.length == 5 && memcmp(answer.key, key, sizeof key) == 0);
    CU_ASSERT(memcmp(body, "abcde\0\0\0", 8) == 0);
    UNIT_NEED(io_read_exactly(gate, &answer, sizeof answer));
    CU_ASSERT(answer.length == 0 && answer.status == 0 && unit_all(answer.key, sizeof answer.key, 0));
    CU_ASSERT(answer.scheme == 0 && answer.hash == 0 && answer.kind == 0);
    CU_ASSERT(recv(gate, body, 1, MSG_DONTWAIT) == -1);
    close_pair();
}

/* Reads as many answers as come and says by its exit code how many. */
static void count_answers(void)
{
    static uint8_t body[CHANNEL_ANSWER_MAX];
    struct message answer;
    int count = 0;
    close(channel.fd);
    while (io_read_exactly(gate, &answer, sizeof answer)) {
        if (answer.length > sizeof body || !io_read_exactly(gate, body, padded(answer.length))
            || !unit_all(body, answer.length, (uint8_t)answer.tag))
            _exit(100);
        count++;
    }
    _exit(count);
}

static unsigned times_prepared;

static void prepare_to_send(void)
{
    times_prepared += channel.out_used > 0; /* they are still here */
}

static void test_a_full_buffer_is_sent(void)
{
    enum { ANSWERS = 7, IN_THE_BUFFER = 2, TIMES = 4 };
    UNIT_NEED(open_pair());
    channel.before_sending = prepare_to_send;
    pid_t child = fork();
    if (child == 0)
        count_answers();
    for (uint64_t i = 1; i <= ANSWERS; i++) {
        struct message question = { .op = MESSAGE_READ, .tag = i };
        uint8_t *at = channel_reserve(&channel, CHANNEL_ANSWER_MAX);
        UNIT_NEED(at != NULL);
        memset(at, (int)i, CHANNEL_ANSWER_MAX);
        channel_answer(&channel, &question, 0, CHANNEL_ANSWER_MAX, NULL);
    }
    CU_ASSERT(channel_reserve(&channel, CHANNEL_ANSWER_MAX + 1) == NULL);
    CU_ASSERT_EQUAL(times_prepared, (ANSWERS - 1) / IN_THE_BUFFER);
    CU_ASSERT(channel_flush(&channel));
    CU_ASSERT_EQUAL(times_prepared, TIMES);
    close_pair();
    int status = unit_wait(child);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == ANSWERS);
}

/* -- the end -- */

static void test_a_gate_that_is_gone_ends_reading_and_writing(void)
{
    uint8_t bytes[64];
    UNIT_NEED(open_pair());
    size_t size = make(bytes, MESSAGE_SEAL, 1, 0, 0);
    CU_ASSERT(io_write_all(gate, bytes, size - 1));
    close(gate);
    CU_ASSERT(!channel_fill(&channel));
    struct message question = { .op = MESSAGE_SEAL };
    UNIT_NEED(channel_reserve(&channel, 0) != NULL);
    channel_answer(&channel, &question, 0, 0, NULL);
    CU_ASSERT(!channel_flush(&channel));
    close(channel.fd);
}

static void test_bytes_are_read_to_the_number_asked_for_or_not_at_all(void)
{
    uint8_t bytes[8] = { 0 };
    UNIT_NEED(open_pair());
    CU_ASSERT(io_write_all(gate, "12345", 5));
    CU_ASSERT(io_read_exactly(channel.fd, bytes, 3) && memcmp(bytes, "123", 3) == 0);
    CU_ASSERT(io_read_exactly(channel.fd, bytes, 0));
    close(gate);
    CU_ASSERT(!io_read_exactly(channel.fd, bytes, 3));
    CU_ASSERT(!io_write_all(channel.fd, bytes, 3) && io_write_all(channel.fd, bytes, 0));
    close(channel.fd);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_batch_of_messages_is_read_at_once),
        UNIT_TEST(test_a_part_of_a_message_waits_for_the_rest),
        UNIT_TEST(test_a_message_that_comes_byte_by_byte_is_taken_whole),
        UNIT_TEST(test_a_message_of_impossible_length_is_broken),
        UNIT_TEST(test_a_message_with_the_largest_body_is_taken_whole),
        UNIT_TEST(test_answers_go_out_in_one_batch),
        UNIT_TEST(test_a_full_buffer_is_sent),
        UNIT_TEST(test_a_gate_that_is_gone_ends_reading_and_writing),
        UNIT_TEST(test_bytes_are_read_to_the_number_asked_for_or_not_at_all),
    };
    signal(SIGPIPE, SIG_IGN);
    return UNIT_RUN("channel", tests);
}
