/* SPDX-License-Identifier: Apache-2.0 */
/* Two signers on one keystore with one key id: who is there (keystore/files/presence.h), rounds of looks
 * (signer/gate/look.c), the lease (signer/gate/core/lease.h), destroys, and keys made again under the same id. A gate
 * and its store are separate processes; either may end at any point, and a signer that is gone may start again. Any
 * process may be as slow as it likes, also forever; time passes in ticks that all have in common.
 *
 * A key is the number under which it was made. What a gate does within a turn of its loop is one step: it reads the
 * clock before it reads anything else, so a signature that it gives out then was given out before whatever follows.
 *
 * No signature of a key is given out after a destroy of it was answered, and who gives one out without a lease is alone.
 * -DBOTH: both signers sign and destroy, else one signs and the other destroys. -DPROGRESS, where ends are few: who
 * knocks is let in, and a destroy is answered. run.sh has the mutations, -DWITHOUT_…, that each break one of these. */
#define LEASE 1       /* ticks */
#define OUTWAIT 2     /* a lease and a margin */
#define OLD (LEASE + 1)
#ifndef KEYS
#define KEYS 2
#endif
#ifdef BOTH
#define LAST(s) true
#else
#define LAST(s) part[s] /* a round has two parts, and the key is in the second */
#endif

#define OTHER(s) (1 - (s))

#ifdef PROGRESS
byte ends; /* so few that what is looked for happens at the latest after the last */
#define ENDS 2
#define COUNT_END ends++
#else
#define ends 0
#define ENDS 1
#define COUNT_END skip
#endif

/* DIR/lock, byte 1 and byte 2 */
mtype:lock = { NONE, READ, WRITE }
mtype:lock presence[2] = NONE;
bit knock[2];

byte file;   /* the key in the keystore; 0: none */
byte made;   /* keys made so far */
byte dead;   /* the last key of which a destroy was answered; those before it are dead too */

bit gate[2], store[2]; /* they live */

/* a gate */
bit shared[2];
byte loaded[2];                      /* the key that the vaults hold and the gate knows */
byte loading[2];                     /* a load is under way */
bit loading_stale[2];
byte asked[2];                       /* a vault is asked for a signature */
bit asked_stale[2];
byte seen[2], round[2];              /* ticks since the last whole round began, and since this one did */
bit round_alone[2];
mtype:destroy = { IDLE, ASKED, REMOVED, WAITING }
mtype:destroy destroying[2] = IDLE;
bit was_shared[2];                   /* at any time since the destroy asked the store */
byte upto[2];                        /* the keys that it has removed */
byte waited[2];

/* its store, and the questions and answers between them */
byte watched[2];
mtype:look = { NO_LOOK, QUESTION, ANSWER }
mtype:look look[2] = NO_LOOK;
bit part[2];
bit may_share[2];
mtype:found = { SHARED, KNOCKED, ALONE }
mtype:found found[2] = SHARED;
bit changed[2];

#ifdef WITHOUT_LEASE
#define HAS_LEASE(s) true
#else
#define HAS_LEASE(s) (!shared[s] || seen[s] <= LEASE)
#endif
#ifdef WITHOUT_LEASE_AT_ANSWER
#define MAY_GIVE_OUT(s) true
#else
#define MAY_GIVE_OUT(s) HAS_LEASE(s)
#endif
#ifdef WITHOUT_FORGETS
#define IS_STALE(s) false
#else
#define IS_STALE(s) asked_stale[s]
#endif

inline forget(s)
{
    loaded[s] = 0;
    if :: loading[s] -> loading_stale[s] = 1 :: else fi;
    if :: asked[s] -> asked_stale[s] = 1 :: else fi
}

inline become_shared(s)
{
    shared[s] = 1;
    if :: destroying[s] != IDLE -> was_shared[s] = 1 :: else fi
}

/* -- the gate's rounds -- */

inline receive_look(s)
{
    if :: changed[s] -> forget(s) :: else fi;
    changed[s] = 0;
    if :: found[s] != ALONE -> round_alone[s] = 0 :: else fi;
    if
    :: found[s] != ALONE && !shared[s] -> become_shared(s)
    :: else
    fi;
#ifdef WITHOUT_WHOLE_ROUND
    if :: found[s] == ALONE -> shared[s] = 0 :: else fi;
#endif
    if
    :: LAST(s) ->
        seen[s] = round[s];
        if :: round_alone[s] -> shared[s] = 0 :: else fi;
        part[s] = 0
    :: else -> part[s] = 1
    fi;
    found[s] = SHARED;
    look[s] = NO_LOOK
}

