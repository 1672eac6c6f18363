/* SPDX-License-Identifier: Apache-2.0 */
/* The throw-away CA that a rehearsal of `issue` or `rekey` works on: the real one is touched by no rehearsal. */
#include <stdio.h>
#include <string.h>

#include "ceremony/run/run.h"
#include "ceremony/tool/tool.h"

enum { CUSTODIANS = 2, DAYS = 36525 /* longer than any plan */ };

static const char *const custodians[CUSTODIANS] = { "rehearsal custodian 1", "rehearsal custodian 2" };

/* Another plan than the one that is rehearsed, for a CA with the key that it names. */
static bool derive(const struct plan *of, struct plan *out)
{
    *out = (struct plan){ .kind = PLAN_NEW, .ceremony = of->ceremony, .key_count = 1 };
    memcpy(out->sha256, of->sha256, sizeof out->sha256);
    struct plan_key *key = &out->keys[0];
    key->subject = "OU=REHEARSAL - NOT A CA, CN=Throw-away CA of a rehearsal";
    key->days = DAYS;
    if (of->key_count > 0)
        key->id = of->keys[0].id;
    else if (!key_id_from_text("rehearsal-ca", &key->id))
        return false;
    out->split.label_count = CUSTODIANS;
    memcpy(out->split.labels, custodians, sizeof custodians);
    return split_settle(&out->split, CUSTODIANS, CUSTODIANS) == NULL;
}

/* What an earlier rehearsal made is used again; what it left unfinished is gone on with. */
static bool is_there(const struct run *run)
{
    struct directory directory;
    struct run_state state = { .step = RUN_PENDING };
    if (directory_open(run->keystore, &directory) != FAULT_NONE)
        return false;
    enum fault fault = run_state_read(&directory, &state);
    directory_close(&directory);
    return !fault && (state.step == RUN_NONE || state.step == RUN_COMMITTED);
}

bool run_throwaway_make(struct run *run)
{
    static struct plan derived;
    const struct plan plan = run->plan;
    const struct run_state state = run->state;
    if (is_there(run))
        return true;
    if (!derive(&plan, &derived))
        return false;
    fprintf(stderr, "the rehearsal needs a CA: a throw-away one is made first in %s, with %d cards\n", run->keystore,
            CUSTODIANS);
    run->plan = derived;
    bool ok = run_new(run) == EXIT_DONE;
    run->plan = plan;
    run->state = state;
    memset(run->bags, 0, sizeof run->bags);
    session_close(&run->session);
    if (ok)
        fputs("the throw-away CA is there; now what is rehearsed\n", stderr);
    return ok;
}
