/* SPDX-License-Identifier: Apache-2.0 */
/* The KEK of a ceremony: making it, splitting it, and joining it again from the custodians' shares. */
#include <stdlib.h>
#include <string.h>

#include "ceremony/run/run.h"
#include "ceremony/tool/aftermath.h"
#include "ceremony/tool/terminal.h"
#include "ceremony/tool/tool.h"
#include "keystore/format/bytes.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"

/* -- making it -- */

enum { ENTROPY_MAX = 512, THROWS_MIN = 20 };

struct mixing { /* in the arena */
    uint8_t computer[KEK_SIZE];
    char typed[ENTROPY_MAX];
    uint8_t input[16 + KEK_SIZE + SHA256_SIZE], raw[KEK_SIZE];
};

#define MIXING_CONTEXT "signer mixed kek" /* 16 bytes */

/* Only in a rehearsal, whose KEK is thrown away, so that witnesses can recompute it. Wipes the stack even so. */
static void show_parts(const struct mixing *mixing)
{
    char computer[2 * KEK_SIZE + 1], kek[2 * KEK_SIZE + 1];
    bytes_to_hex(mixing->computer, KEK_SIZE, computer);
    bytes_to_hex(mixing->raw, KEK_SIZE, kek);
    terminal_print("REHEARSAL: the computer's part was %s, the KEK is %s", computer, kek);
    secret_wipe(computer, sizeof computer);
    secret_wipe(kek, sizeof kek);
}

/* Commitment: the computer's part is fixed by its hash before the dice line is typed, and is not shown to the person
 * who types. Neither side can choose the KEK. */
static bool mix(const struct run *run, struct mixing *mixing)
{
    char hex[SHA256_TEXT];
    sha256_text(mixing->computer, KEK_SIZE, hex);
    terminal_print("the computer's part is drawn; its SHA-256 is %s", hex);
    terminal_print("KEK = SHA-256(\"" MIXING_CONTEXT "\" || computer's 32 bytes || SHA-256(the line that you type))");
    if (!run_people_ask(mixing->typed, sizeof mixing->typed, "dice, 100 throws or more, as one line: ")) {
        command_fail("no KEK was made, and the computer's part is forgotten");
        return false;
    }
    if (strlen(mixing->typed) < THROWS_MIN && !run->rehearsal) {
        terminal_print("that is too little to count: %zu characters, and 100 throws are wanted; the computer draws "
                       "again",
                       strlen(mixing->typed));
        return mix(run, mixing);
    }
    memcpy(mixing->input, MIXING_CONTEXT, 16);
    memcpy(mixing->input + 16, mixing->computer, KEK_SIZE);
    sha256(mixing->typed, strlen(mixing->typed), mixing->input + 16 + KEK_SIZE);
    sha256(mixing->input, sizeof mixing->input, mixing->raw);
    if (run->rehearsal)
        show_parts(mixing);
    return true;
}

static struct kek *draw_mixed(const struct run *run)
{
    struct mixing *mixing = arena_alloc(sizeof *mixing);
    struct kek *kek = arena_alloc(sizeof *kek);
    bool ok = mixing && kek;
    if (ok) {
        secret_random(mixing->computer, KEK_SIZE);
        ok = mix(run, mixing) && kek_from_bytes(mixing->raw, kek) == FAULT_NONE;
    }
    arena_free(mixing);
    if (ok)
        return kek;
    arena_free(kek);
    return NULL;
}

struct kek *run_kek_draw(const struct run *run)
{
    return run->site.entropy ? draw_mixed(run) : kek_new();
}

/* -- shares -- */

/* Only kind new has a state to resume: the other kinds change nothing before COMMIT. */
static bool write_state(struct run *run)
{
    if (run->plan.kind != PLAN_NEW)
        return true;
    enum fault fault = run_state_write(&run->session.directory, &run->state);
    if (fault)
        tool_refuse(fault, "the ceremony's state");
    return fault == FAULT_NONE;
}

static struct share_set *delivered_set(const struct run *run)
{
    for (size_t i = 0; i < run->session.known.count; i++)
        if (run->session.known.sets[i].set == run->state.set)
            return &run->session.known.sets[i];
    return NULL;
}

/* The tray has every member's share: joins a quorum of them, as in an unsealing. */
static struct kek *recombine(const struct share_tray *tray, const struct share_set *set)
{
    struct known_sets known = { .count = 1, .sets = (struct share_set *)set };
    const struct kek_request options = { .known = &known };
    struct kek_origin origin;
    return kek_source_join(tray, &options, &origin);
}

/* For the case that the ceremony stops from here on. */
static void note_good(const struct run *run, const struct share_set *set)
{
    char id[SHARE_SET_TEXT];
    share_set_text(set->set, id);
    if (run->plan.kind == PLAN_NEW)
        aftermath_note("all %zu cards of set %s: they stay good: run it again with the same plan and type resume; burn "
                       "them if you type void",
                       set->count, id);
}

bool run_kek_verify(struct run *run, struct kek **again)
{
    struct share_tray tray;
    struct share_set *set = delivered_set(run), *copy = calloc(1, sizeof *copy);
    struct known_sets known = { .count = 1, .sets = copy };
    bool ok = set && copy && share_tray_open(&tray, &known);
    if (!ok) {
        command_fail("the record of the shares that were delivered is gone; begin again");
        free(copy);
        return false;
    }
    *copy = *set;
    for (size_t i = 0; i < copy->count; i++)
        copy->holders[i].verified = 0; /* all shares are typed in this run, so that the tray holds a quorum */
    note_good(run, copy);
    terminal_print("now every custodian types their share from the card, %zu of them", copy->count);
    ok = fresh_kek_verify_all(copy, &tray);
    *again = ok ? recombine(&tray, copy) : NULL;
    ok = *again && run_people_bags(run, copy) && session_change_set(&run->session, copy, session_set_verified, copy);
    share_tray_close(&tray);
    free(copy);
    return ok;
}

bool run_kek_share(struct run *run, const struct kek *kek, struct kek **again)
{
    static struct split split;
    if (!split_make(&run->plan.split, kek, &run->session.known, run->session.header.keystore_id, &split))
        return false;
    run->state.set = split.set.set;
    bool ok = session_file_set(&run->session, &split.set) && run_people_deliver(run, &split);
    split_free(&split);
    if (!ok)
        return false;
    run->state.delivered = true;
    return write_state(run) && run_kek_verify(run, again);
}
