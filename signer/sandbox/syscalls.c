/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/sandbox/syscalls.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { G = 1 << ROOM_GATE, I = 1 << ROOM_INSPECTOR, S = 1 << ROOM_STORE, V = 1 << ROOM_VAULT, A = 1 << ROOM_ACCESS };

/* For arguments that are int or unsigned: the kernel reads only 32 bits. */
#define INT 0xffffffffu
#define BITS(argument, mask, bits) { argument, mask, bits }
#define IS(argument, number) BITS(argument, INT, number)
/* The keystore's four directories are consecutive descriptors with the same upper bits. */
#define IN_KEYSTORE(argument) BITS(argument, INT & ~3u, ROOM_ROOT)

_Static_assert(ROOM_ROOT % 4 == 0 && ROOM_RECORDS == ROOM_ROOT + 3, "one mask covers the directories");

/* The access room's two directories. */
#define IN_PLACES(argument) BITS(argument, INT & ~1u, ROOM_PLACE)

_Static_assert(ROOM_PLACE % 2 == 0 && ROOM_ETC == ROOM_PLACE + 1, "one mask covers both");

#define ALLOW(name, rooms, reason) { name, rooms, SYSCALL_ALLOW, 0, { { 0 } }, NULL, reason }
#define REFUSE(name, rooms, reason) { name, rooms, SYSCALL_REFUSE, 0, { { 0 } }, NULL, reason }
#define WHERE(name, rooms, condition, only, reason) { name, rooms, SYSCALL_ALLOW, 1, { condition }, only, reason }
#define WHERE_BOTH(name, rooms, first, second, only, reason)                                                           \
    { name, rooms, SYSCALL_ALLOW, 2, { first, second }, only, reason }

