/* SPDX-License-Identifier: Apache-2.0 */
/* A guided ceremony: what the files of `run` share. A function that returns false or NULL has printed the reason. */
#ifndef CEREMONY_RUN_RUN_H
#define CEREMONY_RUN_RUN_H

#include "ceremony/pki/lint.h"
#include "ceremony/run/plan.h"
#include "ceremony/run/run_state.h"
#include "ceremony/run/site.h"
#include "ceremony/session/fresh_kek.h"
#include "ceremony/session/session.h"
#include "ceremony/signers/private_signer.h"

struct run {
    struct plan plan;
    struct site site;
    bool rehearsal;
    char keystore[256], out[256]; /* the site's paths; in a rehearsal with ".rehearsal" appended */
    char witnesses[2][SHARE_LABEL_SIZE];
    char bags[QUORUM_SHARES_MAX][40]; /* the bags' serial numbers, in the order of the set's holders; "" for none */
    int print;                        /* descriptor of the site's directory for cards; -1: there is none */
    dev_t print_device;               /* the site's printer device; 0: there is none */
    struct session session;
    struct run_state state;
    struct lint lint; /* what was found in the last thing that was to be signed */
};

/* One for each kind of plan; returns the exit code. */
int run_new(struct run *run);
int run_issue(struct run *run);
int run_rekey(struct run *run);

/* -- run_clock.c -- */

/* Warns of a clock that does not fit the keystore, if there is one. */
void run_clock_warn(const struct run *run);

/* -- run_throwaway.c -- */

/* Makes the throw-away CA of a rehearsal, as a first ceremony, where there is none yet. */
bool run_throwaway_make(struct run *run) __attribute__((warn_unused_result));

/* -- run_people.c: what people are asked and shown -- */

/* Opens the terminal. */
bool run_people_can_come(void) __attribute__((warn_unused_result));
/* Looks whether the terminal holds the cards if they are shown there, shows the plan's hash for confirmation, and has
 * two witnesses confirm the clock. */
bool run_people_begin(struct run *run) __attribute__((warn_unused_result));
/* Asks for a line. False: somebody stopped, by `stop` or two Ctrl-C, which was printed. */
bool run_people_ask(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4), warn_unused_result));
/* Asks until the answer is `word`; false as run_people_ask. */
bool run_people_confirm(const char *question, const char *word) __attribute__((warn_unused_result));
/* What is to become of an interrupted ceremony whose shares were delivered: "resume" or "void"; false: stopped. */
bool run_people_choose(char *answer, size_t size) __attribute__((warn_unused_result));
/* Asks for the serial number of each custodian's bag. */
bool run_people_bags(struct run *run, const struct share_set *set) __attribute__((warn_unused_result));
/* Shows or prints the cards one at a time, each for its custodian only. */
bool run_people_deliver(const struct run *run, const struct split *split) __attribute__((warn_unused_result));

/* -- run_place.c: whether this machine is fit for a ceremony -- */

/* Requires that no swap is on a disk, and that cards are printed only to a character device or a tmpfs, which it opens
 * for good; names what earlier runs left there. A rehearsal may have swap, and may print to any directory that is
 * writable. */
bool run_place_is_safe(struct run *run) __attribute__((warn_unused_result));

/* Whether what the site file names is there or can be made: out, the keystore, its user, what is imported. Looked at
 * before anybody is asked anything. */
bool run_place_has_room(const struct run *run) __attribute__((warn_unused_result));

/* Refuses an `out` inside the keystore, which results must survive; neither needs to exist. */
bool run_place_is_apart(const struct run *run) __attribute__((warn_unused_result));

/* -- run_kek.c: the KEK of a ceremony -- */

/* Makes a random KEK, mixed with dice throws if the site asks for it. In the arena, the caller frees; NULL: stopped. */
struct kek *run_kek_draw(const struct run *run) __attribute__((warn_unused_result));
/* Splits the KEK, files the set record, delivers the cards, and continues as run_kek_verify. */
bool run_kek_share(struct run *run, const struct kek *kek, struct kek **again) __attribute__((warn_unused_result));
/* Has every custodian of the delivered set type their share, and joins a quorum: *again is that KEK, which the caller
 * frees. Also used to resume after the delivery. */
bool run_kek_verify(struct run *run, struct kek **again) __attribute__((warn_unused_result));

/* -- run_commit.c: the results -- */

/* Makes the site's `out` directory for the keystore's owner, while still root; refuses one that belongs to another. */
bool run_commit_prepare(const struct run *run, uid_t owner, gid_t group) __attribute__((warn_unused_result));
/* Refuses a result's name that exists in `out`; called before anybody types a share. */
bool run_commit_is_free(const struct run *run, const char *name) __attribute__((warn_unused_result));
/* Writes a public file to `out`, in a rehearsal with REHEARSAL- before its name, and adds its hash to the entry. */
bool run_commit_write(const struct run *run, const char *name, const void *bytes, size_t length,
                      struct transcript *entry) __attribute__((warn_unused_result));
/* Writes an archive of the keystore to `out`, with a MAC under `kek`; NULL: without a MAC. */
bool run_commit_archive(const struct run *run, const struct kek *kek) __attribute__((warn_unused_result));
/* Whether that is possible where the keystore exists already; called before anybody types a share. */
bool run_commit_can_archive(const struct run *run) __attribute__((warn_unused_result));
/* Begins the ceremony's transcript entry: plan, witnesses, and the share set with its bags if one was delivered. */
bool run_commit_begin(const struct run *run, struct transcript *entry) __attribute__((warn_unused_result));
/* What was found in run->lint and is overridden by the plan: shown to people before they commit, and in the entry. */
void run_commit_say_overrides(const struct run *run);
void run_commit_add_overrides(const struct run *run, struct transcript *entry);
/* Has each key of the keystore sign a challenge through the private signer, verifies it, and adds it to the entry. */
bool run_commit_prove(const struct run *run, struct private_signer *signer, struct transcript *entry)
    __attribute__((warn_unused_result));

#endif
