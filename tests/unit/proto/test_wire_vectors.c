/* SPDX-License-Identifier: Apache-2.0 */
/* tests/vectors/wire.json, which the clients in other languages share, has the bytes of this codec: a request and an
 * answer of each operation, refusals and notices. `unit_proto_wire_vectors write` prints the file. */
#include "proto/request.h"
#include "proto/response.h"

#include "tests/unit/proto/wire_bytes.h"

enum { FILE_CAPACITY = 64 * 1024 };

#define BYTES(text) { (const uint8_t *)(text), sizeof(text) - 1 }
#define DIGEST                                                                                                         \
    "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23\xb0\x03\x61\xa3\x96\x17\x7a\x9c\xb4\x10\xff\x61" \
    "\xf2\x00\x15\xad"

/* A message, and its fields in JSON under the names of signer.proto: numbers, texts, and bytes in hex. */
struct request_vector {
    const char *name, *json;
    struct request message;
};

struct response_vector {
    const char *name, *json;
    struct response message;
};

static const struct request_vector requests[] = {
    { "hello", "\"id\": 1, \"hello\": {}", { .id = 1, .operation = OPERATION_HELLO } },
    { "health", "\"id\": 2, \"health\": {}", { .id = 2, .operation = OPERATION_HEALTH } },
    { "list_keys",
      "\"id\": 3, \"list_keys\": {\"after\": \"ca-1\", \"limit\": 100}",
      { .id = 3, .operation = OPERATION_LIST_KEYS, .list_keys = { "ca-1", 100 } } },
    { "list_keys_from_the_first", "\"id\": 4, \"list_keys\": {}", { .id = 4, .operation = OPERATION_LIST_KEYS } },
    { "get_key",
      "\"id\": 5, \"get_key\": {\"id\": \"ca\"}",
      { .id = 5, .operation = OPERATION_GET_KEY, .get_key = { "ca" } } },
    { "generate_key",
      "\"id\": 6, \"deadline_ms\": 5000, \"generate_key\": {\"id\": \"ca\", \"algorithm\": \"ec-p256\", "
      "\"policy\": {\"schemes\": [3], \"hashes\": [1, 2]}}",
      { .id = 6,
        .deadline_ms = 5000,
        .operation = OPERATION_GENERATE_KEY,
        .generate_key = { "ca", "ec-p256", { 1, 2, { 3 }, { 1, 2 } } } } },
    { "generate_key_as_usual",
      "\"id\": 7, \"generate_key\": {\"id\": \"ca\"}",
      { .id = 7, .operation = OPERATION_GENERATE_KEY, .generate_key = { .id = "ca" } } },
    { "sign_digest",
      "\"id\": 300, \"deadline_ms\": 30000, \"sign\": {\"id\": \"ca\", \"scheme\": 3, \"hash\": 1, \"digest\": "
      "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"}",
      { .id = 300,
        .deadline_ms = 30000,
        .operation = OPERATION_SIGN,
        .sign = { .id = "ca", .scheme = 3, .hash = 1, .kind = SIGN_INPUT_DIGEST, .input = BYTES(DIGEST) } } },
    { "sign_message_by_a_known_key",
      "\"id\": 9, \"sign\": {\"id\": \"ca\", \"scheme\": 4, \"message\": \"616263\", \"public_key_sha256\": "
      "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"}",
      { .id = 9,
        .operation = OPERATION_SIGN,
        .sign = { .id = "ca",
                  .scheme = 4,
                  .kind = SIGN_INPUT_MESSAGE,
                  .input = BYTES("abc"),
                  .public_key_sha256 = BYTES(DIGEST) } } },
    { "sign_the_empty_message",
      "\"id\": 10, \"sign\": {\"id\": \"ca\", \"scheme\": 4, \"message\": \"\"}",
      { .id = 10,
        .operation = OPERATION_SIGN,
        .sign = { .id = "ca", .scheme = 4, .kind = SIGN_INPUT_MESSAGE, .input = BYTES("") } } },
    { "set_certificate",
      "\"id\": 11, \"set_certificate\": {\"id\": \"ca\", \"certificate\": \"50454d\"}",
      { .id = 11, .operation = OPERATION_SET_CERTIFICATE, .set_certificate = { "ca", BYTES("PEM") } } },
    { "destroy_key",
      "\"id\": 12, \"destroy_key\": {\"id\": \"ca\"}",
      { .id = 12, .operation = OPERATION_DESTROY_KEY, .destroy_key = { "ca" } } },
    { "unseal",
      "\"id\": 13, \"unseal\": {\"boxes\": [\"01\", \"0203\"]}",
      { .id = 13, .operation = OPERATION_UNSEAL, .unseal = { 2, { BYTES("\1"), BYTES("\2\3") } } } },
    { "seal", "\"id\": 14, \"seal\": {}", { .id = 14, .operation = OPERATION_SEAL } },
    { "authenticate_backup",
      "\"id\": 15, \"authenticate_backup\": {\"key\": {\"id\": \"ca\", \"sealed_key\": \"616263\"}}",
      { .id = 15,
        .operation = OPERATION_AUTHENTICATE_BACKUP,
        .authenticate_backup = { .kind = BACKUP_INPUT_KEY, .id = "ca", .sealed_key = BYTES("abc") } } },
    { "stats", "\"id\": 16, \"stats\": {}", { .id = 16, .operation = OPERATION_STATS } },
    { "the_greatest_id",
      "\"id\": 18446744073709551615, \"deadline_ms\": 600000, \"hello\": {}",
      { .id = UINT64_MAX, .deadline_ms = 600000, .operation = OPERATION_HELLO } },
};

