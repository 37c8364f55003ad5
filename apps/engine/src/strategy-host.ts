/**
 * The process that runs strategies for the engine, which itself may start no process. The engine asks and waits: a bot's step is
 * one thing from the event to its commit. They talk in lines over two named pipes in DATA/strategies; each strategy has a process of
 * its own (strategy-run.ts), started when it is first asked for.
 */
import { spawnSync } from 'node:child_process';
import { constants, existsSync, fstatSync, mkdirSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { endWithParent } from './parent.ts';
import { StrategyProcess } from './strategy-run.ts';

const exit = { failed: 70, usage: 64 } as const;
const lineBytesMax = 2_097_152;
const kindName = /^own-[a-z0-9-]{1,36}$/;

function fail(code: number, message: string): never {
  process.stderr.write(`strategies: ${message}\n`);
  process.exit(code);
}

/** Both ends are held here, so that the engine may come and go. */
function openPipe(folder: string, name: string): number {
  const file = join(folder, name);
  if (!existsSync(file)) {
    const made = spawnSync('mkfifo', ['-m', '600', file], { env: { PATH: '/usr/bin:/bin' } });
    if (made.status !== 0) fail(exit.failed, `cannot make the pipe ${file}`);
  }
  const descriptor = openSync(file, constants.O_RDWR | constants.O_NONBLOCK);
  if (!fstatSync(descriptor).isFIFO()) fail(exit.failed, `${file} is no pipe; remove it and start again`);
  return descriptor;
}

interface Asked {
  readonly n: string;
  readonly kind: string;
  /** Left out: only say what the file says of itself. */
  readonly step?: { readonly settings: unknown; readonly state: unknown; readonly event: unknown };
}

function readAsked(line: string): Asked | undefined {
  try {
    const value = JSON.parse(line) as Partial<Asked>;
    return typeof value.n === 'string' && typeof value.kind === 'string' && kindName.test(value.kind)
      ? (value as Asked)
      : undefined;
  } catch {
    return undefined; // the rest of a line of an engine that was killed
  }
}

class Host {
  readonly #folder: string;
  readonly #running = new Map<string, StrategyProcess>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What is answered beside the number. */
  async answer({ kind, step }: Asked): Promise<object> {
    let run = this.#running.get(kind);
    if (run === undefined || run.hasEnded) {
      const file = join(this.#folder, 'code', `${kind}.ts`);
      if (!existsSync(file)) return { failed: `the file of ${kind} is not there` };
      run = new StrategyProcess(file);
      this.#running.set(kind, run);
    }
    if (step !== undefined) return run.step(step);
    const said = await run.ready;
    // Asked only what it is; a bot may never come of it.
    this.#running.delete(kind);
    run.end('it was only asked what it is');
    return said;
  }

  end(): void {
    for (const run of this.#running.values()) run.end('Holdfast stops');
  }
}

function main(): void {
  const { values } = parseArgs({ options: { data: { type: 'string' } } });
  const folder = join(values.data ?? fail(exit.usage, 'give --data DIR'), 'strategies');
  mkdirSync(join(folder, 'code'), { recursive: true, mode: 0o700 });
  const host = new Host(folder);
  const asks = new Socket({ fd: openPipe(folder, 'ask'), readable: true, writable: false });
  const answers = new Socket({ fd: openPipe(folder, 'answer'), readable: false, writable: true });
  const end = (): void => {
    host.end();
    process.exit(0);
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  endWithParent(end);
  let text = '';
  asks.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n')) {
      const asked = readAsked(text.slice(0, at));
      text = text.slice(at + 1);
      if (asked === undefined) continue;
      void host.answer(asked).then((answer) => answers.write(`${JSON.stringify({ n: asked.n, ...answer })}\n`));
    }
    if (text.length > lineBytesMax) text = '';
  });
  process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
}

main();