proctype looks(bit s)
{
    do
    :: d_step { gate[s] && look[s] == NO_LOOK && store[s] ->
        if
        :: !part[s] -> round[s] = 0; round_alone[s] = 1
        :: else
        fi;
        may_share[s] = shared[s];
        look[s] = QUESTION }
    :: d_step { gate[s] && look[s] == ANSWER -> receive_look(s) }
    od
}

/* -- the store -- */

inline look_around(s)
{
    if
#ifdef WITHOUT_ASKING_THE_GATE
    :: presence[s] == WRITE && knock[OTHER(s)] -> presence[s] = READ
#else
    :: presence[s] == WRITE && knock[OTHER(s)] && may_share[s] -> presence[s] = READ
#endif
#ifdef WITHOUT_HEARING_KNOCKS
    :: presence[s] == READ && presence[OTHER(s)] == NONE -> presence[s] = WRITE
#else
    :: presence[s] == READ && presence[OTHER(s)] == NONE && !knock[OTHER(s)] -> presence[s] = WRITE
#endif
    :: else
    fi;
    if
    :: presence[s] != WRITE -> found[s] = SHARED
    :: else ->
        if
        :: knock[OTHER(s)] -> found[s] = KNOCKED
        :: else -> found[s] = ALONE
        fi
    fi;
    may_share[s] = 0
}

proctype answers(bit s)
{
    do
    :: d_step { store[s] && gate[s] && look[s] == QUESTION ->
        look_around(s);
        if
        :: LAST(s) && watched[s] && watched[s] != file -> changed[s] = 1; watched[s] = 0
        :: else
        fi;
        look[s] = ANSWER }
#ifndef PROGRESS
    /* a rekey has replaced the file: another file with the same key */
    :: d_step { store[s] && gate[s] && look[s] == QUESTION && LAST(s) && watched[s] ->
        look_around(s);
        changed[s] = 1;
        watched[s] = 0;
        look[s] = ANSWER }
#endif
    od
}

/* -- clients' requests -- */

#define IS_OPEN(s) (destroying[s] == IDLE || destroying[s] == WAITING) /* the key is not closed for a destroy */

inline read_file(s)
{
    loading[s] = file;
    loading_stale[s] = 0;
    if :: watched[s] == 0 -> watched[s] = file :: else fi
}

/* Only one process changes anything at a time; each of these changes is one step under byte 0. */
inline create(s)
{
    made++;
    file = made;
    if :: watched[s] == 0 -> watched[s] = made :: else fi;
    loaded[s] = made
}

inline finish(s)
{
    if :: upto[s] > dead -> dead = upto[s] :: else fi;
    destroying[s] = IDLE;
    was_shared[s] = 0;
    upto[s] = 0;
    waited[s] = 0
}

proctype serves(bit s)
{
    do
    :: d_step { gate[s] && store[s] && IS_OPEN(s) && file && !loaded[s] && !loading[s] -> read_file(s) }
    :: d_step { gate[s] && loading[s] ->
        if
        :: loading_stale[s] -> loaded[s] = 0
        :: else -> loaded[s] = loading[s]
        fi;
        loading[s] = 0;
        loading_stale[s] = 0 }
    :: d_step { gate[s] && IS_OPEN(s) && loaded[s] && !asked[s] && HAS_LEASE(s) ->
        asked[s] = loaded[s];
        asked_stale[s] = 0 }
    :: d_step { gate[s] && asked[s] ->
        if
        :: MAY_GIVE_OUT(s) && !IS_STALE(s) ->
            assert(asked[s] > dead);
            assert(shared[s] || !gate[OTHER(s)])
        :: else
        fi;
        asked[s] = 0;
        asked_stale[s] = 0 }
    :: d_step { gate[s] && store[s] && IS_OPEN(s) && !file && made < KEYS -> create(s) }
    od
}

