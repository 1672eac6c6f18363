/* SPDX-License-Identifier: Apache-2.0 */
/* A ceremony that moves a keystore to another KEK (ceremony/rekey/rekey.c) while two signers make and destroy a key,
 * one after the other under one id. Each process may end at any point, and power may be cut: then what was not synced
 * is as it was. A signer has one of the KEKs for as long as it runs, also when the keystore has retired it.
 *
 * A key is the number under which it was made. At every instant: a KEK that opens the keystore opens the key; a key that
 * was answered as generated and that nobody asked to destroy is there; one that was answered as destroyed is not; no
 * two processes change anything at a time. -DPROGRESS, where nothing fails: the lock is free again and again.
 * run.sh has the mutations, -DWITHOUT_…, that each break one of these. */
#define OLD 1
#define NEW 2
#define KEYS 2
#define SIGNERS 2
#define TOOL SIGNERS
#define NOBODY 255

/* The header. Current KEK: OLD up to VERIFIED, then NEW; incoming: NEW from BEGUN to VERIFIED; retired: OLD from
 * FINISHING on. */
mtype = { NONE, BEGUN, WRAPPED, VERIFIED, FINISHING, DONE }
mtype header = NONE, header_on_disk = NONE;
#define OPENS(h) ((h == NONE -> OLD : (h == FINISHING || h == DONE -> NEW : OLD + NEW)))

byte file, file_on_disk;   /* the key's number; 0: none */
byte wraps, wraps_on_disk; /* KEKs that open it */
byte made;

byte lock = NOBODY;        /* byte 0 of DIR/lock */
byte changing;             /* who changes something */

/* what was answered */
byte promised, dead;

byte kek[SIGNERS];         /* 0: it does not run */

#define IS_WHOLE ((file == 0 || (wraps & OPENS(header))) && (promised == 0 || promised == file) \
                  && (file == 0 || file > dead) && changing <= 1)

#define IS_FREE (lock == NOBODY)

inline take(me)
{
    lock = me;
    changing++
}

inline release(me)
{
#ifndef WITHOUT_UNLOCK
    if :: lock == me -> lock = NOBODY :: else fi;
#endif
    changing--
}

inline sync()
{
    file_on_disk = file;
    wraps_on_disk = wraps
}

/* What one that was stopped has written and not synced may be gone after all, so nobody builds on it before a sync. */
inline settle()
{
#ifdef WITHOUT_SETTLING
    skip
#else
    sync();
    header_on_disk = header
#endif
}

/* -- signers -- */

mtype = { IDLE, MAKE, CHECK, PUT, SYNC, ANSWER, DESTROY, REMOVE, SYNC_REMOVED, ANSWER_REMOVED }
mtype at[SIGNERS] = IDLE;
byte number[SIGNERS];

#ifdef WITHOUT_LOCK
#define MAY_TAKE true
#else
#define MAY_TAKE IS_FREE
#endif
#ifdef WITHOUT_RETIRED
#define IS_RETIRED(s) false
#else
#define IS_RETIRED(s) ((kek[s] & OPENS(header)) == 0)
#endif

inline end_signer(s)
{
    if :: at[s] != IDLE && at[s] != MAKE && at[s] != DESTROY -> release(s) :: else fi;
    at[s] = IDLE; number[s] = 0; kek[s] = 0
}

proctype signer(byte s)
{
    do
    :: d_step { kek[s] == 0 ->
        settle();
        if
        :: OPENS(header) & OLD -> kek[s] = OLD
        :: OPENS(header) & NEW -> kek[s] = NEW
        fi }
    :: d_step { kek[s] && at[s] == IDLE && made < KEYS -> at[s] = MAKE }
    :: d_step { at[s] == MAKE && MAY_TAKE -> take(s); at[s] = CHECK }
    :: d_step { at[s] == CHECK ->
        if
        :: file -> number[s] = file; at[s] = SYNC
        :: file == 0 && IS_RETIRED(s) -> release(s); at[s] = IDLE
        :: file == 0 && !IS_RETIRED(s) -> at[s] = PUT
        fi }
    :: d_step { at[s] == PUT ->
        made++;
        number[s] = made;
        file = number[s];
        wraps = kek[s];
        at[s] = SYNC }
    :: d_step { at[s] == SYNC ->
#ifndef WITHOUT_SYNC
        sync();
#endif
        at[s] = ANSWER }
    :: d_step { at[s] == ANSWER -> promised = number[s]; release(s); at[s] = IDLE }
    :: d_step { kek[s] && at[s] == IDLE && made > dead -> at[s] = DESTROY }
    :: d_step { at[s] == DESTROY && MAY_TAKE -> take(s); at[s] = REMOVE }
    :: d_step { at[s] == REMOVE -> promised = 0; number[s] = made; file = 0; wraps = 0; at[s] = SYNC_REMOVED }
    :: d_step { at[s] == SYNC_REMOVED ->
#ifndef WITHOUT_SYNC_OF_REMOVAL
        sync();
#endif
        at[s] = ANSWER_REMOVED }
    :: d_step { at[s] == ANSWER_REMOVED -> dead = number[s]; release(s); at[s] = IDLE }
#ifndef PROGRESS
    :: d_step { kek[s] -> end_signer(s) }
#endif
    od
}

