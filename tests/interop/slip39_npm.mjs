// SPDX-License-Identifier: Apache-2.0
// Sets in both directions between signer-ceremony and npm's slip39. Run by slip39_npm.sh.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [tool, work, sets, seed] = process.argv.slice(2);
const Slip39 = createRequire(join(work, "npm/x.js"))("slip39");

// A generator of its own (mulberry32), so that SEED=N has the same policies and quorums again.
let state = Number(seed) >>> 0;
function below(count) {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) % count;
}
const between = (low, high) => low + below(high - low + 1);

function shuffled(list) {
  const out = [...list];
  for (let i = out.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
}

// -- policies: { threshold, groups: [{ need, of }] }

function oneGroup() {
  const of = between(2, below(4) ? 7 : 16);
  return { threshold: 1, groups: [{ need: between(2, of), of }] };
}

// A group of 1/n is one share that n people hold; where one group is enough there is none.
function severalGroups() {
  const count = between(2, 4);
  const threshold = between(1, count);
  const groups = Array.from({ length: count }, () => {
    const of = between(threshold === 1 ? 2 : 1, 4);
    return { need: between(threshold === 1 ? 2 : 1, of), of };
  });
  return { threshold, groups };
}

const corners = [
  { threshold: 1, groups: [{ need: 16, of: 16 }] },
  { threshold: 1, groups: [{ need: 2, of: 16 }] },
  { threshold: 2, groups: [{ need: 1, of: 16 }, { need: 1, of: 16 }] },
  { threshold: 16, groups: Array(16).fill({ need: 1, of: 1 }) },
  { threshold: 2, groups: Array(16).fill({ need: 1, of: 4 }) },
  { threshold: 4, groups: [{ need: 2, of: 3 }, { need: 1, of: 5 }, { need: 4, of: 4 }, { need: 3, of: 5 }] },
];
const policyOf = (i) => corners[i] ?? (below(2) ? oneGroup() : severalGroups());
const say = ({ threshold, groups }) => `${threshold} of the groups ${groups.map((g) => `${g.need}/${g.of}`)}`;

// Indices into `shares` (a list for each group) that make a smallest quorum, in any order.
function quorumOf({ threshold, groups }, shares) {
  const chosen = shuffled(groups.keys()).slice(0, threshold);
  return shuffled(chosen.flatMap((g) => shuffled(shares[g]).slice(0, groups[g].need)));
}

// -- our side

function run(...args) {
  const done = spawnSync(tool, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  return { ok: done.status === 0, said: done.stderr };
}

function ourSplit(kek, { threshold, groups }) {
  const out = join(work, "out");
  rmSync(out, { recursive: true, force: true });
  writeFileSync(join(work, "kek"), kek, { mode: 0o600 });
  const policy =
    groups.length === 1
      ? ["--threshold", groups[0].need, "--shares", groups[0].of]
      : ["--threshold", threshold, ...groups.flatMap((g) => ["--group", `${g.need}/${g.of}`])];
  const { ok, said } = run("split", "--kek", join(work, "kek"), "--out", out, "--no-cards", ...policy.map(String));
  assert(ok, `split: ${said}`);
  return groups.map((group, g) =>
    Array.from({ length: group.of }, (_, m) => {
      const member = groups.length === 1 ? `${m + 1}` : `${g + 1}-${m + 1}`;
      return readFileSync(join(out, `share-${member}.txt`), "utf8").replace(/^#.*\n/gm, "").trim();
    }),
  );
}

// The KEK, or null where it is refused.
function ourCombine(mnemonics) {
  const folder = join(work, "in");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { mode: 0o700 });
  mnemonics.forEach((words, i) => writeFileSync(join(folder, `${i}.txt`), words + "\n", { mode: 0o600 }));
  const files = readdirSync(folder).map((name) => join(folder, name));
  const { ok } = run("combine", "--no-record", "--out", join(folder, "kek"), ...shuffled(files));
  return ok ? readFileSync(join(folder, "kek")) : null;
}

// -- their side

function theirSplit(kek, { threshold, groups }) {
  const options = {
    threshold,
    groups: groups.map(({ need, of }) => [need, need === 1 ? 1 : of, ""]),
    iterationExponent: below(3) % 2,
    extendableBackupFlag: below(2),
  };
  const set = Slip39.fromArray([...kek], options);
  return groups.map((group, g) => set.fromPath(`r/${g}`).mnemonics);
}

function theirCombine(mnemonics) {
  try {
    return Buffer.from(Slip39.recoverSecret(mnemonics, ""));
  } catch {
    return null;
  }
}

// -- both ways

const equal = (found, kek) => found !== null && Buffer.compare(found, kek) === 0;

function oursToThem(policy) {
  const kek = randomBytes(32);
  const shares = ourSplit(kek, policy);
  shares.flat().forEach((words) => assert(Slip39.validateMnemonic(words), "they refuse a share of ours"));
  policy.groups.forEach((group, g) => assert.equal(new Set(shares[g]).size, group.need === 1 ? 1 : group.of));
  const quorum = quorumOf(policy, shares);
  assert(equal(theirCombine(quorum), kek), "they do not recover our KEK");
  assert(equal(ourCombine(quorum), kek), "we do not recover our KEK");
  assert.equal(theirCombine(quorum.slice(1)), null, "they take too few");
}

function theirsToUs(policy) {
  const kek = randomBytes(32);
  const shares = theirSplit(kek, policy);
  const quorum = quorumOf(policy, shares);
  assert(equal(ourCombine(quorum), kek), "we do not recover their secret");
  assert(equal(ourCombine(shares.flat()), kek), "we do not recover their secret from all shares");
  assert.equal(ourCombine(quorum.slice(1)), null, "we take too few");
}

const start = Date.now();
for (let i = 0; i < Number(sets); i++) {
  for (const direction of [oursToThem, theirsToUs]) {
    const policy = policyOf(i);
    try {
      direction(policy);
    } catch (error) {
      console.error(`slip39_npm: set ${i}, ${direction.name}, ${say(policy)}, SEED=${seed}: ${error.message}`);
      process.exit(1);
    }
  }
}
const seconds = ((Date.now() - start) / 1000).toFixed(1);
console.log(`slip39_npm: ${sets} sets in each direction in ${seconds} s (SEED=${seed})`);
