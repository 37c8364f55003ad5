#!/usr/bin/env node
/**
 * Checks what a Holdfast vault says it did. One file, nothing to install, Node 20 or newer; it shares no code with the vault.
 *
 *   node holdfast-verify.mjs journal.log [--checkpoints checkpoints.log] [--anchors FILE]... [--identity identity.pub]
 *   node holdfast-verify.mjs --report FOLDER [--identity identity.pub]      an incident report, unpacked
 *   node holdfast-verify.mjs --proof FILE [--identity identity.pub]         one record, from `holdfast audit prove`
 *
 * The journal: lines of JSON, each ending in `,"hash":"…"}` = SHA-256 of the line up to that; `prev` is the hash of the line
 * before (64 zeros for the first); `seq` counts from 1. Over the lines stands the Merkle tree of RFC 6962: a leaf is SHA-256(0x00 ‖ line
 * without its line feed), a node SHA-256(0x01 ‖ left ‖ right). A checkpoint is {v, origin, size, root (hex), at (unix ms), signature}:
 * Ed25519 in base64 over "origin\nsize\nroot in base64\nat MS\n". Anchors are checkpoints that somebody else kept: they show a log that was
 * cut short or written anew, even with the vault's own key. Exit code 0: all agrees; 1: it does not; 64: wrong usage.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, readSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const leafOf = (line) => sha256(Uint8Array.of(0), line);
const nodeOf = (left, right) => sha256(Uint8Array.of(1), left, right);
const lineTail = /^(.*),"hash":"([0-9a-f]{64})"\}$/s;

/** What the vault signs of a checkpoint. */
export const checkpointText = ({ origin, size, root, at }) =>
  `${origin}\n${size}\n${Buffer.from(root, 'hex').toString('base64')}\nat ${at}\n`;

export const fingerprintOf = (pem) => {
  const der = createPublicKey(pem).export({ type: 'spki', format: 'der' });
  return `SHA256:${sha256(der).toString('base64').replace(/=+$/, '')}`;
};

/** What is wrong with a checkpoint by itself, or null; without a key its signature is not looked at. */
export function checkpointFault(it, pem) {
  const isFormed = it?.v === 1 && [it.size, it.at].every((count) => Number.isSafeInteger(count) && count >= 0);
  const isNamed = isFormed && /^holdfast\/log\/v1\/[\w-]{1,64}$/.test(it.origin) && /^[0-9a-f]{64}$/.test(it.root);
  if (!isNamed || typeof it.signature !== 'string') return 'is not a checkpoint';
  if (pem === undefined) return null;
  const isSigned = verify(null, Buffer.from(checkpointText(it)), createPublicKey(pem), Buffer.from(it.signature, 'base64'));
  return isSigned ? null : 'is not signed by this vault';
}

const checkpointForm =
  /\{"v":1,"origin":"holdfast\/log\/v1\/[\w-]{1,64}","size":(?:0|[1-9]\d{0,14}),"root":"[0-9a-f]{64}","at":(?:0|[1-9]\d{0,14}),"signature":"[\w+/=]{1,128}"\}/g;
/** All checkpoints in a text, whatever stands around them: log files, saved mails, answers of a webhook. */
export const readCheckpoints = (text) => (text.match(checkpointForm) ?? []).map((it) => JSON.parse(it));

/** Lines of a file with and without what follows the last line feed; memory does not grow with the file. */
function* linesOf(file) {
  const descriptor = openSync(file, 'r');
  const chunk = Buffer.alloc(1 << 20);
  let held = Buffer.alloc(0);
  try {
    for (;;) {
      const read = readSync(descriptor, chunk, 0, chunk.length, null);
      if (read === 0) break;
      held = Buffer.concat([held, chunk.subarray(0, read)]);
      let start = 0;
      for (let end = held.indexOf(10); end !== -1; end = held.indexOf(10, start)) {
        yield { line: held.subarray(start, end), isWhole: true };
        start = end + 1;
      }
      held = held.subarray(start);
    }
    if (held.length > 0) yield { line: held, isWhole: false };
  } finally {
    closeSync(descriptor);
  }
}