#define KEY_VALUE                                                                                                      \
    { "ca", "ec-p256", { 1, 3, { 3 }, { 1, 2, 3 } }, BYTES("spki"), 1767225600, BYTES("PEM"), false, NULL }
#define KEY_JSON                                                                                                       \
    "{\"id\": \"ca\", \"algorithm\": \"ec-p256\", \"policy\": {\"schemes\": [3], \"hashes\": [1, 2, 3]}, "             \
    "\"public_key\": \"73706b69\", \"created\": 1767225600, \"certificate\": \"50454d\"}"

static struct key_info listed[] = {
    { "ca", "ec-p256", { 1, 1, { 3 }, { 1 } }, BYTES("spki"), 1767225600, BYTES(""), true, NULL },
    { .id = "lost", .algorithm = "", .fault = "KEY_CORRUPT" },
};

static const struct response_vector responses[] = {
    { "hello",
      "\"id\": 1, \"hello\": {\"version\": \"0.1.0\", \"protocol\": 1, \"state\": 1, \"keystore_id\": \"ab\", "
      "\"kek_id\": \"a1b2-c3d4-e5f6-0718\", \"request_max\": 65536, \"sign_request_max\": 1048576, "
      "\"response_max\": 1048576, \"in_flight_max\": 256, \"algorithms\": [\"ec-p256\", \"ed25519\"], "
      "\"roles\": [\"sign=web-*\", \"admin\"]}",
      { .id = 1,
        .operation = OPERATION_HELLO,
        .hello = { .version = "0.1.0",
                   .protocol = 1,
                   .state = STATE_OPEN,
                   .keystore_id = "ab",
                   .kek_id = "a1b2-c3d4-e5f6-0718",
                   .request_max = 65536,
                   .sign_request_max = 1048576,
                   .response_max = 1048576,
                   .in_flight_max = 256,
                   .algorithm_count = 2,
                   .algorithms = { "ec-p256", "ed25519" },
                   .role_count = 2,
                   .roles = { "sign=web-*", "admin" } } } },
    { "health",
      "\"id\": 2, \"health\": {\"state\": 1, \"vaults\": 2, \"uptime_seconds\": 5000000000, \"writable\": true, "
      "\"protections\": [{\"name\": \"seccomp\", \"value\": \"yes\"}], \"problems\": [\"KEK_RETIRED\"], "
      "\"reopens\": true}",
      { .id = 2,
        .operation = OPERATION_HEALTH,
        .health = { .state = STATE_OPEN,
                    .vaults = 2,
                    .uptime_seconds = 5000000000,
                    .writable = true,
                    .protection_count = 1,
                    .protections = { { "seccomp", "yes", 0 } },
                    .problem_count = 1,
                    .problems = { "KEK_RETIRED" },
                    .reopens = true } } },
    { "list_keys",
      "\"id\": 3, \"list_keys\": {\"keys\": [{\"id\": \"ca\", \"algorithm\": \"ec-p256\", \"policy\": {\"schemes\": "
      "[3], \"hashes\": [1]}, \"public_key\": \"73706b69\", \"created\": 1767225600, \"unverified\": true}, "
      "{\"id\": \"lost\", \"fault\": \"KEY_CORRUPT\"}], \"more\": true}",
      { .id = 3, .operation = OPERATION_LIST_KEYS, .list_keys = { 2, listed, true } } },
    { "list_keys_none", "\"id\": 4, \"list_keys\": {}", { .id = 4, .operation = OPERATION_LIST_KEYS } },
    { "get_key",
      "\"id\": 5, \"get_key\": {\"key\": " KEY_JSON "}",
      { .id = 5, .operation = OPERATION_GET_KEY, .get_key = { KEY_VALUE } } },
    { "generate_key",
      "\"id\": 6, \"generate_key\": {\"key\": " KEY_JSON ", \"created\": true}",
      { .id = 6, .operation = OPERATION_GENERATE_KEY, .generate_key = { KEY_VALUE, true } } },
    { "sign",
      "\"id\": 300, \"sign\": {\"signature\": \"616263\"}",
      { .id = 300, .operation = OPERATION_SIGN, .sign = { BYTES("abc") } } },
    { "set_certificate", "\"id\": 11, \"set_certificate\": {}", { .id = 11, .operation = OPERATION_SET_CERTIFICATE } },
    { "destroy_key",
      "\"id\": 12, \"destroy_key\": {\"existed\": true}",
      { .id = 12, .operation = OPERATION_DESTROY_KEY, .destroy_key = { true } } },
    { "destroy_key_gone_already", "\"id\": 12, \"destroy_key\": {}", { .id = 12, .operation = OPERATION_DESTROY_KEY } },
    { "unseal",
      "\"id\": 13, \"unseal\": {\"state\": 2, \"challenges\": [\"616263\"], \"shares\": [{\"set\": 7, \"member\": 1, "
      "\"uid\": 1001}], \"missing\": 1, \"started\": 1767225600}",
      { .id = 13,
        .operation = OPERATION_UNSEAL,
        .unseal = { .state = STATE_SEALED,
                    .challenge_count = 1,
                    .challenges = { BYTES("abc") },
                    .share_count = 1,
                    .shares = { { .set = 7, .group = 0, .member = 1, .uid = 1001 } },
                    .missing = 1,
                    .started = 1767225600 } } },
    { "seal", "\"id\": 14, \"seal\": {}", { .id = 14, .operation = OPERATION_SEAL } },
    { "authenticate_backup",
      "\"id\": 15, \"authenticate_backup\": {\"kek_id\": \"a1b2\", \"mac\": \"616263\"}",
      { .id = 15,
        .operation = OPERATION_AUTHENTICATE_BACKUP,
        .authenticate_backup = { .kek_id = "a1b2", .mac = BYTES("abc") } } },
    { "stats",
      "\"id\": 16, \"stats\": {\"counters\": [{\"name\": \"signatures\", \"value\": 18446744073709551615}, "
      "{\"name\": \"loads\"}]}",
      { .id = 16,
        .operation = OPERATION_STATS,
        .stats = { 2, { { "signatures", NULL, UINT64_MAX }, { "loads", NULL, 0 } } } } },
    { "refused_key_unknown",
      "\"id\": 4, \"status\": 2, \"reason\": \"KEY_UNKNOWN\", \"message\": \"no\"",
      { .id = 4, .status = STATUS_NOT_FOUND, .reason = "KEY_UNKNOWN", .message = "no" } },
    { "refused_overloaded",
      "\"id\": 5, \"status\": 6, \"reason\": \"OVERLOADED\", \"message\": \"busy\", \"retry_after_ms\": 250",
      { .id = 5,
        .status = STATUS_RESOURCE_EXHAUSTED,
        .reason = "OVERLOADED",
        .message = "busy",
        .retry_after_ms = 250 } },
    { "refused_sealed",
      "\"id\": 6, \"status\": 5, \"reason\": \"SEALED\", \"message\": \"it is sealed\"",
      { .id = 6, .status = STATUS_FAILED_PRECONDITION, .reason = "SEALED", .message = "it is sealed" } },
    { "notice_idle",
      "\"status\": 7, \"reason\": \"IDLE\", \"message\": \"no request\"",
      { .status = STATUS_DEADLINE_EXCEEDED, .reason = "IDLE", .message = "no request" } },
    { "notice_uid_not_allowed",
      "\"status\": 4, \"reason\": \"UID_NOT_ALLOWED\", \"message\": \"uid 7\"",
      { .status = STATUS_PERMISSION_DENIED, .reason = "UID_NOT_ALLOWED", .message = "uid 7" } },
};

