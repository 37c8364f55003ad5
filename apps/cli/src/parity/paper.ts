/**
 * One bot over one tape as paper: exchange, vault, engine and server as `up` starts them, in a directory of their own, at full
 * speed; then what the engine's database says of it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Amount, amount, type Pair, type PairRules } from '@holdfast/domain';
import { exchangeClock } from '@holdfast/exchange/control';
import { binanceMarketData } from '@holdfast/exchanges/market-data';
import { openForReading } from '@holdfast/storage';
import { repositoryRoot } from '../data-directory.ts';
import { CliError, exitCode } from '../exit.ts';
import type { FirstBot } from '../up/demo.ts';
import type { Line, Play } from './compare.ts';

export interface PaperOptions {
  readonly tape: string;
  readonly from?: string;
  readonly to?: string;
  readonly bot: FirstBot;
}

/** What the play was, and what is needed to play it again otherwise. */
export interface PaperPlay extends Play {
  readonly bot: string;
  readonly settings: unknown;
  readonly funds: Readonly<Record<string, Amount>>;
  /** Time of the tape at which the bot was made, and of its end. */
  readonly from: number;
  readonly to: number;
  readonly rules: PairRules;
  /** What the vault refused, in words, oldest first. */
  readonly refusals: readonly string[];
}

const startWithinMs = 90_000;
const lookEveryMs = 100;
const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

const isFree = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const probe = createServer();
    probe.once('error', () => done(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)));
  });

/** A port from 10000 to 20000 whose neighbours that `up` uses are free as well. */
async function freePorts(): Promise<number> {
  for (let port = 10_000 + (process.pid % 90) * 100; port < 19_980; port += 13)
    if ((await Promise.all([0, 1, 2, 10].map((more) => isFree(port + more)))).every((free) => free)) return port;
  throw new CliError(exitCode.portTaken, 'no four free ports from 10000 to 20000');
}

async function start(data: string, port: number, { tape, from, to, bot }: PaperOptions): Promise<ChildProcess> {
  const file = join(data, 'first-bot.json');
  writeFileSync(file, JSON.stringify(bot));
  const range = [...(from === undefined ? [] : ['--from', from]), ...(to === undefined ? [] : ['--to', to])];
  const child = spawn(
    process.execPath,
    [
      ...[resolve(repositoryRoot, 'apps/cli/src/main.ts'), 'up', '--data', join(data, 'run'), '--port', String(port)],
      ...['--tape', tape, '--pair', bot.pair, '--speed', 'max', '--json', '--first-bot', file, ...range],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => {
      output += text.toString();
    });
  for (const deadline = Date.now() + startWithinMs; !/"ready":\s*true/.test(output); await sleep(lookEveryMs)) {
    const isGone = child.exitCode !== null || child.signalCode !== null;
    if (!isGone && Date.now() < deadline) continue;
    await stop(child);
    throw new CliError(exitCode.failed, `the paper account did not start: ${output.trim().split('\n').at(-1) ?? ''}`);
  }
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  await ended;
}

/** @throws CliError when it cannot be started */
export async function playPaper(options: PaperOptions): Promise<PaperPlay> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-parity-'));
  const port = await freePorts();
  let child: ChildProcess | undefined;
  try {
    child = await start(folder, port, options);
    const exchange = `http://127.0.0.1:${port + 10}`;
    const data = join(folder, 'run');
    while (!(await exchangeClock({ url: exchange, data })).ended) await sleep(lookEveryMs);
    const [rules] = await binanceMarketData({ restUrl: exchange, streamUrl: exchange.replace('http', 'ws') }).rules([
      options.bot.pair as Pair,
    ]);
    // What happened last is committed before the engine acknowledges it; the clock only ends after that.
    await sleep(1_000);
    const { now } = await exchangeClock({ url: exchange, data });
    await stop(child);
    return { ...read(join(data, 'engine', 'engine.db')), to: now + 1, rules: rules! };
  } finally {
    if (child !== undefined) await stop(child);
    rmSync(folder, { recursive: true, force: true });
  }
}

type Row = Readonly<Record<string, string | number | null>>;

function read(file: string): Omit<PaperPlay, 'to' | 'rules'> {
  const db = openForReading(file);
  try {
    const rows = (sql: string): Row[] => db.prepare(sql).all() as Row[];
    const [bot] = rows('select * from bots order by created_at limit 1');
    if (bot === undefined) throw new CliError(exitCode.failed, 'the paper account has no bot');
    const funds = JSON.parse(String(bot.funds)) as Record<string, string>;
    const planned = rows("select intent from outbox where kind in ('place-order', 'place-oco') order by seq").flatMap(namesOf);
    const orders = new Map(rows('select * from orders').map((row) => [row.client_order_id, row]));
    return {
      name: 'paper',
      bot: String(bot.id),
      settings: JSON.parse(String(bot.settings)),
      funds: Object.fromEntries(Object.entries(funds).map(([asset, text]) => [asset, amount(text)])),
      from: Number(bot.created_at),
      refusals: rows("select * from outbox where state = 'refused' order by seq").map(
        (row) => `${row.client_order_id} at ${row.planned_at}: ${row.reason} (${row.code})`,
      ),
      orders: planned.flatMap((id) => {
        const row = orders.get(id);
        return row === undefined ? [] : [orderLine(row)];
      }),
      fills: rows('select * from fills order by vault_seq').map(fillLine),
    };
  } finally {
    db.close();
  }
}

/** Client order ids of a planned order, or of the two legs of a planned OCO. */
function namesOf({ intent }: Row): string[] {
  const planned = JSON.parse(String(intent)) as { readonly clientOrderId: string; readonly [leg: string]: unknown };
  const legs = ['limitLeg', 'stopLeg'].flatMap((name) => {
    const leg = planned[name] as { readonly clientOrderId?: string } | undefined;
    return typeof leg === 'object' && leg.clientOrderId !== undefined ? [leg.clientOrderId] : [];
  });
  return legs.length > 0 ? legs : [planned.clientOrderId];
}

const orderLine = (row: Row): Line => ({
  clientOrderId: String(row.client_order_id),
  side: String(row.side),
  price: String(row.price),
  quantity: String(row.quantity),
  status: String(row.status),
  filled: String(row.filled),
  time: String(row.planned_at),
});

const fillLine = (row: Row): Line => ({
  clientOrderId: String(row.client_order_id),
  side: String(row.side),
  fillPrice: String(row.price),
  fillQuantity: String(row.quantity),
  fee: `${row.fee} ${row.fee_asset}`,
  role: row.maker === 1 ? 'maker' : 'taker',
  time: String(row.at),
});
