# SPDX-License-Identifier: Apache-2.0
"""What system tests have in common: signers and keystores to test with, and readers and writers of every format and
protocol, written from the documents and without any of this project's code."""
