/**
 * `backup` and `restore`. An archive is a gzipped tar of: `engine/engine.db` and `exchange/*.db` (consistent copies, also while
 * running), the vault's journal and sealed records, and `backup.json`. It holds no unseal key, owner key or peer key: whoever
 * finds it can sign nothing.
 *
 * Restoring replaces the engine's database. Files of the vault and of the simulated exchange come back only where there are
 * none: they are newer than any backup of them, and an older journal would give spent limits back. The engine then reads
 * everything since from the vault and compares the books before any new order.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { backupExchange } from '@holdfast/exchange/control';
import type { Command } from 'commander';
import * as tar from 'tar';
import { openDataDirectory, runningInstance } from '../data-directory.ts';
import { CliError, exitCode } from '../exit.ts';
import { type Common, common } from '../options.ts';
import { print, printJson } from '../output.ts';
import { version } from '../version.ts';

const archiveVersion = 1;
const engineDatabase = 'engine/engine.db';
const exchangeDatabase = 'exchange/exchange.db';
/** Never in an archive. */
const isKey = (path: string): boolean =>
  /(^|\/)(unseal\.key|owner|peers|cli\.token|control\.token|lock)(\/|$)|\.sock$/.test(path);
/** All that an archive may hold and put anywhere: one may come from a stranger. */
const belongs = (path: string): boolean =>
  [engineDatabase, exchangeDatabase].includes(path) || (/^vault(\/[\w-][\w.-]*)+$/.test(path) && !isKey(path));
const manifestFile = 'backup.json';

interface Manifest {
  readonly holdfastBackup: number;
  readonly version: string;
  readonly madeAt: string;
  readonly files: readonly string[];
}

/** A consistent copy of a database, also while another process writes it. @throws CliError corrupt-data */
function copyDatabase(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(from, { readOnly: true, timeout: 10_000 });
    database.prepare('VACUUM INTO ?').run(to);
  } catch (cause) {
    throw new CliError(exitCode.corruptData, `cannot copy the database ${from}: ${(cause as Error).message}`, { cause });
  } finally {
    database?.close();
  }
}

/** The simulated exchange lets nobody open its database beside it, so while it runs it makes the copy itself. */
async function copyExchange(data: string, to: string): Promise<void> {
  const from = join(data, exchangeDatabase);
  if (!existsSync(from)) return;
  const instance = runningInstance(data);
  if (instance === undefined) return copyDatabase(from, to);
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  await backupExchange({ url: `http://127.0.0.1:${instance.ports.exchange}`, data }, to);
}

function copyFile(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  copyFileSync(from, to);
}