/* -- the ceremony -- */

mtype = { CHOOSE, FIRST_PASS, FIRST_READ, FIRST_PUT, FIRST_SYNC, LOCK, SETTLE, READ, REPLACE, SYNC_KEY,
          PUT_HEADER, SYNC_HEADER }
#define KEEP(to) ((to == DONE -> NEW : (to == NONE -> OLD : OLD + NEW)))
#ifdef WITHOUT_SECOND_PASS
#define SECOND_PASS false
#else
#define SECOND_PASS file
#endif

mtype step = CHOOSE, to = NONE; /* the header that it works towards */
byte found;

inline end_tool()
{
    if :: step != CHOOSE && step != FIRST_PASS && step != LOCK -> release(TOOL) :: else fi;
    step = CHOOSE; found = 0; to = NONE
}

proctype tool()
{
    do
    :: d_step { step == CHOOSE && header != DONE ->
        if
        :: header == NONE -> to = BEGUN; step = LOCK
        :: header == BEGUN -> to = WRAPPED; step = FIRST_PASS
        :: header == WRAPPED -> to = VERIFIED; step = FIRST_PASS
        :: header == VERIFIED -> to = FINISHING; step = LOCK
        :: header == FINISHING -> to = DONE; step = FIRST_PASS
        :: header == BEGUN || header == WRAPPED || header == VERIFIED -> to = NONE; step = FIRST_PASS
        fi }
    /* each key that was there when they were listed, under the lock for each */
    :: d_step { step == FIRST_PASS && file == 0 -> step = LOCK }
    :: d_step { step == FIRST_PASS && file && IS_FREE -> take(TOOL); step = FIRST_READ }
    :: d_step { step == FIRST_READ ->
        found = file;
        if :: file -> step = FIRST_PUT :: else -> release(TOOL); step = LOCK fi }
    :: d_step { step == FIRST_PUT -> file = found; wraps = KEEP(to); step = FIRST_SYNC }
    :: d_step { step == FIRST_SYNC -> sync(); release(TOOL); step = LOCK }
    /* all keys once more, and the header, under one lock */
    :: d_step { step == LOCK && IS_FREE -> take(TOOL); step = SETTLE }
    :: d_step { step == SETTLE -> settle(); step = READ }
    :: d_step { step == READ ->
        found = file;
        if :: SECOND_PASS && to != BEGUN -> step = REPLACE :: else -> step = PUT_HEADER fi }
    :: d_step { step == REPLACE -> file = found; wraps = KEEP(to); step = SYNC_KEY }
    :: d_step { step == SYNC_KEY ->
#ifndef WITHOUT_SYNC_OF_KEY
        sync();
#endif
        step = PUT_HEADER }
    :: d_step { step == PUT_HEADER -> header = to; step = SYNC_HEADER }
    :: d_step { step == SYNC_HEADER -> header_on_disk = header; release(TOOL); step = CHOOSE; found = 0 }
#ifndef PROGRESS
    :: d_step { step != CHOOSE -> end_tool() }
#endif
    od
}

/* Everything ends, and what was not synced may be as it was, each file for itself. */
proctype cut()
{
    do
    :: atomic { true ->
        end_signer(0);
        end_signer(1);
        end_tool();
        if
        :: file = file_on_disk; wraps = wraps_on_disk
        :: sync()
        fi;
        if
        :: header = header_on_disk
        :: header_on_disk = header
        fi }
    od
}

proctype watches()
{
    atomic { !IS_WHOLE -> assert(IS_WHOLE) }
}

init
{
    atomic {
        run signer(0); run signer(1); run tool(); run watches();
#ifndef PROGRESS
        run cut()
#endif
    }
}

#ifdef PROGRESS
ltl free { [] <> (lock == NOBODY) }
#endif
