/* SPDX-License-Identifier: Apache-2.0 */
/* A client with several sockets: when the next one is tried, and when it is not. */
#include "client/mux.h"

#include <CUnit/Basic.h>

#include "proto/status.h"
#include "tests/unit/fake_signer.h"

static struct signer_error error;
static struct fake_signer first, second;
static signer_client *client;

/* -- what a signer does -- */

static void answer_all(struct fake_signer *fake, int status, const char *reason)
{
    struct fake_request *read = malloc(sizeof *read);
    int fd;
    while ((fd = fake_accept(fake)) >= 0) {
        while (fake_read(fake, fd, read) && fake_answer_error(fd, read->request.id, status, reason))
            ;
        close(fd);
    }
    free(read);
}

static void sealed(struct fake_signer *fake)
{
    answer_all(fake, STATUS_FAILED_PRECONDITION, REASON_SEALED);
}

static void draining(struct fake_signer *fake)
{
    answer_all(fake, STATUS_UNAVAILABLE, REASON_DRAINING);
}

static void refusing(struct fake_signer *fake)
{
    answer_all(fake, STATUS_PERMISSION_DENIED, REASON_ROLE_MISSING);
}

/* Reads a request and closes the connection. */
static void dying(struct fake_signer *fake)
{
    struct fake_request *read = malloc(sizeof *read);
    int fd;
    while ((fd = fake_accept(fake)) >= 0) {
        (void)fake_read(fake, fd, read);
        close(fd);
    }
    free(read);
}

/* Reads two requests, and answers that it is sealed to the second one alone. */
static void sealed_at_the_second(struct fake_signer *fake)
{
    struct fake_request *read = malloc(sizeof *read);
    int fd = fake_accept(fake);
    bool both = fd >= 0 && fake_read(fake, fd, read) && fake_read(fake, fd, read);
    if (both)
        fake_answer_error(fd, read->request.id, STATUS_FAILED_PRECONDITION, REASON_SEALED);
    while (fd >= 0 && fake_read(fake, fd, read))
        ;
    free(read);
    close(fd);
}

/* -- the client of both -- */

static void start(void (*does)(struct fake_signer *), void (*does_second)(struct fake_signer *))
{
    char list[256];
    fake_start(&first, does);
    fake_start(&second, does_second);
    snprintf(list, sizeof list, "%s:%s", first.path, second.path);
    const struct signer_options options = { .socket = list, .timeout_ms = 5000 };
    CU_ASSERT_FATAL(signer_open(&client, &options, &error) == SIGNER_OK);
}

static void stop(void)
{
    signer_close(client);
    fake_stop(&first);
    fake_stop(&second);
}

static void expect_requests(int of_first, int of_second)
{
    CU_ASSERT_EQUAL(atomic_load(&first.requests), of_first);
    CU_ASSERT_EQUAL(atomic_load(&second.requests), of_second);
}

static struct signer_sign sign_of(const uint32_t *number)
{
    return (struct signer_sign){ .id = "ca",
                                 .scheme = SIGNER_ECDSA,
                                 .hash = SIGNER_SHA256,
                                 .input = (const uint8_t *)number,
                                 .input_length = sizeof *number };
}

static enum signer_status sign_number(uint32_t number)
{
    uint32_t back = ~number;
    size_t length = sizeof back;
    const struct signer_sign what = sign_of(&number);
    enum signer_status status = signer_sign(client, &what, (uint8_t *)&back, &length, &error);
    CU_ASSERT(status != SIGNER_OK || back == number);
    return status;
}

/* -- tests -- */

static void test_the_first_socket_is_used_while_it_serves(void)
{
    start(fake_serve_all, fake_serve_all);
    CU_ASSERT(sign_number(1) == SIGNER_OK && sign_number(2) == SIGNER_OK);
    expect_requests(2, 0);
    stop();
}

static void test_a_socket_where_nobody_listens_is_passed_over(void)
{
    start(fake_serve_all, fake_serve_all);
    unlink(first.path);
    CU_ASSERT(sign_number(1) == SIGNER_OK);
    expect_requests(0, 1);
    stop();
}

static void test_a_sealed_and_a_draining_signer_are_left_for_the_next_one(void)
{
    bool existed = false;
    start(sealed, fake_serve_all);
    CU_ASSERT(sign_number(1) == SIGNER_OK && sign_number(2) == SIGNER_OK); /* the second stays in use */
    expect_requests(1, 2);
    stop();
    start(draining, fake_serve_all);
    CU_ASSERT(signer_destroy(client, "ca", &existed, &error) == SIGNER_OK && existed); /* it was not done there */
    expect_requests(1, 1);
    stop();
}

static void test_a_request_is_tried_on_each_socket_once(void)
{
    start(sealed, sealed);
    CU_ASSERT(sign_number(1) == SIGNER_FAILED_PRECONDITION);
    CU_ASSERT_STRING_EQUAL(error.reason, "SEALED");
    expect_requests(1, 1);
    stop();
    start(dying, dying);
    CU_ASSERT(sign_number(1) == SIGNER_UNAVAILABLE);
    CU_ASSERT_STRING_EQUAL(error.reason, "CONNECTION_LOST");
    expect_requests(1, 1);
    stop();
}

