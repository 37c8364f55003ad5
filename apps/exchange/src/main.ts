/** The simulated exchange as a process. */
import { fstatSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Speed } from './clock.ts';
import { type ServerOptions, startExchange } from './server.ts';
import { StartError } from './start-error.ts';
import { readTime } from './tape-file.ts';

const usage = (text: string): StartError => new StartError('usage', text);

function numberOf(text: string, option: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= least && value <= most))
    throw usage(`--${option} ${text}: a number from ${least} to ${most}`);
  return value;
}

const speedOf = (text: string): Speed => (text === 'max' ? 'max' : numberOf(text, 'speed', 0.01, 1_000_000));

/** @throws StartError `usage` */
export function readOptions(args: readonly string[]): ServerOptions {
  const { values } = parse(args);
  const touch = values.touch ?? 'touch';
  if (touch !== 'touch' && touch !== 'through') throw usage(`--touch ${touch}: touch or through`);
  if (values.live !== undefined && values.tape !== undefined) throw usage('--live and --tape: give one of them');
  if (values.data === undefined) throw usage('--data DIR is missing');
  return {
    data: values.data,
    port: Math.trunc(numberOf(values.port ?? '8440', 'port', 0, 65_535)),
    tapes: values.tape,
    live: values.live,
    pair: values.pair,
    from: values.from === undefined ? undefined : readTime(values.from, '--from'),
    to: values.to === undefined ? undefined : readTime(values.to, '--to'),
    speed: values.live === undefined ? speedOf(values.speed ?? '1') : 1,
    seed: values.seed === undefined ? undefined : Math.trunc(numberOf(values.seed, 'seed', 0, 0xffff_ffff)),
    lockstep: values.lockstep ?? false,
    hold: values.hold ?? false,
    touch,
    volumeShare: numberOf(values['volume-share'] ?? '1', 'volume-share', 0, 100),
    spreadTicks: Math.trunc(numberOf(values['spread-ticks'] ?? '1', 'spread-ticks', 1, 1_000_000)),
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        data: text,
        port: text,
        tape: { type: 'string', multiple: true },
        live: text,
        pair: text,
        from: text,
        to: text,
        speed: text,
        seed: text,
        touch: text,
        'volume-share': text,
        'spread-ticks': text,
        lockstep: { type: 'boolean' },
        hold: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw usage((error as Error).message);
  }
}

/** A parent that started us with a pipe as stdin wants us gone when it is. */
function onParentGone(stop: () => void): void {
  let isPipe = false;
  try {
    const stdin = fstatSync(0);
    isPipe = stdin.isFIFO() || stdin.isSocket();
  } catch {
    return; // stdin is closed: nobody waits on it
  }
  if (!isPipe) return;
  process.stdin.on('end', stop).on('close', stop).on('error', stop).resume();
}

async function main(): Promise<void> {
  const exchange = await startExchange(readOptions(process.argv.slice(2)));
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    exchange.stop().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  onParentGone(stop);
  process.stdout.write(`${JSON.stringify({ ready: true, name: 'exchange', port: exchange.port, url: exchange.url })}\n`);
}

function fail(error: unknown): void {
  if (error instanceof StartError) {
    process.stderr.write(`exchange: ${error.message}\n`);
    process.exit(error.exitCode);
  }
  process.stderr.write(`exchange: ${String((error as Error)?.stack ?? error)}\n`);
  process.exit(1);
}

if (import.meta.main) main().catch(fail);
