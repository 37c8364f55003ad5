/**
 * Runs in the signer's place, under the signer's flags, and tries every way out. `targets.json` in its folder names what to
 * reach; the outcome of each attempt goes to standard output as JSON. Run without flags it shows that the attempts are real.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Targets {
  readonly folder: string;
  readonly tcpPort: number;
  readonly unixSocket: string;
  readonly secretFile: string;
  readonly outside: string;
  readonly parent: boolean;
}

const folder = process.argv[2] ?? process.env.PROBE_FOLDER ?? readFolder();
const targets = JSON.parse(readFileSync(join(folder, 'targets.json'), 'utf8')) as Targets;

/** The only folder this process may write is named by the flags it was started with. */
function readFolder(): string {
  const flag = process.execArgv.find((it) => it.startsWith('--allow-fs-write=')) ?? '';
  return flag.slice('--allow-fs-write='.length).replace(/\/\*$/, '');
}

const timeoutMs = 2500;
const builtin = <Module>(name: string): Module => {
  const found = process.getBuiltinModule(name) as Module | undefined;
  if (found === undefined) throw Object.assign(new Error(`no ${name}`), { code: 'ERR_UNKNOWN_BUILTIN_MODULE' });
  return found;
};

/** Fulfils when the emitter says that it worked. */
const event = (emitter: NodeJS.EventEmitter, good: string): Promise<void> =>
  new Promise((resolve, reject) => {
    emitter.once(good, () => resolve());
    emitter.once('error', reject);
  });

const attempts: Readonly<Record<string, () => unknown>> = {
  'TCP connection': async () => event((await import('node:net')).connect(targets.tcpPort, '127.0.0.1'), 'connect'),
  'Unix socket connection': async () => event((await import('node:net')).connect(targets.unixSocket), 'connect'),
  'TCP listener': async () => event((await import('node:net')).createServer().listen(0, '127.0.0.1'), 'listening'),
  'Unix socket listener': async () =>
    event((await import('node:net')).createServer().listen(join(folder, 'door.sock')), 'listening'),
  'HTTP request': async () => event((await import('node:http')).get({ port: targets.tcpPort, host: '127.0.0.1' }), 'response'),
  'UDP datagram': async () => {
    const socket = (await import('node:dgram')).createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.send('x', targets.tcpPort, '127.0.0.1', (error) => (error ? reject(error) : resolve()));
    });
  },
  'DNS lookup': async () => (await import('node:dns/promises')).lookup('localhost'),
  'DNS query': async () => {
    const resolver = new (await import('node:dns/promises')).Resolver({ timeout: 200, tries: 1 });
    resolver.setServers([`127.0.0.1:${targets.tcpPort}`]);
    return resolver.resolve4('holdfast.invalid');
  },
  fetch: () => fetch(`http://127.0.0.1:${targets.tcpPort}/`),
  WebSocket: () =>
    new Promise<void>((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${targets.tcpPort}/`);
      socket.addEventListener('open', () => resolve());
      socket.addEventListener('error', (it) => reject(withCode((it as unknown as { error?: unknown }).error)));
    }),
  'child process': async () => (await import('node:child_process')).execFileSync('/bin/echo', ['out']),
  'spawned child': async () => event((await import('node:child_process')).spawn('/bin/echo', ['out']), 'spawn'),
  'forked child': async () => event((await import('node:child_process')).fork(process.argv[1]!, ['none']), 'spawn'),
  'worker thread': async () => event(new (await import('node:worker_threads')).Worker('0', { eval: true }), 'online'),
  'child process by getBuiltinModule': () =>
    builtin<typeof import('node:child_process')>('node:child_process').execFileSync('/bin/echo', ['out']),
  'reading /etc/passwd': () => readFileSync('/etc/passwd'),
  'reading /proc/self/environ': () => readFileSync('/proc/self/environ'),
  'reading the vault beside its folder': () => readFileSync(targets.secretFile),
  'reading up through its folder': () => readFileSync(join(folder, '..', 'secret')),
  'listing the folder above': async () => (await import('node:fs')).readdirSync(join(folder, '..')),
  'writing outside': () => writeFileSync(join(targets.outside, 'written'), 'x'),
  'symbolic link to the outside': async () => (await import('node:fs')).symlinkSync(targets.secretFile, join(folder, 'link')),
  'hard link to the outside': async () => (await import('node:fs')).linkSync(targets.secretFile, join(folder, 'hard')),
  'moving a file out': async () =>
    (await import('node:fs')).renameSync(join(folder, 'targets.json'), join(targets.outside, 'moved')),
  'loading node:sqlite': async () => {
    const name = 'node:sqlite';
    const { DatabaseSync } = (await import(name)) as typeof import('node:sqlite');
    new DatabaseSync(join(targets.outside, 'out.db')).exec('create table t (x)');
  },
  'node:sqlite by getBuiltinModule': () => builtin('node:sqlite'),
  'loading node:ffi': async () => {
    const name = 'node:ffi';
    return import(name);
  },
  inspector: async () => (await import('node:inspector')).open(0, '127.0.0.1'),
  'inspector session': async () => new (await import('node:inspector')).Session().connect(),
  'process.binding': () => (process as unknown as { binding: (name: string) => unknown }).binding('fs'),
  'native add-on': () => process.dlopen({ exports: {} }, targets.secretFile),
  WASI: async () => {
    const name = 'node:wasi';
    const { WASI } = (await import(name)) as typeof import('node:wasi');
    return new WASI({ version: 'preview1', preopens: { '/': '/' } });
  },
  'code from text': () => new Function('return 1')(),
  'diagnostic report outside': () => process.report.writeReport(join(targets.outside, 'report.json')),
  'heap snapshot outside': async () => (await import('node:v8')).writeHeapSnapshot(join(targets.outside, 'heap')),
};

const withCode = (cause: unknown): Error =>
  cause instanceof Error ? cause : Object.assign(new Error(String(cause)), { code: 'none' });

/** The code of the innermost error: fetch and WebSocket wrap what the socket said. */
function codeOf(error: unknown): string {
  const { code, cause, errors, message } = (error ?? {}) as {
    code?: string;
    cause?: unknown;
    errors?: unknown[];
    message?: string;
  };
  if (cause !== undefined) return codeOf(cause);
  if (errors?.[0] !== undefined) return codeOf(errors[0]);
  return code ?? message ?? String(error);
}

let onStray: ((error: unknown) => void) | undefined;
process.on('uncaughtException', (error) => onStray?.(error));
process.on('unhandledRejection', (error) => onStray?.(error));

const outcomes: Record<string, string> = {};
for (const [name, attempt] of Object.entries(attempts)) {
  outcomes[name] = await new Promise<string>((resolve) => {
    onStray = (error) => resolve(codeOf(error));
    setTimeout(() => resolve('nothing happened'), timeoutMs).unref();
    Promise.resolve()
      .then(attempt)
      .then(
        () => resolve('possible'),
        (error: unknown) => resolve(codeOf(error)),
      );
  });
}
if (targets.parent) process.kill(process.ppid, 'SIGUSR1');
process.stdout.write(`${JSON.stringify({ outcomes, environment: Object.keys(process.env), own: ownFolder() })}\n`, () =>
  process.exit(0),
);

function ownFolder(): string {
  writeFileSync(join(folder, 'own'), 'mine');
  return readFileSync(join(folder, 'own'), 'utf8');
}
