/**
 * The files of an incident report. Everything in it comes from the journal, and each record of it carries the proof that it
 * stands in the log that the vault signed. No secret is in it: the journal has none, and what names addresses stays a hash.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Checkpoint, type JournalReading, proofOf } from '../journal.ts';
import { actOf, isLoose, type RawRecord, sentenceOf, textOf, timeOf, timeText } from '../sentences.ts';
import { type AccountFacts, htmlOf, type Summary } from './html.ts';
import { csvOf, type FillRow, sumOf, type Trading, tradingOf } from './orders.ts';
import { scopeOf } from './scope.ts';
import type { ArchiveFile } from './tar.ts';

export interface IncidentRequest {
  readonly reading: JournalReading;
  readonly owner: string;
  /** Unix ms of the exchange's clock, both included. Mandates and keys are told whole, whenever they were signed. */
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  /** Public key of the vault's identity, PEM, and its fingerprint. */
  readonly identity: string;
  readonly fingerprint: string;
  /** What the verification of the whole log found, one line each; empty when it agreed. */
  readonly problems: readonly string[];
  /** Checkpoints that were kept outside the signer. */
  readonly anchors: readonly Checkpoint[];
  /** Unix ms. */
  readonly now: number;
}

export interface Incident {
  readonly files: readonly ArchiveFile[];
  readonly summary: Summary;
}

const orderColumns = [
  'record',
  'time',
  'account',
  'exchangeOrderId',
  'idAtExchange',
  'clientOrderId',
  'subKey',
  'pair',
  'side',
  'order',
  'quantity',
  'limit',
  'trigger',
  'reference',
  'verdict',
  'reason',
  'outcome',
  'filled',
] as const;
const fillColumns = [
  'record',
  'time',
  'account',
  'exchangeOrderId',
  'tradeId',
  'clientOrderId',
  'pair',
  'side',
  'price',
  'quantity',
  'value',
  'fee',
  'feeAsset',
  'reference',
  'givenAway',
] as const;
/** Kinds that are told as orders and trades, or are of the machinery. */
const untold: ReadonlySet<string> = new Set(['decided', 'checkpoint', 'anchored', 'noticed', 'trades-known', 'key-checked']);

/** @throws RangeError when there is no checkpoint yet, or the owner has no record */
export function incidentOf(request: IncidentRequest): Incident {
  const { reading, from, to, owner, identity, now } = request;
  const checkpoint = reading.checkpoints.at(-1);
  if (checkpoint === undefined)
    throw new RangeError('the log has no checkpoint yet; one is made within a minute after something happened');
  const scope = scopeOf(reading.records, owner);
  const isIn = (it: RawRecord): boolean => timeOf(it) >= from && timeOf(it) <= to && scope.isMine(it);
  const covered = reading.records.slice(0, checkpoint.size);
  const chosen = covered.filter((it) => scope.isMine(it) && (isIn(it) || isStanding(it)));
  const trading = tradingOf(covered, isIn);
  const shown = chosen.filter(scope.isShown);

  const rows = chosen.map((it) => {
    const { record, line, leaf, path } = proofOf(reading, it.seq, checkpoint, scope.isShown(it));
    return JSON.stringify({ record, line, leaf, path });
  });
  const accounts = [...scope.accounts].map((account) => accountFacts(account, shown, trading));
  const summary: Summary = {
    owner,
    vaultId: checkpoint.origin.split('/').at(-1) ?? '',
    fingerprint: request.fingerprint,
    madeAt: now,
    from,
    to,
    reason: request.reason,
    problems: request.problems,
    checkpoint,
    records: chosen.length,
    hidden: chosen.length - shown.length,
    anchors: request.anchors.length,
    accounts,
    events: eventsOf(shown.filter(isIn)),
    refusals: refusalsOf(trading),
    mandates: mandatesOf(shown),
    ...trading,
  };
  const files = [
    text('README.txt', readme(summary)),
    text('summary.html', htmlOf(summary)),
    text('records.jsonl', lines(rows)),
    text('checkpoint.json', `${JSON.stringify(checkpoint)}\n`),
    text('checkpoints.jsonl', lines(reading.checkpoints.map((it) => JSON.stringify(it)))),
    text('anchors.jsonl', lines(request.anchors.map((it) => JSON.stringify(it)))),
    text('identity.pub', identity),
    text('mandates.json', json(shown.filter(isStanding).map(signedText))),
    text('keys.json', json(accounts.map(({ account, exchange, uid, keyIds }) => ({ account, exchange, uid, keyIds })))),
    text('orders.csv', csvOf(trading.orders, orderColumns)),
    text('fills.csv', csvOf(trading.fills, fillColumns)),
    text('timeline.txt', lines(shown.filter(isIn).map((it) => `${it.seq}\t${timeText(timeOf(it))}\t${sentenceOf(it)}`))),
    { name: 'holdfast-verify.mjs', bytes: readFileSync(fileURLToPath(new URL('../holdfast-verify.mjs', import.meta.url))) },
  ];
  const sums = files.map(({ name, bytes }) => `${createHash('sha256').update(bytes).digest('hex')}  ${name}`);
  return { files: [...files, text('SHA256SUMS', lines(sums))], summary };
}

