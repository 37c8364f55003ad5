/** The summary of an incident report for people who have never heard of this program: one page, no script, made to be printed. */
import type { Checkpoint } from '../journal.ts';
import { timeText } from '../sentences.ts';
import type { FillRow, OrderRow } from './orders.ts';

export interface AccountFacts {
  readonly account: string;
  readonly exchange: string;
  /** Fingerprint of the exchange's number of the account, '' when it is not known. */
  readonly uid: string;
  /** Key ids as the exchange shows them, the newest last. No secret. */
  readonly keyIds: readonly string[];
  readonly orders: number;
  readonly fills: number;
  /** By quote asset: what was paid in fees, and given away against the reference price. */
  readonly losses: readonly { readonly quote: string; readonly turnover: string; readonly givenAway: string }[];
}

export interface Summary {
  readonly owner: string;
  readonly vaultId: string;
  readonly fingerprint: string;
  readonly madeAt: number;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  readonly problems: readonly string[];
  readonly checkpoint: Checkpoint;
  readonly records: number;
  readonly hidden: number;
  readonly anchors: number;
  readonly accounts: readonly AccountFacts[];
  readonly events: readonly { readonly record: number; readonly time: number; readonly text: string }[];
  readonly refusals: readonly {
    readonly code: string;
    readonly count: number;
    readonly first: number;
    readonly last: number;
    readonly example: string;
  }[];
  readonly mandates: readonly {
    readonly record: number;
    readonly time: number;
    readonly account: string;
    readonly seq: string;
    readonly proof: string;
    readonly text: string;
  }[];
  readonly orders: readonly OrderRow[];
  readonly fills: readonly FillRow[];
}

/** Rows of a table on the page; the files beside it have all. */
const rowsMax = 1000;

