/** The command line. Answers on stdout; errors on stderr, one line: what, and what to do. */
import { Command, CommanderError } from 'commander';
import { CliError, exitCode } from './exit.ts';
import { printError } from './output.ts';
import { version } from './version.ts';

const exitHelp = `
Exit codes: 0 done; 1 refused or failed; 64 wrong usage; 65 damaged data; 69 port taken; 70 nothing answers;
73 data directory cannot be written; 75 already running; 76 data directory of a newer version; 78 no Node 26.`;

/** Commands that must answer fast are loaded without the others; and what stops a thief works although code of bots or backtests is broken. */
const alone: Readonly<Record<string, () => Promise<(root: Command) => void>>> = {
  backtest: async () => (await import('./commands/backtest.ts')).addBacktestCommands,
  data: async () => (await import('./commands/data.ts')).addDataCommands,
  status: async () => (await import('./commands/look.ts')).addLookCommands,
  sweep: async () => (await import('./commands/sweep.ts')).addSweepCommands,
  'walk-forward': async () => (await import('./commands/sweep.ts')).addSweepCommands,
  audit: async () => (await import('./commands/audit.ts')).addAuditCommands,
  bot: async () => (await import('./commands/look.ts')).addLookCommands,
  deals: async () => (await import('./commands/look.ts')).addLookCommands,
  freeze: async () => (await import('./commands/vault.ts')).addVaultCommands,
  incident: async () => (await import('./commands/incident.ts')).addIncidentCommands,
  kill: async () => (await import('./commands/kill.ts')).addKillCommand,
  owner: async () => (await import('./commands/owner.ts')).addOwnerCommands,
  'sub-key': async () => (await import('./commands/sub-key.ts')).addSubKeyCommands,
  unfreeze: async () => (await import('./commands/vault.ts')).addVaultCommands,
  unsealer: async () => (await import('./commands/unsealer.ts')).addUnsealerCommands,
  vault: async () => (await import('./commands/vault-admin.ts')).addVaultAdminCommands,
};
/** Asks for nothing that a command knows. */
const ofNone: ReadonlySet<string> = new Set(['--version', '-V']);

async function program(): Promise<Command> {
  const root = new Command('holdfast')
    .description('Crypto trading bots on your own machine, with the exchange keys in a vault that judges every order.')
    .version(version)
    .showHelpAfterError(false)
    .addHelpText('after', exitHelp);
  const named = process.argv[2] ?? '';
  if (ofNone.has(named)) return root;
  const add = Object.hasOwn(alone, named) ? await alone[named]?.() : (await import('./commands/all.ts')).addAllCommands;
  add?.(root);
  return root;
}

/** Errors of commander are printed by us, as one line. */
function quiet(command: Command): Command {
  command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: (text) => process.stdout.write(text) });
  for (const child of command.commands) quiet(child);
  return command;
}

function report(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCode.ok;
    if (error.code === 'commander.help') process.stderr.write('holdfast: say what to do; "holdfast --help" lists the commands\n');
    else printError(`${error.message.replace(/^error: /, '')}; "--help" after a command explains it`);
    return exitCode.usage;
  }
  if (error instanceof CliError) {
    printError(error.message.replace(/^holdfast: /, ''));
    return error.code;
  }
  printError(error instanceof Error ? error.message : String(error));
  if (process.env.HOLDFAST_DEBUG !== undefined && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return exitCode.failed;
}

// Whoever reads us may have read enough, as "| head" has.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCode.ok);
  throw error;
});

try {
  await quiet(await program()).parseAsync(process.argv);
  process.exitCode ??= exitCode.ok;
} catch (error) {
  process.exitCode = report(error);
}
