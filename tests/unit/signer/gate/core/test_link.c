/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/link.h"
#include "signer/ipc/channel.h"

#include <sys/socket.h>

#include "tests/unit/unit.h"

static struct link ours, theirs;
static unsigned taken;
static size_t taken_bytes;

static bool open_pair(void)
{
    int ends[2];
    taken = 0;
    taken_bytes = 0;
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 && link_open(&ours, ends[0], "ours")
        && link_open(&theirs, ends[1], "theirs");
}

static void close_pair(void)
{
    link_close(&ours);
    link_close(&theirs);
}

/* Every body is made of its tag's low byte. */
static void count_message(void *context, const struct message *message, const uint8_t *body)
{
    CU_ASSERT(context == &taken && unit_all(body, message->length, (uint8_t)message->tag));
    taken++;
    taken_bytes += message->length;
}

static bool receive(struct link *link)
{
    return link_receive(link, count_message, &taken);
}

static void test_parts_become_one_body(void)
{
    static const struct body_part parts[] = { { "\5\5\5", 3 }, { NULL, 0 }, { "\5\5", 2 } };
    UNIT_NEED(open_pair());
    CU_ASSERT((fcntl(ours.fd, F_GETFL) & O_NONBLOCK) != 0 && !link_has_output(&ours));
    CU_ASSERT(link_send(&ours, (struct message){ .op = MESSAGE_SIGN, .tag = 5, .length = 99 }, parts, 3));
    CU_ASSERT(link_send(&ours, (struct message){ .op = MESSAGE_SIGN, .tag = 6 }, NULL, 0));
    CU_ASSERT(link_has_output(&ours) && link_flush(&ours) && !link_has_output(&ours));
    CU_ASSERT(receive(&theirs) && taken == 2 && taken_bytes == 5);
    close_pair();
}

static void test_a_link_never_waits_for_a_room_that_does_not_read(void)
{
    UNIT_NEED(open_pair());
    CU_ASSERT(receive(&ours) && taken == 0);
    static uint8_t body[CHANNEL_ANSWER_MAX];
    const struct body_part part = { body, sizeof body };
    CU_ASSERT(link_send(&ours, (struct message){ .tag = 0 }, &part, 1));
    CU_ASSERT(link_flush(&ours) && link_has_output(&ours)); /* nobody reads, and we go on */
    close_pair();
}

static void test_large_bodies_cross_both_ways_at_once(void)
{
    enum { COUNT = 5 };
    static uint8_t body[CHANNEL_ANSWER_MAX];
    const struct body_part part = { body, sizeof body };
    UNIT_NEED(open_pair());
    memset(body, 7, sizeof body);
    for (int i = 0; i < COUNT; i++)
        CU_ASSERT(link_send(&ours, (struct message){ .tag = 7 }, &part, 1)
                  && link_send(&theirs, (struct message){ .tag = 7 }, &part, 1));
    for (int turns = 0; taken < 2 * COUNT && turns < 100000; turns++)
        CU_ASSERT(link_flush(&ours) && link_flush(&theirs) && receive(&ours) && receive(&theirs));
    CU_ASSERT(taken == 2 * COUNT && taken_bytes == 2 * COUNT * sizeof body);
    CU_ASSERT(!link_has_output(&ours) && !link_has_output(&theirs));
    close_pair();
}

static void test_bodies_of_many_sizes_arrive_whole(void)
{
    static uint8_t body[5000];
    uint64_t state = 11;
    unsigned sent = 0;
    size_t sent_bytes = 0;
    UNIT_NEED(open_pair());
    memset(body, 9, sizeof body);
    for (int turn = 0; turn < 2000; turn++) {
        const struct body_part part = { body, unit_random(&state) % sizeof body };
        CU_ASSERT(link_send(&ours, (struct message){ .tag = 9 }, &part, 1));
        sent++;
        sent_bytes += part.length;
        if (turn % 3 == 0)
            CU_ASSERT(link_flush(&ours) && receive(&theirs));
    }
    for (int turns = 0; taken < sent && turns < 100000; turns++)
        CU_ASSERT(link_flush(&ours) && receive(&theirs));
    CU_ASSERT(taken == sent && taken_bytes == sent_bytes);
    close_pair();
}

static void test_a_message_that_comes_byte_by_byte_is_taken_whole(void)
{
    uint8_t bytes[sizeof(struct message) + 8] = { 0 };
    struct message message = { .length = 3, .tag = 0 };
    UNIT_NEED(open_pair());
    memcpy(bytes, &message, sizeof message);
    for (size_t i = 0; i < sizeof bytes; i++) {
        CU_ASSERT(taken == 0 && write(ours.fd, bytes + i, 1) == 1);
        CU_ASSERT(receive(&theirs));
    }
    CU_ASSERT(taken == 1 && taken_bytes == 3);
    close_pair();
}

static void test_a_message_of_impossible_length_is_broken(void)
{
    static const uint32_t lengths[] = { CHANNEL_ANSWER_MAX + 1, UINT32_MAX };
    for (size_t i = 0; i < UNIT_COUNT(lengths); i++) {
        struct message message = { .length = lengths[i] };
        UNIT_NEED(open_pair());
        CU_ASSERT(write(ours.fd, &message, sizeof message) == sizeof message);
        CU_ASSERT(!receive(&theirs) && taken == 0);
        close_pair();
    }
}

static void test_a_room_that_is_gone_is_seen_and_raises_no_signal(void)
{
    UNIT_NEED(open_pair());
    close(theirs.fd);
    CU_ASSERT(!receive(&ours));
    CU_ASSERT(link_send(&ours, (struct message){ .tag = 1 }, NULL, 0));
    CU_ASSERT(!link_flush(&ours)); /* and no signal */
    theirs.fd = -1;
    close_pair();
    CU_ASSERT(ours.fd == -1 && ours.in == NULL);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_parts_become_one_body),
        UNIT_TEST(test_a_link_never_waits_for_a_room_that_does_not_read),
        UNIT_TEST(test_large_bodies_cross_both_ways_at_once),
        UNIT_TEST(test_bodies_of_many_sizes_arrive_whole),
        UNIT_TEST(test_a_message_that_comes_byte_by_byte_is_taken_whole),
        UNIT_TEST(test_a_message_of_impossible_length_is_broken),
        UNIT_TEST(test_a_room_that_is_gone_is_seen_and_raises_no_signal),
    };
    return UNIT_RUN("link", tests);
}
