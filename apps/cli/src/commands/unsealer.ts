/** `holdfast unsealer …`: on another host, the half of a key without which a vault does not start unattended. */
import { spawn } from 'node:child_process';
import { mkdirSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  addVault,
  fingerprintOf,
  knownVaults,
  makeUnsealer,
  openUnsealer,
  readVaultLine,
  switchVault,
  writeUnsealerLine,
} from '@holdfast/vault/admin';
import type { Command } from 'commander';
import { repositoryRoot } from '../data-directory.ts';
import { CliError, exitCode } from '../exit.ts';
import { print, printJson } from '../output.ts';

interface Flags {
  readonly folder: string;
  readonly json?: true;
}

const root = (): string => realpathSync(repositoryRoot);
const defaultFolder = join(repositoryRoot, '.holdfast-unsealer');

/** What the unsealer refuses, as one line. */
function told<Result>(act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    const { name, message } = error as Error;
    if (name === 'UnsealerFormError' || name === 'HpkeError') throw new CliError(exitCode.failed, message, { cause: error });
    throw error;
  }
}

/** Runs the service under the permission model: the network, its own folder and its source, nothing else. */
function serve({ folder, listen }: Flags & { readonly listen: string }): Promise<void> {
  const match = /^(?:\[([0-9a-f:]+)\]|([^:]+)):(\d{1,5})$/.exec(listen);
  if (match === null) throw new CliError(exitCode.usage, `--listen ${listen} is not ADDRESS:PORT`);
  told(() => openUnsealer(folder));
  const real = realpathSync(folder);
  const source = ['crypto', 'frames', 'unsealer'].map((name) => join(root(), 'apps/vault/src', name, '*'));
  const reads = [
    ...source,
    join(root(), 'apps/vault/package.json'),
    join(root(), 'packages/domain/*'),
    join(root(), 'node_modules/@holdfast/domain'),
    real,
    join(real, '*'),
  ];
  const flags = [
    '--permission',
    '--allow-net',
    '--disable-sigusr1',
    '--no-addons',
    '--no-experimental-sqlite',
    '--disable-warning=ExperimentalWarning',
    ...reads.map((path) => `--allow-fs-read=${path}`),
    `--allow-fs-write=${join(real, '*')}`,
  ];
  const main = join(root(), 'apps/vault/src/unsealer/main.ts');
  const child = spawn(process.execPath, [...flags, main, real, match[1] ?? match[2] ?? '', match[3] ?? ''], {
    stdio: 'inherit',
    env: {},
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((done, fail) => {
    child.on('exit', (code) => {
      if (code === 0 || code === null) done();
      else fail(new CliError(code, `the unsealer ended with ${code}`));
    });
  });
}

export function addUnsealerCommands(program: Command): void {
  const unsealer = program.command('unsealer').description('hold half of the key of a vault on another host');
  const command = (name: string, what: string): Command =>
    unsealer
      .command(name)
      .description(what)
      .option('--folder <dir>', 'where the unsealer keeps its keys', (path: string) => resolve(path), defaultFolder)
      .option('--json', 'print JSON for programs');
  command('init', 'make an unsealer and print its line for "holdfast vault wrap add network"').action(
    ({ folder, json }: Flags) => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const { card } = told(() => makeUnsealer(folder));
      const [line, fingerprint] = [writeUnsealerLine(card), fingerprintOf(card.identity)];
      if (json) printJson({ line, fingerprint });
      else print(`unsealer ${fingerprint}\n${line}`);
    },
  );
  command('add', 'answer a vault: its line is what "holdfast vault wrap add network" printed')
    .argument('<line>', 'hfv1.…')
    .requiredOption('--from <addresses>', 'addresses or networks that it may ask from, separated by commas')
    .option('--per-hour <n>', 'how often in an hour', '12')
    .action((line: string, { folder, json, from, perHour }: Flags & { from: string; perHour: string }) => {
      if (!/^[1-9]\d{0,3}$/.test(perHour))
        throw new CliError(exitCode.usage, `--per-hour ${perHour} is not a whole number above 0`);
      const card = told(() => readVaultLine(line));
      told(() => addVault(folder, openUnsealer(folder), card, from.split(','), Number(perHour)));
      if (json) printJson({ added: card.vaultId });
      else print(`vault ${card.vaultId} may ask from ${from}, ${perHour} times an hour`);
    });
  command('list', 'the vaults it answers').action(({ folder, json }: Flags) => {
    told(() => openUnsealer(folder));
    const vaults = knownVaults(folder);
    if (json) printJson(vaults.map(({ vaultId, from, isOn, perHour }) => ({ vaultId, from, isOn, perHour })));
    else for (const { vaultId, from, isOn } of vaults) print(`${vaultId}  ${isOn ? 'on ' : 'off'}  from ${from.join(', ')}`);
  });
  for (const [name, isOn] of [
    ['on', true],
    ['off', false],
  ] as const)
    command(name, isOn ? 'answer a vault again' : 'answer a vault no more: once it is sealed it stays so')
      .argument('<vault>', 'its id')
      .action((vaultId: string, { folder, json }: Flags) => {
        told(() => switchVault(folder, vaultId, isOn));
        if (json) printJson({ vaultId, isOn });
        else print(`vault ${vaultId} is ${name}`);
      });
  command('serve', 'answer until Ctrl-C')
    .option('--listen <address>', 'ADDRESS:PORT of this host that vaults reach', '127.0.0.1:8433')
    .action(serve);
}
