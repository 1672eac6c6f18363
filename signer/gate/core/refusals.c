/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/refusals.h"

#include <inttypes.h>

#include "signer/process/log.h"

static const uint64_t line_every_ns = 1000000000;

void refusals_note(struct refusals *refusals, uint64_t now_ns, uid_t uid, const char *reason, const char *what)
{
    refusals->total++;
    if (refusals->said > 0 && now_ns - refusals->line_ns < line_every_ns)
        return;
    if (refusals->total - refusals->said > 1)
        log_warning("refused uid %u: %s: %s (and %" PRIu64 " more since the last such line)", uid, reason, what,
                    refusals->total - refusals->said - 1);
    else
        log_warning("refused uid %u: %s: %s", uid, reason, what);
    refusals->said = refusals->total;
    refusals->line_ns = now_ns;
}
