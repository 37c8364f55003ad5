/** `owner destination`: where the vault tells the owner what happens. The list is signed as a whole; a password is shown as `set`. */
import { readFileSync } from 'node:fs';
import type { Destination, OwnerView } from '@holdfast/domain';
import type { Command } from 'commander';
import { CliError, exitCode } from '../exit.ts';
import { print, printJson, table } from '../output.ts';
import { type ActFlags, actCommand, demandDone, perform, viewOf, waits, withVault } from './owner-acts.ts';
import { proverOf } from './owner-signer.ts';
import { askSecret } from './owner-talk.ts';

interface AddFlags extends ActFlags {
  readonly port: string;
  readonly tls: string;
  readonly from?: string;
  readonly to?: string;
  readonly user?: string;
}

export function addOwnerDestinationCommands(owner: Command): void {
  const destination = owner.command('destination').description('where notices and anchors go');
  actCommand(destination, 'list', 'the places, and which are confirmed; passwords are never shown').action(
    async (flags: ActFlags) => {
      const { destinations, channels } = await viewOf(flags);
      if (flags.json) printJson(destinations);
      else
        print(
          `${table(
            ['name', 'kind', 'where', 'state'],
            destinations.map((it) => [it.id, it.kind, whereOf(it), it.confirmed ? 'confirmed' : 'waits for its code']),
          )}\n${channels.confirmed} confirmed; a widening on a real account needs ${channels.needed}`,
        );
    },
  );
  actCommand(destination, 'add <name> <kind> <where>', 'add a place: webhook URL, ntfy URL, smtp HOST, or file PATH')
    .option('--from <address>', 'smtp: sender')
    .option('--to <address>', 'smtp: who reads it')
    .option('--user <name>', 'smtp: name to log in with; its password is asked for')
    .option('--port <n>', 'smtp', '465')
    .option('--tls <how>', 'smtp: implicit, starttls or none', 'implicit')
    .action(async (name: string, kind: string, where: string, flags: AddFlags) => {
      const added = placeOf(name, kind, where, flags);
      await change(flags, async (before) => {
        if (before.some(({ id }) => id === name))
          throw new CliError(exitCode.usage, `there is a destination ${name} already; remove it first or choose another name`);
        const password = added.kind === 'smtp' && added.user !== '' ? await askSecret(`Password of ${added.user}`) : '';
        return [...before, added.kind === 'smtp' ? { ...added, password } : added];
      });
      if (flags.json) printJson({ added: name });
      else
        print(
          kind === 'file'
            ? `${name} is on the list`
            : `${name} is on the list; type the code that arrives there: npx holdfast owner destination confirm ${name} CODE`,
        );
    });
  actCommand(destination, 'remove <name>', 'take a place off the list; it hears of everything for one day more').action(
    async (name: string, flags: ActFlags) => {
      await change(flags, (before) => {
        if (!before.some(({ id }) => id === name)) throw new CliError(exitCode.usage, `there is no destination ${name}`);
        return before.filter(({ id }) => id !== name);
      });
      if (flags.json) printJson({ removed: name });
      else print(`${name} is off the list`);
    },
  );
  actCommand(destination, 'sign <file>', 'sign the complete list of destinations, written as JSON').action(
    async (file: string, flags: ActFlags) => {
      const said = await perform(flags, { act: 'destinations', destinations: readList(file) });
      waits(flags, said, 'the list of destinations');
    },
  );
  actCommand(destination, 'confirm <name> <code>', 'confirm a destination by the code that arrived there').action(
    async (id: string, code: string, flags: ActFlags) => {
      waits(flags, await perform(flags, { act: 'destination-confirm', destination: id, code }), `destination ${id}`);
    },
  );
}

type List = readonly Destination[];

/** Reads the list with the owner's proof and signs what `next` makes of it; a password `set` stays as it is. */
async function change(flags: ActFlags, next: (before: List) => List | Promise<List>): Promise<void> {
  const { sign } = await proverOf(flags);
  await withVault(flags, async (vault) => {
    const view: OwnerView = demandDone(await vault.ownerView(Date.now(), sign));
    const destinations = await next(view.destinations.map(({ confirmed: _, ...it }) => it));
    demandDone(await vault.ownerAct({ act: 'destinations', destinations, at: Date.now() }, sign));
  });
}

/** Without its password. @throws CliError */
function placeOf(id: string, kind: string, where: string, flags: AddFlags): Destination {
  switch (kind) {
    case 'webhook':
    case 'ntfy':
      return { id, kind, url: where };
    case 'file':
      return { id, kind, path: where };
    case 'smtp': {
      const { port, tls, from, to, user = '' } = flags;
      if (from === undefined || to === undefined)
        throw new CliError(exitCode.usage, 'mail needs --from ADDRESS and --to ADDRESS');
      if (tls !== 'implicit' && tls !== 'starttls' && tls !== 'none')
        throw new CliError(exitCode.usage, `--tls ${tls} is none of implicit, starttls, none`);
      if (!/^\d{1,5}$/.test(port)) throw new CliError(exitCode.usage, `--port ${port} is not a port`);
      return { id, kind, host: where, port: Number(port), tls, from, to, user, password: '' };
    }
    default:
      throw new CliError(exitCode.usage, `${kind} is none of webhook, ntfy, smtp, file`);
  }
}

function whereOf(it: Destination): string {
  switch (it.kind) {
    case 'webhook':
    case 'ntfy':
      return it.url;
    case 'file':
      return it.path;
    case 'smtp':
      return `${it.to} by ${it.host}:${it.port}${it.password === '' ? '' : ' (password set)'}`;
  }
}

/** @throws CliError */
function readList(file: string): List {
  try {
    const list = JSON.parse(readFileSync(file, 'utf8')) as unknown;
    if (Array.isArray(list)) return list as List;
    throw new TypeError('it is not a list');
  } catch (cause) {
    throw new CliError(exitCode.usage, `${file} is not a list of destinations in JSON: ${(cause as Error).message}`, { cause });
  }
}