static char made[FILE_CAPACITY];

/* One vector on one line; the frame is as long as the encoder says. */
static void add_vector(FILE *out, const char *name, const char *json, const uint8_t *frame, size_t length, bool last)
{
    fprintf(out, "  {\"name\": \"%s\",\n   \"message\": {%s},\n   \"frame\": \"", name, json);
    for (size_t i = 0; i < length; i++)
        fprintf(out, "%02x", frame[i]);
    fprintf(out, "\"}%s\n", last ? "" : ",");
}

static void add_requests(FILE *out)
{
    uint8_t frame[1024];
    for (size_t i = 0; i < UNIT_COUNT(requests); i++) {
        size_t length = request_encode(&requests[i].message, frame, sizeof frame);
        add_vector(out, requests[i].name, requests[i].json, frame, length, i + 1 == UNIT_COUNT(requests));
    }
}

static void add_responses(FILE *out)
{
    uint8_t frame[1024];
    for (size_t i = 0; i < UNIT_COUNT(responses); i++) {
        size_t length = response_encode(&responses[i].message, frame, sizeof frame);
        add_vector(out, responses[i].name, responses[i].json, frame, length, i + 1 == UNIT_COUNT(responses));
    }
}

/* The whole file, in `made`. False: it does not fit. */
static bool make_file(void)
{
    FILE *out = fmemopen(made, sizeof made, "w");
    if (!out)
        return false;
    fputs("{\"about\": \"Frames of proto/PROTOCOL.md in hex, with their messages: fields by their names in "
          "proto/signer.proto, bytes in hex, enumerations as numbers, defaults left out.\",\n \"requests\": [\n",
          out);
    add_requests(out);
    fputs(" ],\n \"responses\": [\n", out);
    add_responses(out);
    fputs(" ]}\n", out);
    bool fits = !ferror(out);
    return fclose(out) == 0 && fits;
}

