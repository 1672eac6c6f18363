/* SPDX-License-Identifier: Apache-2.0 */
/* The module's settings: a file, then the environment, which comes last and wins. signer-pkcs11(7) has them. */
#ifndef CLIENT_PKCS11_CONFIG_H
#define CLIENT_PKCS11_CONFIG_H

#include <stdbool.h>

#include "client/pkcs11/patterns.h"
#include "client/signer.h"

#define CONFIG_USUAL "/etc/signer/pkcs11.conf"

enum { CONFIG_TEXT_MAX = 16384, CONFIG_PROBLEM_MAX = 600 };

struct config {
    struct signer_options options; /* points into `text` */
    struct patterns keys;
    bool generates; /* C_GenerateKeyPair makes keys */
    char text[CONFIG_TEXT_MAX];
};

/* Reads $SIGNER_PKCS11_CONF, else `usual`, which need not exist, and $SIGNER_PKCS11_KEYS. The other variables are
 * libsigner's. False: something is refused, and `problem` names the file and the line, or the variable. */
bool config_read(struct config *config, const char *usual, char problem[static CONFIG_PROBLEM_MAX])
    __attribute__((warn_unused_result));

#endif
