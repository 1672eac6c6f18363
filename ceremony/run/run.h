/* A guided ceremony: what the steps of `run` share. */
#ifndef CEREMONY_RUN_RUN_H
#define CEREMONY_RUN_RUN_H

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
    char keystore[256], out[256]; /* of the site; beside them in a rehearsal */
    char witnesses[2][64];
    char bags[QUORUM_SHARES_MAX][40]; /* serial numbers, in the order of the set's holders; "" for none */
    struct session session;
    struct run_state state;
};

/* One for each kind of plan; each gives the exit code. */
int run_new(struct run *run);
int run_issue(struct run *run);
int run_rekey(struct run *run);

/* -- run_people.c: what people are asked and shown -- */

/* Shows the plan's hash, has it confirmed, and two people say what time it is. */
bool run_people_begin(struct run *run) __attribute__((warn_unused_result));
/* Asks until the answer is `word`; false when people stop. */
bool run_people_confirm(const char *question, const char *word) __attribute__((warn_unused_result));
/* Asks for the serial number of each custodian's bag. */
bool run_people_bags(struct run *run, const struct share_set *set) __attribute__((warn_unused_result));
/* Shows or prints the card of each holder, alone. */
bool run_people_deliver(const struct run *run, const struct split *split) __attribute__((warn_unused_result));

/* -- run_place.c: is this a place for a ceremony -- */

/* No swap on a disk, shares on tmpfs alone; a rehearsal may do without. False: refused, which was said. */
bool run_place_is_safe(const struct run *run) __attribute__((warn_unused_result));

/* -- run_kek.c: the KEK of a ceremony -- */

/* Draws one, with the entropy that people add where the site wants it. In the arena; NULL: stopped. */
struct kek *run_kek_draw(const struct run *run) __attribute__((warn_unused_result));
/* Splits it, files the record as PENDING, delivers the cards, has all of them typed, and joins a quorum.
 * `again` is that KEK, the caller's to free. */
bool run_kek_share(struct run *run, const struct kek *kek, struct kek **again) __attribute__((warn_unused_result));
/* The rest of it, for a set that was delivered before. */
bool run_kek_verify(struct run *run, struct kek **again) __attribute__((warn_unused_result));

/* -- run_commit.c: what leaves -- */

/* Makes the site's `out` for the keystore's owner, before we become that; refuses one of somebody else. */
bool run_commit_prepare(const struct run *run, uid_t owner, gid_t group) __attribute__((warn_unused_result));
/* Refuses a name that is taken there, before anybody has typed. */
bool run_commit_is_free(const struct run *run, const char *name) __attribute__((warn_unused_result));
/* Writes a public file into the site's `out`, with the rehearsal's mark in its name, and notes its hash. */
bool run_commit_write(const struct run *run, const char *name, const void *bytes, size_t length,
                      struct transcript *entry) __attribute__((warn_unused_result));
/* Writes an archive of the keystore there, which the KEK vouches for; NULL: nobody does. */
bool run_commit_archive(const struct run *run, const struct kek *kek) __attribute__((warn_unused_result));
/* Begins the ceremony's entry in the transcript: plan, witnesses, and the set with its bags where one was made. */
bool run_commit_begin(const struct run *run, struct transcript *entry) __attribute__((warn_unused_result));
/* A signature by each key of the keystore through a private signer, verified; the keys' names are noted. */
bool run_commit_prove(const struct run *run, struct private_signer *signer, struct transcript *entry)
    __attribute__((warn_unused_result));

#endif
