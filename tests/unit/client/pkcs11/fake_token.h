/* SPDX-License-Identifier: Apache-2.0 */
/* The module on a fake signer with a few keys, which a test can change between calls. */
#ifndef TESTS_UNIT_CLIENT_PKCS11_FAKE_TOKEN_H
#define TESTS_UNIT_CLIENT_PKCS11_FAKE_TOKEN_H

#include "client/pkcs11/module.h"
#include "client/signer.h"
#include "tests/unit/client/pkcs11/samples.h"
#include "tests/unit/fake_signer.h"
#include "tests/unit/unit.h"

enum { FAKE_KEYS = 8, FAKE_RSA_SIGNATURE = 256, FAKE_ED_SIGNATURE = 64 };

static struct fake_key {
    struct key_info info;
    bool there;
} fake_keys[FAKE_KEYS];

static struct {
    int lists, gets, signs, generates;
    struct sign_seen {
        char id[KEY_ID_MAX + 1];
        int scheme, hash;
        size_t length, named;
        uint8_t input[128];
    } sign;
    char generated[KEY_ID_MAX + 1], algorithm[33];
    const char *refuses; /* every request, with this reason */
    int status, state;
    bool existed; /* what GenerateKey says */
} fake_seen;

static struct fake_signer fake;
static CK_FUNCTION_LIST_3_0 *p11;
static CK_SESSION_HANDLE fake_session;

/* A signature (r = 1, s = 2) in DER. */
static const uint8_t fake_ecdsa[] = { 0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x02 };

static inline void fake_set_key(int number, const char *id, const uint8_t *spki, size_t length, const char *pem)
{
    struct slice certificate = { (const uint8_t *)pem, pem ? strlen(pem) : 0 };
    fake_keys[number] = (struct fake_key){
        { .id = id, .algorithm = "ec-p256", .created = 1, .public_key = { spki, length }, .certificate = certificate },
        true
    };
}

static inline int fake_compare(const void *a, const void *b)
{
    return strcmp(((const struct key_info *)a)->id, ((const struct key_info *)b)->id);
}

static inline void fake_list(struct response *response, struct key_info *keys)
{
    fake_seen.lists++;
    response->list_keys.keys = keys;
    for (int i = 0; i < FAKE_KEYS; i++)
        if (fake_keys[i].there) {
            keys[response->list_keys.key_count] = fake_keys[i].info;
            keys[response->list_keys.key_count].unverified = true;
            keys[response->list_keys.key_count++].certificate = (struct slice){ 0 };
        }
    qsort(keys, response->list_keys.key_count, sizeof *keys, fake_compare);
}

static inline void fake_get(struct response *response, const char *id)
{
    fake_seen.gets++;
    for (int i = 0; i < FAKE_KEYS; i++)
        if (fake_keys[i].there && strcmp(fake_keys[i].info.id, id) == 0) {
            response->get_key.key = fake_keys[i].info;
            return;
        }
    response->operation = OPERATION_NONE;
    response->status = SIGNER_NOT_FOUND;
    response->reason = "KEY_UNKNOWN";
}

static inline void fake_sign(struct response *response, const struct request *request)
{
    static uint8_t bytes[FAKE_RSA_SIGNATURE];
    struct sign_seen *seen = &fake_seen.sign;
    fake_seen.signs++;
    memset(bytes, 0x42, sizeof bytes);
    snprintf(seen->id, sizeof seen->id, "%s", request->sign.id);
    seen->scheme = request->sign.scheme;
    seen->hash = request->sign.hash;
    seen->length = request->sign.input.length;
    seen->named = request->sign.public_key_sha256.length;
    if (seen->length > 0 && seen->length <= sizeof seen->input)
        memcpy(seen->input, request->sign.input.data, seen->length);
    response->sign.signature = (struct slice){ bytes, FAKE_RSA_SIGNATURE };
    if (seen->scheme == SIGNER_ECDSA)
        response->sign.signature = (struct slice){ fake_ecdsa, sizeof fake_ecdsa };
    if (seen->scheme == SIGNER_EDDSA)
        response->sign.signature.length = FAKE_ED_SIGNATURE;
}

