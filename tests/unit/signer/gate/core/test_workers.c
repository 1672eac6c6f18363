/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/workers.h"

#include "tests/unit/signer/gate/fake_workers.h"

enum { VAULTS = 3 };

static unsigned answered;
static enum fault answered_status;

static void count_answer(void *context, const struct message *answer, const uint8_t *body)
{
    CU_ASSERT(context == &answered && unit_all(body, answer->length, 7));
    answered_status = (enum fault)answer->status;
    answered++;
}

static void ask_vault(unsigned vault)
{
    workers_ask_vault(&gate.workers, vault, (struct message){ .op = MESSAGE_SIGN }, NULL, 0, count_answer, &answered);
}

static void ask_store(enum message_op op)
{
    workers_ask_store(&gate.workers, op, NULL, 0, count_answer, &answered);
}

static void set_outstanding(unsigned a, unsigned b, unsigned c)
{
    gate.workers.vaults[0].outstanding = a;
    gate.workers.vaults[1].outstanding = b;
    gate.workers.vaults[2].outstanding = c;
}

static void open_workers(void)
{
    fake_open(VAULTS);
    answered = 0;
}

static void test_an_answer_comes_back_to_who_asked_whatever_the_order(void)
{
    open_workers();
    ask_vault(1);
    ask_vault(1);
    CU_ASSERT(gate.workers.vaults[1].outstanding == 2 && gate.workers.recent == 1);
    struct fake_question *first = fake_receive(1), *second = fake_receive(1);
    fake_send(second, (struct fake_answer){ FAULT_CRYPTO, NULL, "\7\7\7", 3 });
    fake_run();
    CU_ASSERT(answered == 1 && answered_status == FAULT_CRYPTO);
    fake_send(first, (struct fake_answer){ 0 });
    fake_run();
    CU_ASSERT(answered == 2 && answered_status == FAULT_NONE);
    CU_ASSERT(gate.workers.vaults[1].outstanding == 0 && gate.workers.vaults[1].answered == 2);
    fake_close();
}

static void test_questions_to_the_store_count_by_what_they_do(void)
{
    static const enum message_op reads[] = { MESSAGE_READ, MESSAGE_READ_CERT, MESSAGE_LIST, MESSAGE_LOOK };
    static const enum message_op changes[] = { MESSAGE_CREATE, MESSAGE_REMOVE, MESSAGE_SYNC, MESSAGE_WRITE_CERT,
                                               MESSAGE_REMOVE_CERT };
    open_workers();
    for (size_t i = 0; i < UNIT_COUNT(reads); i++)
        ask_store(reads[i]);
    CU_ASSERT(gate.workers.reads == UNIT_COUNT(reads) && gate.workers.changes == 0);
    for (size_t i = 0; i < UNIT_COUNT(changes); i++)
        ask_store(changes[i]);
    CU_ASSERT(gate.workers.reads == UNIT_COUNT(reads) && gate.workers.changes == UNIT_COUNT(changes));
    for (size_t i = 0; i < UNIT_COUNT(reads); i++)
        CU_ASSERT(fake_done(FAKE_STORE, reads[i]));
    CU_ASSERT(gate.workers.reads == 0 && gate.workers.changes == UNIT_COUNT(changes));
    fake_close();
}

static void test_the_store_has_place_for_four_of_each_kind_and_for_loads_besides(void)
{
    open_workers();
    gate.workers.reads = 3;
    gate.workers.changes = 3;
    CU_ASSERT(workers_reads_are_free(&gate.workers, 0) && workers_changes_are_free(&gate.workers));
    gate.workers.reads = gate.workers.changes = 4;
    CU_ASSERT(!workers_reads_are_free(&gate.workers, 0) && !workers_changes_are_free(&gate.workers));
    CU_ASSERT(workers_reads_are_free(&gate.workers, 1));
    gate.workers.reads = gate.workers.changes = 0;
    fake_close();
}

static void test_the_least_busy_vault_is_found_within_the_mask_alone(void)
{
    open_workers();
    CU_ASSERT(workers_fast_mask(&gate.workers) == 7 && workers_slow(&gate.workers) == 3);
    set_outstanding(5, 1, 3);
    CU_ASSERT(workers_least_busy(&gate.workers, 7) == 1 && workers_least_busy(&gate.workers, 5) == 2);
    CU_ASSERT(workers_least_busy(&gate.workers, 1) == 0 && workers_least_busy(&gate.workers, 0) == -1);
    CU_ASSERT(workers_least_busy(&gate.workers, 1 << 3) == -1); /* the slow one is none of them */
    set_outstanding(2, 2, 2);
    CU_ASSERT(workers_least_busy(&gate.workers, 7) == 0);
    set_outstanding(0, 0, 0);
    fake_close();
}

