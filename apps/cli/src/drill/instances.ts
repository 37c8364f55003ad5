/** Real processes for a drill, in a folder of their own that is gone afterwards: an exchange, and a simulated vault on it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { doorHeaders, macText } from '@holdfast/domain';
import { repositoryRoot } from '../data-directory.ts';
import { CliError, exitCode } from '../exit.ts';

interface Instance {
  readonly child: ChildProcess;
  readonly port: number;
  /** Lines of its stderr so far. */
  readonly lines: readonly string[];
}

export interface Instances {
  readonly data: string;
  /** Addresses of the exchange and of the gate. */
  readonly exchange: string;
  readonly gate: string;
  /** What the vault said on its console. */
  readonly console: readonly string[];
  /** A MACed request of a peer (by name) or a sub-key. */
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes, read by those who asked
  ask(key: { readonly id: string; readonly secret: Buffer }, path: string, body: unknown): Promise<{ status: number; body: any }>;
  peer(id: 'cli' | 'engine' | 'server'): { readonly id: string; readonly secret: Buffer };
  stop(): Promise<void>;
}

const readyMs = 30_000;
const endMs = 8_000;

/** Starts a main file and waits for its ready line. @throws CliError with its last words */
function start(main: string, args: readonly string[]): Promise<Instance> {
  const flags = ['--disable-sigusr1', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...flags, resolve(repositoryRoot, 'apps', main), ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {},
  });
  child.stdin.on('error', () => {});
  const lines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => void lines.push(line));
  return new Promise((done, fail) => {
    const failed = (why: string): void => fail(new CliError(exitCode.failed, `${main} ${why}: ${lines.at(-1) ?? ''}`));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      failed(`was not ready within ${readyMs / 1000} s`);
    }, readyMs);
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.startsWith('{"ready":true')) return;
      clearTimeout(timer);
      done({ child, port: (JSON.parse(line) as { port: number }).port, lines });
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      failed(`ended with ${code}`);
    });
  });
}

function end({ child }: Instance): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((done) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), endMs);
    child.once('exit', () => {
      clearTimeout(timer);
      done();
    });
    child.kill('SIGTERM');
  });
}

export async function startInstances(seed: number): Promise<Instances> {
  const data = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-drill-')));
  const started: Instance[] = [];
  const stop = async (): Promise<void> => {
    for (const each of started.toReversed()) await end(each);
    rmSync(data, { recursive: true, force: true });
  };
  try {
    const exchange = await start('exchange/src/main.ts', [
      '--data',
      data,
      '--port',
      '0',
      '--seed',
      String(seed),
      '--speed',
      '10',
    ]);
    started.push(exchange);
    const url = `http://127.0.0.1:${exchange.port}`;
    const vault = await start('vault/src/warden/main.ts', ['--data', data, '--port', '0', '--exchange', url, '--simulated']);
    started.push(vault);
    const gate = `http://127.0.0.1:${vault.port}`;
    return {
      data,
      exchange: url,
      gate,
      console: vault.lines,
      ask: (key, path, body) => ask(gate, key, path, body),
      peer: (id) => ({ id, secret: Buffer.from(readFileSync(join(data, 'peers', `${id}.key`), 'utf8').trim(), 'hex') }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function ask(gate: string, { id, secret }: { readonly id: string; readonly secret: Buffer }, path: string, body: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const [time, nonce] = [String(Date.now()), randomBytes(16).toString('hex')];
  const covered = macText('POST', path, time, nonce, createHash('sha256').update(text).digest('hex'));
  const mac = createHmac('sha256', secret).update(covered).digest('hex');
  const headers = { [doorHeaders.key]: id, [doorHeaders.time]: time, [doorHeaders.nonce]: nonce, [doorHeaders.mac]: mac };
  const answer = await fetch(gate + path, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: text,
  });
  return { status: answer.status, body: await answer.json() };
}
