/** `service install|status|uninstall`: Holdfast as units of systemd, each program under a user of its own. */
import { resolve } from 'node:path';
import { askWarden } from '@holdfast/vault/admin';
import type { Command } from 'commander';
import { defaultPort, portsFrom } from '../data-directory.ts';
import { CliError, exitCode } from '../exit.ts';
import { readPort } from '../options.ts';
import { print, printJson } from '../output.ts';
import {
  demandSystem,
  filesOf,
  install,
  installationOf,
  installedData,
  stage,
  uninstall,
  unitStates,
  vaultKindAt,
} from '../service/install.ts';

interface InstallFlags {
  readonly data: string;
  readonly json?: true;
  readonly port: number;
  readonly real?: true;
  readonly unsealCredential?: string;
  readonly root?: string;
  readonly dryRun?: true;
  readonly webhookPort?: number;
  readonly webhookHost: string;
  readonly webhookBehindProxy?: true;
}

/** Paths go into unit files and into flags of the runtime, where blanks, quotes and percent signs mean something else. */
function plainPath(path: string): string {
  const whole = resolve(path);
  if (/^\/[A-Za-z0-9/._-]{1,70}$/.test(whole)) return whole;
  throw new CliError(exitCode.usage, `${whole}: use at most 70 letters, digits and / . _ - in a path that a unit names`);
}

async function installService(flags: InstallFlags): Promise<void> {
  const data = plainPath(flags.data);
  const found = vaultKindAt(data);
  const isStaged = flags.root !== undefined || flags.dryRun === true;
  if (flags.real === true && found === 'simulated' && !isStaged)
    throw new CliError(exitCode.failed, `${data} holds no real vault; make one first with "holdfast vault init --data ${data}"`);
  const kind = flags.real === true ? 'real' : found;
  const credential = flags.unsealCredential === undefined ? null : plainPath(flags.unsealCredential);
  if (credential !== null && kind === 'simulated')
    throw new CliError(exitCode.usage, '--unseal-credential is for a real vault; a simulated one keeps its key beside its data');
  const { webhookPort: port, webhookHost: host } = flags;
  if (!/^[A-Za-z0-9.:-]{1,100}$/.test(host)) throw new CliError(exitCode.usage, `--webhook-host ${host} is no address`);
  const webhook = port === undefined ? undefined : { port, host, behindProxy: flags.webhookBehindProxy === true };
  const installation = installationOf(data, kind, portsFrom(flags.port), credential, webhook);
  const files = filesOf(installation);
  if (flags.dryRun) {
    if (flags.json) return printJson(files.map(({ path, text }) => ({ path, text })));
    for (const { path, text } of files) print(`# ${path}\n${text}`);
    return;
  }
  if (flags.root !== undefined) {
    stage(installation, resolve(flags.root));
    if (flags.json) return printJson({ root: resolve(flags.root), files: files.map(({ path }) => path) });
    return print(`${files.length} files and the runtime are in ${resolve(flags.root)}; no user was made and nothing was started`);
  }
  const units = await install(installation);
  if (flags.json) return printJson({ data, kind, units: units.map(({ file, user }) => ({ unit: file, user })) });
  print(`
  Holdfast is installed: code in ${installation.code}, owned by root; data in ${data}.
${units.map(({ file, user }) => `  ${file.padEnd(28)} runs as ${user}`).join('\n')}

  Dashboard           http://localhost:${installation.ports.dashboard}
  The vault's pages   ${kind === 'real' ? 'https' : 'http'}://localhost:${installation.ports.portal}
  ${kind === 'real' && credential === null ? `It starts sealed: "sudo holdfast vault unseal --data ${data}".` : 'It starts with the machine.'}
  See "holdfast service status"; the journal is in "journalctl -u 'holdfast-*'".`);
}

interface Protections {
  readonly state: string;
  readonly reason: string | null;
  readonly protections: readonly { readonly inForce: boolean; readonly text: string }[];
}

/** What the vault says of itself; null when it does not answer or its socket is not ours to use. */
async function askVault(data: string): Promise<Protections | null> {
  try {
    return (await askWarden(data, { do: 'status' })) as Protections;
  } catch {
    return null;
  }
}

async function status({ data, json }: { readonly data: string; readonly json?: true }): Promise<void> {
  const units = unitStates();
  if (units.length === 0)
    throw new CliError(exitCode.failed, 'Holdfast is not installed as a service here; "holdfast service install" does that');
  const vault = await askVault(data);
  if (units.some(({ state }) => !state.startsWith('active'))) process.exitCode = exitCode.failed;
  if (json) return printJson({ units, vault });
  for (const { unit, state, user, pid } of units) print(`${unit.padEnd(28)} ${state.padEnd(20)} ${user.padEnd(18)} ${pid || ''}`);
  if (vault === null) return print('the vault does not answer, or only root may ask it');
  print(`vault: ${vault.state}${vault.reason === null ? '' : `: ${vault.reason}`}`);
  for (const { inForce, text } of vault.protections) print(`  ${inForce ? '✓' : '✗'} ${text}`);
}

const common = (command: Command): Command =>
  command.option('--data <dir>', 'data directory of the service', installedData).option('--json', 'print JSON for programs');

export function addServiceCommands(program: Command): void {
  const service = program
    .command('service')
    .description('Holdfast as a service of systemd, each program under a user of its own');
  common(
    service.command('install').description('make users and units, copy code and runtime to where root owns them, start (root)'),
  )
    .option('--port <n>', 'port of the dashboard; the others are counted from it', readPort, defaultPort)
    .option('--real', 'units for a real vault, which "holdfast vault init" made')
    .option(
      '--unseal-credential <file>',
      'credential made by "systemd-creds encrypt --name=holdfast-unseal"; without it the vault starts sealed',
    )
    .option('--webhook-port <n>', 'port of the listener for signals, such as 8433; not installed when left out', readPort)
    .option('--webhook-host <address>', 'where the listener for signals listens', '127.0.0.1')
    .option('--webhook-behind-proxy', "take the sender's address from the proxy on this machine")
    .option('--root <dir>', 'write the files below this folder and change nothing else')
    .option('--dry-run', 'print the files and change nothing')
    .action(installService);
  common(service.command('status').description('what runs, as whom, and what protects the vault')).action(status);
  common(service.command('uninstall').description('stop and remove units and code; the data and its users stay (root)')).action(
    ({ data, json }: { readonly data: string; readonly json?: true }) => {
      demandSystem('uninstall');
      uninstall();
      if (json) printJson({ removed: true, data });
      else print(`the units and the code are gone; ${data} is as it was, and so are the users that it belongs to`);
    },
  );
}
