/* What a CA key is to sign, as a reviewed plan says it. */
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
    const char *algorithm; /* NULL: the default; of an imported key: what it must be */
    const char *subject;   /* "CN=Example Root, O=Example" */
    unsigned days;
    enum plan_result result;
    bool imported;
    size_t extension_count;
    struct plan_extension extensions[PLAN_EXTENSIONS_MAX];
};

struct plan_revoked {
    const char *serial, *when; /* hex; 2026-11-21T10:00:00Z */
};

struct revocations { /* what a CRL says */
    unsigned number;
    size_t count;
    const struct plan_revoked *list;
};

#endif
