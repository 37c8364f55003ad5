/**
 * An installation without systemd: what its units run, run by us, each program under a user of its own and with the files
 * that the unit is handed, in the folders that systemd-tmpfiles makes. Root only.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { type Installation, type Unit, unitsOf, userOf } from '../../apps/cli/src/service/units.ts';
import { foldersFile } from '../../apps/cli/src/service/users.ts';

const root = realpathSync(resolve(import.meta.dirname, '../..'));
/** Users that no machine has. */
export const ids = {
  vault: 61_401,
  engine: 61_402,
  server: 61_403,
  exchange: 61_404,
  strategies: 61_405,
  backtests: 61_406,
  webhook: 61_407,
} as const;
type Name = keyof typeof ids;

const has = (command: string): boolean => spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined;

/** Why this machine cannot play an installation; false when it can. */
export function cannotPlay(): string | false {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'starts programs as other users: needs root on Linux';
  for (const command of ['setpriv', 'systemd-tmpfiles']) if (!has(command)) return `${command} is not installed`;
  const reads = spawnSync('setpriv', [...as('vault'), 'test', '-r', import.meta.filename], { stdio: 'ignore' });
  return reads.status === 0 ? false : 'the tree cannot be read by other users here';
}

/** Groups of others that a program belongs to, as `usersFile` says. */
const groups: Partial<Record<Name, readonly Name[]>> = {
  server: ['engine', 'backtests', 'webhook'],
  engine: ['strategies'],
};

/** What systemd would do with user, groups and capabilities before it starts a unit. */
export const as = (name: Name): string[] => [
  ...[`--reuid=${ids[name]}`, `--regid=${ids[name]}`],
  groups[name] === undefined ? '--clear-groups' : `--groups=${groups[name].map((of) => ids[of]).join(',')}`,
  ...['--no-new-privs', '--bounding-set=-all', '--inh-caps=-all'],
];

export interface Played {
  readonly installation: Installation;
  /** By the names of their units. */
  readonly children: Readonly<Record<Name | 'backtests-1', ChildProcess>>;
  readonly log: () => string;
  stop(): Promise<void>;
}

/** The words of a unit's command line. */
const commandOf = ({ text }: Unit): string[] =>
  (/^ExecStart=((?:.*\\\n)*.*)$/m.exec(text)?.[1] ?? '').split(/[\s\\]+/).filter((word) => word !== '');

/** Copies a unit's files to where it looks for them, as LoadCredential= does. */
function handOver({ text, name }: Unit, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [, id = '', path = ''] of text.matchAll(/^LoadCredential=([^:]+):(.*)$/gm)) {
    copyFileSync(path, join(folder, id));
    chmodSync(join(folder, id), 0o400);
    chownSync(join(folder, id), ids[name], ids[name]);
  }
  chmodSync(folder, 0o500);
  chownSync(folder, ids[name], ids[name]);
}

/** A simulated installation on ports from `port`, all programs serving. */
export async function play(port: number): Promise<Played> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-installed-')));
  chmodSync(base, 0o755);
  const runtime = join(base, 'node');
  copyFileSync(realpathSync(process.execPath), runtime);
  chmodSync(runtime, 0o711);
  const data = join(base, 'data');
  const ports = { dashboard: port, portal: port + 1, gate: port + 2, exchange: port + 10 };
  const webhook = { port: port + 3, host: '127.0.0.1', behindProxy: false };
  const installation: Installation = {
    code: root,
    runtime,
    data,
    kind: 'simulated',
    ports,
    unsealCredential: null,
    helpers: 1,
    webhook,
  };
  const units = unitsOf(installation);
  const named = foldersFile(installation, units).replace(
    /holdfast-(vault|engine|server|exchange|strategies|backtests|webhook)/g,
    (user) => {
      const name = (Object.keys(ids) as Name[]).find((each) => userOf(each) === user);
      return name === undefined ? user : String(ids[name]);
    },
  );
  writeFileSync(join(base, 'tmpfiles.conf'), named);
  execFileSync('systemd-tmpfiles', ['--create', join(base, 'tmpfiles.conf')], { stdio: ['ignore', 'inherit', 'inherit'] });
  writeFileSync(join(data, 'cli.token'), 'ab'.repeat(32), { mode: 0o600 });
  writeFileSync(join(data, 'service.json'), JSON.stringify({ ports }));

  const children: Record<string, ChildProcess> = {};
  let log = '';
  const stop = async (): Promise<void> => {
    for (const child of Object.values(children).toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = new Promise((done) => child.once('exit', done));
      child.kill('SIGTERM');
      await gone;
    }
    rmSync(base, { recursive: true, force: true });
  };
  try {
    for (const unit of units) {
      const credentials = join(base, 'credentials', unit.name);
      const words = commandOf(unit).map((word) => word.replace(`/run/credentials/${unit.file}`, credentials));
      handOver(unit, credentials);
      const child = spawn('setpriv', [...as(unit.name), ...words], {
        stdio: ['ignore', 'pipe', 'pipe'],
        cwd: '/',
        env: { NODE_OPTIONS: '--require=/nowhere', HOLDFAST_CANARY: 'x', PATH: process.env.PATH ?? '' },
      });
      children[/^holdfast-(.+)\.service$/.exec(unit.file)![1]!] = child;
      child.stderr.on('data', (chunk) => {
        log += `${unit.name}: ${chunk}`;
      });
      await new Promise<void>((done, fail) => {
        createInterface({ input: child.stdout }).on('line', (line) => {
          if (line.startsWith('{"ready":true')) done();
        });
        child.once('exit', (code, signal) => fail(new Error(`${unit.name} ended with ${code ?? signal}: ${log}`)));
      });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { installation, children: children as Played['children'], log: () => log, stop };
}
