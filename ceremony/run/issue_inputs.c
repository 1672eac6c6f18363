/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/run/issue_inputs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/session/transcript_last.h"
#include "ceremony/tool/tool.h"

enum { REQUEST_MAX_SIZE = 64 * 1024, CRL_MAX_SIZE = 16 * 1024 * 1024 };

/* A file of the site that the plan names by its hash. The caller frees; NULL: refused, and the reason was printed. */
static char *read_named(const char *what, const char *path, const char *sha256, size_t most, size_t *length)
{
    char hash[SHA256_TEXT], *bytes = path ? calloc(1, most + 1) : NULL;
    if (!path) {
        command_fail("the site file does not name what the plan needs: a line %s FILE", what);
        return NULL;
    }
    enum fault fault = bytes ? tool_read_source(path, (uint8_t *)bytes, most, length) : FAULT_MEMORY;
    if (fault)
        tool_refuse(fault, path);
    else
        sha256_text(bytes, *length, hash);
    if (!fault && strcmp(hash, sha256) == 0)
        return bytes;
    if (!fault)
        command_fail("%s: its SHA-256 is %s, and the plan names %s: this is another %s", path, hash, sha256, what);
    free(bytes);
    return NULL;
}

/* The plan's own lines come first. */
static bool read_revoked(const struct run *run, struct issue_inputs *out)
{
    const struct plan *plan = &run->plan;
    size_t length, size = plan->revoked.count * sizeof *plan->revoked.list;
    if (size > 0) {
        out->revoked.list = malloc(size);
        if (!out->revoked.list)
            return tool_refuse(FAULT_MEMORY, "the revocations") == EXIT_DONE;
        memcpy(out->revoked.list, plan->revoked.list, size);
        out->revoked.count = plan->revoked.count;
    }
    if (!plan->revoked_list_sha256)
        return true;
    out->list_text = read_named("revoked-list", run->site.revoked_list, plan->revoked_list_sha256, CRL_MAX_SIZE,
                                &length);
    return out->list_text && revoked_list_parse(&out->revoked, run->site.revoked_list, out->list_text);
}

static uint64_t last_number(const struct run *run)
{
    char begin[KEY_ID_SIZE + 16], rest[160];
    uint64_t number = 0;
    snprintf(begin, sizeof begin, "crl %s number ", run->plan.keys[0].id.text);
    if (transcript_last_line(&run->session.directory, begin, rest, sizeof rest))
        number = strtoull(rest, NULL, 10);
    return number;
}

static bool read_crl(const struct run *run, struct issue_inputs *out)
{
    const struct plan *plan = &run->plan;
    size_t length = 0;
    if (!read_revoked(run, out))
        return false;
    if (strcmp(plan->previous_crl_sha256, "none") != 0) {
        out->previous = read_named("previous-crl", run->site.previous_crl, plan->previous_crl_sha256, CRL_MAX_SIZE,
                                   &length);
        if (!out->previous)
            return false;
    }
    out->crl = (struct revocations){
        .number = plan->crl_number,
        .count = out->revoked.count,
        .list = out->revoked.list,
        .dropped_count = plan->dropped_count,
        .dropped = plan->dropped,
        .previous = (const uint8_t *)out->previous,
        .previous_length = length,
        .other_issuer = run->rehearsal,
        .last_number = last_number(run),
    };
    return true;
}

bool issue_inputs_read(const struct run *run, struct issue_inputs *out)
{
    size_t length;
    *out = (struct issue_inputs){ .request = NULL };
    if (!run->plan.request_sha256)
        return read_crl(run, out);
    out->request = read_named("request", run->site.request, run->plan.request_sha256, REQUEST_MAX_SIZE, &length);
    return out->request != NULL;
}

void issue_inputs_free(struct issue_inputs *inputs)
{
    free(inputs->request);
    free(inputs->previous);
    free(inputs->list_text);
    revoked_list_free(&inputs->revoked);
    *inputs = (struct issue_inputs){ .request = NULL };
}