/** What is wrong with a line after `seq` records, the last of hash `head`; or the record and its hash. */
function readLine(bytes, seq, head) {
  const line = bytes.toString('utf8');
  const [, said, hash] = lineTail.exec(line) ?? [];
  if (said === undefined) return { wrong: 'it does not end in its hash' };
  if (sha256(said).toString('hex') !== hash) return { wrong: 'its hash is not that of its text' };
  let record;
  try {
    record = JSON.parse(line);
  } catch {
    return { wrong: 'it is not JSON' };
  }
  if (record.seq !== seq + 1) return { wrong: `it says number ${String(record.seq)}` };
  if (record.prev !== head) return { wrong: 'it does not follow the record before it' };
  return { record, hash };
}

/** The Merkle tree's complete subtrees, one per bit of its size. */
function growingTree() {
  const complete = [];
  return {
    add: (line) => {
      let hash = leafOf(line);
      let level = 0;
      for (; complete[level] !== undefined; level += 1) {
        hash = nodeOf(complete[level], hash);
        complete[level] = undefined;
      }
      complete[level] = hash;
    },
    root: () => {
      const parts = complete.filter((hash) => hash !== undefined);
      return (parts.length === 0 ? sha256('') : parts.reduce((right, left) => nodeOf(left, right))).toString('hex');
    },
  };
}

/** Compares a journal with itself, its checkpoints and what others kept of them. @throws Error when a file cannot be read */
export function verifyLog({ journal, checkpoints, anchors = [], identity }) {
  const problems = [];
  const claims = [...(checkpoints === undefined ? [] : [checkpoints]), ...anchors].flatMap((file) =>
    readCheckpoints(readFileSync(file, 'utf8')).map((said) => ({ file, said })),
  );
  const counted = (files) => claims.filter(({ file }) => files.includes(file)).length;
  if (anchors.length > 0 && counted(anchors) === 0) problems.push(`${anchors.join(', ')}: no checkpoint in it`);
  const bySize = new Map();
  for (const { file, said } of claims) {
    const fault = checkpointFault(said, identity);
    if (fault !== null) problems.push(`${file}: the checkpoint of ${said.size} records ${fault}`);
    else bySize.set(said.size, [...(bySize.get(said.size) ?? []), { file, said }]);
  }

  const [tree, differing] = [growingTree(), new Set()];
  let [records, head, torn, brokenAt, origin, agreed] = [0, '0'.repeat(64), 0, null, undefined, 0];
  const compare = (file, said) => {
    if ((origin ?? said.origin) !== said.origin) problems.push(`${file}: a checkpoint is of another vault (${said.origin})`);
    else if (said.root === tree.root()) agreed = Math.max(agreed, said.size);
    else if (!differing.has(file)) {
      differing.add(file); // every later checkpoint of it differs as well
      const between = `the difference lies in records ${agreed + 1} to ${said.size}`;
      problems.push(`${file}: the journal is not the one that had ${said.size} records at ${timeOf(said.at)}; ${between}`);
    }
  };
  const take = (record, line) => {
    if (record.kind === 'opened') origin ??= `holdfast/log/v1/${record.vaultId}`;
    if (record.kind === 'checkpoint') {
      const { size, root, at, signature } = record;
      const said = { v: 1, origin, size, root, at, signature };
      const fault = checkpointFault(said, identity) ?? (size === records ? null : `counts ${size} records`);
      if (fault === null) compare(journal, said);
      else problems.push(`record ${record.seq}: its checkpoint ${fault}`);
    }
    tree.add(line);
    records += 1;
    for (const { file, said } of bySize.get(records) ?? []) compare(file, said);
  };
  for (const { line, isWhole } of linesOf(journal)) {
    if (!isWhole) {
      torn = line.length;
      break;
    }
    const { wrong, record, hash } = readLine(line, records, head);
    if (wrong !== undefined) {
      brokenAt = records + 1;
      problems.push(`${journal}: record ${brokenAt} was changed or is missing: ${wrong}`);
      break;
    }
    take(record, line);
    head = hash;
  }
  const most = [...bySize.keys()].reduce((found, size) => Math.max(found, size), records);
  if (most > records && brokenAt === null) {
    const [{ file, said }] = bySize.get(most);
    const claim = `${file} says ${said.size} at ${timeOf(said.at)}`;
    problems.push(`${journal}: it ends after ${records} records, but ${claim}: it was cut short`);
  }
  const counts = { checkpoints: counted([checkpoints]), anchors: counted(anchors) };
  const fingerprint = identity === undefined ? '' : fingerprintOf(identity);
  return { ok: problems.length === 0, problems, records, brokenAt, head, root: tree.root(), torn, ...counts, fingerprint };
}