static inline void fake_generate(struct response *response, const struct request *request)
{
    fake_seen.generates++;
    snprintf(fake_seen.generated, sizeof fake_seen.generated, "%s", request->generate_key.id);
    snprintf(fake_seen.algorithm, sizeof fake_seen.algorithm, "%s", request->generate_key.algorithm);
    fake_set_key(FAKE_KEYS - 1, fake_seen.generated, sample_p521, sizeof sample_p521, NULL);
    response->generate_key.key = fake_keys[FAKE_KEYS - 1].info;
    response->generate_key.created = !fake_seen.existed;
}

static inline bool fake_token_answer(int fd, const struct request *request)
{
    struct response response = { .id = request->id, .operation = request->operation };
    struct key_info keys[FAKE_KEYS];
    if (fake_seen.refuses)
        return fake_answer_error(fd, request->id, fake_seen.status, fake_seen.refuses);
    switch (request->operation) {
    case OPERATION_HELLO:
        response.hello.version = SIGNER_VERSION;
        response.hello.keystore_id = "00112233445566778899aabbccddeeff";
        response.hello.kek_id = "a1b2-c3d4-e5f6-0718";
        response.hello.state = fake_seen.state;
        break;
    case OPERATION_LIST_KEYS: fake_list(&response, keys); break;
    case OPERATION_GET_KEY: fake_get(&response, request->get_key.id); break;
    case OPERATION_SIGN: fake_sign(&response, request); break;
    case OPERATION_GENERATE_KEY: fake_generate(&response, request); break;
    default: return false;
    }
    return fake_answer(fd, &response);
}

static inline void fake_token_script(struct fake_signer *signer)
{
    struct fake_request *read = malloc(sizeof *read);
    int fd;
    while ((fd = fake_accept(signer)) >= 0) {
        while (fake_read(signer, fd, read) && fake_token_answer(fd, &read->request))
            ;
        close(fd);
    }
    free(read);
}

/* Keys "ca" (P-256, with a chain of two), "ed" (Ed25519) and "rsa" (RSA-2048); the settings are this text. */
static inline void fake_token_start(const char *settings)
{
    memset(&fake_seen, 0, sizeof fake_seen);
    memset(fake_keys, 0, sizeof fake_keys);
    fake_seen.state = STATE_OPEN;
    static char chain[sizeof sample_certificate + sizeof sample_root];
    snprintf(chain, sizeof chain, "%s%s", sample_certificate, sample_root);
    fake_set_key(0, "ca", sample_p256, sizeof sample_p256, chain);
    fake_set_key(1, "ed", sample_ed25519, sizeof sample_ed25519, NULL);
    fake_set_key(2, "rsa", sample_rsa, sizeof sample_rsa, NULL);
    fake_start(&fake, fake_token_script);
    setenv("SIGNER_SOCKET", fake.path, 1);
    fake_check(unit_make_directory() && unit_write(unit_path("conf"), settings, strlen(settings), 0600), "settings");
    setenv("SIGNER_PKCS11_CONF", unit_path("conf"), 1);
    CK_INTERFACE *interface;
    fake_check(C_GetInterface(NULL, NULL, &interface, 0) == CKR_OK, "the module");
    p11 = (CK_FUNCTION_LIST_3_0 *)(uintptr_t)interface->pFunctionList;
}

/* The same, initialized and with a session. */
static inline void fake_token_open(const char *settings)
{
    fake_token_start(settings);
    fake_check(p11->C_Initialize(NULL) == CKR_OK, "the module");
    fake_check(p11->C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &fake_session) == CKR_OK,
               "the module");
}

static inline void fake_token_close(void)
{
    (void)p11->C_Finalize(NULL);
    fake_stop(&fake);
    unit_remove_directory();
}

/* How many objects a search finds; the first ones in `found`. */
static inline CK_ULONG fake_find(CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *found, CK_ULONG most)
{
    CK_ULONG number = 0;
    fake_check(p11->C_FindObjectsInit(fake_session, template, count) == CKR_OK, "the module");
    fake_check(p11->C_FindObjects(fake_session, found, most, &number) == CKR_OK, "the module");
    fake_check(p11->C_FindObjectsFinal(fake_session) == CKR_OK, "the module");
    return number;
}

/* The object of a class with a label; 0: there is not exactly one. */
static inline CK_OBJECT_HANDLE fake_object(CK_OBJECT_CLASS class, const char *label)
{
    CK_OBJECT_HANDLE found[2] = { 0 };
    CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof class },
                                { CKA_LABEL, (void *)(uintptr_t)label, strlen(label) } };
    return fake_find(template, 2, found, 2) == 1 ? found[0] : 0;
}

#endif
