/** Custody test 95: what the report holds, that it proves itself, and that nothing else is in it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { signCheckpoint } from '../../signer/audit/checkpoint.ts';
import { createFrontier } from '../../signer/audit/frontier.ts';
import { createJournal, type JournalPort, noHash } from '../../signer/journal.ts';
import type { RecordBody } from '../../signer/records.ts';
import { readJournalText } from '../journal.ts';
import { fingerprintOf, verifyReport } from '../verify.ts';
import { escaped } from './html.ts';
import { csvOf, sumOf, tradingOf } from './orders.ts';
import { incidentOf } from './report.ts';
import { tarOf } from './tar.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-incident-'));
after(() => rmSync(folder, { recursive: true }));

const vault = generateKeyPairSync('ed25519');
const identity = vault.publicKey.export({ type: 'spki', format: 'pem' }).toString();

/** A journal of these records, then a checkpoint over them all. */
async function journalOf(bodies: readonly object[], hasExchangeTime = true): Promise<string> {
  const chunks: Buffer[] = [];
  const port: JournalPort = {
    load: () => Buffer.alloc(0),
    truncate: () => {},
    write: async (bytes) => void chunks.push(bytes),
  };
  const frontier = createFrontier();
  const journal = createJournal(port, { seq: 0, head: noHash }, assert.fail, (line) => frontier.add(line));
  let time = 1000;
  for (const body of bodies) {
    time += 1000;
    journal.append(body as RecordBody, hasExchangeTime ? time : 0, time);
  }
  const root = frontier.root().toString('hex');
  const { size, at, signature } = signCheckpoint(vault.privateKey, 'holdfast/log/v1/test-vault', frontier.size(), root, time);
  journal.append({ kind: 'checkpoint', size, root, at, signature } as RecordBody, time, time);
  await new Promise<void>((done) => journal.whenDurable(done));
  return Buffer.concat(chunks).toString('utf8');
}

const act = (owner: string, value: object, more: object = {}) => ({
  kind: 'owner-act',
  id: 'ab'.repeat(32),
  text: JSON.stringify(value),
  redacted: false,
  owner,
  proof: { kind: 'ed25519', credential: 'c1', signature: 'sig' },
  result: {},
  ...more,
});
const place = (account: string, subKey: string, clientOrderId: string, verdict: object = { kind: 'approved' }) => ({
  kind: 'decided',
  account,
  subKey,
  intent: { kind: 'place-order', clientOrderId, pair: 'BTC/USDT', side: 'buy', order: 'limit', quantity: '0.5', limit: '101' },
  verdict,
  reference: '100',
  hold: null,
  upstreamId: `up-${clientOrderId}`,
});
const event = (account: string, subKey: string, clientOrderId: string, more: object) => ({
  kind: 'settled',
  event: { kind: 'order', seq: 1, account, subKey, event: { clientOrderId, pair: 'BTC/USDT', side: 'buy', at: 5, ...more } },
  foreign: null,
});
const bodies = [
  { kind: 'opened', epoch: 1, vaultId: 'test-vault' },
  act('alice', { act: 'account-create', account: 'a1', exchange: 'binance', key: 'ed25519', at: 1 }),
  act('alice', { act: 'account-connect', account: 'a1', apiKey: 'KEY-OF-ALICE', at: 1 }),
  act('bob', { act: 'account-create', account: 'bobs-account', exchange: 'binance', key: 'ed25519', at: 1 }),
  act('alice', {
    act: 'destinations',
    destinations: [{ id: 'n', kind: 'ntfy', url: 'https://ntfy.example/canary-topic' }],
    at: 1,
  }),
  act('alice', { act: 'mandate', mandate: { account: 'a1', seq: 1, note: '<script>alert(1)</script>' }, at: 1 }),
  {
    kind: 'granted',
    subKey: 'k1',
    bot: 'x',
    account: 'a1',
    pairs: [],
    maxOrderQuote: '1',
    turnover24h: '1',
    rights: [],
    by: 'engine',
  },
  place('a1', 'k1', 'o1'),
  event('a1', 'k1', 'o1', { kind: 'order-accepted', exchangeOrderId: '4711' }),
  event('a1', 'k1', 'o1', {
    kind: 'order-filled',
    tradeId: 't1',
    price: '101',
    quantity: '0.5',
    filled: '0.5',
    complete: true,
    fee: '0.01',
    feeAsset: 'USDT',
    maker: false,
  }),
  place('a1', 'k1', 'o2', { kind: 'refused', code: 'E_SYMBOL', reason: '=cmd|evil' }),
  place('bobs-account', 'k9', 'of-bob'),
  {
    kind: 'frozen',
    account: 'a1',
    subKey: null,
    pair: null,
    condition: 'frozen',
    reason: 'rule R9',
    by: 'rule R9',
    automatic: true,
  },
  { kind: 'noticed', id: 'x', owner: 'bob', destination: 'm', title: 'for-bob-only', ok: true, reason: '', attempts: 1 },
];

