/* SPDX-License-Identifier: Apache-2.0 */
/* What a client is to do: the caller's options, completed from the environment and by the defaults. */
#ifndef CLIENT_SETTINGS_H
#define CLIENT_SETTINGS_H

#include "client/target.h"

struct settings {
    struct target target;
    uint32_t timeout_ms, spin_us;
};

/* `options` may be NULL. INVALID_ARGUMENT: a value is refused, and the message names the setting. */
enum signer_status settings_read(struct settings *settings, const struct signer_options *options,
                                 struct signer_error *error) __attribute__((warn_unused_result));

#endif
