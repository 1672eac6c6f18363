/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/import_inputs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "ceremony/pki/chain_input.h"
#include "ceremony/pki/ec_form.h"
#include "ceremony/pki/key_input.h"
#include "ceremony/pki/weak_key.h"
#include "ceremony/tool/passphrase.h"
#include "ceremony/tool/terminal.h"
#include "ceremony/tool/tool.h"
#include "keystore/files/directory.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "pki/pem_chain.h"

enum { INPUT_MAX = 64 * 1024, NAME_SIZE = 200 };

/* Reads an input file into the arena. Any owner and mode will do, as it is not a keystore file. */
static uint8_t *read_input(const char *path, size_t *length)
{
    uint8_t *content = arena_alloc(INPUT_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = content && fd >= 0 ? io_read_to_end(fd, content, INPUT_MAX) : -1;
    bool ok = n >= 0 && n < INPUT_MAX;
    if (!ok)
        command_fail("%s: %s", path, n < 0 ? strerror(errno) : "larger than 64 KiB");
    *length = ok ? (size_t)n : 0;
    if (fd >= 0)
        close(fd);
    if (ok)
        return content;
    arena_free(content);
    return NULL;
}

__attribute__((format(printf, 2, 3))) static void tell(const char *path, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    fprintf(stderr, "signer-ceremony: %s: ", path);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    va_end(values);
}

/* -- the key -- */

static int ask(char *out, int size, void *context)
{
    const char *source = context; /* NULL: the terminal */
    return passphrase_read(source, "Passphrase of the key to import: ", out, size);
}

static bool has_no_weakness(const struct import_inputs_files *files, const EVP_PKEY *key, struct import_inputs *out)
{
    unsigned found = weak_key_find(key), refused = found & ~files->weak_allowed;
    for (enum weakness i = 0; i < WEAK_KEY_COUNT; i++)
        if (refused & 1u << i) {
            command_fail("KEY_WEAK: %s: %s: %s; nothing was imported: generate another key%s%s%s", files->key,
                         weak_key_name(i), weak_key_sentence(i),
                         weak_key_may_be_allowed(i) ? ", or have it all the same with import --allow-weak " : "",
                         weak_key_may_be_allowed(i) ? weak_key_name(i) : "",
                         weak_key_may_be_allowed(i) ? ", which the transcript will tell" : "");
            return false;
        } else if (found & 1u << i)
            tell(files->key, "warning: %s; it is allowed by --allow-weak %s", weak_key_sentence(i), weak_key_name(i));
    out->weak = found;
    return true;
}

/* The kind comes first, and weakness before what it makes inconsistent. */
static bool take_key(const struct import_inputs_files *files, EVP_PKEY **key, struct import_inputs *out)
{
    enum algorithm algorithm;
    const char *changed = NULL, *wrong = private_key_is_served(*key, &algorithm);
    if (!wrong && !has_no_weakness(files, *key, out))
        return false;
    if (!wrong && !ec_form_normalise(key, &changed))
        wrong = "an EC key that cannot be brought into the form of its named curve";
    if (!wrong)
        wrong = private_key_take(*key, out->key);
    if (wrong)
        command_fail("%s: %s; nothing was imported", files->key, wrong);
    else if (changed)
        tell(files->key, "notice: %s", changed);
    return !wrong;
}

static bool read_key(const struct import_inputs_files *files, struct key_input *input, struct import_inputs *out)
{
    size_t length;
    uint8_t *content = read_input(files->key, &length);
    if (!content)
        return false;
    const char *wrong = key_input_read(content, length, ask, (void *)files->passphrase, input);
    arena_free(content); /* freeing wipes */
    if (!wrong)
        return take_key(files, &input->key, out);
    if (!terminal_was_stopped())
        command_fail("%s: %s; nothing was imported", files->key, wrong);
    return false;
}

/* -- certificates -- */

static bool refuse_other(const struct import_inputs_files *files, const char *path, const STACK_OF(X509) * certificates)
{
    char name[NAME_SIZE] = "";
    (void)X509_NAME_oneline(X509_get_subject_name(sk_X509_value(certificates, 0)), name, sizeof name);
    command_fail("CERTIFICATE_OTHER_KEY: %s: no certificate in it is of the key in %s; the first one is of %s; nothing "
                 "was imported",
                 path, files->key, name);
    return false;
}

static bool write_chain(const char *path, const STACK_OF(X509) * chain, struct import_inputs *out)
{
    out->pem = arena_alloc(DIRECTORY_CERTIFICATE_MAX);
    out->pem_length = out->pem ? chain_input_write(chain, out->pem, DIRECTORY_CERTIFICATE_MAX) : 0;
    enum pem_chain_verdict verdict = pem_chain_screen(out->pem, out->pem_length);
    if (out->pem_length == 0)
        command_fail("%s: its certificates are too large; nothing was imported", path);
    else if (verdict == PEM_CHAIN_TOO_LONG)
        command_fail("%s: its chain has more than %d certificates; nothing was imported", path, PEM_CHAIN_MAX);
    else if (verdict == PEM_CHAIN_EXPLICIT)
        command_fail("%s: a certificate of its chain has a key on a curve that is given by parameters, which relying "
                     "parties refuse; nothing was imported: import the key without it, and have it issued again",
                     path);
    else if (verdict != PEM_CHAIN_HAS_KEY)
        command_fail("%s: a certificate in it is damaged; nothing was imported", path);
    else
        return true;
    return false;
}

static bool take_chain(const struct import_inputs_files *files, const char *path, const STACK_OF(X509) * certificates,
                       struct import_inputs *out)
{
    struct chain_order order;
    if (!chain_input_order(certificates, out->key->spki, out->key->spki_length, &order)) {
        command_fail("%s: there is too little memory to order its certificates", path);
        return false;
    }
    if (!order.chain)
        return refuse_other(files, path, certificates);
    bool ok = write_chain(path, order.chain, out);
    if (ok && order.moved)
        tell(path,
             "notice: the key's own certificate was not the first, or an issuer stood before what it has issued: "
             "the chain was put in order");
    if (ok && order.left_out > 0)
        tell(path, "notice: left out what is not of this key's chain: %d certificate%s", order.left_out,
             order.left_out == 1 ? "" : "s");
    sk_X509_free(order.chain);
    return ok;
}

static bool read_certificates(const struct import_inputs_files *files, struct import_inputs *out)
{
    size_t length;
    STACK_OF(X509) *certificates = NULL;
    uint8_t *content = read_input(files->certificate, &length);
    if (!content)
        return false;
    const char *wrong = chain_input_read(content, length, &certificates);
    arena_free(content);
    if (wrong)
        command_fail("CERTIFICATE_INVALID: %s: %s; nothing was imported", files->certificate, wrong);
    bool ok = !wrong && take_chain(files, files->certificate, certificates, out);
    sk_X509_pop_free(certificates, X509_free);
    return ok;
}

/* -- both -- */

bool import_inputs_read(const struct import_inputs_files *files, struct import_inputs *out)
{
    struct key_input input = { 0 };
    *out = (struct import_inputs){ .key = arena_alloc(sizeof *out->key) };
    bool ok = out->key && read_key(files, &input, out);
    if (ok && files->certificate)
        ok = read_certificates(files, out);
    else if (ok && sk_X509_num(input.chain) > 0)
        ok = take_chain(files, files->key, input.chain, out);
    key_input_free(&input);
    secret_wipe_stack();
    return ok;
}

void import_inputs_free(struct import_inputs *inputs)
{
    arena_free(inputs->key);
    arena_free(inputs->pem);
    *inputs = (struct import_inputs){ 0 };
}
