/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/signer/gate/fake_workers.h"

static struct fake_client *client;

static void open_gate(void)
{
    fake_open(2);
    client = fake_connect_admin();
}

static void test_hello_tells_the_limits_the_keystore_and_the_kek_of_the_vaults(void)
{
    char kek[KEK_ID_TEXT];
    open_gate();
    fake_ask_plain(client, 1, OPERATION_HELLO);
    UNIT_NEED(fake_is_result(client, 1, OPERATION_HELLO));
    const struct response *hello = &client->response;
    CU_ASSERT(hello->hello.protocol == PROTOCOL_VERSION && hello->hello.state == STATE_OPEN);
    CU_ASSERT(hello->hello.request_max == REQUEST_MAX && hello->hello.sign_request_max == SIGN_REQUEST_MAX);
    CU_ASSERT(hello->hello.response_max == RESPONSE_MAX && hello->hello.in_flight_max == IN_FLIGHT_PER_CONNECTION);
    CU_ASSERT(strncmp(hello->hello.keystore_id, "612066616b65", 12) == 0 && strlen(hello->hello.keystore_id) == 32);
    kek_id_text(&gate.kek, kek);
    CU_ASSERT(strcmp(hello->hello.kek_id, kek) == 0 && hello->hello.algorithm_count == ALGORITHM_COUNT - 1);
    fake_close();
}

static void test_hello_of_a_locked_signer_tells_the_kek_that_the_keystore_needs(void)
{
    char kek[KEK_ID_TEXT];
    open_gate();
    gate.state = STATE_SEALED;
    gate.kek = (struct kek_id){ { 0 } };
    fake_setup.header.keks[0].id = (struct kek_id){ { 9, 9 } };
    kek_id_text(&fake_setup.header.keks[0].id, kek);
    fake_ask_plain(client, 1, OPERATION_HELLO);
    CU_ASSERT(fake_is_result(client, 1, OPERATION_HELLO) && client->response.hello.state == STATE_SEALED);
    CU_ASSERT(strcmp(client->response.hello.kek_id, kek) == 0);
    fake_close();
}

static void test_hello_names_the_roles_of_this_connection_and_the_algorithms_on_offer(void)
{
    open_gate();
    fake_setup.algorithms = 1 << ALGORITHM_ED25519;
    struct fake_client *signs = fake_connect(FAKE_UID, ROLE_SIGN), *nobody = fake_connect(FAKE_UID, ROLE_NONE);
    fake_ask_plain(signs, 1, OPERATION_HELLO);
    UNIT_NEED(fake_is_result(signs, 1, OPERATION_HELLO) && signs->response.hello.role_count == 1);
    CU_ASSERT(strcmp(signs->response.hello.roles[0], "sign") == 0 && signs->response.hello.algorithm_count == 1);
    CU_ASSERT(strcmp(signs->response.hello.algorithms[0], "ed25519") == 0);
    fake_ask_plain(nobody, 1, OPERATION_HELLO);
    CU_ASSERT(fake_is_result(nobody, 1, OPERATION_HELLO) && nobody->response.hello.role_count == 0);
    fake_ask_plain(client, 1, OPERATION_HELLO);
    CU_ASSERT(fake_is_result(client, 1, OPERATION_HELLO) && client->response.hello.role_count == ROLE_COUNT);
    fake_close();
}

static void test_health_of_a_signer_that_is_well_names_no_problem(void)
{
    open_gate();
    gate.now_ns += 5 * fake_s;
    fake_ask_plain(client, 1, OPERATION_HEALTH);
    UNIT_NEED(fake_is_result(client, 1, OPERATION_HEALTH));
    const struct response *health = &client->response;
    CU_ASSERT(health->health.state == STATE_OPEN && health->health.vaults == 2 && health->health.writable);
    CU_ASSERT(health->health.uptime_seconds == 5 && health->health.problem_count == 0 && health->health.reopens);
    CU_ASSERT(health->health.protection_count == PROTECTION_LABELS);
    fake_close();
}

static void test_health_names_every_problem(void)
{
    open_gate();
    gate.kek_retired = gate.restored = true;
    gate.writable = false;
    fake_setup.sealed = true;
    fake_ask_plain(client, 1, OPERATION_HEALTH);
    UNIT_NEED(fake_is_result(client, 1, OPERATION_HEALTH) && client->response.health.problem_count == 2);
    CU_ASSERT(strcmp(client->response.health.problems[0], "KEK_RETIRED") == 0);
    CU_ASSERT(strcmp(client->response.health.problems[1], "RESTORED") == 0);
    CU_ASSERT(!client->response.health.writable && !client->response.health.reopens);
    fake_close();
}

static uint64_t counter(const char *name)
{
    for (size_t i = 0; i < client->response.stats.counter_count; i++)
        if (strcmp(client->response.stats.counters[i].name, name) == 0)
            return client->response.stats.counters[i].number;
    return UINT64_MAX;
}

static void test_stats_count_what_was_done_and_what_is_under_way(void)
{
    static struct fake_key key;
    fake_make_key(&key, "ca", ALGORITHM_EC_P256, 1);
    open_gate();
    CU_ASSERT(fake_prepare_key(client, &key));
    fake_ask_sign(client, 1, "ca");
    fake_ask_plain(client, 2, OPERATION_STATS);
    UNIT_NEED(fake_is_result(client, 2, OPERATION_STATS));
    CU_ASSERT(counter("signatures") == 1 && counter("key_loads") == 1 && counter("requests") == 3);
    CU_ASSERT(counter("in_flight") == 2 && counter("connections") == 1 && counter("keys_known") == 1);
    CU_ASSERT(counter("errors") == 0 && counter("overloaded") == 0 && counter("key_reloads") == 0);
    fake_close();
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_hello_tells_the_limits_the_keystore_and_the_kek_of_the_vaults),
        UNIT_TEST(test_hello_of_a_locked_signer_tells_the_kek_that_the_keystore_needs),
        UNIT_TEST(test_hello_names_the_roles_of_this_connection_and_the_algorithms_on_offer),
        UNIT_TEST(test_health_of_a_signer_that_is_well_names_no_problem),
        UNIT_TEST(test_health_names_every_problem),
        UNIT_TEST(test_stats_count_what_was_done_and_what_is_under_way),
    };
    return secret_start() ? UNIT_RUN("status", tests) : 1;
}
