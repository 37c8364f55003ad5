/** `incident`: what happened, for police and exchanges, encrypted to whom it is for. Needs no running vault. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ageEncrypt, isAgeRecipient } from '@holdfast/vault/age';
import {
  fingerprintOf,
  incidentOf,
  logFiles,
  ownersOf,
  readCheckpoints,
  readJournalFile,
  tarOf,
  timeOf,
  verifyVault,
} from '@holdfast/vault/audit';
import { type Command, InvalidArgumentError } from 'commander';
import { CliError, exitCode } from '../exit.ts';
import { type Common, common } from '../options.ts';
import { print, printJson, timeText } from '../output.ts';
import { readTime } from '../read-time.ts';
import { vaultFolderOf } from './audit.ts';

interface Flags extends Common {
  readonly for: readonly string[];
  readonly out: string;
  readonly owner?: string;
  readonly days: number;
  readonly from?: number;
  readonly to?: number;
  readonly reason: string;
  readonly anchors?: readonly string[];
}

const readDays = (text: string): number => {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError(`a whole number of days from 1 on, got "${text}"`);
  return Number(text);
};
const readRecipient = (text: string, before: readonly string[] = []): readonly string[] => {
  if (!isAgeRecipient(text)) throw new InvalidArgumentError(`"${text}" is not an age recipient (age1…)`);
  return [...before, text];
};

const dayMs = 86_400_000;

function incident(flags: Flags): void {
  const { data, json, out, reason, days } = flags;
  const folder = vaultFolderOf(data);
  const files = logFiles(folder);
  if (!existsSync(files.identity))
    throw new CliError(exitCode.failed, `${files.identity} is missing; start the vault once, it writes its public key there`);
  const anchorFiles = (flags.anchors ?? []).map((file) => resolve(file));
  for (const file of anchorFiles) if (!existsSync(file)) throw new CliError(exitCode.usage, `there is no file ${file}`);

  const { problems } = verifyVault(folder, anchorFiles);
  const reading = readJournalFile(files.journal);
  const owner = ownerOf(ownersOf(reading.records), flags.owner);
  const last = reading.records.findLast((it) => it.time > 0) ?? reading.records.at(-1);
  const to = flags.to ?? (last === undefined ? 0 : timeOf(last));
  const from = flags.from ?? to - days * dayMs;
  const identity = readFileSync(files.identity, 'utf8');
  const own = existsSync(files.newest) ? [files.newest] : [];
  const anchors = [...anchorFiles, ...own].flatMap((file) => readCheckpoints(readFileSync(file, 'utf8')));
  const now = Date.now();
  const request = { reading, owner, from, to, reason, problems, identity, fingerprint: fingerprintOf(identity), anchors, now };
  const { files: report, summary } = made(() => incidentOf(request));
  const archive = ageEncrypt(flags.for, tarOf(report, now));
  write(out, archive);

  const uncovered = reading.lines.length - summary.checkpoint.size;
  const facts = {
    file: out,
    owner,
    records: summary.records,
    orders: summary.orders.length,
    fills: summary.fills.length,
    from,
    to,
    problems,
    uncovered,
  };
  if (json) {
    printJson(facts);
    return;
  }
  print(`${out}: ${facts.records} records, ${facts.orders} orders and ${facts.fills} trades of owner ${owner}`);
  print(
    `from ${timeText(from)} to ${timeText(to)} UTC, encrypted to ${flags.for.length} recipient${flags.for.length === 1 ? '' : 's'}`,
  );
  print('open it with: age -d -i KEY FILE | tar -x, then read summary.html');
  if (uncovered > 1)
    print(`the newest ${uncovered} records have no signed checkpoint yet and are left out; make another report in a minute`);
  for (const problem of problems) print(`the log does not agree: ${problem}`);
}

/** @throws CliError usage */
function ownerOf(owners: readonly string[], asked: string | undefined): string {
  if (asked !== undefined && !owners.includes(asked))
    throw new CliError(exitCode.usage, `there is no owner ${asked} in this vault; there are ${owners.join(', ') || 'none'}`);
  const [first] = owners;
  if (asked !== undefined) return asked;
  if (first === undefined)
    throw new CliError(exitCode.failed, 'nobody has signed anything in this vault yet, so there is nothing to report');
  if (owners.length > 1)
    throw new CliError(exitCode.usage, `the vault has the owners ${owners.join(', ')}: say whose report with --owner`);
  return first;
}

function made<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (cause instanceof RangeError) throw new CliError(exitCode.failed, cause.message, { cause });
    throw cause;
  }
}

function write(file: string, bytes: Uint8Array): void {
  try {
    writeFileSync(file, bytes, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'EEXIST' ? 'exists already; give another name' : `cannot be written (${code})`;
    throw new CliError(exitCode.cannotWrite, `${file} ${why}`, { cause });
  }
}

export function addIncidentCommands(program: Command): void {
  common(
    program
      .command('incident')
      .description(
        'write what happened for police and exchanges: proofs, orders by the exchange’s ids, a page to read; encrypted with age',
      ),
  )
    .requiredOption('--for <recipient>', 'who can open it (age1…); give it again for more', readRecipient)
    .requiredOption('--out <file>', 'the new file, e.g. incident.tar.age', (path: string) => resolve(path))
    .option('--owner <name>', 'whose report, when the vault has several owners')
    .option('--days <n>', 'how far back from the last record', readDays, 30)
    .option('--from <time>', 'instead of --days', readTime)
    .option('--to <time>', 'the last record when left out', readTime)
    .option('--reason <text>', 'what is suspected, shown in the report', '')
    .option('--anchors <file...>', 'checkpoints kept outside the vault: anchor files, saved mails, what a webhook got')
    .action(incident);
}