proctype destroys(bit s)
{
    do
    :: d_step { gate[s] && store[s] && destroying[s] == IDLE && made > dead ->
        destroying[s] = ASKED;
        was_shared[s] = shared[s] }
    :: d_step { gate[s] && store[s] && destroying[s] == ASKED ->
#ifdef WITHOUT_WAIT_FOR_WHAT_IS_GONE
        if :: !file -> was_shared[s] = 0 :: else fi;
#endif
        file = 0;
        upto[s] = made;
#ifdef WITHOUT_WATCHING_WHAT_IS_REMOVED
        watched[s] = 0;
#endif
        destroying[s] = REMOVED }
    /* the vaults have forgotten it, and what they were asked before is answered */
    :: d_step { gate[s] && destroying[s] == REMOVED && !loading[s] && !asked[s] ->
        loaded[s] = 0;
        waited[s] = 0;
        if
#ifdef WITHOUT_WAIT
        :: true -> finish(s)
#else
        :: !was_shared[s] -> finish(s)
#endif
        :: else -> destroying[s] = WAITING
        fi }
#ifndef WITHOUT_RELEASE
    :: d_step { gate[s] && destroying[s] == WAITING && waited[s] == OUTWAIT -> finish(s) }
#endif
    od
}

/* -- beginnings and ends -- */

inline end_gate(s)
{
    gate[s] = 0;
    shared[s] = 0;
    loaded[s] = 0; loading[s] = 0; loading_stale[s] = 0;
    asked[s] = 0; asked_stale[s] = 0;
    seen[s] = 0; round[s] = 0; round_alone[s] = 0;
    destroying[s] = IDLE; was_shared[s] = 0; upto[s] = 0; waited[s] = 0;
    look[s] = NO_LOOK; part[s] = 0; may_share[s] = 0; found[s] = SHARED; changed[s] = 0
}

inline unlock(s)
{
#ifdef WITHOUT_LOCK_OF_THE_GATE
    if :: !store[s] -> presence[s] = NONE :: else fi
#else
    if :: !store[s] && !gate[s] -> presence[s] = NONE :: else fi
#endif
}

inline start(s)
{
    gate[s] = 1;
    store[s] = 1;
    knock[s] = 0;
    shared[s] = (presence[s] == READ);
    seen[s] = OLD;
    round[s] = OLD
}

proctype lives(bit s)
{
    do
    :: d_step { !gate[s] && !store[s] && !knock[s] && presence[OTHER(s)] == NONE ->
        presence[s] = WRITE;
        start(s) }
    :: d_step { !gate[s] && !store[s] && !knock[s] && presence[OTHER(s)] != NONE -> knock[s] = 1 }
    :: d_step { knock[s] && presence[OTHER(s)] != WRITE ->
        presence[s] = READ;
        start(s) }
#ifndef PROGRESS
    :: d_step { knock[s] -> knock[s] = 0 } /* it gives up, or is ended */
#endif
    :: d_step { gate[s] && ends < ENDS -> end_gate(s); unlock(s); COUNT_END }
    :: d_step { store[s] && gate[s] && ends < ENDS -> store[s] = 0; watched[s] = 0; unlock(s); COUNT_END }
    :: d_step { store[s] && !gate[s] -> store[s] = 0; watched[s] = 0; unlock(s) }
    :: d_step { gate[s] && !store[s] -> end_gate(s); unlock(s) }
    od
}

proctype time()
{
    byte s;
    do
    :: d_step {
        for (s : 0 .. 1) {
            if :: seen[s] < OLD && gate[s] -> seen[s]++ :: else fi;
            if :: round[s] < OLD && gate[s] -> round[s]++ :: else fi;
            if :: destroying[s] == WAITING && waited[s] < OUTWAIT -> waited[s]++ :: else fi
        }
        s = 0 }
    od
}

init
{
    atomic {
        run time();
        run looks(0); run answers(0); run lives(0);
        run looks(1); run answers(1); run lives(1);
        run serves(0); run destroys(1);
#ifdef BOTH
        run serves(1); run destroys(0)
#endif
    }
}

#ifdef PROGRESS
ltl let_in { [] (knock[1] -> <> !knock[1]) }
ltl answered { [] (destroying[0] != IDLE -> <> (destroying[0] == IDLE)) }
#endif