async function backup(data: string, file: string): Promise<Manifest> {
  if (!existsSync(join(data, engineDatabase)))
    throw new CliError(exitCode.failed, `nothing to back up in ${data}: it has no ${engineDatabase}`);
  if (existsSync(file)) throw new CliError(exitCode.cannotWrite, `${file} exists already; give another name`);
  const staging = mkdtempSync(join(tmpdir(), 'holdfast-backup-'));
  try {
    copyDatabase(join(data, engineDatabase), join(staging, engineDatabase));
    await copyExchange(data, join(staging, exchangeDatabase));
    for (const path of globSync('vault/**/*', { cwd: data })) {
      if (!isKey(path) && statSync(join(data, path)).isFile()) copyFile(join(data, path), join(staging, path));
    }
    const files = globSync('**/*', { cwd: staging }).filter((path) => statSync(join(staging, path)).isFile());
    const manifest: Manifest = {
      holdfastBackup: archiveVersion,
      version,
      madeAt: new Date().toISOString(),
      files: files.sort(),
    };
    writeFileSync(join(staging, manifestFile), `${JSON.stringify(manifest, null, 2)}\n`);
    mkdirSync(dirname(file), { recursive: true });
    const half = `${file}.part`;
    await tar.create({ gzip: true, file: half, cwd: staging, portable: true }, [manifestFile, ...files]);
    chmodSync(half, 0o600);
    renameSync(half, file);
    return manifest;
  } catch (cause) {
    rmSync(`${file}.part`, { force: true });
    if (cause instanceof CliError) throw cause;
    throw new CliError(exitCode.cannotWrite, `cannot write ${file}: ${(cause as Error).message}`, { cause });
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function readManifest(file: string): Manifest | undefined {
  try {
    const read = JSON.parse(readFileSync(file, 'utf8')) as Partial<Manifest> | null;
    const hasFiles = Array.isArray(read?.files) && read.files.every((path) => typeof path === 'string');
    return hasFiles && typeof read.holdfastBackup === 'number' ? (read as Manifest) : undefined;
  } catch {
    return undefined;
  }
}

async function unpack(file: string, into: string): Promise<Manifest> {
  const refuse = (why: string, cause?: unknown): never => {
    throw new CliError(exitCode.corruptData, `${file} is not a Holdfast backup: ${why}`, { cause });
  };
  if (!existsSync(file)) throw new CliError(exitCode.usage, `there is no file ${file}`);
  await tar
    .extract({
      file,
      cwd: into,
      strict: true,
      filter: (path, entry) => (path === manifestFile || belongs(path)) && 'type' in entry && entry.type === 'File',
    })
    .catch((cause: Error) => refuse(cause.message, cause));
  if (!existsSync(join(into, manifestFile))) refuse(`it has no ${manifestFile}`);
  const manifest = readManifest(join(into, manifestFile)) ?? refuse(`its ${manifestFile} is not ours`);
  if (manifest.holdfastBackup !== archiveVersion) {
    throw new CliError(exitCode.dataNewer, `${file} has format ${manifest.holdfastBackup}; this version reads ${archiveVersion}`);
  }
  const stranger = manifest.files.find((path) => !belongs(path));
  if (stranger !== undefined) refuse(`it names ${JSON.stringify(stranger.slice(0, 80))}, which no backup has`);
  const missing = manifest.files.find((path) => !existsSync(join(into, path)));
  if (missing !== undefined) refuse(`${missing} is missing in it`);
  return manifest;
}

/** Moves a database of the archive in, with the one it replaces kept beside it. */
function replaceDatabase(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  const stamp = new Date().toISOString().replaceAll(':', '-');
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(to + suffix)) renameSync(to + suffix, `${to}.before-restore-${stamp}${suffix}`);
  }
  copyFileSync(from, to);
  chmodSync(to, 0o600);
}

async function restore(data: string, file: string): Promise<{ restored: string[]; kept: string[] }> {
  const running = runningInstance(data);
  if (running !== undefined)
    throw new CliError(exitCode.alreadyRunning, `holdfast runs in ${data} as process ${running.pid}; stop it before restoring`);
  const staging = mkdtempSync(join(tmpdir(), 'holdfast-restore-'));
  try {
    const { files } = await unpack(file, staging);
    if (!files.includes(engineDatabase)) throw new CliError(exitCode.corruptData, `${file} holds no ${engineDatabase}`);
    openDataDirectory(data);
    const present = { vault: existsSync(join(data, 'vault')), exchange: existsSync(join(data, 'exchange')) };
    const comesBack = (path: string): boolean =>
      path.startsWith('engine/') || (path.startsWith('vault/') ? !present.vault : !present.exchange);
    const restored = files.filter(comesBack);
    for (const path of restored) {
      if (path === engineDatabase) replaceDatabase(join(staging, path), join(data, path));
      else copyFile(join(staging, path), join(data, path));
    }
    return { restored, kept: files.filter((path) => !comesBack(path)) };
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

export function addArchiveCommands(program: Command): void {
  common(program.command('backup <file>').description('write an archive of the books and the journal, without any key')).action(
    async (file: string, { data, json }: Common) => {
      const manifest = await backup(data, resolve(file));
      if (json) printJson(manifest);
      else
        print(
          `${resolve(file)} holds ${manifest.files.length} files and no key; keep DATA/vault/unseal.key elsewhere to be able to restore on another machine`,
        );
    },
  );
  common(
    program
      .command('restore <file>')
      .description('put the books of an archive back; the next start compares them with the exchange'),
  ).action(async (file: string, { data, json }: Common) => {
    const done = await restore(data, resolve(file));
    if (json) printJson(done);
    else
      print(
        `restored ${done.restored.length} files into ${data}${done.kept.length === 0 ? '' : `, kept ${done.kept.length} newer ones of vault and exchange`}`,
      );
  });
}
