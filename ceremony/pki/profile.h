/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a reviewed plan that describes what a CA key signs. Strings are borrowed from the plan's text. */
#ifndef CEREMONY_PKI_PROFILE_H
#define CEREMONY_PKI_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "keystore/key/key_id.h"

enum { PLAN_EXTENSIONS_MAX = 16 };

enum plan_result { PLAN_CERTIFICATE, PLAN_REQUEST };

struct plan_extension {
    const char *name, *value; /* as in OpenSSL's x509v3_config(5) */
};

struct plan_key {
    struct key_id id;
    const char *algorithm; /* NULL: the default, or any for an imported key */
    const char *subject;   /* "CN=Example Root, O=Example" */
    unsigned days;         /* validity; of a CRL: until the next one */
    enum plan_result result;
    bool imported; /* not generated: the site file says where it is */
    size_t extension_count;
    struct plan_extension extensions[PLAN_EXTENSIONS_MAX];
};

struct plan_revoked {
    const char *serial, *when; /* hex; 2026-11-21T10:00:00Z */
};

struct revocations { /* the content of a CRL */
    unsigned number;
    size_t count;
    const struct plan_revoked *list;
};

#endif
