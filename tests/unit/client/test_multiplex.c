/* SPDX-License-Identifier: Apache-2.0 */
/* The behaviour of one client over one connection, through the public calls. */
#include "base/time.h"
#include "client/multiplex.h"

#include <CUnit/Basic.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "client/deadline.h"
#include "tests/unit/fake_signer.h"

static struct signer_error error;

static signer_client *client_of(const struct fake_signer *fake, uint32_t timeout_ms)
{
    signer_client *client = NULL;
    struct signer_options options = { .socket = fake->path, .timeout_ms = timeout_ms };
    CU_ASSERT_FATAL(signer_open(&client, &options, &error) == SIGNER_OK);
    return client;
}

static struct signer_sign sign_of(const uint32_t *number)
{
    return (struct signer_sign){ .id = "ca",
                                 .scheme = SIGNER_ECDSA,
                                 .hash = SIGNER_SHA256,
                                 .input = (const uint8_t *)number,
                                 .input_length = sizeof *number };
}

/* Whether a signature over the number comes back as the number. */
static enum signer_status sign_number(signer_client *client, uint32_t number)
{
    uint32_t back = ~number;
    size_t length = sizeof back;
    struct signer_sign what = sign_of(&number);
    enum signer_status status = signer_sign(client, &what, (uint8_t *)&back, &length, &error);
    if (status == SIGNER_OK && (length != sizeof back || back != number))
        return SIGNER_INTERNAL;
    return status;
}

static uint64_t submit_number(signer_client *client, uint32_t number)
{
    uint64_t ticket = 0;
    struct signer_sign what = sign_of(&number);
    CU_ASSERT_FATAL(signer_submit(client, &what, &ticket, &error) == SIGNER_OK);
    return ticket;
}

static enum signer_status collect_number(signer_client *client, uint64_t ticket, uint32_t *number)
{
    size_t length = sizeof *number;
    return signer_collect(client, ticket, (uint8_t *)number, &length, &error);
}

/* -- answers find their request -- */

static void answer_backwards(struct fake_signer *fake)
{
    int fd = fake_accept(fake);
    struct fake_request *read = calloc(3, sizeof *read);
    for (int i = 0; i < 3; i++)
        fake_check(fake_read(fake, fd, &read[i]), "read");
    for (int i = 2; i >= 0; i--)
        fake_answer_sign(fd, &read[i].request);
    free(read);
    close(fd);
}

static void test_answers_out_of_order_go_to_their_tickets(void)
{
    struct fake_signer fake;
    uint64_t tickets[3], any;
    uint32_t number;
    fake_start(&fake, answer_backwards);
    signer_client *client = client_of(&fake, 2000);
    for (uint32_t i = 0; i < 3; i++)
        tickets[i] = submit_number(client, i);
    CU_ASSERT(collect_number(client, tickets[1], &number) == SIGNER_OK && number == 1);
    CU_ASSERT(signer_wait_any(client, &any, &error) == SIGNER_OK && any == tickets[2]);
    CU_ASSERT(collect_number(client, any, &number) == SIGNER_OK && number == 2);
    CU_ASSERT(signer_wait_any(client, &any, &error) == SIGNER_OK && any == tickets[0]);
    CU_ASSERT(signer_wait_any(client, &any, &error) == SIGNER_NOT_FOUND);
    CU_ASSERT(collect_number(client, tickets[0], &number) == SIGNER_OK && number == 0);
    CU_ASSERT(collect_number(client, tickets[0], &number) == SIGNER_INVALID_ARGUMENT);
    CU_ASSERT_STRING_EQUAL(error.reason, "TICKET_UNKNOWN");
    signer_close(client);
    fake_stop(&fake);
}

struct caller {
    signer_client *client;
    uint32_t first;
    int wrong;
};

static void *call_many(void *argument)
{
    struct caller *caller = argument;
    for (uint32_t i = 0; i < 200; i++)
        caller->wrong += sign_number(caller->client, caller->first + i) != SIGNER_OK;
    return NULL;
}

