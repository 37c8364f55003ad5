/** The verification program as the command line uses it: the same file that anybody may copy and run by itself. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
// biome-ignore lint/correctness/useImportExtensions: it is plain JavaScript, so that it runs wherever it is copied to
import { type VerifyResult, verifyLog } from './holdfast-verify.mjs';

// biome-ignore lint/correctness/useImportExtensions: as above
export * from './holdfast-verify.mjs';
export { type Incident, type IncidentRequest, incidentOf } from './incident/report.ts';
export { ownersOf } from './incident/scope.ts';
export { tarOf } from './incident/tar.ts';
export { type JournalReading, proofOf, readJournalFile, readJournalText } from './journal.ts';
export { type RawRecord, sentenceOf, timeOf, timeText } from './sentences.ts';

/** The program itself, to be handed out with a report. */
export const programFile = fileURLToPath(new URL('holdfast-verify.mjs', import.meta.url));

/** Where a vault keeps its log. `folder` is DATA/vault. */
export const logFiles = (folder: string) => ({
  journal: join(folder, 'signer', 'journal.log'),
  checkpoints: join(folder, 'signer', 'checkpoints.log'),
  identity: join(folder, 'identity.pub'),
  newest: join(folder, 'newest-checkpoint.anchors'),
});

/** Checks the log of the vault in `folder` (DATA/vault), with what is kept there and the `anchors` of outside. */
export function verifyVault(folder: string, anchors: readonly string[], journal?: string, identity?: string): VerifyResult {
  const files = logFiles(folder);
  const present = (file: string): string | undefined => (existsSync(file) ? file : undefined);
  const key = identity ?? present(files.identity);
  const own = present(files.newest);
  return verifyLog({
    journal: journal ?? files.journal,
    checkpoints: present(files.checkpoints),
    anchors: own === undefined ? anchors : [...anchors, own],
    identity: key === undefined ? undefined : readFileSync(key, 'utf8'),
  });
}