const timeOf = (at) => new Date(at).toISOString();

/** Root that leaf `index` (from 0) of a tree of `size` leaves and its audit path lead to, hex; null if the path does not fit. */
export function rootFromInclusion(leaf, index, size, path) {
  let [hash, at, last, used] = [leaf, index, size - 1, 0];
  for (; last > 0; at >>= 1, last >>= 1) {
    if (at % 2 === 0 && at === last) continue; // no sibling on this level
    const sibling = Buffer.from(path[used++] ?? '', 'hex');
    if (sibling.length !== 32) return null;
    hash = at % 2 === 1 ? nodeOf(sibling, hash) : nodeOf(hash, sibling);
  }
  return used === path.length && index < size ? hash.toString('hex') : null;
}

/** What is wrong with the proof that a record stands in the log of a signed checkpoint, or null. */
export function proofFault({ record, line, leaf, path, checkpoint }, pem) {
  const fault = checkpointFault(checkpoint, pem);
  if (fault !== null) return `record ${record}: the checkpoint ${fault}`;
  if (line !== null && leafOf(Buffer.from(line)).toString('hex') !== leaf)
    return `record ${record}: the text is not that of its leaf`;
  if (line !== null && JSON.parse(line).seq !== record) return `record ${record}: the text is of another record`;
  const root = rootFromInclusion(Buffer.from(leaf, 'hex'), record - 1, checkpoint.size, path);
  return root === checkpoint.root ? null : `record ${record}: it is not in the log of that checkpoint`;
}

/** Checks an unpacked incident report: the list of hashes, and that each record of it stands in the vault's signed log. */
export function verifyReport(folder, pem) {
  const problems = [];
  const read = (name) => readFileSync(join(folder, name));
  const listed = read('SHA256SUMS')
    .toString('utf8')
    .trim()
    .split('\n')
    .map((row) => row.split('  '));
  for (const [hash, name] of listed) if (sha256(read(name)).toString('hex') !== hash) problems.push(`${name} was changed`);
  for (const name of readdirSync(folder))
    if (name !== 'SHA256SUMS' && !listed.some((row) => row[1] === name)) problems.push(`${name} is not of this report`);
  const key = pem ?? read('identity.pub').toString('utf8');
  const checkpoint = JSON.parse(read('checkpoint.json').toString('utf8'));
  const rows = read('records.jsonl')
    .toString('utf8')
    .split('\n')
    .filter((row) => row !== '');
  for (const row of rows) {
    const fault = proofFault({ ...JSON.parse(row), checkpoint }, key);
    if (fault !== null) problems.push(fault);
  }
  return { ok: problems.length === 0, problems, files: listed.length, proofs: rows.length };
}

function check(words, values, identity) {
  const [checkpoints, report, proof] = ['--checkpoints', '--report', '--proof'].map((it) => values(it)[0]);
  if (report !== undefined) return verifyReport(report, identity);
  if (proof === undefined) return verifyLog({ journal: words[0], checkpoints, anchors: values('--anchors'), identity });
  const fault = proofFault(JSON.parse(readFileSync(proof, 'utf8')), identity);
  return { ok: fault === null, problems: fault === null ? [] : [fault] };
}

function main(words) {
  if (words.length === 0 || (words[0].startsWith('-') && !/^--(report|proof)$/.test(words[0]))) return 64;
  const values = (name) => words.flatMap((word, n) => (word === name && words[n + 1] !== undefined ? [words[n + 1]] : []));
  const identity = values('--identity').map((file) => readFileSync(file, 'utf8'))[0];
  const known =
    identity === undefined ? 'no --identity, so no signature is checked' : `vault identity ${fingerprintOf(identity)}`;
  const { problems, ...counts } = check(words, values, identity);
  const verdict = counts.ok ? 'all agrees' : 'IT DOES NOT AGREE';
  const lines = [known, ...problems.map((it) => `WRONG: ${it}`), JSON.stringify(counts), verdict];
  process.stdout.write(`${lines.join('\n')}\n`);
  return counts.ok ? 0 : 1;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  process.exitCode = main(process.argv.slice(2));
