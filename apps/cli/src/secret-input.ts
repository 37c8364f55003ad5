/** Secrets from a person: never from arguments or the environment, on a terminal without echo, else one line of stdin each. */
import { createInterface } from 'node:readline';
import { isCancel, password } from '@clack/prompts';
import { CliError, exitCode } from './exit.ts';

let lines: AsyncIterator<string> | undefined;

/** @throws CliError when it was not given */
export async function askSecret(message: string): Promise<Buffer> {
  if (process.stdin.isTTY) {
    const typed = await password({ message, mask: '' });
    if (isCancel(typed) || typed === undefined) throw new CliError(exitCode.failed, 'stopped; nothing was changed');
    return Buffer.from(typed, 'utf8');
  }
  lines ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const { value, done } = await lines.next();
  if (done === true) throw new CliError(exitCode.usage, `${message}: nothing came on standard input; give one line per secret`);
  return Buffer.from(value, 'utf8');
}

/** Asked twice on a terminal, so that a slip of the finger does not lock the vault. @throws CliError */
export async function askNewPassphrase(message: string): Promise<Buffer> {
  const first = await askSecret(message);
  if (!process.stdin.isTTY) return first;
  const second = await askSecret('The same again');
  const isSame = first.equals(second);
  second.fill(0);
  if (isSame) return first;
  first.fill(0);
  throw new CliError(exitCode.failed, 'the two passphrases differ; nothing was changed');
}

/** No further line of stdin is wanted, so that the process can end. */
export const secretsDone = (): void => {
  if (lines !== undefined) process.stdin.destroy();
};