export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`).replace(/[\u202a-\u202e\u2066-\u2069]/g, '\ufffd');

const table = (headings: readonly string[], rows: readonly (readonly (string | number)[])[], file: string): string => {
  if (rows.length === 0) return '<p>None.</p>';
  const head = headings.map((it) => `<th>${escaped(it)}</th>`).join('');
  const body = rows.slice(0, rowsMax).map((row) => `<tr>${row.map((it) => `<td>${escaped(String(it))}</td>`).join('')}</tr>`);
  const more = rows.length > rowsMax ? `<p>The first ${rowsMax} of ${rows.length}; all are in <code>${file}</code>.</p>` : '';
  return `<table><thead><tr>${head}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table>${more}`;
};

const style = `
body{font:15px/1.5 system-ui,sans-serif;color:#111;background:#fff;max-width:1000px;margin:2em auto;padding:0 1em}
h1{font-size:1.6em;margin-bottom:0}h2{font-size:1.2em;border-bottom:2px solid #111;margin-top:2em}
table{border-collapse:collapse;width:100%;font-size:12px;margin:.5em 0}th,td{border:1px solid #999;padding:3px 5px;text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{background:#eee}dl{display:grid;grid-template-columns:14em 1fr;gap:.2em 1em}dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}
code,pre{font:12px ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap}
@media print{body{margin:0;max-width:none;font-size:11pt}h2{break-after:avoid}tr{break-inside:avoid}thead{display:table-header-group}}`;

const facts = (rows: readonly (readonly [string, string])[]): string =>
  `<dl>${rows.map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`).join('')}</dl>`;

const faults = (problems: readonly string[]): string =>
  problems.length === 0
    ? ''
    : `
<h2>The log did not agree</h2>
<p>When this report was made, the log of the vault contradicted itself or what was kept of it elsewhere. Somebody changed it, cut it or put an older one back:</p>
<ul>${problems.map((it) => `<li>${escaped(it)}</li>`).join('')}</ul>`;

export function htmlOf(it: Summary): string {
  const filled = it.orders.filter((row) => row.verdict === 'approved');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Incident report of a trading vault</title><style>${style}</style></head><body>
<h1>Incident report of a trading vault</h1>
<p>Made ${timeText(it.madeAt)}. All times are UTC. All amounts are as the exchange and the vault stated them.</p>
${faults(it.problems)}
<h2>What this is</h2>
<p>The owner of the exchange accounts below trades through programs. The programs have no access to the exchange. A separate program on the owner's machine, the
<em>vault</em>, holds the keys of the exchange accounts. It checks each order against limits that the owner signed, writes down its decision, and only then sends the order to the exchange. This report
is a part of that record. The record cannot be changed afterwards without being noticed, see <a href="#verify">How to check this report</a>.</p>
${facts([
  ['Owner', it.owner],
  ['Reason given for the report', it.reason || 'none'],
  ['Period', `${timeText(it.from)} to ${timeText(it.to)}`],
  ['Vault', it.vaultId],
  ['Identity of the vault', it.fingerprint],
  [
    'Records in this report',
    `${it.records} of a log of ${it.checkpoint.size}; ${it.hidden} of them as hashes only (addresses of the owner, sealed keys)`,
  ],
  ['Signed state of the log', `${it.checkpoint.size} records at ${timeText(it.checkpoint.at)}, root ${it.checkpoint.root}`],
  ['Signed states kept outside the vault', String(it.anchors)],
])}

<h2>Exchange accounts</h2>
<p>Key ids are the public names of access keys, as the exchange lists them. No secret is in this report.</p>
${table(
  [
    'Account',
    'Exchange',
    'Fingerprint of its number',
    'Key ids',
    'Orders',
    'Trades',
    'Turnover',
    'Given away against the market price',
  ],
  it.accounts.map((row) => [
    row.account,
    row.exchange,
    row.uid,
    row.keyIds.join(', '),
    row.orders,
    row.fills,
    row.losses.map(({ quote, turnover }) => `${turnover} ${quote}`).join(', '),
    row.losses.map(({ quote, givenAway }) => `${givenAway} ${quote}`).join(', '),
  ]),
  'keys.json',
)}
<p>"Given away" compares the price of each trade with the middle price of independent exchanges when the vault decided, without fees. It is the measure of a theft by bad prices.</p>

<h2>What happened</h2>
${table(
  ['Time (UTC)', 'Record', 'Event'],
  it.events.map((row) => [timeText(row.time), row.record, row.text]),
  'timeline.txt',
)}

<h2>Orders that were sent to the exchange</h2>
<p>The exchange finds each order by its own order id, or by the client order id that it was sent with.</p>
${table(
  [
    'Time (UTC)',
    'Account',
    'Order id at the exchange',
    'Client order id at the exchange',
    'Pair',
    'Side',
    'Type',
    'Quantity',
    'Limit',
    'Outcome',
    'Filled',
  ],
  filled.map((row) => [
    timeText(row.time),
    row.account,
    row.exchangeOrderId,
    row.idAtExchange,
    row.pair,
    row.side,
    row.order,
    row.quantity,
    row.limit,
    row.outcome,
    row.filled,
  ]),
  'orders.csv',
)}

<h2>Trades at the exchange</h2>
${table(
  [
    'Time (UTC)',
    'Account',
    'Order id at the exchange',
    'Trade id',
    'Pair',
    'Side',
    'Price',
    'Quantity',
    'Value',
    'Fee',
    'Market price',
    'Given away',
  ],
  it.fills.map((row) => [
    timeText(row.time),
    row.account,
    row.exchangeOrderId,
    row.tradeId,
    row.pair,
    row.side,
    row.price,
    row.quantity,
    row.value,
    `${row.fee} ${row.feeAsset}`,
    row.reference,
    row.givenAway,
  ]),
  'fills.csv',
)}

<h2>What the vault refused</h2>
<p>These orders never left the machine.</p>
${table(
  ['Code', 'How often', 'First', 'Last', 'Example'],
  it.refusals.map((row) => [row.code, row.count, timeText(row.first), timeText(row.last), row.example]),
  'orders.csv',
)}

<h2>Limits that the owner signed</h2>
${table(
  ['Time (UTC)', 'Record', 'Account', 'Number', 'Signed with', 'Limits'],
  it.mandates.map((row) => [timeText(row.time), row.record, row.account, row.seq, row.proof, row.text]),
  'mandates.json',
)}

<h2 id="verify">How to check this report</h2>
<ol>
<li>Unpack the archive into an empty folder. A machine with Node.js 20 or newer is enough; no network is needed.</li>
<li>Run <code>node holdfast-verify.mjs --report .</code> in that folder. It must say <code>all agrees</code>. It checks that no file was changed (SHA256SUMS), and that every record of
<code>records.jsonl</code> stands in the log whose state the vault signed (<code>checkpoint.json</code>, Ed25519 over a Merkle tree as in RFC 6962). The program has 250 lines; you may read it or write your own.</li>
<li>Compare the identity of the vault above with the one that the owner kept outside the machine, and the states in <code>anchors.jsonl</code> with those that the owner's mailbox, telephone or web service received at the time. They
show that the log was not written anew afterwards. Whole mails and messages can be given to the program with <code>--anchors</code> together with the whole log, which the owner has.</li>
<li>Ask the exchange for the orders by their ids, and for the addresses from which they and other orders of the same keys came.</li>
</ol>
</body></html>
`;
}
