/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/run/run_state.h"

#include <stdio.h>
#include <string.h>

#include "keystore/files/records.h"

#define NAME "ceremony-state.txt"

enum { STATE_MAX = 512 };

static const char *const names[] = { "NONE", "PENDING", "VERIFIED", "COMMITTED", "VOID" };

const char *run_state_step_name(enum run_step step)
{
    return names[step];
}

static size_t encode(const struct run_state *state, char out[static STATE_MAX])
{
    int length = snprintf(out, STATE_MAX, "signer ceremony state 1\nplan %s\nstep %s\ndelivered %s\nset %04x\n",
                          state->plan, names[state->step], state->delivered ? "yes" : "no", state->set);
    return length > 0 && length < STATE_MAX ? (size_t)length : 0;
}

static bool decode(const char *text, struct run_state *out)
{
    char step[16], delivered[4];
    unsigned set;
    if (sscanf(text, "signer ceremony state 1\nplan %64s\nstep %15s\ndelivered %3s\nset %4x\n", out->plan, step,
               delivered, &set)
        != 4)
        return false;
    for (unsigned i = RUN_PENDING; i <= RUN_VOID; i++)
        if (strcmp(step, names[i]) == 0)
            out->step = (enum run_step)i;
    out->delivered = strcmp(delivered, "yes") == 0;
    out->set = (uint16_t)set;
    return out->step != RUN_NONE;
}

enum fault run_state_read(const struct directory *directory, struct run_state *out)
{
    char text[STATE_MAX + 1] = "", again[STATE_MAX];
    size_t length;
    *out = (struct run_state){ .step = RUN_NONE };
    enum fault fault = records_read(directory, NAME, (uint8_t *)text, STATE_MAX, &length);
    if (fault == FAULT_FILE_MISSING)
        return FAULT_NONE;
    if (fault)
        return fault;
    return decode(text, out) && encode(out, again) == length && memcmp(text, again, length) == 0 ? FAULT_NONE
                                                                                                 : FAULT_RECORD_CORRUPT;
}

enum fault run_state_write(const struct directory *directory, const struct run_state *state)
{
    char text[STATE_MAX];
    return records_replace(directory, NAME, (const uint8_t *)text, encode(state, text));
}
