/** `audit`: the vault's record of everything it decided: check it, read it, prove a line of it. Needs no running vault. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  logFiles,
  programFile,
  proofOf,
  type RawRecord,
  readJournalFile,
  sentenceOf,
  timeOf,
  timeText,
  verifyVault,
} from '@holdfast/vault/audit';
import { type Command, InvalidArgumentError } from 'commander';
import { CliError, exitCode } from '../exit.ts';
import { type Common, common } from '../options.ts';
import { print, printJson } from '../output.ts';

interface VerifyFlags extends Common {
  readonly journal?: string;
  readonly anchors?: readonly string[];
  readonly identity?: string;
}

/** DATA/vault, or the word that there is none. @throws CliError */
export function vaultFolderOf(data: string, journal?: string): string {
  const folder = join(data, 'vault');
  const file = journal ?? logFiles(folder).journal;
  if (!existsSync(file)) throw new CliError(exitCode.failed, `there is no journal ${file}; has a vault been made here?`);
  return folder;
}

const readCount = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError(`a whole number from 1 on, got "${text}"`);
  return Number(text);
};

function verify({ data, json, journal, anchors = [], identity }: VerifyFlags): void {
  const folder = vaultFolderOf(data, journal);
  for (const file of [...anchors, ...(identity === undefined ? [] : [identity])])
    if (!existsSync(file)) throw new CliError(exitCode.usage, `there is no file ${file}`);
  const paths = anchors.map((file) => resolve(file));
  const result = verifyVault(folder, paths, journal, identity);
  if (json) printJson(result);
  if (!result.ok) throw new CliError(exitCode.corruptData, result.problems.join('; '));
  if (json) return;
  print(`${result.records} records, unbroken; head ${result.head}`);
  print(`Merkle root ${result.root}; ${result.checkpoints} signed checkpoints and ${result.anchors} anchors agree`);
  print(
    result.fingerprint === ''
      ? 'no identity of the vault is known here, so no signature was checked: give --identity FILE'
      : `signed by ${result.fingerprint}; compare it with what the vault said when it was made`,
  );
  if (paths.length === 0)
    print('without a checkpoint kept outside (--anchors FILE) a log that was written anew with the vault’s own key is not found');
}

interface ShowFlags extends Common {
  readonly limit: number;
  readonly before?: number;
  readonly kind?: string;
  readonly account?: string;
}

const isAbout = (record: RawRecord, account: string): boolean =>
  record.account === account || JSON.stringify(record).includes(`"account":"${account}"`);

function show({ data, json, limit, before, kind, account }: ShowFlags): void {
  const { records } = readJournalFile(logFiles(vaultFolderOf(data)).journal);
  const chosen = records
    .filter((it) => before === undefined || it.seq < before)
    .filter((it) => kind === undefined || it.kind === kind)
    .filter((it) => account === undefined || isAbout(it, account))
    .slice(-limit);
  if (json) printJson(chosen);
  else
    for (const record of chosen) print(`${String(record.seq).padStart(6)}  ${timeText(timeOf(record))}  ${sentenceOf(record)}`);
}

function prove(record: number, { data, out }: Common & { readonly out?: string }): void {
  const reading = readJournalFile(logFiles(vaultFolderOf(data)).journal);
  if (record > reading.lines.length)
    throw new CliError(exitCode.usage, `there is no record ${record}; the journal has ${reading.lines.length}`);
  const checkpoint = reading.checkpoints.find((it) => it.size >= record);
  if (checkpoint === undefined)
    throw new CliError(
      exitCode.failed,
      `record ${record} is newer than the last checkpoint; one is made every minute when there is something new`,
    );
  const proof = proofOf(reading, record, checkpoint);
  if (out === undefined) printJson(proof);
  else {
    writeFileSync(out, `${JSON.stringify(proof, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    print(`${out} proves record ${record}; check it with: node holdfast-verify.mjs --proof ${out} --identity identity.pub`);
  }
}

export function addAuditCommands(program: Command): void {
  const audit = program.command('audit').description("the vault's record of everything it decided");
  common(
    audit
      .command('verify')
      .description('check chain, Merkle tree and signatures of the journal from its first record to its last'),
  )
    .option('--journal <file>', 'a journal other than the vault’s own', (path: string) => resolve(path))
    .option('--anchors <file...>', 'checkpoints kept outside the vault: anchor files, saved mails, what a webhook got')
    .option('--identity <file>', 'the public key of the vault, as kept when it was made')
    .action(verify);
  common(audit.command('show').description('the newest records in words'))
    .option('--limit <n>', 'at most so many', readCount, 50)
    .option('--before <n>', 'only records before this number', readCount)
    .option('--kind <kind>', 'only records of this kind, e.g. decided, frozen, owner-act')
    .option('--account <id>', 'only records about this account')
    .action(show);
  common(
    audit
      .command('prove')
      .argument('<record>', 'number of the record', readCount)
      .description('prove to others that a record stands in the signed log, without showing the rest'),
  )
    .option('--out <file>', 'write the proof to a new file')
    .action(prove);
  audit
    .command('program')
    .description('print the verification program: one file, runs by itself on Node 20 or newer')
    .action(() => {
      process.stdout.write(readFileSync(programFile));
    });
}
