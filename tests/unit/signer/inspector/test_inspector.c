/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/inspector/inspector.h"

#include "base/io.h"
#include "signer/ipc/channel.h"
#include "signer/ipc/room_fork.h"
#include "tests/unit/signer/inspector/fake_certificate.h"

static struct fake_certificate certificate, other;
static int gate = -1;
static struct message answer;
static uint8_t body[CHANNEL_ANSWER_MAX + 8];

static void run_inspector(const void *setup)
{
    inspector_run(setup);
}

/* The inspector runs in a child, as it does in a signer; this end is the gate's. */
static void start(void)
{
    struct room_hello hello;
    struct inspector_setup setup = { .terms = { { geteuid(), getegid() }, SANDBOX_DEFAULT } };
    fflush(NULL);
    int *const descriptors[] = { &setup.fd };
    gate = room_fork("inspect", descriptors, 1, run_inspector, &setup);
    room_fork_receive_hello(gate, "the inspector", &hello);
    CU_ASSERT(hello.protections.memory == 0 && hello.protections.capabilities == 0);
}

static int stop(void)
{
    close(gate);
    return unit_wait(-1);
}

static size_t padded(size_t length)
{
    return (length + 7) & ~(size_t)7;
}

/* Sends a question; `spki_length` is what it says, which may be wrong. */
static bool send_question(enum message_op op, const struct fake_certificate *of, uint32_t spki_length, const void *pem,
                          size_t length)
{
    static uint8_t bytes[256 * 1024];
    struct inspect_body head = { .spki_length = spki_length };
    size_t total = sizeof head + of->spki_length + length;
    struct message question = { .length = (uint32_t)total, .op = (uint16_t)op, .tag = 9 };
    uint8_t *at = bytes;
    memset(bytes, 0, sizeof question + padded(total));
    memcpy(at, &question, sizeof question);
    memcpy(at += sizeof question, &head, sizeof head);
    memcpy(at += sizeof head, of->spki, of->spki_length);
    memcpy(at + of->spki_length, pem, length);
    return io_write_all(gate, bytes, sizeof question + padded(total));
}

static unsigned ask(const struct fake_certificate *of, const void *pem, size_t length)
{
    bool answered = send_question(MESSAGE_INSPECT, of, (uint32_t)of->spki_length, pem, length)
        && io_read_exactly(gate, &answer, sizeof answer) && io_read_exactly(gate, body, padded(answer.length));
    CU_ASSERT(answered && answer.op == MESSAGE_INSPECT && answer.tag == 9);
    return answered ? answer.status : 4711;
}

static void test_a_certificate_of_the_key_is_good_and_comes_back_alone(void)
{
    static const char secret[] = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    uint8_t file[4096];
    start();
    CU_ASSERT(ask(&certificate, certificate.pem, certificate.length) == INSPECT_GOOD);
    CU_ASSERT(answer.length == certificate.length && memcmp(body, certificate.pem, answer.length) == 0);
    memcpy(file, secret, strlen(secret));
    memcpy(file + strlen(secret), certificate.pem, certificate.length);
    CU_ASSERT(ask(&certificate, file, strlen(secret) + certificate.length) == INSPECT_GOOD);
    CU_ASSERT(answer.length == certificate.length && memcmp(body, certificate.pem, answer.length) == 0);
    CU_ASSERT(stop() == 0);
}

static void test_another_keys_certificate_is_named_as_that(void)
{
    uint8_t chain[4096];
    start();
    CU_ASSERT(ask(&certificate, other.pem, other.length) == INSPECT_OTHER_KEY && answer.length == 0);
    memcpy(chain, other.pem, other.length);
    memcpy(chain + other.length, certificate.pem, certificate.length);
    CU_ASSERT(ask(&certificate, chain, other.length + certificate.length) == INSPECT_OTHER_KEY);
    CU_ASSERT(ask(&other, chain, other.length + certificate.length) == INSPECT_GOOD);
    CU_ASSERT(stop() == 0);
}

static void test_what_is_no_certificate_is_invalid(void)
{
    static uint8_t zeros[REQUEST_MAX];
    start();
    CU_ASSERT(ask(&certificate, "", 0) == INSPECT_INVALID && ask(&certificate, "garbage", 7) == INSPECT_INVALID);
    CU_ASSERT(ask(&certificate, certificate.pem, certificate.length - 30) == INSPECT_INVALID);
    CU_ASSERT(ask(&certificate, zeros, sizeof zeros) == INSPECT_INVALID);
    CU_ASSERT(stop() == 0);
}

static void test_a_chain_of_eleven_is_too_long_and_one_of_ten_is_not(void)
{
    static uint8_t chain[11 * sizeof certificate.pem];
    start();
    for (size_t i = 0; i < 11; i++)
        memcpy(chain + i * certificate.length, certificate.pem, certificate.length);
    CU_ASSERT(ask(&certificate, chain, 11 * certificate.length) == INSPECT_TOO_LONG);
    CU_ASSERT(ask(&certificate, chain, 10 * certificate.length) == INSPECT_GOOD);
    CU_ASSERT(answer.length == 10 * certificate.length);
    CU_ASSERT(stop() == 0);
}

static void test_a_curve_given_by_parameters_is_refused_before_decoding(void)
{
    struct fake_certificate explicit;
    fake_make_certificate(&explicit, true);
    start();
    CU_ASSERT(ask(&explicit, explicit.pem, explicit.length) == INSPECT_EXPLICIT);
    CU_ASSERT(stop() == 0);
}

/* Whatever was read, nothing of it stays: a thousand chains take no more memory than one. */
static void test_memory_does_not_run_out(void)
{
    start();
    for (int i = 0; i < 2000; i++)
        CU_ASSERT(ask(&certificate, certificate.pem, certificate.length) == INSPECT_GOOD);
    CU_ASSERT(stop() == 0);
}

static void die(enum message_op op, uint32_t spki_length, size_t length)
{
    static uint8_t zeros[REQUEST_MAX + 1];
    start();
    CU_ASSERT(send_question(op, &certificate, spki_length, zeros, length));
    CU_ASSERT(!io_read_exactly(gate, &answer, sizeof answer));
    CU_ASSERT(WEXITSTATUS(stop()) == 1);
}

static void test_a_gate_that_asks_the_impossible_ends_the_room(void)
{
    die(MESSAGE_SIGN, 91, 0);
    die(MESSAGE_INSPECT, UINT32_MAX, 10);
    die(MESSAGE_INSPECT, (uint32_t)certificate.spki_length + 11, 10);
    die(MESSAGE_INSPECT, (uint32_t)certificate.spki_length, REQUEST_MAX + 1);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_certificate_of_the_key_is_good_and_comes_back_alone),
        UNIT_TEST(test_another_keys_certificate_is_named_as_that),
        UNIT_TEST(test_what_is_no_certificate_is_invalid),
        UNIT_TEST(test_a_chain_of_eleven_is_too_long_and_one_of_ten_is_not),
        UNIT_TEST(test_a_curve_given_by_parameters_is_refused_before_decoding),
        UNIT_TEST(test_memory_does_not_run_out),
        UNIT_TEST(test_a_gate_that_asks_the_impossible_ends_the_room),
    };
    fake_make_certificate(&certificate, false);
    fake_make_certificate(&other, false);
    return UNIT_RUN("inspector", tests);
}
