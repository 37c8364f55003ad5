/**
 * One bot over one tape as paper: exchange, vault, engine and server as `up` starts them, in a directory of their own, at full
 * speed; then what the engine's database says of it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Pair, PairRules } from '@holdfast/domain';
import { type ControlPlace, exchangeClock, releaseTime } from '@holdfast/exchange/control';
import { binanceMarketData } from '@holdfast/exchanges/market-data';
import { openForReading } from '@holdfast/storage';
import { repositoryRoot } from '../data-directory.ts';
import { CliError, exitCode } from '../exit.ts';
import type { FirstBot } from '../up/demo.ts';
import { type Alerts, alertsTo } from './alerts.ts';
import { type BookedPlay, readPlay } from './read-play.ts';
import type { RecordedSignal } from './signals.ts';

export interface PaperOptions {
  readonly tapes: readonly { readonly file: string; readonly pair: Pair }[];
  readonly from?: string;
  readonly to?: string;
  readonly bot: Omit<FirstBot, 'pairs' | 'until'>;
  /** In the order of time. */
  readonly signals?: readonly RecordedSignal[];
}

/** What the play was, and what is needed to play it again otherwise. */
export interface PaperPlay extends BookedPlay {
  /** Time of the tape at its end. */
  readonly to: number;
  readonly rules: ReadonlyMap<Pair, PairRules>;
}

const startWithinMs = 90_000;
const lookEveryMs = 100;
const lookAtOnceMs = 5;
const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

const isFree = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const probe = createServer();
    probe.once('error', () => done(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)));
  });

/** The listener for signals, counted from the port of the dashboard. */
const webhook = 3;

/** A port from 10000 to 20000 whose neighbours that `up` uses are free as well. */
async function freePorts(): Promise<number> {
  for (let port = 10_000 + (process.pid % 90) * 100; port < 19_980; port += 13)
    if ((await Promise.all([0, 1, 2, webhook, 10].map((more) => isFree(port + more)))).every((free) => free)) return port;
  throw new CliError(exitCode.portTaken, 'no five free ports from 10000 to 20000');
}

async function start(data: string, port: number, { tapes, from, to, bot, signals = [] }: PaperOptions): Promise<ChildProcess> {
  const file = join(data, 'first-bot.json');
  const pairs = tapes.map(({ pair }) => pair);
  writeFileSync(file, JSON.stringify({ ...bot, pairs, until: signals[0]?.at }));
  const range = [...(from === undefined ? [] : ['--from', from]), ...(to === undefined ? [] : ['--to', to])];
  const child = spawn(
    process.execPath,
    [
      ...[resolve(repositoryRoot, 'apps/cli/src/main.ts'), 'up', '--data', join(data, 'run'), '--port', String(port)],
      ...tapes.flatMap((tape) => ['--tape', tape.file]),
      ...['--pair', pairs.join(','), '--speed', 'max', '--json', '--first-bot', file, ...range],
      ...(signals.length === 0 ? [] : ['--webhook-port', String(port + webhook)]),
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
    const place = { url: exchange, data };
    await saySignals(place, port + webhook, options.signals ?? []);
    while (!(await exchangeClock(place)).ended) await sleep(lookEveryMs);
    const market = binanceMarketData({ restUrl: exchange, streamUrl: exchange.replace('http', 'ws') });
    const rules = await market.rules(options.tapes.map(({ pair }) => pair));
    // What happened last is committed before the engine acknowledges it; the clock only ends after that.
    await sleep(1_000);
    const { now } = await exchangeClock(place);
    await stop(child);
    const play = booked(join(data, 'engine', 'engine.db'));
    return { ...play, to: now + 1, rules: new Map(rules.map((each) => [each.pair, each])) };
  } finally {
    if (child !== undefined) await stop(child);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Each when all else of its time has happened: time waits there until the engine has dealt with it. */
async function saySignals(place: ControlPlace, port: number, signals: readonly RecordedSignal[]): Promise<void> {
  if (signals.length === 0) return;
  let alerts: Alerts | undefined;
  try {
    for (const [index, signal] of signals.entries()) {
      for (let clock = await exchangeClock(place); !clock.held || clock.open; clock = await exchangeClock(place)) {
        if (clock.ended) return;
        await sleep(lookAtOnceMs);
      }
      alerts ??= alertsTo(place.data, port, booked(join(place.data, 'engine', 'engine.db')).bot);
      const { now } = await exchangeClock(place);
      if (signal.at >= now) await alerts.say(signal);
      const next = signals.slice(index + 1).find(({ at }) => at > now);
      if (signals[index + 1]?.at !== signal.at) await releaseTime(place, next?.at);
    }
  } finally {
    alerts?.close();
  }
}

function booked(file: string): BookedPlay {
  const db = openForReading(file);
  try {
    return readPlay(db);
  } finally {
    db.close();
  }
}
