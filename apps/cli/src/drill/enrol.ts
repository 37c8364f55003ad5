/** Enrols an owner with a code that the vault's console says. */
import { doorPaths } from '@holdfast/domain';
import type { DrillVault } from '@holdfast/vault/drill';
import type { DrillOwner } from './owners.ts';

/** The newest code that the console said. */
export function codeIn(console: readonly string[]): string {
  const code = console.map((line) => /enrolment code for .*: ([0-9A-Z-]{14})/.exec(line)?.[1]).findLast((it) => it !== undefined);
  if (code === undefined) throw new Error('the console of the vault said no enrolment code');
  return code;
}

/** @throws Error when the door refuses */
export async function enrol(vault: DrillVault, { name, credential }: DrillOwner): Promise<void> {
  const asked = await vault.ask(vault.peer('cli'), doorPaths.enrolCode, { owner: name });
  if (asked.status !== 200) throw new Error(`no enrolment code for ${name}: ${JSON.stringify(asked.body)}`);
  const done = await vault.ask(vault.peer('cli'), doorPaths.enrol, { owner: name, code: codeIn(vault.logged), credential });
  if (done.status !== 200) throw new Error(`${name} was not enrolled: ${JSON.stringify(done.body)}`);
}
