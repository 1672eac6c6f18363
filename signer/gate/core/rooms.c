#include "signer/gate/core/rooms.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/time.h"
#include "signer/process/log.h"

enum { GONE_WITHIN_MS = 100 }; /* from the end of a room's socket to its own */

static uint64_t open_call(struct rooms *rooms, unsigned room, call_done *done, void *context)
{
    uint64_t tag;
    if (!calls_open(&rooms->calls, room, done, context, &tag))
        log_die("out of memory for a question to a room");
    return tag;
}

static unsigned *count_of(struct rooms *rooms, unsigned op)
{
    bool reads = op == MESSAGE_READ || op == MESSAGE_READ_CERT || op == MESSAGE_LIST || op == MESSAGE_LOOK;
    return reads ? &rooms->reads : &rooms->changes;
}

void rooms_ask_store(struct rooms *rooms, enum message_op op, const struct body_part *parts, size_t count,
                     call_done *done, void *context)
{
    struct message header = { .op = (uint16_t)op, .tag = open_call(rooms, ROOMS_STORE, done, context) };
    if (!link_send(&rooms->store, header, parts, count))
        log_die("out of memory for a question to the store");
    *count_of(rooms, op) += 1;
}

void rooms_ask_vault(struct rooms *rooms, unsigned vault, struct message header, const struct body_part *parts,
                     size_t count, call_done *done, void *context)
{
    header.tag = open_call(rooms, vault, done, context);
    if (!link_send(&rooms->vaults[vault].link, header, parts, count))
        log_die("out of memory for a question to a vault");
    rooms->vaults[vault].outstanding++;
    if (vault < rooms->vault_count)
        rooms->recent = vault;
}

uint32_t rooms_fast_mask(const struct rooms *rooms)
{
    return (1u << rooms->vault_count) - 1;
}

int rooms_least_busy(const struct rooms *rooms, uint32_t mask)
{
    int best = -1;
    for (unsigned i = 0; i < rooms->vault_count; i++)
        if ((mask >> i & 1) && (best < 0 || rooms->vaults[i].outstanding < rooms->vaults[best].outstanding))
            best = (int)i;
    return best;
}

static bool takes_bytes(const struct vault_end *vault)
{
    return link_output(&vault->link) < VAULT_WINDOW_BYTES;
}

int rooms_choose(const struct rooms *rooms, uint32_t mask)
{
    int least = rooms_least_busy(rooms, mask);
    const struct vault_end *recent = &rooms->vaults[rooms->recent];
    bool all_busy = least >= 0 && rooms->vaults[least].outstanding >= VAULT_GROUP;
    bool in_a_group = (mask >> rooms->recent & 1) && recent->outstanding % VAULT_GROUP != 0 && takes_bytes(recent);
    return all_busy && in_a_group ? (int)rooms->recent : least;
}

bool rooms_fast_is_free(const struct rooms *rooms, uint32_t mask, unsigned window)
{
    int least = rooms_least_busy(rooms, mask);
    return least >= 0 && rooms->vaults[least].outstanding < window && takes_bytes(&rooms->vaults[least]);
}

bool rooms_slow_is_free(const struct rooms *rooms)
{
    return rooms->vaults[rooms_slow(rooms)].outstanding < SLOW_WINDOW;
}

bool rooms_reads_are_free(const struct rooms *rooms, unsigned loads)
{
    return rooms->reads < STORE_WINDOW + loads;
}

bool rooms_changes_are_free(const struct rooms *rooms)
{
    return rooms->changes < STORE_WINDOW;
}

/* The child's socket ends a moment before the child. False: there is nobody to wait for. */
static bool wait_for_child(int *status)
{
    for (int waited = 0; waited < GONE_WITHIN_MS; waited++) {
        pid_t child = waitpid(-1, status, WNOHANG);
        if (child != 0)
            return child > 0;
        time_sleep_ms(1);
    }
    return false;
}

static void report_end(const struct link *link)
{
    int status;
    if (!wait_for_child(&status))
        log_line("%s is gone: the signer stops", link->name);
    else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        log_line("%s made a system call that its sandbox forbids and was killed: the signer stops; "
                 "--sandbox=log names such calls",
                 link->name);
    else if (WIFSIGNALED(status))
        log_line("%s was ended by SIG%s: the signer stops", link->name, sigabbrev_np(WTERMSIG(status)));
    else
        log_line("%s ended with code %d: the signer stops", link->name, WEXITSTATUS(status));
}

static bool flush(struct link *link)
{
    if (link_flush(link))
        return true;
    report_end(link);
    return false;
}

bool rooms_flush(struct rooms *rooms)
{
    bool ok = flush(&rooms->store);
    for (unsigned i = 0; i <= rooms->vault_count; i++)
        ok = flush(&rooms->vaults[i].link) && ok;
    return ok;
}

struct receiving {
    struct rooms *rooms;
    struct vault_end *vault; /* NULL for the store */
    unsigned room;
};

static void take(void *context, const struct message *answer, const uint8_t *body)
{
    struct receiving *receiving = context;
    if (receiving->vault) {
        receiving->vault->outstanding--;
        receiving->vault->answered++;
    } else {
        *count_of(receiving->rooms, answer->op) -= 1;
    }
    if (!calls_answer(&receiving->rooms->calls, receiving->room, answer, body))
        log_die("a room answered what nobody asked: the signer stops");
}

bool rooms_receive(struct rooms *rooms, unsigned room)
{
    struct receiving receiving = { rooms, room == ROOMS_STORE ? NULL : &rooms->vaults[room], room };
    struct link *link = room == ROOMS_STORE ? &rooms->store : &receiving.vault->link;
    if (link_receive(link, take, &receiving))
        return true;
    report_end(link);
    return false;
}
