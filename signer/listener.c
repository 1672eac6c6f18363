/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "signer/process/log.h"

enum { FIRST_PASSED = 3, BACKLOG = 1024 };

static bool is_listening_unix_stream(int fd)
{
    struct sockaddr_un address;
    socklen_t length = sizeof address;
    int listening = 0, type = 0;
    socklen_t size = sizeof listening;
    return getsockname(fd, (struct sockaddr *)&address, &length) == 0 && address.sun_family == AF_UNIX
        && getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening
        && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

int listener_inherited(void)
{
    const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    if (!pid || !count || atol(pid) != (long)getpid())
        return -1;
    if (strcmp(count, "1") != 0)
        log_die("the service manager passed %s sockets; pass exactly one", count);
    if (!is_listening_unix_stream(FIRST_PASSED))
        log_die("the service manager passed a descriptor that is not a listening Unix stream socket");
    (void)fcntl(FIRST_PASSED, F_SETFD, FD_CLOEXEC);
    (void)fcntl(FIRST_PASSED, F_SETFL, fcntl(FIRST_PASSED, F_GETFL) | O_NONBLOCK);
    return FIRST_PASSED;
}

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof address.sun_path)
        log_die("%s: the path of a socket is at most %zu characters", path, sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, strlen(path));
    return address;
}

static int new_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        log_die("socket: %s", strerror(errno));
    return fd;
}

static bool somebody_answers(const struct sockaddr_un *address)
{
    int fd = new_socket();
    int result = connect(fd, (const struct sockaddr *)address, sizeof *address);
    bool alive = result == 0 || errno == EAGAIN || errno == EACCES;
    close(fd);
    return alive;
}

static void remove_stale(const struct sockaddr_un *address)
{
    struct stat status;
    if (lstat(address->sun_path, &status) != 0)
        return;
    if (!S_ISSOCK(status.st_mode))
        log_die("%s: exists and is not a socket; name another path or remove it", address->sun_path);
    if (somebody_answers(address))
        log_die("%s: another signer serves here; stop it or name another path", address->sun_path);
    (void)unlink(address->sun_path);
}

/* Held from the check for a stale socket until listen(): else two signers that start at once could each
 * remove the other's socket as stale. */
static int lock_path(const char *path)
{
    char name[PATH_MAX];
    snprintf(name, sizeof name, "%s.lock", path);
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 && errno == ENOENT)
        log_die("%s: there is no such directory: make it first, for this user to write in", path);
    if (fd < 0 || flock(fd, LOCK_EX) != 0)
        log_die("%s: %s; may this user write in the directory?", name, strerror(errno));
    return fd;
}

int listener_bind(const char *path, bool open_to_all, uid_t uid, gid_t gid)
{
    struct sockaddr_un address = address_of(path);
    int lock = lock_path(path);
    remove_stale(&address);
    int fd = new_socket();
    mode_t old = umask(open_to_all ? 0111 : 0177);
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        log_die("%s: cannot bind: %s", path, strerror(errno));
    umask(old);
    if (geteuid() == 0 && lchown(path, uid, gid) != 0)
        log_die("%s: cannot give to uid %u: %s", path, uid, strerror(errno));
    if (listen(fd, BACKLOG) != 0)
        log_die("%s: cannot listen: %s", path, strerror(errno));
    close(lock);
    return fd;
}

void listener_refuse_descriptors(int listener)
{
    enum { PASS_RIGHTS = 83 }; /* SO_PASSRIGHTS, which accepted sockets inherit */
    (void)setsockopt(listener, SOL_SOCKET, PASS_RIGHTS, &(int){ 0 }, sizeof(int));
}

bool listener_path(int listener, char out[static LISTENER_PATH])
{
    struct sockaddr_un address = { 0 };
    socklen_t length = sizeof address;
    if (getsockname(listener, (struct sockaddr *)&address, &length) != 0 || address.sun_path[0] == '\0')
        return false;
    snprintf(out, LISTENER_PATH, "%.*s", (int)sizeof address.sun_path, address.sun_path);
    return true;
}
