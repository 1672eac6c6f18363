/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a reviewed plan that describes what a CA key signs. Strings are borrowed from the plan's text. */
#ifndef CEREMONY_PKI_PROFILE_H
#define CEREMONY_PKI_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
    const char *serial, *when, *reason; /* hex; 2026-11-21T10:00:00Z; as in RFC 5280, "keyCompromise", or NULL */
};

/* A serial that the previous CRL has and the next one has not, and why. */
struct plan_dropped {
    const char *serial, *reason;
};

/* A rule of lint.h that may be broken this time, and why. */
struct plan_override {
    const char *rule, *reason;
};

struct revocations { /* the content of a CRL */
    uint64_t number;
    size_t count;
    const struct plan_revoked *list; /* added to those of the previous CRL */
    size_t dropped_count;
    const struct plan_dropped *dropped;
    const uint8_t *previous; /* the previous CRL, PEM or DER; NULL: there is none */
    size_t previous_length;
    bool other_issuer;    /* in a rehearsal: the previous CRL is not of the key that signs */
    uint64_t last_number; /* of the last CRL that is known to have been committed; 0: none */
};

#endif
