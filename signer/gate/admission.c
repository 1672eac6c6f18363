/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/admission.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "signer/gate/core/answer.h"
#include "signer/gate/timeouts.h"

enum { GROUPS_MOST = 256 };

static void admit(struct gate *gate, int fd, struct peer *peer, const struct rights *rights)
{
    struct connection *connection = connection_new(fd, peer, rights);
    if (!connection) {
        close(fd);
        return;
    }
    connection->next = gate->connections;
    if (gate->connections)
        gate->connections->previous = connection;
    gate->connections = connection;
    gate->connection_count++;
    peer->connections++;
    gate->counters[COUNT_CONNECTIONS]++;
    timeouts_begin(gate, connection);
    connection->interest = EPOLLIN;
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = (uint64_t)(uintptr_t)connection };
    if (epoll_ctl(gate->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        state_drop(gate, connection);
}

/* Sends the reason, if one non-blocking send can, and closes. */
static void turn_away(struct gate *gate, int fd, uid_t uid, const struct response *why)
{
    uint8_t frame[512];
    size_t length = response_encode(why, frame, sizeof frame);
    (void)send(fd, frame, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    close(fd);
    gate->counters[COUNT_REFUSED]++;
    refusals_note(&gate->refusals, gate->now_ns, uid, why->reason, why->message);
}

/* The groups of the process at the other end. Of more than GROUPS_MOST only its own counts: reading tens of thousands
 * for each connection would cost the others their answers. */
static size_t read_groups(int fd, const struct ucred *credentials, const gid_t **groups)
{
    static gid_t all[GROUPS_MOST + 1];
    socklen_t length = GROUPS_MOST * sizeof *all;
    *groups = all;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, all, &length) != 0)
        length = 0;
    size_t count = length / sizeof *all;
    all[count++] = credentials->gid;
    return count;
}

/* What the kernel says of who is at the other end, and what that uid and its groups may do. False: it is not let in. */
static bool judge(const struct gate *gate, int fd, uid_t *uid, struct rights *out)
{
    struct ucred credentials;
    socklen_t length = sizeof credentials;
    const gid_t *groups = NULL;
    size_t count = 0;
    *uid = (uid_t)-1;
    *out = (struct rights){ 0 };
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0)
        return false;
    if (roles_have_groups(&gate->roles))
        count = read_groups(fd, &credentials, &groups);
    *uid = credentials.uid;
    return roles_of(&gate->roles, credentials.uid, groups, count, out);
}

static void turn_stranger_away(struct gate *gate, int fd, uid_t uid)
{
    char sentence[128];
    const struct response stranger = { .status = STATUS_PERMISSION_DENIED,
                                       .reason = REASON_UID_NOT_ALLOWED,
                                       .message = sentence };
    snprintf(sentence, sizeof sentence,
             "uid %u is not let in, nor a group of it; --allow or --access of the signer does that", uid);
    turn_away(gate, fd, uid, &stranger);
}

void admission_welcome(struct gate *gate, int fd)
{
    static const struct response too_many = {
        .status = STATUS_RESOURCE_EXHAUSTED,
        .reason = REASON_CONNECTIONS,
        .message = "your uid can have no more connections; close some, or try again later",
        .retry_after_ms = 1000
    };
    struct rights rights;
    uid_t uid;
    if (!judge(gate, fd, &uid, &rights)) {
        turn_stranger_away(gate, fd, uid);
        return;
    }
    struct peer *peer = peers_of(&gate->peers, uid);
    if (peer && peers_may_connect(peer, &gate->setup->limits, gate->connection_count))
        admit(gate, fd, peer, &rights);
    else
        turn_away(gate, fd, uid, &too_many);
}

/* A destroy that only waits to be answered has been done: it is answered as that. */
static bool is_still_allowed(const struct gate *gate, const struct job *job)
{
    if (job->answer_ns > 0)
        return true;
    const char *id = job->id.text[0] ? job->id.text : NULL;
    return job->roles == 0 || roles_may(&gate->roles, &job->connection->rights, job->roles, id);
}

/* What waits for its turn and may no longer be asked for is refused; what a worker has begun is finished. Ending one
 * job may end others of the list, so the loop begins anew after each. */
static void refuse_waiting(struct gate *gate, struct connection *connection)
{
    for (struct job *job = connection->jobs; job;) {
        if (!job->queue || is_still_allowed(gate, job)) {
            job = job->next_of_connection;
            continue;
        }
        answer_refusal(job, STATUS_PERMISSION_DENIED, REASON_ROLE_MISSING,
                       "uid %u has lost the role for this while the request waited", connection->peer->uid);
        job = connection->jobs;
    }
}

void admission_judge_again(struct gate *gate)
{
    uid_t uid;
    for (struct connection *connection = gate->connections; connection; connection = connection->next) {
        if (connection->dead)
            continue;
        bool let_in = judge(gate, connection->fd, &uid, &connection->rights);
        refuse_waiting(gate, connection);
        if (let_in)
            continue;
        answer_early(gate, connection, 0, STATUS_PERMISSION_DENIED, REASON_UID_NOT_ALLOWED,
                     "your uid is no longer let in; the connection is closed");
        connection->closing = true;
        state_touch(gate, connection);
    }
}