static void test_the_file_has_the_bytes_of_this_codec(void)
{
    static char found[FILE_CAPACITY];
    FILE *file = fopen(VECTORS_DIR "/wire.json", "r");
    UNIT_NEED(file != NULL);
    size_t length = fread(found, 1, sizeof found - 1, file);
    CU_ASSERT(fclose(file) == 0);
    CU_ASSERT(make_file() && length == strlen(made) && memcmp(found, made, length) == 0);
}

static void test_every_request_of_the_file_is_taken_by_the_signer(void)
{
    static uint8_t memory[16384] __attribute__((aligned(16)));
    uint8_t frame[1024];
    for (size_t i = 0; i < UNIT_COUNT(requests); i++) {
        struct scratch scratch = { .bytes = memory, .size = sizeof memory };
        struct request again;
        size_t length = request_encode(&requests[i].message, frame, sizeof frame);
        UNIT_NEED(length > FRAME_PREFIX);
        struct slice payload = { frame + FRAME_PREFIX, length - FRAME_PREFIX };
        CU_ASSERT(request_decode(payload, &scratch, &again) == DECODE_OK && again.id == requests[i].message.id);
    }
}

static void test_there_is_a_request_and_an_answer_of_each_operation(void)
{
    for (int operation = OPERATION_HELLO; operation <= (int)OPERATION_LAST; operation++) {
        size_t asked = 0, answered = 0;
        for (size_t i = 0; i < UNIT_COUNT(requests); i++)
            asked += (int)requests[i].message.operation == operation;
        for (size_t i = 0; i < UNIT_COUNT(responses); i++)
            answered += (int)responses[i].message.operation == operation;
        CU_ASSERT(asked > 0 && answered > 0);
    }
}

int main(int argc, char **argv)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_the_file_has_the_bytes_of_this_codec),
        UNIT_TEST(test_every_request_of_the_file_is_taken_by_the_signer),
        UNIT_TEST(test_there_is_a_request_and_an_answer_of_each_operation),
    };
    if (argc == 2 && strcmp(argv[1], "write") == 0) {
        return make_file() && fputs(made, stdout) >= 0 ? 0 : 1;
    }
    return UNIT_RUN("wire_vectors", tests);
}