async function incident(change: object = {}) {
  const reading = readJournalText(await journalOf(bodies));
  const request = {
    reading,
    owner: 'alice',
    from: 0,
    to: 1e12,
    reason: 'coins are gone',
    identity,
    fingerprint: fingerprintOf(identity),
    anchors: reading.checkpoints,
    problems: [],
    now: 1_700_000_000_000,
    ...change,
  };
  return { reading, ...incidentOf(request) };
}
const fileOf = (files: readonly { name: string; bytes: Buffer }[], name: string): string =>
  files.find((it) => it.name === name)?.bytes.toString('utf8') ?? assert.fail(`${name} is missing`);

function unpacked(files: readonly { name: string; bytes: Buffer }[]): string {
  const to = mkdtempSync(join(folder, 'report-'));
  for (const { name, bytes } of files) writeFileSync(join(to, name), bytes);
  return to;
}

test('the report verifies, and any change to it is found', async () => {
  const { files, summary } = await incident();
  const good = verifyReport(unpacked(files), undefined);
  assert.deepEqual(good.problems, []);
  assert.equal(good.proofs, summary.records);
  const row = fileOf(files, 'records.jsonl');
  const changed = unpacked(files);
  writeFileSync(join(changed, 'records.jsonl'), row.replace('4711', '4712'));
  const found = verifyReport(changed, identity).problems.join('\n');
  assert.match(found, /records\.jsonl was changed/);
  assert.match(found, /the text is not that of its leaf/);
  const added = unpacked(files);
  writeFileSync(join(added, 'more.txt'), '');
  assert.match(verifyReport(added, identity).problems.join(), /more\.txt is not of this report/);
  const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString();
  assert.match(verifyReport(unpacked(files), other).problems.join(), /not signed by this vault/);
});

test('the program in the report checks it by itself', async () => {
  const { files } = await incident();
  const to = unpacked(files);
  for (const node of [process.execPath, '/usr/bin/node'].filter((it) => existsSync(it))) {
    const ran = spawnSync(node, [join(to, 'holdfast-verify.mjs'), '--report', to], { encoding: 'utf8' });
    assert.equal(ran.status, 0, ran.stdout + ran.stderr);
    assert.match(ran.stdout, /all agrees/);
  }
});

test('it is about one owner: nothing of another, no address of his own, no sealed key', async () => {
  const { files, summary } = await incident();
  const all = Buffer.concat(files.map(({ bytes }) => bytes)).toString('utf8');
  for (const word of ['canary-topic', 'of-bob', 'for-bob-only', 'bobs-account']) assert.ok(!all.includes(word), word);
  assert.equal(summary.hidden, 1);
  assert.match(fileOf(files, 'records.jsonl'), /"record":5,"line":null/);
});

