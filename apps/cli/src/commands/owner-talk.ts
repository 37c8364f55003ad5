/** Talking with the person at the terminal: secrets without echo, yes or no. Without a terminal the answers come on stdin. */
import { confirm, isCancel, password } from '@clack/prompts';
import { CliError, exitCode } from '../exit.ts';

let given: Promise<string[]> | undefined;

async function readStdin(): Promise<string[]> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk as string;
  return text.split(/\r?\n/);
}

const isTerminal = (): boolean => process.stdin.isTTY === true;

/** One line that is not echoed; without a terminal the next line of stdin. @throws CliError */
export async function askSecret(message: string): Promise<string> {
  if (!isTerminal()) {
    given ??= readStdin();
    return (await given).shift() ?? '';
  }
  const answer = await password({ message, output: process.stderr });
  if (isCancel(answer)) throw new CliError(exitCode.failed, 'nothing was done');
  return answer;
}

/** Everything that is left on stdin; at a terminal one line that is not echoed. @throws CliError */
export async function askSecretText(message: string): Promise<string> {
  if (isTerminal()) return askSecret(message);
  given ??= readStdin();
  return (await given).splice(0).join('\n').trim();
}

/** @throws CliError unless the answer is yes; without a terminal only `--yes` is one */
export async function demandYes(question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!isTerminal()) throw new CliError(exitCode.usage, `${question} Say --yes to go on without being asked`);
  const answer = await confirm({ message: question, initialValue: false, output: process.stderr });
  if (isCancel(answer) || !answer) throw new CliError(exitCode.failed, 'nothing was signed');
}
