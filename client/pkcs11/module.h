/* SPDX-License-Identifier: Apache-2.0 */
/* What the module exports. Everything else is reached through the tables that these give out. */
#ifndef CLIENT_PKCS11_MODULE_H
#define CLIENT_PKCS11_MODULE_H

#include "client/pkcs11/functions.h"

/* The table of version 2.40. CKR_ARGUMENTS_BAD: there is no place for it. */
call_function_list C_GetFunctionList;

/* The tables of 3.0 and 2.40, by the name "PKCS 11". Without a version, that of 3.0. CKR_FUNCTION_FAILED: there is no
 * such one. All work after a fork. */
call_interface_list C_GetInterfaceList;
call_interface C_GetInterface;

#endif