test('orders and trades are told by the exchange’s ids, with what they gave away', async () => {
  const { files, summary } = await incident();
  assert.deepEqual(
    summary.orders.map((it) => [it.exchangeOrderId, it.idAtExchange, it.verdict, it.outcome]),
    [
      ['4711', 'up-o1', 'approved', 'filled'],
      ['', 'up-o2', 'E_SYMBOL', 'refused by the vault'],
    ],
  );
  assert.deepEqual(summary.accounts, [
    {
      account: 'a1',
      exchange: 'binance',
      uid: '',
      keyIds: ['KEY-OF-ALICE'],
      orders: 1,
      fills: 1,
      losses: [{ quote: 'USDT', turnover: '50.5', givenAway: '0.5' }],
    },
  ]);
  assert.match(fileOf(files, 'fills.csv'), /4711,t1,o1,BTC\/USDT,buy,101,0\.5,50\.5,0\.01,USDT,100,0\.5/);
  assert.match(fileOf(files, 'orders.csv'), /'=cmd\|evil/, 'a spreadsheet does not take a reason for a formula');
});

test('the summary shows texts as texts', async () => {
  const { files } = await incident();
  const html = fileOf(files, 'summary.html');
  assert.ok(!html.includes('<script>'));
  assert.ok(html.includes('&#60;script&#62;'));
  assert.match(html, /rule R9/);
  assert.match(html, /coins are gone/);
  assert.doesNotMatch(html, /https?:\/\//, 'it loads and links nothing');
  assert.equal(escaped('a\u202eb'), 'a\ufffdb');
});

test('a log that does not agree is told as such', async () => {
  const { files } = await incident({ problems: ['record 3 was changed'] });
  assert.match(fileOf(files, 'summary.html'), /The log did not agree[\s\S]*record 3 was changed/);
  assert.match(fileOf(files, 'README.txt'), /record 3 was changed/);
});

test('only what lies in the period is told, but what the owner signed is told whole', async () => {
  const { files, summary } = await incident({ from: 12_000 });
  assert.deepEqual(
    summary.orders.map((it) => it.clientOrderId),
    ['o2'],
  );
  assert.equal(summary.mandates.length, 1);
  assert.deepEqual(verifyReport(unpacked(files), identity).problems, []);
});

test('what happened before an exchange said its time is told by the machine’s clock', async () => {
  const reading = readJournalText(await journalOf(bodies, false));
  const { files, summary } = await incident({ reading, from: 12_000 });
  assert.deepEqual(
    summary.orders.map(({ clientOrderId, time }) => [clientOrderId, time]),
    [['o2', 12_000]],
  );
  assert.doesNotMatch(fileOf(files, 'summary.html'), /1970-01-01 00:00:00/);
  assert.match(fileOf(files, 'timeline.txt'), /1970-01-01 00:00:14 UTC\taccount a1: frozen by rule R9/);
});

test('a log without a checkpoint proves nothing yet', async () => {
  const text = await journalOf(bodies);
  const reading = readJournalText(text.split('\n').slice(0, 3).join('\n').concat('\n'));
  await assert.rejects(incident({ reading }), /no checkpoint yet/);
});

test('sums are exact and the archive is one that tar reads', () => {
  assert.equal(sumOf(['0.1', '0.2', '-0.000000000000000000000001']), '0.299999999999999999999999');
  assert.equal(csvOf([{ time: 0, a: 'x"y' }], ['time', 'a']), 'time,a\r\n1970-01-01T00:00:00.000Z,"x""y"\r\n');
  assert.deepEqual(
    tradingOf([], () => true),
    { orders: [], fills: [] },
  );
  const archive = join(folder, 'x.tar');
  writeFileSync(
    archive,
    tarOf(
      [
        { name: 'a.txt', bytes: Buffer.from('hello') },
        { name: 'b', bytes: Buffer.alloc(513, 65) },
      ],
      1_700_000_000_000,
    ),
  );
  const to = mkdtempSync(join(folder, 'tar-'));
  const ran = spawnSync('tar', ['-xf', archive, '-C', to], { encoding: 'utf8' });
  assert.equal(ran.status, 0, ran.stderr);
  assert.equal(readFileSync(join(to, 'a.txt'), 'utf8'), 'hello');
  assert.equal(readFileSync(join(to, 'b')).length, 513);
  assert.throws(() => tarOf([{ name: '../evil ', bytes: Buffer.alloc(0) }], 0), RangeError);
});