const text = (name: string, content: string): ArchiveFile => ({ name, bytes: Buffer.from(content, 'utf8') });
const lines = (rows: readonly string[]): string => rows.map((row) => `${row}\n`).join('');
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** What stays in force and so belongs in the report whenever it was: owner acts, and what became of those that waited. */
const isStanding = (it: RawRecord): boolean => ['owner-act', 'enrolled', 'activated', 'vetoed', 'narrowed'].includes(it.kind);

/** An act as it was signed: the text, what proves it, and where it stands in the log. */
function signedText(it: RawRecord) {
  const { seq, time, os, kind } = it;
  const known = { record: seq, time, machineTime: os, kind, owner: it.owner ?? null };
  if (kind === 'enrolled') return { ...known, credential: it.credential ?? null };
  return {
    ...known,
    id: it.id ?? it.pending ?? null,
    redacted: it.redacted ?? false,
    text: it.text ?? null,
    proof: it.proof ?? it.signature ?? null,
  };
}

function accountFacts(account: string, records: readonly RawRecord[], { orders, fills }: Trading): AccountFacts {
  const acts = records.filter((it) => it.kind === 'owner-act' && textOf(actOf(it), 'account') === account);
  const keyIds = acts
    .flatMap((it) => [textOf(actOf(it), 'apiKey'), textOf(it, 'result', 'key', 'apiKey')])
    .filter((it) => it !== '');
  const mine = fills.filter((it) => it.account === account);
  return {
    account,
    exchange: acts.map((it) => textOf(actOf(it), 'exchange')).findLast((it) => it !== '') ?? '',
    uid: acts.map((it) => textOf(it, 'result', 'key', 'uid')).findLast((it) => it !== '') ?? '',
    keyIds: [...new Set(keyIds)],
    orders: orders.filter((it) => it.account === account && it.verdict === 'approved').length,
    fills: mine.length,
    losses: lossesOf(mine),
  };
}

const quoteOf = (pair: string): string => pair.split('/')[1] ?? '';

function lossesOf(fills: readonly FillRow[]): AccountFacts['losses'] {
  const quotes = [...new Set(fills.map((it) => quoteOf(it.pair)))];
  return quotes.map((quote) => {
    const of = fills.filter((it) => quoteOf(it.pair) === quote);
    return { quote, turnover: sumOf(of.map((it) => it.value)), givenAway: sumOf(of.map((it) => it.givenAway)) };
  });
}

/** The record in words, without each single order and trade. */
function eventsOf(records: readonly RawRecord[]): Summary['events'] {
  return records
    .filter((it) => !untold.has(it.kind) && (it.kind !== 'settled' || textOf(it, 'event', 'kind') !== 'order'))
    .map((it) => ({ record: it.seq, time: timeOf(it), text: sentenceOf(it) }));
}

function refusalsOf({ orders }: Trading): Summary['refusals'] {
  const byCode = Map.groupBy(
    orders.filter((it) => it.verdict !== 'approved'),
    (it) => it.verdict,
  );
  return [...byCode]
    .map(([code, rows]) => ({
      code,
      count: rows.length,
      first: rows[0]?.time ?? 0,
      last: rows.at(-1)?.time ?? 0,
      example: rows[0]?.reason ?? '',
    }))
    .sort((a, b) => b.count - a.count);
}

const mandatesOf = (records: readonly RawRecord[]): Summary['mandates'] =>
  records
    .filter((it) => it.kind === 'owner-act' && textOf(actOf(it), 'act') === 'mandate')
    .map((it) => {
      const { mandate } = actOf(it);
      const proof = isLoose(it.proof) ? `${textOf(it.proof, 'kind')} ${textOf(it.proof, 'credential')}` : 'ed25519';
      const account = textOf(mandate, 'account');
      return { record: it.seq, time: timeOf(it), account, seq: textOf(mandate, 'seq'), proof, text: JSON.stringify(mandate) };
    });

const readme = (it: Summary): string => `Incident report of a Holdfast trading vault

Owner ${it.owner}, vault ${it.vaultId}, identity ${it.fingerprint}
Period ${timeText(it.from)} to ${timeText(it.to)}, made ${timeText(it.madeAt)}
${it.problems.length === 0 ? '' : `\nTHE LOG DID NOT AGREE when this report was made:\n${it.problems.map((problem) => `  ${problem}\n`).join('')}`}
Begin with summary.html: it says what happened in plain words and can be printed.

summary.html         what happened, which accounts and orders, what was refused, how to check it
orders.csv           every order: the exchange's order id, the client order id it was sent with, terms, verdict, outcome
fills.csv            every trade: the exchange's order and trade id, price, quantity, fee
timeline.txt         every record in words: number, time (UTC), sentence
mandates.json        what the owner signed, with the signatures, since the account was made
keys.json            ids of the exchange keys; no secret
records.jsonl        the records themselves, each with the proof that it stands in the signed log
checkpoint.json      the state of the log that the vault signed
checkpoints.jsonl    all such states
anchors.jsonl        those that were kept outside the vault's record
identity.pub         public key of the vault, which checks those signatures
holdfast-verify.mjs  the program that checks all this: node holdfast-verify.mjs --report .
SHA256SUMS           hashes of the files above
`;
