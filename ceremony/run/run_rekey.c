/* SPDX-License-Identifier: Apache-2.0 */
/* A ceremony of kind rekey: puts the keystore under a new KEK, for example because a custodian leaves. */
#include <stdio.h>
#include <string.h>

#include "ceremony/rekey/rekey.h"
#include "ceremony/rekey/rekey_status.h"
#include "ceremony/run/run.h"
#include "ceremony/tool/tool.h"
#include "keystore/memory/arena.h"

static bool commit(struct run *run, const struct kek *old_kek, struct kek *new_kek)
{
    struct transcript entry;
    if (!run_people_confirm("all shares are verified; put every key under the new KEK?", "COMMIT")
        || !rekey_wrap(&run->session, old_kek, new_kek) || !rekey_verify(&run->session, old_kek, new_kek))
        return false;
    run->session.kek = new_kek;
    run->session.origin = (struct kek_origin){ .by_shares = true, .set = run->state.set };
    bool ok = session_note_opened(&run->session) && run_commit_begin(run, &entry);
    if (ok) {
        transcript_add(&entry, "step", "verified");
        session_describe(&run->session, &entry);
        ok = session_append(&run->session, &entry);
    }
    run->session.kek = NULL;
    return ok && run_commit_archive(run, new_kek);
}

/* Records that the shares that were handed out are VOID: their KEK was wiped. */
static void make_void(struct run *run, struct kek *old_kek)
{
    struct transcript entry;
    if (run->session.header.rekey != REKEY_NONE)
        return; /* the header has the new KEK already: `rekey` resumes or aborts */
    fputs("nothing was changed; shares that were handed out are VOID: destroy them\n", stderr);
    if (!run_commit_begin(run, &entry))
        return;
    transcript_add(&entry, "outcome", "VOID: shares that were handed out are of a KEK that was forgotten");
    run->session.kek = old_kek;
    (void)!session_append(&run->session, &entry);
    run->session.kek = NULL;
}

int run_rekey(struct run *run)
{
    struct kek *again = NULL;
    if (!session_open(&run->session, run->keystore))
        return EXIT_REFUSED;
    if (run->session.header.rekey != REKEY_NONE)
        return command_fail("a rekey is under way already: rekey --status shows how to end it");
    if (!run_commit_prepare(run, run->session.directory.owner, run->session.directory.group)
        || !run_commit_can_archive(run))
        return EXIT_REFUSED;
    fputs("the custodians of the current KEK open the keystore\n", stderr);
    if (!session_read_kek(&run->session, "shares", NULL, 0) || !session_become_owner(&run->session)
        || !session_note_opened(&run->session))
        return EXIT_REFUSED;
    struct kek *old_kek = run->session.kek, *new_kek = run_kek_draw(run);
    run->session.kek = NULL;
    bool ok = new_kek && run_kek_share(run, new_kek, &again) && commit(run, old_kek, again);
    if (ok)
        rekey_status_print(&run->session, false);
    else
        make_void(run, old_kek);
    arena_free(old_kek);
    arena_free(new_kek);
    arena_free(again);
    return ok ? EXIT_DONE : EXIT_REFUSED;
}