const struct syscall_row syscall_table[] = {
    ALLOW("accept4", G, "lets clients in"),
    ALLOW("brk", G | S | A, "malloc"),
    ALLOW("clock_gettime", G | I | S | V | A, "time, where the vDSO has none"),
    ALLOW("clock_nanosleep", G, "waits for its rooms at the end"),
    REFUSE("clone3", G | I | S | V | A, "a libc falls back from it"),
    ALLOW("close", G | S | A, "clients that went, files that were read"),
    ALLOW("epoll_ctl", G, "watches clients and rooms"),
    ALLOW("epoll_pwait", G, "the loop, where there is no epoll_wait"),
    ALLOW("epoll_wait", G, "the loop"),
    ALLOW("exit_group", G | I | S | V | A, "the end"),
    REFUSE("faccessat2", G | I | S | V | A, "a libc falls back from it"),
    WHERE("fcntl", S | A, IS(1, F_GETFL), "F_GETFL", "fdopendir, fdopen"),
    WHERE("fcntl", S, IS(1, F_SETFD), "F_SETFD", "fdopendir"),
    WHERE("fcntl", S, IS(1, F_OFD_GETLK), "F_OFD_GETLK", "whether another signer wants to be let in"),
    WHERE("fcntl", S, IS(1, F_OFD_SETLK), "F_OFD_SETLK", "DIR/lock"),
    ALLOW("flock", S, "a temporary file is locked while in use"),
    ALLOW("fstat", S | A, "checks a file before it is read"),
    ALLOW("fsync", S, "nothing answered OK is lost"),
    WHERE("futex", I, BITS(1, INT & ~(unsigned)FUTEX_PRIVATE_FLAG, FUTEX_WAKE), "FUTEX_WAKE",
          "pthread_once in OpenSSL's certificate code"),
    ALLOW("getdents64", S, "lists keys"),
    ALLOW("getpid", G | I | S | V | A, "OpenSSL asks whether it was forked; abort()"),
    ALLOW("getrandom", G | S | V, "reseeding; names of temporary files"),
    WHERE_BOTH("getsockopt", G, IS(1, SOL_SOCKET), IS(2, SO_PEERCRED), "SO_PEERCRED", "the uid of a client"),
    WHERE_BOTH("getsockopt", G, IS(1, SOL_SOCKET), IS(2, SO_PEERGROUPS), "SO_PEERGROUPS", "its groups"),
    ALLOW("gettid", G | S, "abort()"),
    ALLOW("gettimeofday", G | I | S | V | A, "time, where the vDSO has none"),
    WHERE_BOTH("linkat", S, IN_KEYSTORE(0), IN_KEYSTORE(2), "keystore directories",
               "publishes where there is no renameat2, as on NFS"),
    ALLOW("lseek", A, "fclose"),
    ALLOW("madvise", G | S | A, "malloc"),
    WHERE_BOTH("mmap", G | S | A, BITS(2, PROT_EXEC, 0), BITS(3, MAP_ANONYMOUS, MAP_ANONYMOUS),
               "anonymous, never executable", "malloc"),
    ALLOW("mremap", G | S | A, "malloc"),
    ALLOW("munmap", G | S | A, "malloc"),
    WHERE("newfstatat", S, IN_KEYSTORE(0), "keystore directories", "whether a file has changed"),
    WHERE("newfstatat", S | A, IS(3, AT_EMPTY_PATH), "AT_EMPTY_PATH", "fstat of older C libraries"),
    WHERE_BOTH("openat", S, IN_KEYSTORE(0), BITS(2, O_NOFOLLOW | O_PATH, O_NOFOLLOW),
               "keystore directories, O_NOFOLLOW, no O_PATH", "files of the keystore"),
    WHERE_BOTH("openat", A, IN_PLACES(0), BITS(2, O_ACCMODE | O_CREAT | O_TRUNC | O_PATH, 0),
               "directory of --access and /etc, only to read", "the file of --access, passwd, group"),
    REFUSE("openat2", G | I | S | V | A, "a libc may try it"),
    ALLOW("poll", G, "whether the log has room"),
    ALLOW("poll", S, "waits for its gate, and for DIR/lock; whether the log has room"),
    ALLOW("ppoll", G | S, "the same, where there is no poll"),
    ALLOW("pread64", S, "reads back what it wrote"),
    ALLOW("read", G | S | A, "signals; messages and files"),
    WHERE("read", I | V, IS(0, ROOM_SOCKET), "descriptor 3", "messages of its gate"),
    ALLOW("recvfrom", G, "receives from clients and rooms"),
    WHERE_BOTH("renameat", S, IN_KEYSTORE(0), IN_KEYSTORE(2), "keystore directories", "replaces a certificate"),
    WHERE_BOTH("renameat2", S, IN_KEYSTORE(0), IN_KEYSTORE(2), "keystore directories", "publishes a key"),
    ALLOW("restart_syscall", G | S, "a wait goes on after SIGSTOP and SIGCONT"),
    REFUSE("rseq", G | I | S | V | A, "a libc falls back from it"),
    ALLOW("rt_sigprocmask", G | S, "abort()"),
    ALLOW("rt_sigreturn", G | I | S | V | A, "the return from a signal handler"),
    WHERE("sendto", G, BITS(4, UINT64_MAX, 0), "to no address", "answers clients, asks rooms"),
    WHERE_BOTH("sendto", S, IS(0, STDERR_FILENO), BITS(4, UINT64_MAX, 0), "descriptor 2, to no address",
               "the log, where it is a socket"),
    REFUSE("set_robust_list", G | I | S | V | A, "a libc falls back from it"),
    REFUSE("statx", G | I | S | V | A, "a libc falls back from it"),
    ALLOW("sysinfo", S, "qsort of an older C library asks how much memory there is"),
    WHERE_BOTH("tgkill", G | S, BITS(0, INT, SYSCALL_OWN_PID), IS(2, SIGABRT), "SIGABRT to itself", "abort()"),
    ALLOW("time", G | I | S | V | A, "time, where the vDSO has none"),
    WHERE_BOTH("unlinkat", S, IN_KEYSTORE(0), IS(2, 0), "keystore directories, files",
               "removes a key, a certificate, a temporary file"),
    ALLOW("wait4", G, "how a room ended"),
    WHERE("write", G, IS(0, STDERR_FILENO), "descriptor 2", "the log"),
    ALLOW("write", S, "messages, files, the log"),
    WHERE("write", I | V | A, IS(0, ROOM_SOCKET), "descriptor 3", "answers to its gate"),
    WHERE("writev", G | S, IS(0, STDERR_FILENO), "descriptor 2", "what the heap says before abort()"),
};

const size_t syscall_count = sizeof syscall_table / sizeof *syscall_table;
