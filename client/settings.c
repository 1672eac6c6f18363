/* SPDX-License-Identifier: Apache-2.0 */
#include "client/settings.h"

#include <stdlib.h>
#include <string.h>

#include "client/error.h"

enum { TIMEOUT_MS = 30000, TIMEOUT_MAX_MS = 24 * 3600 * 1000, DIGITS_MAX = 10 };

#define UID_MAX_GIVEN (UINT32_MAX - 1) /* the last number is "no user" everywhere */

static const char *environment(const char *name)
{
    const char *text = secure_getenv(name);
    return text && *text ? text : NULL;
}

/* -- settings in text -- */

/* Decimal digits without a leading zero: each number has one spelling. */
static bool parse_number(const char *text, uint64_t least, uint64_t most, uint32_t *number)
{
    uint64_t value = 0;
    size_t length = strlen(text);
    if (length == 0 || length > DIGITS_MAX || strspn(text, "0123456789") != length || (length > 1 && text[0] == '0'))
        return false;
    for (size_t i = 0; i < length; i++)
        value = 10 * value + (uint64_t)(text[i] - '0');
    if (value < least || value > most)
        return false;
    *number = (uint32_t)value;
    return true;
}

static enum signer_status set_timeout(struct signer_options *options, const char *setting, const char *text,
                                      struct signer_error *error)
{
    if (parse_number(text, 1, TIMEOUT_MAX_MS, &options->timeout_ms))
        return SIGNER_OK;
    return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_ARGUMENT,
                     "%s is \"%.40s\": it must be a whole number of milliseconds from 1 to %d, in plain digits",
                     setting, text, TIMEOUT_MAX_MS);
}

static enum signer_status set_uid(struct signer_options *options, const char *setting, const char *text,
                                  struct signer_error *error)
{
    options->expects_uid = parse_number(text, 0, UID_MAX_GIVEN, &options->expect_uid);
    if (options->expects_uid)
        return SIGNER_OK;
    return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_ARGUMENT,
                     "%s is \"%.40s\": it must be the number of the user that the signer runs as, in plain digits",
                     setting, text);
}

static enum signer_status set_socket(struct signer_options *options, const char *setting, const char *text,
                                     struct signer_error *error)
{
    struct target target;
    options->socket = text;
    return target_parse(&target, setting, text, error);
}

enum signer_status signer_set_option(struct signer_options *options, const char *name, const char *text,
                                     struct signer_error *error)
{
    if (!options || !name || !text)
        return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_ARGUMENT,
                         "the pointer to the options, the name or the text is NULL");
    if (strcmp(name, "signer_socket") == 0)
        return set_socket(options, name, text, error);
    if (strcmp(name, "timeout") == 0)
        return set_timeout(options, name, text, error);
    if (strcmp(name, "expect_uid") == 0)
        return set_uid(options, name, text, error);
    return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_ARGUMENT,
                     "there is no option \"%.40s\": there are signer_socket, timeout and expect_uid", name);
}

/* -- completing -- */

/* Takes what the environment has, unless the caller's options have it and come first. */
static enum signer_status add_environment(struct signer_options *options, struct signer_error *error)
{
    bool first = options->environment_first;
    const char *timeout = environment("SIGNER_TIMEOUT"), *uid = environment("SIGNER_EXPECT_UID");
    enum signer_status status = SIGNER_OK;
    if (timeout && (first || options->timeout_ms == 0))
        status = set_timeout(options, "SIGNER_TIMEOUT", timeout, error);
    if (status == SIGNER_OK && uid && (first || !options->expects_uid))
        status = set_uid(options, "SIGNER_EXPECT_UID", uid, error);
    return status;
}

static enum signer_status read_target(struct target *target, const struct signer_options *options,
                                      struct signer_error *error)
{
    const char *named = target_environment();
    if (named && (options->environment_first || !options->socket))
        return target_parse(target, "SIGNER_SOCKET", named, error);
    return target_parse(target, "the socket", options->socket ? options->socket : TARGET_USUAL, error);
}

enum signer_status settings_read(struct settings *settings, const struct signer_options *options,
                                 struct signer_error *error)
{
    struct signer_options all = options ? *options : (struct signer_options){ 0 };
    *settings = (struct settings){ 0 };
    enum signer_status status = add_environment(&all, error);
    if (status == SIGNER_OK)
        status = read_target(&settings->target, &all, error);
    settings->target.server = (struct connection_server){ .given = all.expects_uid, .uid = all.expect_uid };
    settings->timeout_ms = all.timeout_ms ? all.timeout_ms : TIMEOUT_MS;
    settings->spin_us = all.spin_us;
    return status;
}
