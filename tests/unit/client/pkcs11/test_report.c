/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/report.h"

#include "tests/unit/unit.h"

static CK_RV report(enum signer_status status, const char *reason)
{
    struct signer_error error = { .status = status };
    snprintf(error.reason, sizeof error.reason, "%s", reason);
    return report_status(&error, status);
}

static void test_every_status_has_a_code_that_leaves_sessions_alone(void)
{
    CU_ASSERT_EQUAL(report_status(NULL, SIGNER_OK), CKR_OK);
    CU_ASSERT_EQUAL(report(SIGNER_PERMISSION_DENIED, "UID_NOT_ALLOWED"), CKR_FUNCTION_REJECTED);
    CU_ASSERT_EQUAL(report(SIGNER_PERMISSION_DENIED, "POLICY_SCHEME"), CKR_KEY_FUNCTION_NOT_PERMITTED);
    CU_ASSERT_EQUAL(report(SIGNER_RESOURCE_EXHAUSTED, "OUT_OF_MEMORY"), CKR_HOST_MEMORY);
    CU_ASSERT_EQUAL(report(SIGNER_INVALID_ARGUMENT, "DIGEST_LENGTH"), CKR_DATA_LEN_RANGE);
    CU_ASSERT_EQUAL(report(SIGNER_INVALID_ARGUMENT, "KEY_ID_INVALID"), CKR_FUNCTION_FAILED);
    CU_ASSERT_EQUAL(report(SIGNER_UNAVAILABLE, "CONNECTION_REFUSED"), CKR_DEVICE_ERROR);
    CU_ASSERT_EQUAL(report(SIGNER_DEADLINE_EXCEEDED, "TIMEOUT"), CKR_DEVICE_ERROR);
    CU_ASSERT_EQUAL(report((enum signer_status)77, "NEW"), CKR_DEVICE_ERROR);
}

static void report_one(void)
{
    report_after_fork();
    report_line("of a child");
}

static void test_a_child_reports(void)
{
    report_line("of the parent");
    unit_child(report_one);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_every_status_has_a_code_that_leaves_sessions_alone),
        UNIT_TEST(test_a_child_reports),
    };
    return UNIT_RUN("report", tests);
}