static void test_questions_go_in_groups_where_all_vaults_have_work(void)
{
    open_workers();
    gate.workers.recent = 2;
    set_outstanding(16, 20, 21);
    CU_ASSERT(workers_choose(&gate.workers, 7) == 2);
    CU_ASSERT(workers_choose(&gate.workers, 3) == 0); /* it does not hold the key */
    set_outstanding(16, 20, 32);
    CU_ASSERT(workers_choose(&gate.workers, 7) == 0); /* its group is full */
    set_outstanding(15, 20, 21);
    CU_ASSERT(workers_choose(&gate.workers, 7) == 0); /* one has little to do */
    CU_ASSERT(workers_choose(&gate.workers, 0) == -1);
    set_outstanding(0, 0, 0);
    fake_close();
}

static void test_a_vault_is_free_while_it_has_fewer_questions_than_its_window(void)
{
    open_workers();
    set_outstanding(4, 4, 4);
    CU_ASSERT(workers_fast_is_free(&gate.workers, 7, 5) && !workers_fast_is_free(&gate.workers, 7, 4));
    CU_ASSERT(!workers_fast_is_free(&gate.workers, 0, 5));
    CU_ASSERT(workers_slow_is_free(&gate.workers));
    gate.workers.vaults[3].outstanding = 1;
    CU_ASSERT(!workers_slow_is_free(&gate.workers));
    gate.workers.vaults[3].outstanding = 0;
    set_outstanding(0, 0, 0);
    fake_close();
}

static void test_a_vault_whose_socket_is_full_is_not_free(void)
{
    static uint8_t body[SIGN_REQUEST_MAX];
    const struct body_part part = { body, sizeof body };
    open_workers();
    for (int i = 0; i < 3; i++)
        workers_ask_vault(&gate.workers, 0, (struct message){ .op = MESSAGE_SIGN }, &part, 1, count_answer, &answered);
    CU_ASSERT(!workers_fast_is_free(&gate.workers, 1, VAULT_WINDOW));
    CU_ASSERT(fake_count(0, MESSAGE_SIGN) == 3 && workers_fast_is_free(&gate.workers, 1, VAULT_WINDOW));
    fake_close();
}

static void answer_what_nobody_asked(void)
{
    struct message answer = { .op = MESSAGE_SIGN, .tag = 77 };
    open_workers();
    fake_write(fake_rooms[0].fd, &answer, sizeof answer);
    fake_run();
}

static void answer_for_another_vault(void)
{
    open_workers();
    ask_vault(0);
    struct fake_question *question = fake_receive(0);
    question->room = 1;
    fake_send(question, (struct fake_answer){ 0 });
    fake_run();
}

static void answer_twice(void)
{
    open_workers();
    ask_vault(0);
    struct fake_question *question = fake_receive(0), copy = *question;
    fake_send(question, (struct fake_answer){ 0 });
    fake_run();
    copy.header.length = 0;
    fake_write(fake_rooms[0].fd, &copy.header, sizeof copy.header);
    fake_run();
}

static void test_a_worker_that_answers_what_nobody_asked_ends_the_signer(void)
{
    CU_ASSERT(unit_exit_of(answer_what_nobody_asked) == 1);
    CU_ASSERT(unit_exit_of(answer_twice) == 1);
}

static void test_a_worker_that_answers_for_another_ends_the_signer(void)
{
    CU_ASSERT(unit_exit_of(answer_for_another_vault) == 1);
}

static void test_a_worker_that_is_gone_is_seen_when_receiving(void)
{
    open_workers();
    close(fake_rooms[1].fd);
    fake_rooms[1].fd = -1;
    CU_ASSERT(workers_receive(&gate.workers, 0) && !workers_receive(&gate.workers, 1));
    fake_alive = false;
    fake_close();
}

static void test_a_worker_that_is_gone_is_seen_when_sending(void)
{
    open_workers();
    close(fake_room_of(FAKE_STORE)->fd);
    fake_room_of(FAKE_STORE)->fd = -1;
    CU_ASSERT(workers_flush(&gate.workers)); /* nothing is to be sent */
    ask_store(MESSAGE_READ);
    CU_ASSERT(!workers_flush(&gate.workers));
    fake_alive = false;
    fake_close();
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_an_answer_comes_back_to_who_asked_whatever_the_order),
        UNIT_TEST(test_questions_to_the_store_count_by_what_they_do),
        UNIT_TEST(test_the_store_has_place_for_four_of_each_kind_and_for_loads_besides),
        UNIT_TEST(test_the_least_busy_vault_is_found_within_the_mask_alone),
        UNIT_TEST(test_questions_go_in_groups_where_all_vaults_have_work),
        UNIT_TEST(test_a_vault_is_free_while_it_has_fewer_questions_than_its_window),
        UNIT_TEST(test_a_vault_whose_socket_is_full_is_not_free),
        UNIT_TEST(test_a_worker_that_answers_what_nobody_asked_ends_the_signer),
        UNIT_TEST(test_a_worker_that_answers_for_another_ends_the_signer),
        UNIT_TEST(test_a_worker_that_is_gone_is_seen_when_receiving),
        UNIT_TEST(test_a_worker_that_is_gone_is_seen_when_sending),
    };
    return UNIT_RUN("workers", tests);
}
