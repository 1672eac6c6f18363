/* SPDX-License-Identifier: Apache-2.0 */
#include "client/provider/clients.h"

#include <pthread.h>

#include "tests/unit/unit.h"

static struct clients clients;

static void *mine(void *unused)
{
    (void)unused;
    signer_client *first = clients_mine(&clients);
    return first == clients_mine(&clients) ? first : NULL;
}

static void test_a_thread_has_one_client_and_those_at_once_share_them_evenly(void)
{
    const struct signer_options options = { .socket = "/nowhere" };
    struct signer_error error;
    pthread_t threads[2 * CLIENTS_MAX];
    unsigned uses[CLIENTS_MAX] = { 0 };
    UNIT_NEED(clients_open(&clients, &options, &error));
    for (size_t i = 0; i < UNIT_COUNT(threads); i++)
        CU_ASSERT(pthread_create(&threads[i], NULL, mine, NULL) == 0);
    for (size_t i = 0; i < UNIT_COUNT(threads); i++) {
        void *found = NULL;
        CU_ASSERT(pthread_join(threads[i], &found) == 0 && found != NULL);
        for (size_t j = 0; j < CLIENTS_MAX; j++)
            uses[j] += clients.each[j] == found;
    }
    for (size_t j = 0; j < CLIENTS_MAX; j++)
        CU_ASSERT(uses[j] == 2);
    clients_close(&clients);
}

static void test_refused_options_leave_none(void)
{
    const struct signer_options options = { .socket = "" };
    struct signer_error error = { 0 };
    CU_ASSERT(!clients_open(&clients, &options, &error) && strcmp(error.reason, "ARGUMENT") == 0);
    CU_ASSERT(clients_mine(&clients) == NULL);
    clients_close(&clients);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_thread_has_one_client_and_those_at_once_share_them_evenly),
        UNIT_TEST(test_refused_options_leave_none),
    };
    return UNIT_RUN("clients", tests);
}
