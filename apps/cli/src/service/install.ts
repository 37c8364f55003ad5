/** Puts an installation on a machine and takes it away again. What is written is a list first, so that it can be shown and tested. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { buildDashboard } from '@holdfast/dashboard/build';
import { type Ports, repositoryRoot } from '../data-directory.ts';
import { CliError, exitCode } from '../exit.ts';
import { sweepHelpers } from '../up/sweep-helpers.ts';
import { type Installation, type Unit, unitsOf } from './units.ts';
import { foldersFile, usersFile } from './users.ts';

const home = '/opt/holdfast';
export const installedCode = `${home}/code`;
export const installedRuntime = `${home}/runtime/node`;
export const installedData = '/var/lib/holdfast';
const unitFolder = '/etc/systemd/system';
const usersPath = '/etc/sysusers.d/holdfast.conf';
const foldersPath = '/etc/tmpfiles.d/holdfast.conf';

/** Of the tree, what runs. */
const shipped = ['apps', 'packages', 'bin', 'node_modules', 'docs', 'package.json', 'README.md'];

interface File {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/** What kind of vault a data directory holds; a simulated one will be made where there is none. @throws CliError */
export function vaultKindAt(data: string): 'simulated' | 'real' {
  const file = join(data, 'vault', 'vault.json');
  if (!existsSync(file)) return 'simulated';
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { kind?: unknown }).kind === 'real' ? 'real' : 'simulated';
  } catch (cause) {
    throw new CliError(exitCode.corruptData, `cannot read ${file} (${(cause as Error).message}); put it back from a backup`, {
      cause,
    });
  }
}

/** Every file of an installation but code, runtime and secrets. */
export function filesOf(installation: Installation): readonly File[] {
  const units = unitsOf(installation);
  return [
    ...units.map(({ file, text }) => ({ path: join(unitFolder, file), text, mode: 0o644 })),
    { path: usersPath, text: usersFile(units), mode: 0o644 },
    { path: foldersPath, text: foldersFile(installation, units), mode: 0o644 },
    { path: join(installation.data, 'service.json'), text: `${JSON.stringify({ ports: installation.ports })}\n`, mode: 0o644 },
  ];
}

/** Units of a former installation that are on this machine. */
export const installedUnits = (root = '/'): string[] => {
  const folder = join(root, unitFolder);
  return existsSync(folder)
    ? readdirSync(folder).filter((name) =>
        /^holdfast-(vault|engine|server|exchange|strategies|backtests(-\d+)?|webhook)\.service$/.test(name),
      )
    : [];
};

/** @throws CliError unless we may change the system and it is systemd's */
export function demandSystem(what: string): void {
  if (!existsSync('/run/systemd/system'))
    throw new CliError(exitCode.failed, `"holdfast service ${what}" needs a machine that systemd runs; here use "holdfast up"`);
  if (process.getuid?.() !== 0)
    throw new CliError(
      exitCode.failed,
      `"holdfast service ${what}" changes the system: run it as root, or look at it with --dry-run or --root DIR`,
    );
}

function system(command: string, ...args: readonly string[]): string {
  try {
    return execFileSync(command, [...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (cause) {
    const said = String((cause as { stderr?: unknown }).stderr ?? '').trim();
    throw new CliError(
      exitCode.failed,
      `"${[command, ...args].join(' ')}" failed: ${said || (cause as Error).message}`.replaceAll('\n', ' '),
      { cause },
    );
  }
}

function writeFile(root: string, { path, text, mode }: File): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
}

/** A copy that nobody but root may read and everybody may run: the system closes the memory of what runs it (ptrace(2), proc(5)). */
export function copyRuntime(root: string, from = process.execPath): void {
  const file = join(root, installedRuntime);
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  copyFileSync(realpathSync(from), `${file}.next`);
  chmodSync(`${file}.next`, 0o711);
  renameSync(`${file}.next`, file);
}

/** Readable by all, writable by root alone. */
function settle(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const each = join(path, entry.name);
    if (entry.isSymbolicLink()) continue;
    if (entry.isDirectory()) settle(each);
    else chmodSync(each, (statSync(each).mode & 0o111) === 0 ? 0o644 : 0o755);
  }
  chmodSync(path, 0o755);
}

function copyCode(): void {
  const next = `${installedCode}.next`;
  rmSync(next, { recursive: true, force: true });
  mkdirSync(next, { recursive: true, mode: 0o755 });
  for (const name of shipped) {
    const from = join(repositoryRoot, name);
    if (existsSync(from)) cpSync(from, join(next, name), { recursive: true, verbatimSymlinks: true });
  }
  settle(next);
  rmSync(installedCode, { recursive: true, force: true });
  renameSync(next, installedCode);
}

/** Into a folder, for a look, a package or a test: the files and the runtime, no users, nothing started. */
export function stage(installation: Installation, root: string): void {
  for (const file of filesOf(installation)) writeFile(root, file);
  copyRuntime(root);
}

/** @throws CliError */
export async function install(installation: Installation): Promise<readonly Unit[]> {
  demandSystem('install');
  await buildDashboard();
  if (realpathSync(repositoryRoot) !== installedCode) copyCode();
  copyRuntime('/');
  const former = installedUnits();
  for (const unit of former) system('systemctl', 'stop', unit);
  const gone = former.filter((unit) => !unitsOf(installation).some(({ file }) => file === unit));
  if (gone.length > 0) system('systemctl', 'disable', ...gone);
  for (const unit of gone) rmSync(join(unitFolder, unit), { force: true });
  mkdirSync(installation.data, { recursive: true, mode: 0o755 });
  for (const file of filesOf(installation)) writeFile('/', file);
  system('systemd-sysusers', usersPath);
  system('systemd-tmpfiles', '--create', foldersPath);
  const token = join(installation.data, 'cli.token');
  if (!existsSync(token)) writeFileSync(token, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  system('systemctl', 'daemon-reload');
  const units = unitsOf(installation);
  system('systemctl', 'enable', '--now', '--no-block', ...units.map(({ file }) => file));
  return units;
}

/** Ends the units and removes them and the code. Data and users stay: the data belongs to those users. @throws CliError */
export function uninstall(): void {
  demandSystem('uninstall');
  const units = installedUnits();
  if (units.length === 0) throw new CliError(exitCode.failed, `no unit of Holdfast is in ${unitFolder}`);
  system('systemctl', 'disable', '--now', ...units);
  for (const path of [...units.map((unit) => join(unitFolder, unit)), usersPath, foldersPath, home])
    rmSync(path, { recursive: true, force: true });
  system('systemctl', 'daemon-reload');
}

export interface UnitState {
  readonly unit: string;
  readonly state: string;
  readonly user: string;
  readonly pid: number;
}

/** What systemd says of each unit. @throws CliError */
export function unitStates(): readonly UnitState[] {
  return installedUnits().map((unit) => {
    const fields = new Map(
      system('systemctl', 'show', '-p', 'ActiveState,SubState,User,MainPID', unit)
        .trim()
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const),
    );
    const state = `${fields.get('ActiveState') ?? 'unknown'} (${fields.get('SubState') ?? ''})`;
    return { unit, state, user: fields.get('User') ?? '', pid: Number(fields.get('MainPID') ?? 0) };
  });
}

export const installationOf = (
  data: string,
  kind: 'simulated' | 'real',
  ports: Ports,
  unsealCredential: string | null,
  webhook?: Installation['webhook'],
): Installation => ({
  code: installedCode,
  runtime: installedRuntime,
  data,
  kind,
  ports,
  unsealCredential,
  helpers: sweepHelpers(),
  ...(webhook === undefined ? {} : { webhook }),
});