static void test_many_threads_use_one_connection(void)
{
    enum { THREADS = 24 };
    struct fake_signer fake;
    struct caller callers[THREADS];
    pthread_t threads[THREADS];
    fake_start(&fake, fake_serve_all);
    signer_client *client = client_of(&fake, 20000);
    for (uint32_t i = 0; i < THREADS; i++) {
        callers[i] = (struct caller){ client, i * 1000, 0 };
        pthread_create(&threads[i], NULL, call_many, &callers[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        CU_ASSERT_EQUAL(callers[i].wrong, 0);
    }
    signer_close(client);
    fake_stop(&fake);
    CU_ASSERT_EQUAL(atomic_load(&fake.connections), 1);
    CU_ASSERT_EQUAL(atomic_load(&fake.requests), THREADS * 200);
}

static void *share_tickets(void *argument)
{
    struct caller *caller = argument;
    uint64_t ticket;
    uint32_t number;
    while (signer_wait_any(caller->client, &ticket, NULL) == SIGNER_OK)
        caller->wrong += collect_number(caller->client, ticket, &number) != SIGNER_OK;
    return NULL;
}

static void test_threads_that_wait_for_any_answer_share_them(void)
{
    enum { THREADS = 4 };
    struct fake_signer fake;
    struct caller callers[THREADS];
    pthread_t threads[THREADS];
    fake_start(&fake, fake_serve_all);
    signer_client *client = client_of(&fake, 20000);
    for (uint32_t i = 0; i < 500; i++)
        submit_number(client, i);
    for (int i = 0; i < THREADS; i++) {
        callers[i] = (struct caller){ client, 0, 0 };
        pthread_create(&threads[i], NULL, share_tickets, &callers[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        CU_ASSERT_EQUAL(callers[i].wrong, 0);
    }
    signer_close(client);
    fake_stop(&fake);
}

static void test_requests_and_answers_that_fill_both_buffers_all_cross(void)
{
    enum { REQUESTS = 10000 };
    static uint64_t tickets[REQUESTS];
    struct fake_signer fake;
    fake_start(&fake, fake_serve_all);
    signer_client *client = client_of(&fake, 30000);
    for (uint32_t i = 0; i < REQUESTS; i++)
        tickets[i] = submit_number(client, i);
    int wrong = 0;
    for (uint32_t i = 0; i < REQUESTS; i++) {
        uint32_t number = ~i;
        wrong += collect_number(client, tickets[i], &number) != SIGNER_OK || number != i;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    signer_close(client);
    fake_stop(&fake);
}

static void test_long_messages_in_a_row_all_come_back(void)
{
    enum { REQUESTS = 40, LENGTH = 40000 };
    static uint8_t message[LENGTH], back[SIGNER_SIGNATURE_MAX];
    uint64_t tickets[REQUESTS];
    struct fake_signer fake;
    fake_start(&fake, fake_serve_all);
    signer_client *client = client_of(&fake, 30000);
    struct signer_sign what = { "ca", SIGNER_EDDSA, SIGNER_HASH_NONE, message, LENGTH, NULL };
    for (int i = 0; i < REQUESTS; i++) {
        message[LENGTH - 1] = (uint8_t)i;
        CU_ASSERT_FATAL(signer_submit(client, &what, &tickets[i], &error) == SIGNER_OK);
    }
    for (int i = 0; i < REQUESTS; i++) {
        size_t length = sizeof back;
        CU_ASSERT(signer_collect(client, tickets[i], back, &length, &error) == SIGNER_OK);
        CU_ASSERT(length == LENGTH && back[LENGTH - 1] == i);
    }
    signer_close(client);
    fake_stop(&fake);
}

static void silent(struct fake_signer *fake)
{
    int fd = fake_accept(fake);
    fake_read_all(fd, (uint8_t[1]){ 0 }, 1);
    while (recv(fd, (uint8_t[4096]){ 0 }, 4096, 0) > 0)
        ;
    close(fd);
}

static void test_a_request_over_the_number_in_flight_is_refused(void)
{
    struct fake_signer fake;
    uint64_t ticket;
    uint32_t number = 1;
    struct signer_sign what = sign_of(&number);
    fake_start(&fake, silent);
    signer_client *client = client_of(&fake, 5000);
    for (int i = 0; i < PENDING_MAX; i++)
        CU_ASSERT_FATAL(signer_submit(client, &what, &ticket, &error) == SIGNER_OK);
    CU_ASSERT(signer_submit(client, &what, &ticket, &error) == SIGNER_RESOURCE_EXHAUSTED);
    CU_ASSERT_STRING_EQUAL(error.reason, "TOO_MANY");
    signer_close(client);
    fake_stop(&fake);
}

/* -- requests that go out together -- */

static atomic_int step; /* what the fake and the test have come to, in turns */

static bool reached(int wanted)
{
    for (int i = 0; i < 2000 && atomic_load(&step) < wanted; i++)
        usleep(1000);
    return atomic_load(&step) >= wanted;
}

/* The bytes that lie on the connection now. */
static int bytes_there(int fd)
{
    int count = -1;
    fake_check(ioctl(fd, FIONREAD, &count) == 0, "FIONREAD");
    return count;
}

/* Reads the first request, looks whether more come before the test's step 2 and after it, and serves. */
static int held_early, held_late;

static void look_for_more(struct fake_signer *fake)
{
    int fd = fake_accept(fake);
    struct fake_request *read = malloc(sizeof *read);
    fake_check(fake_read(fake, fd, read), "read");
    fake_check(reached(1), "submitted");
    usleep(20000);
    held_early = bytes_there(fd);
    atomic_store(&step, 2);
    fake_check(reached(3), "flushed");
    held_late = bytes_there(fd);
    fake_serve_one(fd, &read->request);
    free(read);
    fake_serve(fake, fd);
}

static void submit_three(signer_client *client, uint64_t tickets[3])
{
    for (uint32_t i = 0; i < 3; i++)
        tickets[i] = submit_number(client, i);
}

static void collect_three(signer_client *client, const uint64_t tickets[3])
{
    uint32_t number;
    for (uint32_t i = 0; i < 3; i++)
        CU_ASSERT(collect_number(client, tickets[i], &number) == SIGNER_OK && number == i);
}

static void test_submitted_requests_go_out_at_a_flush(void)
{
    struct fake_signer fake;
    uint64_t tickets[3];
    atomic_store(&step, 0);
    fake_start(&fake, look_for_more);
    signer_client *client = client_of(&fake, 5000);
    submit_three(client, tickets);
    atomic_store(&step, 1);
    CU_ASSERT_FATAL(reached(2));
    CU_ASSERT_EQUAL(held_early, 0); /* the first went at once, the others wait for company */
    signer_flush(client);
    atomic_store(&step, 3);
    collect_three(client, tickets);
    CU_ASSERT(held_late > 0);
    signer_close(client);
    fake_stop(&fake);
}

static void test_submitted_requests_go_out_at_a_wait(void)
{
    struct fake_signer fake;
    uint64_t tickets[3];
    fake_start(&fake, answer_backwards); /* it reads all before it answers */
    signer_client *client = client_of(&fake, 2000);
    submit_three(client, tickets);
    collect_three(client, tickets);
    signer_close(client);
    fake_stop(&fake);
}

static void read_a_full_parcel(struct fake_signer *fake)
{
    int fd = fake_accept(fake);
    struct fake_request *read = malloc(sizeof *read);
    for (int i = 0; i < 1 + PARCEL_REQUESTS; i++)
        fake_check(fake_read(fake, fd, read), "read");
    atomic_store(&step, 1);
    free(read);
    close(fd);
}

static void test_a_full_parcel_goes_out_by_itself(void)
{
    struct fake_signer fake;
    atomic_store(&step, 0);
    fake_start(&fake, read_a_full_parcel);
    signer_client *client = client_of(&fake, 2000);
    for (uint32_t i = 0; i < 1 + PARCEL_REQUESTS; i++)
        submit_number(client, i);
    CU_ASSERT(reached(1)); /* although nobody waits */
    signer_close(client);
    fake_stop(&fake);
}

static void *wait_for_any(void *client)
{
    uint64_t ticket;
    signer_wait_any(client, &ticket, NULL);
    return NULL;
}

static void test_a_thread_that_waits_holds_nothing_back(void)
{
    struct fake_signer fake;
    uint64_t tickets[3];
    pthread_t waiter;
    fake_start(&fake, answer_backwards);
    signer_client *client = client_of(&fake, 2000);
    tickets[0] = submit_number(client, 0);
    pthread_create(&waiter, NULL, wait_for_any, client);
    usleep(50000);
    for (uint32_t i = 1; i < 3; i++)
        tickets[i] = submit_number(client, i);
    pthread_join(waiter, NULL); /* answered: all three were sent, and nothing but submit was called */
    CU_ASSERT_EQUAL(atomic_load(&fake.requests), 3);
    collect_three(client, tickets);
    signer_close(client);
    fake_stop(&fake);
}

static void test_what_is_held_back_can_be_abandoned(void)
{
    struct fake_signer fake;
    uint64_t tickets[3];
    uint32_t number;
    fake_start(&fake, fake_serve_all);
    signer_client *client = client_of(&fake, 2000);
    submit_three(client, tickets);
    signer_abandon(client, tickets[1]);
    CU_ASSERT(collect_number(client, tickets[2], &number) == SIGNER_OK && number == 2);
    CU_ASSERT(collect_number(client, tickets[0], &number) == SIGNER_OK && number == 0);
    signer_close(client);
    fake_stop(&fake);
    CU_ASSERT_EQUAL(atomic_load(&fake.requests), 2);
}

/* Long and short requests in one queue: a parcel is of short ones, and the order stays. */
static void test_a_long_request_among_short_ones_keeps_its_bytes(void)
{
    static uint8_t message[5000], back[sizeof message];
    struct fake_signer fake;
    uint64_t tickets[3], ticket;
    size_t length = sizeof back;
    fake_start(&fake, fake_serve_all);
    signer_client *client = client_of(&fake, 2000);
    struct signer_sign what = { "ca", SIGNER_EDDSA, SIGNER_HASH_NONE, message, sizeof message, NULL };
    submit_three(client, tickets);
    CU_ASSERT_FATAL(signer_submit(client, &what, &ticket, &error) == SIGNER_OK);
    CU_ASSERT(signer_collect(client, ticket, back, &length, &error) == SIGNER_OK && length == sizeof message);
    collect_three(client, tickets);
    signer_close(client);
    fake_stop(&fake);
}

/* -- lost connections -- */

/* Reads a request, closes in the middle of its answer, and then serves. */
static void close_in_answer(struct fake_signer *fake)
{
    int fd = fake_accept(fake);
    struct fake_request *read = malloc(sizeof *read);
    fake_check(fake_read(fake, fd, read), "read");
    free(read);
    fake_write_all(fd, (const uint8_t *)"\0\0\0\x40\x08", 5);
    close(fd);
    fake_serve_all(fake);
}

static void test_a_request_that_was_lost_is_sent_again(void)
{
    struct fake_signer fake;
    fake_start(&fake, close_in_answer);
    signer_client *client = client_of(&fake, 2000);
    CU_ASSERT(sign_number(client, 7) == SIGNER_OK);
    signer_close(client);
    fake_stop(&fake);
    CU_ASSERT_EQUAL(atomic_load(&fake.connections), 2);
}

static void test_tickets_that_were_lost_are_sent_again(void)
{
    struct fake_signer fake;
    uint64_t tickets[5];
    uint32_t number = 99;
    fake_start(&fake, close_in_answer);
    signer_client *client = client_of(&fake, 2000);
    for (uint32_t i = 0; i < 5; i++)
        tickets[i] = submit_number(client, i);
    for (uint32_t i = 0; i < 5; i++)
        CU_ASSERT(collect_number(client, tickets[i], &number) == SIGNER_OK && number == i);
    signer_close(client);
    fake_stop(&fake);
}

static void test_a_destroy_that_was_lost_is_not_sent_again(void)
{
    struct fake_signer fake;
    bool existed = false;
    fake_start(&fake, close_in_answer);
    signer_client *client = client_of(&fake, 2000);
    CU_ASSERT(signer_destroy(client, "ca", &existed, &error) == SIGNER_UNAVAILABLE);
    CU_ASSERT_STRING_EQUAL(error.reason, "CONNECTION_LOST");
    CU_ASSERT_EQUAL(atomic_load(&fake.requests), 1);
    CU_ASSERT(signer_destroy(client, "ca", &existed, &error) == SIGNER_OK && existed);
    signer_close(client);
    fake_stop(&fake);
}

/* Answers once, closes the idle connection, then serves. */
static void close_when_idle(struct fake_signer *fake)
{
    int fd = fake_accept(fake);
    struct fake_request *read = malloc(sizeof *read);
    fake_check(fake_read(fake, fd, read), "read");
    fake_serve_one(fd, &read->request);
    free(read);
    close(fd);
    fake_serve_all(fake);
}

static void test_a_destroy_on_a_stale_connection_goes_over_a_new_one(void)
{
    struct fake_signer fake;
    fake_start(&fake, close_when_idle);
    signer_client *client = client_of(&fake, 2000);
    CU_ASSERT(sign_number(client, 1) == SIGNER_OK);
    usleep(50000); /* the fake has closed: what is written has not been done, so it may go again */
    CU_ASSERT(signer_destroy(client, "ca", NULL, &error) == SIGNER_OK);
    signer_close(client);
    fake_stop(&fake);
}

/* The same, and says why, as a signer does. */
static void close_for_idleness(struct fake_signer *fake)
{
    int fd = fake_accept(fake);
    struct fake_request *read = malloc(sizeof *read);
    fake_check(fake_read(fake, fd, read), "read");
    fake_serve_one(fd, &read->request);
    free(read);
    fake_answer_error(fd, 0, STATUS_DEADLINE_EXCEEDED, REASON_IDLE);
    close(fd);
    fake_serve_all(fake);
}

static void test_an_idle_connection_is_made_again(void)
{
    struct fake_signer fake;
    fake_start(&fake, close_for_idleness);
    signer_client *client = client_of(&fake, 2000);
    CU_ASSERT(sign_number(client, 1) == SIGNER_OK);
    usleep(50000);
    CU_ASSERT(signer_destroy(client, "ca", NULL, &error) == SIGNER_OK);
    CU_ASSERT(sign_number(client, 2) == SIGNER_OK && fake.connections == 2);
    signer_close(client);
    fake_stop(&fake);
}

/* The request crosses the close: it arrives, and is not taken. */
static void close_across_a_request(struct fake_signer *fake)
{
    int fd = fake_accept(fake);
    struct fake_request *read = malloc(sizeof *read);
    fake_check(fake_read(fake, fd, read), "read");
    free(read);
    fake_answer_error(fd, 0, STATUS_DEADLINE_EXCEEDED, REASON_IDLE);
    close(fd);
    fake_serve_all(fake);
}

static void test_a_request_that_crosses_an_idle_close_is_sent_again(void)
{
    struct fake_signer fake;
    fake_start(&fake, close_across_a_request);
    signer_client *client = client_of(&fake, 2000);
    CU_ASSERT(signer_destroy(client, "ca", NULL, &error) == SIGNER_OK);
    CU_ASSERT(fake.connections == 2);
    signer_close(client);
    fake_stop(&fake);
}

/* Reads a request of each connection and closes it. */
static void close_always(struct fake_signer *fake)
{
    int fd;
    struct fake_request *read = malloc(sizeof *read);
    while ((fd = fake_accept(fake)) >= 0) {
        fake_read(fake, fd, read);
        close(fd);
    }
    free(read);
}

static void test_a_request_that_is_lost_twice_fails(void)
{
    struct fake_signer fake;
    fake_start(&fake, close_always);
    signer_client *client = client_of(&fake, 2000);
    CU_ASSERT(sign_number(client, 1) == SIGNER_UNAVAILABLE);
    CU_ASSERT_STRING_EQUAL(error.reason, "CONNECTION_LOST");
    CU_ASSERT_EQUAL(atomic_load(&fake.requests), 2);
    signer_close(client);
    fake_stop(&fake);
}

/* Closes every connection after some requests, with others unanswered. */
static void close_now_and_then(struct fake_signer *fake)
{
    int fd;
    struct fake_request *read = malloc(sizeof *read);
    while ((fd = fake_accept(fake)) >= 0) {
        for (int i = 0; i < 37 && fake_read(fake, fd, read); i++)
            fake_serve_one(fd, &read->request);
        close(fd);
    }
    free(read);
}

/* Counts what is neither right nor lost; abandons some tickets. */
static void *call_through_losses(void *argument)
{
    struct caller *caller = argument;
    for (uint32_t i = 0; i < 300; i++) {
        uint32_t number = caller->first + i, back = ~number;
        size_t length = sizeof back;
        uint64_t ticket;
        struct signer_sign what = sign_of(&number);
        enum signer_status status = signer_submit(caller->client, &what, &ticket, NULL);
        if (status == SIGNER_OK && i % 7 == 0) {
            signer_abandon(caller->client, ticket);
            continue;
        }
        if (status == SIGNER_OK)
            status = signer_collect(caller->client, ticket, (uint8_t *)&back, &length, NULL);
        caller->wrong += status == SIGNER_OK ? back != number : status != SIGNER_UNAVAILABLE;
    }
    return NULL;
}

static void test_many_requests_survive_many_losses(void)
{
    enum { THREADS = 8 };
    struct fake_signer fake;
    struct caller callers[THREADS];
    pthread_t threads[THREADS];
    fake_start(&fake, close_now_and_then);
    signer_client *client = client_of(&fake, 20000);
    for (uint32_t i = 0; i < THREADS; i++) {
        callers[i] = (struct caller){ client, i * 1000, 0 };
        pthread_create(&threads[i], NULL, call_through_losses, &callers[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        CU_ASSERT_EQUAL(callers[i].wrong, 0);
    }
    signer_close(client);
    fake_stop(&fake);
}

static void test_a_connection_that_closes_raises_no_signal(void)
{
    signal(SIGPIPE, SIG_DFL); /* raised, it would end the test */
    struct fake_signer fake;
    fake_start(&fake, close_always);
    signer_client *client = client_of(&fake, 2000);
    for (int i = 0; i < 50; i++)
        CU_ASSERT(sign_number(client, 1) == SIGNER_UNAVAILABLE);
    signer_close(client);
    fake_stop(&fake);
}

static void test_a_signer_that_is_not_there_is_unavailable(void)
{
    struct fake_signer fake = { .path = "/tmp/no-such-signer" };
    signer_client *client = client_of(&fake, 1000);
    CU_ASSERT(sign_number(client, 1) == SIGNER_UNAVAILABLE);
    CU_ASSERT_STRING_EQUAL(error.reason, "CONNECTION_REFUSED");
    signer_close(client);
}

/* -- a peer that is wrong -- */

static const char *bad_bytes;
static size_t bad_length;

/* Answers the first request of the first connection with bad_bytes, then serves. */
static void answer_badly(struct fake_signer *fake)
{
    int fd = fake_accept(fake);
    struct fake_request *read = malloc(sizeof *read);
    fake_check(fake_read(fake, fd, read), "read");
    fake_write_all(fd, (const uint8_t *)bad_bytes, bad_length);
    fake_check(!fake_read(fake, fd, read), "the client closes");
    free(read);
    close(fd);
    fake_serve_all(fake);
}

static void expect_protocol(const char *bytes, size_t length)
{
    struct fake_signer fake;
    bad_bytes = bytes;
    bad_length = length;
    fake_start(&fake, answer_badly);
    signer_client *client = client_of(&fake, 2000);
    CU_ASSERT(sign_number(client, 1) == SIGNER_INTERNAL);
    CU_ASSERT_STRING_EQUAL(error.reason, "PROTOCOL");
    CU_ASSERT(sign_number(client, 2) == SIGNER_OK); /* on a connection of its own */
    signer_close(client);
    fake_stop(&fake);
}

static void test_a_peer_that_sends_garbage_is_a_protocol_error(void)
{
    expect_protocol("\xff\xff\xff\xff", 4);         /* a length over the bound */
    expect_protocol("\0\0\0\0", 4);                 /* a length of nothing */
    expect_protocol("\0\0\0\3\xff\xff\xff", 7);     /* no protobuf */
    expect_protocol("\0\0\0\4\x08\xff\xff\x7f", 8); /* an id that nobody asked for */
    expect_protocol("\0\0\0\2\x10\0", 6);           /* id 0 and no error */
}

static void answer_wrong_operation(struct fake_signer *fake)
{
    int fd = fake_accept(fake);
    struct fake_request *read = malloc(sizeof *read);
    fake_check(fake_read(fake, fd, read), "read");
    struct response response = { .id = read->request.id, .operation = OPERATION_SEAL };
    fake_answer(fd, &response);
    free(read);
    fake_read_all(fd, (uint8_t[1]){ 0 }, 1);
    close(fd);
}

static void test_an_answer_to_another_operation_is_a_protocol_error(void)
{
    struct fake_signer fake;
    fake_start(&fake, answer_wrong_operation);
    signer_client *client = client_of(&fake, 2000);
    CU_ASSERT(sign_number(client, 1) == SIGNER_INTERNAL);
    CU_ASSERT_STRING_EQUAL(error.reason, "PROTOCOL");
    signer_close(client);
    fake_stop(&fake);
}

/* Says that the connection is not allowed and closes, without reading. */
static void turn_away(struct fake_signer *fake)
{
    int fd;
    while ((fd = fake_accept(fake)) >= 0) {
        fake_answer_error(fd, 0, STATUS_PERMISSION_DENIED, "UID_NOT_ALLOWED");
        close(fd);
    }
}

static void test_an_error_about_the_connection_is_given_to_the_request(void)
{
    struct fake_signer fake;
    fake_start(&fake, turn_away);
    signer_client *client = client_of(&fake, 2000);
    for (int i = 0; i < 20; i++) {
        CU_ASSERT(sign_number(client, 1) == SIGNER_PERMISSION_DENIED);
        CU_ASSERT_STRING_EQUAL(error.reason, "UID_NOT_ALLOWED");
    }
    signer_close(client);
    fake_stop(&fake);
}

static void refuse(struct fake_signer *fake)
{
    int fd = fake_accept(fake);
    struct fake_request *read = malloc(sizeof *read);
    while (fake_read(fake, fd, read)) {
        struct response response = { .id = read->request.id,
                                     .status = STATUS_RESOURCE_EXHAUSTED,
                                     .reason = "OVERLOADED",
                                     .message = "two\nlines",
                                     .retry_after_ms = 250 };
        fake_answer(fd, &response);
    }
    free(read);
    close(fd);
}

static void test_an_error_of_the_signer_keeps_its_reason(void)
{
    struct fake_signer fake;
    fake_start(&fake, refuse);
    signer_client *client = client_of(&fake, 2000);
    CU_ASSERT(sign_number(client, 1) == SIGNER_RESOURCE_EXHAUSTED);
    CU_ASSERT_STRING_EQUAL(error.reason, "OVERLOADED");
    CU_ASSERT_STRING_EQUAL(error.message, "two lines");
    CU_ASSERT_EQUAL(error.retry_after_ms, 250);
    CU_ASSERT(sign_number(client, 1) == SIGNER_RESOURCE_EXHAUSTED);
    signer_close(client);
    fake_stop(&fake);
}

/* -- time -- */

/* Holds the first answer back until the second request is there. */
static void answer_late(struct fake_signer *fake)
{
    int fd = fake_accept(fake);
    struct fake_request *first = malloc(sizeof *first);
    struct fake_request *next = malloc(sizeof *next);
    fake_check(fake_read(fake, fd, first) && fake_read(fake, fd, next), "read");
    fake_answer_sign(fd, &first->request);
    fake_answer_sign(fd, &next->request);
    free(first);
    free(next);
    fake_serve(fake, fd);
}

static void test_an_answer_that_comes_too_late_is_dropped(void)
{
    struct fake_signer fake;
    fake_start(&fake, answer_late);
    signer_client *client = client_of(&fake, 100);
    uint64_t began = time_monotonic_ns();
    CU_ASSERT(sign_number(client, 1) == SIGNER_DEADLINE_EXCEEDED);
    CU_ASSERT_STRING_EQUAL(error.reason, "TIMEOUT");
    CU_ASSERT(time_monotonic_ns() - began >= 100000000);
    CU_ASSERT(sign_number(client, 2) == SIGNER_OK);
    CU_ASSERT(sign_number(client, 3) == SIGNER_OK);
    signer_close(client);
    fake_stop(&fake);
    CU_ASSERT_EQUAL(atomic_load(&fake.connections), 1);
}

static void test_an_answer_to_an_abandoned_request_is_dropped(void)
{
    struct fake_signer fake;
    uint64_t any;
    fake_start(&fake, answer_late);
    signer_client *client = client_of(&fake, 2000);
    uint64_t ticket = submit_number(client, 1);
    signer_abandon(client, ticket);
    signer_abandon(client, ticket);
    CU_ASSERT(signer_wait_any(client, &any, &error) == SIGNER_NOT_FOUND);
    CU_ASSERT(sign_number(client, 2) == SIGNER_OK);
    signer_close(client);
    fake_stop(&fake);
}

static void read_nothing(struct fake_signer *fake)
{
    int fd = fake_accept(fake);
    while (fake_accept(fake) >= 0)
        ;
    close(fd);
}

static void test_a_socket_that_stays_full_times_out(void)
{
    static uint8_t message[60000];
    struct fake_signer fake;
    uint64_t ticket;
    enum signer_status status;
    struct signer_sign what = { "ca", SIGNER_EDDSA, SIGNER_HASH_NONE, message, sizeof message, NULL };
    fake_start(&fake, read_nothing);
    signer_client *client = client_of(&fake, 100);
    do
        status = signer_submit(client, &what, &ticket, &error);
    while (status == SIGNER_OK);
    CU_ASSERT(status == SIGNER_DEADLINE_EXCEEDED);
    CU_ASSERT_STRING_EQUAL(error.reason, "TIMEOUT");
    signer_close(client);
    fake_stop(&fake);
}

static void test_a_client_that_spins_before_it_sleeps_gets_its_answers(void)
{
    struct fake_signer fake;
    signer_client *client = NULL;
    fake_start(&fake, fake_serve_all);
    struct signer_options options = { .socket = fake.path, .timeout_ms = 2000, .spin_us = 200 };
    CU_ASSERT_FATAL(signer_open(&client, &options, &error) == SIGNER_OK);
    for (uint32_t i = 0; i < 500; i++)
        CU_ASSERT(sign_number(client, i) == SIGNER_OK);
    signer_close(client);
    fake_stop(&fake);
}

/* -- forks -- */

static void *serve_thread(void *argument)
{
    int fd = *(int *)argument;
    struct fake_request *read = malloc(sizeof *read);
    struct fake_signer counts = { .listener = -1 };
    free(argument);
    while (fake_read(&counts, fd, read) && fake_serve_one(fd, &read->request))
        ;
    free(read);
    close(fd);
    return NULL;
}

/* Every connection in a thread of its own. */
static void serve_at_once(struct fake_signer *fake)
{
    pthread_t threads[16];
    int count = 0, fd;
    while (count < 16 && (fd = fake_accept(fake)) >= 0) {
        int *passed = malloc(sizeof *passed);
        *passed = fd;
        pthread_create(&threads[count++], NULL, serve_thread, passed);
    }
    while (count > 0)
        pthread_join(threads[--count], NULL);
}

static int in_child(signer_client *client, uint64_t ticket)
{
    uint32_t number;
    int wrong = collect_number(client, ticket, &number) != SIGNER_INVALID_ARGUMENT;
    for (uint32_t i = 0; i < 100; i++)
        wrong += sign_number(client, 1000 + i) != SIGNER_OK;
    signer_close(client);
    return wrong;
}

static void test_a_child_that_was_forked_between_calls_has_its_own_connection(void)
{
    struct fake_signer fake;
    uint32_t number = 99;
    int status = -1;
    fake_start(&fake, serve_at_once);
    signer_client *client = client_of(&fake, 5000);
    CU_ASSERT(sign_number(client, 1) == SIGNER_OK);
    uint64_t ticket = submit_number(client, 2);
    pid_t child = fork();
    if (child == 0)
        _exit(in_child(client, ticket) != 0);
    for (uint32_t i = 0; i < 100; i++)
        CU_ASSERT(sign_number(client, i) == SIGNER_OK);
    waitpid(child, &status, 0);
    CU_ASSERT_EQUAL(status, 0);
    CU_ASSERT(collect_number(client, ticket, &number) == SIGNER_OK && number == 2);
    signer_close(client);
    fake_stop(&fake);
    CU_ASSERT_EQUAL(atomic_load(&fake.connections), 2);
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("multiplex", NULL, NULL);
    CU_ADD_TEST(suite, test_answers_out_of_order_go_to_their_tickets);
    CU_ADD_TEST(suite, test_many_threads_use_one_connection);
    CU_ADD_TEST(suite, test_threads_that_wait_for_any_answer_share_them);
    CU_ADD_TEST(suite, test_requests_and_answers_that_fill_both_buffers_all_cross);
    CU_ADD_TEST(suite, test_long_messages_in_a_row_all_come_back);
    CU_ADD_TEST(suite, test_a_request_over_the_number_in_flight_is_refused);
    CU_ADD_TEST(suite, test_submitted_requests_go_out_at_a_flush);
    CU_ADD_TEST(suite, test_submitted_requests_go_out_at_a_wait);
    CU_ADD_TEST(suite, test_a_full_parcel_goes_out_by_itself);
    CU_ADD_TEST(suite, test_a_thread_that_waits_holds_nothing_back);
    CU_ADD_TEST(suite, test_what_is_held_back_can_be_abandoned);
    CU_ADD_TEST(suite, test_a_long_request_among_short_ones_keeps_its_bytes);
    CU_ADD_TEST(suite, test_a_request_that_was_lost_is_sent_again);
    CU_ADD_TEST(suite, test_tickets_that_were_lost_are_sent_again);
    CU_ADD_TEST(suite, test_a_destroy_that_was_lost_is_not_sent_again);
    CU_ADD_TEST(suite, test_a_destroy_on_a_stale_connection_goes_over_a_new_one);
    CU_ADD_TEST(suite, test_an_idle_connection_is_made_again);
    CU_ADD_TEST(suite, test_a_request_that_crosses_an_idle_close_is_sent_again);
    CU_ADD_TEST(suite, test_a_request_that_is_lost_twice_fails);
    CU_ADD_TEST(suite, test_many_requests_survive_many_losses);
    CU_ADD_TEST(suite, test_a_connection_that_closes_raises_no_signal);
    CU_ADD_TEST(suite, test_a_signer_that_is_not_there_is_unavailable);
    CU_ADD_TEST(suite, test_a_peer_that_sends_garbage_is_a_protocol_error);
    CU_ADD_TEST(suite, test_an_answer_to_another_operation_is_a_protocol_error);
    CU_ADD_TEST(suite, test_an_error_about_the_connection_is_given_to_the_request);
    CU_ADD_TEST(suite, test_an_error_of_the_signer_keeps_its_reason);
    CU_ADD_TEST(suite, test_an_answer_that_comes_too_late_is_dropped);
    CU_ADD_TEST(suite, test_an_answer_to_an_abandoned_request_is_dropped);
    CU_ADD_TEST(suite, test_a_socket_that_stays_full_times_out);
    CU_ADD_TEST(suite, test_a_client_that_spins_before_it_sleeps_gets_its_answers);
    CU_ADD_TEST(suite, test_a_child_that_was_forked_between_calls_has_its_own_connection);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 0;
}
