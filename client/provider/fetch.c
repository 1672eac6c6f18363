/* SPDX-License-Identifier: Apache-2.0 */
#include "client/provider/fetch.h"

struct signer_key *fetch_key(struct provider *provider, const char *id)
{
    struct signer_error error = { 0 };
    struct signer_key *known = NULL;
    signer_client *client = clients_mine(&provider->clients);
    if (client == NULL)
        REPORT(&provider->report, "SETTING_INVALID",
               "the settings of the signer provider, in the environment or in openssl.cnf: %s",
               provider->refusal.message);
    else if (signer_get_key(client, id, &known, &error) != SIGNER_OK)
        REPORT_SIGNER(&provider->report, &error);
    return known;
}