static void test_another_refusal_is_the_answer(void)
{
    start(refusing, fake_serve_all);
    CU_ASSERT(sign_number(1) == SIGNER_PERMISSION_DENIED);
    expect_requests(1, 0);
    stop();
}

static void test_a_request_that_was_lost_goes_to_the_next_socket_but_no_destroy(void)
{
    bool existed = false;
    start(dying, fake_serve_all);
    CU_ASSERT(sign_number(1) == SIGNER_OK);
    expect_requests(1, 1);
    stop();
    start(dying, fake_serve_all);
    CU_ASSERT(signer_destroy(client, "ca", &existed, &error) == SIGNER_UNAVAILABLE);
    CU_ASSERT_STRING_EQUAL(error.reason, "CONNECTION_LOST");
    expect_requests(1, 0);
    stop();
}

/* A request that the first signer holds goes along when another one leaves it. */
static void test_tickets_go_to_the_next_socket_together(void)
{
    uint32_t numbers[2] = { 5, 6 }, back = 0;
    uint64_t tickets[2];
    start(sealed_at_the_second, fake_serve_all);
    for (int i = 0; i < 2; i++) {
        const struct signer_sign what = sign_of(&numbers[i]);
        CU_ASSERT_FATAL(signer_submit(client, &what, &tickets[i], &error) == SIGNER_OK);
    }
    for (int i = 1; i >= 0; i--) {
        size_t length = sizeof back;
        CU_ASSERT(signer_collect(client, tickets[i], (uint8_t *)&back, &length, &error) == SIGNER_OK);
        CU_ASSERT_EQUAL(back, numbers[i]);
    }
    expect_requests(2, 2);
    stop();
}

static void test_any_ticket_is_answered_by_whichever_signer_can(void)
{
    enum { COUNT = 100 };
    bool seen[COUNT] = { false };
    uint64_t ticket;
    start(sealed, fake_serve_all);
    for (uint32_t i = 0; i < COUNT; i++) {
        const struct signer_sign what = sign_of(&i);
        CU_ASSERT_FATAL(signer_submit(client, &what, &ticket, &error) == SIGNER_OK);
    }
    for (int i = 0; i < COUNT; i++) {
        uint32_t back = 0;
        size_t length = sizeof back;
        CU_ASSERT_FATAL(signer_wait_any(client, &ticket, &error) == SIGNER_OK);
        CU_ASSERT_FATAL(signer_collect(client, ticket, (uint8_t *)&back, &length, &error) == SIGNER_OK);
        CU_ASSERT(back < COUNT && !seen[back]);
        seen[back % COUNT] = true;
    }
    CU_ASSERT(signer_wait_any(client, &ticket, &error) == SIGNER_NOT_FOUND);
    stop();
}

static void *sign_many(void *unused)
{
    (void)unused;
    for (uint32_t i = 0; i < 200; i++)
        CU_ASSERT(sign_number(i) == SIGNER_OK);
    return NULL;
}

static void test_many_threads_leave_a_sealed_signer_together(void)
{
    pthread_t threads[8];
    start(sealed, fake_serve_all);
    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, sign_many, NULL);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    CU_ASSERT_EQUAL(atomic_load(&second.requests), 8 * 200);
    stop();
}

static void test_what_seals_or_unseals_is_for_one_signer(void)
{
    struct signer_unseal unseal;
    start(fake_serve_all, fake_serve_all);
    CU_ASSERT(signer_seal(client, &error) == SIGNER_INVALID_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "seal is for one signer"));
    CU_ASSERT(signer_unseal(client, NULL, 0, 0, &unseal, &error) == SIGNER_INVALID_ARGUMENT);
    expect_requests(0, 0);
    stop();
}

static void test_if_no_socket_can_be_connected_to_the_first_says_why(void)
{
    start(fake_serve_all, fake_serve_all);
    unlink(first.path);
    unlink(second.path);
    CU_ASSERT(sign_number(1) == SIGNER_UNAVAILABLE);
    CU_ASSERT_STRING_EQUAL(error.reason, "CONNECTION_REFUSED");
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, first.path));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "none of the other 1"));
    stop();
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("several sockets", NULL, NULL);
    CU_ADD_TEST(suite, test_the_first_socket_is_used_while_it_serves);
    CU_ADD_TEST(suite, test_a_socket_where_nobody_listens_is_passed_over);
    CU_ADD_TEST(suite, test_a_sealed_and_a_draining_signer_are_left_for_the_next_one);
    CU_ADD_TEST(suite, test_a_request_is_tried_on_each_socket_once);
    CU_ADD_TEST(suite, test_another_refusal_is_the_answer);
    CU_ADD_TEST(suite, test_a_request_that_was_lost_goes_to_the_next_socket_but_no_destroy);
    CU_ADD_TEST(suite, test_tickets_go_to_the_next_socket_together);
    CU_ADD_TEST(suite, test_any_ticket_is_answered_by_whichever_signer_can);
    CU_ADD_TEST(suite, test_many_threads_leave_a_sealed_signer_together);
    CU_ADD_TEST(suite, test_what_seals_or_unseals_is_for_one_signer);
    CU_ADD_TEST(suite, test_if_no_socket_can_be_connected_to_the_first_says_why);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 0;
}
