/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/output.h"

#include <sys/socket.h>

#include "proto/limits.h"
#include "tests/unit/unit.h"

enum { ANSWER = 60 * 1024, CONNECTIONS = 4 };

static struct gate gate;
static struct peer *mine, *theirs;
static struct connection *connections[CONNECTIONS]; /* the last one is theirs */
static int clients[CONNECTIONS];

static void add(int i, struct peer *peer)
{
    int ends[2];
    UNIT_NEED(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    clients[i] = ends[1];
    connections[i] = connection_new(ends[0], peer, &(const struct rights){ 0 });
    UNIT_NEED(connections[i] != NULL);
    connections[i]->next = gate.connections;
    gate.connections = connections[i];
}

static void begin(void)
{
    gate = (struct gate){ .job_count = 0 };
    mine = peers_of(&gate.peers, 1001);
    theirs = peers_of(&gate.peers, 1002);
    for (int i = 0; i < CONNECTIONS; i++)
        add(i, i + 1 < CONNECTIONS ? mine : theirs);
}

static void end(void)
{
    for (int i = 0; i < CONNECTIONS; i++) {
        connection_free(connections[i]);
        close(clients[i]);
    }
}

static void put(int i, size_t length)
{
    static uint8_t bytes[2 * ANSWER];
    struct response response = { .id = 1, .operation = OPERATION_SIGN };
    response.sign.signature = (struct slice){ bytes, length };
    output_put(&gate, connections[i], &response);
}

/* As if other connections of the uid held all of its room, or all room, but so much. */
static size_t leave_to_uid(struct peer *peer, size_t left)
{
    size_t more = OUTPUT_PER_UID - left - peer->output;
    peer->output += more;
    return more;
}

static size_t leave_in_all(size_t left)
{
    size_t more = OUTPUT_TOTAL - left - connection_output_total;
    connection_output_total += more;
    return more;
}

static bool is_alone_dropped(int dropped)
{
    bool right = gate.counters[COUNT_OUTPUT_DROPPED] == 1 && connections[dropped]->out_size == 0;
    for (int i = 0; i < CONNECTIONS; i++)
        right = right && connections[i]->dead == (i == dropped);
    return right;
}

static void test_an_answer_that_fits_waits_to_be_sent_and_is_counted(void)
{
    begin();
    put(0, ANSWER);
    CU_ASSERT(connection_output(connections[0]) > ANSWER && gate.counters[COUNT_OUTPUT_DROPPED] == 0);
    CU_ASSERT(mine->output == connections[0]->out_size && connection_output_total == mine->output);
    CU_ASSERT(theirs->output == 0 && gate.touched == connections[0]);
    end();
    CU_ASSERT(mine->output == 0 && connection_output_total == 0);
}

static void test_where_a_uid_has_no_room_its_connection_that_holds_most_is_dropped(void)
{
    begin();
    put(0, ANSWER);
    put(1, 2 * ANSWER);
    put(3, 2 * ANSWER);
    size_t more = leave_to_uid(mine, 1);
    put(2, ANSWER);
    CU_ASSERT(is_alone_dropped(1) && connection_output(connections[2]) > ANSWER);
    mine->output -= more;
    end();
}

static void test_a_connection_that_itself_holds_most_is_the_one_that_is_dropped(void)
{
    begin();
    put(0, ANSWER);
    put(1, 2 * ANSWER);
    size_t more = leave_to_uid(mine, 1);
    put(1, 2 * ANSWER);
    CU_ASSERT(is_alone_dropped(1));
    mine->output -= more;
    end();
}

static void test_where_there_is_no_room_at_all_the_uid_that_holds_most_pays(void)
{
    begin();
    put(0, 2 * ANSWER);
    put(3, ANSWER);
    size_t more = leave_in_all(1);
    put(3, ANSWER);
    CU_ASSERT(is_alone_dropped(0) && connection_output(connections[3]) > 2 * ANSWER);
    connection_output_total -= more;
    end();
}

/* What was read leaves a small buffer for the next answer. It is no reason to lose the connection. */
static void test_a_connection_whose_answers_are_read_gives_its_buffer_back_and_stays(void)
{
    begin();
    put(0, 100);
    CU_ASSERT(connection_flush(connections[0]) && connections[0]->out_size > 0 && mine->output > 0);
    size_t more = leave_to_uid(mine, 1);
    put(1, 100);
    CU_ASSERT(!connections[0]->dead && connections[0]->out_size == 0 && !connections[1]->dead);
    CU_ASSERT(connection_output(connections[1]) > 100 && gate.counters[COUNT_OUTPUT_DROPPED] == 0);
    mine->output -= more;
    end();
}

static void test_room_is_promised_once(void)
{
    struct peer peer = { .output = OUTPUT_PER_UID - 300, .reserved = 100 };
    CU_ASSERT(output_has_room(&peer, 200) && !output_has_room(&peer, 201));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_an_answer_that_fits_waits_to_be_sent_and_is_counted),
        UNIT_TEST(test_where_a_uid_has_no_room_its_connection_that_holds_most_is_dropped),
        UNIT_TEST(test_a_connection_that_itself_holds_most_is_the_one_that_is_dropped),
        UNIT_TEST(test_where_there_is_no_room_at_all_the_uid_that_holds_most_pays),
        UNIT_TEST(test_a_connection_whose_answers_are_read_gives_its_buffer_back_and_stays),
        UNIT_TEST(test_room_is_promised_once),
    };
    return UNIT_RUN("output", tests);
}
