// SPDX-License-Identifier: Apache-2.0
// Writes tests/vectors/slip39_256.txt anew: sets of 256-bit secrets that the npm package `slip39` split.
//
//   node make_vectors.mjs DIR-WITH-node_modules > ../vectors/slip39_256.txt
import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const require = createRequire(resolve(process.argv[2], "x.js"));
const Slip39 = require("slip39");
const version = require("slip39/package.json").version;

// Each: exponent, extendable, group threshold, the groups. A set without groups is one group, threshold 1.
const sets = [
  [0, 1, 1, ["1/1"]],
  [0, 1, 1, ["2/2"]],
  [0, 1, 1, ["2/3"]],
  [0, 1, 1, ["3/5"]],
  [0, 1, 1, ["4/7"]],
  [0, 1, 1, ["5/5"]],
  [0, 1, 1, ["5/9"]],
  [0, 1, 1, ["8/16"]],
  [0, 1, 1, ["16/16"]],
  [1, 1, 1, ["2/3"]],
  [1, 1, 1, ["3/5"]],
  [0, 0, 1, ["1/1"]],
  [0, 0, 1, ["2/3"]],
  [0, 0, 1, ["3/5"]],
  [1, 0, 1, ["2/3"]],
  [1, 0, 1, ["7/11"]],
  [0, 1, 2, ["2/3", "1/1"]],
  [0, 1, 2, ["2/3", "3/5"]],
  [0, 1, 1, ["2/3", "3/4"]],
  [0, 1, 3, ["1/1", "1/1", "2/2"]],
  [0, 1, 2, ["1/1", "2/3", "3/5", "2/2"]],
  [1, 1, 2, ["2/3", "2/4", "1/1"]],
  [0, 0, 2, ["2/3", "3/5", "1/1"]],
  [1, 0, 16, Array(16).fill("1/1")],
];

const lines = [
  `# Sets of 256-bit secrets that the npm package slip39 ${version} made, without a passphrase: the secret,`,
  "# then a line for each share of the set, then an empty line. tests/interop/make_vectors.mjs wrote it.",
];
sets.forEach(([iterationExponent, extendableBackupFlag, threshold, groups], i) => {
  const secret = [...randomBytes(32)];
  const pairs = groups.map((text, n) => [...text.split("/").map(Number), `group ${n + 1}`]);
  const set = Slip39.fromArray(secret, { threshold, groups: pairs, iterationExponent, extendableBackupFlag });
  const policy = groups.length > 1 ? `${threshold} of the groups ${groups.join(", ")}` : groups[0];
  lines.push(`# ${i + 1}. ${policy}; exponent ${iterationExponent}, extendable ${extendableBackupFlag}`);
  lines.push(Buffer.from(secret).toString("hex"), ...set.fromPath("r").mnemonics, "");
});
console.log(lines.join("\n").trimEnd());
